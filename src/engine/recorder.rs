//! The only way to put something on record: cut secrets, apply, append, tell.

use std::time::Instant;

use crate::event::{Event, EventKind, EventSink, IllegalEvent, Progress, RunState};
use crate::journal::{Durability, JournalError, Writer};
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
        Self { state, writer, redactor, clock, session, began: Instant::now(), sinks }
    }

    /// Where the run stands.
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// Puts one event on record; when this returns it is on the disk as far as it must be, and everybody has been told.
    pub async fn record(&mut self, kind: EventKind) -> Result<(), RecordError> {
        let durability = durability(&kind);
        let event = Event {
            seq: self.state.last_seq + 1,
            session: self.session,
            at: self.clock.now(),
            elapsed_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            kind: self.cut(kind),
        };
        self.state.apply(&event)?;
        self.writer.append(event.clone(), durability).await?;
        for sink in &mut self.sinks {
            sink.event(&event);
        }
        Ok(())
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
                stack,
                logical_id,
                resource_type,
                status,
                reason: reason.map(|reason| self.redactor.cut(&reason)),
                at,
            },
            Progress::Silent { step, seconds } => Progress::Silent { step, seconds },
        };
        for sink in &mut self.sinks {
            sink.progress(&progress);
        }
    }

    fn cut(&self, kind: EventKind) -> EventKind {
        let value = serde_json::to_value(&kind).expect("an event is data that JSON can hold");
        let cut = self.redactor.cut_value(value.clone());
        if cut == value {
            return kind;
        }
        // A secret that is part of the format's own words is refused when it is registered. Should one break a record all the
        // same, the names of members stay, and every text in it is cut.
        serde_json::from_value(cut)
            .or_else(|_| serde_json::from_value(self.redactor.cut_strings(value)))
            .unwrap_or(kind)
    }
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
        | EventKind::RollbackStarted { .. }
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
        | EventKind::StepFinished { .. } => Durability::Written,
    }
}
