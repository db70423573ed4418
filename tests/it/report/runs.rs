//! Runs to render: one that passed, and one that failed and went back.

use checkride::event::{
    Ask, Choice, DeviationKind, EffectResult, EventKind, Failure, FailureKind, Hold, IdentityReason, Level, Outcome,
    Question, SessionEnd, Verdict,
};
use checkride::id::Phase;
use serde_json::{Map, json};

use crate::report::tale::{Run, Tale, expectation, said, settled_item};
use crate::support::story::step;

/// A deployment in which all went well, at the second try here and there.
pub(super) fn good() -> Run {
    let mut tale = Tale::begin("20261121T181500Z-deploy-prod-7f3a");
    tale.checklist();
    tale.approved_and_built();
    tale.change_set();
    tale.settle(142_000, "stack", 1, 1, EffectResult::Done, "UPDATE_COMPLETE");
    tale.end(
        "stack",
        Outcome::Passed,
        json!({ "table": "mte-sessions-v2", "functions": ["api", "worker"] }),
        Vec::new(),
    );
    tale.start("migrate", 1);
    tale.intend("migrate", 1, 1, "command", "$ scripts/migrate prod");
    tale.settle(61_000, "migrate", 1, 1, EffectResult::Done, "exit code 0");
    let file = tale.file("stdout", "text/plain", b"moved 18204 sessions\n");
    tale.end("migrate", Outcome::Passed, json!({ "moved": 18_204 }), vec![file]);
    tale.phase_over(Phase::Deploy);
    tale.phase(Phase::Verify);
    tale.start("pitr", 1);
    let failure =
        expectation("out.json.status == 'ENABLED'", vec![("out.json.status".to_owned(), json!("ENABLING"))], 212);
    tale.add(
        2_100,
        EventKind::AttemptFailed {
            step: step("pitr"),
            attempt: 1,
            failure,
            retry_in_ms: Some(20_000),
            artifacts: Vec::new(),
            requests: Vec::new(),
        },
    );
    tale.elapsed += 20_000;
    tale.start("pitr", 2);
    tale.elapsed += 1_900;
    tale.end("pitr", Outcome::Passed, json!({}), Vec::new());
    tale.start("limits", 1);
    tale.add(800, settled_item(0, "api", None));
    tale.add(700, settled_item(1, "worker", None));
    tale.end("limits", Outcome::Passed, json!({}), Vec::new());
    tale.start("smoke", 1);
    tale.elapsed += 2_300;
    let warning = "it answered after 1.9 s; 1.0 s is what is wished for";
    tale.finish("smoke", Outcome::Warned, None, Some(warning), Map::new(), Vec::new());
    tale.phase_over(Phase::Verify);
    tale.add(10, EventKind::RunFinished { verdict: Verdict::Passed, code: 0 });
    tale.run
}

