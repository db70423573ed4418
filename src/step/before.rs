//! What was there before the steps of a run changed it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::event::Captured;
use crate::id::StepId;

/// What was there before each step that changed something, or was about to: from the records of earlier sessions, and from
/// this one.
#[derive(Debug, Default)]
pub struct Befores(Mutex<BTreeMap<StepId, Kept>>);

struct Kept {
    captured: Captured,
    /// With what is secret in it, which only the session knows that has seen it.
    whole: Option<Value>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.captured.fmt(f)
    }
}

impl Befores {
    /// Those of earlier sessions.
    pub fn of(kept: impl IntoIterator<Item = (StepId, Captured)>) -> Self {
        let kept = kept.into_iter().map(|(step, captured)| (step, Kept { captured, whole: None }));
        Self(Mutex::new(kept.collect()))
    }

    /// What was there before a step, as it is on record.
    pub fn get(&self, step: &StepId) -> Option<Captured> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(step).map(|kept| kept.captured.clone())
    }

    /// The same with what is secret in it, as far as that is known: only to put it back.
    pub fn whole(&self, step: &StepId) -> Option<Captured> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(step)?;
        let before = kept.whole.clone().unwrap_or_else(|| kept.captured.before.clone());
        Some(Captured { before, ..kept.captured.clone() })
    }

    /// Keeps what was found before a step; `whole` with what is secret in it.
    pub(in crate::step) fn keep(&self, step: StepId, captured: Captured, whole: Option<Value>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(step, Kept { captured, whole });
    }
}
