//! `compare`: whether two places hold the same.

mod clusters;
mod tables;

use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::codes::COMPARE;
use crate::step::kind::subject::{Subject, read_subject};
use crate::value::RefAt;

pub use clusters::ClusterCompare;
pub use tables::{CompareHow, TableCompare};

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
    KeySpec::optional("with", KeyType::Template, "", "The table or cluster that is held against it, by name."),
    KeySpec::optional(
        "how",
        KeyType::Choice(&["count", "sample", "full"]),
        "full",
        "Whether items are counted, some are compared by hash, or all are.",
    ),
    KeySpec::optional("sample", KeyType::Integer, "1000", "How many items a sample has."),
    KeySpec::optional(
        "tolerance",
        KeyType::Integer,
        "0",
        "How many items may be missing, different or too many: what is written while the source goes on.",
    ),
];

/// What can be compared.
static SUBJECTS: &[Subject<Compare>] = &[
    Subject {
        key: "table",
        required: &["with"],
        keys: &["how", "sample", "tolerance"],
        read: |table| TableCompare::read(table).map(Compare::Tables),
    },
    Subject {
        key: "cluster",
        required: &["with"],
        keys: &[],
        read: |table| ClusterCompare::read(table).map(Compare::Clusters),
    },
];

/// Compares two places.
#[derive(Clone, Debug, PartialEq)]
pub enum Compare {
    /// Two `DynamoDB` tables.
    Tables(TableCompare),
    /// Two Aurora clusters.
    Clusters(ClusterCompare),
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
        }
    }
}
