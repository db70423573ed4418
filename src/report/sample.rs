//! A run made up for the tests of this room: every event, and every free text of one choosing.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, json};

use crate::event::{
    AfterStep, Answer, AnswerSource, ArtifactRef, Ask, Attachment, Choice, DeviationKind, EffectResult, Event,
    EventKind, Failure, FailureKind, GitState, IdentityReason, LeftOver, Need, Outcome, OutputStream, Progress,
    Question, RunHeader, SessionEnd, SteadyWhen, TargetAccount, Verdict, WayBack,
};
use crate::id::{Phase, RunId, StepId};
use crate::report::view::{RunView, StepLabel};
use crate::source::SourceRef;

pub(super) fn step(id: &str) -> StepId {
    StepId::new(id).unwrap()
}

/// A header whose free texts end in `spice`.
pub(super) fn header(spice: &str) -> RunHeader {
    let spiced = |text: &str| format!("{text}{spice}");
    RunHeader {
        checkride: "journal".to_owned(),
        format: RunHeader::FORMAT,
        tool: "0.1.0".to_owned(),
        run: RunId::make("20261121T181500Z", "deploy-prod", [0x7f, 0x3a]),
        started: "2026-11-21T18:15:00Z".to_owned(),
        runbook: spiced("runbooks/deploy-prod.toml"),
        title: spiced("Deploy the messaging stack"),
        profile: Some(spiced("sandbox")),
        tier: Some(spiced("test")),
        plan: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".to_owned(),
        target: Some(TargetAccount {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            caller: Some(spiced("arn:aws:iam::000000000000:root")),
            emulator: Some(spiced("http://127.0.0.1:4566")),
        }),
        user: spiced("ana"),
        host: spiced("kestrel"),
        git: Some(GitState { commit: spiced("0a1b2c3d"), dirty: true, folder: Some(spiced("deploy")) }),
        change: Some(spiced("CHG-1024")),
        reason: Some(spiced("the quarterly hardening")),
        verification: None,
        tabletop: false,
    }
}

/// The steps, in the plan's order.
pub(super) fn labels(spice: &str) -> Vec<StepLabel> {
    let label = |id: &str, phase, title: &str, kind: &str| {
        let mut label = StepLabel::new(step(id), phase, format!("{title}{spice}"), kind);
        label.guide = Some(format!("Read **this** first{spice}\n\n- then do it"));
        label.action = Some(format!("do {id}{spice}"));
        label.owner = Some(format!("platform{spice}"));
        label.controls = vec![format!("SOC2:CC8.1{spice}")];
        label.effect = Some("write".to_owned());
        label
    };
    vec![
        label("config_backup", Phase::Checklist, "The current configuration is backed up", "confirm"),
        label("build", Phase::Deploy, "Build the application", "command"),
        label("stack", Phase::Deploy, "Deploy through a reviewed change set", "stack"),
        label("sessions_pitr", Phase::Verify, "Point-in-time recovery is on", "command"),
        label("previous_stack", Phase::Rollback, "Put the previous template back", "stack-restore"),
    ]
}

/// Why the stack failed.
pub(super) fn failure(spice: &str) -> Failure {
    let kind = FailureKind::Aws {
        service: "cloudformation".to_owned(),
        operation: "ExecuteChangeSet".to_owned(),
        code: format!("ValidationError{spice}"),
        status: 400,
    };
    let mut failure = Failure::new(kind, format!("the stack went to ROLLBACK_COMPLETE{spice}"))
        .caused_by(vec![format!("Gate: timed out while waiting for a signal{spice}")])
        .with_remedy(format!("look at the resource, delete the stack, then run again{spice}"));
    failure.at = Some(SourceRef { path: format!("runbooks/deploy-prod.toml{spice}"), line: 31, column: 9 });
    failure.line = Some(format!("stack = \"mte-${{input.stage}}\"{spice}"));
    failure.values = vec![(format!("out.status{spice}"), json!(format!("ROLLBACK_COMPLETE{spice}")))];
    failure.request_id = Some(format!("req-1{spice}"));
    failure
}

