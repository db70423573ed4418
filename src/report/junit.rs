//! A run as `JUnit` XML, which every pipeline can show: a suite for each phase, a case for each step, and for each item of a
//! `for_each`.
//!
//! | a step that | is |
//! |---|---|
//! | passed, or warned | a case with nothing to say (a warning is in its output) |
//! | failed, or was declined | a `failure` |
//! | is unknown, or has an effect of which nobody knows whether it happened | an `error` |
//! | was skipped, left out or never reached | `skipped`, with the reason |
//!
//! Text from outside is escaped as everywhere (`\x1b`, `\u{202e}`), so that no character is in it that XML refuses.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::event::{ArtifactRef, Failure, Outcome, Works};
use crate::report::annex::Annex;
use crate::report::excerpt::ExcerptLimit;
use crate::report::failure::{failure_lines, kind_words, value_text};
use crate::report::lines::{deviation_words, review_words};
use crate::report::look::Look;
use crate::report::plain::plain;
use crate::report::rehearsal::standing_words;
use crate::report::standing::{Standing, is_bad};
use crate::report::view::{ItemView, PhaseView, RunView, StepView};
use crate::report::words::effect_words;

/// The width of text in a failure.
const WIDTH: usize = 120;

/// The run as `JUnit` XML.
pub fn junit(view: &RunView, annex: &Annex<'_>) -> String {
    let mut report = Report::new(plain(&view.header.titled()));
    report.set_time(Duration::from_millis(view.spent_ms()));
    if let Some(first) = view.sessions.first() {
        report.set_timestamp(first.started.at);
    }
    report.add_test_suites(view.phases_shown().map(|phase| suite(view, phase, annex)));
    report.to_string().expect("a report is written into a string, which takes everything")
}

fn suite(view: &RunView, phase: &PhaseView, annex: &Annex<'_>) -> TestSuite {
    let mut suite = TestSuite::new(phase.phase.as_str());
    for (name, value) in properties(view, annex) {
        suite.add_property(Property::new(name, plain(&value)));
    }
    if let Some(target) = view.header.verified_target() {
        suite.add_property(Property::new("target", plain(target)));
    }
    if let Some(started) = phase.started {
        suite.set_timestamp(started.at);
    }
    let spent: u64 = view.steps_of(phase.phase).filter_map(StepView::spent_ms).sum();
    suite.set_time(Duration::from_millis(spent));
    for step in view.steps_of(phase.phase) {
        suite.add_test_cases(cases(view, step, annex));
    }
    suite
}

/// What a reader of the results asks for: which run, on what, of which plan.
pub(super) fn properties(view: &RunView, annex: &Annex<'_>) -> Vec<(&'static str, String)> {
    let header = &view.header;
    let mut all = vec![
        ("checkride.run", header.run.to_string()),
        ("checkride.version", header.tool.clone()),
        ("checkride.standing", Standing::of(view).words()),
        ("runbook", header.runbook.clone()),
        ("plan", header.plan.clone()),
        ("operator", format!("{} on {}", header.user, header.host)),
    ];
    all.extend(header.profile.iter().map(|profile| ("profile", profile.clone())));
    if let Some(target) = &header.target {
        all.push(("aws.account", target.account.clone()));
        all.push(("aws.region", target.region.clone()));
        all.extend(target.caller.iter().map(|caller| ("aws.caller", caller.clone())));
    }
    all.extend(view.emulator().map(|endpoint| ("aws.emulator", endpoint.to_owned())));
    all.extend(header.change.iter().map(|change| ("change", change.clone())));
    all.extend(header.git.iter().map(|git| ("git.commit", git.commit.clone())));
    all.extend(annex.journal.iter().map(|journal| ("journal.head", journal.head.clone())));
    all.extend(view.deviations.iter().map(|it| {
        let words = deviation_words(it.what, it.step.as_ref(), &it.reason);
        ("deviation", format!("{words}{}", review_words(it).unwrap_or_default()))
    }));
    all.extend(
        view.rehearsals
            .iter()
            .map(|it| ("rehearsal", format!("{} undoes {}: {}", it.undo, it.change, standing_words(&it.needs)))),
    );
    all.extend(
        view.drill
            .stopped
            .iter()
            .map(|(_, stop)| ("drill.stopped", format!("{}: {}", stop.criterion.as_str(), stop.what))),
    );
    all.extend(view.refusals.iter().map(|it| ("refusal", format!("{}: {}", it.guard, it.message))));
    all
}

