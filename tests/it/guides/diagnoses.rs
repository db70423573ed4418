//! Each diagnosis on a sound stack and on a broken one.

use std::collections::BTreeMap;
use std::path::Path;

use checkride::aws::Aws;
use serde::Deserialize;
use serde_json::Value;

use super::deployed::{Ready, deployed, with_outcome};
use crate::checks::sheet::{Make, fill};
use crate::shipped::names;
use crate::support::project::Project;
use crate::support::sandbox;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    diagnosis: Vec<Diagnosis>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Diagnosis {
    runbook: String,
    /// What it is given, `NAME=VALUE`.
    #[serde(default)]
    inputs: Vec<String>,
    /// What is played back where no emulator knows the operation: what AWS answers on a sound stack.
    #[serde(default)]
    play: BTreeMap<String, Value>,
    broken: Vec<Broken>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Broken {
    #[serde(rename = "break")]
    breaks: Vec<Make>,
    mend: Vec<Make>,
    /// What is played back instead.
    #[serde(default)]
    play: BTreeMap<String, Value>,
    failed: Vec<String>,
    findings: Vec<String>,
}

fn table() -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guides/diagnoses.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is there of the security guide's stack, by names that the table uses.
const SECURITY: &str = r#"
        [[ask]]
        call = "ec2:DescribeVpcs"
        with = { Filters = [{ Name = "tag:Name", Values = ["mte-vpc-dev"] }] }
        keep = { vpc = "/Vpcs/0/VpcId" }
        [[ask]]
        call = "lambda:GetFunctionConfiguration"
        with = { FunctionName = "mte-prechat-dev" }
        keep = { subnet1 = "/VpcConfig/SubnetIds/0", subnet2 = "/VpcConfig/SubnetIds/1", group = "/VpcConfig/SecurityGroupIds/0" }
        [[ask]]
        call = "ec2:DescribeVpcEndpoints"
        keep = { sqs_endpoint = "/VpcEndpoints/4/VpcEndpointId" } # the emulator knows no filter here, and keeps their order
        [[ask]]
        call = "kms:DescribeKey"
        with = { KeyId = "alias/mte-lambda-dev" }
        keep = { lambda_key = "/KeyMetadata/Arn" }
        [[ask]]
        call = "kms:DescribeKey"
        with = { KeyId = "alias/mte-dynamodb-dev" }
        keep = { dynamodb_key = "/KeyMetadata/Arn" }
    "#;

/// The same of the readiness guide's, when its database is there.
const DATABASE: &str = r#"
        [[ask]]
        call = "rds:DescribeDBClusters"
        with = { DBClusterIdentifier = "composer-dev" }
        keep = { database_group = "/DBClusters/0/VpcSecurityGroups/0/VpcSecurityGroupId" }
        [[ask]]
        call = "ec2:DescribeSecurityGroups"
        with = { Filters = [{ Name = "tag:Name", Values = ["composer-functions-dev"] }] }
        keep = { group = "/SecurityGroups/0/GroupId" }
    "#;

/// The same, when the firewall is before the API.
const FIREWALL: &str = r#"
        [[ask]]
        call = "apigateway:GetRestApis"
        keep = { api = "/items/0/id" }
        [[ask]]
        call = "wafv2:ListWebACLs"
        with = { Scope = "REGIONAL" }
        keep = { acl = "/WebACLs/0/ARN", acl_id = "/WebACLs/0/Id" }
    "#;

async fn found(aws: &Aws, account: &str, asks: &str) -> BTreeMap<String, String> {
    let mut asks: BTreeMap<String, Vec<Make>> = toml::from_str(asks).unwrap();
    let mut kept = BTreeMap::from([("account".to_owned(), account.to_owned())]);
    for ask in asks.remove("ask").unwrap() {
        ask.call(aws, &mut kept).await;
    }
    kept
}

/// Runs a diagnosis with these inputs, with every finding that it shows taken note of. What failed, and what was found.
fn diagnose(project: &Project, runbook: &str, inputs: &[String], all: &[String]) -> (i32, Vec<String>, Vec<String>) {
    let answer = |id: &String| format!("[answer.{id}]\nchoose = \"done\"\nby = \"ana\"\nreason = \"a test\"\n");
    let answers = all.iter().map(answer).collect::<Vec<_>>().concat();
    project.write("findings.toml", &format!("format = 1\n{answers}"));
    let mut run = vec!["run", runbook, "-p", "sandbox", "--answers", "findings.toml"];
    run.extend(inputs.iter().flat_map(|input| ["-i", input]));
    let said = project.checkride(&run);
    let failed = with_outcome(project, &said, "failed");
    let found = with_outcome(project, &said, "passed").into_iter().filter(|step| all.contains(step)).collect();
    (said.code, failed, found)
}

/// The findings that a diagnosis can come to.
fn findings(project: &Project, runbook: &str) -> Vec<String> {
    let text: toml::Table = project.read(&format!("runbooks/{runbook}.toml")).parse().unwrap();
    let steps = text["verify"].as_array().unwrap().iter();
    let asked = steps.filter(|step| step["kind"].as_str() == Some("confirm"));
    asked.map(|step| step["id"].as_str().unwrap().to_owned()).collect()
}

/// Tries a diagnosis of the security guide's stack.
async fn try_out(runbook: &str) {
    let account = sandbox::account();
    let project = deployed(&account);
    let aws = sandbox::aws_of(&account);
    let kept = found(&aws, &account, SECURITY).await;
    try_on(runbook, &project, &aws, kept).await;
}

/// Tries a diagnosis of the readiness guide's stack and what this step completes of it.
async fn try_on_ready(runbook: &str, completed: &str, asks: &str) {
    let account = sandbox::account();
    let ready = Ready::deployed(&account, &["--only", "stack", "--only", completed]);
    let aws = ready.aws();
    let kept = found(&aws, &account, asks).await;
    try_on(runbook, &ready.project, &aws, kept).await;
}

async fn try_on(runbook: &str, project: &Project, aws: &Aws, mut kept: BTreeMap<String, String>) {
    let table = table();
    let diagnosis = table.diagnosis.iter().find(|it| it.runbook == runbook).unwrap();
    let inputs: Vec<String> = diagnosis.inputs.iter().map(|input| fill(input, &kept)).collect();
    let all = findings(project, runbook);
    let play = |answers: &BTreeMap<String, Value>| {
        for (operation, answer) in answers {
            project.watch().play(operation, &answer.to_string());
        }
    };
    play(&diagnosis.play);
    assert_eq!(diagnose(project, runbook, &inputs, &all), (0, vec![], vec![]), "nothing is wrong");
    for broken in &diagnosis.broken {
        for call in &broken.breaks {
            call.call(aws, &mut kept).await;
        }
        play(&broken.play);
        let told = diagnose(project, runbook, &inputs, &all);
        assert_eq!(told, (4, broken.failed.clone(), broken.findings.clone()), "{broken:?}");
        for call in &broken.mend {
            call.call(aws, &mut kept).await;
        }
        play(&diagnosis.play);
    }
}

#[tokio::test]
async fn a_function_times_out_in_the_network() {
    try_out("diagnose-lambda-timeout").await;
}

#[tokio::test]
async fn something_is_refused_in_the_network() {
    try_out("diagnose-network").await;
}

#[tokio::test]
async fn kms_refuses() {
    try_out("diagnose-kms").await;
}

#[tokio::test]
async fn objects_are_not_replicated() {
    try_out("diagnose-replication").await;
}

#[tokio::test]
async fn s3_costs_too_much() {
    try_out("diagnose-s3-costs").await;
}

#[tokio::test]
async fn cloudwatch_costs_too_much() {
    try_out("diagnose-logs-costs").await;
}

#[tokio::test]
async fn access_logs_do_not_come() {
    try_out("diagnose-access").await;
}

#[tokio::test]
async fn aurora_is_not_reached() {
    try_on_ready("diagnose-aurora", "emulator_database", DATABASE).await;
}

/// What was blocked is played back: no emulator samples requests.
#[tokio::test]
async fn the_waf_blocks_too_much() {
    try_on_ready("diagnose-waf", "emulator_firewall", FIREWALL).await;
}

#[test]
fn every_diagnosis_is_tried() {
    let shipped: Vec<String> = names("runbooks").into_iter().filter(|name| name.starts_with("diagnose-")).collect();
    let mut tried: Vec<String> = table().diagnosis.into_iter().map(|it| it.runbook).collect();
    tried.sort();
    assert_eq!(tried, shipped);
}
