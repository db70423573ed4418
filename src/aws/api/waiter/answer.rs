//! What a waiter is told, and what it says.

use serde_json::Value;

/// How a call that a waiter asked for ended, when the service answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer<'a> {
    /// The service did what was asked.
    Output {
        /// The HTTP status.
        status: u16,
        /// What it said.
        output: &'a Value,
    },
    /// The service answered with an error.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error code (`ResourceNotFoundException`).
        code: &'a str,
    },
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// What was waited for is there.
    Success,
    /// It will never be there.
    Failure {
        /// What the answer says, for the operator.
        reason: String,
    },
    /// Not yet.
    Retry {
        /// What was looked at: the state, or the error code. Nothing when the waiter looks at neither.
        last: Option<Value>,
    },
    /// The service answered with an error that the waiter does not name. Whether to ask again is for the caller to
    /// decide, by the kind of error; botocore gives up.
    Unnamed,
}
