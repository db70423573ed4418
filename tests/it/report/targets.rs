//! A verification of three targets, told: every way in which a check can stand, and one target that came to no run.

use std::collections::BTreeMap;

use checkride::catalog::Severity;
use checkride::event::{Ask, Choice, Event, EventKind, Failure, FailureKind, Outcome, Question, SessionEnd, Verdict};
use checkride::id::{Phase, StepId};
use checkride::report::RunView;
use checkride::report::verified::{Aside, Before, Lenient, NamedCheck, UnusedWaiver, Verification, Verified, Waived};
use checkride::source::SourceRef;
use serde_json::{Map, Value, json};

use crate::report::files::{name, view};
use crate::report::spice::hostile;
use crate::report::tale::{Run, Tale, expectation, settled_item};
use crate::support::story::{PLAN, step};

/// What the renderers borrow.
pub(super) struct Told {
    title: String,
    views: Vec<(String, RunView)>,
    asides: BTreeMap<StepId, Aside>,
    unused: Vec<UnusedWaiver>,
    trouble: Option<String>,
    verdict: (Verdict, u8),
    compared: Option<String>,
    folder: Option<String>,
}

impl Told {
    pub(super) fn verification(&self) -> Verification<'_> {
        let mut targets: Vec<Verified<'_>> = self
            .views
            .iter()
            .map(|(name, view)| Verified {
                target: Some(name),
                view: Some(view),
                asides: self.asides.clone(),
                ..Verified::default()
            })
            .collect();
        targets.extend(self.trouble.as_deref().map(|trouble| Verified {
            target: Some("prod-ap"),
            trouble: Some(trouble),
            ..Verified::default()
        }));
        Verification {
            title: &self.title,
            runbook: "runbooks/verify-prod.toml",
            targets,
            verdict: Some(self.verdict),
            fail_on: self.trouble.is_some().then_some(Severity::Medium),
            compared: self.compared.as_deref(),
            unused_waivers: self.unused.clone(),
            folder: self.folder.as_deref(),
        }
    }
}

const STEPS: [(&str, &str, &str); 11] = [
    ("tls", "The site answers over TLS 1.2 only", "http"),
    ("pitr", "Point-in-time recovery of sessions is on", "check"),
    ("limits", "Every function has a concurrency limit", "check"),
    ("throttled", "The dead-letter queue is empty", "aws"),
    ("alarms", "No alarm rings", "aws"),
    ("tags", "Every resource names its owner", "check"),
    ("quota", "The quota has room", "aws"),
    ("backup", "A backup was restored this quarter", "check"),
    ("late", "The log groups keep 90 days", "check"),
    ("console", "A person has looked at the dashboard", "confirm"),
    ("mended", "The bucket is versioned", "check"),
];

fn plan() -> Value {
    let steps: Vec<Value> = STEPS
        .iter()
        .map(|(id, title, kind)| {
            json!({
                "id": id, "phase": "verify", "title": title, "kind": kind, "action": format!("look at {id}"),
                "guide": null, "owner": "platform", "controls": if *kind == "check" { json!(["CKV_AWS_28"]) } else { json!([]) },
                "effect": "read", "left_out": (*id == "quota").then_some("skipped with --skip: no quota in this region"),
            })
        })
        .chain([json!({
            "id": "deploy", "phase": "deploy", "title": "Deploy it", "kind": "stack", "action": "the stack", "guide": null,
            "owner": null, "controls": [], "effect": "write", "left_out": null,
        })])
        .collect();
    json!({
        "format": 1, "tool": "0.1.0", "digest": PLAN, "runbook": "runbooks/verify-prod.toml", "title": "Verify production",
        "profile": "prod", "phases": ["verify"], "inputs": {}, "secrets": {}, "files": [], "budget_ms": null, "steps": steps,
    })
}

