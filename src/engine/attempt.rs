//! One attempt, judged.

use serde_json::{Map, Value};

use crate::event::{ArtifactRef, Failure, Outcome};

/// How an attempt is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not pass.
    pub failure: Option<Failure>,
    /// What there is to say.
    pub reason: Option<String>,
    /// The step's outputs, as they are.
    pub outputs: Map<String, Value>,
    /// Its files.
    pub artifacts: Vec<ArtifactRef>,
    /// The ids under which AWS has recorded its calls.
    pub requests: Vec<String>,
    /// What still stands although an undo went well.
    pub stays: Vec<String>,
}

impl Judged {
    /// An outcome with nothing beside it.
    pub fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            failure: None,
            reason: None,
            outputs: Map::new(),
            artifacts: Vec::new(),
            requests: Vec::new(),
            stays: Vec::new(),
        }
    }

    /// A failure.
    pub fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::of(Outcome::Failed) }
    }
}
