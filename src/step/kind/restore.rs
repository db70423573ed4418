//! `restore`: something as it was, as something new.

mod bucket;
mod table;

use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::codes::RESTORE;
use crate::step::kind::subject::{Subject, read_subject};
use crate::value::RefAt;

pub use bucket::{BucketRestore, ObjectsFrom, ObjectsInto};
pub use table::{RestoreFrom, TableRestore};

/// The keys of `restore`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::optional("table", KeyType::Template, "", "The DynamoDB table that is restored, by name. It is only read."),
    KeySpec::optional(
        "bucket",
        KeyType::Template,
        "",
        "The bucket whose objects are restored, by name. It is only read.",
    ),
    KeySpec::optional(
        "prefix",
        KeyType::Template,
        "",
        "The beginning of the keys that are restored; every key of the bucket when it is not given.",
    ),
    KeySpec::optional(
        "as",
        KeyType::Template,
        "SOURCE-checkride-TIME-ID, by the run's id",
        "The name of what is new. The step fails when there is one of that name.",
    ),
    KeySpec::optional(
        "from",
        KeyType::Choice(&["point-in-time", "backup", "versions", "replica"]),
        "point-in-time; versions for a bucket",
        "What it is restored from: of a table the continuous backups, or a backup made on demand; of a bucket the versions \
         that it keeps, or the bucket that it is replicated to.",
    ),
    KeySpec::optional(
        "replica",
        KeyType::Template,
        "",
        "The bucket that is the source with `from = \"replica\"`, of any region.",
    ),
    KeySpec::optional(
        "into",
        KeyType::Template,
        "a new bucket",
        "A bucket that is there: the objects go under `checkride/RUN/` in it, and over nothing. A drill names it in `touches`.",
    ),
    KeySpec::optional(
        "at",
        KeyType::Template,
        "the latest time that can be restored",
        "The time to restore to, to the second (RFC 3339). The step waits until that time can be restored.",
    ),
    KeySpec::optional(
        "backup",
        KeyType::Template,
        "one that the step makes",
        "The backup, by ARN. Without one the step makes a backup of the table first, which belongs to the run.",
    ),
    KeySpec::optional(
        "max_gib",
        KeyType::Integer,
        "100",
        "The largest source that is restored, in GiB: what AWS bills is counted by that.",
    ),
    KeySpec::optional(
        "settings",
        KeyType::Choice(&["restore", "report"]),
        "restore",
        "What becomes of the settings that a restore does not carry over: time to live, tags, streams, scaling and such. \
         `restore` puts back on the new table what can be put back and reports the rest; `report` changes nothing.",
    ),
];

/// What can be restored.
static SUBJECTS: &[Subject<Restore>] = &[
    Subject {
        key: "table",
        required: &[],
        keys: &["as", "from", "at", "backup", "max_gib", "settings"],
        read: |table| TableRestore::read(table).map(Restore::Table),
    },
    Subject {
        key: "bucket",
        required: &[],
        keys: &["prefix", "as", "into", "from", "replica", "at", "max_gib"],
        read: |table| BucketRestore::read(table).map(Restore::Bucket),
    },
];

/// Restores something into something new, which belongs to the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Restore {
    /// A `DynamoDB` table.
    Table(TableRestore),
    /// Objects of a bucket.
    Bucket(BucketRestore),
}

impl Restore {
    /// Reads the keys of `restore`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        read_subject(SUBJECTS, KEYS, RESTORE, "restores", table)
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        match self {
            Self::Table(restore) => restore.refs(),
            Self::Bucket(restore) => restore.refs(),
        }
    }
}
