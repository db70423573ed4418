//! `compare` of tables: whether two tables hold the same items.

use crate::source::reader::Table;
use crate::step::kind::compare::Tolerance;
use crate::value::{RefAt, Template, template};

/// How two places are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CompareHow {
    /// The numbers of what they hold.
    Count,
    /// So many of the one, looked up in the other.
    Sample(u32),
    /// All of both.
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
    pub tolerance: Tolerance,
}

/// How many items a sample has when nothing is said.
const SAMPLE: u32 = 1000;

impl TableCompare {
    /// Reads the keys of a step that compares tables.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (how, tolerance) = (read_how(table), Tolerance::read(table));
        let (one, other) = (template(table, "table"), template(table, "with"));
        Some(Self { table: one?, with: other?, how, tolerance })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let all = [&self.table, &self.with].into_iter().flat_map(Template::refs);
        all.chain(self.tolerance.refs()).collect()
    }
}

/// Reads how it is compared.
pub(super) fn read_how(table: &Table<'_>) -> CompareHow {
    let sample = table.integer("sample", 1, 1_000_000).and_then(|count| u32::try_from(count.value).ok());
    match table.choice("how").map(|word| word.value) {
        Some("count") => CompareHow::Count,
        Some("sample") => CompareHow::Sample(sample.unwrap_or(SAMPLE)),
        Some(_) | None => CompareHow::Full,
    }
}
