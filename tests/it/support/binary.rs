//! The real program as a process: run to its end, or begun and watched. Nothing of this machine's settings reaches it.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use regex::{Captures, Regex};

use crate::support::watch::Writing;

/// After how long a program that should have ended is a failed test. Generous: it is met only when something hangs.
const PATIENCE: Duration = Duration::from_mins(3);

/// What a process said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// Its exit code; 128 and the signal when one ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    fn new(status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> Self {
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
        Self {
            code: code.expect("a process ends by a code or by a signal"),
            stdout: String::from_utf8(stdout.to_vec()).expect("it speaks UTF-8"),
            stderr: String::from_utf8(stderr.to_vec()).expect("it speaks UTF-8"),
        }
    }

    /// Asserts the exit code; on failure all that was said shows.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that a text was said on stderr.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is not in:\n{}", self.stderr);
        self
    }

    /// Asserts that a text was said nowhere.
    #[track_caller]
    pub(crate) fn never_says(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text) && !self.stdout.contains(text), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}{}", self.stdout, self.stderr))
    }

    /// The whole of it, with what varies cut out: for snapshots.
    pub(crate) fn shown(&self, folder: &Path) -> String {
        let part = |name: &str, text: &str| match text {
            "" => String::new(),
            text => format!("{name}:\n{}", steady(text, folder)),
        };
        format!("exit code {}\n{}{}", self.code, part("stdout", &self.stdout), part("stderr", &self.stderr))
    }
}

/// A text without what differs from run to run: the folder, run ids, times, durations, digests, ports, accounts.
pub(crate) fn steady(text: &str, folder: &Path) -> String {
    let folder = folder.canonicalize().expect("the project is there");
    let mut text = text.replace(folder.to_str().expect("a temporary folder has a plain name"), "[PROJECT]");
    let filters = [
        (r"\b\d{8}T\d{6}Z-([a-z0-9_-]+)-[0-9a-f]{4}\b", "[RUN $1]"),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
        (r"sha256:[0-9a-f]{12,64}", "sha256:[DIGEST]"),
        (r"\b[0-9a-f]{64}\b", "[SHA256]"),
        (r"\bcr-[0-9a-f]{32}\b", "cr-[TOKEN]"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
        (r"\b[1-9]\d{11}\b", "[ACCOUNT]"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[UUID]"),
        (r"process \d+ of \S+ on \S+,", "process [PID] of [USER] on [HOST],"),
        (r"\((INC-\d+): \d+(\.\d+)?s\)", "($1: [TOOK])"),
        (r"  +\d+(\.\d+)?s  ", "  [TOOK]  "),
        (r"\u{b7} \d+(\.\d+)?s\b", "\u{b7} [TOOK]"),
    ];
    for (pattern, with) in filters {
        let pattern = Regex::new(pattern).expect("the pattern is fixed");
        text = pattern
            .replace_all(&text, |found: &Captures<'_>| {
                let mut out = String::new();
                found.expand(with, &mut out);
                out
            })
            .into_owned();
    }
    text
}

/// The program with these arguments, in a folder, with these variables and no others.
#[expect(clippy::disallowed_methods, reason = "a test starts the program as a person's shell does")]
pub(crate) fn command(
    arguments: &[&str],
    folder: &Path,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("checkride"));
    command.args(arguments).current_dir(folder).env_clear().envs(variables);
    command
}

/// A shell's line in which `checkride` is the program.
#[expect(clippy::disallowed_methods, reason = "a test starts the program as a person's shell does")]
pub(crate) fn shell(line: &str, folder: &Path, variables: impl IntoIterator<Item = (String, String)>) -> Command {
    let program = Path::new(assert_cmd::cargo::cargo_bin!("checkride")).parent().expect("it is in a folder");
    let line = format!("PATH={}:$PATH\n{line}", program.display());
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &line]).current_dir(folder).env_clear().envs(variables);
    command
}

/// Runs a command to its end, with nothing to read and no terminal.
pub(crate) fn run(command: Command) -> Said {
    let output = assert_cmd::Command::from_std(command).timeout(PATIENCE).output().expect("it starts and ends");
    Said::new(output.status, &output.stdout, &output.stderr)
}

/// Looks again and again until something is so.
#[track_caller]
pub(crate) fn patiently(what: &str, mut met: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !met() {
        assert!(Instant::now() < deadline, "`{what}` did not come");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A process that was begun. It is ended, at the latest, when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    /// It may change something at AWS, for as long as it runs.
    _writing: Option<Writing>,
}

impl Running {
    /// Begins a command; what it says goes to two files of this name.
    pub(crate) fn begin(mut command: Command, at: &Path, writing: Option<Writing>) -> Self {
        let (stdout, stderr) = (at.with_extension("stdout"), at.with_extension("stderr"));
        let file = |path: &Path| File::create(path).expect("a file can be made");
        let child = command.stdin(Stdio::null()).stdout(file(&stdout)).stderr(file(&stderr)).spawn();
        Self { child: child.expect("the program starts"), stdout, stderr, _writing: writing }
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(fs::read(&self.stderr).expect("it is there")).expect("it speaks UTF-8")
    }

    /// Waits until it has said a text on stderr.
    #[track_caller]
    pub(crate) fn until_it_says(&mut self, text: &str) {
        self.until(|it| it.stderr().contains(text), text);
    }

    /// Waits until a file is there.
    #[track_caller]
    pub(crate) fn until_there_is(&mut self, path: &Path) {
        self.until(|_| path.exists(), &path.display().to_string());
    }

    #[track_caller]
    fn until(&mut self, met: impl Fn(&Self) -> bool, what: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !met(self) {
            let ended = self.child.try_wait().expect("it can be looked at");
            // What it was waited for may have come with its end.
            assert!(ended.is_none() || met(self), "it ended ({ended:?}) before `{what}`:\n{}", self.stderr());
            assert!(Instant::now() < deadline, "`{what}` did not come:\n{}", self.stderr());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id is an i32");
        kill(Pid::from_raw(id), signal).expect("the process is there");
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        status.rsplit(')').next().is_none_or(|rest| rest.trim_start().starts_with(['Z', 'X']) || rest.is_empty())
    }

    /// The most memory that it has had so far, in bytes, as Linux counts it.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib << 10)
    }

    /// `kill -9`, and its last words.
    pub(crate) fn kill(self) -> Said {
        self.signal(Signal::SIGKILL);
        self.end().exits(128 + 9)
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(crate) fn end(mut self) -> Said {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.stderr());
            thread::sleep(Duration::from_millis(10));
        };
        Said::new(status, &fs::read(&self.stdout).expect("it is there"), &fs::read(&self.stderr).expect("it is there"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
