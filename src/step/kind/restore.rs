//! `restore`: something as it was, as something new.

mod bucket;
mod database;
mod secret;
mod stack;
mod table;

use crate::source::Diagnostic;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::codes::RESTORE;
use crate::step::kind::stack::CAPABILITIES;
use crate::step::kind::subject::{Subject, read_subject};
use crate::value::RefAt;

pub use bucket::{BucketRestore, ObjectsFrom, ObjectsInto};
pub use database::{DatabaseFrom, DatabaseRestore, DatabaseShape};
pub use secret::{SecretRecovery, unfit};
pub use stack::{StackFrom, StackRedeploy};
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
        KeyType::Choice(&["point-in-time", "backup", "snapshot", "versions", "replica", "evidence", "live"]),
        "point-in-time; versions of a bucket; evidence of a stack",
        "What it is restored from. A table or a database: the continuous backups, or a backup made on demand, which RDS calls a \
         snapshot. A bucket: the versions that it keeps, or the bucket that it is replicated to. A stack: what a run has on \
         record of it, or the stack as it stands.",
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
    KeySpec::optional(
        "stack",
        KeyType::Template,
        "",
        "The CloudFormation stack that is redeployed into a clean one, by name. It is only read, and need not be there.",
    ),
    KeySpec::optional(
        "run",
        KeyType::Template,
        "the last run that has the stack on record",
        "The run whose record of the stack is redeployed. Its evidence is verified first.",
    ),
    KeySpec::optional(
        "parameters",
        KeyType::Map(&KeyType::Any),
        "",
        "Parameters of the clean stack that are not as they were: names that would collide, and what is on no record (NoEcho).",
    ),
    KeySpec::optional(
        "capabilities",
        KeyType::List(&KeyType::Choice(CAPABILITIES)),
        "[]",
        "What the template may do beyond ordinary resources, beside what is on record.",
    ),
    KeySpec::optional("upload_bucket", KeyType::Template, "", "The bucket for a template of more than 51,200 bytes."),
    KeySpec::optional(
        "secret",
        KeyType::Template,
        "",
        "The secret of Secrets Manager whose value a new one gets, by name or ARN. It is only read.",
    ),
    KeySpec::optional(
        "stage",
        KeyType::Template,
        "AWSCURRENT",
        "The word for the version whose value is taken: `AWSPREVIOUS` is the one before the last change.",
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
    Subject {
        key: "stack",
        required: &[],
        keys: &["as", "from", "run", "parameters", "capabilities", "upload_bucket"],
        read: |table| StackRedeploy::read(table).map(Restore::Stack),
    },
    Subject {
        key: "secret",
        required: &[],
        keys: &["as", "stage"],
        read: |table| SecretRecovery::read(table).map(Restore::Secret),
    },
    Subject {
        key: "bucket",
        required: &[],
        keys: &["prefix", "as", "into", "from", "replica", "at", "max_gib"],
        read: |table| BucketRestore::read(table).map(Restore::Bucket),
    },
];

/// The word of `from`, when what is restored knows it.
fn from_word(table: &Table<'_>, subject: &str, words: &[&str]) -> Option<&'static str> {
    let word = table.choice("from")?;
    if words.contains(&word.value) {
        return Some(word.value);
    }
    let message = format!("`from = \"{}\"` is not for a `{subject}`", word.value);
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
    /// A stack, into a clean one.
    Stack(StackRedeploy),
    /// A secret.
    Secret(SecretRecovery),
    /// Objects of a bucket.
    Bucket(BucketRestore),
}

impl Restore {
    /// Reads the keys of `restore`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        read_subject(SUBJECTS, KEYS, RESTORE, "restores", table)
    }

    /// Whether the step itself asks before it changes something: it shows what, first.
    pub fn confirms_itself(&self) -> bool {
        match self {
            Self::Stack(_) => true,
            Self::Table(_) | Self::Database(_) | Self::Bucket(_) | Self::Secret(_) => false,
        }
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        match self {
            Self::Table(restore) => restore.refs(),
            Self::Database(restore) => restore.refs(),
            Self::Stack(restore) => restore.refs(),
            Self::Secret(restore) => restore.refs(),
            Self::Bucket(restore) => restore.refs(),
        }
    }
}
