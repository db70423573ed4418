//! `restore` of a cluster or an instance of RDS: as it was, as a new one.

use chrono::DateTime;

use crate::source::Diagnostic;
use crate::source::reader::Table;
use crate::step::kind::codes::RESTORE;
use crate::step::kind::restore::from_word;
use crate::value::{RefAt, Template, template};

/// What of RDS a step is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DatabaseShape {
    /// A cluster of Aurora.
    Cluster,
    /// An instance that stands alone.
    Instance,
}

impl DatabaseShape {
    /// The word for it, which is also the key that names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Instance => "instance",
        }
    }
}

/// What a database is restored from.
#[derive(Clone, Debug, PartialEq)]
pub enum DatabaseFrom {
    /// Its automated backups, to this time; none: the latest.
    PointInTime(Option<Template>),
    /// A snapshot, by its name or ARN; none: one that is made first.
    Snapshot(Option<Template>),
}

/// Restores a database into a new one.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseRestore {
    /// What it is.
    pub shape: DatabaseShape,
    /// The cluster or the instance.
    pub source: Template,
    /// The name of the new one; none: made of the source's and the run's.
    pub name: Option<Template>,
    /// What it is restored from.
    pub from: DatabaseFrom,
    /// The largest one that is restored, in GiB.
    pub max_gib: u32,
    /// The class of its instances; none: the source's.
    pub class: Option<Template>,
    /// How many instances a cluster gets.
    pub instances: u32,
    /// Whether the settings that are not as at the source are put back; if not, they are only reported.
    pub put_back: bool,
}

/// The largest database that is restored when nothing is said, in GiB.
const MAX_GIB: u32 = 100;
/// The most instances that a cluster has (Amazon Aurora User Guide, "Quotas and constraints": a writer and 15 readers).
const MAX_INSTANCES: i64 = 16;

impl DatabaseRestore {
    /// Reads the keys of a step that restores a cluster.
    pub(super) fn read_cluster(table: &Table<'_>) -> Option<Self> {
        Self::read(table, DatabaseShape::Cluster)
    }

    /// Reads the keys of a step that restores an instance.
    pub(super) fn read_instance(table: &Table<'_>) -> Option<Self> {
        Self::read(table, DatabaseShape::Instance)
    }

    fn read(table: &Table<'_>, shape: DatabaseShape) -> Option<Self> {
        let (at, snapshot) = (template(table, "at"), template(table, "snapshot"));
        let from_snapshot = from_word(table, shape.word(), &["point-in-time", "snapshot"]) == Some("snapshot");
        let fault = |key: &str, message: String, help: &str| {
            let span = table.key_span(key).unwrap_or(table.span());
            table.reader().push(Diagnostic::error(RESTORE, message).at(span, "").help(help.to_owned()));
        };
        if from_snapshot && at.is_some() {
            fault(
                "at",
                "a snapshot holds one time only: its own".to_owned(),
                "leave `at` out, or restore `from = \"point-in-time\"`",
            );
        }
        if !from_snapshot && snapshot.is_some() {
            fault("snapshot", "a restore to a point in time takes no snapshot".to_owned(), "say `from = \"snapshot\"`");
        }
        if let Some(text) =
            at.as_ref().and_then(Template::literal).filter(|text| DateTime::parse_from_rfc3339(text).is_err())
        {
            fault("at", format!("`{text}` is no time"), "RFC 3339, with the offset: `2026-11-22T08:15:00Z`");
        }
        let whole = |key: &str, most: i64| table.integer(key, 1, most).and_then(|it| u32::try_from(it.value).ok());
        let max_gib = whole("max_gib", 1_000_000).unwrap_or(MAX_GIB);
        let instances = whole("instances", MAX_INSTANCES).unwrap_or(1);
        let put_back = table.choice("settings").is_none_or(|word| word.value == "restore");
        let (name, class) = (template(table, "as"), template(table, "class"));
        let source = template(table, shape.word())?;
        let from = if from_snapshot { DatabaseFrom::Snapshot(snapshot) } else { DatabaseFrom::PointInTime(at) };
        Some(Self { shape, source, name, from, max_gib, class, instances, put_back })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let from = match &self.from {
            DatabaseFrom::PointInTime(template) | DatabaseFrom::Snapshot(template) => template,
        };
        let all = std::iter::once(&self.source).chain(&self.name).chain(from).chain(&self.class);
        all.flat_map(Template::refs).collect()
    }
}
