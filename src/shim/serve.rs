//! The life of a shim.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::journal::ArtifactDir;
use crate::shim::capture::Capture;
use crate::shim::listen::{Heard, listen, until};
use crate::shim::speaker::Speaker;
use crate::step::command::{Frame, NotStarted, Order, Output, Record, State, state_at};
use crate::world::clock::{Clock, rfc3339};
use crate::world::process::{
    Environment, Finished, Limits, ProcessError, Spawn, Stream, Told, Urgency, adopt_orphans, began, leave_terminal,
    run,
};
use crate::world::secret::Redactor;

/// The longest piece of output that is handed back at once, in bytes.
const PIECE: usize = 128 * 1024;

/// How long checkride has to put the end of a command on its own record, before the shim's is synced. Two syncs of one disk
/// wait for each other, and one of them is enough.
const SETTLED: Duration = Duration::from_millis(250);

/// Carries out the orders that come by `input`, a pipe, one after the other. What is said goes to `output`, a pipe, too. An error: no order
/// came, and nothing was begun; or nothing could be written down.
pub fn serve(input: OwnedFd, output: OwnedFd) -> io::Result<()> {
    adopt_orphans();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, serve_all(input, output))
}

async fn serve_all(input: OwnedFd, output: OwnedFd) -> io::Result<()> {
    let Heard { mut orders, urgency } = listen(Receiver::from_owned_fd(input)?)?;
    let speaker = Speaker::start(output.into())?;
    let us = std::process::id();
    let since = began(us);
    let mut served = Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the order is not whole"));
    let mut last: Option<Written> = None;
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            // Nothing runs that would have to be stopped first.
            () = until(urgency.clone(), Urgency::Stop) => None,
            () = tokio::time::sleep(SETTLED), if last.is_some() => {
                last.take().map_or(Ok(()), |state| state.sync())?;
                continue;
            }
        };
        let Some(text) = order else { break };
        // Checkride has put the end of the last one on its own record, and on the disk, before it gives another order.
        drop(last.take());
        served = Ok(());
        let order: Order = serde_json::from_slice(&text)?;
        drop(text);
        let environment = order
            .environment()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the environment is no base64"))?;
        if !order.terminal {
            leave_terminal();
        }
        let mut state = Written::open(&order.place)?;
        state.write(&State::Started { pid: us, began: since, time: rfc3339(Clock::System.now()) })?;
        last = carry_out(&order, &environment, state, &speaker, urgency.clone()).await?;
        if last.is_none() {
            break;
        }
        speaker.say(Frame::Ready);
    }
    // Checkride has died, or is at its end: then this is for whoever looks after the death of the machine, too.
    let synced = last.map_or(Ok(()), |state| state.sync());
    speaker.finish();
    synced.and(served)
}

/// Carries out one order. Its state, when nothing is left of it: this process may carry out another one, and its last line is
/// still to be synced. None: this was its last one, and it is synced as far as it could be.
async fn carry_out(
    order: &Order,
    environment: &Environment,
    mut state: Written,
    speaker: &Speaker,
    urgency: watch::Receiver<Urgency>,
) -> io::Result<Option<Written>> {
    let redactor = Redactor::of(
        order.secrets.iter().map(|(name, secret)| (name.clone(), SecretString::from(secret.clone()))).collect(),
    );
    let keep = usize::try_from(order.keep).unwrap_or(usize::MAX);
    // What comes here is cut already.
    let folder = ArtifactDir::new(order.artifacts.clone(), Redactor::default());
    let store = (!order.terminal).then_some(&folder);
    let mut out = Capture::new(false, &redactor, store.filter(|_| order.store_stdout), order.limit, keep);
    let mut err = Capture::new(true, &redactor, store, order.limit, keep);
    let output = Output { stdout: out.path(), stderr: err.path() };
    let terminal = match terminal(order) {
        Ok(terminal) => terminal,
        Err(error) => {
            let message = "the terminal could not be opened".to_owned();
            let why = NotStarted { message, causes: vec![error.to_string()], remedy: None };
            return state.finish(&State::Refused(why)).map(|()| None);
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
            drop(state.write(&State::Running { pid, began: began(pid), output: output.clone() }));
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
            // the machine, too, nobody waits for: checkride makes a record of its own of what it was told.
            if clean {
                return Ok(Some(state));
            }
            state.sync().map(|()| None)
        }
        // It runs, and we cannot wait for it: no word of its end, so that nobody takes it for one.
        Err(ProcessError::Lost { .. }) => Ok(None),
        Err(error) => state.finish(&State::Refused(not_started(&error, &redactor))).map(|()| None),
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
    fn open(place: &Path) -> io::Result<Self> {
        // It is there, with room for the last line, before the intent is on record.
        OpenOptions::new().append(true).create(true).mode(0o600).open(state_at(place)).map(Self)
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
