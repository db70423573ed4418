//! What to do next. Pure: the same plan, state and number of jobs give the same decision, live and on recovery.

use std::collections::BTreeSet;

use crate::engine::open::{Open, is_by_person};
use crate::engine::steady;
use crate::event::{Direction, Outcome, RunState, SteadyWhen, StepStatus};
use crate::id::{Phase, StepId};
use crate::plan::{Actor, Plan, PlannedStep, together, way_back};
use crate::step::{Confirmation, Effect, OnFailure};

/// What the engine does next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Begin a phase.
    EnterPhase(Phase),
    /// Show the list of a do-confirm phase, and wait until the person did it.
    ReadyPhase(Phase),
    /// Look what the undo steps of all that is still to run will need, before this phase changes anything.
    Rehearse(Phase),
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
    /// Settle what was under way, without another try: the run goes back.
    Settle(StepId),
    /// Have these probes of the steady state look.
    LookSteady(SteadyWhen, Vec<StepId>),
    /// Measure what a drill is held to: its steps are over.
    Measure,
    /// Begin the rollback: because this step did not end well, or because it was asked for.
    BeginRollback(Option<StepId>),
    /// Have these end that go on behind the others, and wait for one of them.
    CallBack(Vec<StepId>),
    /// Wait for what runs.
    Wait,
    /// Suspend the session: it was interrupted, and nothing runs.
    Suspend,
    /// The run is over.
    Finish,
}

/// Decides, for one sitting at a run.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// How many steps run at once, at most.
    jobs: usize,
    /// What has not ended. What has ended stays so: nobody looks at it again.
    open: Open,
    /// Whether nothing is left to rehearse. That, too, stays so.
    rehearsed: bool,
}

impl Schedule {
    /// A schedule that keeps at most so many steps running at once (one, if it is none).
    pub fn new(jobs: usize) -> Self {
        Self { jobs: jobs.max(1), open: Open::default(), rehearsed: false }
    }

    /// Decides.
    pub fn next(&mut self, plan: &Plan, state: &RunState) -> Decision {
        if state.question.is_some() {
            return Decision::Wait;
        }
        if let Some(decision) = call_back(plan, state) {
            return decision;
        }
        let running = state.running();
        if state.interrupted {
            // What has failed, and stops nothing, has ended: it is no part of what is to be resumed.
            let ended = |step: &&PlannedStep| {
                let stands = state.step(&step.id);
                let failed = stands.status == StepStatus::AttemptFailed && stands.unsettled().next().is_none();
                failed && step.on_failure == Some(OnFailure::Continue) && !stands.retry
            };
            return match loose(plan, state).into_iter().find(ended) {
                _ if running > 0 => Decision::Wait,
                Some(step) => Decision::AfterFailure(step.id.clone()),
                None => end_of_drill(plan, state).unwrap_or(Decision::Suspend),
            };
        }
        if state.is_stopped() {
            // What failed beside the step that was asked about ends as it would have: nobody is asked any more.
            let failed = |step: &&PlannedStep| {
                let stands = state.step(&step.id);
                stands.status == StepStatus::AttemptFailed && stands.unsettled().next().is_none()
            };
            return match loose(plan, state).into_iter().find(failed) {
                _ if running > 0 => Decision::Wait,
                Some(step) => Decision::Settle(step.id.clone()),
                None => end_of_drill(plan, state).unwrap_or(Decision::Finish),
            };
        }
        if state.awaits_rollback() {
            return Decision::BeginRollback(None);
        }
        if let Some(decision) = loose_ends(plan, state, running > 0) {
            return decision;
        }
        match state.direction {
            Direction::Forward => self.forward(plan, state, running),
            Direction::Unwinding => self.unwind(plan, state, running),
            Direction::Stopping | Direction::Stuck if running > 0 => Decision::Wait,
            Direction::Stopping => match &state.rollback_wanted {
                Some(_) if plan.is_drill() && state.drill.measured.is_empty() => Decision::Measure,
                Some(step) => Decision::BeginRollback(Some(step.clone())),
                None => end_of_drill(plan, state).unwrap_or(Decision::Finish),
            },
            Direction::Stuck => Decision::Finish,
        }
    }

