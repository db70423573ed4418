//! Clusters and instances: against the emulator of databases, and by replayed answers for the times and faults that it
//! has not.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use checkride::aws::api::client::resolve;
use checkride::aws::databases::{
    ClusterCopy, ClusterPlace, EventSource, InstanceCopy, InstancePlace, NewInstance, RestoreSource, ServerlessCapacity,
};
use checkride::aws::{Aws, RestorePoint};

use crate::support::replay::{Replay, Turn, error, ok};
use crate::support::sandbox;
use crate::support::watch::{Proxy, Watch};

const ENGINE: &str = "aurora-postgresql";

fn tags(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A door to databases of an account that no other test has.
fn door() -> (Aws, Proxy) {
    let account = sandbox::account();
    let header = sandbox::as_account(&account);
    let proxy = Proxy::adding(&sandbox::rds_endpoint(), &Watch::open(), &header);
    (sandbox::aws_with_databases(&account, &proxy.endpoint), proxy)
}

fn new(name: &str, cluster: &str) -> NewInstance {
    NewInstance {
        name: name.to_owned(),
        cluster: cluster.to_owned(),
        class: "db.r6g.large".to_owned(),
        engine: ENGINE.to_owned(),
        parameter_group: None,
        tier: None,
        public: false,
        tags: tags(&[("checkride:run", "7f3a")]),
    }
}

/// The names of all clusters.
async fn clusters(aws: &Aws) -> Vec<String> {
    let all = aws.api().call(resolve("rds:DescribeDBClusters").unwrap(), &json!({}), None).await.unwrap().value;
    let all = all["DBClusters"].as_array().cloned().unwrap_or_default();
    all.iter().map(|it| it["DBClusterIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// A cluster with two instances, and protection against deletion.
async fn cluster(aws: &Aws) {
    let input = json!({ "DBClusterIdentifier": "main", "Engine": ENGINE, "MasterUsername": "ana",
        "MasterUserPassword": "not-a-secret", "DeletionProtection": true, "BackupRetentionPeriod": 7 });
    aws.api().call(resolve("rds:CreateDBCluster").unwrap(), &input, None).await.unwrap();
    for name in ["main-1", "main-2"] {
        aws.databases().create_instance(&new(name, "main")).await.unwrap();
    }
}

#[tokio::test]
async fn a_cluster_is_restored_gets_an_instance_and_goes() {
    let (aws, _proxy) = door();
    let (reads, writes) = (aws.reads().databases(), aws.databases());
    assert_eq!(reads.cluster("main").await.unwrap().value, None);
    cluster(&aws).await;
    let main = reads.cluster("main").await.unwrap().value.unwrap();
    assert_eq!((main.name.as_str(), main.engine.as_str(), main.backup_days), ("main", ENGINE, Some(7)));
    assert!(main.deletion_protection && main.latest.is_some() && main.earliest <= main.latest, "{main:?}");
    assert_eq!((main.members.len(), main.writer()), (2, Some("main-1")));
    let members = reads.instances("main").await.unwrap().value;
    assert!(members.iter().all(|it| it.cluster.as_deref() == Some("main")) && members.len() == 2, "{members:?}");

    let place = ClusterPlace { tags: tags(&[("checkride:run", "7f3a")]), ..ClusterPlace::like(&main) };
    let from = RestoreSource::PointInTime { of: "main".to_owned(), at: RestorePoint::Latest, copy_on_write: false };
    let copy = ClusterCopy { target: "main-drill".to_owned(), from, place: place.clone() };
    writes.restore_cluster(&copy).await.unwrap();
    let twice = writes.restore_cluster(&copy).await.unwrap_err();
    // AWS says `DBClusterAlreadyExistsFault`; the emulator stumbles over the first automated snapshot.
    assert!(twice.code().ends_with("AlreadyExistsFault") && twice.is_definite(), "{twice}");
    writes.create_instance(&new("main-drill-1", "main-drill")).await.unwrap();
    let instance = reads.instance("main-drill-1").await.unwrap().value.unwrap();
    assert_eq!((instance.class.as_str(), &instance.tags["checkride:run"]), ("db.r6g.large", &"7f3a".to_owned()));
    let drill = reads.cluster("main-drill").await.unwrap().value.unwrap();
    assert!(!drill.deletion_protection && drill.id != main.id, "{drill:?}");
    assert_eq!(drill.tags["checkride:run"], "7f3a");
    let refused = writes.delete_cluster("main-drill").await;
    assert!(refused.is_err() || drill.members.is_empty(), "a cluster with instances stays");

    writes.delete_instance("main-drill-1").await.unwrap();
    assert_eq!(reads.instance("main-drill-1").await.unwrap().value, None);
    writes.delete_cluster("main-drill").await.unwrap();
    assert_eq!(clusters(&aws).await, ["main"]);
}

#[tokio::test]
async fn a_snapshot_brings_a_cluster_back_and_a_protected_one_stays() {
    let (aws, _proxy) = door();
    let (reads, writes) = (aws.reads().databases(), aws.databases());
    cluster(&aws).await;
    let run = tags(&[("checkride:run", "7f3a")]);
    writes.create_cluster_snapshot("main", "main-snap", &run).await.unwrap();
    let found = reads.cluster_snapshot("main-snap").await.unwrap().value.unwrap();
    assert_eq!((found.of.as_str(), found.kind.as_str(), &found.tags), ("main", "manual", &run));
    let from = RestoreSource::Snapshot { snapshot: found.name, engine: ENGINE.to_owned(), version: None };
    let copy = ClusterCopy { target: "back".to_owned(), from, place: ClusterPlace::default() };
    writes.restore_cluster(&copy).await.unwrap();
    let back = reads.cluster("back").await.unwrap().value.unwrap();
    assert_eq!(back.engine, ENGINE);
    // The emulator gives the copy the protection of its source, whatever a restore says: it is switched off, as a run
    // does it.
    writes.set_cluster_protection("back", false).await.unwrap();
    writes.tag(&back.arn, &run).await.unwrap();
    assert_eq!(reads.cluster("back").await.unwrap().value.unwrap().tags, run);
    writes.delete_cluster("back").await.unwrap();
    writes.delete_cluster_snapshot("main-snap").await.unwrap();
    assert_eq!(reads.cluster_snapshot("main-snap").await.unwrap().value, None);

    let before = reads.cluster("main").await.unwrap().value.unwrap();
    writes.fail_over("main", Some("main-2")).await.unwrap();
    let after = reads.cluster("main").await.unwrap().value.unwrap();
    assert_eq!((before.writer(), after.writer()), (Some("main-1"), Some("main-2")));

    for instance in ["main-1", "main-2"] {
        writes.delete_instance(instance).await.unwrap();
    }
    let refused = writes.delete_cluster("main").await.unwrap_err();
    assert!(refused.is_definite(), "{refused}");
    writes.set_cluster_protection("main", false).await.unwrap();
    writes.delete_cluster("main").await.unwrap();
    assert_eq!(clusters(&aws).await, [""; 0]);
}

#[tokio::test]
async fn an_instance_that_stands_alone_is_brought_back() {
    let (aws, _proxy) = door();
    let (reads, writes) = (aws.reads().databases(), aws.databases());
    let input = json!({ "DBInstanceIdentifier": "alone", "Engine": "postgres", "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": 20, "MasterUsername": "ana", "MasterUserPassword": "not-a-secret",
        "BackupRetentionPeriod": 1, "DeletionProtection": true });
    aws.api().call(resolve("rds:CreateDBInstance").unwrap(), &input, None).await.unwrap();
    let alone = reads.instance("alone").await.unwrap().value.unwrap();
    assert!(alone.cluster.is_none() && alone.deletion_protection, "{alone:?}");
    let run = tags(&[("checkride:run", "7f3a")]);
    let place = InstancePlace { tags: run.clone(), ..InstancePlace::like(&alone) };
    writes.create_snapshot("alone", "alone-snap", &run).await.unwrap();
    let snapshot = reads.snapshot("alone-snap").await.unwrap().value.unwrap();
    assert_eq!((snapshot.of.as_str(), snapshot.kind.as_str(), &snapshot.tags), ("alone", "manual", &run));
    let of = "alone".to_owned();
    let sources = [
        ("alone-a", RestoreSource::PointInTime { of, at: RestorePoint::Latest, copy_on_write: false }),
        ("alone-b", RestoreSource::Snapshot { snapshot: snapshot.name, engine: "postgres".to_owned(), version: None }),
    ];
    for (target, from) in sources {
        let copy = InstanceCopy { target: target.to_owned(), from, place: place.clone() };
        writes.restore_instance(&copy).await.unwrap();
        let back = reads.instance(target).await.unwrap().value.unwrap();
        assert_eq!((back.engine.as_str(), back.class.as_str()), ("postgres", "db.t4g.micro"), "{back:?}");
        // The emulator forgets what a restore says of protection: then it is switched off, as a run does it.
        writes.set_instance_protection(target, false).await.unwrap();
        writes.delete_instance(target).await.unwrap();
    }
    writes.delete_snapshot("alone-snap").await.unwrap();
    assert_eq!(reads.snapshot("alone-snap").await.unwrap().value, None);
    assert!(reads.instance("alone").await.unwrap().value.is_some());
}

fn one_cluster(status: &str) -> String {
    format!(
        "<DBCluster><DBClusterIdentifier>drill</DBClusterIdentifier><DBClusterArn>arn:c</DBClusterArn>\
         <DbClusterResourceId>cluster-X</DbClusterResourceId><Status>{status}</Status>\
         <Engine>aurora-postgresql</Engine>\
         <DBClusterMembers><DBClusterMember><DBInstanceIdentifier>drill-1</DBInstanceIdentifier>\
         <IsClusterWriter>false</IsClusterWriter><PromotionTier>1</PromotionTier></DBClusterMember><DBClusterMember>\
         <DBInstanceIdentifier>drill-2</DBInstanceIdentifier><IsClusterWriter>true</IsClusterWriter></DBClusterMember>\
         </DBClusterMembers><VpcSecurityGroups><VpcSecurityGroupMembership>\
         <VpcSecurityGroupId>sg-2</VpcSecurityGroupId>\
         </VpcSecurityGroupMembership><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-1</VpcSecurityGroupId>\
         </VpcSecurityGroupMembership></VpcSecurityGroups>\
         <LatestRestorableTime>2026-11-22T19:55:01.5Z</LatestRestorableTime>\
         <EarliestRestorableTime>2026-11-15T01:00:00Z</EarliestRestorableTime><ServerlessV2ScalingConfiguration>\
         <MinCapacity>0.5</MinCapacity><MaxCapacity>16</MaxCapacity></ServerlessV2ScalingConfiguration>\
         <GlobalClusterIdentifier>world</GlobalClusterIdentifier></DBCluster>"
    )
}

fn one(status: &str) -> Turn {
    ok("DescribeDBClusters", &format!("<DBClusters>{}</DBClusters>", one_cluster(status)))
}

#[tokio::test]
async fn a_cluster_is_read_with_all_that_another_one_needs() {
    let replay = Replay::of(vec![one("available")]);
    let found = replay.aws().reads().databases().cluster("drill").await.unwrap().value.unwrap();
    assert_eq!(found.writer(), Some("drill-2"));
    assert_eq!(found.security_groups, ["sg-1", "sg-2"]);
    assert_eq!(found.latest.unwrap().to_rfc3339(), "2026-11-22T19:55:01.500+00:00");
    assert_eq!(found.global.as_deref(), Some("world"));
    let place = ClusterPlace::like(&found);
    assert_eq!(place.serverless, Some(ServerlessCapacity { min: 0.5, max: 16.0, pause_after: None }));

    let at: DateTime<Utc> = "2026-11-22T19:50:00Z".parse().unwrap();
    let made = format!(
        "<RestoreDBClusterToPointInTimeResult>{}</RestoreDBClusterToPointInTimeResult>",
        one_cluster("creating")
    );
    let made = format!("<RestoreDBClusterToPointInTimeResponse>{made}</RestoreDBClusterToPointInTimeResponse>");
    let replay = Replay::of(vec![Turn::Answer(200, made)]);
    let from = RestoreSource::PointInTime { of: "main".to_owned(), at: RestorePoint::At(at), copy_on_write: false };
    let copy = ClusterCopy { target: "drill".to_owned(), from, place };
    let made = replay.aws().databases().restore_cluster(&copy).await.unwrap().value;
    assert_eq!(made.status, "creating");
    let sent = &replay.sent()[0].body;
    for part in [
        "RestoreToTime=2026-11-22T19%3A50%3A00Z",
        "RestoreType=full-copy",
        "SourceDBClusterIdentifier=main",
        "DBClusterIdentifier=drill",
        "VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-2",
        "ServerlessV2ScalingConfiguration.MinCapacity=0.5",
        "DeletionProtection=false",
    ] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
    assert!(!sent.contains("UseLatestRestorableTime") && !sent.contains("EngineVersion"), "{sent}");
}

#[tokio::test]
async fn a_time_out_of_the_window_is_refused_in_its_own_words() {
    let from = RestoreSource::PointInTime { of: "main".to_owned(), at: RestorePoint::Latest, copy_on_write: true };
    let copy = ClusterCopy { target: "drill".to_owned(), from, place: ClusterPlace::default() };
    let replay = Replay::of(vec![error(400, "InvalidRestoreFault", "The specified time is out of the window.")]);
    let refused = replay.aws().databases().restore_cluster(&copy).await.unwrap_err();
    assert_eq!((refused.code(), refused.is_definite()), ("InvalidRestoreFault", true));
    let sent = &replay.sent()[0].body;
    assert!(sent.contains("RestoreType=copy-on-write") && sent.contains("UseLatestRestorableTime=true"), "{sent}");
    let replay = Replay::of(vec![Turn::Lost]);
    let lost = replay.aws().databases().restore_cluster(&copy).await.unwrap_err();
    assert!(lost.could_have_happened() && replay.actions().len() == 1, "{lost}");
}

#[tokio::test]
async fn events_are_read_in_their_order() {
    let event = |at: &str, message: &str| {
        format!(
            "<Event><SourceIdentifier>main</SourceIdentifier><Date>{at}</Date><Message>{message}</Message>\
             <EventCategories><EventCategory>failover</EventCategory></EventCategories></Event>"
        )
    };
    let events = format!(
        "<Events>{}{}</Events>",
        event("2026-11-22T19:00:20Z", "Completed failover to DB instance: main-2"),
        event("2026-11-22T19:00:01Z", "Started cross AZ failover to DB instance: main-2"),
    );
    let replay = Replay::of(vec![ok("DescribeEvents", &events)]);
    let since: DateTime<Utc> = "2026-11-22T19:00:00Z".parse().unwrap();
    let found = replay.aws().reads().databases().events(EventSource::Cluster, "main", since).await.unwrap().value;
    assert!(found[0].message.starts_with("Started") && found[1].message.starts_with("Completed"), "{found:?}");
    assert_eq!(found[0].categories, ["failover"]);
    assert!(replay.sent()[0].body.contains("SourceType=db-cluster"), "{}", replay.sent()[0].body);
}
