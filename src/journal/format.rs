//! The shape of a record.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::de::IgnoredAny;
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

/// A record without its event: all that the chain needs. It borrows from its line, so that a long journal is verified at the
/// speed of the digests.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<'a> {
    pub(crate) seq: u64,
    session: u32,
    #[serde(borrow)]
    time: Cow<'a, str>,
    elapsed: u64,
    pub(crate) durable: u64,
    #[serde(borrow)]
    pub(crate) prev: Cow<'a, str>,
    #[serde(rename = "event")]
    _event: IgnoredAny,
}

/// The event of a record.
#[derive(Debug, Deserialize)]
struct Content<T> {
    event: T,
}

/// The name of an event.
#[derive(Debug, Deserialize)]
struct Named {
    #[serde(default)]
    kind: String,
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
}

impl Envelope<'_> {
    /// The record of a line, with its event read.
    pub(crate) fn record(self, line: &str, digest: &str) -> Result<Record, String> {
        let Self { seq, session, time, elapsed, durable, .. } = self;
        let at: DateTime<Utc> = time.parse().map_err(|error| format!("its time `{time}` is none: {error}"))?;
        let event = if let Ok(Content { event: kind }) = serde_json::from_str::<Content<EventKind>>(line) {
            Ok(Event { seq, session, at, elapsed_ms: elapsed, kind })
        } else {
            let named = serde_json::from_str::<Content<Named>>(line).map(|content| content.event.kind);
            Err(UnknownEvent { kind: named.unwrap_or_default() })
        };
        Ok(Record { event, seq, durable, digest: digest.to_owned() })
    }
}
