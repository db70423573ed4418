//! A command under its shim, seen from checkride.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
#[cfg(target_os = "linux")]
use nix::{
    errno::Errno,
    fcntl::{FallocateFlags, fallocate},
};
use secrecy::ExposeSecret;
use tokio::process::Child;
use tokio::sync::mpsc;

use crate::event::OutputStream;
use crate::id::StepId;
use crate::step::command::left::{Left, RunningCommand, left};
use crate::step::command::lines::Lines;
use crate::step::command::order::{Control, Frame, Order};
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

/// A shim at the end of its order: it takes another one if it ended clean.
#[derive(Debug)]
pub struct Hosting {
    child: Child,
    control: File,
    /// Reads to the end of its words, and gives back where the next ones come from if it takes another order.
    reader: JoinHandle<Option<File>>,
    /// A path to the lock that it holds.
    lock: PathBuf,
}

impl Hosting {
    /// The shim, once it has said that it is ready for another order. None: it ends.
    async fn ready(self) -> Option<(Shim, PathBuf)> {
        let Self { mut child, control, reader, lock } = self;
        // It has little left to do: its record is synced.
        let frames = tokio::task::spawn_blocking(|| reader.join()).await.ok()?.ok()??;
        let lives = matches!(child.try_wait(), Ok(None));
        lives.then_some((Shim { child, control, frames }, lock))
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("commands", &self.commands).finish_non_exhaustive()
    }
}

/// A place for one command: its folder is there, and its lock is held.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    by: Holder,
}

/// Who holds a lock.
#[derive(Debug)]
enum Holder {
    /// This process, for the shim that is to be started.
    Us(File),
    /// A shim that waits for an order; a path to the lock.
    Shim(Shim, PathBuf),
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
    /// The folder of an attempt's command.
    pub(super) fn folder(&self, step: &StepId, attempt: u32) -> PathBuf {
        self.commands.join(format!("{}-{attempt}", step.as_str().replace('/', ".")))
    }

    /// Makes the place for a command, before its intent goes on record. `alone`: by a shim that has done nothing else.
    pub(super) async fn prepare(&self, step: &StepId, attempt: u32, alone: bool) -> io::Result<Place> {
        let folder = self.folder(step, attempt);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        reserve(&OpenOptions::new().append(true).create_new(true).mode(0o600).open(folder.join("state"))?)?;
        let lock = folder.join("lock");
        while !alone && let Some(idle) = self.take_idle() {
            let Some((shim, held)) = idle.ready().await else { continue };
            // Where a file has one name only, each shim has its own lock, and carries out one order.
            if fs::hard_link(&held, &lock).is_ok() {
                return Ok(Place { folder, by: Holder::Shim(shim, held) });
            }
        }
        let mut file = OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(lock)?;
        file.try_lock()?;
        writeln!(file, "{}", boot())?;
        Ok(Place { folder, by: Holder::Us(file) })
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
        let Place { folder, by } = place;
        let mut loan = self.borrow(order).await?;
        let (shim, lock) = match by {
            Holder::Us(lock) => (process::shim(&self.program, lock)?, folder.join("lock")),
            Holder::Shim(shim, lock) => (shim, lock),
        };
        let Shim { mut child, mut control, frames } = shim;
        let mut text = serde_json::to_vec(order).expect("an order is data that JSON can hold");
        text.push(b'\n');
        let (sender, mut received) = mpsc::channel(256);
        // Frames are read by a thread: they may be many, and a sync or a question must not hold them up.
        let reader = std::thread::Builder::new().name("shim".to_owned()).spawn(move || read(frames, &sender))?;
        // A shim that is gone already is seen by its silence.
        let told = control.write_all(&text).and_then(|()| control.flush());
        let (mut out, mut err) = (Lines::new(OutputStream::Stdout), Lines::new(OutputStream::Stderr));
        let (mut kept_out, mut kept_err, mut over) = (Vec::new(), Vec::new(), false);
        let (mut cancel, mut killer) = (cx.cancel.clone(), cx.cancel.clone());
        let (mut stopping, mut killing) = (false, false);
        while told.is_ok() {
            tokio::select! {
                frame = received.recv() => match frame {
                    None => break,
                    Some(Frame::Running(pid)) => give(loan.as_deref_mut(), pid, cx),
                    Some(Frame::Shown { error: false, bytes }) => out.take(cx, &bytes),
                    Some(Frame::Shown { error: true, bytes }) => err.take(cx, &bytes),
                    Some(Frame::Kept { error: false, bytes }) => kept_out.extend(bytes),
                    Some(Frame::Kept { error: true, bytes }) => kept_err.extend(bytes),
                    Some(Frame::Over) => {
                        over = true;
                        break;
                    }
                    // The reader keeps it.
                    Some(Frame::Ready) => {}
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
            self.idle().push(Hosting { child, control, reader, lock });
        } else {
            // A word that came too late would be taken for one about the next order.
            drop(control);
            // The reader ends with the pipe.
            drop(reader.join());
            drop(child.wait().await);
        }
        let kept = over.then_some((kept_out, kept_err));
        match left(&folder) {
            // Its shim was killed, and it goes on: what it does is known to nobody before it has ended.
            Left::Running(_) => {
                cx.say("the process that watched over it was killed, and it still runs; waiting for it");
                Ok(self.adopt(&folder, cx).await)
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
    pub(super) async fn adopt(&self, folder: &Path, cx: &ReadContext) -> Seen {
        let mut tails: Vec<Tail> = Vec::new();
        let (mut stopping, mut killing) = (false, false);
        let (mut cancel, mut killer) = (cx.cancel.clone(), cx.cancel.clone());
        loop {
            let at = left(folder);
            let Left::Running(running) = &at else {
                for tail in &mut tails {
                    tail.end(cx);
                }
                return Seen { left: at, kept: None };
            };
            if tails.is_empty() {
                tails = running
                    .output
                    .iter()
                    .zip([OutputStream::Stdout, OutputStream::Stderr])
                    .filter_map(|(path, stream)| Tail::open(path, stream))
                    .collect();
            }
            for tail in &mut tails {
                tail.look(cx);
            }
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

/// Hands on what a shim says, until it is ready for another order, or ends. What it would say next comes from what is given
/// back.
fn read(mut frames: File, to: &mpsc::Sender<Frame>) -> Option<File> {
    // What is no frame ends it, as the end does: what is on disk counts.
    while let Ok(Some(frame)) = Frame::receive(&mut frames) {
        if frame == Frame::Ready {
            return Some(frames);
        }
        if to.blocking_send(frame).is_err() {
            return None;
        }
    }
    None
}

/// The end of a file that is being written.
struct Tail {
    file: File,
    lines: Lines,
}

impl Tail {
    /// From here on: what was written before was shown before.
    fn open(path: &Path, stream: OutputStream) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        file.seek(SeekFrom::End(0)).ok()?;
        Some(Self { file, lines: Lines::new(stream) })
    }

    fn look(&mut self, cx: &ReadContext) {
        let mut bytes = Vec::new();
        // Bounded: what is shown is a courtesy, and the rest comes the next time.
        if (&self.file).take(1024 * 1024).read_to_end(&mut bytes).is_ok() {
            self.lines.take(cx, &bytes);
        }
    }

    fn end(&mut self, cx: &ReadContext) {
        self.look(cx);
        self.lines.tell(cx);
    }
}
