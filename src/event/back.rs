//! The way back as a run's state: what was asked for, and whether it has begun.

use crate::event::{Direction, RunState, StepStatus, Verdict, WayBack};
use crate::id::{Phase, StepId};

/// A rollback that was asked for by itself (`checkride rollback`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Back {
    /// What was asked for.
    pub way: WayBack,
    /// It began: it was confirmed.
    pub begun: bool,
    /// An earlier one of this run had begun.
    again: bool,
    /// How the run had ended before.
    before: Option<Verdict>,
}

impl RunState {
    /// How the run ended, if it is over: a rollback that was asked for and never begun changes nothing.
    pub fn over(&self) -> Option<Verdict> {
        self.finished.or_else(|| self.back.as_ref().filter(|back| !back.begun)?.before)
    }

    /// Whether a rollback was asked for and has not begun.
    pub fn awaits_rollback(&self) -> bool {
        self.back.as_ref().is_some_and(|back| !back.begun)
    }

    /// A session begins, for a rollback or not.
    pub(super) fn ask_for_rollback(&mut self, back: Option<&WayBack>) {
        // A rollback that was asked for, and that nobody confirmed, is asked for no more.
        if let Some(asked) = self.back.take_if(|asked| !asked.begun) {
            self.finished = self.finished.or(asked.before);
            self.back = asked.again.then_some(Back { begun: true, before: None, ..asked });
        }
        if let Some(way) = back {
            let again = self.back.is_some();
            self.back = Some(Back { way: way.clone(), begun: false, again, before: self.finished.take() });
        }
    }

    /// The way back begins, or begins once more: an undo that did not end well has another try.
    pub(super) fn turn_back(&mut self, steps: &[StepId]) {
        self.direction = Direction::Unwinding;
        self.rollback = steps.to_vec();
        // Who stops a drill wants its end, and that is still to come.
        self.stopped |= self.aborted || self.interrupted;
        (self.aborted, self.interrupted) = (false, false);
        for steady in self.steady.values_mut() {
            steady.after = None;
        }
        let Some(back) = &mut self.back else { return };
        back.begun = true;
        self.phases.entry(Phase::Rollback).or_default().finished = false;
        for step in steps {
            let Some(state) = self.steps.get(step).filter(|state| state.outcome().is_some()) else { continue };
            let open = state.unsettled().next().is_some();
            self.put(step, if open { StepStatus::Interrupted } else { StepStatus::Pending }).retry = false;
        }
    }
}
