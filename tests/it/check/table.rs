//! Each check against what it must tell apart: it holds, it does not, there is nothing to look at, nobody may look, and what
//! is looked for is elsewhere. Exit code 0 means that it passed, 4 that it failed, 13 that it could not be told.

use checkride::aws::api::client::resolve;
use serde_json::{Value, json};

use crate::check::deny::denying;
use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::sandbox::{Sandboxed, account, aws_of, endpoint};

const RUN: &[&str] = &["run", "r", "-p", "sandbox", "--no-input"];

async fn change(aws: &Sandboxed, call: &str, input: Value) {
    aws.api().call(resolve(call).unwrap(), &input, None).await.unwrap_or_else(|error| panic!("{call}: {error}"));
}

/// One step of a check, with more keys.
fn step(check: &str, with: &str, more: &str) -> String {
    format!(
        "[[verify]]\nid = \"it\"\ntitle = \"It\"\nkind = \"check\"\ncheck = \"{check}\"\nwith = {{ {with} }}\n{more}\n"
    )
}

fn at(account: &str, endpoint: &str, steps: &str) -> (Project, Said) {
    let own = include_str!("../../corpus/checks/buckets.toml");
    let project = Project::new().emulated("sandbox", account, endpoint).runbook("r", steps);
    let project = project.file("checks/buckets.toml", own);
    let said = project.checkride(RUN);
    (project, said)
}

fn run(account: &str, steps: &str) -> Said {
    at(account, &endpoint(), steps).1
}

async fn table(aws: &Sandboxed, name: &str) {
    let table = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    });
    change(aws, "dynamodb:CreateTable", table).await;
}

#[tokio::test]
async fn dynamodb_pitr() {
    let account = account();
    let aws = aws_of(&account);
    table(&aws, "orders").await;
    let check = |more: &str| step("dynamodb-pitr", "table = \"orders\"", more);
    let said = run(&account, &check("")).exits(4);
    said.says("an expectation does not hold: expected `has(call.backups.ContinuousBackupsDescription")
        .says("11 | check = \"dynamodb-pitr\"")
        .says(".PointInTimeRecoveryStatus = \"DISABLED\"")
        .says("help: aws dynamodb update-continuous-backups --table-name orders");
    let on = json!({
        "TableName": "orders", "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
    });
    change(&aws, "dynamodb:UpdateContinuousBackups", on).await;
    run(&account, &check("")).exits(0);
    // No such table, here or in another region.
    run(&account, &check("region = \"eu-west-1\"")).exits(4).says("error.backups.code = ");
    run(&account, &step("dynamodb-pitr", "table = \"none\"", "")).exits(4).says("error.backups.code = ");
    let (_, said) = at(&account, &denying("DescribeContinuousBackups"), &check(""));
    said.exits(13).says("access refused").never_says("an expectation does not hold");
}

#[tokio::test]
async fn lambda_reserved_concurrency() {
    let account = account();
    let aws = aws_of(&account);
    let trust = "{\"Version\":\"2012-10-17\",\"Statement\":[]}";
    change(&aws, "iam:CreateRole", json!({ "RoleName": "r", "AssumeRolePolicyDocument": trust })).await;
    for name in ["one", "two"] {
        let function = json!({
            "FunctionName": name,
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": format!("arn:aws:iam::{account}:role/r"),
            "Code": { "ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==" },
        });
        change(&aws, "lambda:CreateFunction", function).await;
    }
    let reserve = json!({ "FunctionName": "one", "ReservedConcurrentExecutions": 10 });
    change(&aws, "lambda:PutFunctionConcurrency", reserve).await;
    let check = |with: &str, more: &str| step("lambda-reserved-concurrency", &format!("function = {with}"), more);
    run(&account, &check("\"one\"", "")).exits(0);
    run(&account, &check("\"two\"", "")).exits(4).says("help: aws lambda put-function-concurrency --function-name two");
    let said = run(&account, &check("\"one\", limit = 11", "")).exits(4);
    said.says("call.concurrency.ReservedConcurrentExecutions = 10").says("param.limit = 11");
    // For each of a list, which is the runbook's.
    let each = |list: &str| check("\"${item}\"", &format!("for_each = \"{list}\""));
    run(&account, &each("['one', 'one']")).exits(0);
    run(&account, &each("['one', 'two']")).exits(4).says("1 of 2 items: expected `has(");
    run(&account, &each("['one'].filter(f, f == 'none')")).exits(4).says("is empty: nothing was looked at");
    run(&account, &check("\"one\"", "region = \"eu-west-1\"")).exits(4).says("error.concurrency.code = ");
    let (_, said) = at(&account, &denying("/concurrency"), &check("\"one\"", ""));
    said.exits(13).says("access refused").never_says("an expectation does not hold");
}

