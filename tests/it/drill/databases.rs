//! Databases restored against a fake with the states of the real service: what is made, in which order, what of it is put
//! back, and what is refused before anything is.

use checkride::world::clock::Clock;
use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::rds::{LAG, Rds};
use super::timed::{GO, outputs};
use crate::support::project::Project;

/// Restores, and removes what it made.
pub(super) fn drill(restore: &str) -> String {
    format!(
        "[phase.drill]\nrto = \"10m\"\n\n\
         [[drill]]\nid = \"restore\"\ntitle = \"Restore\"\nkind = \"restore\"\n{restore}\n\
         [[rollback]]\nid = \"remove\"\ntitle = \"Remove\"\nkind = \"cleanup\"\nundoes = [\"restore\"]\n"
    )
}

fn measured(project: &Project, objective: &str) -> Value {
    let events = project.events();
    let wanted = |event: &&Value| event["kind"] == "objective_measured" && event["objective"] == objective;
    events.iter().find(wanted).cloned().unwrap_or_default()
}

/// The calls that change something, as they are on record, with how each ended.
fn effects(project: &Project) -> Vec<String> {
    let events = project.events();
    let calls = events.iter().filter(|event| event["kind"] == "effect_intended");
    calls.map(|event| event["call"].as_str().unwrap().to_owned()).collect()
}

/// The end of a step of the last run, as it is on record.
fn end(project: &Project, step: &str) -> String {
    let journal = std::fs::read_to_string(project.last_run().join("journal.jsonl")).unwrap();
    let events = journal.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone());
    events.filter(|event| event["kind"] == "step_finished" && event["step"] == step).last().unwrap().to_string()
}

/// The answer is lost, and what was made is not seen at once: it is looked for, and made once.
#[test]
fn a_restore_whose_answer_is_lost_is_looked_for_and_not_begun_again() {
    for (from, call) in
        [("", "RestoreDBClusterToPointInTime"), ("from = \"snapshot\"\n", "RestoreDBClusterFromSnapshot")]
    {
        let rds = Rds::new();
        let before = rds.everything();
        {
            let mut state = rds.state();
            (state.loses, state.late) = (vec![call.to_owned()], 3);
        }
        let project = rds.project(&drill(&format!("cluster = \"orders\"\n{from}")));
        project.checkride(GO).exits(0);
        assert_eq!(rds.count(call), 1);
        assert_eq!(rds.everything(), before);
    }
}

