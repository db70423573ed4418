//! What the kind `command` does: a program runs, its output goes to an artifact as it comes, its end becomes `out`.
//!
//! A command that only reads is a child of this process. One that may change something runs under a shim, a process of its
//! own that outlives this one: it owns the output and cuts it, ends the program at its deadline, and writes how it ended. So
//! a death of checkride is no reason not to know.
//!
//! ```text
//! commands/
//!   STEP-ATTEMPT.lock     held by the shim for as long as it lives; inside: which start of the machine it was made in. One file
//!                         with a name for each command, where a shim carries out several, one after the other
//!   STEP-ATTEMPT.state    one sealed line each: started, running, then ended or refused. The last one is synced, unless checkride gives
//!                         another order first: then it has it on its own record
//! ```
//!
//! The state and the held lock are there before the intent is on record. So after a crash there is no doubt: `ended`
//! says how it ended; else a held lock is a command that runs; neither `started` nor a held lock, in the same start of the machine, is
//! a command that never began; and `started` with a free lock is one whose end nobody saw: unknown.

mod hosted;
mod left;
mod lend;
mod lines;
mod order;
mod read;
mod rehearse;
mod task;
mod write;

pub use hosted::{Host, Hosting};
pub use left::{Left, RunningCommand, left, state_at};
pub use lend::{lend, session_keys};
pub use order::{Control, Frame, Frames, NotStarted, Order, Output, Record, State};
pub(in crate::step) use rehearse::rehearse;
pub use task::CommandTask;
