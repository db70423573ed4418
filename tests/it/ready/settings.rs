//! Settings that are put back: what is there now, and what that names.

use checkride::aws::AwsReads;
use checkride::aws::api::client::resolve;
use checkride::event::{Captured, Need, NeedState};
use checkride::id::StepId;
use checkride::step::Task;
use checkride::step::aws::{AwsTask, RestoreTask};
use checkride::step::inverse::way_of;
use serde_json::{Value, json};

use super::stage::{Stage, about, line, needs, not_ready, reading};
use crate::support::replay::{Replay, Sent, Turn, error};

const CODE: &str = "UEsDBBQAAAAAAAAAIQBhwuheFAAAABQAAAAEAAAAaS5weWRlZiBoKGUsYyk6IHJldHVybiAxUEsBAhQDFAAAAAAAAAAh\
    AGHC6F4UAAAAFAAAAAQAAAAAAAAAAAAAAIABAAAAAGkucHlQSwUGAAAAAAEAAQAyAAAANgAAAAAA";
const SECRET: &str = "hunter2-very-secret";

async fn rehearsed(stage: &Stage, call: &str, input: Value, captured: Option<Captured>, capture: bool) -> Vec<Need> {
    rehearsed_by(stage.aws.reads(), call, input, captured, capture).await
}

async fn rehearsed_by(aws: AwsReads, call: &str, input: Value, captured: Option<Captured>, capture: bool) -> Vec<Need> {
    let operation = resolve(call).unwrap();
    let way = way_of(operation).unwrap();
    let change = AwsTask { operation, input, pages: 1, written: Vec::new(), way: capture.then_some(way) };
    let of = StepId::new("change").unwrap();
    let undo = RestoreTask { of, operation, way, captured, preview: Value::Null };
    let cx = reading(aws, "/nowhere".into());
    needs(&Task::Aws(change), &Task::AwsRestore(Box::new(undo)), &cx).await
}

