//! The log, its run and its invocation.
//!
//! What could not be decided is told twice: as a result of kind `open` (SARIF: there was not enough information to decide),
//! which has no level and so raises no alert, and as an error of the invocation, which is then not successful: its results
//! are incomplete. A person's step is of kind `review`.
//!
//! A waiver is a suppression. GitHub does not read those: there the action `advanced-security/dismiss-alerts` does.

use serde_json::{Map, Value, json};

use crate::report::verified::finding::{Class, Finding, findings};
use crate::report::verified::json::in_a_log;
use crate::report::verified::model::Verification;
use crate::report::verified::sarif::result::{message, physical, result};
use crate::report::verified::sarif::rules::Rules;
use crate::report::verified::tally::Tally;
use crate::report::verified::words::{unused_words, verdict_words};
use crate::report::view::RunView;
use crate::world::clock::rfc3339;

/// The schema that the file is of.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The verification as SARIF, over several lines.
pub fn sarif(all: &Verification<'_>) -> String {
    let found = findings(all);
    let mut rules = Rules::default();
    let told = found.iter().filter(|finding| is_result(finding.class));
    let waivers = found.iter().any(|finding| finding.class == Class::Waived);
    let results: Vec<Value> = told.map(|finding| result(finding, all, &mut rules, waivers)).collect();
    let first = all.targets.iter().find_map(|target| target.view);
    let mut run = json!({
        "tool": { "driver": {
            "name": "checkride",
            "version": first.map_or(env!("CARGO_PKG_VERSION"), |view| view.header.tool.as_str()),
            "rules": rules.into_values(),
            "notifications": [
                descriptor("unknown", "A check could not be decided."),
                descriptor("needs-person", "A step needs a person, and none was there."),
                descriptor("not-run", "The run ended before the check."),
                descriptor("not-verified", "A target was not verified, or not to its end."),
                descriptor("waiver-unused", "A waiver had no use."),
            ],
        } },
        "invocations": [invocation(all, &found)],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "The top of the repository." } } },
        "results": results,
        "properties": {
            "runbook": all.runbook, "title": all.title, "summary": Tally::of(&found).words(),
            "runs": all.targets.iter().map(|target| json!({
                "target": target.name(), "run": target.view.map(|view| &view.header.run),
                "plan": target.view.map(|view| &view.header.plan),
                "emulator": target.view.and_then(RunView::emulator),
            })).collect::<Vec<_>>(),
        },
    });
    if let Some(view) = first {
        // GitHub takes what stands before the last slash as the category: uploads of one runbook replace one another.
        run["automationDetails"] = json!({ "id": format!("checkride/{}/{}", all.runbook, view.header.run) });
    }
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    in_a_log(&serde_json::to_string_pretty(&log).expect("a view has string keys only"))
}

/// Whether it is a result. What passed is none: not every reader asks for the kind, and one that does not raises an alert.
fn is_result(class: Class) -> bool {
    match class {
        Class::Failed | Class::Unknown | Class::Person | Class::Waived | Class::Tolerated | Class::Warned => true,
        Class::NotRun | Class::Skipped | Class::Passed => false,
    }
}

fn descriptor(id: &str, what: &str) -> Value {
    let text = json!({ "text": what });
    json!({ "id": id, "shortDescription": text, "fullDescription": text, "help": text })
}

fn invocation(all: &Verification<'_>, found: &[Finding<'_>]) -> Value {
    let mut notes: Vec<Value> = Vec::new();
    for target in &all.targets {
        let name = target.name();
        notes.extend(target.troubles().iter().map(|why| note("not-verified", "error", &format!("{name}: {why}"))));
    }
    for finding in found {
        let id = match finding.class {
            Class::Unknown => "unknown",
            Class::Person => "needs-person",
            Class::NotRun => "not-run",
            Class::Failed | Class::Waived | Class::Tolerated | Class::Warned | Class::Skipped | Class::Passed => {
                continue;
            }
        };
        let mut one = note(id, "error", &message(finding, all));
        one["locations"] = json!(physical(finding, all).into_iter().collect::<Vec<_>>());
        notes.push(one);
    }
    // An incomplete verification is no success, whatever else was found; a failed check alone is one: the tool did its work.
    let complete = notes.is_empty() && all.verdict.is_some();
    notes.extend(all.unused_waivers.iter().map(|unused| note("waiver-unused", "warning", &unused_words(unused))));
    let mut invocation = Map::new();
    invocation.insert("executionSuccessful".to_owned(), json!(complete));
    if let Some((_, code)) = all.verdict {
        invocation.insert("exitCode".to_owned(), json!(code));
        invocation.insert("exitCodeDescription".to_owned(), json!(verdict_words(all)));
    }
    let sessions = || all.targets.iter().filter_map(|target| target.view).flat_map(|view| &view.sessions);
    if let (Some(first), Some(last)) = (sessions().map(|it| it.started.at).min(), sessions().map(|it| it.last.at).max())
    {
        invocation.insert("startTimeUtc".to_owned(), json!(rfc3339(first)));
        invocation.insert("endTimeUtc".to_owned(), json!(rfc3339(last)));
    }
    invocation.insert("toolExecutionNotifications".to_owned(), json!(notes));
    Value::Object(invocation)
}

fn note(id: &str, level: &str, text: &str) -> Value {
    json!({ "descriptor": { "id": id }, "level": level, "message": { "text": text } })
}
