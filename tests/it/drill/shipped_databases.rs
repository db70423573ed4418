//! The shipped drills of Aurora, to their ends, in the emulator of databases. Its states are instant: those of the real service
//! are the fake's.

use std::path::Path;

use checkride::aws::Aws;
use checkride::aws::api::client::resolve;
use checkride::aws::databases::NewInstance;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::timed::outputs;
use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::sandbox;
use crate::support::watch::{Proxy, Watch};
use crate::support::web::{Web, reply};

const ENGINE: &str = "aurora-postgresql";

/// A project whose profile `sandbox` is both emulators, and the test's own door to them.
struct Databases {
    project: Project,
    aws: Aws,
    _own: Proxy,
}

impl Databases {
    /// With the cluster `main` of two instances, protected against deletion, and a shipped runbook.
    fn with(runbook: &str) -> Self {
        let account = sandbox::account();
        let own = Proxy::adding(&sandbox::rds_endpoint(), &Watch::open(), &sandbox::as_account(&account));
        let aws = sandbox::aws_with_databases(&account, &own.endpoint);
        let path = format!("runbooks/{runbook}.toml");
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).unwrap();
        let mut project = Project::new().file(&path, &text).answers("phase.drill = yes\nphase.rollback = yes");
        let (default, databases) = (project.watched(&sandbox::endpoint()), project.watched_databases(&account));
        let project =
            project.file("endpoints.toml", &format!("default = \"{default}\"\nrds = \"{databases}\"\n")).file(
                "profiles/sandbox.toml",
                &format!(
                    "[profile]\ntitle = \"A sandbox\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"{account}\"\n\
                     region = \"us-east-1\"\nemulator = true\nendpoints_file = \"endpoints.toml\"\n"
                ),
            );
        let databases = Self { project, aws, _own: own };
        databases.call(
            "rds:CreateDBCluster",
            &json!({ "DBClusterIdentifier": "main", "Engine": ENGINE, "MasterUsername": "ana",
                "MasterUserPassword": "not-a-secret", "DeletionProtection": true, "BackupRetentionPeriod": 7,
                "Tags": [{ "Key": "team", "Value": "shop" }] }),
        );
        for name in ["main-1", "main-2"] {
            let new = NewInstance {
                name: name.to_owned(),
                cluster: "main".to_owned(),
                class: "db.r6g.large".to_owned(),
                engine: ENGINE.to_owned(),
                parameter_group: None,
                tier: None,
                public: false,
                tags: [].into(),
            };
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(databases.aws.databases().create_instance(&new)).unwrap();
        }
        databases
    }

    fn call(&self, operation: &str, input: &Value) -> Value {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.aws.api().call(resolve(operation).unwrap(), input, None)).unwrap().value
    }

    /// All that there is: clusters, instances, and the snapshots that were made by somebody.
    fn everything(&self) -> [Value; 3] {
        let mut clusters = self.call("rds:DescribeDBClusters", &json!({}))["DBClusters"].clone();
        for cluster in clusters.as_array_mut().unwrap() {
            // It goes on.
            cluster["LatestRestorableTime"].take();
        }
        let mut instances = self.call("rds:DescribeDBInstances", &json!({}))["DBInstances"].clone();
        for instance in instances.as_array_mut().unwrap() {
            instance["LatestRestorableTime"].take();
        }
        let manual = json!({ "SnapshotType": "manual" });
        [clusters, instances, self.call("rds:DescribeDBClusterSnapshots", &manual)["DBClusterSnapshots"].clone()]
    }

    fn hold(&self, runbook: &str, more: &[&str]) -> Said {
        let words = ["drill", runbook, "-p", "sandbox", "-i", "cluster=main", "--answers", "answers.toml"];
        self.project.checkride(&[&words, more].concat())
    }
}

#[test]
fn a_cluster_is_restored_to_a_time_and_all_is_removed() {
    let databases = Databases::with("drill-aurora");
    let before = databases.everything();
    let said = databases.hold("drill-aurora", &[]).exits(0);
    said.says("RTO")
        .says("by the latest restorable time that `restore` was told")
        .says("nothing of the run still stands");
    let out = outputs(&databases.project, "restore");
    assert!(out["cluster"].as_str().unwrap().starts_with("main-checkride-"), "{out}");
    assert_eq!(out["instances"].as_array().unwrap().len(), 1, "{out}");
    assert_eq!(outputs(&databases.project, "same_setup")["different"], 0);
    assert_eq!(databases.everything(), before);
    let report = databases.project.report();
    for words in ["## Drill", "| RTO | 2h 00m |", "| RPO | 10m", "Scenario: A release has damaged data"] {
        assert!(report.contains(words), "{words}\n{report}");
    }
}

#[test]
fn a_cluster_is_restored_from_a_snapshot_and_all_is_removed() {
    let databases = Databases::with("drill-aurora-snapshot");
    let before = databases.everything();
    databases.hold("drill-aurora-snapshot", &[]).exits(0).says("nothing of the run still stands");
    let out = outputs(&databases.project, "restore");
    assert!(out["snapshot"].as_str().unwrap().contains(":main-checkride-"), "{out}");
    assert_eq!(databases.everything(), before, "the copy was protected by the emulator, and is gone all the same");
}

#[test]
fn a_cluster_fails_over_and_back() {
    let databases = Databases::with("drill-aurora-failover");
    let before = databases.everything();
    let web = Web::serving(|_, to| reply(to, "200 OK", "", b"well"));
    let probe = format!("watch={}", web.url("/health"));
    databases.hold("drill-aurora-failover", &["-i", &probe]).exits(0);
    let out = outputs(&databases.project, "fail_over");
    assert_eq!((&out["writer_before"], &out["writer_after"]), (&json!("main-1"), &json!("main-2")), "{out}");
    assert_eq!((&out["gap_ms"], &out["failures"]), (&json!(0), &json!(0)), "{out}");
    assert!(web.count("/health") > 3);
    assert_eq!(outputs(&databases.project, "fail_back")["writer_after"], "main-1");
    assert_eq!(databases.everything(), before);
    // Its endpoint is a name of nobody's here: that is refused before anything is cut off.
    databases.hold("drill-aurora-failover", &[]).exits(5).says("does not answer before the failover");
    databases.hold("drill-aurora-failover", &["-i", "watch=none"]).exits(0).says("the gap was not measured");
}
