//! What no emulator shows: lost replies, throttled polls, expired credentials, a rollback that fails. By replayed answers.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;
use std::path::Path;

use checkride::event::{Ask, Choice, Question};
use checkride::step::stack::{StackSource, StackTask};

use crate::support::attempt::{Attempt, Seen};
use crate::support::replay::{Replay, Sent, Turn, error, ok};

/// A service that has a change set ready on stack `mte`, and goes through the given turns once it is executed.
struct Service {
    executed: Turn,
    /// Answers to `DescribeStacks` after the execution; the last one stays.
    statuses: Vec<Turn>,
    executing: bool,
    asked: usize,
    heard: bool,
}

fn stack(status: &str) -> Turn {
    ok(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackName>mte</StackName><StackId>arn:stack/mte/1</StackId>\
             <StackStatus>{status}</StackStatus><Outputs><member><OutputKey>Table</OutputKey>\
             <OutputValue>sessions</OutputValue></member></Outputs></member></Stacks>"
        ),
    )
}

impl Service {
    fn new(executed: Turn, statuses: Vec<Turn>) -> Self {
        Service { executed, statuses, executing: false, asked: 0, heard: true }
    }

    fn answer(&mut self, sent: &Sent) -> Turn {
        match sent.action.as_str() {
            "DescribeStacks" if !self.executing => stack("CREATE_COMPLETE"),
            "DescribeStacks" => {
                let turn = self.statuses[self.asked.min(self.statuses.len() - 1)].clone();
                self.asked += 1;
                turn
            }
            "GetTemplate" => ok("GetTemplate", "<TemplateBody>{}</TemplateBody>"),
            "DescribeChangeSet" => {
                let execution = if self.executing && self.heard { "EXECUTE_IN_PROGRESS" } else { "AVAILABLE" };
                ok(
                    "DescribeChangeSet",
                    &format!(
                        "<ChangeSetId>arn:cs</ChangeSetId><StackId>arn:stack/mte/1</StackId><StackName>mte</StackName>\
                         <Status>CREATE_COMPLETE</Status><ExecutionStatus>{execution}</ExecutionStatus>\
                         <Changes><member><ResourceChange><Action>Add</Action><LogicalResourceId>Queue</LogicalResourceId>\
                         <ResourceType>AWS::SQS::Queue</ResourceType></ResourceChange></member></Changes>"
                    ),
                )
            }
            "DescribeStackEvents" if !self.executing => events(&[event("mte", "CREATE_COMPLETE", "", 1)]),
            "DescribeStackEvents" => {
                events(&[event("Queue", "UPDATE_FAILED", "no such thing", 3), event("mte", "CREATE_COMPLETE", "", 1)])
            }
            "ExecuteChangeSet" => {
                self.executing = true;
                self.executed.clone()
            }
            "GetCallerIdentity" => ok(
                "GetCallerIdentity",
                "<Arn>arn:aws:iam::111122223333:user/ann</Arn><UserId>A</UserId><Account>111122223333</Account>",
            ),
            other => panic!("{other} is not expected"),
        }
    }
}

fn events(newest_first: &[String]) -> Turn {
    ok("DescribeStackEvents", &format!("<StackEvents>{}</StackEvents>", newest_first.concat()))
}

fn event(id: &str, status: &str, reason: &str, second: u32) -> String {
    let (physical, kind) =
        if id == "mte" { ("arn:stack/mte/1", "AWS::CloudFormation::Stack") } else { ("q", "AWS::SQS::Queue") };
    format!(
        "<member><StackId>arn:stack/mte/1</StackId><EventId>{id}-{second}</EventId>\
         <StackName>mte</StackName><LogicalResourceId>{id}</LogicalResourceId>\
         <PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{kind}</ResourceType>\
         <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason>\
         <Timestamp>2026-11-21T10:00:{second:02}Z</Timestamp></member>"
    )
}

