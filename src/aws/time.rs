//! The SDK's times as ours.

use chrono::{DateTime, Utc};

/// A time of the service. Out of range only when the service sends nonsense: then there is none.
pub(in crate::aws) fn utc(time: &aws_smithy_types::DateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}
