//! What the kind `command` does: a program runs, its output goes to an artifact as it comes, its end becomes `out`.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::event::{ArtifactRef, EffectResult, EffectState, Failure, FailureKind, OutputStream, Progress};
use crate::step::kind::Parse;
use crate::step::{ArtifactSink, NewEffect, Probed, Ran, ReadAction, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;
use crate::world::process::{self, Ended, Environment, Finished, ProcessError, Spawn, StopCause, Stream};

/// How much of each stream is kept in memory for `out`. The artifact holds all of it.
const KEPT: usize = 8 * 1024 * 1024;

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
}

impl std::fmt::Debug for CommandTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments and variables may be secret.
        f.debug_struct("CommandTask").field("shown", &self.shown).finish_non_exhaustive()
    }
}

/// One stream: to the screen line by line, to an artifact, and into memory.
struct Tee {
    stream: OutputStream,
    line: Vec<u8>,
    kept: Vec<u8>,
    truncated: bool,
    sink: Option<Box<dyn ArtifactSink>>,
    broken: Option<std::io::Error>,
    bytes: u64,
}

impl Tee {
    fn new(cx: &ReadContext, stream: OutputStream, name: &str, store: bool) -> Result<Self, Failure> {
        let sink = if store {
            let made = cx.artifacts.create(name, "text/plain");
            Some(made.map_err(|error| io_failure("the output's file could not be made", &error))?)
        } else {
            None
        };
        Ok(Self { stream, line: Vec::new(), kept: Vec::new(), truncated: false, sink, broken: None, bytes: 0 })
    }

    fn take(&mut self, cx: &ReadContext, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if let Some(sink) = &mut self.sink
            && self.broken.is_none()
        {
            self.broken = sink.write(bytes).err();
        }
        let room = KEPT.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(&bytes[..room]);
        self.truncated |= room < bytes.len();
        for byte in bytes {
            if *byte == b'\n' || *byte == b'\r' || self.line.len() >= 4096 {
                self.tell(cx);
            }
            if *byte != b'\n' && *byte != b'\r' {
                self.line.push(*byte);
            }
        }
    }

    fn tell(&mut self, cx: &ReadContext) {
        if !self.line.is_empty() {
            let line = String::from_utf8_lossy(&self.line).into_owned();
            cx.progress(Progress::Output { step: cx.step.clone(), stream: self.stream, line });
            self.line.clear();
        }
    }

    /// Ends the stream: its text, and its file if there was anything in it.
    fn finish(mut self, cx: &ReadContext) -> Result<(String, Option<ArtifactRef>, bool), Failure> {
        self.tell(cx);
        if let Some(error) = self.broken {
            return Err(io_failure("the output could not be written to the run's files", &error));
        }
        let artifact = match self.sink {
            Some(sink) if self.bytes > 0 => {
                Some(sink.finish().map_err(|error| io_failure("the output's file could not be ended", &error))?)
            }
            Some(_) | None => None,
        };
        Ok((String::from_utf8_lossy(&self.kept).into_owned(), artifact, self.truncated))
    }
}

fn io_failure(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Io, what).caused_by(vec![error.to_string()])
}

impl CommandTask {
    /// Runs it. An error: it could not even be begun, or its output could not be kept.
    async fn execute(&self, cx: &ReadContext) -> Result<(Result<Finished, ProcessError>, Ran), Failure> {
        let mut environment: Environment = (*cx.environment).clone();
        for (name, value) in &self.env {
            environment.set(name, value);
        }
        let cwd = match &self.cwd {
            Some(folder) => cx.project.join(folder),
            None => cx.project.clone(),
        };
        let mut out = Tee::new(cx, OutputStream::Stdout, "stdout", !self.sensitive)?;
        let mut err = Tee::new(cx, OutputStream::Stderr, "stderr", true)?;
        let spawn = Spawn {
            program: &self.program,
            args: &self.args,
            cwd: &cwd,
            environment: &environment,
            stdin: self.stdin.as_deref().map(str::as_bytes),
        };
        let mut cancel = cx.cancel.clone();
        let finished =
            process::run(spawn, cx.deadline, async move { cancel.cancelled().await }, |stream, bytes| match stream {
                Stream::Out => out.take(cx, bytes),
                Stream::Err => err.take(cx, bytes),
            })
            .await;
        let (stdout, out_file, cut_out) = out.finish(cx)?;
        let (stderr, err_file, cut_err) = err.finish(cx)?;
        let mut ran = match &finished {
            Ok(end) => self.judge(end, &stdout, &stderr),
            Err(error) => Ran::failed(spawn_failure(error)),
        };
        ran.artifacts.extend(out_file.into_iter().chain(err_file));
        if cut_out || cut_err {
            ran.warning =
                Some("the output is longer than 8 MiB: `out` holds its beginning, the file all of it".to_owned());
        }
        if finished.as_ref().is_ok_and(|end| end.survivors) {
            ran.warning = Some("processes that it started are still running".to_owned());
        }
        Ok((finished, ran))
    }

