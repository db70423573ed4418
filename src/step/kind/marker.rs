//! `marker`: items or objects with a time, written before a disaster, and read back after the restore.

use std::time::Duration;

use crate::id::StepId;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::source::{Diagnostic, Located};
use crate::step::Effect;
use crate::step::kind::codes::MARKER;
use crate::step::kind::subject::{Subject, read_subject};
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
        "through",
        KeyType::Id,
        "",
        "After the first `count` markers the steps that follow begin, and the step goes on behind them, with a marker every \
         `every`, until this step of the drill has ended.",
    ),
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
    KeySpec::optional(
        "before",
        KeyType::Template,
        "",
        "Read back: when the disaster came, as `${step.restore.started}`. What was written from then on is no loss.",
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

/// Where markers can be.
static SUBJECTS: &[Subject<MarkerIn>] = &[
    Subject {
        key: "table",
        required: &[],
        keys: &["key", "count", "every", "through", "written", "at", "before"],
        read: |table| template(table, "table").map(MarkerIn::Table),
    },
    Subject {
        key: "bucket",
        required: &[],
        keys: &["prefix", "count", "every", "through", "written", "at", "before"],
        read: |table| Some(MarkerIn::Bucket { bucket: template(table, "bucket")?, prefix: template(table, "prefix") }),
    },
];

/// Writes markers, or reads them back.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// Where they are.
    pub place: MarkerIn,
    /// What is done.
    pub does: MarkerDoes,
    /// The step with whose end the markers end that are written behind the steps that follow; none: there are no more than
    /// the first.
    pub through: Option<Located<StepId>>,
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
        /// When the disaster came, if that is known.
        before: Option<Template>,
    },
}

/// How many markers are written when nothing is said.
const COUNT: u32 = 3;
/// The time between two of them when nothing is said.
const EVERY: Duration = Duration::from_secs(1);

impl Marker {
    /// Reads the keys of `marker`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (written, at, before) = (template(table, "written"), template(table, "at"), template(table, "before"));
        let key = value_tree(table, "key");
        let count = table.integer("count", 1, 10_000).and_then(|count| u32::try_from(count.value).ok());
        let every = table.duration("every").map(|every| every.value);
        let fault = |key: &str, message: &str, help: &str| {
            let span = table.key_span(key).unwrap_or(table.span());
            table.reader().push(Diagnostic::error(MARKER, message.to_owned()).at(span, "").help(help.to_owned()));
        };
        for name in ["key", "count", "every", "through"].into_iter().filter(|name| written.is_some() && table.has(name))
        {
            fault(
                name,
                &format!("`{name}` is for markers that are written, and this step reads them back"),
                "leave it out",
            );
        }
        for (name, given) in [("at", &at), ("before", &before)] {
            if written.is_none() && given.is_some() {
                let message = format!("`{name}` is for markers that are read back");
                fault(name, &message, "give `written`, too: `${step.ID.markers}`");
            }
        }
        let through = table.text("through").and_then(|text| {
            let id = StepId::new(&text.value).ok();
            if id.is_none() {
                table.invalid(text.span, format!("`{}` is no id of a step", text.value), None);
            }
            Some(Located::new(id?, text.span))
        });
        let does = match written {
            Some(written) => MarkerDoes::Read { written, at, before },
            None => MarkerDoes::Write { key, count: count.unwrap_or(COUNT), every: every.unwrap_or(EVERY) },
        };
        Some(Self { place: read_subject(SUBJECTS, KEYS, MARKER, "marks", table)?, does, through })
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
            MarkerDoes::Read { written, at, before } => {
                refs.extend(std::iter::once(written).chain(at).chain(before).flat_map(Template::refs));
            }
        }
        refs
    }
}
