//! What a run has made in another region than that of the step that removes it: it is looked for, and removed, there. By replay,
//! and in the emulator.

use std::path::Path;

use checkride::aws::api::client::resolve;
use checkride::aws::tables::Item;
use checkride::step::drill::{CleanupTask, Made};
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::timed::{GO, outputs};
use crate::support::attempt::Attempt;
use crate::support::project::Project;
use crate::support::replay::{Replay, Turn, error};
use crate::support::sandbox::{account, aws_of};

const RUN: &str = "20261122T120000Z-r-7f3a";

fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:eu-central-1:111122223333:{rest}")
}

fn database(call: &str, rest: &str) -> Made {
    Made::of(call, &arn("rds", rest)).unwrap()
}

/// There is nothing.
fn nothing(headers: &std::collections::BTreeMap<String, String>, body: &str) -> Turn {
    let refusal = |code: &str| Turn::Answer(400, json!({ "__type": code, "message": "no" }).to_string());
    match headers.get("x-amz-target").and_then(|target| target.rsplit('.').next()) {
        Some("DescribeTable" | "GetItem" | "DescribeSecret") => refusal("ResourceNotFoundException"),
        Some(_) => Turn::Answer(200, "{}".to_owned()),
        None if body.contains("DescribeStacks") => error(400, "ValidationError", "Stack with id clean does not exist"),
        None if body.contains("DescribeDBClusterSnapshots") => error(404, "DBClusterSnapshotNotFoundFault", "no"),
        None if body.contains("DescribeDBSnapshots") => error(404, "DBSnapshotNotFound", "no"),
        None if body.contains("DescribeDBClusters") => error(404, "DBClusterNotFoundFault", "no"),
        None => error(404, "DBInstanceNotFound", "no"),
    }
}

#[tokio::test]
async fn replay_each_thing_is_looked_for_in_the_region_that_it_was_made_in() {
    let table = arn("dynamodb", "table/orders");
    let key = Item::from_json(&json!({ "PK": { "S": "a" } })).unwrap();
    let all = [
        Made::Table { arn: table.clone() },
        Made::Backup { table: table.clone(), name: "of-a-run".to_owned() },
        Made::Marker { table: table.clone(), key },
        Made::Scaling {
            table,
            dimension: "dynamodb:table:ReadCapacityUnits".to_owned(),
            resource: "table/orders".to_owned(),
        },
        database("rds:RestoreDBClusterToPointInTime", "cluster:again"),
        database("rds:CreateDBInstance", "db:again-1"),
        database("rds:CreateDBClusterSnapshot", "cluster-snapshot:of-orders"),
        database("rds:CreateDBSnapshot", "snapshot:of-orders"),
        Made::Stack { arn: arn("cloudformation", "stack/clean") },
        Made::Secret { arn: arn("secretsmanager", "secret:db-drill") },
    ];
    for made in all {
        let replay = Replay::answering(|sent| nothing(&sent.headers, &sent.body));
        let task = CleanupTask { made: vec![made.clone()], tagged: Vec::new(), run: RUN.to_owned() };
        let (ran, _) = Attempt::new(&replay.aws(), Path::new("/nowhere")).run(&task, |_| None).await;
        let ran = ran.unwrap();
        assert_eq!((ran.failure, ran.out["absent"].as_array().map(Vec::len)), (None, Some(1)), "{made:?}");
        let sent = replay.sent();
        assert!(!sent.is_empty());
        for sent in sent {
            let signed = &sent.headers["authorization"];
            assert!(signed.contains("/eu-central-1/"), "{made:?}: {signed}");
        }
    }
}

#[test]
fn what_was_made_in_another_region_is_removed_there() {
    let account = account();
    let there = aws_of(&account).in_region("eu-central-1").unwrap();
    let call = |operation: &str, input: &Value| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(there.api().call(resolve(operation).unwrap(), input, None)).unwrap().value
    };
    call("secretsmanager:CreateSecret", &json!({ "Name": "db", "SecretString": "x" }));
    let project = Project::sandboxed(&account)
        .runbook(
            "r",
            "[[drill]]\nid = \"restore\"\ntitle = \"Recover\"\nkind = \"restore\"\nsecret = \"db\"\n\
             region = \"eu-central-1\"\n\n\
             [[rollback]]\nid = \"remove\"\ntitle = \"Remove\"\nkind = \"cleanup\"\nundoes = [\"restore\"]\n",
        )
        .answers("phase.drill = yes\nphase.rollback = yes");
    project.checkride(GO).exits(0).says("nothing of the run still stands");
    assert!(outputs(&project, "restore")["arn"].as_str().unwrap().contains(":eu-central-1:"));
    assert_eq!(outputs(&project, "remove")["removed"].as_array().map(Vec::len), Some(1));
    let left = call("secretsmanager:ListSecrets", &json!({ "IncludePlannedDeletion": true }));
    let names: Vec<&Value> = left["SecretList"].as_array().unwrap().iter().map(|secret| &secret["Name"]).collect();
    assert_eq!(names, ["db"]);
}