async fn run(
    service: Service,
    answer: impl FnMut(&Question) -> Option<Choice>,
) -> (checkride::step::Ran, Seen, Vec<String>) {
    let mut service = service;
    let replay = Replay::answering(move |sent| service.answer(sent));
    let task = StackTask {
        stack: "mte".into(),
        source: StackSource::ChangeSet("arn:cs".into()),
        parameters: BTreeMap::new(),
        capabilities: Vec::new(),
        tags: None,
        role_arn: None,
        notification_arns: None,
        upload_bucket: None,
        on_failure: None,
        earlier: Vec::new(),
    };
    let aws = replay.aws();
    let (ended, seen) = Attempt::new(&aws, Path::new("/")).run(&task, answer).await;
    (ended.unwrap(), seen, replay.actions())
}

/// What every operator of these tests says to a change set.
const YES: fn(&Question) -> Option<Choice> = |_| Some(Choice::Execute);

#[tokio::test]
async fn throttled_and_failed_polls_do_not_fail_the_step() {
    let throttled = || error(400, "Throttling", "Rate exceeded");
    // A read is tried eight times by itself: only the ninth refusal is a poll that failed.
    let mut turns: Vec<Turn> = (0..9).map(|_| throttled()).collect();
    turns.extend([error(403, "AccessDenied", "not now"), stack("UPDATE_IN_PROGRESS"), stack("UPDATE_COMPLETE")]);
    let (ran, seen, _) = run(Service::new(ok("ExecuteChangeSet", ""), turns), YES).await;
    assert_eq!(ran.failure, None);
    assert_eq!(ran.out["outputs"]["Table"], "sessions");
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:ExecuteChangeSet done");
}

#[tokio::test]
async fn a_lost_reply_to_an_execution_that_was_heard_is_followed() {
    let service = Service::new(Turn::Lost, vec![stack("UPDATE_COMPLETE")]);
    let (ran, seen, actions) = run(service, YES).await;
    assert_eq!(ran.failure, None);
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:ExecuteChangeSet done");
    assert_eq!(actions.iter().filter(|action| *action == "ExecuteChangeSet").count(), 5, "one token, five attempts");
}

#[tokio::test]
async fn a_lost_reply_that_cannot_be_settled_is_unknown() {
    let service = Service { heard: false, ..Service::new(Turn::Lost, vec![stack("CREATE_COMPLETE")]) };
    let (ran, seen, _) = run(service, YES).await;
    assert!(ran.failure.is_some());
    assert_eq!(
        seen.effects,
        ["intend cloudformation:ExecuteChangeSet", "settle cloudformation:ExecuteChangeSet unknown"]
    );
}

#[tokio::test]
async fn a_refused_execution_is_definite() {
    let refused = error(400, "InvalidChangeSetStatus", "ChangeSet [arn:cs] cannot be executed in its current status");
    let (ran, seen, _) = run(Service::new(refused, vec![stack("CREATE_COMPLETE")]), YES).await;
    assert!(ran.failure.unwrap().message.contains("InvalidChangeSetStatus"));
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:ExecuteChangeSet refused");
}

#[tokio::test]
async fn expired_credentials_wait_for_a_person() {
    let expired = error(403, "ExpiredToken", "The security token included in the request is expired");
    let service = Service::new(ok("ExecuteChangeSet", ""), vec![expired, stack("UPDATE_COMPLETE")]);
    let answer = |question: &Question| Some(if question.ask == Ask::LogIn { Choice::Retry } else { Choice::Execute });
    let (ran, seen, actions) = run(service, answer).await;
    assert_eq!(ran.failure, None);
    assert_eq!(seen.questions[1].ask, Ask::LogIn);
    assert!(actions.contains(&"GetCallerIdentity".to_owned()), "who came back is verified");
}

#[tokio::test]
async fn a_rollback_that_failed_needs_a_person() {
    let (ran, seen, _) =
        run(Service::new(ok("ExecuteChangeSet", ""), vec![stack("UPDATE_ROLLBACK_FAILED")]), YES).await;
    let failure = ran.failure.unwrap();
    assert_eq!(failure.message, "Queue (AWS::SQS::Queue) UPDATE_FAILED: no such thing");
    assert!(failure.remedy.unwrap().contains("continue-update-rollback --stack-name mte"));
    assert_eq!(ran.out["status"], "UPDATE_ROLLBACK_FAILED");
    assert_eq!(seen.effects.last().unwrap(), "settle cloudformation:ExecuteChangeSet done");
}
