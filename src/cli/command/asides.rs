//! What is known of a run's steps beside its journal, from the files that it keeps: the line of each, how bad a failure is,
//! which check of the catalogue it uses. What cannot be read is not known; a report does not fail for it.
//!
//! `verify` knows the same from the runbook that it has loaded. Here the files are read as plain tables: a report is made on any
//! later day, also of a runbook that this version would refuse. `tests/it/guides/reads.rs` holds the two against each other.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::catalog::Severity;
use crate::id::{Phase, StepId};
use crate::journal::RunFolder;
use crate::plan::{PinnedFile, PlanRecord};
use crate::report::verified::{Aside, NamedCheck};
use crate::source::reader::{Document, Node, NodeValue, Tree};
use crate::source::{FILE_LIMIT, Sources};

/// What the run's own copies of its runbook, includes and checks say of its steps.
pub(super) fn asides(folder: &RunFolder, record: &PlanRecord) -> BTreeMap<StepId, Aside> {
    let mut sources = Sources::new();
    let mut checks: BTreeMap<String, (NamedCheck, Option<Severity>)> = BTreeMap::new();
    let mut documents = Vec::new();
    for file in &record.files {
        let check = file.path.strip_prefix("checkride:").or_else(|| Some(file.path.rsplit_once(".toml:")?.1));
        if check.is_none() && Path::new(&file.path).extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let Some(text) = kept(folder, file) else { continue };
        let Ok(document) = Document::parse(sources.add(file.path.clone(), text), &sources) else { continue };
        match check {
            Some(id) => checks.extend(tables(&document.root, "check").map(|(_, it)| (id.to_owned(), named(id, it)))),
            None => documents.push(document),
        }
    }
    let mut all = BTreeMap::new();
    for document in &documents {
        for (node, step) in Phase::ALL.iter().flat_map(|phase| tables(&document.root, phase.as_str())) {
            let Some(id) = text(step, "id").and_then(|id| StepId::new(id).ok()) else { continue };
            let check = text(step, "check").and_then(|id| checks.get(id));
            let aside = Aside {
                place: Some(sources.locate(node.span)),
                severity: severity(step).or_else(|| check.and_then(|(_, severity)| *severity)),
                check: check.map(|(check, _)| check.clone()),
                remedy: text(step, "remedy").map(str::to_owned),
                ..Aside::default()
            };
            all.insert(id, aside);
        }
    }
    all
}

/// A pinned file's text, if it is there and still what was pinned.
fn kept(folder: &RunFolder, pinned: &PinnedFile) -> Option<String> {
    let plain = pinned.sha256.len() == 64 && pinned.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let path = folder.artifacts().join(format!("sha256-{}", pinned.sha256));
    let mut bytes = Vec::new();
    File::open(path).ok().filter(|_| plain)?.take(FILE_LIMIT as u64 + 1).read_to_end(&mut bytes).ok()?;
    let whole = hex::encode(Sha256::digest(&bytes)) == pinned.sha256;
    String::from_utf8(bytes).ok().filter(|_| whole)
}

/// The tables of a list, each with its node.
fn tables<'a>(root: &'a Tree, key: &str) -> impl Iterator<Item = (&'a Node, &'a Tree)> + use<'a> {
    let items = match root.get(key).map(|entry| &entry.node.value) {
        Some(NodeValue::List(items)) => items.as_slice(),
        Some(_) | None => &[],
    };
    items.iter().filter_map(|node| match &node.value {
        NodeValue::Table(tree) => Some((node, tree)),
        NodeValue::Text(_)
        | NodeValue::Integer(_)
        | NodeValue::Float(_)
        | NodeValue::Boolean(_)
        | NodeValue::Datetime(_)
        | NodeValue::List(_) => None,
    })
}

fn text<'a>(tree: &'a Tree, key: &str) -> Option<&'a str> {
    match &tree.get(key)?.node.value {
        NodeValue::Text(text) => Some(text),
        NodeValue::Integer(_)
        | NodeValue::Float(_)
        | NodeValue::Boolean(_)
        | NodeValue::Datetime(_)
        | NodeValue::List(_)
        | NodeValue::Table(_) => None,
    }
}

fn severity(tree: &Tree) -> Option<Severity> {
    text(tree, "severity").and_then(Severity::of)
}

fn named(id: &str, tree: &Tree) -> (NamedCheck, Option<Severity>) {
    let check = NamedCheck {
        id: id.to_owned(),
        title: text(tree, "title").unwrap_or(id).to_owned(),
        about: text(tree, "about").unwrap_or_default().trim().to_owned(),
        reference: text(tree, "reference").map(str::to_owned),
    };
    (check, severity(tree))
}
