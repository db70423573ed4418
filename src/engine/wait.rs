//! The kind `wait`: one read again and again, until what is waited for is there, will not come, or the time is over.
//!
//! | a look shows | then |
//! |---|---|
//! | `until` holds, the waiter is content | it passed; `expect` is held against this look |
//! | `fail` holds, the waiter says never | failed, at once |
//! | what no time mends: a guard, no such program, expired credentials, a call that the endpoint does not support | so it ends, at once |
//! | all else | the next look |
//!
//! When the time is over there is one look more, so that what has come in the last moment is seen. It decides: a condition
//! that does not hold has failed; a look that has no answer, or none that the condition can be held against, leaves it
//! unknown. So does a service's error that neither `until` nor `fail` names.
//!
//! A first Ctrl-C ends the wait, be it between two looks or in one. It is a read: on resume it begins anew.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::engine::attempt::Judged;
use crate::engine::judge::with_result;
use crate::engine::meaning::{Meaning, values};
use crate::engine::performer::Task;
use crate::engine::shelf::Shelf;
use crate::engine::steps::Steps;
use crate::event::{Failure, FailureKind, Progress};
use crate::runbook::StepSpec;
use crate::step::kind::Wait;
use crate::step::{AttemptMessage, CancelHandle, Ran, ReadContext, StepStop, Task as Work, error_map, span_words};
use crate::value::Scope;

/// The longest pause that throttling makes of a shorter one.
pub(super) const SLOWEST: Duration = Duration::from_mins(1);

/// What a look that begins in the last moment may take beyond the end: a look that is cut off at once would leave unknown
/// what the one before has seen.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// How many changes are put on record.
const MOST_CHANGES: u32 = 200;

/// The longest value that is shown and kept of a look, in bytes of JSON.
const LONGEST_VALUE: usize = 1024;

/// The longest value in the sentence about a wait that passed, in bytes of JSON.
const LONGEST_WORD: usize = 200;

/// What a look shows: it is compared with what the last one showed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sight {
    values: Vec<(String, Value)>,
    trouble: Option<String>,
}

/// How the waiting went so far.
struct Count {
    limit: Duration,
    began: Instant,
    looks: u32,
    changes: u32,
    throttled: u32,
    last: Option<Sight>,
}

impl Count {
    /// `3 looks in 10s`.
    fn words(&self) -> String {
        let looks = if self.looks == 1 { "look" } else { "looks" };
        let spent = self.began.elapsed();
        // Beside a second its parts say nothing.
        let spent = if spent.as_secs() > 0 { Duration::from_secs(spent.as_secs()) } else { spent };
        format!("{} {looks} in {}", self.looks, span_words(spent))
    }
}

impl Steps {
    /// Waits, and judges what came of it.
    pub(super) async fn wait(
        &self,
        spec: &StepSpec,
        wait: &Wait,
        task: &Task,
        scope: &Scope,
        item: Option<u32>,
    ) -> Result<Judged, StepStop> {
        let (mut cx, _) = match self.read_context(spec, task, scope) {
            Ok(both) => both,
            Err(failure) => return Ok(self.failed(spec, failure)),
        };
        let work = match self.work(spec, scope, &[]) {
            Ok(Some(work)) => work,
            Ok(None) => return Ok(self.failed(spec, Failure::new(FailureKind::Guard, "a person does this step"))),
            Err(failure) => return Ok(self.failed(spec, failure)),
        };
        self.hide_input(&work);
        let limit = spec.timeout.unwrap_or_else(|| wait.usual_timeout());
        let began = Instant::now();
        let mut count = Count { limit, began, looks: 0, changes: 0, throttled: 0, last: None };
        loop {
            let shelf = Shelf::over(&cx.artifacts);
            let begun = Instant::now();
            let deadline = (begun + wait.look).min(began + limit + LAST_LOOK);
            let ran = self.look_once(&work, &cx, &shelf, deadline).await?;
            count.looks = count.looks.saturating_add(1);
            let mut scope = scope.clone();
            scope.set_now(self.clock.now());
            let result = with_result(&scope, task.attempt, &ran);
            let meaning = self.meaning(spec, wait, &result, &ran);
            let sight = self.sight(spec, wait, &ran, &meaning);
            Self::tell(task, item, sight, requests(&ran), &mut count)?;
            let failure = match meaning {
                Meaning::Come => return Ok(self.came(spec, task, &scope, &shelf, ran, &count)),
                Meaning::Over(failure) => *failure,
                Meaning::NotYet(why) if began.elapsed() >= limit => {
                    self.too_late(spec, wait, &result, &ran, why, (limit, &count.words()))
                }
                Meaning::NotYet(_) => {
                    count.throttled = match ran.failure.as_ref().map(|failure| &failure.kind) {
                        Some(FailureKind::Throttled) => count.throttled + 1,
                        Some(_) | None => 0,
                    };
                    let next = (Instant::now() + pause(wait.every, count.throttled)).min(began + limit);
                    tokio::select! {
                        () = tokio::time::sleep_until(next) => continue,
                        () = cx.cancel.leaving() => return Err(StepStop::Left),
                    }
                }
            };
            return Ok(self.with_files(self.failed(spec, failure), spec, &shelf, ran));
        }
    }

