//! A change set as it is shown: what is lost comes first.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::change_set::{ChangeSetDescription, PropertyChange, Replacement, ResourceChange};
use super::model::{NESTED, StackDescription};

/// The width that the rendering is made for.
const WIDTH: usize = 80;
/// The widest name that the types are moved to the right for.
const NAME_COLUMN: usize = 30;
/// A value longer than this is shortened; the whole of it is in the artifact.
const LONGEST_VALUE: usize = 120;

/// What a change set does, in the order in which a person should read it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StackDiff {
    /// The stack's name.
    pub stack: String,
    /// The change set's ARN.
    pub change_set: String,
    /// The changes: removals, replacements, possible replacements, other changes, imports, additions.
    pub changes: Vec<ResourceChange>,
    /// What the operator should know beside the changes.
    pub notes: Vec<String>,
}

/// What becomes of a resource, in the order of danger.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Fate {
    Removed,
    Replaced,
    MaybeReplaced,
    Changed,
    Imported,
    Added,
}

impl StackDiff {
    /// From a change set, with the stack as it is now (absent for a new one).
    pub fn of(change_set: &ChangeSetDescription, stack: Option<&StackDescription>) -> Self {
        let mut changes = flat(change_set, "");
        changes.sort_by(|a, b| (fate(a), &a.logical_id).cmp(&(fate(b), &b.logical_id)));
        let lost = changes.iter().filter(|change| fate(change) <= Fate::Replaced).count();
        let mut notes = Vec::new();
        if lost > 0 && stack.is_some_and(|stack| stack.termination_protection) {
            notes.push(format!(
                "Termination protection is on. It keeps the stack from being deleted, not its resources: {lost} of \
                 them will be removed or replaced."
            ));
        }
        let unseen = changes.iter().filter(|change| change.resource_type == NESTED && change.action == "Modify");
        let unseen: Vec<&str> = unseen
            .filter(|change| change.nested_change_set.is_none())
            .map(|change| change.logical_id.as_str())
            .collect();
        if !unseen.is_empty() {
            notes.push(format!(
                "The change set does not tell what changes inside the nested stacks {}.",
                unseen.join(", ")
            ));
        }
        StackDiff { stack: change_set.stack_name.clone(), change_set: change_set.arn.clone(), changes, notes }
    }

    /// How many resources are removed.
    pub fn removed(&self) -> usize {
        self.count(Fate::Removed)
    }

    /// How many resources are replaced for certain.
    pub fn replaced(&self) -> usize {
        self.count(Fate::Replaced)
    }

    /// How many resources may be replaced.
    pub fn maybe_replaced(&self) -> usize {
        self.count(Fate::MaybeReplaced)
    }

