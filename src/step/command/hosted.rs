//! A command under its shim, seen from checkride.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
#[cfg(target_os = "linux")]
use nix::{
    errno::Errno,
    fcntl::{FallocateFlags, fallocate},
};
use secrecy::ExposeSecret;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Child;

use crate::event::OutputStream;
use crate::id::StepId;
use crate::step::command::left::{Left, RunningCommand, left, lock_at, state_at};
use crate::step::command::lines::Lines;
use crate::step::command::order::{Control, Frame, Frames, Order, Output};
use crate::step::{Lender, Loan, ReadContext};
use crate::world::process::{self, Shim, boot};
use crate::world::secret::Redactor;

/// How often a command is looked at that another session started.
const LOOK: Duration = Duration::from_millis(200);

/// Where and by what commands are hosted.
///
/// ```text
///   no shim ──start──▶ order … over ──▶ ready ──▶ idle: takes the next order, under a lock that it holds already
///                                  └──▶ gone      (it was stopped, left something running, or had the terminal)
/// ```
pub struct Host {
    /// This program: the shim is one of its commands.
    pub program: PathBuf,
    /// The folder of the run's commands.
    pub commands: PathBuf,
    /// The folder of the run's artifacts.
    pub artifacts: PathBuf,
    /// What is cut.
    pub redactor: Redactor,
    /// The operator's terminal, if there is one to lend.
    pub terminal: Option<Arc<dyn Lender>>,
    /// Shims that take another order: to start one costs more than all else that a short command does. They end when this
    /// is dropped.
    pub idle: Mutex<Vec<Hosting>>,
}

/// A shim, as it is talked to: before its first order, during one, and after one if it takes another.
#[derive(Debug)]
pub struct Hosting {
    child: Child,
    control: File,
    /// What it says.
    said: Frames<Receiver>,
    /// A path to the lock that it holds.
    lock: PathBuf,
}

impl Hosting {
    /// Starts a shim that holds this lock.
    fn start(program: &Path, held: File, lock: PathBuf) -> io::Result<Self> {
        let Shim { child, control, frames } = process::shim(program, held)?;
        Ok(Self { child, control, said: Frames::new(Receiver::from_owned_fd(frames)?), lock })
    }

    /// The shim, once it has said that it is ready for another order. None: it ends.
    async fn ready(mut self) -> Option<Self> {
        while self.said.next().await.ok()?? != Frame::Ready {}
        matches!(self.child.try_wait(), Ok(None)).then_some(self)
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("commands", &self.commands).finish_non_exhaustive()
    }
}

/// A place for one command: its state is there, and its lock is held.
#[derive(Debug)]
pub(super) struct Place {
    /// Where its files are: the path that their names begin with.
    pub(super) at: PathBuf,
    by: Holder,
}

/// Who holds a lock.
#[derive(Debug)]
enum Holder {
    /// This process, for the shim that is to be started.
    Us(File),
    /// A shim that waits for an order.
    Shim(Box<Hosting>),
}

/// What came of a command that ran while we looked.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    /// What is on disk.
    pub(super) left: Left,
    /// Standard output, uncut, if it was handed back to its end.
    pub(super) kept: Option<(Vec<u8>, Vec<u8>)>,
}

impl Host {
    /// The place of an attempt's command.
    pub(super) fn place(&self, step: &StepId, attempt: u32) -> PathBuf {
        self.commands.join(format!("{}-{attempt}", step.as_str().replace('/', ".")))
    }

    /// Makes the place for a command, before its intent goes on record. `alone`: by a shim that has done nothing else.
    pub(super) async fn prepare(&self, step: &StepId, attempt: u32, alone: bool) -> io::Result<Place> {
        let at = self.place(step, attempt);
        // An attempt of this number that was begun before has no intent on record, or this one would have another number: what
        // is left of it is of no command that ran.
        for left in [state_at(&at), lock_at(&at)] {
            remove(&left)?;
        }
        reserve(&self.begin_state(&state_at(&at))?)?;
        let lock = lock_at(&at);
        while !alone && let Some(idle) = self.take_idle() {
            let Some(idle) = idle.ready().await else { continue };
            // Where a file has one name only, each shim has its own lock, and carries out one order.
            if fs::hard_link(&idle.lock, &lock).is_ok() {
                return Ok(Place { at, by: Holder::Shim(Box::new(idle)) });
            }
        }
        let mut file = OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(lock)?;
        file.try_lock()?;
        writeln!(file, "{}", boot())?;
        Ok(Place { at, by: Holder::Us(file) })
    }

