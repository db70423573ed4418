//! One run with every kind of event: a checklist, a build, a stack that fails and is cut off, a refused session, a
//! verification that fails, and the way back.

use std::path::Path;

use checkride::event::{
    AfterStep, Answer, AnswerSource, ArtifactRef, Ask, Attachment, Choice, DeviationKind, EffectResult, Event,
    EventKind, EvidenceNeed, Failure, FailureKind, GitState, IdentityReason, Outcome, Question, RunHeader, RunState,
    SessionEnd, TargetAccount, Verdict,
};
use checkride::id::{Phase, RunId, StepId};
use checkride::journal::{Durability, Journal, ResumePoint, Writer};
use checkride::source::SourceRef;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub(crate) const RUN: &str = "20261121T181500Z-deploy-prod-7f3a";

pub(crate) const PLAN: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

pub(crate) fn step(id: &str) -> StepId {
    StepId::new(id).unwrap()
}

pub(crate) fn header() -> RunHeader {
    RunHeader {
        checkride: "journal".to_owned(),
        format: 1,
        tool: "0.1.0".to_owned(),
        run: RunId::new(RUN).unwrap(),
        started: "2026-11-21T18:15:00.000Z".to_owned(),
        runbook: "runbooks/deploy-prod.toml".to_owned(),
        title: "Deploy the messaging stack".to_owned(),
        profile: Some("sandbox".to_owned()),
        tier: Some("sandbox".to_owned()),
        plan: PLAN.to_owned(),
        target: Some(TargetAccount {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            caller: Some("arn:aws:iam::123456789012:root".to_owned()),
            emulator: Some("http://127.0.0.1:4566".to_owned()),
        }),
        user: "ana".to_owned(),
        host: "kestrel".to_owned(),
        git: Some(GitState { commit: "0a1b2c3d".to_owned(), dirty: true, folder: None }),
        change: Some("CHG-1024".to_owned()),
        reason: Some("the quarterly hardening".to_owned()),
        verification: None,
        tabletop: false,
    }
}

pub(crate) fn failure() -> Failure {
    let kind = FailureKind::Aws {
        service: "cloudformation".to_owned(),
        operation: "ExecuteChangeSet".to_owned(),
        code: "InsufficientCapabilitiesException".to_owned(),
        status: 400,
    };
    let mut failure = Failure::new(kind, "the change set needs CAPABILITY_NAMED_IAM")
        .caused_by(vec!["Requires capabilities : [CAPABILITY_NAMED_IAM]".to_owned()])
        .with_remedy("add the capability to the step");
    failure.at = Some(SourceRef { path: "runbooks/deploy-prod.toml".to_owned(), line: 31, column: 9 });
    failure.line = Some("capabilities = []".to_owned());
    failure.values = vec![("out.status".to_owned(), json!("FAILED"))];
    failure.request_id = Some("5f1e".to_owned());
    failure
}

fn asked(id: &str, ask: Ask, of: Option<&str>, phase: Phase, choices: &[Choice]) -> EventKind {
    let mut question = Question::new(id, ask, "Is it so?", choices.to_vec());
    question.step = of.map(step);
    question.phase = Some(phase);
    EventKind::Asked { question }
}

fn full_question() -> EventKind {
    let mut question = Question::new(
        "stack.change_set",
        Ask::ApproveChange,
        "Execute the change set?",
        vec![Choice::Execute, Choice::Decline, Choice::Abort],
    );
    question.step = Some(step("stack"));
    question.phase = Some(Phase::Deploy);
    question.guide = Some("Read **this** first.".to_owned());
    question.body = vec!["Add  Sessions  AWS::DynamoDB::Table".to_owned()];
    question.detail = vec!["cloudformation:ExecuteChangeSet mte-dev".to_owned()];
    question.shown = Some("sha256:feed".to_owned());
    question.typed = Some("prod".to_owned());
    question.evidence = EvidenceNeed::Optional;
    question.expects = Some("one of the words".to_owned());
    question.options = vec!["dev".to_owned(), "prod".to_owned()];
    question.problem = Some("that was none of them".to_owned());
    EventKind::Asked { question }
}

