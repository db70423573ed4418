//! Stacks: redeployed into a clean one from what is on record, and removed with what they leave behind.

mod calls;
mod kept;
mod names;
mod remove;
mod source;
mod task;

pub(super) use calls::{of_stack_cleanup, of_stack_redeploy};
pub use task::{StackPlan, StackRedeployTask};
