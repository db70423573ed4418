//! The run itself.
//!
//! [`schedule::next`](schedule) is pure: it looks at the plan and at where the run stands, and says what to do. `run.rs` does it: one
//! loop on one thread, which owns the state; attempts are tasks with a line of their own. `recorder.rs` is the only way to
//! put something on record.
//!
//! # What becomes of a step that was under way when a session died
//!
//! | what the journal holds | what the run's files say | `on_unknown` | resume does |
//! |---|---|---|---|
//! | started, no effect intended; or a read, or a question | – | – | a new attempt: nothing was touched |
//! | every effect refused | – | – | a new attempt: nothing happened |
//! | an effect not settled | the command ended | any | its outcome goes on record; the failure policy if it failed |
//! | an effect not settled | the command still runs | any | waits for it and shows it; never starts it again |
//! | an effect not settled | the command never began | any | a new attempt |
//! | an effect done or not settled | nothing (its shim was killed; not a command) | `run-again` | a new attempt with the same token |
//! | an effect done or not settled | nothing | `probe` | asks the step's probe: done, not done, or on to a person |
//! | an effect done or not settled | nothing | none | asks the kind's own probe (a stack knows its change set), then a person |
//! | an effect done or not settled | nothing | `ask` | asks a person: it happened, it did not, abort; the answer and its reason are on record |
//! | unknown after the last attempt of this session | nothing | `run-again` | asks a person |
//! | failed, attempts left | – | – | the next attempt |
//! | failed, none left | – | – | the failure policy again |
//! | ended | – | – | never run again |
//!
//! With nobody there to ask, the run stops at the unknown effect with exit code 8. There is no default answer.

mod approve;
mod ask;
mod attach;
mod attempt;
mod bake;
mod behind;
mod criteria;
mod desk;
mod drill;
mod judge;
mod looks;
mod meaning;
mod observe;
mod open;
mod performer;
mod questions;
mod reach;
mod read;
mod readiness;
mod recorder;
mod rehearse;
mod remarks;
mod residue;
mod resolve;
mod run;
pub mod schedule;
mod shelf;
mod steady;
mod steps;
mod table;
mod verdict;
mod wait;
mod work;

pub use attempt::Judged;
pub use performer::{Ended, Performer, Task};
pub use recorder::{RecordError, Recorder};
pub use run::{Engine, EngineError, Opening, Request, RunEnd, Sitting};
pub use steps::Steps;
pub use table::{StepText, Table, afterwards};
pub use verdict::verdict;