/// How a step ends on a target, and after how many milliseconds.
fn ends(id: &str, bad: bool) -> Option<(u64, Outcome, Option<Failure>, Option<&'static str>)> {
    let place = |mut failure: Failure, line: u32| {
        failure.at = Some(SourceRef { path: "runbooks/verify-prod.toml".to_owned(), line, column: 11 });
        failure
    };
    let no = |expression: &str, path: &str, value: Value, line| {
        place(expectation(expression, vec![(path.to_owned(), value)], line), line)
    };
    let passed = |ms| Some((ms, Outcome::Passed, None, None));
    match id {
        "tls" => passed(310),
        "pitr" if bad => {
            let mut failure = no("call.backups.status == 'ENABLED'", "call.backups.status", json!("DISABLED"), 24);
            failure.remedy = Some("aws dynamodb update-continuous-backups --table-name mte-sessions \\\n    --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true".to_owned());
            failure.request_id = Some("a1b2c3d4-11aa-22bb-33cc-d4e5f6a7b8c9".to_owned());
            Some((420, Outcome::Failed, Some(failure), None))
        }
        "pitr" => passed(400),
        "limits" => {
            let failure = Failure::new(FailureKind::Expectation, "1 of 2 items failed");
            Some((900, Outcome::Failed, Some(failure), None))
        }
        "throttled" => {
            let failure = Failure::new(FailureKind::Throttled, "sqs:GetQueueAttributes was throttled 5 times");
            Some((5_100, Outcome::Unknown, Some(failure), None))
        }
        "alarms" => Some((200, Outcome::Warned, None, Some("1 alarm has too little data"))),
        "tags" => {
            Some((150, Outcome::Failed, Some(no("size(out.untagged) == 0", "size(out.untagged)", json!(3), 61)), None))
        }
        "backup" => Some((
            80,
            Outcome::Failed,
            Some(no("age(out.at) < duration('2160h')", "out.at", json!("2026-01-03"), 74)),
            None,
        )),
        "late" if bad => Some((70, Outcome::Failed, Some(no("out.days >= 90", "out.days", json!(30), 83)), None)),
        "late" | "mended" => passed(70),
        _ => None,
    }
}

/// One target's run; `order` says in which order its checks come to an end.
fn run(id: &str, region: &str, bad: bool, order: &[&str]) -> Run {
    let mut tale = Tale::begin(id);
    tale.run.plan = plan();
    let header = &mut tale.run.header;
    (header.runbook, header.title) = ("runbooks/verify-prod.toml".to_owned(), "Verify production".to_owned());
    header.change = None;
    let target = header.target.as_mut().unwrap();
    region.clone_into(&mut target.region);
    target.emulator = (!bad).then(|| "http://127.0.0.1:4566".to_owned());
    tale.phase(Phase::Verify);
    for id in order {
        let Some((ms, outcome, failure, reason)) = ends(id, bad) else { continue };
        tale.start(id, 1);
        if *id == "limits" {
            let values = vec![("call.limit.ReservedConcurrentExecutions".to_owned(), json!(null))];
            let missing = expectation("call.limit.ReservedConcurrentExecutions > 0", values, 33);
            tale.add(0, settled_item(1, "worker", Some(missing)));
            tale.add(0, settled_item(0, "api", None));
        }
        tale.elapsed += ms;
        tale.finish(id, outcome, failure, reason, Map::new(), Vec::new());
    }
    if bad {
        let mut question = Question::new("console", Ask::Confirm, "Have you looked?", vec![Choice::Done, Choice::No]);
        (question.step, question.phase) = (Some(step("console")), Some(Phase::Verify));
        tale.ask(question);
        let waits_for = Some("console".to_owned());
        tale.add(5, EventKind::SessionEnded { end: SessionEnd::NeedsPerson, waits_for });
    } else {
        tale.add(10, EventKind::RunFinished { verdict: Verdict::VerificationFailed, code: 4 });
    }
    tale.run
}

fn waived(owner: &str, reason: &str, until: &str, expired: bool) -> Waived {
    Waived { owner: owner.to_owned(), reason: reason.to_owned(), until: until.parse().unwrap(), expired }
}

