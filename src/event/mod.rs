//! The words of a run: what happened, as plain data.
//!
//! An [`Event`] is durable, ordered and gap-free: it is in the journal before anyone sees it. A [`Progress`] is a courtesy
//! and may be lost. [`RunState::apply`] is the one table of legal moves; it serves live and on recovery.
//!
//! To add an event: a variant in `events.rs`, its move in `state.rs`, a golden line in `tests/corpus/events/`, and a row in
//! the reports. A reader that does not know a variant can still verify a journal, but not resume it.

mod back;
mod drill;
mod events;
mod failure;
mod header;
mod hold;
mod need;
mod outcome;
mod progress;
mod question;
mod remark;
mod sink;
mod standing;
mod state;
mod steady;
mod tally;
mod walk;

pub use back::Back;
pub use drill::{Criterion, DrillMoment, DrillState, DrillStop, Measured, Objective};
pub use events::{AfterStep, Captured, Event, EventKind, IdentityReason, LeftOver, SessionEnd, WayBack};
pub use failure::{Failure, FailureKind};
pub use header::{GitState, RunHeader, TargetAccount, VerificationOf};
pub use hold::{CELLS, Hold, Level, cells, strip};
pub use need::{Need, NeedState, Rehearsal};
pub use outcome::{ArtifactRef, DeviationKind, EffectResult, Outcome, Verdict};
pub use progress::{OutputStream, Progress};
pub use question::{Answer, AnswerSource, Ask, Attachment, Choice, EvidenceNeed, Question};
pub use remark::{Participant, Remark, RemarkKind, Remarks};
pub use sink::EventSink;
pub use standing::{EffectState, PhaseState, StepState, StepStatus};
pub use state::{Direction, IllegalEvent, RunState};
pub use steady::{Steady, SteadyChange, SteadyLook, SteadyWhen};
pub use walk::{Walked, Works};
