//! The run shown: live on a terminal, as JSON lines, or from a journal as a page.
//!
//! Everything here reads a [`RunView`] or the events themselves; nothing decides, and nothing asks. The renderers
//! (`frame`, `lines`, `summary`, `markdown`, `html`) are pure functions from a view to text. [`Terminal`] alone has a thread: it
//! owns the screen, and whoever wants to ask a person something borrows the screen from it ([`ScreenDoor`]).
//!
//! Text from outside goes through `plain` before it goes anywhere: see there for what is escaped, and why.
//!
//! To show a new event: an arm in `fold.rs`, one in `lines.rs`, and a row in `markdown.rs`.

mod after;
mod annex;
mod back;
mod counts;
mod drill;
mod excerpt;
mod exercise;
mod failure;
mod fold;
mod follow_up;
mod frame;
mod guide;
mod html;
mod json;
mod jsonl;
mod junit;
mod lines;
mod look;
mod markdown;
mod page;
mod plain;
mod proof;
mod rehearsal;
mod review;
mod seen;
mod spark;
mod standing;
mod steady;
mod strip;
mod summary;
mod surface;
mod terminal;
mod told;
pub mod verified;
mod view;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use annex::{Annex, JournalFacts};
pub use counts::OutcomeCounts;
pub use drill::{DrillPlanView, DrillView, MomentView};
pub use excerpt::{ArtifactText, Excerpt, ExcerptLimit, LeftOut, NoTexts};
pub use failure::failure_lines;
pub use guide::{guide_lines, guide_markdown};
pub use html::html;
pub use json::json;
pub use jsonl::JsonLines;
pub use junit::junit;
pub use look::{Look, Tone, fold_line, wrap};
pub use markdown::render as markdown;
pub use page::{code as markdown_code, fenced as markdown_fenced, text as markdown_text};
pub use plain::{harmless_json, output_lines, plain, plain_lines};
pub use proof::{WhyNot, why_not};
pub use spark::{percentile, spark};
pub use steady::{SteadyFound, SteadyView};
pub use summary::{Ending, summary};
pub use surface::{Mode, SizeOf, Surface, TakenBySomebody};
pub use terminal::{ScreenDoor, Stage, Terminal, TerminalSink};
pub use view::{
    AttemptView, DeviationView, EffectView, ExchangeView, IdentityView, InterruptionView, ItemView, Moment, PhaseView,
    PlanView, RefusalView, RehearsalView, RollbackView, RunView, SessionView, StepLabel, StepView,
};
pub use words::{count, duration, moment};
