//! What the kind `stack` does: a `CloudFormation` stack, changed through a change set that a person has seen.
//!
//! Make or adopt a change set → show it → capture what the stack was → execute it → follow its events → outputs. Each call
//! that changes something is an effect of its own. The effect of the execution is settled only when the stack has come to
//! an end: whoever dies before leaves it open, and [`StackTask::probe`](crate::step::WriteAction::probe) finds out.

mod approve;
mod effect;
mod execute;
mod failure;
mod outcome;
mod pause;
mod prepare;
mod preview;
mod probe;
mod resolve;
mod task;

pub use failure::{aws_failure, refusal_failure};
pub use task::{StackSource, StackTask};
