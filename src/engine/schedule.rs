//! What to do next. Pure: the same plan and state give the same decision, live and on recovery.

use crate::event::{Direction, Outcome, RunState, StepStatus};
use crate::id::{Phase, StepId};
use crate::plan::{Actor, Plan, PlannedStep};
use crate::step::{Confirmation, Effect};

/// What the engine does next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Begin a phase.
    EnterPhase(Phase),
    /// Show the list of a do-confirm phase, and wait until the person did it.
    ReadyPhase(Phase),
    /// Have the writes of a phase approved.
    ApprovePhase(Phase),
    /// Have one write approved.
    ApproveStep(StepId),
    /// Start attempts at these steps.
    Start(Vec<StepId>),
    /// End a step without running it, for this reason.
    LeaveOut(StepId, String),
    /// Settle what was under way when a session died, or an effect that may have happened.
    Resolve(StepId),
    /// Apply the failure policy.
    AfterFailure(StepId),
    /// Have a do-confirm phase called complete.
    CompletePhase(Phase),
    /// End a phase.
    LeavePhase(Phase),
    /// Begin the rollback.
    BeginRollback(StepId),
    /// Wait for what runs.
    Wait,
    /// Suspend the session: it was interrupted, and nothing runs.
    Suspend,
    /// The run is over.
    Finish,
}

/// Decides.
pub fn next(plan: &Plan, state: &RunState) -> Decision {
    if state.question.is_some() {
        return Decision::Wait;
    }
    let running = state.steps.values().any(|step| step.status == StepStatus::Running);
    if state.interrupted {
        return if running { Decision::Wait } else { Decision::Suspend };
    }
    if state.aborted {
        return if running { Decision::Wait } else { Decision::Finish };
    }
    if let Some(decision) = loose_ends(plan, state, running) {
        return decision;
    }
    match state.direction {
        Direction::Forward => forward(plan, state, running),
        Direction::Stopping | Direction::Unwinding | Direction::Stuck if running => Decision::Wait,
        Direction::Stopping => match &state.rollback_wanted {
            Some(step) => Decision::BeginRollback(step.clone()),
            None => Decision::Finish,
        },
        Direction::Unwinding => unwind(plan, state),
        Direction::Stuck => Decision::Finish,
    }
}

/// Steps that were begun and have not ended, in file order: they come before anything new.
fn loose_ends(plan: &Plan, state: &RunState, running: bool) -> Option<Decision> {
    let loose = |status| matches!(status, StepStatus::Interrupted | StepStatus::AttemptFailed);
    if !state.steps.values().any(|stands| loose(stands.status)) {
        return None;
    }
    // Reads that a session's death cut off go on while a person is asked about their neighbour, as they did before.
    let cut_off = |step: &&PlannedStep| step.actor == Actor::Read && state.status(&step.id) == StepStatus::Interrupted;
    if let Some(read) = plan.steps.iter().find(cut_off) {
        return Some(Decision::Resolve(read.id.clone()));
    }
    for step in &plan.steps {
        let Some(stands) = state.steps.get(&step.id) else { continue };
        let decision = match stands.status {
            StepStatus::Interrupted => Decision::Resolve(step.id.clone()),
            StepStatus::AttemptFailed if stands.unsettled().next().is_some() => Decision::Resolve(step.id.clone()),
            StepStatus::AttemptFailed if stands.retry => Decision::Start(vec![step.id.clone()]),
            StepStatus::AttemptFailed => Decision::AfterFailure(step.id.clone()),
            StepStatus::Pending | StepStatus::Running | StepStatus::Finished(_) => continue,
        };
        // A question, or a repeated write, waits until its neighbours are done.
        return Some(if running && step.actor != Actor::Read { Decision::Wait } else { decision });
    }
    None
}

