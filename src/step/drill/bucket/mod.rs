//! Buckets and their objects: restored into a place of the run's own, marked, compared, removed.

mod calls;
mod check;
mod compare;
mod copies;
mod found;
mod home;
mod join;
mod listing;
mod marker;
mod place;
mod remove;
mod restore;
mod tally;

pub(super) use calls::{of_bucket_cleanup, of_bucket_compare, of_bucket_marker, of_bucket_restore};
pub use compare::BucketCompareTask;
pub(super) use home::home_of_reads;
pub(super) use marker::{BucketMarkers, holds};
pub use place::Target;
pub use restore::{BucketRestoreTask, ObjectsPlan};
