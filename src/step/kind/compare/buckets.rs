//! `compare` of objects: whether two buckets, or two prefixes, hold the same objects.

use chrono::DateTime;

use crate::source::Diagnostic;
use crate::source::reader::Table;
use crate::step::kind::codes::COMPARE;
use crate::step::kind::compare::Tolerance;
use crate::step::kind::compare::tables::{CompareHow, read_how};
use crate::value::{RefAt, Template, template};

/// Compares the objects of two places.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketCompare {
    /// The bucket that is right.
    pub bucket: Template,
    /// The beginning of its keys.
    pub prefix: Option<Template>,
    /// The bucket that is held against it.
    pub with: Template,
    /// The beginning of its keys; none: the same.
    pub with_prefix: Option<Template>,
    /// The time whose versions count; none: now.
    pub at: Option<Template>,
    /// How.
    pub how: CompareHow,
    /// How many objects may differ.
    pub tolerance: Tolerance,
}

impl BucketCompare {
    /// Reads the keys of a step that compares objects.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (prefix, with_prefix, at) =
            (template(table, "prefix"), template(table, "with_prefix"), template(table, "at"));
        if let Some(at) = &at
            && let Some(text) = at.literal().filter(|text| DateTime::parse_from_rfc3339(text).is_err())
        {
            let fault = Diagnostic::error(COMPARE, format!("`{text}` is no time")).at(at.span(), "");
            table.reader().push(fault.help("RFC 3339, with the offset: `2026-11-22T08:15:00Z`".to_owned()));
        }
        let (how, tolerance) = (read_how(table), Tolerance::read(table));
        let (one, other) = (template(table, "bucket"), template(table, "with"));
        Some(Self { bucket: one?, prefix, with: other?, with_prefix, at, how, tolerance })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let all = [&self.bucket, &self.with].into_iter();
        let all = all.chain(&self.prefix).chain(&self.with_prefix).chain(&self.at);
        all.flat_map(Template::refs).chain(self.tolerance.refs()).collect()
    }
}
