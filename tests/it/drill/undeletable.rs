//! What no emulator shows of removing a clean stack: deletions that fail, what only a person can remove, what is somebody
//! else's. By replay.

use std::path::Path;
use std::sync::{Arc, Mutex};

use checkride::event::{EffectState, FailureKind};
use checkride::step::drill::{CleanupTask, Made};
use checkride::step::{Befores, Ran};
use serde_json::{Value, json};

use crate::support::attempt::{Attempt, Seen};
use crate::support::replay::{Replay, Sent, Turn, error, ok};

const RUN: &str = "20261122T120000Z-r-7f3a";
const ARN: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/clean";
const ID: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/clean/1";
const TABLE: &str = "arn:aws:dynamodb:us-east-1:111122223333:table/orders";

/// A stack `clean`.
struct Service {
    /// Its status, and what each deletion leads to.
    status: &'static str,
    deletions: Vec<&'static str>,
    /// The run of its tag.
    tag: &'static str,
    /// A resource that its template keeps: type, physical id, and the status of its creation.
    kept: Option<(&'static str, &'static str, &'static str)>,
    /// Whether what it keeps may be looked at.
    hidden: bool,
    /// The tags of the table that bears the name of one that it keeps; none: there is no such table.
    table: Option<Value>,
    /// What Cloud Control says of what it keeps.
    known: &'static str,
    /// Its events, oldest first: logical id, type, physical id, status, reason.
    events: Vec<[&'static str; 5]>,
}

impl Service {
    fn new(deletions: &[&'static str]) -> Self {
        let deletions = deletions.iter().rev().copied().collect();
        Self {
            status: "CREATE_COMPLETE",
            deletions,
            tag: RUN,
            kept: None,
            hidden: false,
            table: None,
            known: "",
            events: Vec::new(),
        }
    }

    fn keeping(mut self, kind: &'static str, id: &'static str, created: &'static str) -> Self {
        self.events.push(["Kept", kind, id, created, ""]);
        self.kept = Some((kind, id, created));
        self
    }

    /// Answers about what outlives the stack.
    fn tell(&mut self, operation: &str) -> Turn {
        let refused = |code: &str| Turn::Answer(400, json!({ "__type": code, "message": "no" }).to_string());
        let table = json!({ "TableName": "orders", "TableArn": TABLE, "TableStatus": "ACTIVE", "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }] });
        match operation {
            _ if self.hidden => refused("AccessDeniedException"),
            "GetResource" => refused(self.known),
            _ if self.table.is_none() => refused("ResourceNotFoundException"),
            "DescribeTable" => Turn::Answer(200, json!({ "Table": table }).to_string()),
            "ListTagsOfResource" => Turn::Answer(200, json!({ "Tags": self.table }).to_string()),
            "DeleteTable" => {
                self.table = None;
                Turn::Answer(200, json!({ "TableDescription": table }).to_string())
            }
            other => panic!("{other} is not expected"),
        }
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
    Removed::of(service).again(|_| {}).await
}

/// A stack that is removed again and again, by one step.
struct Removed {
    service: Arc<Mutex<Service>>,
    earlier: Vec<EffectState>,
    befores: Arc<Befores>,
}

impl Removed {
    fn of(service: Service) -> Self {
        Self { service: Arc::new(Mutex::new(service)), earlier: Vec::new(), befores: Arc::default() }
    }

    /// Once more, after something has changed.
    async fn again(&mut self, change: impl FnOnce(&mut Service)) -> (Ran, Seen, Vec<String>) {
        change(&mut self.service.lock().unwrap());
        let service = Arc::clone(&self.service);
        let replay = Replay::answering(move |sent| {
            let mut service = service.lock().unwrap();
            match sent.headers.get("x-amz-target") {
                Some(target) => service.tell(target.rsplit('.').next().unwrap()),
                None => service.answer(&sent.action, &sent.body),
            }
        });
        let aws = replay.aws();
        let made = vec![Made::Stack { arn: ARN.to_owned() }];
        let task = CleanupTask { made, tagged: Vec::new(), run: RUN.to_owned() };
        let (earlier, befores) = (self.earlier.clone(), Arc::clone(&self.befores));
        let attempt = Attempt { earlier, befores, ..Attempt::new(&aws, Path::new("/nowhere")) };
        let (ended, seen) = attempt.run(&task, |_| None).await;
        self.earlier.clone_from(&seen.states);
        let name = |sent: &Sent| {
            sent.headers.get("x-amz-target").map_or(sent.action.clone(), |it| it.rsplit('.').next().unwrap().to_owned())
        };
        let reads = ["Describe", "Get", "List"];
        let all = replay.sent();
        let writes = all.iter().map(name).filter(|action| !reads.iter().any(|read| action.starts_with(read)));
        (ended.unwrap(), seen, writes.collect())
    }
}

fn tags(key: &str, value: &str) -> Value {
    json!([{ "Key": key, "Value": value }])
}

/// The stack is gone, and a table bears the name of the one that it left: it is removed only if its own tags say whose it is,
/// and once.
#[tokio::test]
async fn replay_what_a_stack_has_left_is_known_by_its_tags_and_removed_once() {
    for (key, value) in [("aws:cloudformation:stack-id", ID), ("checkride:run", RUN)] {
        let service = Service::new(&["DELETE_COMPLETE"]).keeping("AWS::DynamoDB::Table", "orders", "CREATE_COMPLETE");
        let mut stack = Removed::of(Service { hidden: true, ..service });
        let (ran, _, writes) = stack.again(|_| {}).await;
        assert_eq!((ran.failure.is_some(), writes), (true, vec!["DeleteStack".to_owned()]));
        for theirs in [json!([]), tags("aws:cloudformation:stack-id", "another")] {
            let (ran, _, writes) = stack.again(|it| (it.hidden, it.table) = (false, Some(theirs))).await;
            let failure = ran.failure.unwrap();
            assert_eq!((failure.kind, writes), (FailureKind::Guard, vec![]));
            let named = format!("{TABLE} is not of this run: it has no tag of it");
            assert!(failure.message.contains(&named), "{}", failure.message);
        }
        let (ran, _, writes) = stack.again(|it| it.table = Some(tags(key, value))).await;
        assert_eq!((ran.failure, writes), (None, vec!["DeleteTable".to_owned()]));
        // The team has deployed it since.
        let (ran, _, writes) = stack.again(|it| it.table = Some(tags(key, value))).await;
        assert_eq!((ran.failure, writes), (None, vec![]), "it is on the list no more");
    }
}

/// What a person has removed since is no reason to fail for ever.
#[tokio::test]
async fn replay_what_a_person_has_removed_since_is_gone() {
    let service =
        Service::new(&["DELETE_COMPLETE"]).keeping("AWS::Cognito::UserPool", "us-east-1_x", "CREATE_COMPLETE");
    let mut stack = Removed::of(service);
    for known in ["", "UnsupportedActionException", "AccessDeniedException"] {
        let (ran, ..) = stack.again(|it| it.known = known).await;
        let failure = ran.failure.unwrap();
        assert!(failure.message.contains("Kept (AWS::Cognito::UserPool) us-east-1_x"), "{known}: {}", failure.message);
    }
    let (ran, ..) = stack.again(|it| it.known = "ResourceNotFoundException").await;
    assert_eq!(ran.failure, None);
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