fn asides() -> BTreeMap<StepId, Aside> {
    let check = |id: &str, title: &str, reference: &str| NamedCheck {
        id: id.to_owned(),
        title: title.to_owned(),
        about: format!("What `{id}` looks at, and why.\n\nMore of it."),
        reference: Some(reference.to_owned()),
    };
    let mut all: BTreeMap<StepId, Aside> = STEPS
        .iter()
        .zip(1_u32..)
        .map(|((id, _, _), at)| {
            let place = SourceRef { path: "runbooks/verify-prod.toml".to_owned(), line: 9 * at, column: 1 };
            (step(id), Aside { place: Some(place), before: Some(Before::Was(Outcome::Passed)), ..Aside::default() })
        })
        .collect();
    let mut of = |id: &str, change: &dyn Fn(&mut Aside)| change(all.get_mut(&step(id)).unwrap());
    of("pitr", &|it| {
        it.severity = Some(Severity::High);
        it.check = Some(check("dynamodb-pitr", "Point-in-time recovery is on", "https://docs.aws.amazon.com/a?b=c#d"));
    });
    of("limits", &|it| {
        it.severity = Some(Severity::Medium);
        it.check = Some(check("lambda-reserved-concurrency", "The function has a limit", "javascript:alert(1)"));
        it.waiver =
            Some(waived("ana", "the worker scales by itself until the new queue is there", "2026-12-31", false));
        it.before = Some(Before::Was(Outcome::Failed));
    });
    of("throttled", &|it| it.waiver = Some(waived("bo", "known to be full", "2026-12-01", false)));
    of("tags", &|it| {
        (it.severity, it.lenient) = (Some(Severity::Low), Some(Lenient::Below));
        it.before = Some(Before::Absent);
    });
    of("backup", &|it| {
        it.severity = Some(Severity::Critical);
        it.waiver = Some(waived("ana", "the restore is planned", "2026-10-31", true));
        it.remedy = Some("restore one: `checkride drill restore-prod`".to_owned());
        it.before = Some(Before::Was(Outcome::Unknown));
    });
    of("late", &|it| {
        (it.lenient, it.before) = (Some(Lenient::Known), Some(Before::Was(Outcome::Failed)));
    });
    of("mended", &|it| it.before = Some(Before::Was(Outcome::Failed)));
    all
}

fn order() -> Vec<&'static str> {
    STEPS.iter().map(|(id, _, _)| *id).collect()
}

fn told(runs: &[Run]) -> Told {
    let names = ["prod-eu", "prod-us"].map(str::to_owned);
    Told {
        title: "Verify production".to_owned(),
        views: names.into_iter().zip(runs.iter().map(view)).collect(),
        asides: asides(),
        unused: vec![UnusedWaiver {
            check: "tls".to_owned(),
            target: Some("prod-us".to_owned()),
            waiver: waived("bo", "the old clients", "2026-12-24", false),
            place: Some(SourceRef { path: "profiles/prod.toml".to_owned(), line: 40, column: 1 }),
            why: "the check passed".to_owned(),
        }],
        trouble: Some("the role arn:aws:iam::210987654321:role/Read cannot be assumed: access refused".to_owned()),
        verdict: (Verdict::VerificationFailed, 4),
        compared: Some("run 20261120T020000Z-verify-prod-0b1c".to_owned()),
        folder: Some("deploy".to_owned()),
    }
}

fn runs_in(order: &[&str]) -> Vec<Run> {
    vec![
        run("20261121T181500Z-verify-prod-aa01", "eu-central-1", true, order),
        run("20261121T181500Z-verify-prod-aa02", "us-east-1", false, order),
    ]
}

/// The file of the runbook, as far as reports read it, and a check of the catalogue: the run keeps the bytes of both.
const RUNBOOK: &str = r#"format = 1

[[verify]]
id = "throttled"
kind = "aws"
severity = "low"

[[verify]]
id = "pitr"
kind = "check"
check = "dynamodb-pitr"
"#;
const CHECK: &str = r#"[[check]]
id = "dynamodb-pitr"
title = "Point-in-time recovery is on"
severity = "critical"
about = "What was deleted can be had again."
"#;

