//! Which calls of AWS the steps of a drill make on buckets.

use crate::step::calls::{CallOn, Target};
use crate::step::kind::{BucketRestore, MarkerDoes, ObjectsInto};

/// What a restore reads, and how a copy is made: IAM asks for the version's reading and the object's writing.
const OF_COPIES: &[&str] = &[
    "AbortMultipartUpload",
    "CopyObject",
    "GetBucketEncryption",
    "GetBucketVersioning",
    "GetObjectTagging",
    "GetObjectVersion",
    "GetObjectVersionTagging",
    "HeadBucket",
    "HeadObject",
    "ListObjectVersions",
    "PutObject",
    "PutObjectTagging",
];

/// How a new bucket is made.
const OF_MAKING: &[&str] =
    &["CreateBucket", "PutBucketEncryption", "PutBucketTagging", "PutBucketVersioning", "PutPublicAccessBlock"];

/// What is read of two sides, and of their versions.
const OF_COMPARING: &[&str] = &["GetObject", "GetObjectVersion", "HeadBucket", "HeadObject", "ListObjectVersions"];

const OF_WRITING: &[&str] = &[
    "GetBucketNotificationConfiguration",
    "GetBucketReplication",
    "HeadBucket",
    "HeadObject",
    "ListObjectVersions",
    "PutObject",
];

const OF_CLEANUP: &[&str] = &[
    "AbortMultipartUpload",
    "DeleteBucket",
    "DeleteObject",
    "DeleteObjectVersion",
    "DeleteObjects",
    "GetBucketTagging",
    "HeadBucket",
    "ListMultipartUploads",
    "ListObjectVersions",
];

fn of_objects(operations: &[&'static str]) -> Vec<CallOn> {
    operations.iter().map(|operation| CallOn { service: "s3", operation, target: Target::Any }).collect()
}

pub(in crate::step::drill) fn of_bucket_restore(restore: &BucketRestore) -> Vec<CallOn> {
    let mut all = of_objects(OF_COPIES);
    match restore.into {
        ObjectsInto::New(_) => all.extend(of_objects(OF_MAKING)),
        ObjectsInto::Existing(_) => {}
    }
    all
}

pub(in crate::step::drill) fn of_bucket_compare() -> Vec<CallOn> {
    of_objects(OF_COMPARING)
}

pub(in crate::step::drill) fn of_bucket_marker(does: &MarkerDoes) -> Vec<CallOn> {
    of_objects(match does {
        MarkerDoes::Write { .. } => OF_WRITING,
        MarkerDoes::Read { .. } => &["HeadBucket", "HeadObject"],
    })
}

pub(in crate::step::drill) fn of_bucket_cleanup() -> Vec<CallOn> {
    of_objects(OF_CLEANUP)
}
