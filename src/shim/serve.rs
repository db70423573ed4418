//! The life of a shim.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::journal::ArtifactDir;
use crate::shim::capture::Capture;
use crate::shim::listen::{Heard, listen, until};
use crate::shim::speaker::Speaker;
use crate::step::command::{Frame, NotStarted, Order, Record, State};
use crate::world::clock::{Clock, rfc3339};
use crate::world::process::{
    Environment, Finished, Limits, ProcessError, Spawn, Stream, Told, Urgency, adopt_orphans, began, leave_terminal,
    run,
};
use crate::world::secret::Redactor;

/// The longest piece of output that is handed back at once, in bytes.
const PIECE: usize = 128 * 1024;

/// Carries out the orders that come by `input`, one after the other. What is said goes to `output`. An error: no order came,
/// and nothing was begun; or nothing could be written down.
pub fn serve(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> io::Result<()> {
    adopt_orphans();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = LocalSet::new().block_on(&runtime, serve_all(input, output));
    // The thread that listens waits for checkride's next word, which need not come.
    runtime.shutdown_background();
    served
}

async fn serve_all(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> io::Result<()> {
    let Heard { mut orders, urgency } = listen(input)?;
    let speaker = Speaker::start(output)?;
    let mut served = Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the order is not whole"));
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            // Nothing runs that would have to be stopped first.
            () = until(urgency.clone(), Urgency::Stop) => None,
        };
        let Some(text) = order else { break };
        served = Ok(());
        let order: Order = serde_json::from_slice(&text)?;
        drop(text);
        let environment = order
            .environment()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the environment is no base64"))?;
        if !order.terminal {
            leave_terminal();
        }
        if !carry_out(&order, &environment, &speaker, urgency.clone()).await? {
            break;
        }
        speaker.say(Frame::Ready);
    }
    speaker.finish();
    served
}

/// Carries out one order. True: nothing is left of it, and this process may carry out another one.
async fn carry_out(
    order: &Order,
    environment: &Environment,
    speaker: &Speaker,
    urgency: watch::Receiver<Urgency>,
) -> io::Result<bool> {
    let mut state = Written::open(&order.folder)?;
    let pid = std::process::id();
    state.write(&State::Started { pid, began: began(pid), time: rfc3339(Clock::System.now()) })?;
    let redactor = Redactor::of(
        order.secrets.iter().map(|(name, secret)| (name.clone(), SecretString::from(secret.clone()))).collect(),
    );
    let keep = usize::try_from(order.keep).unwrap_or(usize::MAX);
    // What comes here is cut already.
    let folder = ArtifactDir::new(order.artifacts.clone(), Redactor::default());
    let store = (!order.terminal).then_some(&folder);
    let mut out = Capture::new(false, &redactor, store.filter(|_| order.store_stdout), order.limit, keep);
    let mut err = Capture::new(true, &redactor, store, order.limit, keep);
    let paths = [out.path(), err.path()].into_iter().flatten().collect::<Vec<_>>();
    let terminal = match terminal(order) {
        Ok(terminal) => terminal,
        Err(error) => {
            let message = "the terminal could not be opened".to_owned();
            let why = NotStarted { message, causes: vec![error.to_string()], remedy: None };
            return state.finish(&State::Refused(why)).map(|()| false);
        }
    };
    let spawn = Spawn {
        program: &order.program,
        args: &order.args,
        cwd: &order.cwd,
        environment,
        stdin: order.stdin.as_deref().map(str::as_bytes),
        terminal: terminal.as_ref(),
    };
    let limits = Limits {
        deadline: order.timeout_ms.map(|length| Instant::now() + Duration::from_millis(length)),
        cancelled: until(urgency.clone(), Urgency::Stop),
        killed: until(urgency, Urgency::Kill),
    };
    let finished = run(spawn, limits, |told| match told {
        Told::Started(pid) => {
            // A courtesy to whoever looks later; the program runs already.
            drop(state.write(&State::Running { pid, began: began(pid), output: paths.clone() }));
            speaker.say(Frame::Running(pid));
        }
        Told::Output(Stream::Out, bytes) => out.take(bytes, speaker),
        Told::Output(Stream::Err, bytes) => err.take(bytes, speaker),
    })
    .await;
    let (out, err) = (out.finish(speaker), err.finish(speaker));
    match finished {
        Ok(Finished { ended, stopped, took, survivors }) => {
            let clean = stopped.is_none() && survivors.is_empty() && !order.terminal;
            let broken = out.broken.as_ref().or(err.broken.as_ref()).map(ToString::to_string);
            state.write(&State::Ended(Record {
                ended,
                stopped,
                took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                survivors,
                artifacts: out.artifact.into_iter().chain(err.artifact).collect(),
                left_out: out.left_out + err.left_out,
                broken,
                cut_off: out.cut_off || err.cut_off,
            }))?;
            for (error, kept) in [(false, out.kept), (true, err.kept)] {
                for piece in kept.chunks(PIECE) {
                    speaker.say(Frame::Kept { error, bytes: piece.to_vec() });
                }
            }
            speaker.say(Frame::Over);
            // It is on record from here on: for whoever looks after the death of this process. That it survives the death of
            // the machine, too, nobody has to wait for: checkride makes a record of its own of what it was told.
            state.sync()?;
            Ok(clean)
        }
        // It runs, and we cannot wait for it: no word of its end, so that nobody takes it for one.
        Err(ProcessError::Lost { .. }) => Ok(false),
        Err(error) => state.finish(&State::Refused(not_started(&error, &redactor))).map(|()| false),
    }
}

/// The terminal that a program talks to a person at.
fn terminal(order: &Order) -> io::Result<Option<OwnedFd>> {
    if !order.terminal {
        return Ok(None);
    }
    OpenOptions::new().read(true).write(true).open("/dev/tty").map(OwnedFd::from).map(Some)
}

/// Why a program could not be started, with nothing secret in it.
fn not_started(error: &ProcessError, redactor: &Redactor) -> NotStarted {
    let causes = std::error::Error::source(error).map(ToString::to_string).into_iter();
    let remedy = match error {
        ProcessError::NotFound { program } => {
            Some(format!("install `{program}`, or put it on the PATH that checkride is started with"))
        }
        ProcessError::NoFolder { .. } => Some("make the folder, or correct `cwd`".to_owned()),
        ProcessError::Refused { .. } | ProcessError::Lost { .. } => None,
    };
    NotStarted {
        message: redactor.cut(&error.to_string()),
        causes: causes.map(|cause| redactor.cut(&cause)).collect(),
        remedy: remedy.map(|remedy| redactor.cut(&remedy)),
    }
}

/// The state on disk.
struct Written(File);

impl Written {
    fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("state");
        // It is there, with room for the last line, before the intent is on record.
        OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(Self)
    }

    fn write(&mut self, state: &State) -> io::Result<()> {
        self.0.write_all(state.seal().as_bytes())
    }

    /// The last line: on the disk when this returns.
    fn finish(&mut self, state: &State) -> io::Result<()> {
        self.write(state)?;
        self.sync()
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}
