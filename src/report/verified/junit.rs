//! A verification as `JUnit` XML: a suite for each target, a case for each check and each item of a `for_each`.
//!
//! | a check that | is |
//! |---|---|
//! | failed | a `failure` |
//! | is unknown, needs a person, or did not run | an `error`: never green |
//! | failed, and is waived or does not count | `skipped`, with what it says and why that is not red (as pytest does with `xfail`) |
//! | was left out | `skipped`, with the reason |
//! | passed, or warned | a case with nothing to say |
//!
//! So the colour that a pipeline makes of it is that of the exit code. A target that came to no run is a case, too.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::report::annex::Annex;
use crate::report::junit::{cases, properties};
use crate::report::plain::plain;
use crate::report::verified::finding::{Class, Finding, findings_of};
use crate::report::verified::github::in_repository;
use crate::report::verified::model::{Verification, Verified};
use crate::report::verified::words::{notes, unused_words};
use crate::report::view::RunView;

/// The verification as `JUnit` XML.
pub fn junit(all: &Verification<'_>) -> String {
    let mut report = Report::new(plain(all.title));
    let views = || all.targets.iter().filter_map(|target| target.view);
    report.set_time(Duration::from_millis(views().map(RunView::spent_ms).sum()));
    if let Some(first) = views().filter_map(|view| view.sessions.first()).map(|session| session.started.at).min() {
        report.set_timestamp(first);
    }
    report.add_test_suites(all.targets.iter().map(|target| suite(target, all)));
    report.to_string().expect("a report is written into a string, which takes everything")
}

fn suite(target: &Verified<'_>, all: &Verification<'_>) -> TestSuite {
    let name = plain(&target.name());
    let mut suite = TestSuite::new(name.as_str());
    suite.add_property(Property::new("target", name.as_str()));
    let unused = all.unused_waivers.iter().filter(|it| it.target.as_deref() == target.target || it.target.is_none());
    for unused in unused {
        suite.add_property(Property::new("waiver.unused", plain(&unused_words(unused))));
    }
    let nothing = Annex::default();
    if let Some(view) = target.view {
        let annex = target.annex.unwrap_or(&nothing);
        for (key, value) in properties(view, annex) {
            suite.add_property(Property::new(key, plain(&value)));
        }
        if let Some(session) = view.sessions.first() {
            suite.set_timestamp(session.started.at);
        }
        suite.set_time(Duration::from_millis(view.spent_ms()));
        for finding in findings_of(target) {
            suite.add_test_cases(cases_of(&finding, annex, &name, all));
        }
    }
    for trouble in target.troubles() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("not verified");
        status.set_message(plain(&trouble));
        let mut case = TestCase::new("the target is verified", status);
        case.set_classname(name.as_str());
        suite.add_test_case(case);
    }
    suite
}

fn cases_of(finding: &Finding<'_>, annex: &Annex<'_>, target: &str, all: &Verification<'_>) -> Vec<TestCase> {
    let mut cases = cases(finding.view, finding.step, annex);
    let class = format!("{target}.{}.{}", finding.view.header.runbook, finding.step.label.id);
    let notes = notes(finding, all);
    for case in &mut cases {
        case.set_classname(plain(&class));
        excuse(case, finding, &notes);
        if let Some(place) = finding.place() {
            case.extra.insert("file".into(), plain(&in_repository(all.folder, &place.path)).into());
            case.extra.insert("line".into(), place.line.to_string().into());
        }
    }
    if let Some(case) = cases.last_mut() {
        let mut add = |name: &str, value: &str| {
            case.add_property(Property::new(name, plain(value)));
        };
        add("class", finding.class.key());
        if let Some(severity) = finding.severity() {
            add("severity", severity.as_str());
        }
        if let Some(check) = finding.aside.and_then(|aside| aside.check.as_ref()) {
            add("check", &check.id);
        }
        if let Some(owner) = &finding.step.label.owner {
            add("owner", owner);
        }
        for control in &finding.step.label.controls {
            add("control", control);
        }
        for note in &notes {
            add("note", note);
        }
    }
    cases
}

/// What stands otherwise than its outcome alone would say.
fn excuse(case: &mut TestCase, finding: &Finding<'_>, notes: &[String]) {
    let failed = match &case.status {
        TestCaseStatus::NonSuccess { message, description, .. } => Some((message.clone(), description.clone())),
        TestCaseStatus::Success { .. } | TestCaseStatus::Skipped { .. } => None,
    };
    match (finding.class, failed) {
        (Class::Waived | Class::Tolerated, Some((message, description))) => {
            let mut status = TestCaseStatus::skipped();
            let found = message.map(|message| message.to_string()).unwrap_or_default();
            status.set_type(finding.class.as_str());
            status.set_message(plain(&format!("{}; it failed: {found}", notes.join("; "))));
            if let Some(description) = description {
                status.set_description(description.to_string());
            }
            case.status = status;
        }
        (Class::Person | Class::NotRun, _) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type(finding.class.as_str());
            status.set_message(plain(&finding.why()));
            case.status = status;
        }
        (
            Class::Failed
            | Class::Unknown
            | Class::Waived
            | Class::Tolerated
            | Class::Warned
            | Class::Skipped
            | Class::Passed,
            _,
        ) => {}
    }
}
