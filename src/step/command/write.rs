//! A command that may change something: under a shim, with its intent and its outcome on record.

use std::path::Path;
use std::sync::Arc;

use crate::event::{Ask, Choice, EffectResult, EffectState, Failure, FailureKind, Question};
use crate::step::command::hosted::{Host, Place, Seen};
use crate::step::command::left::{Left, left};
use crate::step::command::order::{NotStarted, Order, Record};
use crate::step::command::read::io_failure;
use crate::step::command::task::{CommandTask, KEPT};
use crate::step::{Intent, NewEffect, Probed, Ran, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;
use crate::world::process::{Ended, StopCause};

/// The call of a command's effect.
pub(super) const CALL: &str = "command";

/// How much of each stream is stored, in bytes. What is more is counted, and its end is kept.
const STORED: u64 = 1024 * 1024 * 1024;

impl CommandTask {
    fn order(&self, host: &Host, place: &Place, cx: &ReadContext) -> Order {
        let left = cx.deadline.map(|deadline| deadline.saturating_duration_since(tokio::time::Instant::now()));
        Order {
            program: self.program.clone(),
            args: self.args.clone(),
            cwd: self.folder(cx),
            environment: Order::encode(&self.environment(cx)),
            stdin: self.stdin.clone(),
            secrets: host.secrets(),
            place: place.at.clone(),
            artifacts: host.artifacts.clone(),
            timeout_ms: left.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
            store_stdout: !self.sensitive,
            terminal: self.interactive,
            keep: KEPT as u64,
            limit: STORED,
        }
    }

    /// What a record says; with the output as it was handed back, or as it is stored.
    fn ran(&self, record: &Record, kept: Option<(Vec<u8>, Vec<u8>)>, artifacts: &Path) -> Ran {
        let seconds = std::time::Duration::from_millis(record.took_ms).as_secs_f64();
        let handed_back = kept.is_some();
        let (stdout, stderr) =
            kept.unwrap_or_else(|| (stored(record, "stdout", artifacts), stored(record, "stderr", artifacts)));
        let mut ran = self.judge(record.ended, record.stopped, seconds, &stdout, &stderr);
        if ran.failure.is_none() && self.sensitive && !handed_back {
            let message = format!(
                "`{}` ended well while checkride was not there, and its output is not stored: it is secret",
                self.shown
            );
            let remedy = "look whether what it changed is as it should be, and run it again or skip it";
            ran.failure = Some(Failure::new(FailureKind::Lost, message).with_remedy(remedy));
        }
        ran.warning = match (&record.broken, record.left_out) {
            (Some(why), _) => Some(format!("its output could not all be stored: {why}")),
            (None, left_out @ 1..) => Some(format!("{left_out} bytes of its output are not stored: it was too much")),
            (None, 0) => self.warning(record.cut_off, &record.survivors),
        };
        ran.artifacts.clone_from(&record.artifacts);
        ran
    }

    /// What its effect became, and what is worth knowing.
    async fn settle(&self, cx: &WriteContext, intent: Intent, seen: Seen, artifacts: &Path) -> Result<Ran, StepStop> {
        let Seen { left, kept } = seen;
        let (result, detail, ran) = match left {
            Left::Ended(record) => {
                let (result, detail) = effect_of(&record);
                (result, detail, self.ran(&record, kept, artifacts))
            }
            Left::Refused(why) => (EffectResult::Refused, "it was never started".to_owned(), Ran::failed(refused(why))),
            Left::NeverStarted => {
                let message = format!("`{}` was not started: the process that should watch over it ended", self.shown);
                (
                    EffectResult::Refused,
                    "it was never started".to_owned(),
                    Ran::failed(Failure::new(FailureKind::Spawn, message)),
                )
            }
            Left::Running(_) => {
                let why = "lost sight of it while it runs".to_owned();
                (EffectResult::Unknown, why.clone(), Ran::failed(self.lost(&why)))
            }
            Left::Unknown { why } => (EffectResult::Unknown, why.clone(), Ran::failed(self.lost(&why))),
        };
        cx.settle_last(intent, result, Some(detail)).await?;
        Ok(ran)
    }

    fn lost(&self, why: &str) -> Failure {
        Failure::new(FailureKind::Lost, format!("what `{}` did is not known: {why}", self.shown))
    }

    /// A program at the terminal needs one, and a person at it.
    async fn needs_terminal(&self, cx: &WriteContext) -> Result<(), StepStop> {
        let mut question = Question::new(
            format!("{}.terminal", cx.read.step),
            Ask::ApproveWrite,
            format!("`{}` talks to a person at a terminal, and there is none", self.shown),
            vec![Choice::Abort],
        );
        question.step = Some(cx.read.step.clone());
        cx.read.ask(question).await?;
        Err(StepStop::Aborted)
    }
}

/// Its output as it is stored: secrets are cut.
fn stored(record: &Record, name: &str, artifacts: &Path) -> Vec<u8> {
    use std::io::Read;
    let mut bytes = Vec::new();
    if let Some(artifact) = record.artifacts.iter().find(|artifact| artifact.name == name)
        && let Ok(file) = std::fs::File::open(artifacts.join(&artifact.digest))
    {
        // What cannot be read back is missed where it is used.
        drop(file.take(KEPT as u64).read_to_end(&mut bytes));
    }
    bytes
}

fn effect_of(record: &Record) -> (EffectResult, String) {
    match (record.stopped, record.ended) {
        (Some(StopCause::Deadline), _) => (EffectResult::Unknown, "it was stopped at its time-out".to_owned()),
        (Some(StopCause::Cancelled), _) => (EffectResult::Unknown, "it was stopped on its way".to_owned()),
        (None, Ended::Exited(code)) => (EffectResult::Done, format!("exit code {code}")),
        (None, Ended::Signalled(signal)) => (EffectResult::Unknown, format!("ended by signal {signal}")),
    }
}

fn refused(why: NotStarted) -> Failure {
    let failure = Failure::new(FailureKind::Spawn, why.message).caused_by(why.causes);
    match why.remedy {
        Some(remedy) => failure.with_remedy(remedy),
        None => failure,
    }
}

impl WriteAction for CommandTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        // A script is shown whole: values do not reach it by its text, so there is nothing secret in it.
        let mut lines = match self.script().filter(|script| script.trim().lines().count() > 1) {
            Some(script) => {
                let script = script.trim_matches('\n').lines().map(|line| format!("    {line}"));
                std::iter::once("$ sh -eu".to_owned()).chain(script).collect()
            }
            None => vec![format!("$ {}", self.shown)],
        };
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
        let Some(host) = cx.host.clone() else {
            return Ok(Ran::failed(Failure::new(FailureKind::Guard, "there is no place here to run commands")));
        };
        if let Some(earlier) = under_way(&cx.earlier) {
            let place = host.place(&cx.read.step, earlier.attempt);
            cx.read.say("it was started by an earlier session and still runs; waiting for it");
            let seen = host.adopt(&place, &cx.read).await;
            let intent = Intent { attempt: earlier.attempt, n: earlier.n, token: None, lets_in: None };
            return self.settle(cx, intent, seen, &host.artifacts).await;
        }
        if self.interactive && host.terminal.is_none() {
            self.needs_terminal(cx).await?;
        }
        let place = match host.prepare(&cx.read.step, cx.read.attempt, self.interactive).await {
            Ok(place) => place,
            Err(error) => return Ok(Ran::failed(io_failure("no place could be made for the command", &error))),
        };
        let order = self.order(&host, &place, &cx.read);
        let effect = NewEffect {
            call: CALL.to_owned(),
            target: self.shown.clone(),
            wants_token: false,
            account: None,
            region: None,
        };
        let intent = cx.intend(effect).await?;
        let seen = match Arc::clone(&host).run(place, &order, &cx.read).await {
            Ok(seen) => seen,
            Err(error) => {
                let failure = io_failure("the process that watches over the command could not be started", &error);
                cx.settle_last(intent, EffectResult::Refused, Some("it was never started".to_owned())).await?;
                return Ok(Ran::failed(failure));
            }
        };
        self.settle(cx, intent, seen, &host.artifacts).await
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    async fn probe(&self, _: &mut ReadContext, _: &EffectState) -> Probed {
        Probed::CannotTell { why: "a command leaves nothing that could be asked".to_owned() }
    }
}

/// The effect of an earlier attempt that was found under way, and is waited for.
fn under_way(earlier: &[EffectState]) -> Option<&EffectState> {
    earlier.iter().rev().find(|effect| effect.result == Some(EffectResult::UnderWay))
}

impl CommandTask {
    /// What the files of the run say of an effect whose end is not on record.
    pub fn recall(&self, host: &Host, cx: &ReadContext, effect: &EffectState) -> Probed {
        match left(&host.place(&cx.step, effect.attempt)) {
            Left::Running(_) => Probed::UnderWay,
            Left::Ended(record) => {
                let (result, detail) = effect_of(&record);
                Probed::Ended { result, detail, ran: Box::new(self.ran(&record, None, &host.artifacts)) }
            }
            Left::Refused(_) | Left::NeverStarted => Probed::NotDone,
            Left::Unknown { why } => Probed::CannotTell { why },
        }
    }
}
