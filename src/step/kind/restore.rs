//! `restore`: something as it was, as something new.

mod secret;
mod stack;
mod table;

use crate::source::Diagnostic;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::codes::RESTORE;
use crate::step::kind::stack::CAPABILITIES;
use crate::step::kind::subject::{Subject, read_subject};
use crate::value::RefAt;

pub use secret::{SecretRecovery, unfit};
pub use stack::{StackFrom, StackRedeploy};
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
        KeyType::Choice(&["point-in-time", "backup", "evidence", "live"]),
        "point-in-time; evidence of a stack",
        "What it is restored from. A table: the continuous backups, or a backup made on demand. A stack: what a run has on \
         record of it, or the stack as it stands.",
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
        read: |table| {
            from_one_of(table, &["point-in-time", "backup"]);
            TableRestore::read(table).map(Restore::Table)
        },
    },
    Subject {
        key: "stack",
        required: &[],
        keys: &["as", "from", "run", "parameters", "capabilities", "upload_bucket"],
        read: |table| {
            from_one_of(table, &["evidence", "live"]);
            StackRedeploy::read(table).map(Restore::Stack)
        },
    },
    Subject {
        key: "secret",
        required: &[],
        keys: &["as", "stage"],
        read: |table| SecretRecovery::read(table).map(Restore::Secret),
    },
];

/// Refuses a word of `from` that is for another subject.
fn from_one_of(table: &Table<'_>, words: &[&str]) {
    if let Some(word) = table.choice("from").filter(|word| !words.contains(&word.value)) {
        let message = format!("`{}` is not what this is restored from", word.value);
        let help = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
        table.reader().push(Diagnostic::error(RESTORE, message).at(word.span, "").help(help));
    }
}

/// Restores something into something new, which belongs to the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Restore {
    /// A `DynamoDB` table.
    Table(TableRestore),
    /// A stack, into a clean one.
    Stack(StackRedeploy),
    /// A secret.
    Secret(SecretRecovery),
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
            Self::Table(_) | Self::Secret(_) => false,
        }
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        match self {
            Self::Table(restore) => restore.refs(),
            Self::Stack(restore) => restore.refs(),
            Self::Secret(restore) => restore.refs(),
        }
    }
}
