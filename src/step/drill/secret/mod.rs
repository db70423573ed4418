//! Secrets: one of the run's own gets the value of another, is lost, and is taken back.

mod calls;
mod remove;
mod task;

pub(super) use calls::{of_secret_cleanup, of_secret_recovery};
pub use task::SecretRecoveryTask;
