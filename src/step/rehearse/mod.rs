//! The rollback rehearsal: what an undo will need, looked for before anything is changed.
//!
//! Each kind knows what its own undo needs (`step/stack/rehearse`, `step/aws/rehearse.rs`, `step/command/rehearse.rs`,
//! `step/s3/rehearse.rs`); what several of them ask is here. Every call is made by the door that holds reads only, each
//! look has its end, and what is found stands in the same order each time.

mod ask;
mod pair;
mod permissions;
mod snapshots;

pub(in crate::step) use ask::{Asked, Look, Untold, all, asked, patiently, says_gone, told};
pub use pair::rehearse;
pub(in crate::step) use permissions::permissions;
