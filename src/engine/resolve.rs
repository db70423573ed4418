//! What follows when an attempt did not end well, or did not end at all: the table of this room's documentation, row by row.

use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::engine::attempt::Judged;
use crate::engine::performer::Performer;
use crate::engine::questions;
use crate::engine::recorder::RecordError;
use crate::engine::run::Engine;
use crate::event::{
    AfterStep, Choice, DeviationKind, EffectResult, EffectState, EventKind, Failure, FailureKind, Outcome, StepState,
    StepStatus,
};
use crate::id::{Phase, StepId};
use crate::plan::{Actor, PlannedStep, undo_order};
use crate::step::{OnFailure, OnUnknown, Operator, Probed};

impl<P: Performer + 'static> Engine<P> {
    /// The client token of an effect: the same for the same effect of an attempt that was cut off or is not settled, a new
    /// one for a new try, and for another call in its place: services refuse a token that they have seen with another.
    pub(super) fn token(&self, step: &StepId, state: &StepState, n: u32, call: &str) -> String {
        let last = state.effects.iter().rev().find(|effect| effect.n == n).filter(|effect| effect.call == call);
        if let Some(EffectState { token: Some(token), result, attempt, .. }) = last {
            let open = matches!(result, None | Some(EffectResult::Unknown));
            let cut_off = state.was_cut_off(*attempt) && *result == Some(EffectResult::Done);
            if open || cut_off {
                return token.clone();
            }
        }
        let text = format!("{}\n{step}\n{}\n{n}", self.seed, state.attempt);
        format!("cr-{}", &hex::encode(Sha256::digest(text.as_bytes()))[..32])
    }

    /// A step that was under way when a session died, or whose effect may have happened.
    pub(super) async fn resolve(&mut self, id: &StepId, operator: &mut impl Operator) -> Result<(), RecordError> {
        let plan = Rc::clone(&self.plan);
        let Some(step) = plan.step(id) else { return Ok(()) };
        let state = self.recorder.state().step(id).clone();
        let touched: Vec<EffectState> =
            state.last_effects().filter(|effect| effect.result != Some(EffectResult::Refused)).cloned().collect();
        if touched.is_empty() {
            return self.start_attempt(id, operator).await;
        }
        let lost = state
            .failure
            .as_ref()
            .map_or_else(|| "checkride was ended while it was under way".to_owned(), |failure| failure.message.clone());
        let effect = touched.last().expect("it is not empty");
        let performer = Rc::clone(&self.performer);
        // What the run's own files say is no guess: whatever the step allows, a command that still runs is not begun again.
        let recalled = match effect.result {
            None | Some(EffectResult::UnderWay | EffectResult::Done) => {
                performer.recall(self.task(id, state.attempt), effect)
            }
            // They have said so already.
            Some(EffectResult::Unknown | EffectResult::Refused) => Probed::CannotTell { why: lost.clone() },
        };
        let found = match recalled {
            Probed::NotDone => {
                self.settle_all(id, &touched, EffectResult::Refused, "it was never started").await?;
                return self.start_attempt(id, operator).await;
            }
            Probed::CannotTell { why } => match step.on_unknown {
                // It may be run again, and was, as often as the step says: whoever looks now must be a person.
                Some(OnUnknown::RunAgain) if self.used_up.contains(id) => Probed::CannotTell { why },
                Some(OnUnknown::RunAgain) => {
                    let detail = "run again with the same token, as the step allows";
                    self.settle_all(id, &touched, EffectResult::Unknown, detail).await?;
                    return self.start(vec![id.clone()], operator).await;
                }
                Some(OnUnknown::Ask) => Probed::CannotTell { why },
                Some(OnUnknown::Probe) | None => match performer.probe(self.task(id, state.attempt), effect).await {
                    Probed::CannotTell { why: and } => Probed::CannotTell { why: format!("{why}; {and}") },
                    // It is under way to the rest of the step, which finds it and goes on from there.
                    Probed::UnderWay => {
                        self.settle_all(id, &touched, EffectResult::Done, "still under way; it is waited for").await?;
                        return self.start_attempt(id, operator).await;
                    }
                    found => found,
                },
            },
            found => found,
        };
        match found {
            Probed::Ended { result, detail, ran } => {
                let detail = format!("{detail}; found on resume");
                let judged = performer.judge_probe(id, state.attempt, *ran, &self.ended.borrow());
                self.settle_all(id, &touched, result, &detail).await?;
                self.conclude(step, state.attempt, judged).await
            }
            Probed::Done(ran) => {
                self.settle_all(id, &touched, EffectResult::Done, "found done by a probe").await?;
                let mut judged = performer.judge_probe(id, state.attempt, *ran, &self.ended.borrow());
                judged.reason.get_or_insert_with(|| "found done by a probe".to_owned());
                self.conclude(step, state.attempt, judged).await
            }
            Probed::Happened(ran) => {
                self.settle_all(id, &touched, EffectResult::Done, "found done by a probe").await?;
                let reason = Some("found done by a probe".to_owned());
                let judged = Judged { reason, artifacts: ran.artifacts, ..Judged::of(Outcome::Passed) };
                self.conclude(step, state.attempt, judged).await
            }
            Probed::UnderWay => {
                self.settle_all(id, &touched, EffectResult::UnderWay, "still under way; it is waited for").await?;
                self.start_attempt(id, operator).await
            }
            Probed::NotDone => {
                self.settle_all(id, &touched, EffectResult::Refused, "found not done by a probe").await?;
                self.start_attempt(id, operator).await
            }
            Probed::CannotTell { why } => {
                let why = if why.starts_with(&lost) { why } else { format!("{lost}; {why}") };
                self.ask_unknown(step, &touched, &why, operator).await
            }
        }
    }

    /// Settles a step that was under way when the run turned back: it is looked at, and not tried again. What cannot be told
    /// may have happened, and is undone as if it had.
    pub(super) async fn settle(&mut self, id: &StepId, operator: &mut impl Operator) -> Result<(), RecordError> {
        let plan = Rc::clone(&self.plan);
        let Some(step) = plan.step(id) else { return Ok(()) };
        let state = self.recorder.state().step(id).clone();
        let touched: Vec<EffectState> =
            state.last_effects().filter(|effect| effect.result != Some(EffectResult::Refused)).cloned().collect();
        let settled = state.unsettled().next().is_none();
        if state.status == StepStatus::AttemptFailed && settled {
            let outcome = failed_outcome(step.actor, state.failure.as_ref());
            let StepState { failure, artifacts, requests, .. } = state;
            let judged = Judged { failure, artifacts, requests, ..Judged::of(outcome) };
            return self.finish_step(id.clone(), judged, AfterStep::Continue).await;
        }
        let Some(effect) = touched.last() else { return self.did_not_happen(id).await };
        let performer = Rc::clone(&self.performer);
        let recalled = match effect.result {
            None | Some(EffectResult::UnderWay | EffectResult::Done) => {
                performer.recall(self.task(id, state.attempt), effect)
            }
            Some(EffectResult::Unknown | EffectResult::Refused) => Probed::CannotTell { why: String::new() },
        };
        let found = match recalled {
            Probed::CannotTell { .. } => performer.probe(self.task(id, state.attempt), effect).await,
            found => found,
        };
        let (result, detail, ran) = match found {
            Probed::Ended { result, detail, ran } => (result, format!("{detail}; found by the rollback"), ran),
            Probed::Done(ran) | Probed::Happened(ran) => {
                (EffectResult::Done, "found done by the rollback".to_owned(), ran)
            }
            Probed::UnderWay if self.is_taken_over(id) => {
                let why = "still under way; its undo takes it up";
                self.settle_all(id, &touched, EffectResult::Unknown, why).await?;
                let judged =
                    Judged { failure: Some(Failure::new(FailureKind::Lost, why)), ..Judged::of(Outcome::Unknown) };
                return self.finish_step(id.clone(), judged, AfterStep::Continue).await;
            }
            Probed::UnderWay if self.is_removed(id) => {
                let why = "still under way; it is removed as it stands";
                self.settle_all(id, &touched, EffectResult::Done, why).await?;
                let failure = state.failure.clone().unwrap_or_else(|| Failure::new(FailureKind::Cancelled, why));
                let judged = Judged { failure: Some(failure), ..Judged::of(Outcome::Failed) };
                return self.finish_step(id.clone(), judged, AfterStep::Continue).await;
            }
            Probed::UnderWay => {
                self.settle_all(id, &touched, EffectResult::UnderWay, "still under way; it is waited for").await?;
                return self.start_attempt(id, operator).await;
            }
            Probed::NotDone => {
                self.settle_all(id, &touched, EffectResult::Refused, "found not done by the rollback").await?;
                return self.did_not_happen(id).await;
            }
            Probed::CannotTell { why } => {
                self.settle_all(id, &touched, EffectResult::Unknown, &why).await?;
                let failure = Failure::new(FailureKind::Lost, format!("it may have happened: {why}"));
                let judged = Judged { failure: Some(failure), ..Judged::of(Outcome::Unknown) };
                return self.finish_step(id.clone(), judged, AfterStep::Continue).await;
            }
        };
        let judged = performer.judge_probe(id, state.attempt, *ran, &self.ended.borrow());
        self.settle_all(id, &touched, result, &detail).await?;
        self.finish_step(id.clone(), judged, AfterStep::Continue).await
    }

    /// Whether an undo step of this rollback ends what is under way itself.
    fn is_taken_over(&self, id: &StepId) -> bool {
        self.is_undone(id, |undo| self.performer.takes_over(undo))
    }

    /// Whether an undo step of this rollback removes what is under way as it stands.
    fn is_removed(&self, id: &StepId) -> bool {
        self.is_undone(id, |undo| self.performer.removes(undo, id))
    }

    fn is_undone(&self, id: &StepId, by: impl Fn(&StepId) -> bool) -> bool {
        let undoes = |step: &&StepId| self.plan.step(step).is_some_and(|step| step.undoes.contains(id));
        let stands = |undo: &StepId| self.plan.step(undo).is_some_and(|step| step.left_out.is_none());
        self.recorder.state().rollback.iter().filter(undoes).any(|undo| by(undo) && stands(undo))
    }

    async fn did_not_happen(&mut self, id: &StepId) -> Result<(), RecordError> {
        let reason = "it was under way when the run turned back, and changed nothing".to_owned();
        self.leave_out(id.clone(), Some(reason)).await
    }

    /// Settles every effect that is open.
    async fn settle_all(
        &mut self,
        id: &StepId,
        effects: &[EffectState],
        result: EffectResult,
        detail: &str,
    ) -> Result<(), RecordError> {
        for effect in effects.iter().filter(|effect| effect.result != Some(EffectResult::Done)) {
            self.recorder
                .record(EventKind::EffectSettled {
                    step: id.clone(),
                    attempt: effect.attempt,
                    n: effect.n,
                    result,
                    request_id: None,
                    detail: Some(detail.to_owned()),
                })
                .await?;
        }
        Ok(())
    }

    /// A person settles it. Their word is a deviation, with its reason.
    async fn ask_unknown(
        &mut self,
        step: &PlannedStep,
        effects: &[EffectState],
        why: &str,
        operator: &mut impl Operator,
    ) -> Result<(), RecordError> {
        let title = self.performer.title(&step.id);
        let question = questions::settle_unknown(&step.id, step.phase, &title, effects, why);
        let Some(answer) = self.decide(question, operator).await? else { return Ok(()) };
        let reason = answer.reason.unwrap_or_default();
        let happened = answer.choice == Choice::Happened;
        if !happened && answer.choice != Choice::DidNotHappen {
            // Aborted: the effect stays unknown, and is named as such.
            let failure = Failure::new(FailureKind::Lost, why);
            let judged = Judged { failure: Some(failure), ..Judged::of(Outcome::Unknown) };
            return self.finish_step(step.id.clone(), judged, AfterStep::Stop).await;
        }
        let result = if happened { EffectResult::Done } else { EffectResult::Refused };
        self.recorder
            .record(EventKind::Deviation {
                what: DeviationKind::SettledByPerson,
                step: Some(step.id.clone()),
                reason: reason.clone(),
            })
            .await?;
        self.settle_all(&step.id, effects, result, &format!("settled by {}: {reason}", answer.by)).await?;
        if happened {
            let judged =
                Judged { reason: Some(format!("settled by {}: {reason}", answer.by)), ..Judged::of(Outcome::Warned) };
            self.finish_step(step.id.clone(), judged, AfterStep::Continue).await
        } else {
            self.start_attempt(&step.id, operator).await
        }
    }

    /// Ends a step by what a probe found; a failure goes to the failure policy as any other.
    async fn conclude(&mut self, step: &PlannedStep, attempt: u32, judged: Judged) -> Result<(), RecordError> {
        match judged.failure {
            Some(failure) if !judged.outcome.satisfies() => {
                let (step, artifacts, requests) = (step.id.clone(), judged.artifacts, judged.requests);
                let failed =
                    EventKind::AttemptFailed { step, attempt, failure, retry_in_ms: None, artifacts, requests };
                self.recorder.record(failed).await
            }
            Some(_) | None => self.finish_step(step.id.clone(), judged, AfterStep::Continue).await,
        }
    }

    /// The failure policy of a step whose attempts are used up.
    pub(super) async fn after_failure(&mut self, id: &StepId, operator: &mut impl Operator) -> Result<(), RecordError> {
        let plan = Rc::clone(&self.plan);
        let Some(step) = plan.step(id) else { return Ok(()) };
        let state = self.recorder.state().step(id).clone();
        let expired = state.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Expired);
        if expired && operator.can_answer(&questions::log_in(id, None)) {
            if self.log_in(id, operator).await? {
                return self.start_attempt(id, operator).await;
            }
            if self.ending.is_some() || self.recorder.state().aborted {
                return Ok(());
            }
        }
        let undo = step.phase != Phase::Rollback && !undo_order(&plan, self.recorder.state()).is_empty();
        let mut question = questions::after_failure(step, &self.performer.title(id), state.failure.as_ref(), undo);
        // On the way back nobody has the page at hand: what the author says of the undo stands where it is decided on.
        question.guide = self.performer.guide(id).filter(|_| step.phase == Phase::Rollback);
        let policy = match (step.on_failure, step.phase) {
            (Some(policy), _) => policy,
            (None, Phase::Verify) => OnFailure::Continue,
            // What a drill reads back is what it verifies: all of it is looked at.
            (None, Phase::Drill) if step.actor == Actor::Read => OnFailure::Continue,
            (None, Phase::Checklist | Phase::Deploy | Phase::Drill | Phase::Rollback) => {
                if operator.can_answer(&question) { OnFailure::Ask } else { OnFailure::Stop }
            }
        };
        let then = match policy {
            OnFailure::Continue => AfterStep::Continue,
            OnFailure::Stop => AfterStep::Stop,
            OnFailure::Rollback => AfterStep::RollBack,
            OnFailure::Ask => {
                let Some(answer) = self.decide(question, operator).await? else { return Ok(()) };
                if answer.choice == Choice::Retry {
                    return self.start_attempt(id, operator).await;
                }
                if answer.choice == Choice::Skip {
                    return self.skip(id.clone(), answer.reason.unwrap_or_default()).await;
                }
                if answer.choice == Choice::RollBack { AfterStep::RollBack } else { AfterStep::Stop }
            }
        };
        let outcome = failed_outcome(step.actor, state.failure.as_ref());
        let StepState { failure, artifacts, requests, .. } = state;
        let judged = Judged { failure, artifacts, requests, ..Judged::of(outcome) };
        self.finish_step(id.clone(), judged, then).await
    }
}

/// How a step ends whose attempts failed: a read that was not decided is unknown, a person's no is declined.
pub(super) fn failed_outcome(actor: Actor, failure: Option<&Failure>) -> Outcome {
    match failure.map(|failure| &failure.kind) {
        Some(FailureKind::Declined) => Outcome::Declined,
        Some(kind) if actor == Actor::Read && !kind.decides_a_read() => Outcome::Unknown,
        Some(_) | None => Outcome::Failed,
    }
}
