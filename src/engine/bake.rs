//! The kind `bake`: holds for a time, and watches. What the looks mean says [`Watch`]; here they are made, told and timed.
//!
//! The hold is measured by the monotonic clock. When its time is over there is one look more, which decides; while that has
//! no answer it is repeated, until the attempt's time is over, too. What no time mends (a guard, expired credentials, a call
//! that the endpoint does not support) ends the hold at once as unknown.
//!
//! A first Ctrl-C ends it, be it between two looks or in one. Nobody watches then, so on resume it begins anew.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::engine::attempt::Judged;
use crate::engine::looks::{Count, LAST_LOOK, LONGEST_VALUE, Sight, attended, kept, short, until, without_request};
use crate::engine::meaning::time_mends;
use crate::engine::performer::Task;
use crate::engine::shelf::Shelf;
use crate::engine::steps::Steps;
use crate::event::{Failure, FailureKind, Hold, Level, cells, strip};
use crate::runbook::StepSpec;
use crate::step::bake::{BakeTask, End, Left, Next, Rules, Watch};
use crate::step::kind::Bake;
use crate::step::{Ran, StepStop, Task as Work, span_words};
use crate::value::Scope;

/// How long one look may take.
pub(super) const LONGEST_LOOK: Duration = Duration::from_mins(1);

impl Steps {
    /// Holds, and judges what came of it.
    pub(super) async fn bake(
        &self,
        spec: &StepSpec,
        bake: &Bake,
        task: &Task,
        scope: &Scope,
        item: Option<u32>,
    ) -> Result<Judged, StepStop> {
        let (mut cx, _) = match self.read_context(spec, task, scope) {
            Ok(both) => both,
            Err(failure) => return Ok(self.failed(spec, failure)),
        };
        let work = match self.work(spec, scope, &[], &[]) {
            Ok(Some(Work::Bake(work))) => work,
            Ok(_) => return Ok(self.failed(spec, Failure::new(FailureKind::Guard, "nothing is watched"))),
            Err(failure) => return Ok(self.failed(spec, failure)),
        };
        if task.attempt > 1 {
            cx.say(format!("the hold begins anew: {} from now on", span_words(bake.hold)));
        }
        let limit = spec.timeout.unwrap_or_else(|| bake.usual_timeout());
        let mut watch = Watch::new(self.rules(spec, bake, &work));
        let mut count = Count::new(None);
        let mut seen: Vec<(u64, Level)> = Vec::new();
        let began = count.began;
        loop {
            let shelf = Shelf::over(&cx.artifacts);
            let begun = Instant::now();
            let at = begun - began;
            let deadline = (begun + LONGEST_LOOK).min(began + limit + LAST_LOOK);
            let mut left = Left::default();
            let now = self.clock.now();
            cx.scope.set_now(now);
            let next = attended(&cx, &shelf, deadline, async |own| {
                let seen = work.look(own, &mut left).await?;
                let mut histories = Vec::new();
                for debt in watch.debts(&seen) {
                    histories.push(work.history(&debt, own, &mut left).await);
                }
                Ok(watch.take(at, &seen, &histories))
            })
            .await?;
            count.looks = count.looks.saturating_add(1);
            let at_ms = millis(at);
            seen.push((at_ms, watch.level()));
            let ran = self.hide(Ok(ran_of(left)))?;
            let hold = Hold { length_ms: millis(bake.hold), at_ms, level: watch.level() };
            count.tell(task, item, self.bake_sight(&watch, &next, hold), ran.requests.clone())?;
            let failure = match next {
                Next::Held(end) => {
                    let out = watch.out(at);
                    return Ok(self.held(spec, task, scope, &shelf, (ran, out), (*end, &count, hold, &seen)));
                }
                Next::Tripped(first, failure) => match work.asked(&first) {
                    Some(span) => self.locate(*failure, span),
                    None => *failure,
                },
                Next::Unknown(failure) => *failure,
                Next::Again(Some(failure)) if !time_mends(&spec.kind, &failure.kind) => *failure,
                Next::Again(Some(failure)) if begun.elapsed() + at >= limit => watch.too_late(at, &failure),
                Next::Again(failure) => {
                    let pause = count.pause(bake.every, failure.as_deref());
                    // The last look of the hold, and the last one of all, are never put off.
                    let end = if at < bake.hold { bake.hold } else { limit };
                    until((Instant::now() + pause).min(began + end), &mut cx).await?;
                    continue;
                }
            };
            return Ok(self.with_files(self.failed(spec, failure), spec, &shelf, ran));
        }
    }

    fn rules(&self, spec: &StepSpec, bake: &Bake, work: &BakeTask) -> Rules {
        Rules {
            hold: bake.hold,
            names: work.names.iter().map(|name| name.what.clone()).collect(),
            prefixes: work.prefixes.iter().map(|prefix| prefix.what.clone()).collect(),
            allow_empty: spec.allow_empty,
            insufficient: bake.insufficient,
            begun: self.clock.now(),
        }
    }

    /// What there is to see of a look, with nothing secret in it.
    fn bake_sight(&self, watch: &Watch, next: &Next, hold: Hold) -> Sight {
        let shown = |(name, value): (String, Value)| {
            (self.redactor.cut(&name), short(self.redactor.cut_value(value), LONGEST_VALUE))
        };
        let trouble = match next {
            Next::Again(failure) => failure.as_deref().map(without_request),
            Next::Tripped(_, failure) | Next::Unknown(failure) => Some(failure.message.clone()),
            Next::Held(_) => None,
        };
        let trouble = trouble.map(|trouble| self.redactor.cut(&trouble));
        Sight { values: watch.sight().into_iter().map(shown).collect(), trouble, hold: Some(hold) }
    }

    /// The hold is over, and nothing tripped: what the step expects is held against it.
    fn held(
        &self,
        spec: &StepSpec,
        task: &Task,
        scope: &Scope,
        shelf: &Shelf,
        (mut ran, mut out): (Ran, Value),
        (end, count, hold, seen): (End, &Count, Hold, &[(u64, Level)]),
    ) -> Judged {
        out["strip"] = Value::from(strip(&cells(hold.length_ms, seen, hold.at_ms), true));
        ran.out = out;
        let anew = (task.attempt > 1).then(|| format!("begun anew in attempt {}", task.attempt));
        let notes: Vec<String> = end.notes.into_iter().chain(anew).collect();
        let note = format!("{}{}", notes.join("; "), count.changes_words());
        if end.warnings.is_empty() {
            ran.note = Some(note);
        } else {
            ran.warning = Some(format!("{}; {note}", end.warnings.join("; ")));
        }
        if let Err(failure) = kept(shelf, &mut ran) {
            return self.failed(spec, failure);
        }
        self.judge_answer(spec, scope, task.attempt, ran)
    }
}

/// What the calls of a look leave, as those of any read.
fn ran_of(left: Left) -> Ran {
    let Left { requests, artifacts, hidden } = left;
    Ran { artifacts, requests, hidden, ..Ran::default() }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
