//! What a report shows beside the events: the journal as a file, the texts of the artifacts.

use std::fmt;

use crate::report::excerpt::{ArtifactText, NoTexts};

/// The journal, as whoever read it found it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JournalFacts {
    /// The digest of its last good line: who keeps it can tell any later change.
    pub head: String,
    /// How many records it has.
    pub records: u64,
    /// What a crash left behind the last good record, in words; none: nothing.
    pub tail: Option<String>,
    /// The kinds of records that this version does not know, and therefore does not show.
    pub not_shown: Vec<String>,
}

/// What a report shows beside the events.
pub struct Annex<'a> {
    /// The journal; none: only events are known.
    pub journal: Option<JournalFacts>,
    /// The texts of the artifacts.
    pub texts: &'a dyn ArtifactText,
    /// Whether the report stands in the run's folder, so that it can link to `artifacts/`.
    pub beside_artifacts: bool,
}

impl Default for Annex<'_> {
    fn default() -> Self {
        Self { journal: None, texts: &NoTexts, beside_artifacts: false }
    }
}

impl fmt::Debug for Annex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { journal, beside_artifacts, texts: _ } = self;
        f.debug_struct("Annex")
            .field("journal", journal)
            .field("beside_artifacts", beside_artifacts)
            .finish_non_exhaustive()
    }
}
