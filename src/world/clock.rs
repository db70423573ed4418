//! The wall clock. Durations and time-outs use the monotonic clock of the runtime; this one is for evidence.

use chrono::{DateTime, SecondsFormat, Utc};

/// A source of wall time.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The system's.
    System,
    /// Always the same: tests.
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// The time now, in UTC.
    #[expect(clippy::disallowed_methods, reason = "this is the clock's one home")]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Fixed(at) => *at,
        }
    }
}

/// RFC 3339 in UTC with milliseconds, as in the journal: `2026-11-21T18:15:00.123Z`.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A start as run ids write it: `20261121T181500Z`.
pub fn compact(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}
