//! A rollback of settings as a whole: eight of them, after a kill, with somebody else at work, with an answer lost, and with
//! what is secret.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use checkride::aws::api::client::resolve;
use serde_json::{Value, json};

use crate::checks::front::{Answers, Front, Kept};
use crate::support::project::{HOLD, Project};
use crate::support::sandbox::{Sandboxed, account, aws_of, endpoint};

const RUN: &[&str] = &["run", "r", "-p", "sandbox", "--answers", "answers.toml"];
const BACK: &[&str] = &["rollback", "--last", "-p", "sandbox", "--answers", "answers.toml"];

/// A zip with one line of Python.
const CODE: &str = "UEsDBBQAAAAAAAAAIQBhwuheFAAAABQAAAAEAAAAaS5weWRlZiBoKGUsYyk6IHJldHVybiAxUEsBAhQDFAAAAAAAAAAh\
    AGHC6F4UAAAAFAAAAAQAAAAAAAAAAAAAAIABAAAAAGkucHlQSwUGAAAAAAEAAQAyAAAANgAAAAAA";

async fn call(aws: &Sandboxed, call: &str, with: Value) -> Value {
    let reply = aws.api().call(resolve(call).unwrap(), &with, None).await;
    reply.unwrap_or_else(|failure| panic!("{call}: {failure}")).value
}

/// An answer, or the code of the error that it is.
async fn read(aws: &Sandboxed, call: &str, with: Value) -> Value {
    let operation = resolve(call).unwrap().read().unwrap();
    let reply = aws.reads().api().call(operation, &with).await;
    reply.map_or_else(|failure| json!(failure.to_string().split(':').nth(1)), |reply| reply.value)
}

/// A function with a concurrency of 7.
async fn function() -> Sandboxed {
    let aws = aws_of(&account());
    let role = format!("arn:aws:iam::{}:role/f", aws.settings().account);
    let code = json!({ "ZipFile": CODE });
    let with = json!({ "FunctionName": "f", "Runtime": "python3.11", "Role": role, "Handler": "i.h", "Code": code });
    call(&aws, "lambda:CreateFunction", with).await;
    // It is made bit by bit.
    while read(&aws, "lambda:GetFunctionConfiguration", json!({ "FunctionName": "f" })).await["State"] != "Active" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    limit(&aws, 7).await;
    aws
}

async fn limit(aws: &Sandboxed, executions: u32) {
    let with = json!({ "FunctionName": "f", "ReservedConcurrentExecutions": executions });
    call(aws, "lambda:PutFunctionConcurrency", with).await;
}

async fn concurrency(aws: &Sandboxed) -> Value {
    let mut found = read(aws, "lambda:GetFunctionConcurrency", json!({ "FunctionName": "f" })).await;
    found["ReservedConcurrentExecutions"].take()
}

const LIMIT: &str = r#"
[[deploy]]
id = "limit"
title = "Limit it"
kind = "aws"
call = "lambda:PutFunctionConcurrency"
with = { FunctionName = "f", ReservedConcurrentExecutions = 10 }
"#;

const LIMIT_BACK: &str = r#"
[[rollback]]
id = "limit_back"
title = "The limit of before"
kind = "aws-restore"
undoes = ["limit"]
"#;

fn project(aws: &Sandboxed, steps: &str) -> Project {
    project_at(aws, &endpoint(), steps)
}

fn project_at(aws: &Sandboxed, endpoint: &str, steps: &str) -> Project {
    let project = Project::new().emulated("sandbox", &aws.settings().account, endpoint).runbook("r", steps);
    project.answers("phase.deploy = yes\nphase.rollback = yes")
}

fn finished(project: &Project, step: &str) -> Value {
    let mut all = project.events();
    all.retain(|event| event["kind"] == "step_finished" && event["step"] == step);
    all.pop().unwrap()
}

