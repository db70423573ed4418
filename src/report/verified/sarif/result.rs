//! A finding as a result.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::report::failure::value_text;
use crate::report::verified::finding::{Change, Class, Finding};
use crate::report::verified::github::in_repository;
use crate::report::verified::model::Verification;
use crate::report::verified::sarif::rules::{Rules, level};
use crate::report::verified::words::notes;

/// The most items of a `for_each` in a message.
const ITEMS: usize = 20;

/// What a path of a URI cannot hold as it is.
const IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b':');

/// A result. `waivers` says whether any result has one: either all name their suppressions, or none does (SARIF 3.27.23).
pub(super) fn result(finding: &Finding<'_>, all: &Verification<'_>, rules: &mut Rules, waivers: bool) -> Value {
    let (rule, index) = rules.of(finding);
    let step = finding.step;
    let (kind, level) = match finding.class {
        Class::Failed | Class::Waived | Class::Tolerated => ("fail", level(finding.severity())),
        Class::Warned => ("fail", "note"),
        Class::Unknown => ("open", "none"),
        Class::Person | Class::NotRun | Class::Skipped | Class::Passed => ("review", "none"),
    };
    let target = finding.target.name();
    let mut result = json!({
        "ruleId": rule, "ruleIndex": index, "kind": kind, "level": level,
        "message": { "text": message(finding, all) },
        "locations": [location(finding, all, &target)],
        "partialFingerprints": fingerprints(finding, all),
        "properties": {
            "target": target, "step": step.label.id, "class": finding.class.key(), "outcome": step.outcome,
            "owner": step.label.owner, "run": finding.view.header.run,
            "severity": finding.severity(),
        },
    });
    if waivers {
        // Not `inSource`: a waiver stands in a profile, not beside the line that it is about. One that has expired is none.
        let waiver = finding.waiver().filter(|_| finding.class == Class::Waived);
        result["suppressions"] = json!(
            waiver
                .into_iter()
                .map(|it| json!({
                    "kind": "external", "status": "accepted",
                    "justification": format!("{} ({}, until {})", it.reason, it.owner, it.until),
                    "properties": { "owner": it.owner, "until": it.until.to_string() },
                }))
                .collect::<Vec<_>>()
        );
    }
    if all.compared.is_some() {
        result["baselineState"] = json!(match finding.change() {
            None | Some(Change::New | Change::Worse) => "new",
            Some(Change::Same) => "unchanged",
            Some(Change::Other | Change::Mended) => "updated",
        });
    }
    result
}

/// What was expected, what was found, and what to do.
pub(super) fn message(finding: &Finding<'_>, all: &Verification<'_>) -> String {
    let mut lines = vec![format!("{}: {}", finding.target.name(), finding.step.label.title)];
    lines.push(finding.why());
    let failure = finding.step.failure.as_ref();
    lines
        .extend(failure.into_iter().flat_map(|it| &it.values).map(|(path, it)| format!("{path} = {}", value_text(it))));
    lines.extend(failure.into_iter().flat_map(|it| &it.causes).map(|cause| format!("caused by: {cause}")));
    let bad: Vec<_> = finding.bad_items().collect();
    lines.extend(bad.iter().take(ITEMS).map(|item| {
        let why = item.failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
        format!("item {}: {} {why}", item.item, item.outcome)
    }));
    if bad.len() > ITEMS {
        lines.push(format!("and {} items more", bad.len() - ITEMS));
    }
    lines.extend(notes(finding, all));
    lines.extend(finding.remedy().map(|remedy| format!("Help: {remedy}")));
    lines.retain(|line| !line.is_empty());
    inert(&lines.join("\n"))
}

/// Text in which no reader finds a link (`[text](3)`) or a placeholder (`{0}`) of SARIF 3.11. The standard would have every
/// bracket and brace escaped; readers show such escapes as they are, so only what would be read is escaped.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.replace("](", "\\](");
    while let Some(at) = rest.find('{') {
        let digits = rest[at + 1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - at - 1);
        let end = at + 1 + digits;
        out.push_str(&rest[..at]);
        if digits > 0 && rest[end..].starts_with('}') {
            out.extend(["{{", &rest[at + 1..end], "}}"]);
            rest = rest.split_off(end + 1);
        } else {
            out.push('{');
            rest = rest.split_off(at + 1);
        }
    }
    out + &rest
}

fn location(finding: &Finding<'_>, all: &Verification<'_>, target: &str) -> Value {
    let id = &finding.step.label.id;
    let mut location = physical(finding, all).unwrap_or_else(|| json!({}));
    location["logicalLocations"] =
        json!([{ "name": id, "fullyQualifiedName": format!("{target}/{id}"), "kind": "member" }]);
    location
}

/// Where in the repository: the line that asked, or the runbook as a whole.
pub(super) fn physical(finding: &Finding<'_>, all: &Verification<'_>) -> Option<Value> {
    let place = finding.place();
    let path = place.map_or(all.runbook, |place| place.path.as_str());
    if path.is_empty() {
        return None;
    }
    let uri = utf8_percent_encode(&in_repository(all.folder, path), IN_A_PATH).to_string();
    // A path from the root is no path of the repository.
    let mut physical = match uri.strip_prefix('/') {
        Some(_) => json!({ "artifactLocation": { "uri": format!("file://{uri}") } }),
        None => json!({ "artifactLocation": { "uri": uri, "uriBaseId": "%SRCROOT%" } }),
    };
    if let Some(place) = place {
        physical["region"] = json!({ "startLine": place.line.max(1), "startColumn": place.column.max(1) });
        let asked = finding.step.failure.as_ref().filter(|failure| failure.at.as_ref() == Some(place));
        if let Some(line) = asked.and_then(|failure| failure.line.as_ref()) {
            physical["region"]["snippet"] = json!({ "text": line });
        }
    }
    Some(json!({ "physicalLocation": physical }))
}

/// What makes the result the same in the next run: the runbook, the target and the step; neither the line, nor what was
/// found. GitHub tells results of one line apart by its own hash of that line alone, so it is given one where a line has
/// several targets.
fn fingerprints(finding: &Finding<'_>, all: &Verification<'_>) -> BTreeMap<&'static str, String> {
    let mut hash = Sha256::new();
    // The name that was given, else the profile: an account that is asked for by another role is the same target.
    let header = &finding.view.header;
    let target = finding.target.target.or(header.profile.as_deref()).unwrap_or_default();
    for part in [all.runbook, target, finding.step.label.id.as_str()] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let digest = hex::encode(&hash.finalize()[..16]);
    let mut prints = BTreeMap::new();
    if all.targets.len() > 1 {
        prints.insert("primaryLocationLineHash", format!("{}:1", &digest[..16]));
    }
    prints.insert("checkride/v1", digest);
    prints
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn only_what_would_be_read_is_escaped() {
        assert_eq!(inert("a {0} of {\"a\": [1]} {12}{x"), "a {{0}} of {\"a\": [1]} {{12}}{x");
        assert_eq!(inert("[click](https://evil.example)"), "[click\\](https://evil.example)");
        assert_eq!(inert("{"), "{");
    }
}
