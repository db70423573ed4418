//! What of a run still stands when its rollback is over, or stuck.

use std::rc::Rc;

use crate::engine::performer::Performer;
use crate::engine::recorder::RecordError;
use crate::engine::run::Engine;
use crate::event::{Direction, EffectResult, EventKind, LeftOver, Outcome};
use crate::id::{Phase, StepId};
use crate::plan::{Plan, PlannedStep};
use crate::step::Effect;

impl<P: Performer + 'static> Engine<P> {
    /// Puts on record what the rollback left, if there was one.
    pub(super) async fn record_residue(&mut self) -> Result<(), RecordError> {
        if !matches!(self.recorder.state().direction, Direction::Unwinding | Direction::Stuck) {
            return Ok(());
        }
        let plan = Rc::clone(&self.plan);
        let forward = plan.steps.iter().filter(|step| step.phase != Phase::Rollback && step.effect.changes_target());
        // In the order in which it would be undone.
        let mut left: Vec<_> = forward.filter_map(|step| self.left_over(&plan, step)).collect();
        left.reverse();
        self.recorder.record(EventKind::ResidualState { left }).await
    }

    fn left_over(&self, plan: &Plan, step: &PlannedStep) -> Option<LeftOver> {
        let state = self.recorder.state();
        let stands = state.step(&step.id);
        if !stands.may_have_run() {
            return None;
        }
        let undoers: Vec<&PlannedStep> =
            plan.of_phase(Phase::Rollback).filter(|undo| undo.undoes.contains(&step.id)).collect();
        let outcome = |undo: &PlannedStep| state.step(&undo.id).outcome();
        if undoers.iter().any(|undo| matches!(outcome(undo), Some(Outcome::Passed | Outcome::Warned))) {
            return None;
        }
        let undo = undoers.first().copied();
        let why = match undo {
            None if step.effect == Effect::Irreversible => "there is no way back from it, says the runbook".to_owned(),
            None => "the runbook has no undo step for it".to_owned(),
            Some(undo) => self.why_not(&undo.id),
        };
        let effects = stands.effects.iter().filter(|effect| effect.result != Some(EffectResult::Refused));
        let by_hand = undo.map(|undo| self.performer.describe(&undo.id, &self.ended.borrow())).unwrap_or_default();
        Some(LeftOver {
            step: step.id.clone(),
            effects: effects.map(|effect| format!("{} on {}", effect.call, effect.target)).collect(),
            why,
            undo: undo.map(|undo| undo.id.clone()),
            by_hand,
        })
    }

    /// Why an undo step did not put back what it should have.
    fn why_not(&self, undo: &StepId) -> String {
        let stands = self.recorder.state().step(undo);
        let because = stands.reason.clone().or_else(|| Some(stands.failure.as_ref()?.message.clone()));
        let because = because.map(|because| format!(": {because}")).unwrap_or_default();
        match stands.outcome() {
            Some(outcome) => format!("its undo `{undo}` {}{because}", ended_as(outcome)),
            None => format!("its undo `{undo}` did not run"),
        }
    }
}

fn ended_as(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed | Outcome::Warned => "passed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "was left out",
        Outcome::Declined => "was declined",
        Outcome::Unknown => "is unknown",
    }
}
