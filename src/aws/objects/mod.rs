//! Versions of objects in a bucket: listed page by page, and copied back on top, or to another place.
//!
//! No verb here takes a version away: an object is hidden by a delete marker, never by its version. Each call says
//! whose the bucket must be (`ExpectedBucketOwner`): a bucket of that name in another account is refused by S3.

mod copy;
mod data;
mod encode;
mod parts;
mod reads;
mod writes;

pub use data::{CopyEnd, Marker, ObjectHead, ObjectVersion, Versioning, VersionsPage};
pub use parts::LARGEST_COPY;
pub use reads::ObjectReads;
pub use writes::ObjectWrites;