fn answered(id: &str, of: Option<&str>, phase: Phase, choice: Choice, from: AnswerSource) -> EventKind {
    let answer = Answer { choice, by: "ana".to_owned(), from, reason: None, value: None, evidence: Vec::new() };
    EventKind::Answered { question: id.to_owned(), step: of.map(step), phase: Some(phase), answer }
}

fn full_answer() -> EventKind {
    let artifact = artifact("evidence", 12);
    EventKind::Answered {
        question: "config_backup".to_owned(),
        step: Some(step("config_backup")),
        phase: Some(Phase::Checklist),
        answer: Answer {
            choice: Choice::Done,
            by: "ana".to_owned(),
            from: AnswerSource::File { path: "profiles/sandbox.answers.toml".to_owned() },
            reason: Some("as agreed".to_owned()),
            value: Some(json!({ "copies": 2 })),
            evidence: vec![
                Attachment::Note { text: "kept in the vault".to_owned() },
                Attachment::Url { url: "https://example.com/1".to_owned() },
                Attachment::File { path: "backup.json".to_owned(), artifact: Some(artifact) },
            ],
        },
    }
}

pub(super) fn artifact(name: &str, bytes: u64) -> ArtifactRef {
    let digest = format!("sha256-{}", hex::encode(Sha256::digest(name.as_bytes())));
    ArtifactRef { name: name.to_owned(), digest, bytes, media: "text/plain".to_owned() }
}

pub(super) fn session(pid: u32, terminal: bool) -> EventKind {
    EventKind::SessionStarted {
        user: "ana".to_owned(),
        host: "kestrel".to_owned(),
        tool: "0.1.0".to_owned(),
        pid,
        terminal,
        plan: PLAN.to_owned(),
        back: None,
        after: false,
    }
}

fn identity(why: IdentityReason) -> EventKind {
    EventKind::IdentityVerified {
        why,
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        arn: "arn:aws:iam::123456789012:root".to_owned(),
        emulator: Some("http://127.0.0.1:4566".to_owned()),
        request_id: Some("11aa".to_owned()),
    }
}

fn started(id: &str, attempt: u32) -> EventKind {
    EventKind::StepStarted { step: step(id), attempt }
}

fn intended(id: &str, attempt: u32, call: &str, target: &str) -> EventKind {
    EventKind::EffectIntended {
        step: step(id),
        attempt,
        n: 1,
        call: call.to_owned(),
        token: (call != "command").then(|| "7f3a-stack-1".to_owned()),
        account: Some("123456789012".to_owned()),
        region: Some("us-east-1".to_owned()),
        target: target.to_owned(),
    }
}

fn settled(id: &str, attempt: u32, result: EffectResult, detail: Option<&str>) -> EventKind {
    EventKind::EffectSettled {
        step: step(id),
        attempt,
        n: 1,
        result,
        request_id: (id == "stack").then(|| "5f1e".to_owned()),
        detail: detail.map(str::to_owned),
    }
}

fn ended(id: &str, outcome: Outcome, then: AfterStep) -> EventKind {
    EventKind::StepFinished {
        step: step(id),
        outcome,
        failure: None,
        reason: None,
        outputs: Map::new(),
        artifacts: Vec::new(),
        requests: Vec::new(),
        stays: Vec::new(),
        then,
    }
}

fn item(index: u32, outcome: Outcome) -> EventKind {
    let failure = (outcome == Outcome::Failed).then(|| Failure::new(FailureKind::Expectation, "it is not so"));
    EventKind::ItemSettled {
        step: step("limits"),
        attempt: 1,
        index,
        item: json!(format!("f{index}")),
        outcome,
        failure,
    }
}