    /// The text of a `shell`.
    fn script(&self) -> Option<&str> {
        if self.shown.starts_with("sh: ") { self.args.last().map(String::as_str) } else { None }
    }

    fn judge(&self, end: &Finished, stdout: &str, stderr: &str) -> Ran {
        let (exit, mut failure) = match end.ended {
            Ended::Exited(code) if self.exit_codes.contains(&code) => (code, None),
            Ended::Exited(code) => {
                let failure = Failure::new(FailureKind::Exit { code }, format!("`{}` exited with {code}", self.shown));
                (code, Some(failure.caused_by(last_lines(stderr))))
            }
            Ended::Signalled(signal) => {
                let message = format!("`{}` was ended by signal {signal}", self.shown);
                (128 + signal, Some(Failure::new(FailureKind::Signal { signal }, message)))
            }
        };
        match end.stopped {
            Some(StopCause::Deadline) => {
                let seconds = end.took.as_secs();
                let message =
                    format!("`{}` did not end within its time-out, and was stopped after {seconds} s", self.shown);
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
            "duration": end.took.as_secs_f64(),
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

fn spawn_failure(error: &ProcessError) -> Failure {
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

impl ReadAction for CommandTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        Ok(match self.execute(cx).await {
            Ok((_, ran)) => ran,
            Err(failure) => Ran::failed(failure),
        })
    }
}

impl WriteAction for CommandTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        let mut lines = vec![format!("$ {}", self.shown)];
        // A script is shown whole: values do not reach it by its text, so there is nothing secret in it.
        if let Some(script) = self.script().filter(|script| script.trim().lines().count() > 1) {
            lines.extend(script.trim_matches('\n').lines().map(|line| format!("    {line}")));
        }
        if let Some(cwd) = &self.cwd {
            lines.push(format!("  in {}", cwd.display()));
        }
        if !self.env.is_empty() {
            let names: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
            lines.push(format!("  with {}", names.join(", ")));
        }
        lines
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        let effect = NewEffect {
            call: "command".to_owned(),
            target: self.shown.clone(),
            wants_token: false,
            account: None,
            region: None,
        };
        let intent = cx.intend(effect).await?;
        let (finished, ran) = match self.execute(&cx.read).await {
            Ok(both) => both,
            // Its output could not be kept: what it did is not known.
            Err(failure) => {
                cx.settle(intent, EffectResult::Unknown, None, Some(failure.message.clone())).await?;
                return Ok(Ran::failed(failure));
            }
        };
        let (result, detail) = match &finished {
            Ok(Finished { stopped: Some(_), .. }) => (EffectResult::Unknown, "it was stopped on its way".to_owned()),
            Ok(Finished { ended: Ended::Exited(code), .. }) => (EffectResult::Done, format!("exit code {code}")),
            Ok(Finished { ended: Ended::Signalled(signal), .. }) => {
                (EffectResult::Unknown, format!("ended by signal {signal}"))
            }
            Err(ProcessError::Lost { .. }) => (EffectResult::Unknown, "lost sight of it".to_owned()),
            Err(ProcessError::NotFound { .. } | ProcessError::NoFolder { .. } | ProcessError::Refused { .. }) => {
                (EffectResult::Refused, "it was never started".to_owned())
            }
        };
        cx.settle(intent, result, None, Some(detail)).await?;
        Ok(ran)
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    async fn probe(&self, _: &mut ReadContext, _: &EffectState) -> Probed {
        Probed::CannotTell { why: "a command leaves nothing that could be asked".to_owned() }
    }
}
