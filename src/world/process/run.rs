//! Runs a program to its end.

use std::future::Future;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::Instant;

use crate::world::process::family::{left_by, survivors};
use crate::world::process::look_up::{Looked, look_up};
use crate::world::process::program::{Ended, Finished, Limits, ProcessError, Spawn, StopCause, Stream, Told};

/// Between asking a group to end (SIGTERM) and ending it (SIGKILL).
pub const GRACE: Duration = Duration::from_secs(10);

/// How long output is still read after a program ended: its children may hold the pipe.
const DRAIN: Duration = Duration::from_secs(1);

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// How much a program may write ahead of whoever reads, in bytes: with the usual 64 KiB, program and reader wait for each other
/// by turns.
#[cfg(target_os = "linux")]
const AHEAD: i32 = 1024 * 1024;

/// Runs a program to its end in a process group of its own. `tell` gets its bytes as they come. At the deadline, or when it
/// is cancelled, the whole group gets SIGTERM, and SIGKILL after [`GRACE`].
pub async fn run<C, K>(
    spawn: Spawn<'_>,
    limits: Limits<C, K>,
    mut tell: impl FnMut(Told<'_>),
) -> Result<Finished, ProcessError>
where
    C: Future<Output = ()>,
    K: Future<Output = ()>,
{
    if !spawn.cwd.is_dir() {
        return Err(ProcessError::NoFolder { cwd: spawn.cwd.to_path_buf() });
    }
    let began = Instant::now();
    let mut child = start(&spawn)?;
    let lost = |source| ProcessError::Lost { program: spawn.program.to_owned(), source };
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    if let Some(id) = child.id() {
        tell(Told::Started(id));
    }
    let mut stdin = child.stdin.take();
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());

    let feed = async {
        if let (Some(mut pipe), Some(bytes)) = (stdin.take(), spawn.stdin) {
            // A program that does not read its input is no failure of ours.
            drop(pipe.write_all(bytes).await);
            drop(pipe.shutdown().await);
        }
    };
    let Limits { deadline, cancelled, killed } = limits;
    let stop = async {
        tokio::select! {
            () = until(deadline) => StopCause::Deadline,
            () = cancelled => StopCause::Cancelled,
        }
    };
    tokio::pin!(feed, stop, killed);

    let (mut out_buffer, mut err_buffer) = (vec![0; CHUNK], vec![0; CHUNK]);
    let (mut fed, mut widened) = (false, false);
    let mut status = None;
    let mut stopped = None;
    let mut kill_at = None;
    let mut killing = false;
    let mut drain_until = None;
    while status.is_none() || stdout.is_some() || stderr.is_some() {
        tokio::select! {
            () = &mut feed, if !fed => fed = true,
            read = some(&mut stdout, &mut out_buffer), if stdout.is_some() => match read {
                Ok(0) | Err(_) => stdout = None,
                Ok(n) => {
                    if let (false, Some(pipe)) = (std::mem::replace(&mut widened, true), &stdout) {
                        widen(pipe);
                    }
                    tell(Told::Output(Stream::Out, &out_buffer[..n]));
                }
            },
            read = some(&mut stderr, &mut err_buffer), if stderr.is_some() => match read {
                Ok(0) | Err(_) => stderr = None,
                Ok(n) => tell(Told::Output(Stream::Err, &err_buffer[..n])),
            },
            ended = child.wait(), if status.is_none() => {
                status = Some(ended.map_err(lost)?);
                drain_until = Some(Instant::now() + DRAIN);
            }
            cause = &mut stop, if stopped.is_none() && status.is_none() => {
                stopped = Some(cause);
                kill_at = Some(Instant::now() + GRACE);
                signal(pid, Signal::SIGTERM);
                // A program that was stopped by job control hears nothing before it goes on.
                signal(pid, Signal::SIGCONT);
            }
            () = &mut killed, if !killing && status.is_none() => {
                killing = true;
                kill_at = None;
                stopped.get_or_insert(StopCause::Cancelled);
                signal(pid, Signal::SIGKILL);
            }
            () = until(kill_at), if kill_at.is_some() && status.is_none() => {
                kill_at = None;
                signal(pid, Signal::SIGKILL);
            }
            () = until(drain_until), if drain_until.is_some() => break,
        }
    }
    let status = status.expect("the loop ends only after the child did");
    let ended = match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Exited(code),
        (None, Some(signal)) => Ended::Signalled(signal),
        (None, None) => Ended::Exited(-1),
    };
    if stopped.is_some() {
        signal(pid, Signal::SIGKILL);
        for survivor in left_by(pid) {
            // It may have ended in the meantime, which is what was wanted.
            let _ = kill(Pid::from_raw(survivor.pid), Signal::SIGKILL);
        }
    }
    let survivors = survivors(pid).await;
    Ok(Finished { ended, stopped, took: began.elapsed(), survivors })
}

/// Reads from a stream that is open.
async fn some(stream: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> io::Result<usize> {
    match stream {
        Some(stream) => stream.read(buffer).await,
        None => std::future::pending().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one home of child processes")]
fn start(spawn: &Spawn<'_>) -> Result<tokio::process::Child, ProcessError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ProcessError::NotFound { program: spawn.program.to_owned() },
        _ => ProcessError::Refused { program: spawn.program.to_owned(), source },
    };
    let stream = |otherwise: fn() -> Stdio| match spawn.terminal {
        Some(terminal) => terminal.try_clone().map(Stdio::from).map_err(refused),
        None => Ok(otherwise()),
    };
    let mut command = Command::new(find(spawn));
    command
        .args(spawn.args)
        .current_dir(spawn.cwd)
        .env_clear()
        .envs(spawn.environment.iter())
        .stdin(stream(if spawn.stdin.is_some() { Stdio::piped } else { Stdio::null })?)
        .stdout(stream(Stdio::piped)?)
        .stderr(stream(Stdio::piped)?)
        .process_group(0)
        .kill_on_drop(true);
    command.spawn().map_err(refused)
}

/// The program's file. What is not found is not looked for by the system, either, in folders of its own.
fn find(spawn: &Spawn<'_>) -> PathBuf {
    match look_up(spawn.program, spawn.cwd, spawn.environment) {
        Looked::Found(path) | Looked::NotExecutable(path) => path,
        Looked::Missing => PathBuf::from("/nonexistent").join(spawn.program),
    }
}

/// Gives a pipe more room. The system bounds what a user may have of it; then the pipe stays as it is.
#[cfg(target_os = "linux")]
fn widen(pipe: impl AsFd) {
    let _ = nix::fcntl::fcntl(pipe, nix::fcntl::FcntlArg::F_SETPIPE_SZ(AHEAD));
}

/// Only Linux has pipes of other sizes.
#[cfg(not(target_os = "linux"))]
fn widen(_: impl AsFd) {}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // The group may have ended in the meantime, which is what was wanted.
        let _ = killpg(group, signal);
    }
}
