//! The after-action reports of drills: one that was held, with all that may stand in it, and one that was talked through.

use checkride::event::{
    Answer, AnswerSource, Ask, Choice, DeviationKind, DrillMoment, EventKind, Measured, Objective, Outcome,
    Participant, Question, Remark, RemarkKind, SessionEnd, Verdict, Walked, Works,
};
use checkride::id::Phase;
use serde_json::{Value, json};

use crate::report::files::Kept;
use crate::report::tale::{Run, Tale};
use crate::support::golden::golden;
use crate::support::story::{PLAN, step};

fn plan() -> Value {
    let step = |id: &str, phase: &str, title: &str, kind: &str, effect: &str, action: &str| {
        json!({
            "id": id, "phase": phase, "title": title, "kind": kind, "action": action, "guide": null,
            "owner": "platform", "controls": ["NIST-800-53:CP-4"], "effect": effect, "left_out": null,
        })
    };
    json!({
        "format": 1, "tool": "0.1.0", "digest": PLAN, "runbook": "runbooks/drill-sessions.toml",
        "title": "Drill: restore the sessions", "profile": "prod", "phases": ["drill"],
        "inputs": { "table": "mte-sessions" }, "secrets": {}, "files": [],
        "budget_ms": 3_600_000,
        "drill": {
            "rto_ms": 900_000, "rpo_ms": 600_000, "covers": ["prod", "prod-eu"], "budget_ms": 240_000,
            "scenario": "A release has deleted sessions. It is found a few minutes later.",
            "objectives": ["The table is restored within the objective.", "Nothing of later is in it."],
            "roles": ["operator", "owner of the data", "scribe"],
        },
        "steps": [
            step("mark", "drill", "Markers are written", "marker", "write", "writes 5 markers"),
            step("restore", "drill", "The table is restored", "restore", "write", "restores mte-sessions"),
            step("back", "drill", "The markers are there", "marker", "read", "reads 5 markers back"),
            step("remove", "rollback", "What was made is removed", "cleanup", "write", "removes what the run made"),
        ],
    })
}

fn remark(kind: RemarkKind, text: &str, owner: Option<&str>, due: Option<&str>, of: Option<u32>) -> EventKind {
    let (text, by, owner) = (text.to_owned(), "ana".to_owned(), owner.map(str::to_owned));
    let due = due.map(|due| due.parse().unwrap());
    EventKind::Remarked { remark: Remark { remark: kind, text, by, owner, due, of } }
}

fn person(name: &str, role: &str) -> EventKind {
    EventKind::Participant { participant: Participant { name: name.to_owned(), role: role.to_owned() } }
}