    /// Makes the file of a state; before the first one, the folder that it is in.
    fn begin_state(&self, path: &Path) -> io::Result<File> {
        let open = || OpenOptions::new().append(true).create_new(true).mode(0o600).open(path);
        match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.commands)?;
                open()
            }
            opened => opened,
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Hosting>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_idle(&self) -> Option<Hosting> {
        self.idle().pop()
    }

    /// The secrets, as the order has them.
    pub(super) fn secrets(&self) -> Vec<(String, String)> {
        let secrets = self.redactor.secrets();
        secrets.into_iter().map(|(name, secret)| (name, secret.expose_secret().to_owned())).collect()
    }

    /// Runs a command under a shim, and waits for it.
    pub(super) async fn run(&self, place: Place, order: &Order, cx: &ReadContext) -> io::Result<Seen> {
        let Place { at, by } = place;
        let mut loan = self.borrow(order).await?;
        let Hosting { mut child, mut control, mut said, lock } = match by {
            Holder::Us(lock) => Hosting::start(&self.program, lock, lock_at(&at))?,
            Holder::Shim(hosting) => *hosting,
        };
        let mut text = serde_json::to_vec(order).expect("an order is data that JSON can hold");
        text.push(b'\n');
        // A shim that is gone already is seen by its silence.
        let told = control.write_all(&text).and_then(|()| control.flush());
        let (mut out, mut err) = (Lines::new(OutputStream::Stdout), Lines::new(OutputStream::Stderr));
        let (mut kept_out, mut kept_err, mut over) = (Vec::new(), Vec::new(), false);
        let (mut cancel, mut killer) = (cx.cancel.clone(), cx.cancel.clone());
        let (mut stopping, mut killing) = (false, false);
        while told.is_ok() {
            tokio::select! {
                frame = said.next() => match frame {
                    Ok(Some(Frame::Running(pid))) => give(loan.as_deref_mut(), pid, cx),
                    Ok(Some(Frame::Shown { error: false, bytes })) => out.take(cx, &bytes),
                    Ok(Some(Frame::Shown { error: true, bytes })) => err.take(cx, &bytes),
                    Ok(Some(Frame::Kept { error: false, bytes })) => kept_out.extend(bytes),
                    Ok(Some(Frame::Kept { error: true, bytes })) => kept_err.extend(bytes),
                    Ok(Some(Frame::Over)) => {
                        over = true;
                        break;
                    }
                    // Said after the end only.
                    Ok(Some(Frame::Ready)) => {}
                    // What is no frame ends it, as the end does: what is on disk counts.
                    Ok(None) | Err(_) => break,
                },
                () = cancel.cancelled(), if !stopping => {
                    stopping = true;
                    // A shim that is gone stops nothing more.
                    drop(control.write_all(&[Control::Stop.byte()]));
                }
                () = killer.killed(), if !killing => {
                    killing = true;
                    drop(control.write_all(&[Control::Kill.byte()]));
                }
            }
        }
        if let Some(mut loan) = loan
            && let Err(error) = loan.take_back()
        {
            cx.say(format!("the terminal could not be taken back: {error}"));
        }
        out.tell(cx);
        err.tell(cx);
        if over && !stopping && !killing {
            self.idle().push(Hosting { child, control, said, lock });
        } else {
            // A word that came too late would be taken for one about the next order.
            drop(control);
            // It may have much to say still, and ends when it has said it, or when nobody listens.
            drop(said);
            drop(child.wait().await);
        }
        let kept = over.then_some((kept_out, kept_err));
        match left(&at) {
            // Its shim was killed, and it goes on: what it does is known to nobody before it has ended.
            Left::Running(_) => {
                cx.say("the process that watched over it was killed, and it still runs; waiting for it");
                Ok(self.adopt(&at, cx).await)
            }
            left => Ok(Seen { left, kept }),
        }
    }

    /// Borrows the terminal. It may take until an open question is answered, so it is done elsewhere.
    async fn borrow(&self, order: &Order) -> io::Result<Option<Box<dyn Loan>>> {
        let Some(lender) = self.terminal.clone().filter(|_| order.terminal) else { return Ok(None) };
        let lent = tokio::task::spawn_blocking(move || lender.lend()).await;
        lent.unwrap_or_else(|_| Err(io::Error::other("the terminal is gone"))).map(Some)
    }

    /// Waits for a command that another session started, and shows what it writes.
    pub(super) async fn adopt(&self, place: &Path, cx: &ReadContext) -> Seen {
        let mut tails = [Tail::new(OutputStream::Stdout), Tail::new(OutputStream::Stderr)];
        // What was written before we came was shown before.
        let mut come = false;
        let (mut stopping, mut killing) = (false, false);
        let (mut cancel, mut killer) = (cx.cancel.clone(), cx.cancel.clone());
        loop {
            let at = left(place);
            let Left::Running(running) = &at else {
                for (tail, name) in tails.iter_mut().zip(["stdout", "stderr"]) {
                    if come && let Left::Ended(record) = &at {
                        // Its first word may have been its last one: the file has its lasting name by now.
                        let stored = record.artifacts.iter().find(|artifact| artifact.name == name);
                        let path = stored.map(|artifact| self.artifacts.join(&artifact.digest));
                        tail.open(path.as_deref(), false);
                    }
                    tail.end(cx);
                }
                return Seen { left: at, kept: None };
            };
            let Output { stdout, stderr } = &running.output;
            for (tail, path) in tails.iter_mut().zip([stdout, stderr]) {
                tail.open(path.as_deref(), !come);
                tail.look(cx);
            }
            come |= running.program.is_some();
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = cancel.cancelled(), if !stopping => {
                    stopping = true;
                    stop(running);
                }
                () = killer.killed(), if !killing => {
                    killing = true;
                    stop(running);
                }
            }
        }
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes sure that the last line of a state finds its place on a disk that the output fills meanwhile.
#[cfg(target_os = "linux")]
fn reserve(file: &File) -> io::Result<()> {
    match fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, 0, 64 * 1024) {
        Err(full @ (Errno::ENOSPC | Errno::EDQUOT)) => Err(full.into()),
        // Where the file system cannot, a full disk means an end that nobody can read: unknown.
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_: &File) -> io::Result<()> {
    Ok(())
}

