//! One attempt, judged.

use serde_json::{Map, Value};

use crate::event::{ArtifactRef, Failure, FailureKind, Outcome};
use crate::value::error_value;
pub(super) use crate::value::no_error;

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
}

impl Judged {
    /// An outcome with nothing beside it.
    pub fn of(outcome: Outcome) -> Self {
        Self { outcome, failure: None, reason: None, outputs: Map::new(), artifacts: Vec::new(), requests: Vec::new() }
    }

    /// A failure.
    pub fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::of(Outcome::Failed) }
    }
}

/// `error` after a failure.
pub(super) fn error_map(failure: &Failure) -> Value {
    let (code, status) = match &failure.kind {
        FailureKind::Aws { code, status, .. } | FailureKind::Http { code, status } => {
            (code.clone(), i64::from(*status))
        }
        FailureKind::Exit { code } => ("Exit".to_owned(), i64::from(*code)),
        FailureKind::Signal { signal } => ("Signal".to_owned(), i64::from(*signal)),
        FailureKind::Expectation
        | FailureKind::Spawn
        | FailureKind::Timeout
        | FailureKind::Cancelled
        | FailureKind::Declined
        | FailureKind::Access
        | FailureKind::Expired
        | FailureKind::Throttled
        | FailureKind::Transport
        | FailureKind::Unsupported
        | FailureKind::Guard
        | FailureKind::Expression
        | FailureKind::Io
        | FailureKind::Format
        | FailureKind::Lost => (format!("{:?}", failure.kind), 0),
    };
    error_value(&code, status, &failure.message)
}