    fn forward(&mut self, plan: &Plan, state: &RunState, running: usize) -> Decision {
        self.open.catch_up(plan, state);
        for phase in &plan.phases {
            let stands = state.phase(*phase);
            if stands.finished {
                continue;
            }
            if !stands.started {
                return Decision::EnterPhase(*phase);
            }
            let open = self.open.of(*phase);
            let do_confirm = plan.do_confirm.contains(phase);
            if do_confirm && !stands.ready && open.is_some_and(|open| open.by_people > 0) {
                return Decision::ReadyPhase(*phase);
            }
            if open.is_some_and(|open| open.writes > 0) {
                // A session rehearses once: what was found to need no rehearsal needs none later.
                if !self.rehearsed {
                    if is_to_be_rehearsed(plan, state, *phase) {
                        return Decision::Rehearse(*phase);
                    }
                    self.rehearsed = rehearsal(plan, state).next().is_none();
                }
                let probes = steady::before(plan, state);
                if !probes.is_empty() {
                    return self.look_steady(SteadyWhen::Before, probes, running);
                }
                if stands.approved_in != Some(state.session) && plan.phase_confirmation != Confirmation::Never {
                    return Decision::ApprovePhase(*phase);
                }
            }
            if let Some((open, first)) = open.and_then(|open| Some((open, open.first(plan)?))) {
                let group = open.free(plan).take_while(|step| step.group == first.group);
                return self.in_phase(state, group, running);
            }
            return if do_confirm && !stands.complete && plan.of_phase(*phase).any(is_by_person) {
                Decision::CompletePhase(*phase)
            } else {
                Decision::LeavePhase(*phase)
            };
        }
        end_of_drill(plan, state).unwrap_or(Decision::Finish)
    }

    /// Probes look by themselves, as many together as may.
    fn look_steady(&self, when: SteadyWhen, mut probes: Vec<StepId>, running: usize) -> Decision {
        probes.truncate(self.jobs);
        if running > 0 { Decision::Wait } else { Decision::LookSteady(when, probes) }
    }

    /// What to do among the open steps of a phase: with those of the first group that wait for no other one of it.
    fn in_phase<'a>(&self, state: &RunState, group: impl Iterator<Item = &'a PlannedStep>, running: usize) -> Decision {
        let mut start = Vec::new();
        for step in group {
            if running + start.len() >= self.jobs {
                break;
            }
            if state.status(&step.id) != StepStatus::Pending {
                continue;
            }
            if let Some(reason) = &step.left_out {
                return Decision::LeaveOut(step.id.clone(), reason.clone());
            }
            if let Some(reason) = blocked(state, step) {
                return Decision::LeaveOut(step.id.clone(), reason);
            }
            if running > 0 && step.actor != Actor::Read {
                return Decision::Wait;
            }
            if needs_approval(step) && state.step(&step.id).approved_in != Some(state.session) {
                return Decision::ApproveStep(step.id.clone());
            }
            start.push(step.id.clone());
        }
        if start.is_empty() { Decision::Wait } else { Decision::Start(start) }
    }

    /// Undo steps run in the order that was recorded when the rollback began: one after the other, and neighbours that share
    /// nothing together.
    fn unwind(&self, plan: &Plan, state: &RunState, running: usize) -> Decision {
        let wait_or = |decision| if running > 0 { Decision::Wait } else { decision };
        if !state.phase(Phase::Rollback).started {
            return wait_or(Decision::EnterPhase(Phase::Rollback));
        }
        let is_open = |id: &&StepId| !matches!(state.status(id), StepStatus::Finished(_));
        let together = together(plan, &state.rollback);
        let Some(abreast) = together.iter().find(|abreast| abreast.iter().any(|id| is_open(&id))) else {
            if !state.phase(Phase::Rollback).finished {
                return wait_or(Decision::LeavePhase(Phase::Rollback));
            }
            let probes = steady::after(plan, state);
            return if probes.is_empty() {
                wait_or(Decision::Finish)
            } else {
                self.look_steady(SteadyWhen::After, probes, running)
            };
        };
        let beside = abreast.iter().filter(|id| state.status(id) == StepStatus::Running).count();
        if running > beside {
            return Decision::Wait;
        }
        let mut start = Vec::new();
        for id in abreast.iter().filter(is_open) {
            let Some(step) = plan.step(id) else { continue };
            if state.status(id) != StepStatus::Pending || running + start.len() >= self.jobs {
                continue;
            }
            if let Some(reason) = &step.left_out {
                return Decision::LeaveOut(id.clone(), reason.clone());
            }
            // What may have run was looked at since the list was made.
            if !step.undoes.is_empty() && !step.undoes.iter().any(|target| state.step(target).may_have_run()) {
                return Decision::LeaveOut(id.clone(), "what it undoes did not happen".to_owned());
            }
            // The rollback was confirmed as a whole; only a point of no return is asked for once more.
            if step.effect == Effect::Irreversible && state.step(id).approved_in != Some(state.session) {
                return wait_or(Decision::ApproveStep(id.clone()));
            }
            start.push(id.clone());
        }
        if start.is_empty() { Decision::Wait } else { Decision::Start(start) }
    }
}