#[test]
fn a_cluster_is_restored_to_a_time_with_its_instances_and_settings() {
    let rds = Rds::new();
    let before = rds.everything();
    // Just now: the step waits until the service has it.
    let at = Clock::System.now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let steps = drill(&format!("cluster = \"Orders\"\nat = \"{at}\"\ninstances = 2\n"))
        + "\n[[drill]]\nid = \"same\"\ntitle = \"Same\"\nkind = \"compare\"\ncluster = \"orders\"\nwith = \"${step.restore.cluster}\"\n";
    let project = rds.project(&steps.replace("rto = \"10m\"", "rto = \"10m\"\nrpo = \"5s\""));
    let mut said = project.checkride(GO).exits(0);
    for words in [
        "orders has 20.0 GiB; its copy costs about $0.0027 an hour",
        "can be restored up to ",
        "is creating",
        "is backing-up",
        "is configuring-enhanced-monitoring",
        "is available",
        "by the latest restorable time that `restore` was told",
    ] {
        said = said.says(words);
    }
    let out = outputs(&project, "restore");
    let name = out["cluster"].as_str().unwrap();
    assert!(name.starts_with("orders-checkride-2"), "{out}");
    let made: Vec<&str> = out["instances"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(made, [format!("{name}-1"), format!("{name}-2")]);
    assert_eq!((&out["endpoint"], &out["from"]), (&json!("127.0.0.1"), &json!("point-in-time")));
    assert!(out["reader_endpoint"].as_str().unwrap().contains(name));
    let lag = out["lag_ms"].as_i64().unwrap();
    assert!(lag >= LAG.num_milliseconds(), "{lag}");
    assert_eq!(measured(&project, "rpo")["measured_ms"], lag);
    assert_eq!(out["settings"]["put_back"], json!(["automated backups", "log exports", "tags"]), "{out}");
    let reported = out["settings"]["reported"].as_array().unwrap();
    assert_eq!(reported.iter().map(|it| &it["what"]).collect::<Vec<_>>(), ["deletion protection"]);
    let same = outputs(&project, "same");
    assert_eq!((same["different"].as_u64(), same["same"].as_u64()), (Some(0), Some(9)), "{same}");
    assert_eq!(
        effects(&project),
        [
            "rds:RestoreDBClusterToPointInTime",
            "rds:CreateDBInstance",
            "rds:CreateDBInstance",
            "rds:ModifyDBCluster",
            "rds:ModifyDBCluster",
            "rds:AddTagsToResource",
            "rds:DeleteDBInstance",
            "rds:DeleteDBInstance",
            "rds:DeleteDBCluster",
        ]
    );
    assert_eq!(rds.everything(), before, "the source is untouched, and nothing is left");
    let run = project.only_run();
    project.checkride(&["evidence", "verify", run.file_name().unwrap().to_str().unwrap()]).exits(0);
}

#[test]
fn a_snapshot_is_made_for_the_run_or_given_and_stays() {
    let rds = Rds::new();
    let before = rds.everything();
    let own = rds.project(&drill("cluster = \"orders\"\nfrom = \"snapshot\"\nas = \"again\"\nsettings = \"report\"\n"));
    own.checkride(GO).exits(0).says("$0.0006 for its snapshot");
    let out = outputs(&own, "restore");
    assert_eq!((&out["cluster"], &out["at"]), (&json!("again"), &json!("2026-11-22T08:00:00.000Z")));
    assert!(out["snapshot"].as_str().unwrap().contains(":cluster-snapshot:again-checkride-2"), "{out}");
    assert_eq!(out["settings"]["put_back"], json!([]));
    assert_eq!(out["settings"]["reported"].as_array().unwrap().len(), 4, "{out}");
    let made = effects(&own);
    assert_eq!(made.first().map(String::as_str), Some("rds:CreateDBClusterSnapshot"));
    assert_eq!(made.last().map(String::as_str), Some("rds:DeleteDBClusterSnapshot"));
    assert_eq!(rds.everything(), before);

    rds.change("cluster-snapshot:nightly", |it| {
        it.states = ["available".to_owned()].into();
        "orders".clone_into(&mut it.of);
    });
    let before = rds.everything();
    let given = rds.project(&drill("cluster = \"orders\"\nfrom = \"snapshot\"\nsnapshot = \"nightly\"\n"));
    given.checkride(GO).exits(0);
    assert!(outputs(&given, "restore")["snapshot"].as_str().unwrap().ends_with(":nightly"));
    assert_eq!(rds.everything(), before, "what was given stays");
    assert!(!end(&given, "restore").contains("not of orders"), "{}", end(&given, "restore"));

    // Somebody else's is restored, and no proof of this one.
    rds.change("cluster:other", |it| {
        it.states = ["available".to_owned()].into();
        "aurora-postgresql".clone_into(&mut it.engine);
    });
    rds.change("cluster-snapshot:nightly", |it| "other".clone_into(&mut it.of));
    given.checkride(GO).exits(0).says("snapshot nightly is of other, not of orders");
    let warned = end(&given, "restore");
    assert!(warned.contains("\"warned\"") && warned.contains("nightly is of other, not of orders"), "{warned}");
    rds.change("cluster-snapshot:nightly", |it| it.states = ["failed".to_owned()].into());
    rds.state().kinds.clear();
    given.checkride(GO).exits(5).says("snapshot nightly is `failed`: nothing comes of it");
    assert_eq!(rds.state().kinds, ["db-cluster-snapshot"]);
    let missing = rds.project(&drill("cluster = \"orders\"\nfrom = \"snapshot\"\nsnapshot = \"weekly\"\n"));
    missing.checkride(GO).exits(5).says("there is no snapshot weekly of a cluster");
}

#[test]
fn an_instance_that_stands_alone_is_restored_both_ways() {
    let rds = Rds::new();
    let before = rds.everything();
    for (from, call) in
        [("", "rds:RestoreDBInstanceToPointInTime"), ("from = \"snapshot\"\n", "rds:RestoreDBInstanceFromDBSnapshot")]
    {
        let project = rds.project(&drill(&format!("instance = \"alone\"\nclass = \"db.t4g.medium\"\n{from}")));
        project.checkride(GO).exits(0).says("1 x db.t4g.medium at its hourly price");
        let out = outputs(&project, "restore");
        assert!(out["instance"].as_str().unwrap().starts_with("alone-checkride-"), "{out}");
        assert_eq!(out["settings"]["put_back"], json!(["automated backups", "tags"]), "{out}");
        assert!(effects(&project).contains(&call.to_owned()));
        assert_eq!(rds.everything(), before);
    }
    let project = rds.project(&drill("instance = \"orders-1\"\n"));
    project.checkride(GO).exits(5).says("instance orders-1 is one of cluster orders");
}

/// What comes to no end is told with what the service says of it, and removed all the same.
#[test]
fn a_restore_that_fails_is_told_and_removed() {
    for state in ["incompatible-restore", "failed", "incompatible-network"] {
        let rds = Rds::new();
        let before = rds.everything();
        rds.ends_in(state);
        let project = rds.project(&drill("cluster = \"orders\"\n"));
        let said = project.checkride(GO);
        assert!([4, 5].contains(&said.code), "{} {}", said.code, said.stderr);
        said.says(&format!("is `{state}`: nothing comes of it")).says("Restored from orders");
        assert_eq!(rds.everything(), before, "{state}");
    }
}

#[test]
fn what_cannot_be_restored_is_refused_before_anything_is_made() {
    let rds = Rds::new();
    let cases = [
        ("cluster = \"orders\"\nmax_gib = 10\n", "cluster orders has 20.0 GiB, and the step restores 10 at most"),
        ("cluster = \"nowhere\"\n", "there is no cluster nowhere"),
        ("cluster = \"orders\"\nas = \"orders\"\n", "there is cluster orders already, available"),
        ("cluster = \"orders\"\nat = \"2025-01-01T00:00:00Z\"\n", "is before the earliest time that can be restored"),
        ("cluster = \"orders\"\nat = \"2099-01-01T00:00:00Z\"\n", "has not come yet"),
        ("cluster = \"orders_db\"\n", "is no name in RDS"),
        ("instance = \"alone\"\nas = \"arn:aws:rds:us-east-1:1:db:x\"\n", "is no name in RDS"),
    ];
    for (restore, words) in cases {
        let project = rds.project(&drill(restore));
        let said = project.checkride(GO);
        assert!(said.code != 0, "{restore}");
        said.says(words);
        assert_eq!(effects(&project), [""; 0], "{restore}");
    }
    rds.change("cluster:orders", |it| it.backup_days = 0);
    let off = rds.project(&drill("cluster = \"orders\"\n"));
    off.checkride(GO).exits(5).says("automated backups of cluster orders are off");
    rds.change("cluster:orders", |it| "mysql".clone_into(&mut it.engine));
    let other = rds.project(&drill("cluster = \"orders\"\n"));
    other.checkride(GO).exits(5).says("no Aurora cluster of instances");
}

/// Without the metric nobody knows the size: that is said, and the drill goes on.
#[test]
fn a_size_that_is_not_known_is_a_warning() {
    let rds = Rds::new();
    rds.state().gib = None;
    let project = rds.project(&drill("cluster = \"orders\"\nmax_gib = 1\n"));
    project.checkride(GO).exits(0).says("`max_gib` was not held against orders: CloudWatch has no VolumeBytesUsed");
    assert_eq!(rds.made(), [""; 0]);
}

#[test]
fn a_throttled_restore_goes_on_to_its_end() {
    let rds = Rds::new();
    let before = rds.everything();
    for (operation, code) in [
        ("CreateDBClusterSnapshot", "InvalidDBClusterStateFault"),
        ("RestoreDBClusterFromSnapshot", "Throttling"),
        ("CreateDBInstance", "Throttling"),
        ("ModifyDBCluster", "InvalidDBClusterStateFault"),
        ("DeleteDBInstance", "InvalidDBInstanceState"),
        ("DeleteDBCluster", "Throttling"),
        ("DeleteDBClusterSnapshot", "InvalidDBClusterSnapshotStateFault"),
    ] {
        rds.refuses(operation, 2, code);
    }
    let project = rds.project(&drill("cluster = \"orders\"\nfrom = \"snapshot\"\n"));
    project.checkride(GO).exits(0).says("not yet: ");
    assert_eq!(rds.count("RestoreDBClusterFromSnapshot"), 3, "refused twice, and then done");
    assert_eq!(rds.everything(), before);
}

/// Differences are named, and fail the comparison.
#[test]
fn clusters_that_are_set_up_otherwise_are_not_the_same() {
    let rds = Rds::new();
    rds.change("cluster:other", |it| {
        it.states = ["available".to_owned()].into();
        "aurora-mysql".clone_into(&mut it.engine);
        "tuned".clone_into(&mut it.parameters);
    });
    let steps =
        "[[drill]]\nid = \"same\"\ntitle = \"Same\"\nkind = \"compare\"\ncluster = \"orders\"\nwith = \"other\"\n";
    let project = rds.project(steps);
    project.checkride(GO).exits(4).says("other is not set up as orders: engine version, class of the writer");
    let missing = rds.project(&steps.replace("other", "nowhere"));
    missing.checkride(GO).exits(4).says("there is no cluster nowhere");
}