/// Held for real: an objective missed, markers lost, a setting not carried over, a removal that took two attempts.
fn held() -> Run {
    let mut tale = Tale::begin("20261121T181500Z-drill-sessions-7f3a");
    tale.run.plan = plan();
    "Drill: restore the sessions".clone_into(&mut tale.run.header.title);
    "runbooks/drill-sessions.toml".clone_into(&mut tale.run.header.runbook);
    let skipped = EventKind::Deviation {
        what: DeviationKind::Skipped,
        step: Some(step("mark")),
        reason: "--skip: only three of the five".to_owned(),
    };
    tale.add(1, skipped);
    tale.add(1, person("Ana Ruiz", "operator"));
    tale.add(1, person("Bo Lind", "operator"));
    tale.add(1, person("Chi Okafor", "owner of the data"));
    let moment = |moment, at: Option<&str>| {
        let at = at.map(|at| at.parse().unwrap());
        EventKind::DrillMoment { moment, at, step: None }
    };
    tale.add(1, moment(DrillMoment::Detected, Some("2026-11-21T18:00:00Z")));
    tale.add(1, moment(DrillMoment::Declared, Some("2026-11-21T18:06:00Z")));
    tale.phase(Phase::Drill);
    tale.add(5, moment(DrillMoment::Started, None));
    tale.start("mark", 1);
    tale.elapsed += 8_000;
    let markers: Vec<Value> =
        (16..21).map(|s| json!({ "key": {}, "at": format!("2026-11-21T18:15:{s}.000Z") })).collect();
    tale.end("mark", Outcome::Passed, json!({ "markers": markers, "written": "2026-11-21T18:15:20.000Z" }), Vec::new());
    tale.start("restore", 1);
    tale.elapsed += 260_000;
    let outputs = json!({
        "table": "mte-sessions-7f3a", "source": "arn:aws:dynamodb:eu-central-1:123456789012:table/mte-sessions",
        "at": "2026-11-21T18:15:18.000Z", "lag_ms": 2_000, "started": "2026-11-21T18:15:22.000Z",
        "settings": { "same": [], "put_back": ["tags"], "reported": [{ "what": "alarms", "why": "they name the old one" }] },
    });
    tale.end("restore", Outcome::Warned, outputs, Vec::new());
    tale.add(1, moment(DrillMoment::Restored, None));
    tale.start("back", 1);
    tale.elapsed += 1_000;
    let outputs = json!({
        "markers": 5, "present": 3, "last_present": "2026-11-21T18:15:18.000Z",
        "first_absent": "2026-11-21T18:15:19.000Z", "written": "2026-11-21T18:15:20.000Z", "rpo_ms": 2_000,
    });
    tale.end("back", Outcome::Passed, outputs, Vec::new());
    tale.phase_over(Phase::Drill);
    tale.add(1, moment(DrillMoment::Verified, None));
    let measured = |objective, target, measured, by: &str| EventKind::ObjectiveMeasured {
        measured: Measured { objective, target_ms: Some(target), measured_ms: Some(measured), by: by.to_owned() },
    };
    tale.add(1, measured(Objective::Rto, 900_000, 1_169_403, "from detected to verified"));
    tale.add(1, measured(Objective::Rpo, 600_000, 2_000, "by the markers that `back` read back"));
    let cause = "the drill is over".to_owned();
    tale.add(1, EventKind::RollbackStarted { cause, steps: vec![step("remove")] });
    tale.phase(Phase::Rollback);
    tale.start("remove", 1);
    tale.elapsed += 3_000;
    let failure = crate::support::story::failure();
    tale.add(
        10,
        EventKind::AttemptFailed {
            step: step("remove"),
            attempt: 1,
            failure,
            retry_in_ms: Some(2_000),
            artifacts: Vec::new(),
            requests: Vec::new(),
        },
    );
    tale.elapsed += 2_000;
    tale.start("remove", 2);
    tale.elapsed += 30_000;
    tale.end("remove", Outcome::Passed, json!({ "removed": ["mte-sessions-7f3a"] }), Vec::new());
    tale.phase_over(Phase::Rollback);
    tale.add(1, EventKind::ResidualState { left: Vec::new() });
    tale.add(40_000, remark(RemarkKind::Observation, "The runbook was not on the dashboard", None, None, None));
    let (owner, due) = (Some("platform"), Some("2026-12-01"));
    tale.add(30_000, remark(RemarkKind::Recommendation, "Link the runbook on the dashboard", owner, due, None));
    tale.add(9_000, remark(RemarkKind::Recommendation, "Name the alarms of a restored table", None, None, None));
    let verdict = Verdict::VerificationFailed;
    tale.add(10, EventKind::RunFinished { verdict, code: 4 });
    tale.sit_down(60 * 24);
    if let Some(EventKind::SessionStarted { after, .. }) = tale.run.events.last_mut().map(|event| &mut event.kind) {
        *after = true;
    }
    tale.add(5_000, remark(RemarkKind::Done, "CHG-1025", None, None, Some(1)));
    tale.add(10, EventKind::SessionEnded { end: SessionEnd::Finished, waits_for: None });
    tale.run
}

