//! `restore`: something as it was, as something new.

mod table;

use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::codes::RESTORE;
use crate::step::kind::subject::{Subject, read_subject};
use crate::value::RefAt;

pub use table::{RestoreFrom, TableRestore};

/// The keys of `restore`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::optional("table", KeyType::Template, "", "The DynamoDB table that is restored, by name. It is only read."),
    KeySpec::optional(
        "as",
        KeyType::Template,
        "SOURCE-checkride-TIME-ID, by the run's id",
        "The name of what is new. The step fails when there is one of that name.",
    ),
    KeySpec::optional(
        "from",
        KeyType::Choice(&["point-in-time", "backup"]),
        "point-in-time",
        "What it is restored from: the continuous backups, or a backup made on demand.",
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
static SUBJECTS: &[Subject<Restore>] = &[Subject {
    key: "table",
    required: &[],
    keys: &["as", "from", "at", "backup", "max_gib", "settings"],
    read: |table| TableRestore::read(table).map(Restore::Table),
}];

/// Restores something into something new, which belongs to the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Restore {
    /// A `DynamoDB` table.
    Table(TableRestore),
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
        }
    }
}