/// Every kind of event: a checklist, a build, a stack that fails twice, a dead session, a rollback.
pub(super) fn events(spice: &str) -> Vec<Event> {
    let spiced = |text: &str| format!("{text}{spice}");
    let at_terminal = |choice: Choice| Answer {
        choice,
        by: spiced("ana"),
        from: AnswerSource::Terminal { tty: spiced("/dev/pts/3") },
        reason: Some(spiced("as agreed")),
        value: Some(json!(spiced("10"))),
        evidence: vec![
            Attachment::Note { text: spiced("kept in the vault") },
            Attachment::Url { url: spiced("https://example.com/1") },
            Attachment::File { path: spiced("backup.json"), artifact: None },
        ],
    };
    let ask = |id: &str, ask: Ask, on: Option<&str>, phase: Option<Phase>| {
        let mut question = Question::new(id, ask, spiced("Is it so?"), vec![Choice::Yes, Choice::No]);
        question.step = on.map(step);
        question.phase = phase;
        question.body = vec![spiced("Remove  SessionsTable  AWS::DynamoDB::Table")];
        question.detail = vec![spiced("cloudformation:ExecuteChangeSet")];
        question.shown = Some("sha256:feed".to_owned());
        EventKind::Asked { question }
    };
    let answered = |id: &str, answer: Answer, on: Option<&str>, phase| EventKind::Answered {
        question: id.to_owned(),
        step: on.map(step),
        phase,
        answer,
    };
    let session = |n: u32| EventKind::SessionStarted {
        user: spiced("ana"),
        host: spiced("kestrel"),
        tool: "0.1.0".to_owned(),
        pid: 100 + n,
        terminal: true,
        plan: header("").plan,
        back: (n > 1).then(|| WayBack { incident: Some(spiced("INC-42")), declared: None, to: None }),
        after: false,
    };
    let identity = |why| EventKind::IdentityVerified {
        why,
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        arn: spiced("arn:aws:iam::000000000000:root"),
        emulator: Some(spiced("http://127.0.0.1:4566")),
        request_id: Some(spiced("req-0")),
    };
    let effect = |id: &str, attempt, call: &str| EventKind::EffectIntended {
        step: step(id),
        attempt,
        n: 1,
        call: spiced(call),
        token: Some(spiced("token-1")),
        account: Some("000000000000".to_owned()),
        region: Some("us-east-1".to_owned()),
        target: spiced("mte-sandbox"),
    };
    let settled = |id: &str, attempt, result| EventKind::EffectSettled {
        step: step(id),
        attempt,
        n: 1,
        result,
        request_id: Some(spiced("req-2")),
        detail: Some(spiced("arn:aws:cloudformation:stack")),
    };
    let finished = |id: &str, outcome, failure: Option<Failure>, then| EventKind::StepFinished {
        step: step(id),
        outcome,
        failure,
        reason: Some(spiced("because")),
        outputs: Map::from_iter([("table".to_owned(), json!(spiced("mte-sessions")))]),
        artifacts: vec![ArtifactRef {
            name: spiced("output"),
            digest: "sha256-beef".to_owned(),
            bytes: 9000,
            media: spiced("text/plain"),
        }],
        requests: vec![spiced("req-9")],
        stays: Vec::new(),
        then,
    };
    let looked = |when, outcome: Outcome| EventKind::SteadyState {
        when,
        step: step("sessions_pitr"),
        outcome,
        failure: (!outcome.satisfies()).then(|| failure(spice)),
        reason: None,
        outputs: Map::from_iter([("days".to_owned(), json!(spiced("35")))]),
        artifacts: Vec::new(),
        requests: vec![spiced("req-10")],
    };
    let from_file = Answer {
        from: AnswerSource::File { path: spiced("profiles/sandbox.answers.toml") },
        ..at_terminal(Choice::Done)
    };
    let kinds = vec![
        (0, 1, session(1)),
        (300, 1, identity(IdentityReason::Start)),
        (310, 1, EventKind::Deviation { what: DeviationKind::BreakGlass, step: None, reason: spiced("outage") }),
        (400, 1, EventKind::PhaseStarted { phase: Phase::Checklist }),
        (410, 1, EventKind::StepStarted { step: step("config_backup"), attempt: 1 }),
        (420, 1, ask("config_backup", Ask::Confirm, Some("config_backup"), Some(Phase::Checklist))),
        (9_000, 1, answered("config_backup", from_file, Some("config_backup"), Some(Phase::Checklist))),
        (9_100, 1, finished("config_backup", Outcome::Passed, None, AfterStep::Continue)),
        (9_110, 1, EventKind::PhaseFinished { phase: Phase::Checklist }),
        (
            9_115,
            1,
            EventKind::Rehearsed {
                undo: step("previous_stack"),
                change: step("stack"),
                needs: vec![
                    Need::missing(
                        spiced("the value of parameter `Token`"),
                        spiced("it is NoEcho: AWS gives no one its value"),
                        spiced("give it as an input of the undo step"),
                    ),
                    Need::unknown(spiced("the drift of the stack"), spiced("access denied")),
                    Need::later(spiced("the bucket for the template"), spiced("it is known after `build`")),
                    Need::there(spiced("the previous template"), spiced("12,204 bytes")),
                ],
            },
        ),
        (
            9_117,
            1,
            EventKind::Deviation {
                what: DeviationKind::BreakGlass,
                step: Some(step("stack")),
                reason: spiced("its undo `previous_stack` is not ready"),
            },
        ),
        (9_115, 1, looked(SteadyWhen::Before, Outcome::Passed)),
        (9_120, 1, ask("phase.deploy", Ask::ApprovePhase, None, Some(Phase::Deploy))),
        (15_000, 1, answered("phase.deploy", at_terminal(Choice::Yes), None, Some(Phase::Deploy))),
        (15_010, 1, EventKind::PhaseStarted { phase: Phase::Deploy }),
        (15_020, 1, EventKind::StepStarted { step: step("build"), attempt: 1 }),
        (15_030, 1, effect("build", 1, "command")),
        (27_000, 1, settled("build", 1, EffectResult::Done)),
        (27_020, 1, finished("build", Outcome::Passed, None, AfterStep::Continue)),
        (27_030, 1, EventKind::StepStarted { step: step("stack"), attempt: 1 }),
        (27_040, 1, effect("stack", 1, "cloudformation:ExecuteChangeSet")),
        (27_050, 1, settled("stack", 1, EffectResult::Refused)),
        (
            28_000,
            1,
            EventKind::AttemptFailed {
                step: step("stack"),
                attempt: 1,
                failure: failure(spice),
                retry_in_ms: Some(5000),
                artifacts: Vec::new(),
                requests: Vec::new(),
            },
        ),
        (33_000, 1, EventKind::StepStarted { step: step("stack"), attempt: 2 }),
        (33_010, 1, effect("stack", 2, "cloudformation:ExecuteChangeSet")),
        (60_000, 1, EventKind::Interrupted { signal: "SIGINT".to_owned(), stopping: true }),
        (
            60_010,
            1,
            EventKind::SessionEnded {
                end: SessionEnd::Interrupted,
                waits_for: Some("phase.checklist.ready".to_owned()),
            },
        ),
        (0, 2, session(2)),
        (200, 2, identity(IdentityReason::Resume)),
        (210, 2, ask("plan.changed", Ask::AcceptPlan, None, None)),
        (900, 2, answered("plan.changed", at_terminal(Choice::Yes), None, None)),
        (1_000, 2, settled("stack", 2, EffectResult::Unknown)),
        (1_010, 2, EventKind::StepStarted { step: step("stack"), attempt: 3 }),
        (
            1_020,
            2,
            EventKind::ItemSettled {
                step: step("stack"),
                attempt: 3,
                index: 0,
                item: json!(spiced("queue")),
                outcome: Outcome::Failed,
                failure: Some(failure(spice)),
            },
        ),
        (
            1_025,
            2,
            EventKind::LookChanged {
                step: step("stack"),
                attempt: 3,
                index: Some(0),
                look: 2,
                values: vec![(spiced("out.state"), json!(spiced("starting")))],
                trouble: Some(spiced("there is no `out.state`")),
                hold: None,
                requests: vec![spiced("req-2")],
            },
        ),
        (
            1_030,
            2,
            EventKind::AttemptFailed {
                step: step("stack"),
                attempt: 3,
                failure: failure(spice),
                retry_in_ms: None,
                artifacts: Vec::new(),
                requests: Vec::new(),
            },
        ),
        (1_040, 2, finished("stack", Outcome::Failed, Some(failure(spice)), AfterStep::RollBack)),
        (
            1_050,
            2,
            EventKind::Deviation {
                what: DeviationKind::Skipped,
                step: Some(step("sessions_pitr")),
                reason: spiced("no need"),
            },
        ),
        (1_060, 2, EventKind::RollbackStarted { cause: spiced("`stack` failed"), steps: vec![step("previous_stack")] }),
        (1_070, 2, EventKind::StepStarted { step: step("previous_stack"), attempt: 1 }),
        (4_000, 2, finished("previous_stack", Outcome::Passed, None, AfterStep::Continue)),
        (4_005, 2, looked(SteadyWhen::After, Outcome::Failed)),
        (
            4_010,
            2,
            EventKind::GuardRefused {
                guard: spiced("account"),
                message: spiced("another account answered"),
                remedy: Some(spiced("log in again")),
            },
        ),
        (
            4_020,
            2,
            EventKind::ResidualState {
                left: vec![LeftOver {
                    step: step("stack"),
                    effects: vec![spiced("cloudformation:ExecuteChangeSet on mte")],
                    stays: vec![spiced("arn:aws:s3:::mte-data")],
                    why: spiced("its undo `previous_stack` failed"),
                    undo: Some(step("previous_stack")),
                    by_hand: vec![spiced("aws cloudformation execute-change-set")],
                }],
            },
        ),
        (4_030, 2, EventKind::RunFinished { verdict: Verdict::StepFailed, code: 5 }),
    ];
    let start: DateTime<Utc> = "2026-11-21T18:15:00Z".parse().unwrap();
    let hour = |session: u32| TimeDelta::hours(i64::from(session) - 1);
    let mut events = Vec::new();
    for (at, (elapsed_ms, session, kind)) in kinds.into_iter().enumerate() {
        let elapsed = TimeDelta::milliseconds(i64::try_from(elapsed_ms).unwrap());
        events.push(Event { seq: at as u64 + 1, session, at: start + hour(session) + elapsed, elapsed_ms, kind });
    }
    events
}