#[tokio::test]
async fn s3_versioning() {
    let account = account();
    let aws = aws_of(&account);
    let name = format!("box-{account}");
    change(&aws, "s3:CreateBucket", json!({ "Bucket": name })).await;
    let check = |name: &str| step("s3-versioning", &format!("bucket = \"{name}\""), "");
    run(&account, &check(&name)).exits(4).says(&format!("help: aws s3api put-bucket-versioning --bucket {name}"));
    change(&aws, "s3:PutBucketVersioning", enable(&name)).await;
    run(&account, &check(&name)).exits(0);
    run(&account, &check("none-such-at-all")).exits(4).says("error.versioning.code = \"NoSuchBucket\"");
    let (_, said) = at(&account, &denying("versioning"), &check(&name));
    said.exits(13).says("access refused").never_says("an expectation does not hold");
}

fn enable(bucket: &str) -> Value {
    json!({ "Bucket": bucket, "VersioningConfiguration": { "Status": "Enabled" } })
}

/// A project's own check that finds its items itself.
#[tokio::test]
async fn all_buckets() {
    let account = account();
    let aws = aws_of(&account);
    let names: Vec<String> = ["a", "b", "c"].map(|name| format!("box-{account}-{name}")).into();
    let check = |with: &str, more: &str| step("our-versioning", &format!("prefix = \"box-{account}\"{with}"), more);
    // Nothing there: it fails, unless nothing may be there.
    run(&account, &check("", "")).exits(4).says("is empty: nothing was looked at");
    run(&account, &check(", allow_empty = true", ""))
        .exits(0)
        .says("is empty: nothing was looked at, which is allowed");
    for name in &names {
        change(&aws, "s3:CreateBucket", json!({ "Bucket": name })).await;
    }
    change(&aws, "s3:PutBucketVersioning", enable(&names[0])).await;
    let said = run(&account, &check("", "")).exits(4).says(&format!("2 of 3 failed: {}, {}", names[1], names[2]));
    said.says(&format!("caused by: {}: expected `has(answer.versioning.Status)", names[1]));
    for name in &names[1..] {
        change(&aws, "s3:PutBucketVersioning", enable(name)).await;
    }
    let (project, _) = at(&account, &endpoint(), &check("", "outputs = { passed = \"out.passed\" }"));
    let finished = project.events().into_iter().rfind(|event| event["kind"] == "step_finished").unwrap();
    assert_eq!((&finished["outcome"], &finished["outputs"]["passed"]), (&json!("passed"), &json!(3)));
    assert_eq!(finished["requests"].as_array().unwrap().len(), 4, "each call is on record: {finished}");
    let named = "expect = [\"out.passed == 3\", \"out.items[0].outcome == 'passed'\"]";
    run(&account, &check("", named)).exits(0).says("3 items");
    run(&account, &check("", "expect = [\"out.passed == 4\"]")).exits(4).says("out.passed = 3");
    // One that nobody may look at: not passed, and the others are not forgotten.
    let (_, said) = at(&account, &denying("-b"), &check("", ""));
    said.exits(13).says(&format!("{}: ", names[1])).says("access refused").never_says(&names[2]);
}
