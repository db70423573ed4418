//! A run told event by event, as the engine would record it.

use checkride::event::{
    AfterStep, Answer, AnswerSource, ArtifactRef, Ask, Attachment, Choice, EffectResult, Event, EventKind, Failure,
    FailureKind, GitState, IdentityReason, Outcome, Question, RunHeader, TargetAccount,
};
use checkride::id::{Phase, RunId};
use checkride::source::SourceRef;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::support::story::{PLAN, step};

/// A run as its files hold it.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) header: RunHeader,
    pub(super) plan: Value,
    pub(super) events: Vec<Event>,
    /// The artifacts' bytes.
    pub(super) files: Vec<Vec<u8>>,
}

/// A run that is being told: what happens, and after how many milliseconds.
pub(super) struct Tale {
    pub(super) run: Run,
    session: u32,
    began: DateTime<Utc>,
    pub(super) elapsed: u64,
}

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";
const ARN: &str = "arn:aws:sts::123456789012:assumed-role/Deployer/ana";

fn header(id: &str) -> RunHeader {
    RunHeader {
        checkride: "journal".to_owned(),
        format: 1,
        tool: "0.1.0".to_owned(),
        run: RunId::new(id).unwrap(),
        started: "2026-11-21T18:15:00.000Z".to_owned(),
        runbook: "runbooks/deploy-prod.toml".to_owned(),
        title: "Deploy the messaging stack".to_owned(),
        profile: Some("prod".to_owned()),
        tier: Some("production".to_owned()),
        plan: PLAN.to_owned(),
        target: Some(TargetAccount {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            caller: Some(ARN.to_owned()),
            emulator: None,
        }),
        user: "ana".to_owned(),
        host: "kestrel".to_owned(),
        git: Some(GitState {
            commit: "9f2c4e1b7a60d3358c1e0f4b2a97d6c5e8013f42".to_owned(),
            dirty: false,
            folder: None,
        }),
        change: Some("CHG-1024".to_owned()),
        reason: Some("the quarterly hardening".to_owned()),
        verification: None,
        tabletop: false,
    }
}

const GUIDE: &str = "\
Keep what is deployed now, so that **somebody else** can put it back:

```sh
aws cloudformation get-template --stack-name mte-prod > template.json
cp samconfig.toml samconfig.backup.toml
```

