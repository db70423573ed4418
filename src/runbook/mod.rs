//! What a runbook file says, and the rules it must keep.
//!
//! [`load_runbook`] reads a file with its includes and says all that is wrong with each key; [`check`] holds the whole
//! against the rules in `rules/`, one a file. Neither runs anything, and neither takes the network.
//!
//! To add a rule: a file in `rules/` with its `RULE` and its documentation, a line in the list in `rules/list.rs`, and a
//! golden case in `tests/corpus/invalid/`.

mod bind;
mod check;
mod codes;
mod context;
mod explain;
mod load;
mod model;
mod outline;
mod read;
mod rules;
mod undone;

pub use check::{CheckContext, check};
pub use codes::{INCLUDE_CIRCULAR, TOO_MANY_STEPS};
pub use explain::{all_codes, explain};
pub use load::{Limits, load_runbook};
pub use model::{AbortSpec, DrillSpec, InputSpec, PhaseSpec, PhaseStyle, Probe, Runbook, StepSpec};
pub use read::{RUNBOOK_KEYS, STEP_KEYS};

pub use crate::value::InputType;
