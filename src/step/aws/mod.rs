//! What the kind `aws` does: one operation of the AWS API, its answer becomes `out`.
//!
//! A read is made by a door that holds reads only, and repeated by the SDK. A change is one effect: its intent is on disk
//! before it is sent, and what is known of it after. It is sent once; again only where the service knows a repetition by the
//! token, which comes from the journal.
//!
//! Before a change of a setting that is known to have a way back ([`crate::step::inverse`]), what is there is read and put on
//! record; the kind `aws-restore` puts it back.

mod answer;
mod answers;
mod capture;
mod effect;
mod rehearse;
mod restore;
mod task;

pub use answers::{AnswerRoom, Answers};
pub(in crate::step) use rehearse::rehearse;
pub use restore::RestoreTask;
pub use task::AwsTask;
