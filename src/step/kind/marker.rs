//! `marker`: items or objects with a time, written before a disaster, and read back after the restore.

use std::time::Duration;

use crate::source::Diagnostic;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::Effect;
use crate::step::kind::codes::MARKER;
use crate::value::{RefAt, Template, ValueTemplate, template, value_tree};

/// The keys of `marker`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::optional("table", KeyType::Template, "", "The DynamoDB table, by name."),
    KeySpec::optional("bucket", KeyType::Template, "", "The bucket, by name: a table or a bucket is named."),
    KeySpec::optional(
        "prefix",
        KeyType::Template,
        "",
        "The beginning of the markers' keys in the bucket: behind it stands `checkride-marker/`.",
    ),
    KeySpec::optional(
        "key",
        KeyType::Map(&KeyType::Any),
        "made for the table's key",
        "The attributes of the markers' key beside the one that counts them: the partition that they are kept in.",
    ),
    KeySpec::optional("count", KeyType::Integer, "3", "How many markers are written."),
    KeySpec::optional("every", KeyType::Duration, "1s", "The time between two of them: how exact the measure is."),
    KeySpec::optional(
        "written",
        KeyType::Template,
        "",
        "Read back: the markers that an earlier step has written, `${step.ID.markers}`. Nothing is written then.",
    ),
    KeySpec::optional(
        "at",
        KeyType::Template,
        "",
        "Read back: the time that was restored. What was written later must not be there.",
    ),
];

/// Where markers are.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkerIn {
    /// In a `DynamoDB` table.
    Table(Template),
    /// In a bucket.
    Bucket {
        /// Its name.
        bucket: Template,
        /// The beginning of the keys.
        prefix: Option<Template>,
    },
}

/// Writes markers, or reads them back.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// Where they are.
    pub place: MarkerIn,
    /// What is done.
    pub does: MarkerDoes,
}

/// What a `marker` step does.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkerDoes {
    /// Writes markers.
    Write {
        /// The attributes of their key that are given.
        key: Option<ValueTemplate>,
        /// How many.
        count: u32,
        /// The time between two.
        every: Duration,
    },
    /// Reads them back.
    Read {
        /// The markers, as the step that wrote them gives them.
        written: Template,
        /// The time that was restored, if it was chosen.
        at: Option<Template>,
    },
}

/// How many markers are written when nothing is said.
const COUNT: u32 = 3;
/// The time between two of them when nothing is said.
const EVERY: Duration = Duration::from_secs(1);

impl Marker {
    /// Reads the keys of `marker`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (written, at) = (template(table, "written"), template(table, "at"));
        let key = value_tree(table, "key");
        let count = table.integer("count", 1, 10_000).and_then(|count| u32::try_from(count.value).ok());
        let every = table.duration("every").map(|every| every.value);
        let fault = |key: &str, message: &str, help: &str| {
            let span = table.key_span(key).unwrap_or(table.span());
            table.reader().push(Diagnostic::error(MARKER, message.to_owned()).at(span, "").help(help.to_owned()));
        };
        for name in ["key", "count", "every"].into_iter().filter(|name| written.is_some() && table.has(name)) {
            fault(
                name,
                &format!("`{name}` is for markers that are written, and this step reads them back"),
                "leave it out",
            );
        }
        if written.is_none() && at.is_some() {
            fault("at", "`at` is for markers that are read back", "give `written`, too: `${step.ID.markers}`");
        }
        let key_given = table.has("key") && written.is_none();
        let does = match written {
            Some(written) => MarkerDoes::Read { written, at },
            None => MarkerDoes::Write { key, count: count.unwrap_or(COUNT), every: every.unwrap_or(EVERY) },
        };
        let (of_table, bucket, prefix) =
            (template(table, "table"), template(table, "bucket"), template(table, "prefix"));
        let place = match (table.has("table"), table.has("bucket")) {
            (true, true) => {
                fault("bucket", "markers go into one place", "one of `table`, `bucket` to a step");
                None
            }
            (false, false) => {
                let fault = Diagnostic::error(MARKER, "the step does not say where its markers are".to_owned());
                table.reader().push(fault.at(table.span(), "").help("give `table` or `bucket`"));
                None
            }
            (true, false) => {
                if prefix.is_some() {
                    fault("prefix", "a table has no prefix", "give `bucket`, or leave it out");
                }
                of_table.map(MarkerIn::Table)
            }
            (false, true) => {
                if key_given {
                    fault("key", "`key` is for markers in a table", "give `prefix`: the beginning of their keys");
                }
                bucket.map(|bucket| MarkerIn::Bucket { bucket, prefix })
            }
        };
        Some(Self { place: place?, does })
    }

    /// What it may change when the step does not say.
    pub fn usual_effect(&self) -> Effect {
        match self.does {
            MarkerDoes::Write { .. } => Effect::Write,
            MarkerDoes::Read { .. } => Effect::Read,
        }
    }

    /// What the step may say that it changes.
    pub fn effects(&self) -> &'static [Effect] {
        match self.does {
            MarkerDoes::Write { .. } => &[Effect::Write],
            MarkerDoes::Read { .. } => &[Effect::Read],
        }
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let mut refs: Vec<RefAt<'_>> = match &self.place {
            MarkerIn::Table(table) => table.refs().collect(),
            MarkerIn::Bucket { bucket, prefix } => {
                std::iter::once(bucket).chain(prefix).flat_map(Template::refs).collect()
            }
        };
        match &self.does {
            MarkerDoes::Write { key, .. } => refs.extend(key.iter().flat_map(ValueTemplate::refs)),
            MarkerDoes::Read { written, at } => {
                refs.extend(std::iter::once(written).chain(at).flat_map(Template::refs));
            }
        }
        refs
    }
}
