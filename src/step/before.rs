//! What was there before the steps of a run changed it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::event::{ArtifactRef, Captured};
use crate::id::StepId;

/// What was there before each step that changed something, or was about to: from the records of earlier sessions, and from
/// this one, as it is (nothing is cut: it is put back as it was).
#[derive(Debug, Default)]
pub struct Befores(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_step: BTreeMap<StepId, Captured>,
    /// Files of this session as they were before secrets were cut, by the digest of what is on the disk.
    whole: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The files may hold secrets.
        f.debug_struct("Kept").field("by_step", &self.by_step.keys()).finish_non_exhaustive()
    }
}

impl Befores {
    /// Those of earlier sessions.
    pub fn of(kept: impl IntoIterator<Item = (StepId, Captured)>) -> Self {
        Self(Mutex::new(Kept { by_step: kept.into_iter().collect(), whole: BTreeMap::new() }))
    }

    /// What was there before a step.
    pub fn get(&self, step: &StepId) -> Option<Captured> {
        self.kept().by_step.get(step).cloned()
    }

    /// A captured file as it was, when it was captured in this session.
    pub fn whole(&self, file: &ArtifactRef) -> Option<Vec<u8>> {
        self.kept().whole.get(&file.digest).cloned()
    }

    /// Keeps what was found before a step.
    pub(in crate::step) fn keep(&self, step: StepId, captured: Captured) {
        self.kept().by_step.insert(step, captured);
    }

    /// Keeps a captured file as it is.
    pub(in crate::step) fn keep_whole(&self, file: &ArtifactRef, bytes: Vec<u8>) {
        self.kept().whole.insert(file.digest.clone(), bytes);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
