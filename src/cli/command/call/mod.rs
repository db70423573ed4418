//! `checkride call`: one read of the AWS API, as JSON.
//!
//! The account is guarded as for a run, and what is called is a read by type: a write is refused before anything is sent.

mod complete;
mod failed;
mod find;
mod input;
mod query;
mod run;
mod shown;

pub(super) use run::call;
