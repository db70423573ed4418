//! What a step can be.
//!
//! A kind is data (what the file says) and a contract ([`ReadAction`], [`WriteAction`]). `kind.rs` alone lists the kinds. To
//! add one: a file in `kind/`, its line in `kind.rs`, a golden case in `tests/corpus/valid/`, a line in CHANGELOG.md.
//!
//! A step prints nothing and knows no terminal. All that it may touch is in its context; what it cannot reach there it
//! cannot do. A [`ReadContext`] holds no write.

mod action;
pub mod aws;
pub mod bake;
mod before;
mod calls;
pub mod check;
pub mod command;
mod context;
mod doors;
pub mod drill;
mod effect;
mod end;
mod error;
pub mod file;
pub mod http;
pub mod inverse;
pub mod kind;
mod operator;
mod pause;
mod policy;
mod records;
mod rehearse;
pub mod s3;
pub mod stack;
mod task;
mod terminal;
mod wait;
mod yaml;

pub use action::{Hidden, Probed, Ran, ReadAction, StepStop, WriteAction};
pub use before::Befores;
pub use calls::{CallOn, Target, calls, calls_to_observe};
pub use context::{
    ArtifactSink, ArtifactStore, AttemptMessage, CalledBack, Cancel, CancelHandle, Intent, LetIn, NewEffect,
    ReadContext, WriteContext,
};
pub use doors::{Accepted, Doors, Refused};
pub use error::error_map;
pub use operator::{NoAnswer, Operator};
pub use policy::{Confirmation, Effect, OnFailure, OnUnknown, Retry};
pub use records::{NoRecord, NoRecords, StackOnRecord, StackRecords, StackWanted};
pub use rehearse::rehearse;
pub(crate) use task::command_task;
pub use task::{Given, Task, TaskFault, outline};
pub use terminal::{Lender, Loan};
pub use wait::{WaiterSays, ask_waiter, span_words, waiter_sees};
