//! What was there before the steps of a run changed it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::event::Captured;
use crate::id::StepId;

/// What was there before each step that changed something, or was about to: from the records of earlier sessions, and from
/// this one, as it is (nothing is cut: it is put back as it was).
#[derive(Debug, Default)]
pub struct Befores(Mutex<BTreeMap<StepId, Captured>>);

impl Befores {
    /// Those of earlier sessions.
    pub fn of(kept: impl IntoIterator<Item = (StepId, Captured)>) -> Self {
        Self(Mutex::new(kept.into_iter().collect()))
    }

    /// What was there before a step.
    pub fn get(&self, step: &StepId) -> Option<Captured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(step).cloned()
    }

    /// Keeps what was found before a step.
    pub(in crate::step) fn keep(&self, step: StepId, captured: Captured) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(step, captured);
    }
}
