//! What no emulator shows of removing a clean stack: deletions that fail, what only a person can remove, what is somebody
//! else's. By replay.

use std::path::Path;
use std::sync::{Arc, Mutex};

use checkride::step::Ran;
use checkride::step::drill::{CleanupTask, Made};

use crate::support::attempt::{Attempt, Seen};
use crate::support::replay::{Replay, Turn, error, ok};

const RUN: &str = "20261122T120000Z-r-7f3a";
const ARN: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/clean";
const ID: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/clean/1";

/// A stack `clean`.
struct Service {
    /// Its status, and what each deletion leads to.
    status: &'static str,
    deletions: Vec<&'static str>,
    /// The run of its tag.
    tag: &'static str,
    /// A resource that its template keeps: type, physical id, and the status of its creation.
    kept: Option<(&'static str, &'static str, &'static str)>,
    /// Its events, oldest first: logical id, type, physical id, status, reason.
    events: Vec<[&'static str; 5]>,
}

impl Service {
    fn new(deletions: &[&'static str]) -> Self {
        let deletions = deletions.iter().rev().copied().collect();
        Self { status: "CREATE_COMPLETE", deletions, tag: RUN, kept: None, events: Vec::new() }
    }

    fn keeping(mut self, kind: &'static str, id: &'static str, created: &'static str) -> Self {
        self.events.push(["Kept", kind, id, created, ""]);
        self.kept = Some((kind, id, created));
        self
    }

    fn answer(&mut self, action: &str, body: &str) -> Turn {
        match action {
            "DescribeStacks" if self.status == "DELETE_COMPLETE" && !body.contains("arn%3Aaws") => {
                error(400, "ValidationError", "Stack with id clean does not exist")
            }
            "DescribeStacks" => ok(
                action,
                &format!(
                    "<Stacks><member><StackName>clean</StackName><StackId>{ID}</StackId><StackStatus>{}</StackStatus>\
                     <Tags><member><Key>checkride:run</Key><Value>{}</Value></member></Tags></member></Stacks>",
                    self.status, self.tag
                ),
            ),
            "GetTemplate" => {
                let kept = self.kept.map_or(String::new(), |(kind, ..)| {
                    format!(r#""Kept":{{"Type":"{kind}","DeletionPolicy":"Retain"}},"#)
                });
                let template = format!(r#"{{"Resources":{{{kept}"Queue":{{"Type":"AWS::SQS::Queue"}}}}}}"#);
                ok(action, &format!("<TemplateBody>{}</TemplateBody>", template.replace('"', "&quot;")))
            }
            "ListStackResources" => {
                let kept = self.kept.map_or(String::new(), |(kind, id, created)| {
                    format!(
                        "<member><LogicalResourceId>Kept</LogicalResourceId><PhysicalResourceId>{id}</PhysicalResourceId>\
                         <ResourceType>{kind}</ResourceType><ResourceStatus>{created}</ResourceStatus></member>"
                    )
                });
                ok(action, &format!("<StackResourceSummaries>{kept}</StackResourceSummaries>"))
            }
            "DescribeStackEvents" => {
                let one = |(at, [id, kind, physical, status, reason]): (usize, &[&str; 5])| {
                    format!(
                        "<member><EventId>e-{at}</EventId><StackId>{ID}</StackId><StackName>clean</StackName>\
                         <LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
                         <ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus>\
                         <ResourceStatusReason>{reason}</ResourceStatusReason>\
                         <Timestamp>2026-11-22T12:00:{at:02}Z</Timestamp></member>"
                    )
                };
                let events: String = self.events.iter().enumerate().rev().map(one).collect();
                ok(action, &format!("<StackEvents>{events}</StackEvents>"))
            }
            "DeleteStack" => {
                self.status = self.deletions.pop().unwrap_or_else(|| panic!("deleted once more"));
                if self.status == "DELETE_FAILED" {
                    let why = "resource sg-1 has a dependent object";
                    self.events.push(["Group", "AWS::EC2::SecurityGroup", "sg-1", "DELETE_FAILED", why]);
                }
                ok(action, "")
            }
            other => panic!("{other} is not expected: {body}"),
        }
    }
}

/// The stack is removed. Gives what became of it, and the calls that change something.
async fn removed(service: Service) -> (Ran, Seen, Vec<String>) {
    let service = Arc::new(Mutex::new(service));
    let replay = Replay::answering(move |sent| service.lock().unwrap().answer(&sent.action, &sent.body));
    let aws = replay.aws();
    let task = CleanupTask { made: vec![Made::Stack { arn: ARN.to_owned() }], tagged: Vec::new(), run: RUN.to_owned() };
    let (ended, seen) = Attempt::new(&aws, Path::new("/nowhere")).run(&task, |_| None).await;
    let reads = ["Describe", "Get", "List"];
    let writes = replay.actions().into_iter().filter(|action| !reads.iter().any(|read| action.starts_with(read)));
    (ended.unwrap(), seen, writes.collect())
}

#[tokio::test]
async fn replay_a_deletion_that_failed_is_tried_again() {
    let (ran, _, writes) = removed(Service::new(&["DELETE_FAILED", "DELETE_COMPLETE"])).await;
    assert_eq!(ran.failure, None);
    assert_eq!(ran.out["removed"][0], format!("{ARN} clean"));
    assert_eq!(writes, ["DeleteStack", "DeleteStack"]);
}

#[tokio::test]
async fn replay_what_cannot_be_deleted_is_told_by_its_cause() {
    let (ran, _, writes) = removed(Service::new(&["DELETE_FAILED"; 3])).await;
    let failure = ran.failure.unwrap();
    let why =
        "stack clean cannot be deleted: Group (AWS::EC2::SecurityGroup) DELETE_FAILED: resource sg-1 has a dependent";
    assert!(failure.message.contains(why), "{}", failure.message);
    assert!(failure.remedy.unwrap().contains("checkride drill --cleanup"));
    assert_eq!(writes.len(), 3);
}

#[tokio::test]
async fn replay_what_only_a_person_can_remove_is_named() {
    let service =
        Service::new(&["DELETE_COMPLETE"]).keeping("AWS::Cognito::UserPool", "us-east-1_x", "CREATE_COMPLETE");
    let (ran, seen, _) = removed(service).await;
    let failure = ran.failure.unwrap();
    let named = "its template has kept: Kept (AWS::Cognito::UserPool) us-east-1_x";
    assert!(failure.message.contains(named), "{}", failure.message);
    let target = seen.states.iter().find(|effect| effect.call == "cloudformation:DeleteStack").unwrap().target.clone();
    assert_eq!(target, ID, "by its whole ARN, for another may bear the name");
}

/// A table that the stack could not make, because there is one of its name, is somebody's.
#[tokio::test]
async fn replay_what_the_stack_failed_to_make_is_never_touched() {
    let service = Service::new(&["DELETE_COMPLETE"]).keeping("AWS::DynamoDB::Table", "orders", "CREATE_FAILED");
    let (ran, _, writes) = removed(service).await;
    assert_eq!((ran.failure, writes), (None, vec!["DeleteStack".to_owned()]));
}

#[tokio::test]
async fn replay_a_stack_of_another_run_stays() {
    let (ran, _, writes) = removed(Service { tag: "20261101T120000Z-r-0000", ..Service::new(&[]) }).await;
    let message = ran.failure.unwrap().message;
    assert!(message.contains("stack clean is not of this run: it carries the tag of 20261101"), "{message}");
    assert!(writes.is_empty());
}
