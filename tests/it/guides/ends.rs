//! The security guide's runbooks to their ends: the deployment, what it lacks found and mended, the ways back, and both
//! verifications where nothing of it is.

use std::thread;

use checkride::aws::api::client::resolve;
use checkride::world::clock::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::deployed::{UNATTENDED, steps, unwatched, watched, with_outcome};
use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::sandbox;

/// Runs a runbook in the sandbox, with nobody there.
fn run(project: &Project, runbook: &str, more: &[&str]) -> Said {
    project.checkride(&[&["run", runbook, "-p", "sandbox"], &UNATTENDED[..], more].concat())
}

/// What the security guide's verification does not pass: its exit code, what failed, and what is unknown.
fn verified(project: &Project) -> (i32, Vec<String>, Vec<String>) {
    let said = project.checkride(&["run", "verify-security", "-p", "sandbox", "--no-input"]);
    (said.code, with_outcome(project, &said, "failed"), with_outcome(project, &said, "unknown"))
}

fn finds(failed: &[&str]) -> (i32, Vec<String>, Vec<String>) {
    (if failed.is_empty() { 0 } else { 4 }, failed.iter().map(|&id| id.to_owned()).collect(), Vec::new())
}

/// One of the runbooks that go back, with all that it asks answered.
fn goes_back(project: &Project, runbook: &str, more: &[&str]) {
    let run = ["run", runbook, "-p", "sandbox", "--answers", "answers.toml"];
    let said = project.checkride(&[&run[..], more].concat()).exits(0);
    assert!(with_outcome(project, &said, "skipped").is_empty(), "{}", said.stderr);
}