/// Asks the shim of another session to stop its program; asked again, it ends it at once. A program whose shim was killed
/// is asked itself.
fn stop(running: &RunningCommand) {
    // They may have ended meanwhile, which is what was wanted.
    if let Some((pid, began)) = running.shim
        && process::began(pid).is_some_and(|now| Some(now) == began)
        && let Ok(pid) = i32::try_from(pid)
    {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    } else if let Some(pid) = running.program.and_then(|pid| i32::try_from(pid).ok()) {
        let _ = killpg(Pid::from_raw(pid), Signal::SIGTERM);
    }
}

/// Gives the terminal to the program, now that it runs.
fn give(loan: Option<&mut (dyn Loan + 'static)>, pid: u32, cx: &ReadContext) {
    let Some(loan) = loan else { return };
    if let Err(error) = loan.give_to(i32::try_from(pid).unwrap_or_default()) {
        cx.say(format!("the terminal could not be handed over: {error}"));
    }
}

/// The end of a file that is being written, once it is there.
struct Tail {
    file: Option<File>,
    lines: Lines,
}

impl Tail {
    fn new(stream: OutputStream) -> Self {
        Self { file: None, lines: Lines::new(stream) }
    }

    /// Opens the file, if there is one by now: at its end, or from its beginning.
    fn open(&mut self, path: Option<&Path>, at_end: bool) {
        if self.file.is_none()
            && let Some(mut file) = path.and_then(|path| File::open(path).ok())
        {
            if at_end {
                // A file that cannot be sought is shown whole.
                drop(file.seek(SeekFrom::End(0)));
            }
            self.file = Some(file);
        }
    }

    fn look(&mut self, cx: &ReadContext) {
        let mut bytes = Vec::new();
        // Bounded: what is shown is a courtesy, and the rest comes the next time.
        if self.file.as_ref().is_some_and(|file| file.take(1024 * 1024).read_to_end(&mut bytes).is_ok()) {
            self.lines.take(cx, &bytes);
        }
    }

    fn end(&mut self, cx: &ReadContext) {
        self.look(cx);
        self.lines.tell(cx);
    }
}
