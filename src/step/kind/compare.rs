//! `compare`: whether two places hold the same.

mod buckets;
mod clusters;
mod tables;
mod tolerance;

use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::codes::COMPARE;
use crate::step::kind::subject::{Subject, read_subject};
use crate::value::RefAt;

pub use buckets::BucketCompare;
pub use clusters::ClusterCompare;
pub use tables::{CompareHow, TableCompare};
pub use tolerance::Tolerance;

/// The keys of `compare`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::optional("table", KeyType::Template, "", "The DynamoDB table that is right, by name."),
    KeySpec::optional(
        "cluster",
        KeyType::Template,
        "",
        "The Aurora cluster that is right, by name: engine, parameters, place, key, capacity and classes, as the API says them. \
         Its data need SQL, and are not compared.",
    ),
    KeySpec::optional("bucket", KeyType::Template, "", "The bucket that is right, by name."),
    KeySpec::optional("prefix", KeyType::Template, "", "The beginning of its keys that are compared."),
    KeySpec::optional("with", KeyType::Template, "", "The table, bucket or cluster that is held against it, by name."),
    KeySpec::optional(
        "with_prefix",
        KeyType::Template,
        "`prefix`",
        "The beginning of the keys there: what comes after it is the same on both sides.",
    ),
    KeySpec::optional(
        "at",
        KeyType::Template,
        "now",
        "The time (RFC 3339) whose versions in `bucket` count: what the other one was restored to.",
    ),
    KeySpec::optional(
        "how",
        KeyType::Choice(&["count", "sample", "full"]),
        "full",
        "Whether items or objects are counted, some are compared by hash, or all are.",
    ),
    KeySpec::optional("sample", KeyType::Integer, "1000", "How many items or objects a sample has."),
    KeySpec::optional(
        "tolerance",
        KeyType::Any,
        "0",
        "How many may be missing, different or too many: what is written while the source goes on. A number, or a template \
         that gives one: `\"${input.tolerance}\"`.",
    ),
];

/// What can be compared.
static SUBJECTS: &[Subject<Compare>] = &[
    Subject {
        key: "table",
        required: &["with"],
        keys: &["how", "sample", "tolerance"],
        read: |table| TableCompare::read(table).map(|it| Compare::Tables(Box::new(it))),
    },
    Subject {
        key: "cluster",
        required: &["with"],
        keys: &[],
        read: |table| ClusterCompare::read(table).map(Compare::Clusters),
    },
    Subject {
        key: "bucket",
        required: &["with"],
        keys: &["prefix", "with_prefix", "at", "how", "sample", "tolerance"],
        read: |table| BucketCompare::read(table).map(|it| Compare::Buckets(Box::new(it))),
    },
];

/// Compares two places.
#[derive(Clone, Debug, PartialEq)]
pub enum Compare {
    /// Two `DynamoDB` tables.
    Tables(Box<TableCompare>),
    /// Two Aurora clusters.
    Clusters(ClusterCompare),
    /// Objects of two buckets.
    Buckets(Box<BucketCompare>),
}

impl Compare {
    /// Reads the keys of `compare`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        read_subject(SUBJECTS, KEYS, COMPARE, "compares", table)
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        match self {
            Self::Tables(compare) => compare.refs(),
            Self::Clusters(compare) => compare.refs(),
            Self::Buckets(compare) => compare.refs(),
        }
    }
}
