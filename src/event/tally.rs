//! Which steps stand where: kept beside their states, so that nobody counts through all of them before each decision.

use std::collections::BTreeSet;

use crate::event::{RunState, StepState, StepStatus};
use crate::id::StepId;

/// The steps of a run by where they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    running: BTreeSet<StepId>,
    behind: BTreeSet<StepId>,
    loose: BTreeSet<StepId>,
    ended: Vec<StepId>,
}

impl RunState {
    /// How many steps are under way that are waited for.
    pub fn running(&self) -> usize {
        self.tally.running.len()
    }

    /// The steps that are under way behind those that follow them. Sorted by id.
    pub fn behind(&self) -> impl Iterator<Item = &StepId> {
        self.tally.behind.iter()
    }

    /// The steps that are under way, waited for or not.
    pub(super) fn running_steps(&self) -> impl Iterator<Item = &StepId> {
        self.tally.running.iter().chain(&self.tally.behind)
    }

    /// The steps that were begun, are not under way, and have not ended. Sorted by id.
    pub fn loose(&self) -> impl Iterator<Item = &StepId> {
        self.tally.loose.iter()
    }

    /// The steps in the order in which they ended, or went on behind the others. One that then ended, and one that a way back
    /// opened and that ended again, stands here twice.
    pub fn ended(&self) -> &[StepId] {
        &self.tally.ended
    }

    /// A step comes to stand elsewhere. There is no other way: the tally follows.
    pub(super) fn put(&mut self, step: &StepId, status: StepStatus) -> &mut StepState {
        let Tally { running, behind, loose, ended } = &mut self.tally;
        match self.steps.get(step).map(|state| state.status).unwrap_or_default() {
            StepStatus::Running => running.remove(step),
            StepStatus::Behind => behind.remove(step),
            StepStatus::Interrupted | StepStatus::AttemptFailed => loose.remove(step),
            StepStatus::Pending | StepStatus::Finished(_) => false,
        };
        match status {
            StepStatus::Running => drop(running.insert(step.clone())),
            StepStatus::Interrupted | StepStatus::AttemptFailed => drop(loose.insert(step.clone())),
            StepStatus::Behind => {
                behind.insert(step.clone());
                ended.push(step.clone());
            }
            StepStatus::Finished(_) => ended.push(step.clone()),
            StepStatus::Pending => {}
        }
        let state = self.steps.entry(step.clone()).or_default();
        state.status = status;
        state
    }
}
