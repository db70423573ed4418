//! Holds over the emulator's alarms.

use serde_json::json;

use crate::bake::alarms::{alarm, baking, change, composite, set};
use crate::support::project::{Project, logged};
use crate::support::sandbox;
use crate::wait::fake::{changes, events_of};

const RUN: &[&str] = &["run", "r", "-p", "sandbox", "--answers", "answers.toml"];

/// A clock of whole seconds is the emulator's: a change in the second of another does not show in it.
const A_SECOND: std::time::Duration = std::time::Duration::from_millis(1100);

fn project(account: &str, steps: &str) -> Project {
    Project::sandboxed(account).runbook("r", steps).answers("phase.deploy = yes\nphase.rollback = yes")
}

#[tokio::test]
async fn a_hold_over_two_alarms_that_are_well_passes() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    alarm(&aws, "orders-errors").await;
    composite(&aws, "orders", "orders-errors").await;
    let used = "[[verify]]\nid = \"told\"\ntitle = \"Tell\"\nkind = \"command\"\neffect = \"read\"\n\
                run = [\"echo\", \"${step.bake.looks} looks ${step.bake.alarms} ${step.bake.strip}\"]\n";
    let keys = "for = \"2s\"\nevery = \"1s\"\nalarms = [\"orders\", \"${'orders' + '-errors'}\"]";
    let project = project(&account, &format!("{}{used}", baking("verify", keys)));
    let said = project.checkride(RUN).exits(0);
    said.says("[bake] look 1: orders = \"OK\", orders-errors = \"OK\"")
        .says("▁·····························  ")
        .says(" looks; 2 alarms watched; actions are disabled of orders: it tells nobody")
        .says("▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  held ");
    let seen = changes(&project, "bake");
    assert_eq!(seen, [(1, json!([["orders", "OK"], ["orders-errors", "OK"]]), json!(null))], "what stays is told once");
    let outputs = &events_of(&project, "step_finished", "bake")[0]["outputs"];
    // How many looks there is time for is up to the machine.
    assert!(outputs["looks"].as_u64() >= Some(2), "{outputs}");
    assert_eq!(outputs["strip"], "▁".repeat(30));
    assert_eq!(outputs["alarms"][0]["rule"], "ALARM(orders-errors)");
    assert_eq!(events_of(&project, "step_finished", "bake")[0]["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_alarm_in_mid_hold_trips_it_at_once() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    for name in ["orders-errors", "orders-latency", "parts"] {
        alarm(&aws, name).await;
    }
    let keys = "for = \"1h\"\nevery = \"300ms\"\nalarm_prefix = [\"orders-\", \"par\"]\n";
    for (phase, code) in [("deploy", 5), ("verify", 4)] {
        let project = project(&account, &baking(phase, keys));
        let mut running = project.begin(RUN);
        running.until_it_says("[bake] look 1: orders-errors = \"OK\", orders-latency = \"OK\", parts = \"OK\"");
        set(&aws, "orders-latency", "ALARM", "3 datapoints were greater than the threshold").await;
        let said = running.end().exits(code);
        let said = said
            .says("alarm orders-latency is in ALARM; held ")
            .says("after the hold began")
            .says("reason: 3 datapoints were greater than the threshold")
            .says("alarm_prefix = [\"orders-\", \"par\"]")
            .never_says("alarm orders-errors is in ALARM");
        assert!(said.stderr.contains('█'), "{}", said.stderr);
        set(&aws, "orders-latency", "OK", "well again").await;
    }
}

#[tokio::test]
async fn all_that_tripped_is_named_and_what_was_so_before_too() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    alarm(&aws, "errors").await;
    composite(&aws, "all", "errors").await;
    set(&aws, "errors", "ALARM", "broken").await;
    let keys = "for = \"1h\"\nalarms = [\"errors\", \"all\"]\n";
    let project = project(&account, &baking("verify", keys));
    let said = project.checkride(RUN).exits(4);
    said.says("alarm errors is in ALARM; alarm all is in ALARM; held 0ms of 1h, 1 look")
        .says("before the hold began; reason: broken")
        .says("rule: ALARM(errors)");
}

#[tokio::test]
async fn what_went_off_between_two_looks_is_not_missed() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    alarm(&aws, "errors").await;
    composite(&aws, "all", "errors").await;
    for (name, rule) in [("errors", None), ("all", Some("rule: ALARM(errors)"))] {
        tokio::time::sleep(A_SECOND).await;
        let keys = format!("for = \"6s\"\nevery = \"6s\"\nalarms = [\"{name}\"]\n");
        let project = project(&account, &baking("verify", &keys));
        let mut running = project.begin(RUN);
        running.until_it_says("[bake] look 1");
        set(&aws, name, "ALARM", "just so").await;
        set(&aws, name, "OK", "never mind").await;
        let said = running.end().exits(4);
        let said = said
            .says(&format!("alarm {name} was in ALARM between two looks; held 6s of 6s, 2 looks"))
            .says("from OK to ALARM at ")
            .says("reason: just so");
        assert!(rule.is_none_or(|rule| said.stderr.contains(rule)), "{}", said.stderr);
    }
}

