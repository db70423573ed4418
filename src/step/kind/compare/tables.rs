//! `compare` of tables: whether two tables hold the same items.

use crate::source::reader::Table;
use crate::value::{RefAt, Template, template};

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
pub struct TableCompare {
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

impl TableCompare {
    /// Reads the keys of a step that compares tables.
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
