//! Child processes: a group of their own, output as it comes, an end as data.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::future::Future;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::Instant;

/// Between asking a group to end (SIGTERM) and ending it (SIGKILL).
pub const GRACE: Duration = Duration::from_secs(10);

/// How long a group that was ended may take to vanish.
const LINGER: Duration = Duration::from_millis(500);

/// How long output is still read after a program ended: its children may hold the pipe.
const DRAIN: Duration = Duration::from_secs(1);

/// Everything that a child sees of the environment: nothing is inherited beside it.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secret.
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// An environment of these variables.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    /// Removes every variable whose name the test picks.
    pub fn remove_if(&mut self, test: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| !name.to_str().is_some_and(&test));
    }

    /// Each name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

/// A program to run.
#[derive(Debug)]
pub struct Spawn<'a> {
    /// The program: a path, or a name looked up in the environment's `PATH`.
    pub program: &'a str,
    /// Its arguments.
    pub args: &'a [String],
    /// Where it runs.
    pub cwd: &'a Path,
    /// All that it sees of the environment.
    pub environment: &'a Environment,
    /// What it reads; nothing when none.
    pub stdin: Option<&'a [u8]>,
}

/// Which of the two streams.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ended {
    /// By itself, with a code.
    Exited(i32),
    /// By a signal.
    Signalled(i32),
}

/// Why it was made to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StopCause {
    /// Its deadline passed.
    Deadline,
    /// The operator wanted it stopped.
    Cancelled,
}

/// What became of a program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub ended: Ended,
    /// Whether it was made to.
    pub stopped: Option<StopCause>,
    /// How long it ran.
    pub took: Duration,
    /// Whether processes of its group are still there.
    pub survivors: bool,
}

