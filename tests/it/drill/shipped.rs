//! The shipped drills, to their ends, in the emulator.

use std::path::Path;

use checkride::aws::Aws;
use checkride::aws::api::client::resolve;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::timed::outputs;
use crate::support::project::Project;
use crate::support::sandbox::{account, aws_of};

fn call(aws: &Aws, operation: &str, input: &Value) -> Value {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let operation = resolve(operation).unwrap();
    runtime.block_on(aws.api().call(operation, input, None)).unwrap().value
}

/// A table of some items, with point-in-time recovery, in an account of its own.
fn table(account: &str) {
    let aws = aws_of(account);
    let input = json!({
        "TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "sk", "AttributeType": "N" },
        ],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }],
    });
    call(&aws, "dynamodb:CreateTable", &input);
    let on =
        json!({ "TableName": "orders", "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true } });
    call(&aws, "dynamodb:UpdateContinuousBackups", &on);
    let expires = json!({ "Enabled": true, "AttributeName": "gone_at" });
    call(&aws, "dynamodb:UpdateTimeToLive", &json!({ "TableName": "orders", "TimeToLiveSpecification": expires }));
    let arn = call(&aws, "dynamodb:DescribeTable", &json!({ "TableName": "orders" }))["Table"]["TableArn"].clone();
    let tags = json!([{ "Key": "team", "Value": "shop" }]);
    call(&aws, "dynamodb:TagResource", &json!({ "ResourceArn": arn, "Tags": tags }));
    for number in 0..25 {
        let item = json!({ "pk": { "S": format!("order {number}") }, "sk": { "N": number.to_string() }, "paid": { "BOOL": true } });
        call(&aws, "dynamodb:PutItem", &json!({ "TableName": "orders", "Item": item }));
    }
}

/// All that there is: the tables' items, and the backups.
fn everything(account: &str) -> (Value, Value, Value) {
    let aws = aws_of(account);
    let mut items = call(&aws, "dynamodb:Scan", &json!({ "TableName": "orders" }))["Items"].as_array().unwrap().clone();
    items.sort_by_key(ToString::to_string);
    let backups = call(&aws, "dynamodb:ListBackups", &json!({}));
    (
        call(&aws, "dynamodb:ListTables", &json!({}))["TableNames"].clone(),
        json!(items),
        backups["BackupSummaries"].clone(),
    )
}

fn shipped(account: &str, name: &str) -> Project {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("runbooks/{name}.toml"));
    let text = std::fs::read_to_string(path).unwrap();
    Project::sandboxed(account).file(&format!("runbooks/{name}.toml"), &text).answers("phase.drill = yes")
}

fn hold(project: &Project, name: &str) -> crate::support::binary::Said {
    project.checkride(&["drill", name, "-p", "sandbox", "-i", "table=orders", "--answers", "answers.toml"])
}

/// A backup made on demand is what the table held: true in the emulator, too.
#[test]
fn a_table_is_restored_from_a_backup_and_all_is_removed() {
    let account = account();
    table(&account);
    let before = everything(&account);
    let project = shipped(&account, "drill-dynamodb-backup");
    let said = hold(&project, "drill-dynamodb-backup").exits(0);
    said.says("RTO").says("RPO").says("nothing of the run still stands");
    assert_eq!(outputs(&project, "markers_back")["present"], 3);
    assert_eq!(outputs(&project, "same_items")["same"], 25);
    // What this endpoint cannot tell is reported, and fails nothing.
    let settings = outputs(&project, "restore")["settings"].clone();
    assert_eq!(settings["put_back"], json!(["point-in-time recovery", "time to live", "tags"]), "{settings}");
    let reported = settings["reported"].as_array().unwrap();
    assert!(reported.iter().any(|it| it["what"] == "auto scaling"), "{settings}");
    assert_eq!(everything(&account), before);
    let report = project.report();
    for words in ["## Drill", "| RTO | 30m 00s |", "| RPO | 10m 00s |", "Scenario: A release has deleted items"] {
        assert!(report.contains(words), "{words}\n{report}");
    }
    let run = project.only_run();
    project.checkride(&["evidence", "verify", run.file_name().unwrap().to_str().unwrap()]).exits(0);
}

/// The emulator restores the latest data whatever time is asked for: the marker of the disaster is there, and the drill fails.
#[test]
fn a_point_in_time_that_the_emulator_does_not_keep_fails_the_drill() {
    let account = account();
    table(&account);
    let before = everything(&account);
    let project = shipped(&account, "drill-dynamodb");
    let said = hold(&project, "drill-dynamodb").exits(4);
    said.says("is present, and the table was restored to").says("the recovery was not verified");
    assert_eq!(everything(&account), before, "and what was made is removed all the same");
}

#[test]
fn a_drill_runs_by_itself_and_its_plan_calls_nothing_that_changes() {
    let account = account();
    table(&account);
    let project = shipped(&account, "drill-dynamodb");
    project
        .checkride(&["run", "drill-dynamodb", "-p", "sandbox", "-i", "table=orders", "--phase", "drill"])
        .exits(2)
        .says("checkride drill drill-dynamodb");
    let plan =
        project.checkride(&["drill", "drill-dynamodb", "-p", "sandbox", "-i", "table=orders", "--plan"]).exits(0);
    assert!(plan.stdout.contains("restores DynamoDB table orders into the new table"), "{}", plan.stdout);
    assert!(project.runs().is_empty());
}
