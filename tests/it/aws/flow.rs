//! The door to AWS against the emulator: the whole way of a stack, and the emulator's own ways that we rely on.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;

use checkride::aws::stacks::{
    ChangeSetDescription, ChangeSetKind, ChangeSetSpec, EventCursor, NoEcho, Readiness, Replacement, StackDiff,
    StackEnd, StackEvent, TemplateSource, TemplateText, choose_parameters, end, readiness, root_cause,
};
use checkride::aws::{AwsErrorKind, poll_delay};

use crate::support::sandbox::{self, Sandboxed};

const QUEUE: &str = "
Parameters:
  Seconds: { Type: String, Default: '600' }
  Password: { Type: String, NoEcho: true }
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      MessageRetentionPeriod: !Ref Seconds
      Tags: [{ Key: secret, Value: !Ref Password }]
Outputs:
  QueueName: { Value: !GetAtt Queue.QueueName }
";

/// `QUEUE` with something that fails, as it would on AWS: a wait that nobody ends.
fn failing() -> String {
    let wait = "
  Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' }
  Wait:
    Type: AWS::CloudFormation::WaitCondition
    DependsOn: Queue
    Properties: { Handle: !Ref Handle, Timeout: '1', Count: 1 }
Outputs:";
    QUEUE.replace("\nOutputs:", wait)
}

/// Makes a change set and waits until it is there.
async fn prepared(
    aws: &Sandboxed,
    stack: &str,
    token: &str,
    template: &str,
    given: &[(&str, &str)],
) -> ChangeSetDescription {
    let reads = aws.reads().stacks();
    let found = reads.describe(stack).await.unwrap().value;
    let source = TemplateSource::Body(template.to_owned());
    let summary = reads.template_summary(&source, stack).await.unwrap().value;
    let given: BTreeMap<String, String> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let previous = found.as_ref().map(|stack| stack.parameters.clone()).unwrap_or_default();
    let kind = match readiness(found.as_ref(), None) {
        Readiness::Create { .. } => ChangeSetKind::Create,
        Readiness::Update => ChangeSetKind::Update,
        Readiness::Refused(refusal) => panic!("{refusal}"),
    };
    let spec = ChangeSetSpec {
        stack: stack.to_owned(),
        kind,
        template: source,
        parameters: choose_parameters(&summary.parameters, &given, &previous).unwrap(),
        capabilities: Vec::new(),
        tags: None,
        role_arn: None,
        notification_arns: None,
        nested: false,
        description: None,
        on_failure: None,
    };
    let made = aws.stacks().create_change_set(token, &spec).await.unwrap().value;
    let no_echo = NoEcho::of(&summary).with_template(&TemplateText::new(template));
    loop {
        let described = reads.change_set(&made.arn, &no_echo).await.unwrap().value;
        if !described.is_pending() {
            return described;
        }
        tokio::time::sleep(poll_delay(true, 0)).await;
    }
}

/// Executes and waits for the end.
async fn executed(aws: &Sandboxed, token: &str, change_set: &ChangeSetDescription) -> (StackEnd, Vec<StackEvent>) {
    let reads = aws.reads().stacks();
    let anchor = reads.last_event(&change_set.stack_id).await.unwrap().value.unwrap();
    let mut cursor = EventCursor::after(&change_set.stack_id, &anchor);
    aws.stacks().execute_change_set(token, &change_set.arn).await.unwrap();
    let mut events = Vec::new();
    loop {
        let status = reads.describe(&change_set.stack_id).await.unwrap().value.unwrap().status;
        events.extend(reads.events(&mut cursor).await.unwrap().value);
        if end(&status) != StackEnd::Running {
            return (end(&status), events);
        }
        tokio::time::sleep(poll_delay(true, 0)).await;
    }
}

#[tokio::test]
async fn a_stack_is_made_changed_and_left_as_it_is() {
    let aws = sandbox::aws();
    let reads = aws.reads().stacks();
    assert_eq!(aws.reads().caller().await.unwrap().value.account, aws.settings().account);
    assert_eq!(reads.describe("q").await.unwrap().value, None);

    let first = prepared(&aws, "q", "a-1", QUEUE, &[("Password", "hunter2-secret")]).await;
    assert!(!format!("{first:?}").contains("hunter2"), "MiniStack shows it, we do not: {first:?}");
    let shell = reads.describe("q").await.unwrap().value.unwrap();
    assert_eq!(readiness(Some(&shell), None), Readiness::Create { left_over: true });
    assert_eq!(reads.capture("q").await.unwrap().value, None);
    let (ended, events) = executed(&aws, "a-2", &first).await;
    assert_eq!(ended, StackEnd::Succeeded);
    assert!(events.iter().any(|event| event.logical_id == "Queue" && event.status == "CREATE_COMPLETE"), "{events:#?}");
    assert_eq!(root_cause(&events), None);

    let capture = reads.capture("q").await.unwrap().value.unwrap();
    assert_eq!(capture.template, QUEUE);
    assert_eq!(capture.outputs[0].name, "QueueName");
    assert!(!serde_json::to_string(&capture).unwrap().contains("hunter2"));
    assert_eq!(reads.resources("q").await.unwrap().value[0].resource_type, "AWS::SQS::Queue");

    let same = prepared(&aws, "q", "a-3", QUEUE, &[]).await;
    assert!(same.has_no_changes(), "{same:?}");
    aws.stacks().delete_change_set(&same.arn).await.unwrap();

    let changed = prepared(&aws, "q", "a-4", QUEUE, &[("Seconds", "900")]).await;
    let diff = StackDiff::of(&changed, Some(&shell));
    assert_eq!(diff.summary(), "1 changed");
    assert!(diff.lines().iter().any(|line| line.contains("MessageRetentionPeriod")), "{:#?}", diff.lines());
    assert_eq!(executed(&aws, "a-5", &changed).await.0, StackEnd::Succeeded);
}

