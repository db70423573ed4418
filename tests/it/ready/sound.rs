//! A stack whose way back has all that it needs.

use checkride::event::{Captured, EffectState, NeedState};
use checkride::step::Task;
use checkride::step::stack::{StackRestoreTask, Undone};
use serde_json::json;

use super::stage::{Stage, about, change, line, needs, not_ready, reading, undo, with};

const CODE: &str = "UEsDBBQAAAAAAAAAIQBhwuheFAAAABQAAAAEAAAAaS5weWRlZiBoKGUsYyk6IHJldHVybiAxUEsBAhQDFAAAAAAAAAAh\
    AGHC6F4UAAAAFAAAAAQAAAAAAAAAAAAAAIABAAAAAGkucHlQSwUGAAAAAAEAAQAyAAAANgAAAAAA";

#[tokio::test]
async fn a_sound_stack_is_ready_and_what_is_set_beside_it_is_on_record() {
    let stage = Stage::new();
    let bucket = stage.bucket("code");
    stage.object(&bucket, "1.zip", CODE).await;
    stage.object(&bucket, "2.zip", CODE).await;
    let text = format!(
        "Parameters:\n  Key: {{ Type: String }}\n  Token: {{ Type: String, NoEcho: true }}\nResources:\n  Orders:\n    \
         Type: AWS::Lambda::Function\n    Properties:\n      FunctionName: orders\n      Runtime: python3.11\n      \
         Handler: i.h\n      Role: !Sub 'arn:aws:iam::${{AWS::AccountId}}:role/f'\n      \
         Code: {{ S3Bucket: {bucket}, S3Key: !Ref Key }}\n"
    );
    stage.deploy(&text, &with(change("s"), &[("Key", "1.zip"), ("Token", "a-token-of-some-length")])).await;
    stage.call("lambda:PublishVersion", json!({ "FunctionName": "orders" })).await;
    let alias = json!({ "FunctionName": "orders", "Name": "live", "FunctionVersion": "1" });
    stage.call("lambda:CreateAlias", alias).await;
    let limit = json!({ "FunctionName": "orders", "ReservedConcurrentExecutions": 7 });
    stage.call("lambda:PutFunctionConcurrency", limit).await;

    let found = stage.needs(&text, &with(change("s"), &[("Key", "2.zip")]), &undo()).await;
    let lines: Vec<String> = found.iter().map(line).collect();
    let expected = [
        "there: the status of stack s: CREATE_COMPLETE".to_owned(),
        format!("there: the previous template of stack s: {} bytes, readable", text.len()),
        "there: the parameters of stack s: Key".to_owned(),
        "there: the value that parameter Token of stack s has now: NoEcho; the deployment leaves it, and the way back uses \
         it again"
            .to_owned(),
        format!("there: the code of Lambda function `Orders`: s3://{bucket}/1.zip, 126 bytes"),
        "there: the resources of stack s as its template says: nobody has looked for drift: what was changed beside \
         CloudFormation is not known; `aws cloudformation detect-stack-drift --stack-name s` looks"
            .to_owned(),
        "there: alias `live` of function `Orders`: points at version 1".to_owned(),
        "there: the reserved concurrency of function `Orders`: 7".to_owned(),
        "later: the permissions to put back stack s: the caller is the root user of the account: IAM simulates users and \
         roles only"
            .to_owned(),
    ];
    assert_eq!(lines, expected);
    assert_eq!(not_ready(&found), [""; 0]);
}

/// A resumed run: what is there now is what the step has made of it.
#[tokio::test]
async fn what_is_on_record_is_not_looked_for_again() {
    let stage = Stage::new();
    let queue = "Resources: { Queue: { Type: AWS::SQS::Queue } }";
    stage.deploy(queue, &change("r")).await;
    let executed = EffectState {
        n: 1,
        attempt: 1,
        call: "cloudformation:ExecuteChangeSet".into(),
        token: None,
        target: "arn:cs".into(),
        result: None,
        detail: None,
        waited_in: None,
    };
    let mut begun = change("r");
    begun.earlier = vec![executed];
    let captured = Captured { before: json!({ "exists": true, "name": "r" }), ..Captured::default() };
    let known = StackRestoreTask { undone: Undone { captured: Some(captured), ..undo().undone }, ..undo() };
    let cx = reading(stage.aws.reads(), stage.project.path().to_owned());
    let found = needs(&Task::Stack(Box::new(begun)), &Task::StackRestore(Box::new(known)), &cx).await;
    assert_eq!(line(&found[0]), "there: what stack r was: on record since the step began to change it");
    assert_eq!(about(&found, "the permissions").state, NeedState::Later);
    assert_eq!(found.len(), 2, "{found:#?}");
}
