//! `compare`: whether two tables hold the same items.

use crate::source::reader::{KeySpec, KeyType, Table};
use crate::value::{RefAt, Template, template};

/// The keys of `compare`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("table", KeyType::Template, "The DynamoDB table that is right, by name."),
    KeySpec::required("with", KeyType::Template, "The table that is held against it, by name."),
    KeySpec::optional(
        "how",
        KeyType::Choice(&["count", "sample", "full"]),
        "full",
        "Whether items are counted, some are compared by hash, or all are.",
    ),
    KeySpec::optional("sample", KeyType::Integer, "1000", "How many items a sample has."),
    KeySpec::optional(
        "tolerance",
        KeyType::Integer,
        "0",
        "How many items may be missing, different or too many: what is written while the source goes on.",
    ),
];

/// How two tables are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CompareHow {
    /// The numbers of their items.
    Count,
    /// So many items of the one, looked up in the other.
    Sample(u32),
    /// All items of both.
    Full,
}

/// Compares two tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// The one that is right.
    pub table: Template,
    /// The one that is held against it.
    pub with: Template,
    /// How.
    pub how: CompareHow,
    /// How many items may differ.
    pub tolerance: u64,
}

/// How many items a sample has when nothing is said.
const SAMPLE: u32 = 1000;

impl Compare {
    /// Reads the keys of `compare`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let sample = table.integer("sample", 1, 1_000_000).and_then(|count| u32::try_from(count.value).ok());
        let how = match table.choice("how").map(|word| word.value) {
            Some("count") => CompareHow::Count,
            Some("sample") => CompareHow::Sample(sample.unwrap_or(SAMPLE)),
            Some(_) | None => CompareHow::Full,
        };
        let tolerance = table.integer("tolerance", 0, i64::MAX).and_then(|count| u64::try_from(count.value).ok());
        let (one, other) = (template(table, "table"), template(table, "with"));
        Some(Self { table: one?, with: other?, how, tolerance: tolerance.unwrap_or(0) })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        [&self.table, &self.with].into_iter().flat_map(Template::refs).collect()
    }
}
