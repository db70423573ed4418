//! A stack that is not there yet.

use checkride::event::NeedState;
use serde_json::json;

use super::stage::{Stage, about, change, line, not_ready, undo};

const TEMPLATE: &str = "
Resources:
  Orders: { Type: AWS::DynamoDB::Table, Properties: { TableName: orders } }
  Audit: { Type: AWS::DynamoDB::Table, DeletionPolicy: Retain, Properties: { TableName: audit } }
  Db: { Type: AWS::RDS::DBCluster, Properties: { Engine: aurora } }
  Files: { Type: AWS::S3::Bucket }
  Queue: { Type: AWS::SQS::Queue }
";

#[tokio::test]
async fn the_undo_of_a_first_create_is_a_delete_and_says_what_it_takes_and_leaves() {
    let stage = Stage::new();
    let needs = stage.needs(TEMPLATE, &change("new"), &undo()).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert_eq!(
        line(about(&needs, "the way back")),
        "there: the way back of stack new: there is no stack new yet: its undo deletes it; deleted with the data in it: \
         Orders (AWS::DynamoDB::Table), Files (AWS::S3::Bucket); kept, of no stack any more: Audit \
         (AWS::DynamoDB::Table), Db (AWS::RDS::DBCluster): a snapshot"
    );
    let bucket = about(&needs, "the deletion of Files");
    assert_eq!(bucket.state, NeedState::Later);
    assert!(bucket.detail.as_ref().unwrap().contains("only an empty bucket"), "{bucket:?}");
    // The emulator's caller is the root of the account: IAM simulates nothing for it.
    assert!(
        line(needs.last().unwrap()).starts_with("later: the permissions to put back stack new: the caller is the root")
    );

    let queue = "Resources: { Queue: { Type: AWS::SQS::Queue } }";
    let needs = stage.needs(queue, &change("new"), &undo()).await;
    assert!(line(&needs[0]).ends_with("nothing in it holds data, and nothing of it stays"), "{needs:#?}");
}

#[tokio::test]
async fn what_a_delete_would_fail_at_is_missing() {
    let stage = Stage::new();
    let guarded = "Resources:\n  T: { Type: AWS::DynamoDB::Table, Properties: { DeletionProtectionEnabled: true } }\n  \
                   K: { Type: AWS::DynamoDB::Table, DeletionPolicy: Retain, Properties: { DeletionProtectionEnabled: true } }";
    let needs = stage.needs(guarded, &change("new"), &undo()).await;
    assert_eq!(
        not_ready(&needs),
        ["missing: the deletion of T (AWS::DynamoDB::Table): the template guards it against deletion: deleting stack \
             new fails at it"]
    );
}

#[tokio::test]
async fn the_empty_shell_of_a_change_set_counts_as_no_stack() {
    let stage = Stage::new();
    let with =
        json!({ "StackName": "shell", "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": TEMPLATE });
    stage.call("cloudformation:CreateChangeSet", with).await;
    let needs = stage.needs(TEMPLATE, &change("shell"), &undo()).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert!(line(&needs[0]).contains("there is no stack shell yet"), "{needs:#?}");
}

#[tokio::test]
async fn a_template_that_is_not_there_is_unknown_and_a_change_set_that_is_not_made_yet_comes_later() {
    let stage = Stage::new();
    let mut gone = change("new");
    gone.source = checkride::step::stack::StackSource::Template { path: "nowhere.yaml".into(), planned: None };
    let needs = stage.needs(TEMPLATE, &gone, &undo()).await;
    assert!(
        not_ready(&needs)[0].starts_with("unknown: the way back of stack new: template nowhere.yaml"),
        "{needs:#?}"
    );
    gone.source = checkride::step::stack::StackSource::ChangeSet("release-7".into());
    let needs = stage.needs(TEMPLATE, &gone, &undo()).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert_eq!(about(&needs, "the way back").state, NeedState::Later);
}