/// What happened, by session and milliseconds since its beginning.
fn kinds() -> Vec<(u32, u64, EventKind)> {
    let tty = || AnswerSource::Terminal { tty: "/dev/pts/3".to_owned() };
    let built = EventKind::StepFinished {
        step: step("build"),
        outcome: Outcome::Passed,
        failure: None,
        reason: Some("exit code 0".to_owned()),
        outputs: Map::from_iter([("version".to_owned(), json!("1.4.2"))]),
        artifacts: vec![artifact("output", 9000)],
        requests: Vec::new(),
        stays: Vec::new(),
        then: AfterStep::Continue,
    };
    let limits_failed = EventKind::StepFinished {
        step: step("limits"),
        outcome: Outcome::Failed,
        failure: Some(Failure::new(FailureKind::Expectation, "1 of 2 items failed")),
        reason: None,
        outputs: Map::new(),
        artifacts: Vec::new(),
        requests: Vec::new(),
        stays: Vec::new(),
        then: AfterStep::RollBack,
    };
    vec![
        (1, 0, session(101, true)),
        (1, 300, identity(IdentityReason::Start)),
        (
            1,
            310,
            EventKind::Deviation {
                what: DeviationKind::Skipped,
                step: Some(step("smoke")),
                reason: "the page is down today".to_owned(),
            },
        ),
        (1, 400, EventKind::PhaseStarted { phase: Phase::Checklist }),
        (1, 410, started("config_backup", 1)),
        (1, 420, asked("config_backup", Ask::Confirm, Some("config_backup"), Phase::Checklist, &[Choice::Done])),
        (1, 9_000, full_answer()),
        (1, 9_100, ended("config_backup", Outcome::Passed, AfterStep::Continue)),
        (1, 9_110, EventKind::PhaseFinished { phase: Phase::Checklist }),
        (1, 9_115, EventKind::PhaseStarted { phase: Phase::Deploy }),
        (1, 9_120, asked("phase.deploy", Ask::ApprovePhase, None, Phase::Deploy, &[Choice::Yes, Choice::No])),
        (1, 15_000, answered("phase.deploy", None, Phase::Deploy, Choice::Yes, tty())),
        (1, 15_020, started("build", 1)),
        (1, 15_030, intended("build", 1, "command", "sam build")),
        (1, 27_000, settled("build", 1, EffectResult::Done, Some("exit code 0"))),
        (1, 27_020, built),
        (1, 27_030, started("stack", 1)),
        (1, 27_035, full_question()),
        (1, 40_000, answered("stack.change_set", Some("stack"), Phase::Deploy, Choice::Execute, tty())),
        (1, 40_040, intended("stack", 1, "cloudformation:ExecuteChangeSet", "mte-dev")),
        (1, 40_050, settled("stack", 1, EffectResult::Refused, None)),
        (
            1,
            41_000,
            EventKind::AttemptFailed {
                step: step("stack"),
                attempt: 1,
                failure: failure(),
                retry_in_ms: Some(5000),
                artifacts: Vec::new(),
                requests: Vec::new(),
            },
        ),
        (1, 46_000, started("stack", 2)),
        (1, 46_010, intended("stack", 2, "cloudformation:ExecuteChangeSet", "mte-dev")),
        (1, 60_000, EventKind::Interrupted { signal: "SIGINT".to_owned(), stopping: true }),
        (
            1,
            60_010,
            EventKind::SessionEnded { end: SessionEnd::UnknownEffect, waits_for: Some("stack.unknown".to_owned()) },
        ),
        (2, 0, session(202, false)),
        (
            2,
            90,
            EventKind::GuardRefused {
                guard: "account".to_owned(),
                message: "another account answered".to_owned(),
                remedy: Some("log in again".to_owned()),
            },
        ),
        (2, 100, EventKind::SessionEnded { end: SessionEnd::Refused, waits_for: None }),
        (3, 0, session(303, true)),
        (3, 200, identity(IdentityReason::Resume)),
        (3, 1_000, settled("stack", 2, EffectResult::Done, Some("CREATE_COMPLETE"))),
        (3, 1_010, ended("stack", Outcome::Warned, AfterStep::Continue)),
        (3, 1_020, EventKind::PhaseFinished { phase: Phase::Deploy }),
        (3, 1_030, EventKind::PhaseStarted { phase: Phase::Verify }),
        (3, 1_040, ended("smoke", Outcome::Skipped, AfterStep::Continue)),
        (3, 1_050, started("limits", 1)),
        (3, 1_060, item(0, Outcome::Passed)),
        (3, 1_070, item(1, Outcome::Failed)),
        (
            3,
            1_080,
            EventKind::AttemptFailed {
                step: step("limits"),
                attempt: 1,
                failure: Failure::new(FailureKind::Expectation, "1 of 2 items failed"),
                retry_in_ms: None,
                artifacts: Vec::new(),
                requests: Vec::new(),
            },
        ),
        (3, 1_090, limits_failed),
        (
            3,
            1_100,
            EventKind::RollbackStarted { cause: "`limits` failed".to_owned(), steps: vec![step("previous_stack")] },
        ),
        (3, 1_110, EventKind::PhaseStarted { phase: Phase::Rollback }),
        (3, 1_120, started("previous_stack", 1)),
        (3, 1_130, intended("previous_stack", 1, "command", "scripts/back")),
        (3, 4_000, settled("previous_stack", 1, EffectResult::Done, None)),
        (3, 4_010, ended("previous_stack", Outcome::Passed, AfterStep::Continue)),
        (3, 4_020, EventKind::PhaseFinished { phase: Phase::Rollback }),
        (3, 4_030, EventKind::RunFinished { verdict: Verdict::StepFailed, code: 5 }),
    ]
}

