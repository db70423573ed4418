//! What a drill has made in RDS is removed, however it ends; what is somebody's stays, and a drill reaches nothing else.

use serde_json::json;

use super::databases::drill;
use super::rds::Rds;
use super::timed::{GO, outputs};
use crate::support::sweep::{killed_at, moments, records};

fn keep() -> Vec<&'static str> {
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "a test"]);
    keep
}

#[test]
fn an_instance_that_somebody_added_keeps_its_cluster() {
    let rds = Rds::new();
    let before = rds.everything();
    let project = rds.project(&drill("cluster = \"orders\"\nas = \"again\"\n"));
    project.checkride(&keep()).exits(0);
    let (run, own) = {
        let state = rds.state();
        (state.things["cluster:again"].tags["checkride:run"].clone(), state.things["db:again-1"].clone())
    };
    let mut theirs = own.clone();
    theirs.tags.clear();
    rds.change("db:bens-look", |it| *it = theirs);
    // One that carries the run's tag goes with the cluster.
    rds.change("db:again-9", |it| *it = own);
    let cleanup = ["drill", "--cleanup", &run, "--answers", "answers.toml"];
    let said = project.checkride(&cleanup).exits(8);
    said.says("cluster again has instances that this run did not make: bens-look");
    assert_eq!(rds.made(), ["cluster:again", "db:again-9", "db:bens-look"]);
    rds.change("db:bens-look", |it| it.states = ["gone".to_owned()].into());
    project.checkride(&cleanup).exits(0);
    assert_eq!(rds.everything(), before);
}

/// What has taken the name since is none of the run's; what somebody protected is the run's all the same.
#[test]
fn what_carries_another_tag_stays_and_protection_is_switched_off() {
    let rds = Rds::new();
    let before = rds.everything();
    let project = rds.project(&drill("cluster = \"orders\"\nas = \"again\"\nfrom = \"snapshot\"\n"));
    project.checkride(&keep()).exits(0);
    let run = rds.state().things["cluster:again"].tags["checkride:run"].clone();
    rds.change("cluster:again", |it| {
        it.protected = true;
        it.tags.insert("checkride:run".to_owned(), "somebody-else".to_owned());
    });
    let cleanup = ["drill", "--cleanup", &run, "--answers", "answers.toml"];
    let said = project.checkride(&cleanup).exits(8);
    said.says("cluster again is not of this run: it carries the tag of somebody-else");
    assert_eq!(rds.made(), ["cluster:again"], "its instance and its snapshot are the run's");
    rds.change("cluster:again", |it| {
        it.tags.insert("checkride:run".to_owned(), run.clone());
    });
    project.checkride(&cleanup).exits(0);
    assert_eq!(rds.everything(), before);
}

/// However a drill names its source, nothing that would change it leaves.
#[test]
fn a_step_that_aims_at_the_source_is_refused_however_it_names_it() {
    let rds = Rds::new();
    let before = rds.everything();
    let arn = |region: &str, account: &str, name: &str| format!("arn:aws:rds:{region}:{account}:cluster:{name}");
    let cluster = |name: &str| format!("{{ DBClusterIdentifier = \"{name}\" }}");
    let own = rds.account.as_str();
    let cases = [
        ("rds:FailoverDBCluster", cluster("orders"), ""),
        ("rds:DeleteDBCluster", cluster("orders"), ""),
        ("rds:DeleteDBCluster", cluster("ORDERS"), ""),
        ("rds:DeleteDBCluster", cluster(&arn("us-east-1", own, "orders")), ""),
        ("rds:DeleteDBCluster", cluster(&arn("us-east-1", own, "Orders")), ""),
        ("rds:DeleteDBCluster", cluster(&arn("us-east-1", "999988887777", "orders")), ""),
        ("rds:DeleteDBCluster", cluster("orders"), "region = \"eu-west-1\"\n"),
        ("rds:ModifyDBCluster", "{ DBClusterIdentifier = \"orders\", DeletionProtection = false }".to_owned(), ""),
        ("rds:DeleteDBInstance", "{ DBInstanceIdentifier = \"orders-2\" }".to_owned(), ""),
        ("rds:RebootDBCluster", cluster("orders"), ""),
        (
            "rds:CreateDBInstance",
            "{ DBInstanceIdentifier = \"more\", DBClusterIdentifier = \"orders\", DBInstanceClass = \"db.r6g.large\", Engine = \"aurora-postgresql\" }"
                .to_owned(),
            "",
        ),
    ];
    for (operation, with, more) in cases {
        let project = rds.project(&format!(
            "[[drill]]\nid = \"aim\"\ntitle = \"Aim\"\nkind = \"aws\"\ncall = \"{operation}\"\nwith = {with}\n\
             effect = \"irreversible\"\nway_forward = \"none\"\n{more}"
        ));
        let project = project.answers("phase.drill = yes\naim.run = run");
        project.checkride(GO).exits(5).says("was held back: a drill changes only what it made");
        assert_eq!(rds.count(operation.split(':').nth(1).unwrap()), 0, "{operation} {with} has left");
    }
    assert_eq!(rds.everything(), before);
}

#[test]
fn a_drill_that_was_killed_leaves_nothing_behind() {
    let runbook = drill("cluster = \"orders\"\nfrom = \"snapshot\"\n");
    let whole = {
        let rds = Rds::new();
        let project = rds.project(&runbook);
        project.checkride(GO).exits(0);
        records(&project)
    };
    assert!(whole > 25, "{whole} records");
    for at in moments(&(2..whole), 5) {
        let rds = Rds::new();
        let before = rds.everything();
        let project = rds.project(&runbook);
        if let Some(said) = killed_at(&project, GO, at) {
            assert!([0, 4, 5].contains(&said.code), "killed at {at} of {whole}: {} {}", said.code, said.stderr);
            if said.code == 0 {
                let out = outputs(&project, "restore");
                let settings = &out["settings"]["put_back"];
                assert_eq!(*settings, json!(["automated backups", "log exports", "tags"]), "killed at {at} of {whole}");
                assert!(out["snapshot"].is_string(), "killed at {at} of {whole}: {out}");
            }
        }
        assert_eq!(rds.everything(), before, "killed at {at} of {whole}");
    }
}