fn forward(plan: &Plan, state: &RunState, running: bool) -> Decision {
    for phase in &plan.phases {
        let stands = state.phase(*phase);
        if stands.finished {
            continue;
        }
        if !stands.started {
            return Decision::EnterPhase(*phase);
        }
        let open: Vec<&PlannedStep> =
            plan.of_phase(*phase).filter(|step| state.step(&step.id).outcome().is_none()).collect();
        let person_left = open.iter().any(|step| step.actor == Actor::Person && step.left_out.is_none());
        let do_confirm = plan.do_confirm.contains(phase);
        if do_confirm && !stands.ready && person_left {
            return Decision::ReadyPhase(*phase);
        }
        let writes_left = open.iter().any(|step| step.effect.changes_target() && step.left_out.is_none());
        if writes_left && stands.approved_in != Some(state.session) && plan.phase_confirmation != Confirmation::Never {
            return Decision::ApprovePhase(*phase);
        }
        if let Some(decision) = in_phase(state, &open, running) {
            return decision;
        }
        let asked_person = plan.of_phase(*phase).any(|step| step.actor == Actor::Person && step.left_out.is_none());
        return if do_confirm && asked_person && !stands.complete {
            Decision::CompletePhase(*phase)
        } else {
            Decision::LeavePhase(*phase)
        };
    }
    Decision::Finish
}

/// What to do among the open steps of a phase; none when there is none.
fn in_phase(state: &RunState, open: &[&PlannedStep], running: bool) -> Option<Decision> {
    let group = open.first()?.group;
    let mut start = Vec::new();
    for step in open.iter().filter(|step| step.group == group) {
        if state.status(&step.id) != StepStatus::Pending {
            continue;
        }
        if let Some(reason) = &step.left_out {
            return Some(Decision::LeaveOut(step.id.clone(), reason.clone()));
        }
        if let Some(reason) = blocked(state, step) {
            return Some(Decision::LeaveOut(step.id.clone(), reason));
        }
        if running && step.actor != Actor::Read {
            return Some(Decision::Wait);
        }
        if needs_approval(step) && state.step(&step.id).approved_in != Some(state.session) {
            return Some(Decision::ApproveStep(step.id.clone()));
        }
        start.push(step.id.clone());
    }
    if start.is_empty() { Some(Decision::Wait) } else { Some(Decision::Start(start)) }
}

/// Whether the step itself must be approved, beside its phase.
pub fn needs_approval(step: &PlannedStep) -> bool {
    step.effect.changes_target() && !step.confirms_itself && step.confirmation != Confirmation::Never
}

/// Why a step cannot run, if it cannot: a step that it needs did not end well.
fn blocked(state: &RunState, step: &PlannedStep) -> Option<String> {
    step.needs.iter().find_map(|need| match state.step(need).outcome() {
        Some(outcome) if !outcome.satisfies() => Some(match outcome {
            Outcome::Failed => format!("it needs `{need}`, which failed"),
            Outcome::Declined => format!("it needs `{need}`, which was declined"),
            Outcome::Unknown => format!("it needs `{need}`, which is unknown"),
            Outcome::Passed | Outcome::Warned | Outcome::Skipped => format!("it needs `{need}`"),
        }),
        Some(_) | None => None,
    })
}

/// Undo steps run one after the other, in the order that was recorded when the rollback began.
fn unwind(plan: &Plan, state: &RunState) -> Decision {
    if !state.phase(Phase::Rollback).started {
        return Decision::EnterPhase(Phase::Rollback);
    }
    for id in &state.rollback {
        let Some(step) = plan.step(id) else { continue };
        match state.status(id) {
            StepStatus::Finished(_) => {}
            StepStatus::Pending => {
                if let Some(reason) = &step.left_out {
                    return Decision::LeaveOut(id.clone(), reason.clone());
                }
                // The rollback was confirmed as a whole; only a point of no return is asked for once more.
                let asks = step.effect == Effect::Irreversible;
                return if asks && state.step(id).approved_in != Some(state.session) {
                    Decision::ApproveStep(id.clone())
                } else {
                    Decision::Start(vec![id.clone()])
                };
            }
            StepStatus::Running | StepStatus::AttemptFailed | StepStatus::Interrupted => return Decision::Wait,
        }
    }
    if state.phase(Phase::Rollback).finished { Decision::Finish } else { Decision::LeavePhase(Phase::Rollback) }
}
