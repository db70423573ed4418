//! The rules: the named checks of the catalogue, and for a step that uses none the step itself.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::catalog::Severity;
use crate::report::guide::guide_markdown;
use crate::report::verified::finding::Finding;

/// The rules that have a result, in the order of their first.
#[derive(Default)]
pub(super) struct Rules {
    values: Vec<Value>,
    places: HashMap<String, usize>,
}

impl Rules {
    /// The rule of a finding: its id and its place.
    pub(super) fn of(&mut self, finding: &Finding<'_>) -> (String, usize) {
        let id = rule_id(finding);
        if let Some(at) = self.places.get(&id) {
            return (id, *at);
        }
        let at = self.values.len();
        self.values.push(rule(&id, finding));
        self.places.insert(id.clone(), at);
        (id, at)
    }

    pub(super) fn into_values(self) -> Vec<Value> {
        self.values
    }
}

/// `dynamodb-pitr`, or `step.smoke` of a step that uses no named check.
pub(super) fn rule_id(finding: &Finding<'_>) -> String {
    match finding.aside.and_then(|aside| aside.check.as_ref()) {
        Some(check) => check.id.clone(),
        None => format!("step.{}", finding.step.label.id),
    }
}

fn rule(id: &str, finding: &Finding<'_>) -> Value {
    let label = &finding.step.label;
    let check = finding.aside.and_then(|aside| aside.check.as_ref());
    let title = check.map_or(label.title.as_str(), |check| check.title.as_str());
    let about = check.map(|check| check.about.as_str()).or(label.guide.as_deref()).filter(|about| !about.is_empty());
    let severity = finding.severity();
    // A remedy speaks of one resource: the rule's help says what the check is about, a result how to mend what was found.
    let help = about.unwrap_or(title);
    let mut rule = json!({
        "id": id,
        "shortDescription": { "text": sentence(title) },
        "fullDescription": { "text": sentence(about.and_then(first_paragraph).as_deref().unwrap_or(title)) },
        "help": { "text": help, "markdown": guide_markdown(help) },
        "defaultConfiguration": { "level": level(severity) },
        "properties": {},
    });
    if let Some(reference) = check.and_then(|check| check.reference.as_ref()).filter(|it| it.starts_with("https://")) {
        rule["helpUri"] = json!(reference);
    }
    let mut tags: Vec<&str> = Vec::new();
    if !label.controls.is_empty() {
        // GitHub reads `security-severity` of rules with this tag only; evidence for a control of a standard is that.
        tags.push("security");
        tags.extend(label.controls.iter().map(String::as_str));
    }
    tags.dedup();
    if !tags.is_empty() {
        rule["properties"]["tags"] = json!(tags);
    }
    if let Some(severity) = severity {
        rule["properties"]["security-severity"] = json!(score(severity));
    }
    rule
}

fn first_paragraph(text: &str) -> Option<String> {
    let paragraph: Vec<&str> =
        text.lines().skip_while(|it| it.trim().is_empty()).take_while(|it| !it.trim().is_empty()).collect();
    (!paragraph.is_empty()).then(|| paragraph.join(" "))
}

/// SARIF asks that a description ends as a sentence does.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// The level of a failure. One of which nobody said how bad it is counts in full.
pub(super) fn level(severity: Option<Severity>) -> &'static str {
    match severity {
        None | Some(Severity::Critical | Severity::High) => "error",
        Some(Severity::Medium) => "warning",
        Some(Severity::Low) => "note",
    }
}

/// The middle of the band that GitHub makes the same word of: over 9.0 critical, 7.0 high, 4.0 medium, 0.1 low.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}
