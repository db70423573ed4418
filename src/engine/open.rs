//! The steps that have not ended, kept up with what ends: a decision looks at these, and not at all steps of the plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{RunState, StepStatus};
use crate::id::{Phase, StepId};
use crate::plan::{Actor, Plan, PlannedStep};

/// The open steps of a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    /// How many ends were taken in; none: the plan was not looked at yet.
    seen: Option<usize>,
    phases: BTreeMap<Phase, OpenPhase>,
    /// Of each step that others come after: their places.
    followers: BTreeMap<StepId, Vec<usize>>,
    /// Of each step, by its place: how many of those that it comes after are open.
    waits_for: Vec<usize>,
}

/// The open steps of a phase, by their places in the plan.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenPhase {
    steps: BTreeSet<usize>,
    /// Those that wait for no other step of their group.
    free: BTreeSet<usize>,
    /// How many of them change something, and are not left out.
    pub(super) writes: usize,
    /// How many of them are done by a person, and are not left out.
    pub(super) by_people: usize,
}

impl Open {
    /// Takes in what has ended since the last time.
    pub(super) fn catch_up(&mut self, plan: &Plan, state: &RunState) {
        let ends = state.ended();
        let Some(seen) = self.seen.replace(ends.len()) else { return self.begin(plan, state) };
        for id in ends.get(seen..).unwrap_or_default() {
            self.end(plan, id);
        }
    }

    /// What is open of a phase; none: nothing.
    pub(super) fn of(&self, phase: Phase) -> Option<&OpenPhase> {
        self.phases.get(&phase)
    }

    fn begin(&mut self, plan: &Plan, state: &RunState) {
        self.waits_for = vec![0; plan.steps.len()];
        // One that goes on behind the others keeps none of them.
        let is_open = |id: &StepId| !matches!(state.status(id), StepStatus::Finished(_) | StepStatus::Behind);
        for (at, step) in plan.steps.iter().enumerate().filter(|(_, step)| is_open(&step.id)) {
            for earlier in step.after.iter().filter(|id| is_open(id)) {
                self.followers.entry(earlier.clone()).or_default().push(at);
                self.waits_for[at] += 1;
            }
            let phase = self.phases.entry(step.phase).or_default();
            phase.steps.insert(at);
            phase.writes += usize::from(is_write(step));
            phase.by_people += usize::from(is_by_person(step));
            // Whether a step that is left out would have to wait does not matter.
            if self.waits_for[at] == 0 || step.left_out.is_some() {
                phase.free.insert(at);
            }
        }
    }

    fn end(&mut self, plan: &Plan, id: &StepId) {
        let Some(at) = plan.position(id) else { return };
        let step = &plan.steps[at];
        let Some(phase) = self.phases.get_mut(&step.phase) else { return };
        if !phase.steps.remove(&at) {
            return;
        }
        phase.free.remove(&at);
        phase.writes -= usize::from(is_write(step));
        phase.by_people -= usize::from(is_by_person(step));
        for follower in self.followers.remove(id).unwrap_or_default() {
            self.waits_for[follower] -= 1;
            let phase = self.phases.get_mut(&plan.steps[follower].phase);
            if let Some(phase) = phase.filter(|phase| phase.steps.contains(&follower) && self.waits_for[follower] == 0)
            {
                phase.free.insert(follower);
            }
        }
    }
}

impl OpenPhase {
    /// The first step that is open.
    pub(super) fn first<'a>(&self, plan: &'a Plan) -> Option<&'a PlannedStep> {
        self.steps.first().map(|at| &plan.steps[*at])
    }

    /// The open steps that wait for no other one of their group, in the plan's order.
    pub(super) fn free<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = &'a PlannedStep> {
        self.free.iter().map(|at| &plan.steps[*at])
    }
}

fn is_write(step: &PlannedStep) -> bool {
    step.effect.changes_target() && step.left_out.is_none()
}

/// Whether a person does it.
pub(super) fn is_by_person(step: &PlannedStep) -> bool {
    step.actor == Actor::Person && step.left_out.is_none()
}