/// Whether a step that goes on behind the others until this one has ended has something to accompany.
pub fn may_run_on(state: &RunState, through: &StepId) -> bool {
    let forward = state.direction == Direction::Forward && !state.interrupted && !state.is_stopped();
    forward && state.step(through).outcome().is_none()
}

/// The one exception to "a write is a barrier": a step that said so goes on behind those that follow it. With the end of what
/// it accompanies it ends, too, before anything else begins; and when nothing more begins, it has nothing to accompany.
fn call_back(plan: &Plan, state: &RunState) -> Option<Decision> {
    let is_over = |id: &&StepId| {
        let through = plan.step(id).and_then(|step| step.through.as_ref());
        through.is_none_or(|through| !may_run_on(state, through))
    };
    let over: Vec<StepId> = state.behind().filter(is_over).cloned().collect();
    (!over.is_empty()).then_some(Decision::CallBack(over))
}

/// What follows the steps of a drill, however they ended: its objectives are measured, and what it made is removed.
fn end_of_drill(plan: &Plan, state: &RunState) -> Option<Decision> {
    let forward = matches!(state.direction, Direction::Forward | Direction::Stopping);
    if !plan.is_drill() || !forward || !state.phase(Phase::Drill).started {
        return None;
    }
    if state.drill.measured.is_empty() {
        return Some(Decision::Measure);
    }
    (!way_back(plan, state, None).undo.is_empty()).then_some(Decision::BeginRollback(None))
}

/// Steps that were begun, are not under way, and have not ended, in the plan's order.
fn loose<'a>(plan: &'a Plan, state: &RunState) -> Vec<&'a PlannedStep> {
    let places: BTreeSet<usize> = state.loose().filter_map(|id| plan.position(id)).collect();
    places.into_iter().map(|at| &plan.steps[at]).collect()
}

/// What to do with them: they come before anything new.
fn loose_ends(plan: &Plan, state: &RunState, running: bool) -> Option<Decision> {
    let loose = loose(plan, state);
    // Reads that a session's death cut off go on while a person is asked about their neighbour, as they did before.
    let cut_off = |step: &&&PlannedStep| step.actor == Actor::Read && state.status(&step.id) == StepStatus::Interrupted;
    let forward = state.direction != Direction::Unwinding;
    if let Some(read) = loose.iter().find(|step| forward && cut_off(step)) {
        return Some(Decision::Resolve(read.id.clone()));
    }
    let step = *loose.first()?;
    let stands = state.step(&step.id);
    let back = state.direction == Direction::Unwinding && step.phase != Phase::Rollback;
    let decision = match stands.status {
        StepStatus::Interrupted | StepStatus::AttemptFailed if back => Decision::Settle(step.id.clone()),
        StepStatus::Interrupted => Decision::Resolve(step.id.clone()),
        StepStatus::AttemptFailed if stands.unsettled().next().is_some() => Decision::Resolve(step.id.clone()),
        StepStatus::AttemptFailed if stands.retry => Decision::Start(vec![step.id.clone()]),
        StepStatus::AttemptFailed => Decision::AfterFailure(step.id.clone()),
        StepStatus::Pending | StepStatus::Running | StepStatus::Behind | StepStatus::Finished(_) => return None,
    };
    // A question, or a repeated write, waits until its neighbours are done.
    Some(if running && step.actor != Actor::Read { Decision::Wait } else { decision })
}

/// What is to be rehearsed in this session, and was not: each undo step with a step that it undoes, that is to run, and that
/// has changed nothing. In file order of the undo steps; none on the way back.
pub fn rehearsal<'a>(plan: &'a Plan, state: &'a RunState) -> impl Iterator<Item = (&'a StepId, &'a StepId)> {
    let forward = state.direction == Direction::Forward && !state.awaits_rollback();
    let undos = plan.of_phase(Phase::Rollback).filter(move |undo| forward && undo.left_out.is_none());
    let pairs = undos.flat_map(|undo| undo.undoes.iter().map(move |change| (&undo.id, change)));
    pairs.filter(|(undo, change)| {
        let to_run = plan.step(change).is_some_and(|step| {
            let runs = plan.phases.contains(&step.phase) && step.left_out.is_none();
            runs && step.phase != Phase::Rollback && step.effect.changes_target()
        });
        let stands = state.step(change);
        to_run && stands.outcome().is_none() && !stands.may_have_run() && !state.rehearsed(undo, change)
    })
}

/// Whether a step of this phase is to be rehearsed: then all are.
pub fn is_to_be_rehearsed(plan: &Plan, state: &RunState, phase: Phase) -> bool {
    rehearsal(plan, state).any(|(_, change)| plan.step(change).is_some_and(|step| step.phase == phase))
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
