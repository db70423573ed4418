//! Probes of the steady state: read before the first change of a run, and again when it has gone back.
//!
//! They are steps of `verify`, and their looks are no attempts at them: nothing of the run depends on what they find, and
//! the phase looks anew. Both times they know only what can be had by reading, for what the steps of the run have given is
//! not there before, and may not be there after.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Map;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::engine::attempt::Judged;
use crate::engine::performer::{Performer, Task};
use crate::engine::recorder::RecordError;
use crate::engine::resolve::failed_outcome;
use crate::engine::run::Engine;
use crate::event::{EventKind, Failure, FailureKind, Outcome, Progress, RunState, SessionEnd, SteadyWhen, StepState};
use crate::id::{Phase, StepId};
use crate::plan::{Actor, Plan};
use crate::step::{AttemptMessage, Cancel, Retry, StepStop};

/// The probes that have not looked yet before the first change, in file order. None once something may have been changed.
pub(super) fn before(plan: &Plan, state: &RunState) -> Vec<StepId> {
    if !plan.steps.iter().any(|step| step.steady) {
        return Vec::new();
    }
    let changes = plan.steps.iter().filter(|step| step.effect.changes_target());
    if changes.clone().any(|step| state.steps.get(&step.id).is_some_and(StepState::may_have_run)) {
        return Vec::new();
    }
    let probes = plan.steps.iter().filter(|step| step.steady && step.left_out.is_none());
    let looked = |id: &StepId| state.steady.get(id).is_some_and(|steady| steady.before.is_some());
    probes.filter(|step| !looked(&step.id)).map(|step| step.id.clone()).collect()
}

/// The probes that looked before, and not yet after the way back.
pub(super) fn after(plan: &Plan, state: &RunState) -> Vec<StepId> {
    let open = |id: &StepId| state.steady.get(id).is_some_and(|it| it.before.is_some() && it.after.is_none());
    plan.steps.iter().filter(|step| open(&step.id)).map(|step| step.id.clone()).collect()
}

impl<P: Performer + 'static> Engine<P> {
    /// Has these probes look together, each once. What they find goes on record and decides nothing.
    pub(super) async fn look_steady(&mut self, when: SteadyWhen, steps: Vec<StepId>) -> Result<(), RecordError> {
        // What earlier looks have seen of others may not be so any more.
        self.performer.look_anew();
        let plan = Rc::clone(&self.plan);
        let of_checklist = |id: &StepId| plan.step(id).is_some_and(|step| step.phase == Phase::Checklist);
        let mut known = self.ended.borrow().clone();
        known.retain(|id, _| of_checklist(id));
        let ended = Rc::new(RefCell::new(known));
        let (line, mut said) = mpsc::unbounded_channel();
        let mut looks = JoinSet::new();
        for id in steps {
            let condition = self.performer.condition(&id, &ended.borrow());
            match condition {
                Ok(None) => {}
                Ok(Some(reason)) => {
                    self.found(when, id, Judged { reason: Some(reason), ..Judged::of(Outcome::Skipped) }).await?;
                    continue;
                }
                Err(failure) => {
                    self.found(when, id, Judged::failed(failure)).await?;
                    continue;
                }
            }
            let retry = plan.step(&id).map(|step| step.retry).filter(|_| when == SteadyWhen::After);
            let (performer, ended, line) = (Rc::clone(&self.performer), Rc::clone(&ended), line.clone());
            let cancel = self.cancelled.clone();
            let text = format!("looks at the steady state: {}", self.performer.title(&id));
            self.recorder.progress(Progress::Message { step: id.clone(), text });
            looks.spawn_local(async move {
                let task = |attempt| Task {
                    step: id.clone(),
                    attempt,
                    ended: Rc::clone(&ended),
                    earlier: Vec::new(),
                    undone: Vec::new(),
                    forward_until: None,
                    line: line.clone(),
                    cancel: cancel.clone(),
                };
                let judged = look(&*performer, task, retry.unwrap_or_default(), cancel.clone()).await;
                (id, judged)
            });
        }
        while !looks.is_empty() {
            tokio::select! {
                biased;
                Some((_, message)) = said.recv() => self.take_word(message).await?,
                Some(looked) = looks.join_next() => match looked {
                    Ok((id, Ok(judged))) => self.found(when, id, judged).await?,
                    // It was stopped, and is looked at again when the run goes on; or a panic, which is a bug of ours.
                    Ok((id, Err(_))) => {
                        if !self.recorder.state().interrupted {
                            let failure = Failure::new(FailureKind::Lost, "it could not be looked at");
                            self.found(when, id, Judged::failed(failure)).await?;
                        }
                    }
                    Err(_) => {
                        let why = Some("a step panicked".to_owned());
                        self.ending.get_or_insert((SessionEnd::UnknownEffect, None, why));
                    }
                },
                happening = self.next() => self.take_in(happening).await?,
            }
        }
        self.performer.look_anew();
        Ok(())
    }

    /// News of a probe; it has nothing else to tell that goes on record.
    async fn take_word(&mut self, message: AttemptMessage) -> Result<(), RecordError> {
        if let AttemptMessage::Progress(progress) = message {
            self.recorder.tell_posted().await?;
            self.recorder.progress(progress);
        }
        Ok(())
    }

    async fn found(&mut self, when: SteadyWhen, step: StepId, judged: Judged) -> Result<(), RecordError> {
        let Judged { outcome, failure, reason, outputs, artifacts, requests, shared: _, stays: _ } = judged;
        let outcome = if outcome.satisfies() { outcome } else { failed_outcome(Actor::Read, failure.as_ref()) };
        if failure.as_ref().is_some_and(|it| it.kind == FailureKind::Cancelled) && self.recorder.state().interrupted {
            return Ok(());
        }
        let outputs = if outcome.satisfies() { outputs } else { Map::new() };
        self.recorder
            .record(EventKind::SteadyState { when, step, outcome, failure, reason, outputs, artifacts, requests })
            .await
    }
}

/// One probe's look; after a way back it is repeated as the step says, for what was put back may take its time.
async fn look<P: Performer>(
    performer: &P,
    task: impl Fn(u32) -> Task,
    retry: Retry,
    mut cancel: Cancel,
) -> Result<Judged, StepStop> {
    let mut attempt = 1;
    loop {
        let judged = performer.attempt(task(attempt)).await?;
        let again = retry.delay_after(attempt).filter(|_| !judged.outcome.satisfies() && !cancel.is_leaving());
        let Some(delay) = again else { return Ok(judged) };
        tokio::select! {
            () = cancel.leaving() => return Ok(judged),
            () = tokio::time::sleep(delay) => attempt += 1,
        }
    }
}