/// A program that could not be started, or not be waited for.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// There is no such program.
    #[error("there is no program `{program}`")]
    NotFound {
        /// The program.
        program: String,
    },
    /// There is no such folder.
    #[error("there is no folder {} to run it in", .cwd.display())]
    NoFolder {
        /// The folder.
        cwd: PathBuf,
    },
    /// The system refused.
    #[error("`{program}` could not be started")]
    Refused {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It was started, and lost.
    #[error("lost sight of `{program}`")]
    Lost {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Runs a program to its end in a process group of its own. `output` gets its bytes as they come. At the deadline, or when
/// `cancelled` ends, the whole group gets SIGTERM, and SIGKILL after [`GRACE`].
pub async fn run(
    spawn: Spawn<'_>,
    deadline: Option<Instant>,
    cancelled: impl Future<Output = ()>,
    mut output: impl FnMut(Stream, &[u8]),
) -> Result<Finished, ProcessError> {
    if !spawn.cwd.is_dir() {
        return Err(ProcessError::NoFolder { cwd: spawn.cwd.to_path_buf() });
    }
    let began = Instant::now();
    let mut child = start(&spawn)?;
    let lost = |source| ProcessError::Lost { program: spawn.program.to_owned(), source };
    let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let mut stdin = child.stdin.take();
    let mut stdout = child.stdout.take().expect("stdout is piped");
    let mut stderr = child.stderr.take().expect("stderr is piped");

    let feed = async {
        if let (Some(mut pipe), Some(bytes)) = (stdin.take(), spawn.stdin) {
            // A program that does not read its input is no failure of ours.
            drop(pipe.write_all(bytes).await);
            drop(pipe.shutdown().await);
        }
    };
    let stop = async {
        tokio::select! {
            () = until(deadline) => StopCause::Deadline,
            () = cancelled => StopCause::Cancelled,
        }
    };
    tokio::pin!(feed, stop);

    let (mut out_buffer, mut err_buffer) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    let (mut out_open, mut err_open, mut fed) = (true, true, false);
    let mut status = None;
    let mut stopped = None;
    let mut kill_at = None;
    let mut drain_until = None;
    while status.is_none() || out_open || err_open {
        tokio::select! {
            () = &mut feed, if !fed => fed = true,
            read = stdout.read(&mut out_buffer), if out_open => match read {
                Ok(0) | Err(_) => out_open = false,
                Ok(n) => output(Stream::Out, &out_buffer[..n]),
            },
            read = stderr.read(&mut err_buffer), if err_open => match read {
                Ok(0) | Err(_) => err_open = false,
                Ok(n) => output(Stream::Err, &err_buffer[..n]),
            },
            ended = child.wait(), if status.is_none() => {
                status = Some(ended.map_err(lost)?);
                drain_until = Some(Instant::now() + DRAIN);
            }
            cause = &mut stop, if stopped.is_none() && status.is_none() => {
                stopped = Some(cause);
                kill_at = Some(Instant::now() + GRACE);
                signal(group, Signal::SIGTERM);
            }
            () = until(kill_at), if kill_at.is_some() && status.is_none() => {
                kill_at = None;
                signal(group, Signal::SIGKILL);
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
        signal(group, Signal::SIGKILL);
    }
    let survivors = survive(group).await;
    Ok(Finished { ended, stopped, took: began.elapsed(), survivors })
}

#[expect(clippy::disallowed_methods, reason = "this is the one home of child processes")]
fn start(spawn: &Spawn<'_>) -> Result<tokio::process::Child, ProcessError> {
    let mut command = Command::new(find(spawn));
    command
        .args(spawn.args)
        .current_dir(spawn.cwd)
        .env_clear()
        .envs(spawn.environment.iter())
        .stdin(if spawn.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command.spawn().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ProcessError::NotFound { program: spawn.program.to_owned() },
        _ => ProcessError::Refused { program: spawn.program.to_owned(), source },
    })
}

/// A name is looked up in the child's `PATH`, not in ours; a path with a `/` starts at its folder.
fn find(spawn: &Spawn<'_>) -> PathBuf {
    if spawn.program.contains('/') {
        return spawn.cwd.join(spawn.program);
    }
    let path = spawn.environment.get("PATH").unwrap_or_default();
    std::env::split_paths(path)
        .map(|folder| spawn.cwd.join(folder).join(spawn.program))
        .find(|candidate| nix::unistd::access(candidate, nix::unistd::AccessFlags::X_OK).is_ok() && candidate.is_file())
        .unwrap_or_else(|| PathBuf::from("/nonexistent").join(spawn.program))
}

/// Whether processes of the group are still there. One that was just ended stays visible until init has taken it in.
async fn survive(group: Option<Pid>) -> bool {
    let Some(group) = group else { return false };
    let patience = Instant::now() + LINGER;
    loop {
        if !is_alive(group) {
            return false;
        }
        if Instant::now() >= patience {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a process of the group runs. One that has ended and that nobody took in (a zombie) does not.
fn is_alive(group: Pid) -> bool {
    if matches!(killpg(group, None), Err(Errno::ESRCH)) {
        return false;
    }
    let Ok(entries) = std::fs::read_dir("/proc") else { return true };
    entries.flatten().any(|entry| {
        // proc(5): the name stands in parentheses and may hold anything; state, parent and group follow it.
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let state = fields.next();
        fields.nth(1).and_then(|field| field.parse().ok()) == Some(group.as_raw()) && state != Some("Z")
    })
}

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

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Ended, Environment, ProcessError, Spawn, StopCause, Stream, run};

    fn environment() -> Environment {
        Environment::new([(OsString::from("PATH"), OsString::from("/usr/bin:/bin"))])
    }

    async fn shell(script: &str, stdin: Option<&[u8]>, wait: Option<Duration>) -> (super::Finished, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = environment();
        let args = ["-c".to_owned(), script.to_owned()];
        let spawn = Spawn { program: "sh", args: &args, cwd: Path::new("/"), environment: &environment, stdin };
        let deadline = wait.map(|wait| Instant::now() + wait);
        let finished = run(spawn, deadline, std::future::pending(), |stream, bytes| match stream {
            Stream::Out => out.extend_from_slice(bytes),
            Stream::Err => err.extend_from_slice(bytes),
        })
        .await
        .unwrap();
        (finished, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[tokio::test]
    async fn output_code_and_input_come_through() {
        let (finished, out, err) = shell("cat; echo oops >&2; exit 3", Some(b"hello"), None).await;
        assert_eq!((finished.ended, out.as_str(), err.as_str()), (Ended::Exited(3), "hello", "oops\n"));
        assert!(!finished.survivors);
    }

    #[tokio::test]
    async fn a_child_inherits_nothing() {
        let (_, out, _) =
            shell("env | cut -d= -f1 | grep -v -e '^_$' -e '^PWD$' -e '^SHLVL$' -e '^OLDPWD$'", None, None).await;
        assert_eq!(out, "PATH\n");
    }

    #[tokio::test]
    async fn a_deadline_ends_a_program() {
        let (finished, _, _) = shell("exec sleep 60", None, Some(Duration::from_millis(50))).await;
        assert_eq!(finished.stopped, Some(StopCause::Deadline));
        assert_eq!(finished.ended, Ended::Signalled(15));
    }

    #[tokio::test]
    async fn a_cancelled_group_ends_as_a_whole_and_may_say_a_last_word() {
        let script = "trap 'echo term; exit 9' TERM; sleep 60 & echo up; wait";
        let (environment, args) = (environment(), ["-c".to_owned(), script.to_owned()]);
        let spawn = Spawn { program: "sh", args: &args, cwd: Path::new("/"), environment: &environment, stdin: None };
        let ready = std::rc::Rc::new(tokio::sync::Notify::new());
        let up = std::rc::Rc::clone(&ready);
        let mut out = Vec::new();
        let finished = run(spawn, None, ready.notified(), |_, bytes| {
            out.extend_from_slice(bytes);
            up.notify_one();
        })
        .await
        .unwrap();
        assert_eq!(finished.stopped, Some(StopCause::Cancelled));
        assert_eq!((finished.ended, String::from_utf8(out).unwrap().as_str()), (Ended::Exited(9), "up\nterm\n"));
        assert!(!finished.survivors, "the sleeping child was ended, too");
    }

    #[tokio::test]
    async fn a_missing_program_and_folder_are_named() {
        let environment = environment();
        for (program, cwd) in [("no-such-program", "/"), ("sh", "/no/such/folder")] {
            let spawn = Spawn { program, args: &[], cwd: Path::new(cwd), environment: &environment, stdin: None };
            let error = run(spawn, None, std::future::pending(), |_, _| ()).await.unwrap_err();
            assert!(matches!(error, ProcessError::NotFound { .. } | ProcessError::NoFolder { .. }), "{error}");
        }
    }
}