    /// What is lost, in one sentence over as many lines as it takes; none when nothing is. For the end of a long list, next to the prompt.
    pub fn losses(&self) -> Vec<String> {
        let named = |wanted: Fate, verb: &str| {
            let lost = self.changes.iter().filter(|change| fate(change) == wanted);
            let ids: Vec<String> = lost.map(|change| clean(&change.logical_id)).collect();
            (!ids.is_empty()).then(|| format!("{verb} {}", ids.join(", ")))
        };
        let parts = [
            named(Fate::Removed, "removes"),
            named(Fate::Replaced, "REPLACES"),
            named(Fate::MaybeReplaced, "may replace"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { Vec::new() } else { wrapped(&format!("This {}.", parts.join("; ")), 5) }
    }

    /// The resources that are removed or replaced, or may be, and are not kept (`Retain`) when they are.
    pub fn lost(&self) -> impl Iterator<Item = &ResourceChange> {
        let kept = |change: &&ResourceChange| !matches!(change.policy.as_deref(), Some("Retain" | "ReplaceAndRetain"));
        self.changes.iter().filter(|change| fate(change) <= Fate::MaybeReplaced).filter(kept)
    }

    fn count(&self, wanted: Fate) -> usize {
        self.changes.iter().filter(|change| fate(change) == wanted).count()
    }

    /// The one-line summary: `1 removed, 2 replaced, 3 added`.
    pub fn summary(&self) -> String {
        let counts = [
            (Fate::Removed, "removed"),
            (Fate::Replaced, "replaced"),
            (Fate::MaybeReplaced, "perhaps replaced"),
            (Fate::Changed, "changed"),
            (Fate::Imported, "imported"),
            (Fate::Added, "added"),
        ];
        let parts: Vec<String> = counts
            .into_iter()
            .filter_map(|(fate, word)| Some(self.count(fate)).filter(|n| *n > 0).map(|n| format!("{n} {word}")))
            .collect();
        if parts.is_empty() { "no resource changes".to_owned() } else { parts.join(", ") }
    }

    /// The change set for people: plain lines of at most 80 columns (only a single long word is wider).
    pub fn lines(&self) -> Vec<String> {
        let mut lines = wrapped(&format!("Stack {}: {}", clean(&self.stack), self.summary()), 0);
        // Names under names, types under types: a list of fifty is looked through, not read.
        let names = self.changes.iter().map(|change| clean(&change.logical_id).chars().count());
        let widest = names.filter(|width| *width <= NAME_COLUMN).max().unwrap_or(0);
        for change in &self.changes {
            lines.extend(change_lines(change, widest));
        }
        for note in &self.notes {
            lines.extend(wrapped(&format!("Note: {note}"), 6));
        }
        lines
    }
}

/// The changes of a change set and of those nested in it: `Data/Table` is the table in the nested stack `Data`.
fn flat(change_set: &ChangeSetDescription, prefix: &str) -> Vec<ResourceChange> {
    let mut changes = Vec::new();
    for change in &change_set.changes {
        let id = format!("{prefix}{}", change.logical_id);
        let inner = change.nested_change_set.as_ref();
        if let Some(nested) = change_set.nested.iter().find(|nested| Some(&nested.arn) == inner) {
            changes.extend(flat(nested, &format!("{id}/")));
        }
        changes.push(ResourceChange { logical_id: id, ..change.clone() });
    }
    changes
}

/// The SHA-256 over a change set's ARN and the lines that were shown of it, in hex: a confirmation is bound to it.
pub fn shown_digest(change_set: &str, lines: &[String]) -> String {
    let mut hash = Sha256::new();
    hash.update(change_set.as_bytes());
    for line in lines {
        hash.update(b"\n");
        hash.update(line.as_bytes());
    }
    hex::encode(hash.finalize())
}

fn fate(change: &ResourceChange) -> Fate {
    match (change.action.as_str(), change.replacement) {
        ("Remove", _) => Fate::Removed,
        ("Add", _) => Fate::Added,
        ("Import", _) => Fate::Imported,
        (_, Replacement::Always) => Fate::Replaced,
        ("Modify" | "SyncWithActual", Replacement::Never) => Fate::Changed,
        // `Dynamic`: `CloudFormation` cannot tell yet what it will do. Nor can we, for a word that is new to us.
        (_, Replacement::Conditional | Replacement::Never) => Fate::MaybeReplaced,
    }
}

fn change_lines(change: &ResourceChange, widest: usize) -> Vec<String> {
    let verb = match fate(change) {
        Fate::Removed => "-   remove ",
        Fate::Replaced => "-/+ REPLACE",
        Fate::MaybeReplaced => "-/~ maybe  ",
        Fate::Changed => "~   change ",
        Fate::Imported => "<   import ",
        Fate::Added => "+   add    ",
    };
    let mut head = format!("{verb} {:<widest$} {}", clean(&change.logical_id), clean(&change.resource_type));
    match change.policy.as_deref() {
        Some("Delete" | "ReplaceAndDelete") => head.push_str(", data deleted"),
        Some("Retain" | "ReplaceAndRetain") => head.push_str(", old one kept"),
        Some("Snapshot" | "ReplaceAndSnapshot") => head.push_str(", snapshot taken"),
        Some(other) => {
            let _ = write!(head, ", {}", clean(other));
        }
        None => {}
    }
    let mut lines = wrapped(&head, 12);
    if fate(change) <= Fate::MaybeReplaced
        && let Some(id) = &change.physical_id
    {
        lines.extend(wrapped(&format!("      is {}", clean(id)), 9));
    }
    for detail in &change.details {
        lines.extend(wrapped(&format!("      {}", detail_text(detail)), 10));
    }
    lines.dedup();
    lines
}

fn detail_text(detail: &PropertyChange) -> String {
    let name = detail.path.clone().or_else(|| detail.name.clone()).unwrap_or_else(|| detail.attribute.clone());
    let mut text = clean(name.trim_start_matches("/Properties/").trim_start_matches('/'));
    if detail.masked {
        text.push_str(": value not shown (NoEcho)");
    } else {
        match (&detail.before, &detail.after) {
            (Some(before), Some(after)) => {
                let _ = write!(text, ": {} -> {}", value(before), value(after));
            }
            (Some(before), None) => {
                let _ = write!(text, ": {} -> (none)", value(before));
            }
            (None, Some(after)) => {
                let _ = write!(text, ": (none) -> {}", value(after));
            }
            (None, None) => {}
        }
    }
    match detail.recreation {
        Replacement::Always => text.push_str(" [replaces]"),
        Replacement::Conditional => text.push_str(" [may replace]"),
        Replacement::Never => {}
    }
    if let Some(cause) = &detail.cause {
        let _ = write!(text, " (by {})", clean(cause));
    }
    text
}

fn value(text: &str) -> String {
    let text = clean(text);
    if text.chars().count() <= LONGEST_VALUE {
        return text;
    }
    let start: String = text.chars().take(LONGEST_VALUE).collect();
    format!("{start}…")
}

/// Text of the service without control characters: it goes to a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Breaks a line at spaces; later lines are indented.
fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let lead = text.len() - text.trim_start().len();
    let mut lines = Vec::new();
    let mut line = " ".repeat(lead);
    let mut empty = true;
    for word in text.trim_start().split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}
