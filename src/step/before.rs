//! What was there before the steps of a run changed it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::event::{ArtifactRef, Captured};
use crate::id::StepId;

/// What was there before each step that changed something, or was about to: from the records of earlier sessions, and from
/// this one.
#[derive(Debug, Default)]
pub struct Befores(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// As it is on record.
    by_step: BTreeMap<StepId, Captured>,
    /// With what is secret in it, which only the session knows that has seen it.
    secret: BTreeMap<StepId, Value>,
    /// Files of this session as they were before secrets were cut, by the digest of what is on the disk.
    whole: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // All else may hold secrets.
        f.debug_struct("Kept").field("by_step", &self.by_step.keys()).finish_non_exhaustive()
    }
}

impl Befores {
    /// Those of earlier sessions.
    pub fn of(kept: impl IntoIterator<Item = (StepId, Captured)>) -> Self {
        Self(Mutex::new(Kept { by_step: kept.into_iter().collect(), ..Kept::default() }))
    }

    /// What was there before a step, as it is on record.
    pub fn get(&self, step: &StepId) -> Option<Captured> {
        self.kept().by_step.get(step).cloned()
    }

    /// The same with what is secret in it, as far as that is known: only to put it back.
    pub fn with_secrets(&self, step: &StepId) -> Option<Captured> {
        let kept = self.kept();
        let captured = kept.by_step.get(step)?.clone();
        let before = kept.secret.get(step).cloned().unwrap_or_else(|| captured.before.clone());
        Some(Captured { before, ..captured })
    }

    /// A captured file as it was, when it was captured in this session.
    pub fn whole(&self, file: &ArtifactRef) -> Option<Vec<u8>> {
        self.kept().whole.get(&file.digest).cloned()
    }

    /// Keeps what was found before a step; `secret` is the same with what is secret in it.
    pub(in crate::step) fn keep(&self, step: StepId, captured: Captured, secret: Option<Value>) {
        let mut kept = self.kept();
        match secret {
            Some(secret) => kept.secret.insert(step.clone(), secret),
            None => kept.secret.remove(&step),
        };
        kept.by_step.insert(step, captured);
    }

    /// Keeps a captured file as it is.
    pub(in crate::step) fn keep_whole(&self, file: &ArtifactRef, bytes: Vec<u8>) {
        self.kept().whole.insert(file.digest.clone(), bytes);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
