//! `s3-restore`: objects as they were at a time, from their versions.

use chrono::DateTime;

use crate::source::reader::{KeySpec, KeyType, Table};
use crate::source::{Code, Diagnostic};
use crate::step::kind::codes::{S3_RESTORE_ALL, S3_RESTORE_PLACE, S3_RESTORE_TIME};
use crate::value::{RefAt, Template, template};

/// The keys of `s3-restore`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("bucket", KeyType::Template, "The bucket, by name. It must keep versions."),
    KeySpec::optional(
        "prefix",
        KeyType::Template,
        "",
        "The beginning of the keys that are put back; every key of the bucket when it is not given.",
    ),
    KeySpec::optional(
        "at",
        KeyType::Template,
        "${run.started}",
        "The time to go back to (RFC 3339, `2026-11-22T08:15:00Z`); the beginning of the run when it is not given.",
    ),
    KeySpec::optional(
        "created_since",
        KeyType::Choice(&["keep", "hide"]),
        "keep",
        "What becomes of objects that did not exist then: they stay, or get a delete marker on top.",
    ),
];

/// What becomes of objects that did not exist then.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CreatedSince {
    /// They stay.
    #[default]
    Keep,
    /// They get a delete marker on top: they are not there any more, and their versions are.
    Hide,
}

/// Puts the objects under a prefix back as they were at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct S3Restore {
    /// The bucket.
    pub bucket: Template,
    /// The beginning of the keys; none: all.
    pub prefix: Option<Template>,
    /// The time; none: the beginning of the run.
    pub at: Option<Template>,
    /// What becomes of objects that did not exist then.
    pub created_since: CreatedSince,
}

impl S3Restore {
    /// Reads the keys of `s3-restore`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (prefix, at) = (template(table, "prefix"), template(table, "at"));
        let hides = table.choice("created_since").is_some_and(|word| word.value == "hide");
        let bucket = template(table, "bucket")?;
        let fault = |code: Code, template: &Template, message: String, help: &str| {
            table.reader().push(Diagnostic::error(code, message).at(template.span(), "").help(help.to_owned()));
        };
        if let Some(name) = bucket.literal().filter(|name| !is_bucket(name)) {
            let message = format!("`{name}` is no name of a bucket");
            fault(S3_RESTORE_PLACE, &bucket, message, "the name alone: neither `s3://…` nor an ARN, and no path");
        }
        if let Some(template) = &prefix
            && let Some(text) = template.literal().filter(|text| text.starts_with('/') || text.contains("s3://"))
        {
            let message = format!("no key begins with `{text}`, as a rule");
            fault(S3_RESTORE_PLACE, template, message, "a key has no `/` at its beginning: `web/`");
        }
        if let Some(template) = &at
            && let Some(text) = template.literal().filter(|text| DateTime::parse_from_rfc3339(text).is_err())
        {
            let message = format!("`{text}` is no time");
            fault(S3_RESTORE_TIME, template, message, "RFC 3339, with the offset: `2026-11-22T08:15:00Z`");
        }
        let all = prefix.as_ref().is_none_or(|prefix| prefix.literal() == Some(""));
        if hides && all {
            let message = format!("{} hides all that is new in a whole bucket", table.what());
            let span = table.key_span("created_since").unwrap_or(table.span());
            let warning = Diagnostic::warning(S3_RESTORE_ALL, message).at(span, "with no `prefix`");
            table.reader().push(warning.help("name the `prefix` that the run writes under"));
        }
        let created_since = if hides { CreatedSince::Hide } else { CreatedSince::Keep };
        Some(Self { bucket, prefix, at, created_since })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        std::iter::once(&self.bucket).chain(&self.prefix).chain(&self.at).flat_map(Template::refs).collect()
    }
}

/// Whether a text can be a bucket's name: 3 to 63 characters, lower-case letters, digits, dots and hyphens.
pub fn is_bucket(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
    (3..=63).contains(&name.len()) && name.bytes().all(plain)
}