- attach where they are: a path, a URL, or the files
- on a *first* deployment there is nothing to back up; see [the policy](https://example.com/backups)

> Never keep it on a laptop only.
";

fn plan() -> Value {
    let step = |id: &str, phase: &str, title: &str, kind: &str, effect: &str, action: &str| {
        json!({
            "id": id, "phase": phase, "title": title, "kind": kind, "action": action,
            "guide": if id == "config_backup" { json!(GUIDE) } else { json!(null) },
            "owner": "platform", "controls": ["SOC2:CC8.1"], "effect": effect, "left_out": null,
        })
    };
    json!({
        "format": 1, "tool": "0.1.0", "digest": PLAN, "runbook": "runbooks/deploy-prod.toml",
        "title": "Deploy the messaging stack", "profile": "prod", "phases": ["checklist", "deploy", "verify"],
        "inputs": { "stage": "prod", "concurrency": 10 }, "secrets": { "api_token": "env:MTE_API_TOKEN" },
        "files": [
            { "path": "runbooks/deploy-prod.toml", "sha256": hex(b"runbook") },
            { "path": "templates/mte.yaml", "sha256": hex(b"template") },
        ],
        "budget_ms": 2_700_000,
        "steps": [
            step("config_backup", "checklist", "The current deployment configuration is backed up", "confirm", "none",
                "a person confirms it"),
            step("identity", "checklist", "The AWS CLI works in the right account", "command", "read",
                "$ aws sts get-caller-identity --output json"),
            step("bucket_name", "checklist", "The website bucket's name is free, or ours", "command", "read",
                "$ aws s3api head-bucket --bucket mte-website-prod-123456789012"),
            step("build", "deploy", "Build the application", "command", "local", "$ sam build"),
            step("stack", "deploy", "Deploy through a reviewed change set", "stack", "write",
                "the stack mte-prod from templates/mte.yaml, through a change set"),
            step("migrate", "deploy", "Move the sessions to the new table", "command", "write", "$ scripts/migrate prod"),
            step("pitr", "verify", "Point-in-time recovery of sessions is on", "command", "read",
                "$ aws dynamodb describe-continuous-backups --table-name mte-sessions"),
            step("limits", "verify", "Every function has a concurrency limit", "command", "read",
                "$ aws lambda get-function-concurrency"),
            step("smoke", "verify", "The page answers", "command", "read", "$ curl --fail https://mte.example.com/"),
            step("sessions_back", "rollback", "Move the sessions back", "command", "write", "$ scripts/migrate prod --back"),
            step("previous_stack", "rollback", "Put the previous template and parameters back", "command", "write",
                "$ scripts/put-back mte-prod"),
        ],
    })
}

fn hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Tale {
    pub(super) fn begin(id: &str) -> Self {
        let run = Run { header: header(id), plan: plan(), events: Vec::new(), files: Vec::new() };
        let mut tale = Self { run, session: 0, began: "2026-11-21T18:15:00Z".parse().unwrap(), elapsed: 0 };
        tale.sit_down(0);
        tale.identity(IdentityReason::Start);
        tale
    }

    /// A session, so many minutes after the last one began.
    pub(super) fn sit_down(&mut self, minutes: i64) {
        self.session += 1;
        self.began += TimeDelta::minutes(minutes);
        self.elapsed = 0;
        self.add(
            0,
            EventKind::SessionStarted {
                user: "ana".to_owned(),
                host: "kestrel".to_owned(),
                tool: "0.1.0".to_owned(),
                pid: 4100 + self.session,
                terminal: true,
                plan: PLAN.to_owned(),
                back: None,
                after: false,
            },
        );
    }

    pub(super) fn identity(&mut self, why: IdentityReason) {
        self.add(
            320,
            EventKind::IdentityVerified {
                why,
                account: ACCOUNT.to_owned(),
                region: REGION.to_owned(),
                arn: ARN.to_owned(),
                emulator: None,
                request_id: Some("c6104cbe-af31-11e0-8154-cbc7ccf896c7".to_owned()),
            },
        );
    }

    pub(super) fn add(&mut self, after: u64, kind: EventKind) {
        self.elapsed += after;
        let at = self.began + TimeDelta::milliseconds(self.elapsed.try_into().unwrap());
        let seq = self.run.events.len() as u64 + 1;
        self.run.events.push(Event { seq, session: self.session, at, elapsed_ms: self.elapsed, kind });
    }

    pub(super) fn phase(&mut self, phase: Phase) {
        self.add(5, EventKind::PhaseStarted { phase });
    }

    pub(super) fn phase_over(&mut self, phase: Phase) {
        self.add(5, EventKind::PhaseFinished { phase });
    }

    pub(super) fn start(&mut self, id: &str, attempt: u32) {
        self.add(10, EventKind::StepStarted { step: step(id), attempt });
    }

    pub(super) fn ask(&mut self, question: Question) {
        self.add(20, EventKind::Asked { question });
    }

    pub(super) fn answer(&mut self, after: u64, id: &str, of: Option<&str>, phase: Phase, answer: Answer) {
        let (question, of) = (id.to_owned(), of.map(step));
        self.add(after, EventKind::Answered { question, step: of, phase: Some(phase), answer });
    }

    pub(super) fn intend(&mut self, id: &str, attempt: u32, n: u32, call: &str, target: &str) {
        let aws = call != "command";
        self.add(
            5,
            EventKind::EffectIntended {
                step: step(id),
                attempt,
                n,
                call: call.to_owned(),
                token: aws.then(|| "cr-7f3a0c5518d94be28f6c1d20aa93be41".to_owned()),
                account: aws.then(|| ACCOUNT.to_owned()),
                region: aws.then(|| REGION.to_owned()),
                target: target.to_owned(),
            },
        );
    }

    pub(super) fn settle(&mut self, after: u64, id: &str, attempt: u32, n: u32, result: EffectResult, detail: &str) {
        self.add(
            after,
            EventKind::EffectSettled {
                step: step(id),
                attempt,
                n,
                result,
                request_id: (id == "stack").then(|| "5f1e3c9a-6d1b-4a57-9d3e-0b4c7e2f8a11".to_owned()),
                detail: Some(detail.to_owned()),
            },
        );
    }

    pub(super) fn file(&mut self, name: &str, media: &str, bytes: &[u8]) -> ArtifactRef {
        self.run.files.push(bytes.to_vec());
        let digest = format!("sha256-{}", hex(bytes));
        ArtifactRef { name: name.to_owned(), digest, bytes: bytes.len() as u64, media: media.to_owned() }
    }

    pub(super) fn end(&mut self, id: &str, outcome: Outcome, outputs: Value, artifacts: Vec<ArtifactRef>) {
        let Value::Object(outputs) = outputs else { panic!("outputs are a map") };
        self.finish(id, outcome, None, None, outputs, artifacts);
    }

    pub(super) fn finish(
        &mut self,
        id: &str,
        outcome: Outcome,
        failure: Option<Failure>,
        reason: Option<&str>,
        outputs: Map<String, Value>,
        artifacts: Vec<ArtifactRef>,
    ) {
        let then = if outcome == Outcome::Failed { AfterStep::RollBack } else { AfterStep::Continue };
        let reason = reason.map(str::to_owned);
        self.add(
            10,
            EventKind::StepFinished {
                step: step(id),
                outcome,
                failure,
                reason,
                outputs,
                artifacts,
                requests: Vec::new(),
                stays: Vec::new(),
                then,
            },
        );
    }

    pub(super) fn checklist(&mut self) {
        self.phase(Phase::Checklist);
        self.start("config_backup", 1);
        let mut question = Question::new(
            "config_backup",
            Ask::Confirm,
            "The current deployment configuration is backed up",
            vec![Choice::Done, Choice::NotApplicable, Choice::No],
        );
        (question.step, question.phase) = (Some(step("config_backup")), Some(Phase::Checklist));
        self.ask(question);
        let backup =
            self.file("evidence", "application/json", b"{\n  \"stack\": \"mte-prod\",\n  \"version\": 41\n}\n");
        let mut done = said(Choice::Done);
        done.reason = Some("template and parameters of version 41".to_owned());
        done.evidence = vec![
            Attachment::Note { text: "also in the vault, under mte-prod/41".to_owned() },
            Attachment::Url { url: "https://wiki.example.com/mte/backups#41".to_owned() },
            Attachment::File { path: "backup.json".to_owned(), artifact: Some(backup) },
        ];
        self.answer(412_000, "config_backup", Some("config_backup"), Phase::Checklist, done);
        self.end("config_backup", Outcome::Passed, json!({ "answer": "done" }), Vec::new());
        for (id, took, out) in [
            ("identity", 1_400, "{\n    \"Account\": \"123456789012\"\n}\n"),
            ("bucket_name", 900, "{\n    \"BucketRegion\": \"eu-central-1\"\n}\n"),
        ] {
            self.start(id, 1);
            self.elapsed += took;
            let file = self.file("stdout", "text/plain", out.as_bytes());
            self.end(id, Outcome::Passed, json!({ "account": ACCOUNT }), vec![file]);
        }
        self.phase_over(Phase::Checklist);
    }

    /// The approval of the deployment, and the build.
    pub(super) fn approved_and_built(&mut self) {
        let mut question =
            Question::new("phase.deploy", Ask::ApprovePhase, "Deploy to prod?", vec![Choice::Yes, Choice::No]);
        question.phase = Some(Phase::Deploy);
        question.body = vec![
            "account 123456789012 in eu-central-1, profile prod".to_owned(),
            "3 steps, 2 of them write".to_owned(),
        ];
        question.typed = Some("prod".to_owned());
        self.ask(question);
        self.answer(14_000, "phase.deploy", None, Phase::Deploy, said(Choice::Yes));
        self.phase(Phase::Deploy);
        self.start("build", 1);
        self.intend("build", 1, 1, "command", "$ sam build");
        self.settle(48_000, "build", 1, 1, EffectResult::Done, "exit code 0");
        let mut output = "\u{1b}[1mStarting build\u{1b}[0m\nBuilding layer\r\n".to_owned();
        for n in 1..=160 {
            output.extend(format!("  compiling module {n} of 160\n").chars());
        }
        output.push_str("Build Succeeded\n");
        let file = self.file("stdout", "text/plain", output.as_bytes());
        self.end("build", Outcome::Passed, json!({ "version": "1.4.2" }), vec![file]);
    }

    pub(super) fn change_set(&mut self) {
        self.start("stack", 1);
        let mut question = Question::new(
            "stack.change_set",
            Ask::ApproveChange,
            "Execute this change set?",
            vec![Choice::Execute, Choice::Decline, Choice::Abort],
        );
        (question.step, question.phase) = (Some(step("stack")), Some(Phase::Deploy));
        question.body = vec![
            "Replace  SessionsTable   AWS::DynamoDB::Table  KeySchema".to_owned(),
            "Modify   Api             AWS::Lambda::Function  ReservedConcurrentExecutions 5 -> 10".to_owned(),
            "Add      SessionsAlarm   AWS::CloudWatch::Alarm".to_owned(),
        ];
        question.detail =
            vec!["cloudformation:ExecuteChangeSet".to_owned(), "  ChangeSetName = checkride-7f3a".to_owned()];
        question.shown = Some(format!("sha256:{}", hex(b"change set")));
        self.ask(question);
        self.answer(31_000, "stack.change_set", Some("stack"), Phase::Deploy, said(Choice::Execute));
        self.intend(
            "stack",
            1,
            1,
            "cloudformation:ExecuteChangeSet",
            "arn:aws:cloudformation:eu-central-1:123456789012:stack/mte-prod/1c2d",
        );
    }
}

pub(super) fn said(choice: Choice) -> Answer {
    let from = AnswerSource::Terminal { tty: "/dev/pts/3".to_owned() };
    Answer { choice, by: "ana".to_owned(), from, reason: None, value: None, evidence: Vec::new() }
}

pub(super) fn settled_item(index: u32, name: &str, failure: Option<Failure>) -> EventKind {
    let outcome = if failure.is_some() { Outcome::Failed } else { Outcome::Passed };
    EventKind::ItemSettled { step: step("limits"), attempt: 1, index, item: json!(name), outcome, failure }
}

pub(super) fn expectation(expression: &str, values: Vec<(String, Value)>, line: u32) -> Failure {
    let mut failure = Failure::new(FailureKind::Expectation, format!("expected `{expression}`"));
    failure.at = Some(SourceRef { path: "runbooks/deploy-prod.toml".to_owned(), line, column: 11 });
    failure.line = Some(format!("expect = [\"{expression}\"]"));
    failure.values = values;
    failure
}