#[tokio::test]
async fn a_replacement_is_shown_as_one() {
    let aws = sandbox::aws();
    let table = |name: &str, key: &str| {
        format!(
            "Resources:\n  Sessions:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: {name}\n      \
             BillingMode: PAY_PER_REQUEST\n      AttributeDefinitions: [{{ AttributeName: {key}, AttributeType: S }}]\n      \
             KeySchema: [{{ AttributeName: {key}, KeyType: HASH }}]\n"
        )
    };
    let first = prepared(&aws, "t", "b-1", &table("sessions", "id"), &[]).await;
    assert_eq!(executed(&aws, "b-2", &first).await.0, StackEnd::Succeeded);
    let second = prepared(&aws, "t", "b-3", &table("sessions2", "id"), &[]).await;
    let diff = StackDiff::of(&second, None);
    assert_eq!(diff.changes[0].replacement, Replacement::Always);
    assert_eq!(diff.lines()[1], "-/+ REPLACE Sessions AWS::DynamoDB::Table, data deleted", "{:#?}", diff.lines());
}

#[tokio::test]
async fn a_failing_deployment_names_its_root_cause() {
    let aws = sandbox::aws();
    let first = prepared(&aws, "f", "c-1", &failing(), &[("Password", "p")]).await;
    let (ended, events) = executed(&aws, "c-2", &first).await;
    assert_eq!(ended, StackEnd::RolledBack);
    let cause = root_cause(&events).unwrap();
    assert_eq!(cause.logical_id, "Wait");
    assert!(cause.reason.contains("timed out"), "{cause:?}");

    let left = aws.reads().stacks().describe("f").await.unwrap().value.unwrap();
    let Readiness::Refused(refusal) = readiness(Some(&left), None) else { panic!("{}", left.status) };
    assert!(refusal.to_string().contains("must be deleted first"), "{refusal}");
    aws.stacks().delete_stack("c-3", &left.id).await.unwrap();
}

#[tokio::test]
async fn a_failing_update_is_rolled_back_and_names_its_root_cause() {
    let aws = sandbox::aws();
    let first = prepared(&aws, "u", "d-1", QUEUE, &[("Password", "p")]).await;
    assert_eq!(executed(&aws, "d-2", &first).await.0, StackEnd::Succeeded);
    let second = prepared(&aws, "u", "d-3", &failing(), &[("Seconds", "900")]).await;
    let (ended, events) = executed(&aws, "d-4", &second).await;
    assert_eq!(ended, StackEnd::RolledBack);
    assert_eq!(root_cause(&events).unwrap().logical_id, "Wait");
}

#[tokio::test]
async fn the_same_token_makes_no_second_change_set() {
    let aws = sandbox::aws();
    let first = prepared(&aws, "r", "e-1", QUEUE, &[("Password", "p")]).await;
    let again = prepared(&aws, "r", "e-1", QUEUE, &[("Password", "p")]).await;
    assert_eq!(first.arn, again.arn);
}

#[tokio::test]
async fn a_large_template_goes_by_a_bucket() {
    let aws = sandbox::aws();
    let template = TemplateText::new(format!("{QUEUE}\n# {}\n", "x".repeat(60_000)));
    let missing = aws.put_template("no-such-bucket", &template).await.unwrap_err();
    assert_eq!(missing.code(), "NoSuchBucket", "{missing}");
    assert!(missing.is_definite());

    // The room makes no buckets: a stack does.
    let name = format!("templates-{}", aws.settings().account);
    let bucket = format!("Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {{ BucketName: {name} }}\n");
    let first = prepared(&aws, "bucket", "g-1", &bucket, &[]).await;
    assert_eq!(executed(&aws, "g-2", &first).await.0, StackEnd::Succeeded);
    let put = aws.put_template(&name, &template).await.unwrap();
    assert!(!put.request_ids.is_empty());
    let again = aws.put_template(&name, &template).await.unwrap().value;
    assert_eq!(again.url, put.value.url, "the key is the content");
    let summary = aws.reads().stacks().template_summary(&TemplateSource::Url(put.value.url), "x").await.unwrap().value;
    assert!(summary.parameters.iter().any(|parameter| parameter.name == "Password" && parameter.no_echo));
}

#[tokio::test]
async fn an_account_sees_only_its_own_stacks() {
    let (one, other) = (sandbox::aws(), sandbox::aws());
    prepared(&one, "mine", "f-1", QUEUE, &[("Password", "p")]).await;
    assert_eq!(other.reads().stacks().describe("mine").await.unwrap().value, None);
    let gone = other.stacks().execute_change_set("f-2", "arn:aws:cloudformation:us-east-1:1:changeSet/x/1").await;
    assert!(matches!(gone.unwrap_err().kind, AwsErrorKind::Service { .. }));
}