/// News of every kind about the stack.
pub(super) fn news(spice: &str) -> Vec<Progress> {
    let spiced = |text: &str| format!("{text}{spice}");
    let resource = |name: &str, kind: &str, status: &str, reason: Option<&str>| Progress::Resource {
        step: step("stack"),
        stack: spiced("mte-sandbox"),
        logical_id: spiced(name),
        resource_type: spiced(kind),
        status: spiced(status),
        reason: reason.map(spiced),
        at: None,
    };
    vec![
        Progress::Look {
            step: step("stack"),
            look: 3,
            values: vec![(spiced("out.state"), json!(spiced("starting")))],
            trouble: Some(spiced("nothing yet")),
            limit_ms: Some(600_000),
        },
        Progress::Message { step: step("stack"), text: spiced("executing the change set") },
        Progress::Output { step: step("stack"), stream: OutputStream::Stdout, line: spiced("one") },
        resource("SessionsTable", "AWS::DynamoDB::Table", "CREATE_IN_PROGRESS", None),
        resource("SessionsTable", "AWS::DynamoDB::Table", "CREATE_COMPLETE", None),
        resource("Inbox", "AWS::SQS::Queue", "CREATE_IN_PROGRESS", Some("Resource creation Initiated")),
        resource("Gate", "AWS::CloudFormation::WaitCondition", "CREATE_FAILED", Some("timed out")),
        Progress::Silent { step: step("stack"), seconds: 130 },
    ]
}

/// The first so many events folded.
pub(super) fn view_after(events: &[Event], spice: &str) -> RunView {
    let budget = Some(std::time::Duration::from_mins(45));
    let mut view = RunView::new(header(spice)).with_steps(labels(spice)).with_budget(budget);
    for event in events {
        view.apply(event);
    }
    view
}
