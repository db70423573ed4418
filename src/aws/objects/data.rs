//! What S3 says of versions, as plain data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One version of an object, or one delete marker.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ObjectVersion {
    /// The object's key.
    pub key: String,
    /// The version's id; `null` for one that was written while versioning was not on.
    pub version: String,
    /// When it was written: to the second on AWS. Of an object that came in parts, when its upload began.
    pub modified: DateTime<Utc>,
    /// Whether it is the current one.
    pub latest: bool,
    /// Whether it is a delete marker: there is no object, and what follows is empty.
    pub marker: bool,
    /// Bytes.
    pub size: u64,
    /// The entity tag, without its quotes.
    pub etag: String,
    /// `STANDARD`, `GLACIER` …
    pub storage_class: String,
}

/// Where a listing goes on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Marker {
    /// After this key,
    pub key: String,
    /// or within it, after this version.
    pub version: Option<String>,
}

/// One page of a listing: by key, the versions of a key newest first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionsPage {
    /// The versions.
    pub versions: Vec<ObjectVersion>,
    /// Where the next page begins, if there is one.
    pub next: Option<Marker>,
}

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Versioning {
    /// It does.
    Enabled,
    /// It did: what is written now replaces the version `null` for ever.
    Suspended,
    /// It never did.
    Never,
}

/// What there is of an object at a look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectHead {
    /// The version's id; none in a bucket that keeps none.
    pub version: Option<String>,
    /// Bytes.
    pub size: u64,
    /// The entity tag, without its quotes.
    pub etag: String,
}

/// How the copy of one version ended that S3 did not refuse.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CopyEnd {
    /// It is on top.
    Copied {
        /// The id of the new version.
        version: String,
        /// Its entity tag: that of the version copied, unless the object is encrypted by KMS or was written in parts.
        etag: String,
    },
    /// It lies in an archive, and was not brought back from there.
    Archived,
    /// It is encrypted with a key of the customer's own, which only they have.
    CustomerKey,
}

/// Who hears of what is written into a bucket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Carriers {
    /// What it sends notifications to, in words.
    pub notified: Vec<&'static str>,
    /// Where it is replicated to.
    pub replicas: Vec<Replica>,
}

/// A bucket that another one is replicated to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Replica {
    /// Its name.
    pub bucket: String,
    /// Its account, where the rule says it.
    pub account: Option<String>,
}

/// An upload in parts that has not ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Upload {
    /// The key that it was to be.
    pub key: String,
    /// Its id.
    pub id: String,
}

/// A version that was not taken away.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unremoved {
    /// Its key.
    pub key: String,
    /// The code of why.
    pub code: String,
    /// Why.
    pub why: String,
}

/// How the writing of an object ended that S3 did not refuse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PutEnd {
    /// It is there.
    Written,
    /// There was one under its key already, which stays.
    Taken,
}

/// What S3 says that an object holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectContent {
    /// Bytes.
    pub size: u64,
    /// The entity tag, without its quotes.
    pub etag: String,
    /// Whether the tag says nothing of what it holds: it is encrypted by KMS, or with a key of the customer's.
    pub hides_etag: bool,
    /// The checksums that S3 keeps of it, by algorithm.
    pub checksums: BTreeMap<&'static str, String>,
    /// Whether those are made of the checksums of its parts: they depend on how it was cut.
    pub of_parts: bool,
}