/// An `aws` step and the one that puts it back.
fn there_and_back(id: &str, call: &str, with: &str) -> String {
    format!(
        "[[deploy]]\nid = \"{id}\"\ntitle = \"Set {id}\"\nkind = \"aws\"\ncall = \"{call}\"\nwith = {with}\n\n\
         [[rollback]]\nid = \"{id}_back\"\ntitle = \"Put {id} back\"\nkind = \"aws-restore\"\nundoes = [\"{id}\"]\n\n"
    )
}

/// Eight settings, with what is to become of them; `@B` is a bucket and `@Q` a queue.
const EIGHT: [(&str, &str, &str); 8] = [
    ("limit", "lambda:PutFunctionConcurrency", r#"{ FunctionName = "f", ReservedConcurrentExecutions = 10 }"#),
    ("memory", "lambda:UpdateFunctionConfiguration", r#"{ FunctionName = "f", MemorySize = 512, Timeout = 60 }"#),
    (
        "lifecycle",
        "s3:PutBucketLifecycleConfiguration",
        r#"{ Bucket = "@B", LifecycleConfiguration = { Rules = [{ ID = "new", Status = "Enabled", Filter = { Prefix = "" }, Expiration = { Days = 90 } }] } }"#,
    ),
    (
        "public",
        "s3:PutPublicAccessBlock",
        r#"{ Bucket = "@B", PublicAccessBlockConfiguration = { BlockPublicAcls = true } }"#,
    ),
    (
        "recovery",
        "dynamodb:UpdateContinuousBackups",
        r#"{ TableName = "orders", PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled = true } }"#,
    ),
    ("protection", "dynamodb:UpdateTable", r#"{ TableName = "orders", DeletionProtectionEnabled = true }"#),
    ("queue", "sqs:SetQueueAttributes", r#"{ QueueUrl = "@Q", Attributes = { VisibilityTimeout = "45" } }"#),
    ("retention", "logs:PutRetentionPolicy", r#"{ logGroupName = "/f", retentionInDays = 30 }"#),
];

/// What is there of the eight, by plain reads.
async fn state(aws: &Sandboxed, bucket: &str, queue: &str) -> [Value; 8] {
    let mut function = read(aws, "lambda:GetFunctionConfiguration", json!({ "FunctionName": "f" })).await;
    for varies in ["LastModified", "RevisionId"] {
        function.as_object_mut().unwrap().remove(varies);
    }
    let table = read(aws, "dynamodb:DescribeTable", json!({ "TableName": "orders" })).await;
    let backups = read(aws, "dynamodb:DescribeContinuousBackups", json!({ "TableName": "orders" })).await;
    let recovery = &backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    [
        concurrency(aws).await,
        function,
        read(aws, "s3:GetBucketLifecycleConfiguration", json!({ "Bucket": bucket })).await,
        read(aws, "s3:GetPublicAccessBlock", json!({ "Bucket": bucket })).await,
        recovery["PointInTimeRecoveryStatus"].clone(),
        json!(table["Table"]["DeletionProtectionEnabled"].as_bool().unwrap_or_default()),
        read(aws, "sqs:GetQueueAttributes", json!({ "QueueUrl": queue, "AttributeNames": ["VisibilityTimeout"] }))
            .await,
        read(aws, "logs:DescribeLogGroups", json!({})).await,
    ]
}

#[tokio::test]
async fn eight_settings_of_five_services_are_as_they_were() {
    let aws = function().await;
    let bucket = format!("b-{}", aws.settings().account);
    call(&aws, "s3:CreateBucket", json!({ "Bucket": bucket })).await;
    let rule = json!({ "ID": "old", "Status": "Enabled", "Filter": { "Prefix": "" }, "Expiration": { "Days": 30 } });
    let lifecycle = json!({ "Bucket": bucket, "LifecycleConfiguration": { "Rules": [rule] } });
    call(&aws, "s3:PutBucketLifecycleConfiguration", lifecycle).await;
    let table = json!({
        "TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "k", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "k", "KeyType": "HASH" }],
    });
    call(&aws, "dynamodb:CreateTable", table).await;
    let queue = call(&aws, "sqs:CreateQueue", json!({ "QueueName": "q" })).await;
    let queue = queue["QueueUrl"].as_str().unwrap();
    call(&aws, "logs:CreateLogGroup", json!({ "logGroupName": "/f" })).await;
    call(&aws, "logs:PutRetentionPolicy", json!({ "logGroupName": "/f", "retentionInDays": 7 })).await;
    let steps =
        EIGHT.map(|(id, call, with)| there_and_back(id, call, &with.replace("@B", &bucket).replace("@Q", queue)));
    let project = project(&aws, &steps.concat());
    let before = state(&aws, &bucket, queue).await;
    project.checkride(RUN).exits(0);
    let changed = state(&aws, &bucket, queue).await;
    for (at, (id, ..)) in EIGHT.iter().enumerate() {
        assert_ne!(before[at], changed[at], "{id}");
    }
    fs::remove_dir_all(project.path("runbooks")).unwrap();
    project.checkride(BACK).exits(0).says("nothing of the run still stands");
    assert_eq!(state(&aws, &bucket, queue).await, before);
    project.checkride(BACK).exits(2);
}

#[tokio::test]
async fn what_was_killed_between_the_change_and_its_undo_is_put_back() {
    let aws = function().await;
    let hold = format!(
        "\n[[deploy]]\nid = \"hold\"\ntitle = \"Hold\"\nkind = \"command\"\neffect = \"local\"\nshell = {HOLD:?}\n"
    );
    let project = project(&aws, &[LIMIT, &hold, LIMIT_BACK].concat());
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    running.kill();
    project.write("go", "");
    assert_eq!(concurrency(&aws).await, 10);
    project.checkride(BACK).exits(0);
    assert_eq!(concurrency(&aws).await, 7);
}

#[tokio::test]
async fn what_somebody_has_changed_since_is_put_back_and_named() {
    let aws = function().await;
    let project = project(&aws, &[LIMIT, LIMIT_BACK].concat());
    project.checkride(RUN).exits(0);
    limit(&aws, 3).await;
    let said = project.checkride(BACK).exits(0);
    said.says("somebody has changed it since `limit`: overwritten is ReservedConcurrentExecutions = 3");
    assert_eq!(finished(&project, "limit_back")["outcome"], "warned");
    assert_eq!(concurrency(&aws).await, 7);
}

#[tokio::test]
async fn what_is_as_it_was_needs_nothing() {
    let aws = function().await;
    let project = project(&aws, &[LIMIT, LIMIT_BACK].concat());
    project.checkride(RUN).exits(0);
    limit(&aws, 7).await;
    project.checkride(BACK).exits(0).says("it is as it was before: nothing to do");
    let is_effect = |event: &Value| event["kind"] == "effect_intended" && event["step"] == "limit_back";
    assert!(!project.events().iter().any(is_effect));
}

/// The call is done and its answer lost: it is looked at, and found done.
#[tokio::test]
async fn an_undo_whose_answer_is_lost_is_found_done() {
    let aws = function().await;
    call(&aws, "lambda:DeleteFunctionConcurrency", json!({ "FunctionName": "f" })).await;
    let front = Front::that(Answers::Loses("lambda:DeleteFunctionConcurrency".to_owned()));
    let project = project_at(&aws, &front.endpoint, &[LIMIT, LIMIT_BACK].concat());
    project.checkride(RUN).exits(0);
    assert_eq!(concurrency(&aws).await, 10);
    project.checkride(BACK).exits(0);
    assert_eq!(front.answered(), 1, "it is made once");
    assert_eq!(concurrency(&aws).await, Value::Null);
}

#[tokio::test]
async fn a_hand_written_undo_knows_what_was_before() {
    let aws = function().await;
    let undo = r#"
[[rollback]]
id = "by_hand"
title = "The limit of before"
kind = "aws"
call = "lambda:PutFunctionConcurrency"
with = { FunctionName = "f", ReservedConcurrentExecutions = "${step.limit.before.ReservedConcurrentExecutions}" }
undoes = ["limit"]
"#;
    let project = project(&aws, &[LIMIT, undo].concat());
    project.checkride(RUN).exits(0);
    project.checkride(BACK).exits(0);
    assert_eq!(concurrency(&aws).await, 7);
}

/// What is secret is put back by the session that has seen it; a later one finds it on no record, and asks.
#[tokio::test]
async fn what_is_secret_is_on_no_record() {
    let aws = function().await;
    let first = "walnut-harbour-1871";
    let set = json!({ "FunctionName": "f", "Environment": { "Variables": { "KEY": first } }, "Timeout": 9 });
    let configuration = async || read(&aws, "lambda:GetFunctionConfiguration", json!({ "FunctionName": "f" })).await;
    let with = r#"{ FunctionName = "f", Environment = { Variables = { KEY = "prod" } }, Timeout = 60 }"#;
    let ends = r#"
[[deploy]]
id = "ends"
title = "It ends well"
kind = "command"
effect = "local"
run = ["test", "!", "-e", "broken"]
on_failure = "rollback"
"#;
    let steps = [&there_and_back("env", "lambda:UpdateFunctionConfiguration", with), ends].concat();
    call(&aws, "lambda:UpdateFunctionConfiguration", set).await;
    // In one session.
    let same = project(&aws, &steps).file("broken", "");
    same.checkride(RUN).exits(5);
    assert_eq!(configuration().await["Environment"]["Variables"]["KEY"], first);
    assert_eq!(same.kept_with(first), Vec::<PathBuf>::new());
    // In two.
    let later = project(&aws, &steps);
    later.checkride(RUN).exits(0);
    let said = later.checkride(BACK).exits(8);
    said.says("Environment of lambda:UpdateFunctionConfiguration is secret, and its value before is on no record");
    let now = configuration().await;
    assert_eq!(now["Timeout"], 9, "what is known is put back");
    assert_eq!(now["Environment"]["Variables"]["KEY"], "prod");
    assert_eq!(later.kept_with(first), Vec::<PathBuf>::new());
}

/// The service says that it was done, and it was not.
#[tokio::test]
async fn a_difference_that_stays_is_named() {
    let aws = function().await;
    let kept =
        Kept { put: "lambda:PutFunctionConcurrency", get: "none", delete: "none", absent: "", there: Arc::default() };
    let front = Front::that(Answers::Keeps(kept));
    let project = project_at(&aws, &front.endpoint, &[LIMIT, LIMIT_BACK, "timeout = \"6s\"\n"].concat());
    project.checkride(RUN).exits(0);
    limit(&aws, 10).await;
    let said = project.checkride(BACK).exits(8);
    said.says("it does not read back as it was before").says("ReservedConcurrentExecutions is 10.0, and was 7.0");
}

#[tokio::test]
async fn plan_and_policy_know_the_read() {
    let aws = function().await;
    let project = project(&aws, &[LIMIT, LIMIT_BACK].concat());
    let plan = project.checkride(&["plan", "r", "-p", "sandbox"]).exits(0).stdout;
    assert!(plan.contains("puts on record first what is there, by lambda:GetFunctionConcurrency"), "{plan}");
    assert!(plan.contains("ReservedConcurrentExecutions = \"(known after limit)\""), "{plan}");
    let policy = project.checkride(&["plan", "r", "-p", "sandbox", "--iam-policy"]).exits(0).stdout;
    for action in ["GetFunctionConcurrency", "PutFunctionConcurrency", "DeleteFunctionConcurrency"] {
        assert!(policy.contains(&format!("lambda:{action}")), "{action}: {policy}");
    }
}
