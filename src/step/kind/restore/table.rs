//! `restore` of a table: a table as it was, in a new table.

use chrono::DateTime;

use crate::source::Diagnostic;
use crate::source::reader::Table;
use crate::step::kind::codes::RESTORE;
use crate::step::kind::restore::from_word;
use crate::value::{RefAt, Template, template};

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
pub struct TableRestore {
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

impl TableRestore {
    /// Reads the keys of a step that restores a table.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (at, backup) = (template(table, "at"), template(table, "backup"));
        let from_backup = from_word(table, "table", &["point-in-time", "backup"]) == Some("backup");
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
