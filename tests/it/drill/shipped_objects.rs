//! The shipped drills of objects, to their ends, in the emulator.

use std::path::Path;

use super::timed::outputs;
use crate::s3::stage::{Bucket, Versions};
use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::sandbox::account;

/// The website bucket, with uploads of all kinds: written over, deleted, deleted and written again; and other things.
fn website(account: &str) -> Bucket {
    let bucket = Bucket::named(account, &format!("mte-prechat-website-dev-{account}"));
    for key in ["uploads/a b", "uploads/ü/c", "uploads/over", "uploads/gone", "uploads/back", "web/index.html"] {
        bucket.put(key, "one");
    }
    bucket.put("uploads/over", "two");
    bucket.delete("uploads/gone");
    bucket.delete("uploads/back");
    bucket.put("uploads/back", "three");
    bucket
}

/// The failover bucket, with what the rule has copied there before.
fn failover(account: &str, website: &Bucket) -> Bucket {
    let bucket = Bucket::named(account, &format!("mte-prechat-failover-dev-{account}"));
    for key in website.state().into_keys().filter(|key| key.starts_with("uploads/")) {
        bucket.put(&key, &website.text(&key).unwrap());
    }
    bucket
}

/// Has what is written under `uploads/` copied to the failover bucket from now on.
fn replicate(website: &Bucket, failover: &Bucket) {
    let rule = format!(
        "<ReplicationConfiguration><Role>arn:aws:iam::{}:role/r</Role><Rule><ID>uploads</ID><Status>Enabled</Status>\
         <Priority>1</Priority><Filter><Prefix>uploads/</Prefix></Filter><DeleteMarkerReplication><Status>Disabled</Status>\
         </DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::{}</Bucket></Destination></Rule>\
         </ReplicationConfiguration>",
        website.account, failover.name
    );
    let answer = website.send("PUT", "?replication", &[], rule.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn shipped(account: &str, name: &str, change: impl Fn(String) -> String) -> Project {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("runbooks/{name}.toml"));
    let text = change(std::fs::read_to_string(path).unwrap());
    Project::sandboxed(account).file(&format!("runbooks/{name}.toml"), &text).answers("phase.drill = yes")
}

fn hold(project: &Project, name: &str) -> Said {
    project.checkride(&["drill", name, "-p", "sandbox", "-i", "stage=dev", "--answers", "answers.toml"])
}

/// The buckets, and the versions of each.
fn everything(buckets: &[&Bucket]) -> (Vec<String>, Vec<Versions>) {
    (buckets[0].all(), buckets.iter().map(|bucket| bucket.versions()).collect())
}

#[test]
fn objects_are_restored_from_versions_and_all_is_removed() {
    let account = account();
    let website = website(&account);
    let before = everything(&[&website]);
    let project = shipped(&account, "drill-s3-versions", |text| text);
    let said = hold(&project, "drill-s3-versions").exits(0);
    said.says("RTO").says("RPO").says("nothing of the run still stands");
    let restored = outputs(&project, "restore");
    // Four objects, and the three markers of before the disaster.
    assert_eq!((&restored["objects"], &restored["failed"]), (&7.into(), &0.into()), "{restored}");
    assert_eq!(restored["from"], "versions");
    let back = outputs(&project, "markers_back");
    assert_eq!((&back["markers"], &back["present"], &back["rpo_ms"]), (&4.into(), &3.into(), &0.into()), "{back}");
    let same = outputs(&project, "same_objects");
    assert_eq!((&same["same"], &same["compared"]), (&4.into(), &4.into()), "{same}");
    assert_eq!(everything(&[&website]), before, "every version is as it was, and no bucket is left");
    let run = project.only_run();
    project.checkride(&["evidence", "verify", run.file_name().unwrap().to_str().unwrap()]).exits(0);
    assert!(project.report().contains("Scenario: A release has deleted uploads"), "{}", project.report());
}

#[test]
fn objects_are_restored_from_the_replica_that_a_rule_fills() {
    let account = account();
    let website = website(&account);
    let failover = failover(&account, &website);
    replicate(&website, &failover);
    let before = everything(&[&website, &failover]);
    let project = shipped(&account, "drill-s3-replica", |text| text.replace("every = \"5s\"", "every = \"10ms\""));
    let said = hold(&project, "drill-s3-replica").exits(0);
    said.says("is replicated to mte-prechat-failover-dev-").says("nothing of the run still stands");
    let restored = outputs(&project, "restore");
    assert_eq!((&restored["from"], &restored["objects"]), (&"replica".into(), &29.into()), "{restored}");
    assert_eq!(restored["source"], format!("arn:aws:s3:::{}", failover.name));
    assert!(restored["lag_ms"].is_u64(), "{restored}");
    assert_eq!(outputs(&project, "markers_back")["present"], 25);
    assert_eq!(everything(&[&website, &failover]), before, "the markers are removed in the replica, too");
}

/// No rule: the replica has none of the markers, and the drill says so.
#[test]
fn a_replica_that_nothing_fills_fails_the_drill() {
    let account = account();
    let website = website(&account);
    let failover = failover(&account, &website);
    let before = everything(&[&website, &failover]);
    let project = shipped(&account, "drill-s3-replica", |text| text.replace("every = \"5s\"", "every = \"10ms\""));
    let said = hold(&project, "drill-s3-replica").exits(4);
    said.says("none of the 25 markers is present").says("the recovery was not verified");
    assert!(outputs(&project, "restore")["lag_ms"].as_u64().unwrap() > 0);
    assert_eq!(everything(&[&website, &failover]), before, "and what was made is removed all the same");
}
