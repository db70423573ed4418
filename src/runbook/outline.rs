//! A file as it stands, before its keys are read: which other files it includes.

use crate::source::reader::{Document, Node, NodeValue};
use crate::source::{Located, SourceId};

/// A file that was parsed.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Its tree.
    pub(super) document: Document,
    /// Whether another file includes it.
    pub(super) included: bool,
}

/// The files that a document includes. Anything that is no list of strings is left to the reader of keys.
pub(super) fn includes(document: &Document) -> Vec<Located<String>> {
    let Some(entry) = document.root.get("include") else { return Vec::new() };
    let NodeValue::List(items) = &entry.node.value else { return Vec::new() };
    let path = |item: &Node| {
        let NodeValue::Text(path) = &item.value else { return None };
        Some(Located::new(path.clone(), item.span))
    };
    items.iter().filter_map(path).collect()
}

/// The runbook's own file among those parsed: the last.
pub(super) fn own(files: &[Parsed]) -> Option<SourceId> {
    files.last().map(|file| file.document.source)
}
