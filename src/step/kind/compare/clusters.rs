//! `compare` of clusters: whether two Aurora clusters are set up the same.

use crate::source::reader::Table;
use crate::value::{RefAt, Template, template};

/// Compares two clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterCompare {
    /// The one that is right.
    pub cluster: Template,
    /// The one that is held against it.
    pub with: Template,
}

impl ClusterCompare {
    /// Reads the keys of a step that compares clusters.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (one, other) = (template(table, "cluster"), template(table, "with"));
        Some(Self { cluster: one?, with: other? })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        [&self.cluster, &self.with].into_iter().flat_map(Template::refs).collect()
    }
}
