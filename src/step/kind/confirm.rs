//! `confirm`: a person says done.

use crate::event::EvidenceNeed;
use crate::source::reader::{KeySpec, KeyType, Table};

/// The keys of `confirm`.
pub(super) static KEYS: &[KeySpec] = &[KeySpec::optional(
    "evidence",
    KeyType::Choice(&["none", "optional", "required"]),
    "none",
    "Whether the operator attaches a note, a file or a URL.",
)];

/// A person says done, not applicable (with a reason) or no.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Confirm {
    /// Whether evidence is attached.
    pub evidence: EvidenceNeed,
}

impl Confirm {
    /// Reads the keys of `confirm`. A fault leaves the default, and goes to the table's reader.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let evidence = match table.choice("evidence").map(|word| word.value) {
            Some("required") => EvidenceNeed::Required,
            Some("optional") => EvidenceNeed::Optional,
            Some(_) | None => EvidenceNeed::None,
        };
        Some(Self { evidence })
    }
}
