//! The checklist of another region, in the emulator: what is there is seen, what is not is named, and nothing is changed.

use std::fs;
use std::path::Path;

use checkride::aws::Aws;
use checkride::aws::api::client::resolve;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::support::project::Project;
use crate::support::sandbox::{account, aws_of};

const ANSWERS: &str =
    "phase.drill = yes\ndecision = done\nquotas = done\ncode = done\nusers = done\ndns = done\ncoming_back = done";

fn project(account: &str) -> Project {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/drill-region.toml");
    let text = fs::read_to_string(path).unwrap();
    Project::sandboxed(account).file("runbooks/drill-region.toml", &text).answers(ANSWERS)
}

fn call(aws: &Aws, operation: &str, input: &Value) -> Value {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let operation = resolve(operation).unwrap();
    runtime.block_on(aws.api().call(operation, input, None)).unwrap().value
}

/// The steps that ended so.
fn with_outcome(project: &Project, outcome: &str) -> Vec<String> {
    let journal = fs::read_to_string(project.last_run().join("journal.jsonl")).unwrap();
    let events = journal.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone());
    let events: Vec<Value> = events.collect();
    let ended = events.iter().filter(|event| event["kind"] == "step_finished" && event["outcome"] == outcome);
    ended.map(|event| event["step"].as_str().unwrap().to_owned()).collect()
}

const GO: &[&str] = &[
    "drill",
    "drill-region",
    "-p",
    "sandbox",
    "-i",
    "stage=dev",
    "-i",
    "other_region=eu-central-1",
    "--answers",
    "answers.toml",
];

/// Where nothing was prepared, the list goes to its end, and each gap is named.
#[test]
fn every_gap_is_named_and_none_stops_the_list() {
    let project = project(&account());
    let said = project.checkride(GO).exits(4);
    let mut failed = with_outcome(&project, "failed");
    failed.sort();
    assert_eq!(failed, ["alarms", "bucket_there", "copies", "key", "secret", "tables"], "{}", said.stderr);
    let passed = with_outcome(&project, "passed");
    for id in ["decision", "region_open", "zones", "services", "quota", "quotas", "code", "users", "dns", "coming_back"]
    {
        assert!(passed.contains(&id.to_owned()), "{id}: {passed:?}");
    }
    assert_eq!((project.watch().violations(), project.watch().writes()), (vec![], vec![]));
}

/// What is there is seen: the secret's replica, the bucket, somebody who is woken.
#[test]
fn what_is_there_is_seen() {
    let account = account();
    let (here, there) = (aws_of(&account), aws_of(&account).in_region("eu-central-1").unwrap());
    let bucket = format!("mte-prechat-failover-dev-{account}");
    let place = json!({ "LocationConstraint": "eu-central-1" });
    call(&there, "s3:CreateBucket", &json!({ "Bucket": bucket, "CreateBucketConfiguration": place }));
    let topic = call(&there, "sns:CreateTopic", &json!({ "Name": "alarms" }))["TopicArn"].clone();
    let queue = "arn:aws:sqs:eu-central-1:000000000000:q";
    call(&there, "sns:Subscribe", &json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": queue }));
    call(
        &here,
        "secretsmanager:CreateSecret",
        &json!({
            "Name": "mte/dev/api-token", "SecretString": "x", "AddReplicaRegions": [{ "Region": "eu-central-1" }],
        }),
    );
    let project = project(&account);
    project.checkride(GO).exits(4);
    let passed = with_outcome(&project, "passed");
    for id in ["alarms", "bucket_there"] {
        assert!(passed.contains(&id.to_owned()), "{id}: {passed:?}");
    }
    let same = ["drill", "drill-region", "-p", "sandbox", "-i", "stage=dev", "-i", "other_region=us-east-1"];
    project.checkride(&[&same[..], &["--answers", "answers.toml"]].concat()).exits(4);
    assert!(with_outcome(&project, "failed").contains(&"region_open".to_owned()));
}