/// A deployment in which the terminal was lost, an effect had to be settled by a person, a verification failed, and all was
/// put back.
pub(super) fn failed() -> Run {
    let mut tale = Tale::begin("20261121T181500Z-deploy-prod-91bc");
    let reason = "the page is behind a maintenance window until 20:00".to_owned();
    tale.add(5, EventKind::Deviation { what: DeviationKind::Skipped, step: Some(step("smoke")), reason });
    tale.checklist();
    tale.approved_and_built();
    tale.change_set();
    tale.settle(142_000, "stack", 1, 1, EffectResult::Done, "UPDATE_COMPLETE");
    tale.end("stack", Outcome::Passed, json!({ "table": "mte-sessions-v2" }), Vec::new());
    tale.start("migrate", 1);
    tale.intend("migrate", 1, 1, "command", "$ scripts/migrate prod");
    tale.add(44_000, EventKind::Interrupted { signal: "SIGHUP".to_owned(), stopping: false });
    let waits_for = Some("migrate.unknown".to_owned());
    tale.add(100, EventKind::SessionEnded { end: SessionEnd::TerminalLost, waits_for });
    tale.sit_down(130);
    tale.identity(IdentityReason::Resume);
    let mut question = Question::new(
        "migrate.unknown",
        Ask::SettleUnknown,
        "Did `$ scripts/migrate prod` happen?",
        vec![Choice::Happened, Choice::DidNotHappen, Choice::Abort],
    );
    (question.step, question.phase) = (Some(step("migrate")), Some(Phase::Deploy));
    question.body = vec!["it was under way when session 1 ended; nothing can be asked about it".to_owned()];
    tale.ask(question);
    let mut happened = said(Choice::Happened);
    happened.reason = Some("the new table holds 18204 sessions, as the old one did".to_owned());
    tale.answer(88_000, "migrate.unknown", Some("migrate"), Phase::Deploy, happened.clone());
    let reason = happened.reason.unwrap();
    tale.add(5, EventKind::Deviation { what: DeviationKind::SettledByPerson, step: Some(step("migrate")), reason });
    tale.settle(5, "migrate", 1, 1, EffectResult::Done, "by the word of ana");
    tale.end("migrate", Outcome::Passed, json!({}), Vec::new());
    tale.phase_over(Phase::Deploy);
    tale.phase(Phase::Verify);
    tale.start("pitr", 1);
    let status = vec![("out.json.status".to_owned(), json!("DISABLED")), ("input.stage".to_owned(), json!("prod"))];
    let mut failure = expectation("out.json.status == 'ENABLED' || input.stage == 'dev'", status, 212);
    failure.remedy =
        Some("Turn point-in-time recovery on for `mte-sessions-v2`, then run the verification again.".to_owned());
    let attempt = failure.clone();
    tale.add(
        2_400,
        EventKind::AttemptFailed {
            step: step("pitr"),
            attempt: 1,
            failure: attempt,
            retry_in_ms: Some(5_000),
            artifacts: Vec::new(),
            requests: Vec::new(),
        },
    );
    tale.elapsed += 5_000;
    tale.start("pitr", 2);
    let attempt = failure.clone();
    tale.add(
        2_200,
        EventKind::AttemptFailed {
            step: step("pitr"),
            attempt: 2,
            failure: attempt,
            retry_in_ms: None,
            artifacts: Vec::new(),
            requests: Vec::new(),
        },
    );
    let out = tale.file("stdout", "text/plain", b"{\n    \"status\": \"DISABLED\"\n}\n");
    tale.finish("pitr", Outcome::Failed, Some(failure), None, Map::new(), vec![out]);
    tale.start("limits", 1);
    tale.add(800, settled_item(0, "api", None));
    let values = vec![("out.json.ReservedConcurrentExecutions".to_owned(), json!(null))];
    let missing = expectation("out.json.ReservedConcurrentExecutions > 0", values, 227);
    tale.add(700, settled_item(1, "worker", Some(missing)));
    let kind = FailureKind::Aws {
        service: "lambda".to_owned(),
        operation: "GetFunctionConcurrency".to_owned(),
        code: "ResourceNotFoundException".to_owned(),
        status: 404,
    };
    let mut failure = Failure::new(kind, "1 of 2 items failed")
        .caused_by(vec!["Function not found: arn:aws:lambda:eu-central-1:123456789012:function:worker".to_owned()]);
    failure.request_id = Some("a1b2c3d4-11aa-22bb-33cc-d4e5f6a7b8c9".to_owned());
    let err = tale.file(
        "stderr",
        "text/plain",
        b"\x1b[31mAn error occurred (ResourceNotFoundException)\x1b[0m\nretrying\xff\n",
    );
    tale.finish("limits", Outcome::Failed, Some(failure), None, Map::new(), vec![err]);
    tale.finish("smoke", Outcome::Skipped, None, Some("skipped with --skip"), Map::new(), Vec::new());
    tale.phase_over(Phase::Verify);
    let steps = vec![step("sessions_back"), step("previous_stack")];
    tale.add(4_000, EventKind::RollbackStarted { cause: "`pitr` failed".to_owned(), steps });
    tale.phase(Phase::Rollback);
    for (id, took) in [("sessions_back", 58_000), ("previous_stack", 96_000)] {
        tale.start(id, 1);
        tale.intend(id, 1, 1, "command", &format!("$ scripts/{id}"));
        tale.settle(took, id, 1, 1, EffectResult::Done, "exit code 0");
        tale.end(id, Outcome::Passed, json!({}), Vec::new());
    }
    tale.phase_over(Phase::Rollback);
    tale.add(10, EventKind::RunFinished { verdict: Verdict::VerificationFailed, code: 4 });
    tale.run
}

/// Two holds: one over which an alarm tripped, and the next one, which saw it all well.
pub(super) fn held() -> Run {
    let mut tale = Tale::begin("20261121T181500Z-deploy-prod-ba4e");
    tale.checklist();
    tale.phase(Phase::Verify);
    let look = |attempt: u32, look: u32, minute: u64, level: Level, values: &[(&str, &str)], trouble: Option<&str>| {
        EventKind::LookChanged {
            step: step("smoke"),
            attempt,
            index: None,
            look,
            values: values.iter().map(|(name, state)| ((*name).to_owned(), json!(state))).collect(),
            trouble: trouble.map(str::to_owned),
            hold: Some(Hold { length_ms: 1_800_000, at_ms: minute * 60_000, level }),
            requests: vec![format!("look-{attempt}-{look}")],
        }
    };
    let names = ["mte-prod-errors", "check lambda-dlq"];
    let seen = |alarm: &'static str| [(names[0], alarm), (names[1], "passed")];
    tale.start("smoke", 1);
    tale.add(200, look(1, 1, 0, Level::Dim, &seen("INSUFFICIENT_DATA"), None));
    tale.add(180_000, look(1, 7, 3, Level::Well, &seen("OK"), None));
    tale.add(300_000, look(1, 17, 8, Level::Dim, &seen("OK"), Some("access refused")));
    tale.add(60_000, look(1, 19, 9, Level::Well, &seen("OK"), None));
    let why = "alarm mte-prod-errors is in ALARM; held 12m of 30m, 25 looks";
    tale.add(180_000, look(1, 25, 12, Level::Alarm, &seen("ALARM"), Some(why)));
    let mut failure = expectation("no alarm", Vec::new(), 231);
    why.clone_into(&mut failure.message);
    failure.causes = vec!["since 2026-11-21T18:26:40.000Z, after the hold began".to_owned()];
    let retry_in_ms = Some(5_000);
    tale.add(
        5,
        EventKind::AttemptFailed {
            step: step("smoke"),
            attempt: 1,
            failure,
            retry_in_ms,
            artifacts: Vec::new(),
            requests: Vec::new(),
        },
    );
    tale.elapsed += 5_000;
    tale.start("smoke", 2);
    tale.add(200, look(2, 1, 0, Level::Well, &seen("OK"), None));
    tale.elapsed += 1_800_000;
    let note = "held 30m, 61 looks; 1 alarm watched; begun anew in attempt 2";
    let outputs = Map::from_iter([("looks".to_owned(), json!(61))]);
    tale.finish("smoke", Outcome::Passed, None, Some(note), outputs, Vec::new());
    tale.phase_over(Phase::Verify);
    tale.add(10, EventKind::RunFinished { verdict: Verdict::Passed, code: 0 });
    tale.run
}
