//! Reading the keys of a runbook: the file's own, its inputs, its steps.

mod drill;
mod file;
mod input;
mod keys;
mod step;

pub use keys::{RUNBOOK_KEYS, STEP_KEYS};

pub(super) use file::read_runbook;
