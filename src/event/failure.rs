//! Failure as data. *Failed* and *could not tell* are different.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::source::SourceRef;

/// Why a step did not pass. The whole space, by kind; there is no "other".
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FailureKind {
    /// An `expect` did not hold.
    Expectation,
    /// A program ended with a code that does not count as success.
    Exit {
        /// The exit code.
        code: i32,
    },
    /// A program was ended by a signal.
    Signal {
        /// The signal's number.
        signal: i32,
    },
    /// A program could not be started: nothing happened.
    Spawn,
    /// A deadline passed.
    Timeout,
    /// The operator stopped it.
    Cancelled,
    /// A person said no.
    Declined,
    /// AWS answered, and refused.
    Aws {
        /// The service's name, as in the SDK: `cloudformation`.
        service: String,
        /// The operation: `ExecuteChangeSet`.
        operation: String,
        /// The service's own code, or empty.
        code: String,
        /// The HTTP status, 0 when there was none.
        status: u16,
    },
    /// A server answered, and not as was hoped.
    Http {
        /// `HTTP 404`, or what else is wrong with the answer: `TooManyRedirects`.
        code: String,
        /// The HTTP status.
        status: u16,
    },
    /// AWS refused access, or the credentials do not do.
    Access,
    /// The credentials have expired.
    Expired,
    /// The other side asked to slow down.
    Throttled,
    /// No answer: connection, transport, time-out of one call.
    Transport,
    /// The endpoint does not support the call.
    Unsupported,
    /// A guard refused.
    Guard,
    /// An expression or a template could not be evaluated.
    Expression,
    /// A file could not be read or written.
    Io,
    /// A file's content is not what its format says.
    Format,
    /// checkride was killed, or lost sight of it.
    Lost,
}

impl FailureKind {
    /// Whether the failure is an answer (it *failed*), or the lack of one (it could not be told).
    pub fn is_answer(&self) -> bool {
        match self {
            // A service that broke down has decided nothing.
            Self::Aws { status, .. } => *status < 500,
            Self::Expectation
            | Self::Exit { .. }
            | Self::Signal { .. }
            | Self::Declined
            | Self::Http { .. }
            | Self::Format => true,
            Self::Spawn
            | Self::Timeout
            | Self::Cancelled
            | Self::Access
            | Self::Expired
            | Self::Throttled
            | Self::Transport
            | Self::Unsupported
            | Self::Guard
            | Self::Expression
            | Self::Io
            | Self::Lost => false,
        }
    }

    /// Whether a read that ends so has *failed*; otherwise it could not be told. A service's error is an answer, yet it says
    /// nothing about what was asked unless an `expect` names it, and then it is the expectation that holds or does not.
    pub fn decides_a_read(&self) -> bool {
        !matches!(self, Self::Aws { .. } | Self::Http { .. }) && self.is_answer()
    }

    /// Whether it is a failed assertion (`JUnit` calls it a failure) rather than trouble on the way (an error).
    pub fn is_assertion(&self) -> bool {
        matches!(self, Self::Expectation)
    }
}

/// Why a step did not pass: for a person, after a crash, and in every report.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// One sentence: what went wrong.
    pub message: String,
    /// What caused it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// The line of the runbook that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<SourceRef>,
    /// That line's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The value of each path in a failed expectation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(String, Value)>,
    /// The AWS request id, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Failure {
    /// A failure with nothing but its kind and message.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            at: None,
            line: None,
            remedy: None,
            values: Vec::new(),
            request_id: None,
        }
    }

    /// The same with causes.
    #[must_use]
    pub fn caused_by(mut self, causes: Vec<String>) -> Self {
        self.causes = causes;
        self
    }

    /// The same with a remedy.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::FailureKind;

    #[test]
    fn a_service_that_broke_down_gave_no_answer() {
        let answered = |status| {
            let (service, operation, code) = ("s3".to_owned(), "HeadBucket".to_owned(), String::new());
            FailureKind::Aws { service, operation, code, status }.is_answer()
        };
        // A stack that failed has no status of HTTP.
        assert_eq!([0, 400, 404, 500, 503].map(answered), [true, true, true, false, false]);
    }
}
