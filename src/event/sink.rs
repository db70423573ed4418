//! Who listens to a run.

use crate::event::{Event, Progress};

/// A listener. It is called on the engine's thread, after the event is in the journal, and must not block: what takes time
/// belongs on a thread of the listener's own.
pub trait EventSink {
    /// Something happened, and is on record.
    fn event(&mut self, event: &Event);
    /// Something is going on. May be dropped.
    fn progress(&mut self, progress: &Progress);
}
