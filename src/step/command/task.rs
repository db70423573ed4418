//! A command with all its values known, and how its end is read.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::event::{Failure, FailureKind};
use crate::step::kind::Parse;
use crate::step::{Ran, ReadContext};
use crate::world::process::{Ended, Environment, ProcessError, StopCause, Survivor};

/// How much of each stream is kept in memory for `out`, in bytes. The artifact holds all of it.
pub(super) const KEPT: usize = 8 * 1024 * 1024;

/// A command step with all its values known.
#[derive(Clone)]
pub struct CommandTask {
    /// The program.
    pub program: String,
    /// Its arguments, whole.
    pub args: Vec<String>,
    /// What a person is shown: the arguments as the runbook has them; secrets are names here.
    pub shown: String,
    /// Where it runs, relative to the project.
    pub cwd: Option<PathBuf>,
    /// Variables on top of the run's environment.
    pub env: Vec<(String, String)>,
    /// What it reads.
    pub stdin: Option<String>,
    /// The codes that count as success.
    pub exit_codes: Vec<i32>,
    /// What becomes of its output.
    pub parse: Parse,
    /// Whether standard output is kept out of the run's files, because outputs of it are secret.
    pub sensitive: bool,
    /// Whether the terminal is lent to it.
    pub interactive: bool,
}

impl std::fmt::Debug for CommandTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments and variables may be secret.
        f.debug_struct("CommandTask").field("shown", &self.shown).finish_non_exhaustive()
    }
}

impl CommandTask {
    /// All that it sees of the environment.
    pub(super) fn environment(&self, cx: &ReadContext) -> Environment {
        let mut environment: Environment = (*cx.environment).clone();
        for (name, value) in &self.env {
            environment.set(name, value);
        }
        environment
    }

    /// Where it runs.
    pub(super) fn folder(&self, cx: &ReadContext) -> PathBuf {
        match &self.cwd {
            Some(folder) => cx.project.join(folder),
            None => cx.project.clone(),
        }
    }

    /// What there is to say although it went well.
    #[expect(clippy::unused_self, reason = "it belongs to the command's end")]
    pub(super) fn warning(&self, cut_off: bool, survivors: &[Survivor]) -> Option<String> {
        if !survivors.is_empty() {
            let named: Vec<String> = survivors.iter().map(|left| format!("{} ({})", left.name, left.pid)).collect();
            return Some(format!("processes that it started are still running: {}", named.join(", ")));
        }
        cut_off.then(|| "the output is longer than 8 MiB: `out` holds its beginning, the file all of it".to_owned())
    }

    /// The text of a `shell`.
    pub(super) fn script(&self) -> Option<&str> {
        if self.shown.starts_with("sh: ") { self.args.last().map(String::as_str) } else { None }
    }

    /// What its end means.
    pub(super) fn judge(
        &self,
        ended: Ended,
        stopped: Option<StopCause>,
        seconds: f64,
        stdout: &[u8],
        stderr: &[u8],
    ) -> Ran {
        let (stdout, stderr) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
        let (exit, mut failure) = match ended {
            Ended::Exited(code) if self.exit_codes.contains(&code) => (code, None),
            Ended::Exited(code) => {
                let failure = Failure::new(FailureKind::Exit { code }, format!("`{}` exited with {code}", self.shown));
                (code, Some(failure.caused_by(last_lines(&stderr))))
            }
            Ended::Signalled(signal) => {
                let message = format!("`{}` was ended by signal {signal}", self.shown);
                (128 + signal, Some(Failure::new(FailureKind::Signal { signal }, message)))
            }
        };
        match stopped {
            Some(StopCause::Deadline) => {
                let message =
                    format!("`{}` did not end within its time-out, and was stopped after {seconds:.0} s", self.shown);
                failure = Some(Failure::new(FailureKind::Timeout, message));
            }
            Some(StopCause::Cancelled) => {
                let message = format!("`{}` was stopped by the operator", self.shown);
                failure = Some(Failure::new(FailureKind::Cancelled, message));
            }
            None => {}
        }
        let mut out = json!({
            "exit": exit,
            "stdout": stdout,
            "stderr": stderr,
            "duration": seconds,
        });
        match self.parse {
            Parse::Text => {}
            Parse::Lines => out["lines"] = stdout_of(&out).lines().map(Value::from).collect(),
            Parse::Json => match serde_json::from_str::<Value>(stdout_of(&out)) {
                Ok(value) => out["json"] = value,
                Err(error) if failure.is_none() => {
                    let message = format!("the output of `{}` is not JSON", self.shown);
                    failure = Some(Failure::new(FailureKind::Format, message).caused_by(vec![error.to_string()]));
                }
                // It failed, and its message is not JSON: that it failed is what counts.
                Err(_) => {}
            },
        }
        Ran { out, failure, ..Ran::default() }
    }
}

fn stdout_of(out: &Value) -> &str {
    out["stdout"].as_str().unwrap_or_default()
}

fn last_lines(stderr: &str) -> Vec<String> {
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(5)).map(|line| (*line).to_owned()).collect()
}

/// A program that could not be started.
pub(super) fn spawn_failure(error: &ProcessError) -> Failure {
    let causes = std::error::Error::source(error).map(ToString::to_string).into_iter().collect();
    let failure = Failure::new(FailureKind::Spawn, error.to_string()).caused_by(causes);
    match error {
        ProcessError::NotFound { program } => {
            failure.with_remedy(format!("install `{program}`, or put it on the PATH that checkride is started with"))
        }
        ProcessError::NoFolder { .. } => failure.with_remedy("make the folder, or correct `cwd`"),
        ProcessError::Refused { .. } => failure,
        ProcessError::Lost { .. } => Failure { kind: FailureKind::Lost, ..failure },
    }
}
