//! `restore` of objects: as they were at a time, in another bucket.

use chrono::DateTime;

use crate::source::Diagnostic;
use crate::source::reader::Table;
use crate::step::kind::codes::{RESTORE, RESTORE_PLACE};
use crate::step::kind::restore::from_word;
use crate::step::kind::s3_restore::is_bucket;
use crate::value::{RefAt, Template, template};

/// What objects are restored from.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectsFrom {
    /// The versions that their own bucket keeps.
    Versions,
    /// A bucket that they are replicated to.
    Replica(Template),
}

/// Where they go.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectsInto {
    /// A new bucket; its name, or one made of the source's and the run's.
    New(Option<Template>),
    /// A bucket that is there, under a prefix of the run's own.
    Existing(Template),
}

/// Restores objects into another bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketRestore {
    /// The bucket.
    pub bucket: Template,
    /// The beginning of the keys; none: all.
    pub prefix: Option<Template>,
    /// What they are restored from.
    pub from: ObjectsFrom,
    /// The time; none: now.
    pub at: Option<Template>,
    /// Where they go.
    pub into: ObjectsInto,
    /// The most that is restored, in GiB.
    pub max_gib: u32,
}

/// The most that is restored when nothing is said, in GiB.
const MAX_GIB: u32 = 100;

impl BucketRestore {
    /// Reads the keys of a step that restores objects.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (prefix, at, replica) = (template(table, "prefix"), template(table, "at"), template(table, "replica"));
        let (name, into) = (template(table, "as"), template(table, "into"));
        let bucket = template(table, "bucket")?;
        let fault = |key: &str, message: String, help: &str| {
            let span = table.key_span(key).unwrap_or(table.span());
            table.reader().push(Diagnostic::error(RESTORE, message).at(span, "").help(help.to_owned()));
        };
        let of_replica = from_word(table, "bucket", &["versions", "replica"]) == Some("replica");
        let from = match (of_replica, replica) {
            (true, Some(replica)) => ObjectsFrom::Replica(replica),
            (true, None) => {
                fault(
                    "from",
                    "it is not said which bucket the replica is".to_owned(),
                    "name it: `replica = \"BUCKET\"`",
                );
                ObjectsFrom::Versions
            }
            (false, Some(_)) => {
                fault("replica", "a restore from versions has no replica".to_owned(), "say `from = \"replica\"`");
                ObjectsFrom::Versions
            }
            (false, None) => ObjectsFrom::Versions,
        };
        if let Some(text) =
            at.as_ref().and_then(Template::literal).filter(|text| DateTime::parse_from_rfc3339(text).is_err())
        {
            fault("at", format!("`{text}` is no time"), "RFC 3339, with the offset: `2026-11-22T08:15:00Z`");
        }
        if name.is_some() && into.is_some() {
            let help = "leave `as` out, or `into`";
            fault("as", "`as` names a new bucket, and `into` one that is there".to_owned(), help);
        }
        let place = |template: &Template, message: String, help: &str| {
            let fault = Diagnostic::error(RESTORE_PLACE, message).at(template.span(), "");
            table.reader().push(fault.help(help.to_owned()));
        };
        let replica = match &from {
            ObjectsFrom::Replica(replica) => Some(replica),
            ObjectsFrom::Versions => None,
        };
        for template in std::iter::once(&bucket).chain(&name).chain(&into).chain(replica) {
            if let Some(text) = template.literal().filter(|text| !is_bucket(text)) {
                let help = "the name alone: neither `s3://…` nor an ARN, and no path";
                place(template, format!("`{text}` is no name of a bucket"), help);
            }
        }
        if let Some(into) = &into
            && into.literal().is_some()
            && into.literal() == bucket.literal()
        {
            let help = "name another bucket, or leave `into` out: a new one is made";
            place(into, "what is restored would be put into the bucket that it is restored from".to_owned(), help);
        }
        if let Some(template) = &prefix
            && let Some(text) = template.literal().filter(|text| text.starts_with('/') || text.contains("s3://"))
        {
            let help = "a key has no `/` at its beginning: `web/`";
            place(template, format!("no key begins with `{text}`, as a rule"), help);
        }
        let max_gib =
            table.integer("max_gib", 1, 1_000_000).and_then(|gib| u32::try_from(gib.value).ok()).unwrap_or(MAX_GIB);
        let into = into.map_or(ObjectsInto::New(name), ObjectsInto::Existing);
        Some(Self { bucket, prefix, from, at, into, max_gib })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let from = match &self.from {
            ObjectsFrom::Versions => None,
            ObjectsFrom::Replica(replica) => Some(replica),
        };
        let into = match &self.into {
            ObjectsInto::New(name) => name.as_ref(),
            ObjectsInto::Existing(bucket) => Some(bucket),
        };
        let all = std::iter::once(&self.bucket).chain(&self.prefix).chain(from).chain(&self.at).chain(into);
        all.flat_map(Template::refs).collect()
    }
}
