//! A stack that is not as its template says, or will lose what no template brings back.

use checkride::event::NeedState;
use serde_json::json;

use super::stage::{Stage, about, change, line, not_ready, undo};

const QUEUE: &str = "Resources:\n  Queue: { Type: AWS::SQS::Queue, Properties: { MessageRetentionPeriod: 600 } }\n";

#[tokio::test]
async fn drift_that_was_found_is_named_and_one_that_nobody_looked_for_is_told() {
    let stage = Stage::new();
    stage.deploy(QUEUE, &change("d")).await;
    let what = "the resources of stack d as its template says";
    let needs = stage.needs(QUEUE, &change("d"), &undo()).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert!(line(about(&needs, what)).contains("nobody has looked for drift"), "{needs:#?}");
    assert!(line(about(&needs, what)).contains("detect-stack-drift --stack-name d"), "{needs:#?}");

    let search = || stage.call("cloudformation:DetectStackDrift", json!({ "StackName": "d" }));
    search().await;
    let needs = stage.needs(QUEUE, &change("d"), &undo()).await;
    assert!(line(about(&needs, what)).starts_with(&format!("there: {what}: no drift, looked for at 2")), "{needs:#?}");

    let queue = stage.aws.reads().stacks().resources("d").await.unwrap().value.remove(0).physical_id.unwrap();
    let set = json!({ "QueueUrl": queue, "Attributes": { "MessageRetentionPeriod": "1200" } });
    stage.call("sqs:SetQueueAttributes", set).await;
    search().await;
    let needs = stage.needs(QUEUE, &change("d"), &undo()).await;
    let missing = not_ready(&needs);
    assert!(
        missing.len() == 1 && missing[0].starts_with(&format!("missing: {what}: drift, looked for at 2")),
        "{missing:#?}"
    );
    assert!(missing[0].contains("Queue (AWS::SQS::Queue) ") && missing[0].contains("600 -> 1200"), "{missing:#?}");
}

#[tokio::test]
async fn data_that_a_deployment_takes_out_no_way_back_brings_again() {
    let stage = Stage::new();
    let table = |name: &str, policy: &str| {
        format!(
            "  {name}:\n    Type: AWS::DynamoDB::Table\n{policy}    Properties:\n      TableName: {name}\n      \
             BillingMode: PAY_PER_REQUEST\n      AttributeDefinitions: [{{ AttributeName: id, AttributeType: S }}]\n      \
             KeySchema: [{{ AttributeName: id, KeyType: HASH }}]\n"
        )
    };
    let text = format!("{QUEUE}{}{}", table("Lost", ""), table("Kept", "    DeletionPolicy: Retain\n"));
    stage.deploy(&text, &change("t")).await;
    let needs = stage.needs(&text, &change("t"), &undo()).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert!(!needs.iter().any(|need| need.what.starts_with("the data in")), "{needs:#?}");

    let needs = stage.needs(QUEUE, &change("t"), &undo()).await;
    assert_eq!(
        not_ready(&needs),
        [
            "missing: the data in Lost (AWS::DynamoDB::Table): the deployment deletes it: the way back makes it anew, and \
             empty"
        ]
    );
    assert_eq!(about(&needs, "the data in Kept").state, NeedState::Later);
}

#[tokio::test]
async fn a_stack_that_can_only_be_deleted_is_not_ready() {
    let stage = Stage::new();
    let failing = "Resources:\n  Handle: { Type: AWS::CloudFormation::WaitConditionHandle }\n  Wait:\n    \
                   Type: AWS::CloudFormation::WaitCondition\n    Properties: { Handle: !Ref Handle, Timeout: '1', Count: 1 }\n";
    stage.call("cloudformation:CreateStack", json!({ "StackName": "x", "TemplateBody": failing })).await;
    loop {
        let found = stage.aws.reads().stacks().describe("x").await.unwrap().value.unwrap();
        if found.status == "ROLLBACK_COMPLETE" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let needs = stage.needs(QUEUE, &change("x"), &undo()).await;
    let status = about(&needs, "the status of stack x");
    assert_eq!(status.state, NeedState::Missing, "{needs:#?}");
    assert!(status.remedy.as_ref().unwrap().contains("delete-stack --stack-name x"), "{needs:#?}");
}
