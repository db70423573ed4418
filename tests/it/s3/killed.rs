//! Thousands of objects go back while checkride is killed five times on the way.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::stage::{ANSWERS, BACK, Bucket, count, effects, finished, nothing_is_lost, run, state_of, steps};
use crate::support::binary::patiently;
use crate::support::project::Project;
use crate::support::sandbox::endpoint;
use crate::support::sweep::tried;

/// How many objects are copied between two records.
const BATCH: usize = 250;

/// How many batches are on record as begun, and as ended.
fn batches(project: &Project) -> (usize, usize) {
    let journal = std::fs::read_to_string(project.only_run().join("journal.jsonl")).unwrap_or_default();
    let count = |kind: &str| journal.lines().filter(|line| line.contains(kind) && line.contains("\"back\"")).count();
    (count("\"effect_intended\""), count("\"effect_settled\""))
}

fn settled(project: &Project) -> usize {
    batches(project).1
}

/// Waits for so many batches, and for one that is under way; long, for a machine may have other things to do.
fn until_after(project: &Project, ended: usize) {
    for _ in 0..20_000 {
        let (begun, settled) = batches(project);
        if settled >= ended && begun > settled {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("of {ended} batches there are {:?}", batches(project));
}

#[test]
fn thousands_of_objects_go_back_with_five_kills_on_the_way() {
    let objects = tried(2_500, 10_000);
    let bucket = Bucket::new();
    let keys: Vec<String> = (0..objects).map(|number| format!("web/{number:05}.html")).collect();
    bucket.put_all(&keys, |key| format!("{key} one"));
    let before = bucket.state();
    // The watch reads the journal at each request: here there are ten thousands of them.
    let project = Project::new()
        .emulated_unwatched("sandbox", &bucket.account, &endpoint())
        .runbook("r", &steps(&bucket, "prefix = \"web/\""))
        .answers(ANSWERS);
    run(&project, || bucket.put_all(&keys, |key| format!("{key} two")));
    let changed = bucket.versions();
    assert_eq!((before.len(), count(&changed)), (objects, 2 * objects));

    let mut kills = 0;
    // After so many batches, each time in the middle of the next one.
    for at in [2, 11, 20, 30, 39].map(|of_forty| of_forty * objects / BATCH / 40) {
        let running = project.begin(BACK);
        until_after(&project, at);
        running.kill();
        kills += 1;
    }
    let over = |event: &Value| event["kind"] == "step_finished" && event["step"] == "back";
    assert!(!project.events().iter().any(over), "it was over before the last kill");
    let said = project.checkride(BACK).exits(0);
    said.says(&format!("{objects} objects of s3://"));

    let after = bucket.versions();
    assert_eq!(state_of(&after), before);
    nothing_is_lost(&changed, &after);
    // What was found done is not done again. A copy under way at a kill ends after the look at it: sixteen a kill at
    // most.
    let extra = count(&after) - count(&changed) - objects;
    assert!(extra <= kills * 16, "{extra} copies more than objects");
    let out = finished(&project, "back");
    assert_eq!(out["outcome"], "passed", "{out}");
    let effects = effects(&project, "back");
    assert!(effects.len() <= objects / BATCH + 2 * kills, "{} intents", effects.len());
    let by_call: BTreeMap<&str, usize> = effects.iter().fold(BTreeMap::new(), |mut all, (call, _)| {
        *all.entry(call.as_str()).or_default() += 1;
        all
    });
    assert_eq!(by_call.into_keys().collect::<Vec<_>>(), ["s3:CopyObject"]);
    let run = project.only_run();
    project.checkride(&["evidence", "verify", run.file_name().unwrap().to_str().unwrap()]).exits(0);
    let sessions = |event: &&Value| event["kind"] == "session_started";
    assert_eq!(project.events().iter().filter(sessions).count(), 1 + kills + 1);
}

/// The first Ctrl-C ends with the batch that is under way; the run goes on from there.
#[test]
fn a_first_ctrl_c_ends_after_the_batch() {
    let bucket = Bucket::new();
    let keys: Vec<String> = (0..1500).map(|number| format!("k{number:04}")).collect();
    bucket.put_all(&keys, |_| "one".to_owned());
    let before = bucket.state();
    let project = Project::new()
        .emulated_unwatched("sandbox", &bucket.account, &endpoint())
        .runbook("r", &steps(&bucket, ""))
        .answers(ANSWERS);
    run(&project, || bucket.put_all(&keys, |_| "two".to_owned()));
    let changed = bucket.versions();
    let running = project.begin(BACK);
    patiently("a batch", || settled(&project) >= 1);
    running.signal(nix::sys::signal::Signal::SIGINT);
    running.end().exits(7);
    let done = count(&bucket.versions()) - count(&changed);
    assert!((BATCH..1500).contains(&done) && done.is_multiple_of(BATCH), "{done} are done: no batch is cut off");
    project.checkride(BACK).exits(0).says("1500 objects of s3://");
    assert_eq!(bucket.state(), before);
    let after = bucket.versions();
    nothing_is_lost(&changed, &after);
    assert_eq!(count(&after), count(&changed) + 1500, "nothing is copied twice");
}
