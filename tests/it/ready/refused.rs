//! What no emulator shows: looks that are throttled or refused, and what IAM denies. By replay.

use checkride::aws::AwsReads;
use checkride::event::{Need, NeedState};
use checkride::step::Task;
use checkride::step::stack::StackRestoreTask;

use super::stage::{about, change, line, needs, not_ready, reading, undo};
use crate::support::replay::{Replay, Sent, Turn, error, ok};

const STACK: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/mte/1";
const TEMPLATE: &str = "Resources:
  Orders: { Type: AWS::Lambda::Function, Properties: { Code: { S3Bucket: code, S3Key: 1.zip, S3ObjectVersion: v1 } } }
  Image:
    Type: AWS::Lambda::Function
    Properties: { Code: { ImageUri: '111122223333.dkr.ecr.us-east-1.amazonaws.com/orders:7' } }
";

fn stack(more: &str) -> Turn {
    let stack =
        format!("<StackName>mte</StackName><StackId>{STACK}</StackId><StackStatus>UPDATE_COMPLETE</StackStatus>{more}");
    ok("DescribeStacks", &format!("<Stacks><member>{stack}</member></Stacks>"))
}

fn simulated(decision: &str, sent: &Sent) -> Turn {
    let names = sent.body.split('&').filter_map(|pair| pair.strip_prefix("ActionNames.member."));
    let results: Vec<String> = names
        .filter_map(|pair| pair.split_once('='))
        .map(|(_, action)| {
            let action = action.replace("%3A", ":");
            let denied = action.ends_with(":ExecuteChangeSet") || action.ends_with(":DeleteStack");
            let decision = if denied { decision } else { "allowed" };
            format!("<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>")
        })
        .collect();
    let results = results.concat();
    ok("SimulatePrincipalPolicy", &format!("<EvaluationResults>{results}</EvaluationResults>"))
}

/// A stack that is well, unless `first` answers.
fn usual(sent: &Sent, decision: &str) -> Turn {
    match sent.action.as_str() {
        "DescribeStacks" => stack("<DriftInformation><StackDriftStatus>IN_SYNC</StackDriftStatus></DriftInformation>"),
        "GetTemplate" => ok("GetTemplate", &format!("<TemplateBody>{TEMPLATE}</TemplateBody>")),
        "ListStackResources" => ok("ListStackResources", "<StackResourceSummaries></StackResourceSummaries>"),
        "GetCallerIdentity" => ok(
            "GetCallerIdentity",
            "<Arn>arn:aws:iam::111122223333:user/ann</Arn><UserId>A</UserId><Account>111122223333</Account>",
        ),
        "SimulatePrincipalPolicy" => simulated(decision, sent),
        head if head.starts_with("HEAD ") => Turn::Answer(200, String::new()),
        post if post.starts_with("POST ") => {
            Turn::Answer(200, "{\"imageDetails\":[{\"imageDigest\":\"sha256:00\"}]}".into())
        }
        other => panic!("{other} is not expected"),
    }
}

fn played(decision: &'static str, first: impl Fn(&Sent) -> Option<Turn> + Send + 'static) -> AwsReads {
    Replay::answering(move |sent| first(sent).unwrap_or_else(|| usual(sent, decision))).aws().reads()
}

async fn found(aws: AwsReads, back: StackRestoreTask) -> Vec<Need> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stack.yaml"), "Resources: { Queue: { Type: AWS::SQS::Queue } }").unwrap();
    let cx = reading(aws, folder.path().to_owned());
    needs(&Task::Stack(Box::new(change("mte"))), &Task::StackRestore(Box::new(back)), &cx).await
}

#[tokio::test]
async fn replay_all_is_there_and_allowed() {
    let needs = found(played("allowed", |_| None), undo()).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert!(line(about(&needs, "the permissions")).contains("actions are allowed"), "{needs:#?}");
    assert_eq!(
        line(about(&needs, "the code of Lambda function `Orders`")),
        "there: the code of Lambda function `Orders`: s3://code/1.zip version v1"
    );
    assert_eq!(
        line(about(&needs, "the code of Lambda function `Image`")),
        "there: the code of Lambda function `Image`: 111122223333.dkr.ecr.us-east-1/orders:7, sha256:00"
    );
}