/// The events, numbered; each session an hour after the one before it.
pub(crate) fn events() -> Vec<Event> {
    let start: DateTime<Utc> = "2026-11-21T18:15:00Z".parse().unwrap();
    let numbered = kinds().into_iter().zip(1..);
    numbered
        .map(|((session, elapsed_ms, kind), seq)| {
            let at = TimeDelta::hours(i64::from(session) - 1) + TimeDelta::milliseconds(elapsed_ms.try_into().unwrap());
            Event { seq, session, at: start + at, elapsed_ms, kind }
        })
        .collect()
}

/// Appends events by the real writer, each synced before the next one comes: the marks are the same every time.
pub(crate) fn append(writer: Writer, events: &[Event]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for event in events {
        runtime.block_on(writer.append(event.clone(), Durability::Synced)).unwrap();
    }
    drop(writer);
}

/// The bytes of a journal that holds the first so many events, written to a disk.
pub(crate) fn bytes_of(events: &[Event]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    append(Writer::create(&path, &header()).unwrap(), events);
    std::fs::read(&path).unwrap()
}

/// Goes on with the journal in a file.
pub(crate) fn go_on(path: &Path, journal: &Journal, events: &[Event]) {
    append(Writer::resume(path, &ResumePoint::from(journal)).unwrap(), events);
}

/// Where a journal's records lead.
pub(crate) fn fold(journal: &Journal) -> RunState {
    let mut state = RunState::default();
    for record in &journal.records {
        state.apply(record.event.as_ref().unwrap()).unwrap();
    }
    state
}

/// The lines of a journal, each with its end.
pub(crate) fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// A line made as the format says, by no code of checkride: the object without its brace, `,"digest":"`, the digest.
pub(crate) fn sealed(object: &Value) -> Vec<u8> {
    let text = object.to_string();
    let body = text.strip_suffix('}').unwrap();
    format!("{body},\"digest\":\"{}\"}}\n", hex::encode(Sha256::digest(body))).into_bytes()
}

/// The digest that a line ends with.
pub(crate) fn digest_of(line: &[u8]) -> String {
    let value: Value = serde_json::from_slice(line).unwrap();
    value["digest"].as_str().unwrap().to_owned()
}