/// The step's own case, and before it one for each item of its last attempt.
pub(super) fn cases(view: &RunView, step: &StepView, annex: &Annex<'_>) -> Vec<TestCase> {
    let class = format!("{}.{}", view.header.runbook, step.label.id);
    let items = step.attempts.last().map(|attempt| attempt.items.as_slice()).unwrap_or_default();
    let mut cases: Vec<TestCase> = items.iter().map(|item| item_case(step, item)).collect();
    let mut case = TestCase::new(plain(&step.label.title), status(step));
    case.set_time(Duration::from_millis(step.spent_ms().unwrap_or(0)));
    if let Some(first) = step.attempts.first() {
        case.set_timestamp(first.started.at);
    }
    case.add_property(Property::new("step", step.label.id.as_str()));
    case.add_property(Property::new("attempts", step.attempts.len().to_string()));
    let request_ids = step.attempts.iter().flat_map(|attempt| &attempt.effects).filter_map(|it| it.request_id.as_ref());
    for id in request_ids.chain(&step.requests) {
        case.add_property(Property::new("aws.request_id", plain(id)));
    }
    output(&mut case, step, annex);
    cases.push(case);
    for case in &mut cases {
        case.set_classname(plain(&class));
    }
    cases
}

fn item_case(step: &StepView, item: &ItemView) -> TestCase {
    let name = format!("{} [{}]", step.label.title, value_text(&item.item));
    let status = of_outcome(Some(item.outcome), item.failure.as_ref(), None);
    TestCase::new(plain(&name), status)
}

fn status(step: &StepView) -> TestCaseStatus {
    let unknown: Vec<_> =
        step.unknown_effects().map(|(_, effect)| effect_words(&effect.call, &effect.target)).collect();
    if !unknown.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("unknown effect");
        status.set_message(plain(&format!("it may have happened, and nobody knows: {}", unknown.join("; "))));
        return status;
    }
    if let (Some(walked), None) = (&step.walked, step.outcome) {
        // Nothing ran; a step that would not work is a failure all the same.
        let mut status = match walked.works {
            Works::No => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Works::Yes | Works::Gap => TestCaseStatus::skipped(),
        };
        let missing = walked.missing.as_ref().map(|missing| format!(": {missing}")).unwrap_or_default();
        status.set_type("talked through");
        status.set_message(plain(&format!("{}{missing}", walked.works.as_str())));
        return status;
    }
    let reason = step.reason.as_deref().or(step.label.left_out.as_deref());
    of_outcome(step.outcome, step.failure.as_ref(), reason)
}

fn of_outcome(outcome: Option<Outcome>, failure: Option<&Failure>, reason: Option<&str>) -> TestCaseStatus {
    let mut status = match outcome {
        Some(Outcome::Passed | Outcome::Warned) => return TestCaseStatus::success(),
        Some(Outcome::Failed | Outcome::Declined) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Some(Outcome::Unknown) => TestCaseStatus::non_success(NonSuccessKind::Error),
        Some(Outcome::Skipped) | None => TestCaseStatus::skipped(),
    };
    let word = outcome.map_or("it did not run", Outcome::as_str);
    let message = failure.map(|failure| failure.message.as_str()).or(reason).unwrap_or(word);
    status.set_message(plain(message));
    match failure {
        Some(failure) => {
            status.set_type(plain(&kind_words(&failure.kind)));
            let look = Look { color: false, unicode: true };
            status.set_description(failure_lines(failure, look, WIDTH).join("\n"));
        }
        None => {
            status.set_type(word);
        }
    }
    status
}

/// What its program said: of standard error, and of all else.
fn output(case: &mut TestCase, step: &StepView, annex: &Annex<'_>) {
    let limit = if is_bad(step) { ExcerptLimit::LONG } else { ExcerptLimit::SHORT };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    out.extend(step.reason.iter().filter(|_| step.outcome == Some(Outcome::Warned)).map(|reason| plain(reason)));
    for artifact in &step.artifacts {
        let lines = text_of(artifact, limit, annex);
        if artifact.name == "stderr" { err.extend(lines) } else { out.extend(lines) }
    }
    if !out.is_empty() {
        case.set_system_out(out.join("\n"));
    }
    if !err.is_empty() {
        case.set_system_err(err.join("\n"));
    }
}

fn text_of(artifact: &ArtifactRef, limit: ExcerptLimit, annex: &Annex<'_>) -> Vec<String> {
    let Some(excerpt) = annex.texts.excerpt(&artifact.digest, limit) else { return Vec::new() };
    let mut lines: Vec<String> = excerpt.head.iter().map(|line| plain(line)).collect();
    let left_out = excerpt.left_out.to_string();
    if !left_out.is_empty() {
        lines.push(format!("[{left_out}: artifacts/{}]", plain(&artifact.digest)));
    }
    lines.extend(excerpt.tail.iter().map(|line| plain(line)));
    lines
}
