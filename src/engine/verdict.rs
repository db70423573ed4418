//! How a run ended.

use crate::event::{Direction, Outcome, RunState, SteadyChange, Verdict};
use crate::id::{Phase, StepId};
use crate::plan::{Actor, Plan, PlannedStep, WhyItStays, way_back};

/// The verdict over a run's state. When several hold, the order is that of DESIGN 4: stuck, failed step, failed
/// verification, unknown verification, declined.
pub fn verdict(plan: &Plan, state: &RunState) -> Verdict {
    if state.back.as_ref().is_some_and(|back| back.begun) {
        return verdict_of_rollback(plan, state);
    }
    let ended = |wanted: Outcome| plan.steps.iter().filter(move |step| state.step(&step.id).outcome() == Some(wanted));
    let unknown_write = ended(Outcome::Unknown).any(|step| step.actor == Actor::Write);
    if state.direction == Direction::Stuck || unknown_write {
        return Verdict::Stuck;
    }
    // What ended it is the news; that steps failed or were left because of it is not.
    if state.drill.stopped.is_some() {
        return Verdict::DrillStopped;
    }
    let counts = |step: &&PlannedStep| step.excuse.is_none();
    // What a drill reads back is what it verifies.
    let verifies =
        |step: &PlannedStep| step.phase == Phase::Verify || (step.phase == Phase::Drill && step.actor == Actor::Read);
    if ended(Outcome::Failed).filter(counts).any(|step| !verifies(step)) {
        return Verdict::StepFailed;
    }
    let missed = state.drill.measured.iter().any(|measured| measured.met() == Some(false));
    if ended(Outcome::Failed).any(|step| counts(&step)) || missed || steady(state, SteadyChange::Worse) {
        return Verdict::VerificationFailed;
    }
    if ended(Outcome::Unknown).next().is_some() || steady(state, SteadyChange::Undecided) {
        return Verdict::VerificationUnknown;
    }
    if state.aborted || state.stopped || ended(Outcome::Declined).next().is_some() {
        return Verdict::Declined;
    }
    let done = [Outcome::Passed, Outcome::Warned, Outcome::Failed].into_iter().any(|it| ended(it).next().is_some());
    if done { Verdict::Passed } else { Verdict::NothingDone }
}

/// The verdict over a rollback that was asked for by itself: how the run had ended before does not count, nor does an effect
/// of it that may have happened and was undone as if it had. One that was not undone needs a person still.
fn verdict_of_rollback(plan: &Plan, state: &RunState) -> Verdict {
    let to = state.back.as_ref().and_then(|back| back.way.to.as_ref());
    let unknown = way_back(plan, state, to).stays.into_iter().any(|stays| {
        !matches!(stays.why, WhyItStays::Undone(_)) && state.step(&stays.step).outcome() == Some(Outcome::Unknown)
    });
    if unknown {
        return Verdict::Stuck;
    }
    let mut outcomes = state.rollback.iter().map(|undo| state.step(undo).outcome());
    if state.direction == Direction::Stuck || outcomes.clone().any(|it| it.is_some_and(|outcome| !outcome.satisfies()))
    {
        return Verdict::Stuck;
    }
    if outcomes.clone().any(|outcome| outcome.is_none()) {
        return Verdict::Declined;
    }
    // That what was cut off never happened is found by the rollback, too: then there is nothing to undo, and all is as it was.
    let happened = |undo: &StepId| {
        let targets = plan.step(undo).map(|step| step.undoes.as_slice()).unwrap_or_default();
        targets.is_empty() || targets.iter().any(|target| state.step(target).may_have_run())
    };
    let is_back = outcomes.any(|outcome| outcome != Some(Outcome::Skipped)) || !state.rollback.iter().any(happened);
    if !is_back {
        return Verdict::NothingDone;
    }
    // All is undone. Whether that has helped, the probes of the steady state say: one that is worse than before the run is a
    // verification that failed, one that nobody can compare is unknown.
    if steady(state, SteadyChange::Worse) {
        Verdict::VerificationFailed
    } else if steady(state, SteadyChange::Undecided) {
        Verdict::VerificationUnknown
    } else {
        Verdict::RolledBack
    }
}

/// Whether a probe of the steady state compares so.
fn steady(state: &RunState, wanted: SteadyChange) -> bool {
    state.steady.values().any(|steady| steady.change() == Some(wanted))
}