#[tokio::test]
async fn replay_what_iam_denies_is_missing_and_named() {
    let needs = found(played("explicitDeny", |_| None), undo()).await;
    assert_eq!(
        not_ready(&needs),
        ["missing: the permissions to put back stack mte: by IAM's simulation: cloudformation:ExecuteChangeSet: \
             explicitDeny"]
    );
    assert!(about(&needs, "the permissions").remedy.as_ref().unwrap().contains("arn:aws:iam::111122223333:user/ann"));
    // A first create is undone by a deletion.
    let absent = |sent: &Sent| {
        (sent.action == "DescribeStacks").then(|| error(400, "ValidationError", "Stack with id mte does not exist"))
    };
    let needs = found(played("implicitDeny", absent), undo()).await;
    assert!(not_ready(&needs)[0].contains("cloudformation:DeleteStack: implicitDeny"), "{needs:#?}");
    // Whoever may not ask is not held up.
    let refused =
        |sent: &Sent| (sent.action == "SimulatePrincipalPolicy").then(|| error(403, "AccessDenied", "not you"));
    let needs = found(played("allowed", refused), undo()).await;
    let permissions = about(&needs, "the permissions");
    assert_eq!(permissions.state, NeedState::Later);
    assert!(line(permissions).contains("the caller may not simulate its policies"), "{needs:#?}");
}

#[tokio::test]
async fn replay_what_cannot_be_told_is_unknown_with_its_reason() {
    let on = |action: &'static str, turn: fn() -> Turn| move |sent: &Sent| (sent.action == action).then(turn);
    let throttled = || error(400, "Throttling", "Rate exceeded");
    let needs = found(played("allowed", on("DescribeStacks", throttled)), undo()).await;
    assert_eq!(needs.len(), 1);
    assert!(
        line(&needs[0]).starts_with("unknown: stack mte: ") && line(&needs[0]).contains("Rate exceeded"),
        "{needs:#?}"
    );
    assert!(needs[0].remedy.is_some());

    let denied = || error(403, "AccessDenied", "not you");
    let needs = found(played("allowed", on("GetTemplate", denied)), undo()).await;
    assert!(not_ready(&needs)[0].starts_with("unknown: the previous template of stack mte: "), "{needs:#?}");

    // Without leave to list a bucket, S3 calls what is not there forbidden.
    let forbidden = |sent: &Sent| sent.action.starts_with("HEAD ").then(|| Turn::Answer(403, String::new()));
    let needs = found(played("allowed", forbidden), undo()).await;
    assert_eq!(not_ready(&needs).len(), 1);
    let code = about(&needs, "the code of Lambda function `Orders`");
    assert_eq!(code.state, NeedState::Unknown);
    assert!(code.remedy.as_ref().unwrap().contains("s3:ListBucket"), "{code:?}");

    let lost = |sent: &Sent| (sent.action == "ListStackResources").then_some(Turn::Closed);
    let needs = found(played("allowed", lost), undo()).await;
    assert!(not_ready(&needs)[0].starts_with("unknown: the resources of stack mte: "), "{needs:#?}");
}

#[tokio::test]
async fn replay_an_image_that_is_gone_is_missing() {
    let gone = |sent: &Sent| {
        let body = r#"{"__type":"ImageNotFoundException","message":"no image of tag 7"}"#;
        sent.action.starts_with("POST ").then(|| Turn::Answer(400, body.to_owned()))
    };
    let needs = found(played("allowed", gone), undo()).await;
    assert!(
        not_ready(&needs)[0].starts_with("missing: the code of Lambda function `Image`: 111122223333.dkr.ecr"),
        "{needs:#?}"
    );
}
