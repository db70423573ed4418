//! What no emulator shows of the way back: rollbacks and deletions that fail, a cancel that comes too late. By replay.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use checkride::event::{Captured, Choice, EffectState, Question};
use checkride::id::StepId;
use checkride::step::stack::{StackRestoreTask, Undone};
use checkride::step::{ArtifactStore, Ran, StepStop};
use serde_json::json;

use crate::support::attempt::{Attempt, Seen};
use crate::support::replay::{Replay, Sent, Turn, error, ok};

const TEMPLATE: &str = r#"{"Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}"#;
const STACK: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/mte/1";

/// A stack `mte` whose status goes on as each call says.
struct Service {
    /// What `DescribeStacks` answers, one a look; the last one stays.
    statuses: VecDeque<&'static str>,
    /// What a call leads to, each time.
    calls: BTreeMap<&'static str, VecDeque<Result<Vec<&'static str>, Turn>>>,
}

impl Service {
    fn new(status: &'static str) -> Self {
        Self { statuses: [status].into(), calls: BTreeMap::new() }
    }

    fn then(mut self, call: &'static str, leads_to: &[&'static str]) -> Self {
        self.calls.entry(call).or_default().push_back(Ok(leads_to.to_vec()));
        self
    }

    fn refused(mut self, call: &'static str, turn: Turn) -> Self {
        self.calls.entry(call).or_default().push_back(Err(turn));
        self
    }

    fn answer(&mut self, sent: &Sent) -> Turn {
        let action = sent.action.as_str();
        if let Some(calls) = self.calls.get_mut(action) {
            return match calls.pop_front().unwrap_or_else(|| panic!("{action} once more")) {
                Ok(statuses) => {
                    self.statuses = statuses.into();
                    ok(action, "<Id>arn:new</Id><StackId>1</StackId>")
                }
                Err(turn) => turn,
            };
        }
        match action {
            "DescribeStacks" => {
                let status = self.statuses[0];
                if self.statuses.len() > 1 {
                    self.statuses.pop_front();
                }
                if status == "GONE" {
                    return error(400, "ValidationError", "Stack with id mte does not exist");
                }
                let stack = format!(
                    "<StackName>mte</StackName><StackId>{STACK}</StackId><StackStatus>{status}</StackStatus>\
                     <ChangeSetId>arn:cs</ChangeSetId>"
                );
                ok(action, &format!("<Stacks><member>{stack}</member></Stacks>"))
            }
            "GetTemplate" => ok(action, &format!("<TemplateBody>{}</TemplateBody>", TEMPLATE.replace('"', "&quot;"))),
            "DescribeStackEvents" => ok(action, "<StackEvents></StackEvents>"),
            "ListStackResources" => {
                let resource = |id: &str, status: &str| {
                    format!(
                        "<member><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{id}-1</PhysicalResourceId>\
                         <ResourceType>AWS::SQS::Queue</ResourceType><ResourceStatus>{status}</ResourceStatus>\
                         <ResourceStatusReason>it is locked</ResourceStatusReason></member>"
                    )
                };
                let failed = if self.statuses[0].starts_with("DELETE") { "DELETE_FAILED" } else { "UPDATE_FAILED" };
                let all = resource("Queue", failed) + &resource("Other", "UPDATE_COMPLETE");
                ok(action, &format!("<StackResourceSummaries>{all}</StackResourceSummaries>"))
            }
            "DescribeChangeSet" if sent.body.contains("arn%3Anew") => ok(
                action,
                "<ChangeSetId>arn:new</ChangeSetId><Status>FAILED</Status><ExecutionStatus>UNAVAILABLE</ExecutionStatus>\
                 <StatusReason>The submitted information didn't contain changes.</StatusReason>",
            ),
            "DescribeChangeSet" => error(404, "ChangeSetNotFound", "ChangeSet [arn:cs] does not exist"),
            "DetectStackDrift" => Turn::Answer(500, "<html>no such thing</html>".to_owned()),
            other => panic!("{other} is not expected: {}", sent.body),
        }
    }
}

