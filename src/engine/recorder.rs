//! The only way to put something on record: cut secrets, apply, append, tell.

use std::collections::VecDeque;
use std::time::Instant;

use serde_json::Value;

use crate::event::{Event, EventKind, EventSink, IllegalEvent, Progress, Question, RunState};
use crate::journal::{Durability, JournalError, Posted, Writer};
use crate::world::clock::Clock;
use crate::world::secret::Redactor;

/// Why something could not be put on record. Then nothing more may be done.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The move is not in the table: a bug in checkride.
    #[error("checkride made a move that its own table does not allow")]
    Illegal(#[from] IllegalEvent),
}

/// Keeps the record of a run, and its state.
pub struct Recorder {
    state: RunState,
    writer: Writer,
    redactor: Redactor,
    clock: Clock,
    session: u32,
    began: Instant,
    sinks: Vec<Box<dyn EventSink>>,
    /// What was handed over to be written, and is told as soon as it is.
    posted: VecDeque<(Event, Posted)>,
    /// What is written and neither synced nor told. All of it comes after what was posted.
    held: Vec<Event>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Recorder {
    /// A recorder for the next session of a run that stands at `state`.
    pub fn new(
        state: RunState,
        writer: Writer,
        redactor: Redactor,
        clock: Clock,
        sinks: Vec<Box<dyn EventSink>>,
    ) -> Self {
        let session = state.session + 1;
        Self {
            state,
            writer,
            redactor,
            clock,
            session,
            began: Instant::now(),
            sinks,
            posted: VecDeque::new(),
            held: Vec::new(),
        }
    }

    /// Where the run stands.
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// Puts one event on record; when this returns it is on the disk as far as it must be, and everybody has been told.
    pub async fn record(&mut self, kind: EventKind) -> Result<(), RecordError> {
        // What is held was to be told after a sync.
        let durability = if self.held.is_empty() { durability(&kind) } else { Durability::Synced };
        let event = self.next(kind)?;
        self.writer.append(event.clone(), durability).await?;
        self.tell_posted().await?;
        self.held.push(event);
        for event in std::mem::take(&mut self.held) {
            self.tell(&event);
        }
        Ok(())
    }

    /// Puts one event on record, and does not wait until it is written when that is all it must be: it is told by
    /// [`Recorder::tell_next`], or before the next one that is recorded. A run of many reads waits for none of its records.
    pub async fn post(&mut self, kind: EventKind) -> Result<(), RecordError> {
        if durability(&kind) == Durability::Synced || !self.held.is_empty() {
            return self.record(kind).await;
        }
        let event = self.next(kind)?;
        let written = self.writer.post(event.clone(), Durability::Written)?;
        self.posted.push_back((event, written));
        Ok(())
    }

    /// Whether something was posted and not told yet.
    pub fn has_posted(&self) -> bool {
        !self.posted.is_empty()
    }

    /// Tells what was posted first, once it is written. May be dropped at any time: nothing is lost.
    pub async fn tell_next(&mut self) -> Result<(), RecordError> {
        let Some((_, written)) = self.posted.front_mut() else { return Ok(()) };
        let written = written.await;
        let first = self.posted.pop_front();
        written.map_err(|_| JournalError::Gone)??;
        if let Some((event, _)) = first {
            self.tell(&event);
        }
        Ok(())
    }

    /// Tells all that was posted, once it is written.
    pub async fn tell_posted(&mut self) -> Result<(), RecordError> {
        while self.has_posted() {
            self.tell_next().await?;
        }
        Ok(())
    }

    fn tell(&mut self, event: &Event) {
        for sink in &mut self.sinks {
            sink.event(event);
        }
    }

    /// Writes one event, which is synced and told with the next one. For an event that another follows at once: both cost
    /// one sync.
    pub fn hold(&mut self, kind: EventKind) -> Result<(), RecordError> {
        let event = self.next(kind)?;
        // The next one says if it could not be written.
        drop(self.writer.post(event.clone(), Durability::Written)?);
        self.held.push(event);
        Ok(())
    }

    /// The next event, once the run's state has taken it.
    fn next(&mut self, kind: EventKind) -> Result<Event, RecordError> {
        let event = Event {
            seq: self.state.last_seq + 1,
            session: self.session,
            at: self.clock.now(),
            elapsed_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            kind: self.cut(kind),
        };
        self.state.apply(&event)?;
        Ok(event)
    }

    /// Tells of progress. Nothing is stored.
    pub fn progress(&mut self, progress: Progress) {
        let progress = match progress {
            Progress::Output { step, stream, line } => {
                Progress::Output { step, stream, line: self.redactor.cut(&line) }
            }
            Progress::Message { step, text } => Progress::Message { step, text: self.redactor.cut(&text) },
            Progress::Resource { step, stack, logical_id, resource_type, status, reason, at } => Progress::Resource {
                step,
                stack: self.redactor.cut(&stack),
                logical_id: self.redactor.cut(&logical_id),
                resource_type,
                status,
                reason: reason.map(|reason| self.redactor.cut(&reason)),
                at,
            },
            Progress::Look { step, look, values, trouble, limit_ms } => {
                let cut = |(path, value): (String, Value)| (self.redactor.cut(&path), self.redactor.cut_value(value));
                let values = values.into_iter().map(cut).collect();
                let trouble = trouble.map(|trouble| self.redactor.cut(&trouble));
                Progress::Look { step, look, values, trouble, limit_ms }
            }
            Progress::Silent { step, seconds } => Progress::Silent { step, seconds },
        };
        for sink in &mut self.sinks {
            sink.progress(&progress);
        }
    }

    /// The question as a person may see it. Its id and the words that are held against the answer stay: they come from
    /// files, and a file that holds a secret is refused.
    pub(crate) fn cut_question(&self, question: &Question) -> Question {
        let whole = question.clone();
        match self.cut(EventKind::Asked { question: whole.clone() }) {
            EventKind::Asked { question } => {
                Question { id: whole.id, typed: whole.typed, options: whole.options, ..question }
            }
            EventKind::SessionStarted { .. }
            | EventKind::IdentityVerified { .. }
            | EventKind::GuardRefused { .. }
            | EventKind::Deviation { .. }
            | EventKind::PhaseStarted { .. }
            | EventKind::PhaseFinished { .. }
            | EventKind::Answered { .. }
            | EventKind::StepStarted { .. }
            | EventKind::EffectIntended { .. }
            | EventKind::EffectSettled { .. }
            | EventKind::AttemptFailed { .. }
            | EventKind::ItemSettled { .. }
            | EventKind::LookChanged { .. }
            | EventKind::Captured { .. }
            | EventKind::RunsOn { .. }
            | EventKind::StepFinished { .. }
            | EventKind::Rehearsed { .. }
            | EventKind::SteadyState { .. }
            | EventKind::DrillMoment { .. }
            | EventKind::DrillStopped { .. }
            | EventKind::ObjectiveMeasured { .. }
            | EventKind::Participant { .. }
            | EventKind::StepWalked { .. }
            | EventKind::Remarked { .. }
            | EventKind::RollbackStarted { .. }
            | EventKind::ResidualState { .. }
            | EventKind::Interrupted { .. }
            | EventKind::SessionEnded { .. }
            | EventKind::RunFinished { .. } => whole,
        }
    }

    fn cut(&self, kind: EventKind) -> EventKind {
        if self.redactor.is_empty() {
            return kind;
        }
        let value = serde_json::to_value(&kind).expect("an event is data that JSON can hold");
        let cut = self.redactor.cut_value(value.clone());
        if cut == value {
            return kind;
        }
        fits(&cut).unwrap_or_else(|| self.cut_by_piece(kind, value))
    }

    /// A secret that is part of a word of the format is refused when it is registered; the names of members, a process id
    /// or a step may hold one all the same. Then each text is cut by itself, and what the event does not survive stays.
    fn cut_by_piece(&self, kind: EventKind, mut value: Value) -> EventKind {
        let mut kept = kind;
        let mut places = Vec::new();
        places_of(&value, String::new(), &mut places);
        for place in places {
            let Some(piece) = value.pointer(&place) else { continue };
            let Some(cut) = self.cut_of(piece) else { continue };
            let mut candidate = value.clone();
            if let Some(piece) = candidate.pointer_mut(&place) {
                *piece = cut;
            }
            if let Some(kind) = fits(&candidate) {
                kept = kind;
                value = candidate;
            }
        }
        kept
    }

    /// What should stand in the place of one value: a text that is cut, or a map with its keys cut; none when it may stay.
    fn cut_of(&self, piece: &Value) -> Option<Value> {
        let cut = match piece {
            Value::Object(map) => {
                Value::Object(map.iter().map(|(key, value)| (self.redactor.cut(key), value.clone())).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.redactor.cut_value(piece.clone())
            }
            Value::Array(_) => return None,
        };
        (cut != *piece).then_some(cut)
    }
}

/// The event that a value is, if it is one to the last key.
fn fits(value: &Value) -> Option<EventKind> {
    let kind: EventKind = serde_json::from_value(value.clone()).ok()?;
    (serde_json::to_value(&kind).ok()? == *value).then_some(kind)
}

/// Every place in a value, as JSON pointers; what is inside comes before what it is in.
fn places_of(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                places_of(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places_of(value, format!("{at}/{index}"), places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    places.push(at);
}

/// What must be on the disk before anyone goes on. What only reads rides on group commit.
fn durability(kind: &EventKind) -> Durability {
    match kind {
        EventKind::SessionStarted { .. }
        | EventKind::IdentityVerified { .. }
        | EventKind::GuardRefused { .. }
        | EventKind::Deviation { .. }
        | EventKind::PhaseFinished { .. }
        | EventKind::Answered { .. }
        | EventKind::EffectIntended { .. }
        | EventKind::EffectSettled { .. }
        | EventKind::RunsOn { .. }
        | EventKind::DrillMoment { .. }
        | EventKind::DrillStopped { .. }
        | EventKind::ObjectiveMeasured { .. }
        | EventKind::Participant { .. }
        | EventKind::StepWalked { .. }
        | EventKind::Remarked { .. }
        | EventKind::RollbackStarted { .. }
        | EventKind::ResidualState { .. }
        | EventKind::Interrupted { .. }
        | EventKind::SessionEnded { .. }
        | EventKind::RunFinished { .. } => Durability::Synced,
        EventKind::StepFinished { outputs, artifacts, .. } if !outputs.is_empty() || !artifacts.is_empty() => {
            Durability::Synced
        }
        EventKind::PhaseStarted { .. }
        | EventKind::Asked { .. }
        | EventKind::StepStarted { .. }
        | EventKind::AttemptFailed { .. }
        | EventKind::ItemSettled { .. }
        | EventKind::LookChanged { .. }
        | EventKind::Captured { .. }
        | EventKind::Rehearsed { .. }
        | EventKind::SteadyState { .. }
        | EventKind::StepFinished { .. } => Durability::Written,
    }
}
