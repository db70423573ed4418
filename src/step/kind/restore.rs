//! `restore`: a table as it was, in a new table.

use chrono::DateTime;

use crate::source::Diagnostic;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::codes::RESTORE;
use crate::value::{RefAt, Template, template};

/// The keys of `restore`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("table", KeyType::Template, "The DynamoDB table that is restored, by name. It is only read."),
    KeySpec::optional(
        "as",
        KeyType::Template,
        "TABLE-checkride-TIME-ID, by the run's id",
        "The name of the new table. The step fails when there is one of that name.",
    ),
    KeySpec::optional(
        "from",
        KeyType::Choice(&["point-in-time", "backup"]),
        "point-in-time",
        "What it is restored from: the table's continuous backups, or a backup made on demand.",
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
        "The largest table that is restored, in GiB: what AWS bills is counted by that.",
    ),
    KeySpec::optional(
        "settings",
        KeyType::Choice(&["restore", "report"]),
        "restore",
        "What becomes of the settings that a restore does not carry over: time to live, tags, streams, scaling and such. \
         `restore` puts back on the new table what can be put back and reports the rest; `report` changes nothing.",
    ),
];

/// What a table is restored from.
#[derive(Clone, Debug, PartialEq)]
pub enum RestoreFrom {
    /// Its continuous backups, to this time; none: the latest.
    PointInTime(Option<Template>),
    /// A backup, by its ARN; none: one that is made first.
    Backup(Option<Template>),
}

/// Restores a table into a new one.
#[derive(Clone, Debug, PartialEq)]
pub struct Restore {
    /// The table.
    pub table: Template,
    /// The name of the new one; none: made of the table's and the run's.
    pub name: Option<Template>,
    /// What it is restored from.
    pub from: RestoreFrom,
    /// The largest table that is restored, in GiB.
    pub max_gib: u32,
    /// Whether the settings that a restore does not carry over are put back; if not, they are only reported.
    pub put_back: bool,
}

/// The largest table that is restored when nothing is said, in GiB.
const MAX_GIB: u32 = 100;

impl Restore {
    /// Reads the keys of `restore`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (at, backup) = (template(table, "at"), template(table, "backup"));
        let from_backup = table.choice("from").is_some_and(|word| word.value == "backup");
        let fault = |key: &str, message: String, help: &str| {
            let span = table.key_span(key).unwrap_or(table.span());
            table.reader().push(Diagnostic::error(RESTORE, message).at(span, "").help(help.to_owned()));
        };
        if from_backup && at.is_some() {
            fault(
                "at",
                "a backup holds one time only: its own".to_owned(),
                "leave `at` out, or restore `from = \"point-in-time\"`",
            );
        }
        if !from_backup && backup.is_some() {
            fault("backup", "a restore to a point in time takes no backup".to_owned(), "say `from = \"backup\"`");
        }
        if let Some(text) =
            at.as_ref().and_then(Template::literal).filter(|text| DateTime::parse_from_rfc3339(text).is_err())
        {
            fault("at", format!("`{text}` is no time"), "RFC 3339, with the offset: `2026-11-22T08:15:00Z`");
        }
        let max_gib =
            table.integer("max_gib", 1, 1_000_000).and_then(|gib| u32::try_from(gib.value).ok()).unwrap_or(MAX_GIB);
        let put_back = table.choice("settings").is_none_or(|word| word.value == "restore");
        let name = template(table, "as");
        let source = template(table, "table")?;
        let from = if from_backup { RestoreFrom::Backup(backup) } else { RestoreFrom::PointInTime(at) };
        Some(Self { table: source, name, from, max_gib, put_back })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let from = match &self.from {
            RestoreFrom::PointInTime(template) | RestoreFrom::Backup(template) => template,
        };
        std::iter::once(&self.table).chain(&self.name).chain(from).flat_map(Template::refs).collect()
    }
}