fn is_taken_back(project: &Project) {
    project.checkride(&["rollback", "--last", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    assert_eq!(verified(project), finds(&[]));
}

fn read(project: &Project, call: &str, with: &[&str]) -> Value {
    project.checkride(&[&["call", call, "-p", "sandbox"], with].concat()).exits(0).json()
}

/// Writes an object of the website bucket, as one who visits does.
async fn upload(account: &str, base64: &str) {
    let bucket = format!("mte-prechat-website-staging-{account}");
    let with = json!({ "Bucket": bucket, "Key": "uploads/note", "Body": base64 });
    sandbox::aws_of(account).api().call(resolve("s3:PutObject").unwrap(), &with, None).await.unwrap();
}

/// The versions of the object, newest first: digest and time.
fn versions(project: &Project, account: &str) -> Vec<(String, String)> {
    let bucket = format!("Bucket=mte-prechat-website-staging-{account}");
    let listed = read(project, "s3:ListObjectVersions", &[&bucket, "Prefix=uploads/"]);
    let text = |version: &Value, name: &str| version[name].as_str().unwrap().to_owned();
    let versions = listed["Versions"].as_array().unwrap().iter();
    versions.map(|version| (text(version, "ETag"), text(version, "LastModified"))).collect()
}

#[tokio::test]
async fn the_deployment_and_both_ways_back() {
    let account = sandbox::account();
    // The emulator ends the running function when one of its name is changed in any account, as other tests do: in this stage
    // there is no other.
    let project = unwatched(&account);
    let profile = project.read("profiles/sandbox.toml").replace("stage = \"dev\"", "stage = \"staging\"");
    project.write("profiles/sandbox.toml", &profile);
    let said = run(&project, "deploy-prod", &[]).exits(0);
    assert!(with_outcome(&project, &said, "unknown").is_empty(), "{}", said.stderr);
    let project = watched(project).answers(
        "why = done\nanswers = done\ntime_given = done\nphase.deploy = yes\nphase.rollback = yes\n\
         objects.objects = run\nobjects_back.objects = run",
    );
    assert_eq!(verified(&project), finds(&[]));

    goes_back(&project, "rollback-network", &[]);
    // Two functions, and what is said of each: nothing else of them has changed.
    assert_eq!(verified(&project), finds(&["functions_in_vpc", "functions_in_two_zones"]));
    is_taken_back(&project);

    upload(&account, "b25l").await;
    // The emulator tells milliseconds: the next version is of another one.
    let first: DateTime<Utc> = versions(&project, &account)[0].1.parse().unwrap();
    while Clock::System.now() - first <= TimeDelta::milliseconds(1) {
        thread::yield_now();
    }
    upload(&account, "dHdv").await;
    let before = versions(&project, &account);
    let [two, one] = &before[..] else { panic!("{before:?}") };
    goes_back(&project, "rollback-s3", &["-i", "objects=true", "-i", &format!("at={}", one.1.replace("+00:00", "Z"))]);
    assert_eq!(verified(&project), finds(&["replication", "replication_role"]));
    let back = versions(&project, &account);
    assert_eq!((&back[0].0, &back[1..]), (&one.0, &before[..]), "it is as it was, and no version is gone");
    is_taken_back(&project);
    let again = versions(&project, &account);
    assert_eq!((&again[0].0, &again[1..]), (&two.0, &back[..]));
}

#[test]
fn recovery_that_the_emulator_drops_is_found_and_mended() {
    let account = sandbox::account();
    let project = unwatched(&account);
    let left_out = ["--skip", "sessions_pitr=the emulator drops it", "--skip", "messages_pitr=the emulator drops it"];
    run(&project, "deploy-prod", &[&["--phase", "deploy"], &left_out[..]].concat()).exits(0);
    let project = watched(project);
    assert_eq!(verified(&project), finds(&["table_recovery"]));
    let mended = run(&project, "deploy-prod", &["--only", "sessions_pitr", "--only", "messages_pitr"]).exits(0);
    assert_eq!(with_outcome(&project, &mended, "passed"), ["sessions_pitr", "messages_pitr"]);
    assert_eq!(verified(&project), finds(&[]));
    elsewhere(&project, "verify-security", "deployed");
}

#[test]
fn readiness_is_found_nowhere_else() {
    let project = unwatched(&sandbox::account());
    run(&project, "deploy-cdk-prod", &[]).exits(0);
    elsewhere(&watched(project), "verify-readiness", "stack");
}

/// In another region, be it that of the failover bucket, nothing is as it should be: not one step passes, and none is unknown.
#[track_caller]
fn elsewhere(project: &Project, runbook: &str, stack: &str) {
    let profile = project.read("profiles/sandbox.toml");
    for region in ["eu-west-1", "eu-central-1"] {
        project.write("profiles/elsewhere.toml", &profile.replace("us-east-1", region));
        fails_everywhere(project, runbook, stack, "elsewhere");
    }
}

#[test]
fn an_empty_account_fails_everywhere() {
    let project = watched(unwatched(&sandbox::account()));
    fails_everywhere(&project, "verify-security", "deployed", "sandbox");
    fails_everywhere(&project, "verify-readiness", "stack", "sandbox");
}

/// Each step fails, but for those that need what the stack would tell, and those that are not asked for.
#[track_caller]
fn fails_everywhere(project: &Project, runbook: &str, stack: &str, profile: &str) {
    let said = project.checkride(&["run", runbook, "-p", profile, "--no-input"]).exits(4);
    let steps = steps(project, &said);
    let needs = format!("it needs `{stack}`, which failed");
    let is_left_out = |step: &Value| {
        let why = step["reason"].as_str().unwrap_or_default();
        step["outcome"] == "skipped" && (why == needs || why.starts_with("`when` is false: "))
    };
    let (left_out, tried): (Vec<&Value>, Vec<&Value>) = steps.iter().partition(|step| is_left_out(step));
    let wrong: Vec<&&Value> = tried.iter().filter(|step| step["outcome"] != "failed").collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried.len() > 20 && tried.iter().any(|step| step["id"] == stack), "{}", left_out.len());
}
