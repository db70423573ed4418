//! Child processes: a group of their own, output as it comes, an end as data.
//!
//! A program is stopped by SIGTERM to its whole group, then SIGKILL after [`GRACE`]. What it leaves behind is found in
//! `/proc` and named. A process that has made itself the reaper of its orphans ([`adopt_orphans`]) finds those, too, that
//! left the group (`setsid`, a daemon's double fork).

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::future::{Future, Pending, pending};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::Instant;

/// Between asking a group to end (SIGTERM) and ending it (SIGKILL).
pub const GRACE: Duration = Duration::from_secs(10);

/// How long a group that was ended may take to vanish.
const LINGER: Duration = Duration::from_millis(500);

/// How long output is still read after a program ended: its children may hold the pipe.
const DRAIN: Duration = Duration::from_secs(1);

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

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
    /// A terminal that is its standard input, output and error: nothing of its output is seen then.
    pub terminal: Option<&'a OwnedFd>,
}

/// What ends a program before its time.
#[derive(Debug)]
pub struct Limits<C, K> {
    /// When it must be over.
    pub deadline: Option<Instant>,
    /// Ends when it is to be stopped: SIGTERM, and SIGKILL after [`GRACE`].
    pub cancelled: C,
    /// Ends when it is to be ended at once: SIGKILL.
    pub killed: K,
}

impl Limits<Pending<()>, Pending<()>> {
    /// Nothing but a deadline.
    pub fn until(deadline: Option<Instant>) -> Self {
        Self { deadline, cancelled: pending(), killed: pending() }
    }
}

/// What is told of a program while it runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Told<'a> {
    /// It was started: its process, which is also its group.
    Started(u32),
    /// It wrote.
    Output(Stream, &'a [u8]),
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
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// By itself, with a code.
    Exited(i32),
    /// By a signal.
    Signalled(i32),
}

/// Why it was made to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// Its deadline passed.
    Deadline,
    /// The operator wanted it stopped.
    Cancelled,
}

/// A process that a program left behind.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Survivor {
    /// The process.
    pub pid: i32,
    /// The name of its program, as the kernel keeps it (15 bytes at most).
    pub name: String,
}

/// What became of a program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub ended: Ended,
    /// Whether it was made to.
    pub stopped: Option<StopCause>,
    /// How long it ran.
    pub took: Duration,
    /// Processes that it started and that are still there.
    pub survivors: Vec<Survivor>,
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

/// Makes this process the one that takes in the orphans of its children, where the system can (Linux): a program that
/// leaves its group is still found when it outlives its parent.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // Without it survivors are looked for in the group alone.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

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
    let mut fed = false;
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
                Ok(n) => tell(Told::Output(Stream::Out, &out_buffer[..n])),
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

/// A process of this program that outlives it, with the pipes to and from it.
#[derive(Debug)]
pub struct Shim {
    /// The process.
    pub child: tokio::process::Child,
    /// What it hears.
    pub control: std::fs::File,
    /// What it says.
    pub frames: std::fs::File,
}

/// Starts a shim. Its standard error is the lock that it holds: so it holds it from the first moment on, and gives it back
/// only by its end. It inherits nothing else, and is not ended when this process is.
#[expect(clippy::disallowed_methods, reason = "this is the one home of child processes")]
pub fn shim(program: &Path, lock: std::fs::File) -> io::Result<Shim> {
    let (heard, control) = io::pipe()?;
    let (frames, said) = io::pipe()?;
    let child = Command::new(program)
        .arg("shim")
        .env_clear()
        .current_dir("/")
        .stdin(heard)
        .stdout(said)
        .stderr(lock)
        .spawn()?;
    let (control, frames) = (OwnedFd::from(control), OwnedFd::from(frames));
    Ok(Shim { child, control: control.into(), frames: frames.into() })
}

