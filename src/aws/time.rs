//! The SDK's times as ours, and points in time.

use chrono::{DateTime, Utc};

/// A time of the service. Out of range only when the service sends nonsense: then there is none.
pub(in crate::aws) fn utc(time: &aws_smithy_types::DateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}

/// The time that something is brought back to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RestorePoint {
    /// The latest that there is.
    Latest,
    /// This time, to the second.
    At(DateTime<Utc>),
}