/// Talked through: a gap, a step that would not work, and an estimate that is too long.
fn talked() -> Run {
    let mut tale = Tale::begin("20261121T181500Z-drill-sessions-7f3b");
    tale.run.plan = plan();
    tale.run.plan["tabletop"] = json!(true);
    "Drill: restore the sessions".clone_into(&mut tale.run.header.title);
    "runbooks/drill-sessions.toml".clone_into(&mut tale.run.header.runbook);
    tale.run.header.tabletop = true;
    tale.run.header.git = None;
    tale.run.header.target.as_mut().unwrap().caller = None;
    tale.run.events.truncate(1);
    tale.add(1, person("Ana Ruiz", "operator"));
    let said = [
        ("mark", Phase::Drill, Works::Yes, None, Some(60_000), None),
        (
            "restore",
            Phase::Drill,
            Works::Gap,
            Some("nobody on the night shift may assume the role"),
            Some(1_500_000),
            Some("operator"),
        ),
        ("back", Phase::Drill, Works::No, Some("there is no table to read"), None, None),
        ("remove", Phase::Rollback, Works::Yes, None, Some(300_000), Some("operator")),
    ];
    let mut now = None;
    for (id, phase, works, missing, takes_ms, who) in said {
        if now != Some(phase) {
            if let Some(over) = now {
                tale.phase_over(over);
            }
            tale.phase(phase);
            now = Some(phase);
        }
        let mut question =
            Question::new(format!("{id}.walk"), Ask::Walk, id, vec![Choice::Yes, Choice::Gap, Choice::No]);
        (question.step, question.phase) = (Some(step(id)), Some(phase));
        question.body = vec!["what the plan shows".to_owned()];
        tale.ask(question);
        let choice = match works {
            Works::Yes => Choice::Yes,
            Works::Gap => Choice::Gap,
            Works::No => Choice::No,
        };
        let missing = missing.map(str::to_owned);
        let answer = Answer {
            choice,
            by: "ana".to_owned(),
            from: AnswerSource::Terminal { tty: "/dev/pts/3".to_owned() },
            reason: missing.clone(),
            value: who.map(|who| json!({ "who": who })),
            evidence: Vec::new(),
        };
        tale.answer(120_000, &format!("{id}.walk"), Some(id), phase, answer);
        let walked = Walked { works, missing, takes_ms, who: who.map(str::to_owned) };
        tale.add(1, EventKind::StepWalked { step: step(id), walked });
    }
    tale.phase_over(Phase::Rollback);
    tale.add(9_000, remark(RemarkKind::Recommendation, "Hold it for real", Some("platform"), Some("2026-12-24"), None));
    tale.add(10, EventKind::RunFinished { verdict: Verdict::WouldNotWork, code: 4 });
    tale.run
}

#[test]
fn a_drill_that_was_held_has_all_its_parts() {
    let kept = Kept::of(&held());
    for (format, ending) in [("html", "html"), ("md", "md"), ("json", "json")] {
        golden(&format!("journals/drill.{ending}"), &kept.report(format));
    }
    let report = kept.report("md");
    let mut from = 0;
    for part in [
        "### Scope",
        "### Scenario and objectives",
        "### Participants",
        "### Timeline",
        "### Targets and what was measured",
        "### Observations",
        "## Deviations",
        "## Recommendations",
        "## Conclusion",
    ] {
        let at = report[from..].find(part).unwrap_or_else(|| panic!("{part} in its place:\n{report}"));
        from += at;
    }
}

#[test]
fn a_drill_that_was_talked_through_says_so_and_measures_nothing() {
    let kept = Kept::of(&talked());
    for (format, ending) in [("html", "html"), ("md", "md"), ("junit", "xml")] {
        golden(&format!("journals/tabletop.{ending}"), &kept.report(format));
    }
    let report = kept.report("json");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["drill"]["measured"], json!([]));
    assert_eq!(report["drill"]["estimate"], json!({ "sum_ms": 1_560_000, "timed": 2, "steps": 3, "rto_ms": 900_000 }));
}