/// One target's run with the files that it pins.
pub(super) fn with_files() -> Run {
    let mut run = runs_in(&order()).remove(0);
    let files = [("runbooks/verify-prod.toml", RUNBOOK), ("checkride:dynamodb-pitr", CHECK)];
    run.files.extend(files.iter().map(|(_, text)| text.as_bytes().to_vec()));
    let pinned = files.iter().map(|(path, text)| {
        let name = name(text.as_bytes());
        json!({ "path": path, "sha256": name.strip_prefix("sha256-").unwrap() })
    });
    run.plan["files"] = pinned.collect();
    run
}

/// Three targets, and all that can be found on them.
pub(super) fn mixed() -> Told {
    told(&runs_in(&order()))
}

/// The same, where the checks came to an end in the reverse order.
pub(super) fn mixed_in_reverse() -> Told {
    let mut order = order();
    order.reverse();
    told(&runs_in(&order))
}

/// The same with every free text hostile.
pub(super) fn mixed_and_hostile(texts: &[&str]) -> Told {
    let runs: Vec<Run> = runs_in(&order()).iter().map(|run| hostile(run, texts)).collect();
    let all = texts.concat();
    let mut told = told(&runs);
    let spice = |text: &mut String| text.push_str(&all);
    spice(&mut told.title);
    for (name, _) in &mut told.views {
        spice(name);
    }
    told.trouble.as_mut().into_iter().for_each(spice);
    told.compared.as_mut().into_iter().for_each(spice);
    told.unused[0].why.push_str(&all);
    for aside in told.asides.values_mut() {
        if let Some(place) = &mut aside.place {
            place.path.push_str(texts[0]);
        }
        aside.remedy.as_mut().into_iter().for_each(spice);
        if let Some(check) = &mut aside.check {
            [&mut check.id, &mut check.title, &mut check.about].into_iter().for_each(spice);
        }
        if let Some(waiver) = &mut aside.waiver {
            [&mut waiver.owner, &mut waiver.reason].into_iter().for_each(spice);
        }
    }
    told
}

/// One target on which all is well.
pub(super) fn well() -> Told {
    let mut run = run("20261121T181500Z-verify-prod-aa03", "eu-central-1", false, &["tls", "pitr", "late", "mended"]);
    let kept = |step: &Value| ["tls", "pitr", "late", "mended"].iter().any(|id| step["id"] == *id);
    run.plan["steps"].as_array_mut().unwrap().retain(kept);
    if let Some(Event { kind, .. }) = run.events.last_mut() {
        *kind = EventKind::RunFinished { verdict: Verdict::Passed, code: 0 };
    }
    Told {
        title: "Verify production".to_owned(),
        views: vec![("prod-eu".to_owned(), view(&run))],
        asides: BTreeMap::new(),
        unused: Vec::new(),
        trouble: None,
        verdict: (Verdict::Passed, 0),
        compared: None,
        folder: None,
    }
}

/// One target with so many checks that failed, each with a long message.
pub(super) fn many(checks: usize) -> Told {
    let mut tale = Tale::begin("20261121T181500Z-verify-prod-aa04");
    let id = |at: usize| format!("check_{at:05}");
    tale.run.plan = plan();
    tale.run.plan["steps"] = (0..checks)
        .map(|at| {
            json!({
                "id": id(at), "phase": "verify", "title": format!("Check {at} | of many"), "kind": "aws", "action": null,
                "guide": null, "owner": null, "controls": [], "effect": "read", "left_out": null,
            })
        })
        .collect();
    tale.phase(Phase::Verify);
    for at in 0..checks {
        let values = vec![("out.value".to_owned(), json!("é".repeat(500)))];
        let failure = expectation(&format!("out.value == '{}'", "x".repeat(700)), values, 10);
        tale.start(&id(at), 1);
        tale.finish(&id(at), Outcome::Failed, Some(failure), None, Map::new(), Vec::new());
    }
    tale.add(10, EventKind::RunFinished { verdict: Verdict::VerificationFailed, code: 4 });
    let mut told = well();
    told.views = vec![("prod-eu".to_owned(), view(&tale.run))];
    told.verdict = (Verdict::VerificationFailed, 4);
    told
}
