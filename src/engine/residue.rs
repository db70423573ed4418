//! What of a run still stands when its rollback is over, or stuck.

use std::cmp::Reverse;

use crate::engine::performer::Performer;
use crate::engine::recorder::RecordError;
use crate::engine::run::Engine;
use crate::event::{Direction, EffectResult, EventKind, LeftOver, Outcome};
use crate::id::StepId;
use crate::plan::{Stays, WayBackPlan, WhyItStays, way_back};

impl<P: Performer + 'static> Engine<P> {
    /// Puts on record what the rollback left, if there was one.
    pub(super) async fn record_residue(&mut self) -> Result<(), RecordError> {
        let state = self.recorder.state();
        if !matches!(state.direction, Direction::Unwinding | Direction::Stuck) {
            return Ok(());
        }
        let to = state.back.as_ref().and_then(|back| back.way.to.clone());
        let WayBackPlan { undo, stays, .. } = way_back(&self.plan, state, to.as_ref());
        let (undone, stays): (Vec<_>, Vec<_>) =
            stays.into_iter().partition(|stays| matches!(stays.why, WhyItStays::Undone(_)));
        let mut left: Vec<LeftOver> = stays.iter().map(|stays| self.stays(stays)).collect();
        for (undo, step) in undo.iter().flat_map(|undo| undo.undoes.iter().map(move |step| (&undo.step, step))) {
            let known = undone.iter().any(|it| it.step == *step) || left.iter().any(|it| it.step == *step);
            if !known && self.plan.step(step).is_some_and(|step| step.effect.changes_target()) {
                left.push(self.left_over(step, Some(undo), self.why_not(undo)));
            }
        }
        left.extend(undone.iter().filter_map(|undone| self.left_by_undo(undone)));
        // In the order in which it would be undone.
        let positions = self.plan.positions();
        left.sort_by_key(|left| Reverse(positions.get(&left.step).copied()));
        self.recorder.record(EventKind::ResidualState { left }).await
    }

    fn stays(&self, stays: &Stays) -> LeftOver {
        let undo = match &stays.why {
            WhyItStays::LeftOut(undo, _) => Some(undo),
            WhyItStays::Irreversible(_) | WhyItStays::NoUndo | WhyItStays::Kept | WhyItStays::Undone(_) => None,
        };
        self.left_over(&stays.step, undo, stays.why.to_string())
    }

    /// What the undo of a step left, although it went well. Its calls are undone, and to undo them once more changes nothing.
    fn left_by_undo(&self, undone: &Stays) -> Option<LeftOver> {
        let WhyItStays::Undone(undo) = &undone.why else { return None };
        let stays = self.recorder.state().step(undo).stays.clone();
        let why = format!("its undo `{undo}` went well, and leaves this");
        let (step, undo) = (undone.step.clone(), Some(undo.clone()));
        (!stays.is_empty()).then(|| LeftOver { step, effects: Vec::new(), stays, why, undo, by_hand: Vec::new() })
    }

    fn left_over(&self, step: &StepId, undo: Option<&StepId>, why: String) -> LeftOver {
        let stands = self.recorder.state().step(step);
        let effects = stands.effects.iter().filter(|effect| effect.result != Some(EffectResult::Refused));
        let unknown = stands.outcome() == Some(Outcome::Unknown);
        LeftOver {
            step: step.clone(),
            effects: effects.map(|effect| format!("{} on {}", effect.call, effect.target)).collect(),
            stays: Vec::new(),
            why: if unknown { format!("it may have happened; {why}") } else { why },
            undo: undo.cloned(),
            by_hand: undo.map(|undo| self.by_hand(undo)).unwrap_or_default(),
        }
    }

    /// What a person calls in place of an undo step.
    fn by_hand(&self, undo: &StepId) -> Vec<String> {
        self.performer.describe(undo, &self.ended.borrow(), &self.undone(undo))
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
