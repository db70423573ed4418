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
    /// How many of its answers are those of the same calls, made earlier in the run.
    pub shared: usize,
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
            shared: 0,
            stays: Vec::new(),
        }
    }

    /// The same, with a word on record about the answers that were not asked for again.
    pub(super) fn telling_of_shared(mut self) -> Self {
        let words = match self.shared {
            0 => return self,
            1 => "an answer is that of the same call, made earlier in this run".to_owned(),
            many => format!("{many} answers are those of the same calls, made earlier in this run"),
        };
        match &mut self.failure {
            Some(failure) => failure.causes.push(words),
            None => self.reason = Some(self.reason.map_or(words.clone(), |reason| format!("{reason}; {words}"))),
        }
        self
    }

    /// A failure.
    pub fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::of(Outcome::Failed) }
    }
}