#[tokio::test]
async fn a_tripped_hold_rolls_back_what_was_done() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    alarm(&aws, "errors").await;
    let keys = "for = \"1h\"\nevery = \"300ms\"\nalarms = [\"errors\"]\non_failure = \"rollback\"";
    let project = project(&account, &format!("{}{}", baking_after(), baking("deploy", keys)));
    let mut running = project.begin(RUN);
    running.until_it_says("[bake] look 1");
    set(&aws, "errors", "ALARM", "broken").await;
    running.end().exits(5).says("rolling back, because");
    assert_eq!(project.read("log"), "act\nundo_act\n");
}

/// A write before the bake, with its undo.
fn baking_after() -> String {
    logged("act", "", "")
}

#[tokio::test]
async fn a_prefix_that_finds_nothing_and_a_name_that_is_none_fail_at_once() {
    let account = sandbox::account();
    let run = |keys: &str| project(&account, &baking("verify", keys)).checkride(RUN);
    run("for = \"1h\"\nalarm_prefix = \"orders-\"")
        .exits(4)
        .says("no alarm's name begins with orders-; held 0ms of 1h");
    run("for = \"1h\"\nalarms = [\"orders\"]").exits(4).says("there is no alarm orders; held 0ms of 1h");
    let allowed = run("for = \"1s\"\nalarm_prefix = \"orders-\"\nallow_empty = true").exits(0);
    allowed.says("no alarm was there to be watched, which is allowed");
    run("for = \"1h\"\nalarms = [\"${[].filter(x, true)}\"]").exits(13).says("gives no name: nothing would be watched");
}

#[tokio::test]
async fn an_alarm_that_is_deleted_in_mid_hold_fails_it() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    alarm(&aws, "errors").await;
    alarm(&aws, "latency").await;
    let project =
        project(&account, &baking("verify", "for = \"1h\"\nevery = \"300ms\"\nalarms = [\"errors\", \"latency\"]"));
    let mut running = project.begin(RUN);
    running.until_it_says("[bake] look 1");
    change(&aws, "cloudwatch:DeleteAlarms", json!({ "AlarmNames": ["errors"] })).await;
    running.end().exits(4).says("alarm errors is gone: what was watched is not there any more; held ");
}

#[tokio::test]
async fn too_little_data_warns_unless_the_runbook_says_otherwise() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    alarm(&aws, "errors").await;
    set(&aws, "errors", "INSUFFICIENT_DATA", "no datapoints").await;
    for (more, code, outcome, says) in [
        ("", 0, "warned", "too little data: errors; held 1s"),
        ("insufficient_data = \"pass\"", 0, "passed", "held 1s, 2 looks"),
        ("insufficient_data = \"fail\"", 4, "failed", "alarm errors has too little data at the end of the hold"),
    ] {
        let keys = format!("for = \"1s\"\nalarms = [\"errors\"]\n{more}");
        let project = project(&account, &baking("verify", &keys));
        project.checkride(RUN).exits(code).says(says);
        assert_eq!(events_of(&project, "step_finished", "bake")[0]["outcome"], outcome, "{more}");
    }
}

#[tokio::test]
async fn a_check_that_turns_bad_in_mid_hold_trips_it() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    let bucket = format!("box-{account}");
    change(&aws, "s3:CreateBucket", json!({ "Bucket": bucket })).await;
    let versioned = |status: &str| json!({ "Bucket": bucket, "VersioningConfiguration": { "Status": status } });
    change(&aws, "s3:PutBucketVersioning", versioned("Enabled")).await;
    let check = "{ check = \"s3-versioning\", with = { bucket = \"box-${aws.account}\" } }";
    let keys = format!("for = \"1h\"\nevery = \"300ms\"\nchecks = [{check}]");
    let bad = project(&account, &baking("deploy", &keys));
    let mut running = bad.begin(RUN);
    running.until_it_says("[bake] look 1: check s3-versioning = \"passed\"");
    change(&aws, "s3:PutBucketVersioning", versioned("Suspended")).await;
    running
        .end()
        .exits(5)
        .says("check s3-versioning: expected `")
        .says("help: aws s3api put-bucket-versioning")
        .says("checks = [{ check = \"s3-versioning\"");
    change(&aws, "s3:PutBucketVersioning", versioned("Enabled")).await;
    let good = project(&account, &baking("deploy", &format!("for = \"1s\"\nchecks = [{check}, {check}]")));
    good.checkride(RUN).exits(0).says("check s3-versioning #1 = \"passed\", check s3-versioning #2 = \"passed\"");
}

#[tokio::test]
async fn each_item_of_a_list_is_held_for() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    alarm(&aws, "a").await;
    alarm(&aws, "b").await;
    let keys = "for = \"1s\"\nalarms = [\"${item}\"]\nfor_each = \"['a', 'b']\"";
    let project = project(&account, &baking("verify", keys));
    let said = project.checkride(RUN).exits(0);
    said.says("item 0: held 1s of 1s, all well").says("item 1: held ");
}
