//! Where a step, an effect and a phase stand: what the events of a run fold to.

use serde_json::{Map, Value};

use crate::event::{ArtifactRef, Captured, EffectResult, Failure, Outcome};

/// Where a step stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum StepStatus {
    /// Not begun.
    #[default]
    Pending,
    /// An attempt is under way.
    Running,
    /// An attempt is under way behind the steps that follow it: nobody waits for it.
    Behind,
    /// The last attempt failed; what follows is not decided.
    AttemptFailed,
    /// An attempt was under way when a session died.
    Interrupted,
    /// It ended.
    Finished(Outcome),
}

/// Where an effect stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EffectState {
    /// From 1 within its attempt.
    pub n: u32,
    /// The attempt.
    pub attempt: u32,
    /// The call.
    pub call: String,
    /// The client token.
    pub token: Option<String>,
    /// What it works on.
    pub target: String,
    /// What became of it; none while it is not known.
    pub result: Option<EffectResult>,
    /// What was worth knowing.
    pub detail: Option<String>,
    /// The later attempt that waited for it, when it was found under way on resume.
    pub waited_in: Option<u32>,
}

/// One step's state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepState {
    /// Where it stands.
    pub status: StepStatus,
    /// The last attempt begun; 0 for none.
    pub attempt: u32,
    /// The last attempt that a session's death cut off.
    pub cut_off: Option<u32>,
    /// The first of the attempts in a row that were cut off, up to that one: each but the first went on with what the one
    /// before it had begun.
    pub cut_off_since: Option<u32>,
    /// Every effect of every attempt, in order.
    pub effects: Vec<EffectState>,
    /// Its outputs, once it ended.
    pub outputs: Map<String, Value>,
    /// Its last failure.
    pub failure: Option<Failure>,
    /// The files of the attempt that failed so.
    pub artifacts: Vec<ArtifactRef>,
    /// The ids under which AWS has recorded the calls of that attempt that changed nothing.
    pub requests: Vec<String>,
    /// Why it was left out.
    pub reason: Option<String>,
    /// An undo step: what still stands although it went well.
    pub stays: Vec<String>,
    /// What was there before it changed anything.
    pub captured: Option<Captured>,
    /// The session in which the operator approved it.
    pub approved_in: Option<u32>,
    /// The operator asked for another attempt.
    pub retry: bool,
    /// The operator's word after a failure, if it was to roll back.
    pub roll_back: bool,
}

impl StepState {
    /// Whether it changed something, or may have: an effect that was not refused.
    pub fn may_have_run(&self) -> bool {
        self.effects.iter().any(|effect| effect.result != Some(EffectResult::Refused))
    }

    /// The effects of the last attempt that may have happened and that nobody has settled. Those of earlier attempts were
    /// settled before the last one began, or the step is declared safe to run again.
    pub fn unsettled(&self) -> impl Iterator<Item = &EffectState> {
        self.last_effects().filter(|effect| match effect.result {
            None | Some(EffectResult::Unknown | EffectResult::UnderWay) => true,
            Some(EffectResult::Done | EffectResult::Refused) => false,
        })
    }

    /// The effects of the last attempt: those that it began, and one that an earlier attempt began and that is waited for.
    pub fn last_effects(&self) -> impl Iterator<Item = &EffectState> {
        self.effects.iter().filter(|effect| {
            let waited = effect.waited_in == Some(self.attempt) || effect.result == Some(EffectResult::UnderWay);
            effect.attempt == self.attempt || waited
        })
    }

    /// Whether an attempt was cut off, and every one after it that was begun before the last one that was.
    pub fn was_cut_off(&self, attempt: u32) -> bool {
        self.cut_off_since.is_some_and(|first| first <= attempt) && self.cut_off.is_some_and(|last| attempt <= last)
    }

    /// How it ended, if it did.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.status {
            StepStatus::Finished(outcome) => Some(outcome),
            StepStatus::Pending
            | StepStatus::Running
            | StepStatus::Behind
            | StepStatus::AttemptFailed
            | StepStatus::Interrupted => None,
        }
    }
}

/// One phase's state.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, not a state among others")]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PhaseState {
    /// It began.
    pub started: bool,
    /// The session in which its writes were approved.
    pub approved_in: Option<u32>,
    /// A do-confirm phase: the operator has read the list.
    pub ready: bool,
    /// A do-confirm phase: the operator called it complete.
    pub complete: bool,
    /// It ended.
    pub finished: bool,
}