    /// One look. It is stopped when the operator leaves: a program gets the time to end.
    async fn look_once(
        &self,
        work: &Work,
        cx: &ReadContext,
        shelf: &Shelf,
        deadline: Instant,
    ) -> Result<Ran, StepStop> {
        let (handle, cancel) = CancelHandle::new();
        // What a program says at each look is not told: what it comes to is.
        let (line, _) = mpsc::unbounded_channel();
        let artifacts = std::sync::Arc::new(shelf.clone());
        let mut own = ReadContext { deadline: Some(deadline), cancel, artifacts, line, ..cx.clone() };
        let (mut leaving, mut hurry) = (cx.cancel.clone(), cx.cancel.clone());
        let (mut left, mut hurried) = (false, false);
        let read = self.read(work, &mut own);
        tokio::pin!(read);
        loop {
            tokio::select! {
                biased;
                () = leaving.leaving(), if !left => {
                    left = true;
                    handle.cancel();
                }
                () = hurry.cancelled(), if left && !hurried => {
                    hurried = true;
                    handle.cancel();
                }
                ran = &mut read => return if left { Err(StepStop::Left) } else { ran },
            }
        }
    }

    /// What there is to see of a look: what may change, with nothing secret in it, and not too long.
    fn sight(&self, spec: &StepSpec, wait: &Wait, ran: &Ran, meaning: &Meaning) -> Sight {
        // Beside `out` and `error` nothing changes from look to look.
        let error = error_map(ran.failure.as_ref());
        let values = values(spec, wait, &Scope::new().with("error", error), ran);
        // Secrets are cut before the value is: a part of one would not be known again.
        let shown = |(path, value): (String, Value)| (path, short(self.redactor.cut_value(value), LONGEST_VALUE));
        let trouble = match meaning {
            Meaning::NotYet(Some(failure)) => Some(failure),
            // That it will not come shows in what is looked at.
            Meaning::Over(failure) => Some(failure).filter(|failure| failure.kind != FailureKind::Expectation),
            Meaning::Come | Meaning::NotYet(None) => None,
        };
        let trouble = trouble.map(|failure| self.redactor.cut(&without_request(failure)));
        Sight { values: values.into_iter().map(shown).collect(), trouble }
    }

    /// Tells of a look, and puts it on record when it shows something new.
    fn tell(
        task: &Task,
        item: Option<u32>,
        sight: Sight,
        requests: Vec<String>,
        count: &mut Count,
    ) -> Result<(), StepStop> {
        let Sight { values, trouble } = sight.clone();
        let limit_ms = u64::try_from(count.limit.as_millis()).unwrap_or(u64::MAX);
        let look = Progress::Look {
            step: task.step.clone(),
            look: count.looks,
            values: values.clone(),
            trouble: trouble.clone(),
            limit_ms,
        };
        let send = |message| task.line.send((task.step.clone(), message)).map_err(|_| StepStop::EngineGone);
        if count.last.as_ref() != Some(&sight) {
            count.changes = count.changes.saturating_add(1);
            if count.changes <= MOST_CHANGES {
                send(AttemptMessage::Change { index: item, look: count.looks, values, trouble, requests })?;
            }
            count.last = Some(sight);
        }
        send(AttemptMessage::Progress(look))
    }

    /// What was waited for is there: what the step expects is held against the look that showed it.
    fn came(&self, spec: &StepSpec, task: &Task, scope: &Scope, shelf: &Shelf, mut ran: Ran, count: &Count) -> Judged {
        let changes = match count.changes {
            ..=MOST_CHANGES => String::new(),
            many => format!("; {many} changes, the first {MOST_CHANGES} of them on record"),
        };
        let last = count.last.iter().flat_map(|sight| &sight.values);
        let last: Vec<String> =
            last.map(|(path, value)| format!("{path} = {}", short(value.clone(), LONGEST_WORD))).collect();
        let last = if last.is_empty() { String::new() } else { format!(": {}", last.join(", ")) };
        ran.note = Some(format!("{}{last}{changes}", count.words()));
        if let Err(failure) = kept(shelf, &mut ran) {
            return self.failed(spec, failure);
        }
        self.judge_answer(spec, scope, task.attempt, ran)
    }

    fn with_files(&self, judged: Judged, spec: &StepSpec, shelf: &Shelf, mut ran: Ran) -> Judged {
        match kept(shelf, &mut ran) {
            Ok(()) => Judged { artifacts: ran.artifacts, requests: ran.requests, ..judged },
            Err(failure) => self.failed(spec, failure),
        }
    }
}

/// What went wrong, without the id of the request: that is another one at each look.
fn without_request(failure: &Failure) -> String {
    match &failure.request_id {
        Some(id) => failure.message.replace(&format!(" [request {id}]"), ""),
        None => failure.message.clone(),
    }
}

/// The ids under which AWS has recorded a look.
fn requests(ran: &Ran) -> Vec<String> {
    let refused = ran.failure.as_ref().and_then(|failure| failure.request_id.clone());
    ran.requests.iter().cloned().chain(refused).collect()
}

/// The files of the last look are files of the run.
fn kept(shelf: &Shelf, ran: &mut Ran) -> Result<(), Failure> {
    shelf.keep(&mut ran.artifacts).map_err(|error| {
        Failure::new(FailureKind::Io, "what the last look gave could not be written to the run's files")
            .caused_by(vec![error.to_string()])
    })
}

/// The time until the next look: twice as long for each look in a row that was throttled.
fn pause(every: Duration, throttled: u32) -> Duration {
    every.saturating_mul(1 << throttled.min(10)).min(every.max(SLOWEST))
}

/// A value that is not too long to be kept.
fn short(value: Value, most: usize) -> Value {
    let text = value.to_string();
    if text.len() <= most {
        return value;
    }
    let end = text.floor_char_boundary(most);
    json!(format!("{} … ({} bytes)", &text[..end], text.len()))
}
