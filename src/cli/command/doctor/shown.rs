//! The findings, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::command::doctor::finding::{Finding, State};
use crate::report::{Look, count};

/// What the findings are about.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) runbooks: Vec<String>,
    pub(super) profile: Option<String>,
}

/// One line each, its details and its remedy below it.
pub(super) fn human(findings: &[Finding], look: Look) -> String {
    let name = |it: &Finding| match &it.about {
        Some(about) => format!("{} {about}", it.look),
        None => it.look.to_owned(),
    };
    // A long name stands out of its column, and does not widen it.
    let width = findings.iter().map(|it| name(it).chars().count()).filter(|width| *width <= 24).max().unwrap_or(0);
    let mut out = String::new();
    for it in findings {
        let state = look.paint(it.state.tone(), &format!("{:<7}", it.state.word()));
        let _ = writeln!(out, "{state}  {}  {}", look.plain(&format!("{:<width$}", name(it))), look.plain(&it.found));
        let below = " ".repeat(7 + 2 + width + 2);
        for detail in &it.details {
            let _ = writeln!(out, "{below}{} {}", look.dot(), look.plain(detail));
        }
        if let Some(remedy) = &it.remedy {
            let _ = writeln!(out, "{below}{} {}", look.sign("→", "->"), look.plain(remedy));
        }
    }
    out
}

/// How many of each, in a sentence.
pub(super) fn sum(findings: &[Finding]) -> String {
    let of = |state: State| findings.iter().filter(|it| it.state == state).count();
    let mut parts = vec![count(findings.len(), "look")];
    for (state, one) in [(State::Failed, "failed"), (State::Unknown, "unknown")] {
        if of(state) > 0 {
            parts.push(format!("{} {one}", of(state)));
        }
    }
    if of(State::Warn) > 0 {
        parts.push(count(of(State::Warn), "warning"));
    }
    let [first, rest @ ..] = parts.as_slice() else { return String::new() };
    if rest.is_empty() { format!("{first}: all is well") } else { format!("{first}: {}", rest.join(", ")) }
}

/// Format 1.
pub(super) fn as_json(findings: &[Finding], subject: &Subject) -> Value {
    json!({
        "format": 1,
        "runbooks": subject.runbooks,
        "profile": subject.profile,
        "state": State::of_all(findings.iter().map(|it| it.state)).name(),
        "looks": findings.iter().map(|it| json!({
            "look": it.look,
            "about": it.about,
            "state": it.state.name(),
            "found": it.found,
            "details": it.details,
            "remedy": it.remedy,
        })).collect::<Vec<_>>(),
    })
}
