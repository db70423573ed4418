//! `restore`: something as it was, as something new.

mod database;
mod table;

use crate::source::Diagnostic;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::codes::RESTORE;
use crate::step::kind::subject::{Subject, read_subject};
use crate::value::RefAt;

pub use database::{DatabaseFrom, DatabaseRestore, DatabaseShape};
pub use table::{RestoreFrom, TableRestore};

/// The keys of `restore`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::optional("table", KeyType::Template, "", "The DynamoDB table that is restored, by name. It is only read."),
    KeySpec::optional(
        "cluster",
        KeyType::Template,
        "",
        "The Aurora cluster that is restored, by name. It is only read. The new one is a full copy, in the same subnets and security groups.",
    ),
    KeySpec::optional(
        "instance",
        KeyType::Template,
        "",
        "The RDS instance that is restored, by name: one that stands alone. It is only read.",
    ),
    KeySpec::optional(
        "as",
        KeyType::Template,
        "SOURCE-checkride-TIME-ID, by the run's id",
        "The name of what is new. The step fails when there is one of that name.",
    ),
    KeySpec::optional(
        "from",
        KeyType::Choice(&["point-in-time", "backup", "snapshot"]),
        "point-in-time",
        "What it is restored from: the continuous backups, or a backup made on demand, which RDS calls a snapshot.",
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
        "snapshot",
        KeyType::Template,
        "one that the step makes",
        "The snapshot, by name or ARN. Without one the step makes a snapshot of the database first, which belongs to the run.",
    ),
    KeySpec::optional(
        "class",
        KeyType::Template,
        "that of the instance that writes",
        "The class of the instances that the new database gets: `db.r6g.large`, `db.serverless`.",
    ),
    KeySpec::optional("instances", KeyType::Integer, "1", "How many instances the new cluster gets."),
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
        key: "cluster",
        required: &[],
        keys: &["as", "from", "at", "snapshot", "class", "instances", "max_gib", "settings"],
        read: |table| DatabaseRestore::read_cluster(table).map(Restore::Database),
    },
    Subject {
        key: "instance",
        required: &[],
        keys: &["as", "from", "at", "snapshot", "class", "max_gib", "settings"],
        read: |table| DatabaseRestore::read_instance(table).map(Restore::Database),
    },
];

/// The word of `from`, when what is restored knows it.
fn from_word(table: &Table<'_>, subject: &str, words: &[&str]) -> Option<&'static str> {
    let word = table.choice("from")?;
    if words.contains(&word.value) {
        return Some(word.value);
    }
    let message = format!("a `{subject}` is not restored from a {}", word.value);
    let known = words.iter().map(|word| format!("`from = \"{word}\"`")).collect::<Vec<_>>().join(" or ");
    table.reader().push(Diagnostic::error(RESTORE, message).at(word.span, "").help(known));
    None
}

/// Restores something into something new, which belongs to the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Restore {
    /// A `DynamoDB` table.
    Table(TableRestore),
    /// A cluster or an instance of RDS.
    Database(DatabaseRestore),
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
            Self::Database(restore) => restore.refs(),
        }
    }
}
