//! `error` of whatever kind of step: one answer to what its code is.

use serde_json::Value;

use crate::event::{Failure, FailureKind};
use crate::value::{error_value, no_error};

/// `error` after an attempt, a look or a call: what went wrong, or that nothing did.
pub fn error_map(failure: Option<&Failure>) -> Value {
    let Some(failure) = failure else { return no_error() };
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
