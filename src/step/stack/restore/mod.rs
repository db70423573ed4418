//! What the kind `stack-restore` does: a stack is put back as the run found it, from the run's own records.
//!
//! It looks what the stack is, does the one thing that its status asks for (a table: `decide.rs`), follows it to its end
//! and looks again, until the stack is as it was. An attempt that was cut off begins anew with a look, so nothing is done
//! twice. No file of the project is read, and nothing that the runbook says of the stack now.

mod ask;
mod decide;
mod describe;
mod drift;
mod effect;
mod guarded;
mod put_back;
mod remove;
mod skip;
mod stays;
mod task;
mod whose;

pub(in crate::step::stack) use put_back::is_no_echo;
pub use task::{StackRestoreTask, Undone};
