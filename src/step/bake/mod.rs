//! What the kind `bake` makes of its looks. The loop is the engine's: it keeps the time, makes the looks and puts what they
//! show on record.
//!
//! [`BakeTask`] asks AWS: one look at all alarms and checks, and the history of an alarm. [`Watch`] judges: a pure function
//! over looks.

mod alarm;
mod look;
mod task;
#[cfg(test)]
mod tests;
mod trip;
mod watch;

pub use alarm::{Alarm, Transition};
pub use look::{CheckSays, Checked, Debt, History, Seen};
pub use task::{BakeTask, Left, Watched};
pub use trip::Trip;
pub use watch::{End, Next, Rules, Watch};
