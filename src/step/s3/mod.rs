//! What the kind `s3-restore` does: the objects under a prefix as they were at a time, from their versions.
//!
//! The versions are listed page by page; of each key the one is found that was current then. What is so still needs
//! nothing; otherwise that version is copied on top. No version is ever taken away: what was written since lies
//! beneath, and can be put back in the same way. What is kept of an object that was copied is eight bytes, of any other
//! nothing: ten million keys fit.
//!
//! Copies are made in batches. One intent stands for a batch, whose list is a file of the run, named in the intent by
//! its digest; what became of each object is another file, named when the batch is settled. So ten thousand objects
//! cost forty intents. Whoever takes a run up knows by the files what was copied, and looks at the one batch that was
//! cut off: an object with a new version on top, of the same entity tag and size, was copied. Where a copy has another
//! tag than its source (KMS, an upload in parts) that does not tell: it is copied once more, which harms nothing.
//!
//! What S3 does not say, nobody can put back: a version that a lifecycle rule has taken away looks as if it had never
//! been, and one that was replaced while versioning was not on is gone. The latter leaves a version `null` younger than
//! the time, and is named.

mod ask;
mod batch;
mod find;
mod halt;
mod one;
mod ours;
mod pace;
mod pass;
mod rehearse;
mod story;
mod take_up;
mod task;
mod walk;
mod work;

pub(in crate::step) use batch::{Job, Made, SIZE};
pub(in crate::step) use find::Key;
pub(in crate::step) use one::{Try, WhyNot};
pub(in crate::step) use pace::{Pace, WIDEST};
pub(in crate::step) use rehearse::rehearse;
pub(in crate::step) use story::{Names, bytes, objects};
pub use task::S3RestoreTask;
pub(in crate::step) use walk::Walk;
pub(in crate::step) use work::{Worked, work};
