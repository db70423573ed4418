//! Versions of objects in a bucket: listed page by page, and copied back on top, or to another place.
//!
//! No verb takes a version away but those of `remove`, which are for what a run has made itself: an object is hidden by a
//! delete marker, never by its version. Each call says whose the bucket must be (`ExpectedBucketOwner`): a bucket of that
//! name in another account is refused by S3.

mod bucket;
mod content;
mod copy;
mod data;
mod encode;
mod make;
mod parts;
mod reads;
mod remove;
mod writes;

pub use bucket::Encryption;
pub use data::{
    Carriers, CopyEnd, Marker, ObjectContent, ObjectHead, ObjectVersion, PutEnd, Replica, Unremoved, Upload,
    Versioning, VersionsPage,
};
pub use parts::LARGEST_COPY;
pub use reads::ObjectReads;
pub use remove::MOST_REMOVED;
pub use writes::ObjectWrites;
