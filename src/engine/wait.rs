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

use serde_json::Value;
use tokio::time::Instant;

use crate::engine::attempt::Judged;
use crate::engine::judge::with_result;
use crate::engine::looks::{Count, LAST_LOOK, LONGEST_VALUE, Sight, attended, kept, short, until, without_request};
use crate::engine::meaning::{Meaning, values};
use crate::engine::performer::Task;
use crate::engine::shelf::Shelf;
use crate::engine::steps::Steps;
use crate::event::{Failure, FailureKind};
use crate::runbook::StepSpec;
use crate::step::kind::Wait;
use crate::step::{Ran, StepStop, error_map};
use crate::value::Scope;

/// The longest value in the sentence about a wait that passed, in bytes of JSON.
const LONGEST_WORD: usize = 200;

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
        let work = match self.work(spec, scope, &[], &[]) {
            Ok(Some(work)) => work,
            Ok(None) => return Ok(self.failed(spec, Failure::new(FailureKind::Guard, "a person does this step"))),
            Err(failure) => return Ok(self.failed(spec, failure)),
        };
        self.hide_input(&work);
        let limit = spec.timeout.unwrap_or_else(|| wait.usual_timeout());
        let mut count = Count::new(Some(limit));
        let began = count.began;
        loop {
            let shelf = Shelf::over(&cx.artifacts);
            let begun = Instant::now();
            let deadline = (begun + wait.look).min(began + limit + LAST_LOOK);
            let ran = attended(&cx, &shelf, deadline, async |own| self.read(&work, own).await).await?;
            count.looks = count.looks.saturating_add(1);
            let mut scope = scope.clone();
            scope.set_now(self.clock.now());
            let result = with_result(&scope, task.attempt, &ran);
            let meaning = self.meaning(spec, wait, &result, &ran);
            let sight = self.sight(spec, wait, &ran, &meaning);
            count.tell(task, item, sight, requests(&ran))?;
            let failure = match meaning {
                Meaning::Come => return Ok(self.came(spec, task, &scope, &shelf, ran, &count)),
                Meaning::Over(failure) => *failure,
                Meaning::NotYet(why) if began.elapsed() >= limit => {
                    self.too_late(spec, wait, &result, &ran, why, (limit, &count.words()))
                }
                Meaning::NotYet(_) => {
                    let pause = count.pause(wait.every, ran.failure.as_ref());
                    until((Instant::now() + pause).min(began + limit), &mut cx).await?;
                    continue;
                }
            };
            return Ok(self.with_files(self.failed(spec, failure), spec, &shelf, ran));
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
        Sight { values: values.into_iter().map(shown).collect(), trouble, hold: None }
    }

    /// What was waited for is there: what the step expects is held against the look that showed it.
    fn came(&self, spec: &StepSpec, task: &Task, scope: &Scope, shelf: &Shelf, mut ran: Ran, count: &Count) -> Judged {
        let changes = count.changes_words();
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
}

/// The ids under which AWS has recorded a look.
fn requests(ran: &Ran) -> Vec<String> {
    let refused = ran.failure.as_ref().and_then(|failure| failure.request_id.clone());
    ran.requests.iter().cloned().chain(refused).collect()
}