/// Leaves the session and with it the terminal: what happens to that is no concern of this process any more.
pub fn leave_terminal() {
    // A process that leads a group already cannot; it has no terminal of its own then.
    let _ = nix::unistd::setsid();
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

/// What is left of a program once everything that was going to end has ended. A process that was just ended stays visible
/// until its parent has taken it in.
async fn survivors(group: Option<Pid>) -> Vec<Survivor> {
    let patience = Instant::now() + LINGER;
    loop {
        let left = left_by(group);
        if left.is_empty() || Instant::now() >= patience {
            return left;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Processes of a group, and orphans that came to us. One that has ended and that nobody took in (a zombie) is not there.
fn left_by(group: Option<Pid>) -> Vec<Survivor> {
    let Some(group) = group else { return Vec::new() };
    let orphans = adopts_orphans();
    // Who takes in orphans and has no child left has no descendant left. Asked first: to look at all processes takes longer
    // than most programs do.
    if matches!(killpg(group, None), Err(Errno::ESRCH)) && !(orphans && has_children()) {
        return Vec::new();
    }
    let Ok(entries) = std::fs::read_dir("/proc") else {
        let there = !matches!(killpg(group, None), Err(Errno::ESRCH));
        return there
            .then(|| Survivor { pid: group.as_raw(), name: "a process group".to_owned() })
            .into_iter()
            .collect();
    };
    let all: Vec<Process> = entries.flatten().filter_map(|entry| Process::read(&entry.path())).collect();
    let own = Pid::this().as_raw();
    let ours = |process: &&Process| {
        process.group == group.as_raw() || (orphans && process.pid != group.as_raw() && descends(process, own, &all))
    };
    let left = all.iter().filter(|process| !process.ended).filter(ours);
    left.map(|process| Survivor { pid: process.pid, name: process.name.clone() }).collect()
}

/// Whether this process has a child, be it one that has ended and was not taken in.
#[cfg(target_os = "linux")]
fn has_children() -> bool {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    !matches!(waitid(Id::All, flags), Err(Errno::ECHILD))
}

/// Whether this process has a child: not asked where nobody takes in orphans.
#[cfg(not(target_os = "linux"))]
fn has_children() -> bool {
    true
}

/// Whether this process takes in orphans.
fn adopts_orphans() -> bool {
    #[cfg(target_os = "linux")]
    return nix::sys::prctl::get_child_subreaper().unwrap_or(false);
    #[cfg(not(target_os = "linux"))]
    false
}

fn descends(process: &Process, ancestor: i32, all: &[Process]) -> bool {
    let mut parent = process.parent;
    // Nobody's family is deeper than there are processes; without this a race with the reuse of a number could go round.
    for _ in 0..all.len() {
        if parent == ancestor {
            return true;
        }
        match all.iter().find(|other| other.pid == parent) {
            Some(next) => parent = next.parent,
            None => return false,
        }
    }
    false
}

/// One line of `/proc/PID/stat`.
struct Process {
    pid: i32,
    name: String,
    ended: bool,
    parent: i32,
    group: i32,
}

impl Process {
    /// proc(5): the name stands in parentheses and may hold anything; state, parent and group follow it.
    fn read(folder: &Path) -> Option<Self> {
        let pid = folder.file_name()?.to_str()?.parse().ok()?;
        let stat = String::from_utf8_lossy(&std::fs::read(folder.join("stat")).ok()?).into_owned();
        let (name, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        let ended = fields.next() == Some("Z");
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        Some(Self { pid, name: name.split_once('(')?.1.to_owned(), ended, parent, group })
    }
}

/// When a process began, in clock ticks since the machine did (proc(5), field 22): with its number it is unmistakable.
/// None: there is no such process, or the system does not say.
pub fn began(pid: u32) -> Option<u64> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat).into_owned();
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    // State is the third field. One that has ended and that nobody took in is not there any more.
    if fields.next() == Some("Z") { None } else { fields.nth(18)?.parse().ok() }
}

/// A process of the session that a process led which has ended. None: there is none, the leader lives, or the system does
/// not say. (The number of a session is given to no other process as long as the session has members.)
pub fn left_in_session(leader: u32) -> Option<u32> {
    if began(leader).is_some() {
        return None;
    }
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| session(*pid) == Some(leader)).min()
}

/// The session of a process that lives (proc(5), field 6).
fn session(pid: u32) -> Option<u32> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat).into_owned();
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if fields.next() == Some("Z") { None } else { fields.nth(2)?.parse().ok() }
}

/// Which start of the machine this is; empty where the system does not say.
pub fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
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

    use super::{Ended, Environment, Limits, ProcessError, Spawn, StopCause, Stream, Told, run};

    fn environment() -> Environment {
        Environment::new([(OsString::from("PATH"), OsString::from("/usr/bin:/bin"))])
    }

    async fn shell(script: &str, stdin: Option<&[u8]>, wait: Option<Duration>) -> (super::Finished, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = environment();
        let args = ["-c".to_owned(), script.to_owned()];
        let spawn =
            Spawn { program: "sh", args: &args, cwd: Path::new("/"), environment: &environment, stdin, terminal: None };
        let limits = Limits::until(wait.map(|wait| Instant::now() + wait));
        let finished = run(spawn, limits, |told| match told {
            Told::Output(Stream::Out, bytes) => out.extend_from_slice(bytes),
            Told::Output(Stream::Err, bytes) => err.extend_from_slice(bytes),
            Told::Started(_) => {}
        })
        .await
        .unwrap();
        (finished, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[tokio::test]
    async fn output_code_and_input_come_through() {
        let (finished, out, err) = shell("cat; echo oops >&2; exit 3", Some(b"hello"), None).await;
        assert_eq!((finished.ended, out.as_str(), err.as_str()), (Ended::Exited(3), "hello", "oops\n"));
        assert_eq!(finished.survivors, []);
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
        let spawn = Spawn {
            program: "sh",
            args: &args,
            cwd: Path::new("/"),
            environment: &environment,
            stdin: None,
            terminal: None,
        };
        let ready = std::rc::Rc::new(tokio::sync::Notify::new());
        let up = std::rc::Rc::clone(&ready);
        let mut out = Vec::new();
        let limits = Limits { deadline: None, cancelled: ready.notified(), killed: std::future::pending() };
        let finished = run(spawn, limits, |told| {
            if let Told::Output(_, bytes) = told {
                out.extend_from_slice(bytes);
                up.notify_one();
            }
        })
        .await
        .unwrap();
        assert_eq!(finished.stopped, Some(StopCause::Cancelled));
        assert_eq!((finished.ended, String::from_utf8(out).unwrap().as_str()), (Ended::Exited(9), "up\nterm\n"));
        assert_eq!(finished.survivors, [], "the sleeping child was ended, too");
    }

    #[tokio::test]
    async fn a_missing_program_and_folder_are_named() {
        let environment = environment();
        for (program, cwd) in [("no-such-program", "/"), ("sh", "/no/such/folder")] {
            let spawn = Spawn {
                program,
                args: &[],
                cwd: Path::new(cwd),
                environment: &environment,
                stdin: None,
                terminal: None,
            };
            let error = run(spawn, Limits::until(None), |_| ()).await.unwrap_err();
            assert!(matches!(error, ProcessError::NotFound { .. } | ProcessError::NoFolder { .. }), "{error}");
        }
    }
}
