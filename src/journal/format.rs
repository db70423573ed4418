//! The shape of a record.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::{Event, EventKind};
use crate::world::clock::rfc3339;

/// A record as it is written, before its digest.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct RecordBody {
    /// 1 for the first record, then without a gap.
    pub seq: u64,
    /// Which sitting at the run, from 1.
    pub session: u32,
    /// Wall clock, RFC 3339 in UTC.
    pub time: String,
    /// Milliseconds since the session began, by the monotonic clock.
    pub elapsed: u64,
    /// All records up to this one were on disk when this record was written.
    pub durable: u64,
    /// The digest of the line before.
    pub prev: String,
    /// What happened.
    pub event: Value,
}

/// An event that this version does not know: it can be verified, not resumed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownEvent {
    /// Its `kind`.
    pub kind: String,
}

/// A record that was read and fits the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The event, or the name of a kind that this version does not know.
    pub event: Result<Event, UnknownEvent>,
    /// Its number.
    pub seq: u64,
    /// What was durable when it was written.
    pub durable: u64,
    /// Its digest.
    pub digest: String,
}

impl RecordBody {
    /// An event's record.
    pub(crate) fn of(event: &Event, durable: u64, prev: &str) -> Self {
        Self {
            seq: event.seq,
            session: event.session,
            time: rfc3339(event.at),
            elapsed: event.elapsed_ms,
            durable,
            prev: prev.to_owned(),
            event: serde_json::to_value(&event.kind).expect("an event is data that JSON can hold"),
        }
    }

    /// The record with its event read.
    pub(crate) fn into_record(self, digest: String) -> Result<Record, String> {
        let at: DateTime<Utc> =
            self.time.parse().map_err(|error| format!("its time `{}` is none: {error}", self.time))?;
        let kind = self.event.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        let event = match serde_json::from_value::<EventKind>(self.event) {
            Ok(kind) => Ok(Event { seq: self.seq, session: self.session, at, elapsed_ms: self.elapsed, kind }),
            Err(_) => Err(UnknownEvent { kind }),
        };
        Ok(Record { event, seq: self.seq, durable: self.durable, digest })
    }
}
