//! What a template names and does not hold.

use checkride::event::NeedState;
use serde_json::json;

use super::stage::{Stage, about, change, line, not_ready, undo, with};

/// A zip with one line of Python.
const CODE: &str = "UEsDBBQAAAAAAAAAIQBhwuheFAAAABQAAAAEAAAAaS5weWRlZiBoKGUsYyk6IHJldHVybiAxUEsBAhQDFAAAAAAAAAAh\
    AGHC6F4UAAAAFAAAAAQAAAAAAAAAAAAAAIABAAAAAGkucHlQSwUGAAAAAAEAAQAyAAAANgAAAAAA";

fn function(bucket: &str) -> String {
    format!(
        "Parameters:\n  Release: {{ Type: String }}\nConditions: {{ Never: !Equals [a, b] }}\nResources:\n  Orders:\n    \
         Type: AWS::Lambda::Function\n    Properties:\n      Runtime: python3.11\n      Handler: i.h\n      \
         Role: !Sub 'arn:aws:iam::${{AWS::AccountId}}:role/f'\n      \
         Code: {{ S3Bucket: {bucket}, S3Key: !Sub 'orders/${{Release}}.zip' }}\n  \
         Unused: {{ Type: AWS::Lambda::LayerVersion, Condition: Never, Properties: {{ Content: {{ S3Bucket: x, S3Key: y }} }} }}\n"
    )
}

#[tokio::test]
async fn code_that_is_gone_is_missing_unless_the_deployment_leaves_it() {
    let stage = Stage::new();
    let bucket = stage.bucket("code");
    stage.object(&bucket, "orders/1.zip", CODE).await;
    let text = function(&bucket);
    let (one, two) = (with(change("f"), &[("Release", "1")]), with(change("f"), &[("Release", "2")]));
    stage.deploy(&text, &one).await;

    let what = "the code of Lambda function `Orders`";
    let needs = stage.needs(&text, &two, &undo()).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    let place = format!("s3://{bucket}/orders/1.zip");
    assert_eq!(line(about(&needs, what)), format!("there: {what}: {place}, 126 bytes"));
    assert!(!needs.iter().any(|need| need.what.contains("Unused")), "{needs:#?}");

    stage.call("s3:DeleteObject", json!({ "Bucket": bucket, "Key": "orders/1.zip" })).await;
    let needs = stage.needs(&text, &two, &undo()).await;
    let missing = not_ready(&needs);
    assert!(
        missing.len() == 1 && missing[0].starts_with(&format!("missing: {what}: {place} is gone (")),
        "{missing:#?}"
    );
    assert!(missing[0].ends_with("the previous template cannot be put back without it"), "{missing:#?}");

    // The same code again: it is not fetched, there or back.
    let needs = stage.needs(&text, &one, &undo()).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert!(line(about(&needs, what)).contains("is gone"), "{needs:#?}");
    assert!(line(about(&needs, what)).ends_with("it is not fetched again"), "{needs:#?}");
}

#[tokio::test]
async fn a_version_and_a_nested_template_are_looked_for_and_what_nobody_can_tell_comes_later() {
    let stage = Stage::new();
    let bucket = stage.bucket("t");
    stage.object(&bucket, "child.yaml", "UmVzb3VyY2VzOiB7IFE6IHsgVHlwZTogQVdTOjpTUVM6OlF1ZXVlIH0gfQo=").await;
    let endpoint = crate::support::sandbox::endpoint();
    let text = format!(
        "Resources:\n  Child: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: '{endpoint}/{bucket}/child.yaml' }} }}\n"
    );
    stage.deploy(&text, &change("p")).await;
    let new = text.replace("child.yaml", "other.yaml");
    let needs = stage.needs(&new, &change("p"), &undo()).await;
    let what = "the template of nested stack `Child`";
    assert_eq!(
        line(about(&needs, what)),
        format!("there: {what}: s3://{bucket}/child.yaml, 44 bytes; what it names in turn is not looked at")
    );
    stage.call("s3:DeleteObject", json!({ "Bucket": bucket, "Key": "child.yaml" })).await;
    let needs = stage.needs(&new, &change("p"), &undo()).await;
    assert_eq!(about(&needs, what).state, NeedState::Missing);
}

#[tokio::test]
async fn a_large_template_needs_a_bucket_that_is_there() {
    let stage = Stage::new();
    let bucket = stage.bucket("templates");
    stage.call("s3:CreateBucket", json!({ "Bucket": bucket })).await;
    let small = "Resources: { Queue: { Type: AWS::SQS::Queue } }\n";
    let large = format!("{small}# {}\n", "x".repeat(52_000));
    let mut task = change("l");
    task.upload_bucket = Some(bucket.clone());
    stage.deploy(&large, &task).await;

    let what = "a bucket for the previous template of stack l";
    let needs = stage.needs(small, &change("l"), &undo()).await;
    let missing = not_ready(&needs);
    assert_eq!(missing, [format!("missing: {what}: it has 52051 bytes, and a call carries 51200 at most")]);
    assert!(about(&needs, what).remedy.as_ref().unwrap().contains("upload_bucket"));

    let mut back = undo();
    back.upload_bucket = Some(stage.bucket("nowhere"));
    let needs = stage.needs(small, &change("l"), &back).await;
    assert!(not_ready(&needs)[0].contains(&format!("s3://{} is not there", stage.bucket("nowhere"))), "{needs:#?}");

    back.upload_bucket = Some(bucket.clone());
    let needs = stage.needs(small, &change("l"), &back).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert_eq!(line(about(&needs, what)), format!("there: {what}: s3://{bucket}"));
    // A small one needs none.
    stage.deploy(small, &change("small")).await;
    let needs = stage.needs(small, &change("small"), &undo()).await;
    assert!(!needs.iter().any(|need| need.what.starts_with("a bucket")), "{needs:#?}");
}