/// The stack was there, or not.
async fn back(
    service: Service,
    there: bool,
    skip: &[&str],
    earlier: Vec<EffectState>,
    answer: impl FnMut(&Question) -> Option<Choice>,
) -> (Result<Ran, StepStop>, Seen, Vec<Sent>) {
    let mut service = service;
    let replay = Replay::answering(move |sent| service.answer(sent));
    let aws = replay.aws();
    let attempt = Attempt { unasked: true, ..Attempt::new(&aws, Path::new("/nowhere")) };
    let captured = if there {
        let template = attempt.files.put("previous-template", "text/plain", TEMPLATE.as_bytes()).unwrap();
        let before = json!({
            "exists": true, "name": "mte", "id": STACK, "status": "UPDATE_COMPLETE", "parameters": [], "tags": [],
            "outputs": [], "capabilities": [], "role_arn": null, "notification_arns": [],
            "termination_protection": false, "change_set": "arn:before",
            "template_sha256": template.digest.strip_prefix("sha256-").unwrap(),
        });
        Captured { before, artifacts: vec![template], ..Captured::default() }
    } else {
        Captured { before: json!({ "exists": false, "name": "mte" }), ..Captured::default() }
    };
    let executed = EffectState {
        n: 2,
        attempt: 1,
        call: "cloudformation:ExecuteChangeSet".into(),
        token: Some("cr-1".into()),
        target: "arn:cs".into(),
        result: None,
        detail: None,
        waited_in: None,
    };
    let task = StackRestoreTask {
        parameters: BTreeMap::new(),
        undone: Undone { step: StepId::new("stack").unwrap(), captured: Some(captured), effects: vec![executed] },
        upload_bucket: None,
        skip_resources: skip.iter().map(|id| (*id).to_owned()).collect(),
        earlier,
    };
    let (ended, seen) = attempt.run(&task, answer).await;
    (ended, seen, replay.sent())
}

const NOBODY: fn(&Question) -> Option<Choice> = |_| None;
const CONTINUE: &str = "ContinueUpdateRollback";

