//! News that may be lost: what a running step is doing just now.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::id::StepId;

/// Which stream a line came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A courtesy to whoever watches. Never stored, never needed to understand a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A line of a command's output, secrets cut.
    Output {
        /// The step.
        step: StepId,
        /// Which stream.
        stream: OutputStream,
        /// The line, without its end.
        line: String,
    },
    /// A sentence about what the step is doing.
    Message {
        /// The step.
        step: StepId,
        /// The sentence.
        text: String,
    },
    /// A resource of a stack moved.
    Resource {
        /// The step.
        step: StepId,
        /// The stack's name.
        stack: String,
        /// The resource's logical id.
        logical_id: String,
        /// Its type, `AWS::SQS::Queue`.
        resource_type: String,
        /// Its status, `CREATE_IN_PROGRESS`.
        status: String,
        /// Why, when the service says.
        reason: Option<String>,
        /// When, by the service's clock.
        at: Option<DateTime<Utc>>,
    },
    /// A `wait` or a `bake` has looked once more. What has changed is an event.
    Look {
        /// The step.
        step: StepId,
        /// Which look, from 1.
        look: u32,
        /// The paths that are looked at, with their values.
        values: Vec<(String, Value)>,
        /// Why the look decides nothing.
        trouble: Option<String>,
        /// How long is waited at most, in milliseconds; none: it is no wait for something, but a hold.
        limit_ms: Option<u64>,
    },
    /// Nothing was heard of a running step for a while.
    Silent {
        /// The step.
        step: StepId,
        /// For how many seconds.
        seconds: u64,
    },
}
