//! What was found of all subjects, as one result.

use serde_json::{Value, json};

use crate::catalog::Check;
use crate::event::{Failure, FailureKind, Outcome};
use crate::step::Ran;
use crate::step::check::asked::Record;
use crate::step::check::subject::{Finding, Subject, worst};
use crate::value::Scope;

/// How many subjects are told one by one; the rest is counted.
const TOLD: usize = 20;

/// How many names stand in the sentence about all of them.
const NAMED: usize = 5;

/// The result of a check.
pub(super) fn found(check: &Check, subjects: &[Subject], record: Record) -> Ran {
    let count = |wanted: Outcome| subjects.iter().filter(|subject| subject.outcome() == wanted).count();
    let items: Vec<Value> = subjects
        .iter()
        .map(|subject| {
            let name = subject.name.as_deref().unwrap_or(&check.id.value);
            json!({ "name": name, "outcome": subject.outcome().as_str(), "reason": subject.reason() })
        })
        .collect();
    let out = json!({
        "items": items,
        "passed": count(Outcome::Passed),
        "warned": count(Outcome::Warned),
        "failed": count(Outcome::Failed),
        "unknown": count(Outcome::Unknown),
    });
    let outcome = worst(subjects.iter().map(Subject::outcome)).unwrap_or(Outcome::Unknown);
    let mut ran = Ran { out, requests: record.requests, artifacts: record.artifacts, ..Ran::default() };
    ran.hidden = record.hidden;
    ran.shared = record.shared;
    match outcome {
        Outcome::Failed => ran.failure = Some(failed(check, subjects, &record.base, &ran.requests)),
        Outcome::Unknown | Outcome::Declined | Outcome::Skipped => ran.failure = Some(unknown(subjects)),
        Outcome::Warned => {
            let warned: Vec<&Subject> = of(subjects, Outcome::Warned);
            ran.warning = Some(told(&warned, subjects.len(), "warned"));
        }
        Outcome::Passed => ran.note = note(subjects),
    }
    ran
}

fn of(subjects: &[Subject], outcome: Outcome) -> Vec<&Subject> {
    subjects.iter().filter(|subject| subject.outcome() == outcome).collect()
}

/// What there is to say of a check that passed.
fn note(subjects: &[Subject]) -> Option<String> {
    let empty = subjects.iter().flat_map(|subject| &subject.findings).find(|it| matches!(it, Finding::Empty(_)));
    if let Some(empty) = empty {
        return Some(empty.reason());
    }
    let items = subjects.iter().filter(|subject| subject.name.is_some()).count();
    (items > 0).then(|| if items == 1 { "1 item".to_owned() } else { format!("{items} items") })
}

/// Some of all, in a sentence: the reason of one alone, else how many and which.
fn told(some: &[&Subject], all: usize, how: &str) -> String {
    match some {
        [one] => one.name.as_ref().map_or_else(|| one.reason(), |name| format!("{name}: {}", one.reason())),
        many => {
            let names: Vec<&str> =
                many.iter().take(NAMED).map(|subject| subject.name.as_deref().unwrap_or("the check itself")).collect();
            let more = if many.len() > NAMED { format!(" and {} more", many.len() - NAMED) } else { String::new() };
            format!("{} of {all} {how}: {}{more}", many.len(), names.join(", "))
        }
    }
}

/// The failure of a check that failed: every failing subject with its expectations and their values, and how to mend it.
fn failed(check: &Check, subjects: &[Subject], base: &Scope, requests: &[String]) -> Failure {
    let failing = of(subjects, Outcome::Failed);
    let alone = failing.len() == 1;
    let mut failure = Failure::new(FailureKind::Expectation, told(&failing, subjects.len(), "failed"));
    for subject in failing.iter().take(TOLD) {
        let label = subject.name.as_ref().filter(|_| !alone).map(|name| format!("{name}: ")).unwrap_or_default();
        if !alone {
            failure.causes.push(format!("{label}{}", subject.reason()));
        }
        for finding in subject.telling() {
            if let Finding::Fails { values, .. } = finding {
                for (path, value) in values {
                    let entry = (format!("{label}{path}"), value.clone());
                    if !failure.values.contains(&entry) {
                        failure.values.push(entry);
                    }
                }
            }
        }
    }
    if failing.len() > TOLD {
        failure.causes.push(format!("and {} more", failing.len() - TOLD));
    }
    tell_unknown(&mut failure, &of(subjects, Outcome::Unknown));
    // Of one call alone it is known that it is the one.
    if let [one] = requests {
        failure.request_id = Some(one.clone());
    }
    let remedy = check.remedy.eval_text(base).unwrap_or_else(|_| check.remedy.preview(base));
    // It is told in a line or two, with no fences around commands.
    let lines: Vec<&str> = remedy.lines().filter(|line| !line.trim_start().starts_with("```")).collect();
    failure.with_remedy(lines.join("\n").trim())
}

/// The failure of a check that could not be decided.
fn unknown(subjects: &[Subject]) -> Failure {
    let lost = of(subjects, Outcome::Unknown);
    let first = lost.iter().flat_map(|subject| &subject.findings).find_map(|finding| match finding {
        Finding::Unknown(failure) => Some((**failure).clone()),
        Finding::Holds | Finding::Empty(_) | Finding::Fails { .. } => None,
    });
    let mut failure = first.unwrap_or_else(|| Failure::new(FailureKind::Guard, "nothing was held against the answers"));
    if lost.len() > 1 || lost.iter().any(|subject| subject.name.is_some()) {
        let message = told(&lost, subjects.len(), "not decided");
        if lost.len() > 1 {
            tell_unknown(&mut failure, &lost);
        }
        failure.message = message;
    }
    failure
}

/// Says of each subject that could not be decided why.
fn tell_unknown(failure: &mut Failure, lost: &[&Subject]) {
    for subject in lost.iter().take(TOLD) {
        let name = subject.name.as_deref().unwrap_or("the check itself");
        failure.causes.push(format!("{name}: not decided: {}", subject.reason()));
    }
    if lost.len() > TOLD {
        failure.causes.push(format!("and {} more not decided", lost.len() - TOLD));
    }
}
