//! What the kinds `stack` and `stack-restore` do: a `CloudFormation` stack, changed through a change set that a person has
//! seen, and put back as the run found it.
//!
//! Capture what the stack is → make or adopt a change set → show it → execute it → follow its events → outputs. Each call
//! that changes something is an effect of its own. The effect of the execution is settled only when the stack has come to
//! an end: whoever dies before leaves it open, and [`StackTask::probe`](crate::step::WriteAction::probe) finds out.

mod approve;
mod before;
mod execute;
mod failure;
mod follow;
mod outcome;
mod prepare;
mod preview;
mod probe;
mod rehearse;
mod resolve;
mod restore;
mod task;

pub use failure::{aws_failure, refusal_failure};
pub(in crate::step) use follow::follow;
pub(in crate::step) use outcome::ended;
pub(in crate::step) use rehearse::rehearse;
pub(in crate::step) use resolve::parameter;
pub use restore::{StackRestoreTask, Undone};
pub use task::{CleanStack, StackSource, StackTask};