async fn function(stage: &Stage) {
    let role = format!("arn:aws:iam::{}:role/f", stage.aws.settings().account);
    let with = json!({
        "FunctionName": "f", "Runtime": "python3.11", "Role": role, "Handler": "i.h", "Code": { "ZipFile": CODE },
        "Environment": { "Variables": { "TOKEN": SECRET } },
    });
    stage.call("lambda:CreateFunction", with).await;
    let operation = resolve("lambda:GetFunctionConfiguration").unwrap().read().unwrap();
    let input = json!({ "FunctionName": "f" });
    while stage.aws.reads().api().call(operation, &input).await.unwrap().value["State"] != "Active" {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn what_is_there_now_is_read_and_told() {
    let stage = Stage::new();
    function(&stage).await;
    let input = json!({ "FunctionName": "f", "ReservedConcurrentExecutions": 10 });
    let call = "lambda:PutFunctionConcurrency";
    let what = "what lambda:PutFunctionConcurrency changes, as it is now";
    let found = rehearsed(&stage, call, input.clone(), None, true).await;
    assert!(
        line(about(&found, what))
            .ends_with("there is none: the way back takes it away again, by lambda:DeleteFunctionConcurrency"),
        "{found:#?}"
    );
    stage.call(call, json!({ "FunctionName": "f", "ReservedConcurrentExecutions": 7 })).await;
    let found = rehearsed(&stage, call, input.clone(), None, true).await;
    assert_eq!(not_ready(&found), [""; 0]);
    assert_eq!(line(about(&found, what)), format!("there: {what}: ReservedConcurrentExecutions = 7"));

    let captured = Some(Captured { before: json!({ "ReservedConcurrentExecutions": 5 }), ..Captured::default() });
    let found = rehearsed(&stage, call, input.clone(), captured, true).await;
    assert!(line(about(&found, what)).ends_with("on record since the step began to change it"), "{found:#?}");

    let found = rehearsed(&stage, call, input, None, false).await;
    assert_eq!(not_ready(&found), [format!("missing: {what}: the step puts nothing on record")]);

    // What an earlier step makes is not there yet.
    let gone = json!({ "FunctionName": "nobody", "ReservedConcurrentExecutions": 10 });
    let found = rehearsed(&stage, call, gone, None, true).await;
    assert_eq!(about(&found, what).state, NeedState::Later);
}

#[tokio::test]
async fn what_is_secret_is_named_and_not_told() {
    let stage = Stage::new();
    function(&stage).await;
    let input = json!({ "FunctionName": "f", "MemorySize": 512, "Environment": { "Variables": { "A": "b" } } });
    let found = rehearsed(&stage, "lambda:UpdateFunctionConfiguration", input, None, true).await;
    assert_eq!(not_ready(&found), [""; 0]);
    assert!(line(about(&found, "the value of Environment before")).contains("on no record"), "{found:#?}");
    assert!(!format!("{found:?}").contains(SECRET), "{found:#?}");
}

#[tokio::test]
async fn the_version_that_an_alias_points_at_is_looked_for() {
    let stage = Stage::new();
    function(&stage).await;
    stage.call("lambda:PublishVersion", json!({ "FunctionName": "f" })).await;
    let alias = json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": "1" });
    stage.call("lambda:CreateAlias", alias).await;
    let input = json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": "2" });
    let found = rehearsed(&stage, "lambda:UpdateAlias", input, None, true).await;
    assert_eq!(not_ready(&found), [""; 0]);
    assert!(line(about(&found, "version 1 of function f")).starts_with("there: "), "{found:#?}");
}

/// The emulator deletes no version that an alias points at.
#[tokio::test]
async fn replay_a_version_that_is_deleted_no_alias_can_point_at_again() {
    let replay = Replay::answering(|sent: &Sent| {
        if sent.action.contains("/aliases/") {
            return Turn::Answer(200, r#"{"Name":"live","FunctionVersion":"1"}"#.to_owned());
        }
        if sent.action.contains("/configuration") {
            let body = r#"{"__type":"ResourceNotFoundException","Message":"no version 1"}"#;
            return Turn::Answer(404, body.to_owned());
        }
        error(403, "AccessDenied", "nobody is told who calls")
    });
    let input = json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": "2" });
    let found = rehearsed_by(replay.aws().reads(), "lambda:UpdateAlias", input, None, true).await;
    assert_eq!(about(&found, "version 1 of function f").state, NeedState::Missing, "{found:#?}");
    assert_eq!(not_ready(&found).len(), 1, "{found:#?}");
}

#[tokio::test]
async fn a_backup_that_an_undo_restores_from_must_be_there() {
    let stage = Stage::new();
    let table = json!({
        "TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    });
    stage.call("dynamodb:CreateTable", table).await;
    let made = stage.call("dynamodb:CreateBackup", json!({ "TableName": "orders", "BackupName": "b" })).await;
    let arn = made["BackupDetails"]["BackupArn"].as_str().unwrap().to_owned();
    let undo = |arn: &str| {
        Task::Aws(AwsTask {
            operation: resolve("dynamodb:RestoreTableFromBackup").unwrap(),
            input: json!({ "TargetTableName": "orders2", "BackupArn": arn }),
            pages: 1,
            written: Vec::new(),
            way: None,
        })
    };
    let cx = reading(stage.aws.reads(), stage.project.path().to_owned());
    let found = needs(&undo(&arn), &undo(&arn), &cx).await;
    assert_eq!(
        line(&found[0]),
        format!("there: {arn}, which dynamodb:RestoreTableFromBackup restores from: AVAILABLE")
    );
    stage.call("dynamodb:DeleteBackup", json!({ "BackupArn": arn })).await;
    let found = needs(&undo(&arn), &undo(&arn), &cx).await;
    assert_eq!(found[0].state, NeedState::Missing, "{found:#?}");
}