#[tokio::test]
async fn replay_a_rollback_that_failed_is_continued() {
    let service = Service::new("UPDATE_ROLLBACK_FAILED")
        .then(CONTINUE, &["UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]);
    let (ended, seen, _) = back(service, true, &[], Vec::new(), NOBODY).await;
    let ran = ended.unwrap();
    assert_eq!((ran.failure, ran.warning), (None, None));
    assert_eq!(ran.note.unwrap(), "stack mte is as it was (UPDATE_ROLLBACK_COMPLETE): nothing had to be put back");
    assert_eq!(
        seen.effects,
        ["intend cloudformation:ContinueUpdateRollback", "settle cloudformation:ContinueUpdateRollback done"]
    );
    assert!(format!("{:?}", seen.progress).contains("the rollback of stack mte failed at Queue"));
}

#[tokio::test]
async fn replay_what_is_left_out_of_a_rollback_is_asked_for_and_named() {
    let failing = || {
        Service::new("UPDATE_ROLLBACK_FAILED")
            .then(CONTINUE, &["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
            .then(CONTINUE, &["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"])
    };
    // The runbook names nothing: a failure, with what to do.
    let (ended, seen, _) = back(failing(), true, &[], Vec::new(), NOBODY).await;
    let failure = ended.unwrap().failure.unwrap();
    assert!(failure.message.starts_with("stack mte is in UPDATE_ROLLBACK_FAILED"), "{failure:?}");
    assert!(failure.remedy.unwrap().contains("skip_resources"));
    assert!(seen.questions.is_empty());
    // It names another one than fails.
    let (ended, _, _) = back(failing(), true, &["Other"], Vec::new(), NOBODY).await;
    assert!(ended.unwrap().failure.unwrap().message.contains("fails at Queue, which `skip_resources` does not name"));
    // Nobody there, or a no: nothing is skipped.
    let (ended, seen, _) = back(failing(), true, &["Queue"], Vec::new(), NOBODY).await;
    assert!(matches!(ended, Err(StepStop::NoAnswer(_))), "{ended:?}");
    assert_eq!((seen.questions[0].id.as_str(), seen.questions[0].typed.as_deref()), ("stack.skip", Some("mte")));
    let (ended, _, _) = back(failing(), true, &["Queue"], Vec::new(), |_| Some(Choice::No)).await;
    assert!(matches!(ended, Err(StepStop::Declined { .. })), "{ended:?}");

    let (ended, _, sent) = back(failing(), true, &["Queue", "Other"], Vec::new(), |_| Some(Choice::Yes)).await;
    let ran = ended.unwrap();
    assert_eq!(ran.failure, None);
    assert_eq!(ran.warning.unwrap(), "left as they are, and unlike the template: Queue");
    assert_eq!(ran.out["skipped"], json!(["Queue"]));
    assert_eq!(ran.stays, ["Queue (AWS::SQS::Queue) arn:aws:sqs:us-east-1:111122223333:Queue-1"]);
    let last = sent.iter().rfind(|sent| sent.action == CONTINUE).unwrap();
    assert!(last.body.contains("ResourcesToSkip.member.1=Queue") && !last.body.contains("member.2"), "{}", last.body);
}

#[tokio::test]
async fn replay_a_cancel_that_comes_too_late_is_looked_at_again() {
    let mut service = Service::new("UPDATE_IN_PROGRESS").refused(
        "CancelUpdateStack",
        error(400, "ValidationError", "CancelUpdateStack cannot be called from current stack status"),
    );
    service.statuses = ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"].into();
    let (ended, seen, _) = back(service, true, &[], Vec::new(), NOBODY).await;
    assert_eq!(ended.unwrap().failure, None);
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:CancelUpdateStack refused");
}

#[tokio::test]
async fn replay_a_deletion_that_fails_names_what_blocks_it_and_only_then_asks_what_is_left_behind() {
    let first = Service::new("CREATE_COMPLETE").then("DeleteStack", &["DELETE_IN_PROGRESS", "DELETE_FAILED"]);
    let (ended, seen, _) = back(first, false, &[], Vec::new(), NOBODY).await;
    let failure = ended.unwrap().failure.unwrap();
    assert!(failure.message.contains("DELETE_FAILED"), "{failure:?}");
    assert!(failure.remedy.unwrap().contains("aws s3 rm"));
    assert!(seen.questions.is_empty());

    let again = || {
        Service::new("DELETE_FAILED")
            .then("DeleteStack", &["DELETE_IN_PROGRESS", "DELETE_FAILED"])
            .then("DeleteStack", &["DELETE_IN_PROGRESS", "DELETE_COMPLETE"])
    };
    let (ended, asked, _) = back(again(), false, &[], seen.states.clone(), NOBODY).await;
    assert!(matches!(ended, Err(StepStop::NoAnswer(_))), "{ended:?}");
    assert_eq!(asked.questions[0].id, "stack.retain");
    assert!(asked.questions[0].body[1].contains("Queue (AWS::SQS::Queue) Queue-1: it is locked"), "{asked:?}");
    let (ended, _, sent) = back(again(), false, &[], seen.states, |_| Some(Choice::Yes)).await;
    let ran = ended.unwrap();
    assert_eq!(ran.failure, None);
    let queue = "Queue (AWS::SQS::Queue) arn:aws:sqs:us-east-1:111122223333:Queue-1";
    assert_eq!((&ran.out["retained"], ran.stays), (&json!([queue]), vec![queue.to_owned()]));
    assert!(
        sent.iter().rfind(|sent| sent.action == "DeleteStack").unwrap().body.contains("RetainResources.member.1=Queue")
    );
}

#[tokio::test]
async fn replay_a_deletion_whose_answer_is_lost_is_unknown_and_found_by_the_next_attempt() {
    // The token makes it safe to repeat: it is, a few times.
    let lost = |service: Service, _| service.refused("DeleteStack", Turn::Lost);
    let service = (0..9).fold(Service::new("CREATE_COMPLETE"), lost);
    let (ended, seen, _) = back(service, false, &[], Vec::new(), NOBODY).await;
    assert!(ended.unwrap().failure.is_some());
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:DeleteStack unknown");
    let (ended, again, _) = back(Service::new("GONE"), false, &[], seen.states, NOBODY).await;
    assert_eq!((ended.unwrap().failure, again.effects.len()), (None, 0));
}

#[tokio::test]
async fn replay_drift_that_cannot_be_told_is_told() {
    let service = Service::new("UPDATE_COMPLETE").then("CreateChangeSet", &["UPDATE_COMPLETE"]);
    let service = service.then("DeleteChangeSet", &["UPDATE_COMPLETE"]);
    let (ended, _, _) = back(service, true, &[], Vec::new(), NOBODY).await;
    let ran = ended.unwrap();
    assert_eq!(ran.failure, None);
    let warning = ran.warning.unwrap();
    assert!(warning.starts_with("whether anything was changed beside CloudFormation is not known: "), "{warning}");
    assert_eq!(ran.out["drift"], json!(null));
}

#[tokio::test]
async fn replay_a_stack_that_is_gone_or_dead_is_refused() {
    for (status, words) in [
        ("GONE", "the stack mte that was there is gone"),
        ("DELETE_COMPLETE", "the stack mte that was there is gone"),
        ("DELETE_FAILED", "stack mte is in DELETE_FAILED: it can only be deleted"),
        ("SOMETHING_NEW", "stack mte is in SOMETHING_NEW, which checkride does not know"),
    ] {
        let (ended, seen, _) = back(Service::new(status), true, &[], Vec::new(), NOBODY).await;
        let failure = ended.unwrap().failure.unwrap();
        assert_eq!(failure.message, words);
        assert!(failure.remedy.is_some() && seen.effects.is_empty(), "{failure:?}");
    }
}
