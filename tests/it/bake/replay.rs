//! Holds over answers that are played back: what the emulator does not give.

use serde_json::{Value, json};

use crate::bake::alarms::{Played, alarms, baking, inputs, moment, playing, refused, told};
use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::web::Web;
use crate::wait::fake::{changes, events_of};

const ACCOUNT: &str = "123456789012";

const LONG_AGO: &str = "2026-11-01T00:00:00Z";

const LATELY: &str = "2026-11-21T18:15:30Z";

fn well() -> Played {
    alarms(&[("errors", "OK", LONG_AGO)])
}

/// The same alarm, well again.
fn back() -> Played {
    alarms(&[("errors", "OK", LATELY)])
}

fn no_history() -> Played {
    told(json!({ "AlarmHistoryItems": [] }))
}

fn project(web: &Web, keys: &str) -> Project {
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    project.runbook("r", &baking("verify", &format!("alarms = [\"errors\"]\n{keys}")))
}

fn run(project: &Project) -> Said {
    project.checkride(&["run", "r", "-p", "fake"])
}

fn item(at: &str, from: &str, to: &str) -> Value {
    let data = json!({ "oldState": { "stateValue": from }, "newState": { "stateValue": to, "stateReason": "spiked" } });
    json!({
        "AlarmName": "errors", "HistoryItemType": "StateUpdate", "Timestamp": moment(at),
        "HistorySummary": format!("Alarm updated from {from} to {to}"), "HistoryData": data.to_string(),
    })
}

#[test]
fn replay_a_look_without_an_answer_is_no_trip() {
    for refusal in ["AccessDeniedException", "InternalServiceFault"] {
        let web = playing(ACCOUNT, &[well(), refused(refusal), well()], no_history());
        let project = project(&web, "for = \"2s\"\nevery = \"200ms\"");
        run(&project).exits(0).says("1 of them had no answer, nobody watched for ");
        let outputs = events_of(&project, "step_finished", "bake");
        assert_eq!(outputs[0]["outcome"], "passed", "{refusal}");
        let seen = changes(&project, "bake");
        assert_eq!(seen.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(seen[1].2.is_string(), "{seen:?}");
        let levels: Vec<Value> =
            events_of(&project, "look_changed", "bake").into_iter().map(|it| it["hold"]["level"].clone()).collect();
        assert_eq!(levels, ["well", "dim", "well"]);
    }
}

#[test]
fn replay_throttled_looks_are_made_again_more_seldom_and_are_no_trip() {
    let slow = refused("ThrottlingException");
    let web = playing(ACCOUNT, &[well(), slow.clone(), slow.clone(), slow.clone(), slow, well()], no_history());
    let project = project(&web, "for = \"9s\"\nevery = \"100ms\"");
    run(&project).exits(0);
}

#[test]
fn replay_a_hold_without_a_last_answer_is_unknown() {
    let web = playing(ACCOUNT, &[well(), well(), refused("AccessDeniedException")], no_history());
    let project = project(&web, "for = \"1s\"\nevery = \"500ms\"\ntimeout = \"2s\"");
    run(&project)
        .exits(13)
        .says("held 1s, and the last look had no answer; nobody watched for ")
        .says("access refused");
    // In front of the failure it was tried more than once.
    assert!(inputs(&web, "DescribeAlarms").len() >= 4);
}

#[test]
fn replay_a_hold_that_nobody_watched_for_the_most_part_is_unknown() {
    let mut looks = vec![refused("AccessDeniedException"); 8];
    looks.push(well());
    let web = playing(ACCOUNT, &looks, no_history());
    let project = project(&web, "for = \"2s\"\nevery = \"200ms\"");
    // More than half of the time, whatever the machine.
    let said = run(&project).exits(13);
    let told = ["1s", "2s"].map(|lost| format!("nobody watched for {lost} of 2s: 8 of "));
    assert!(told.iter().any(|told| said.stderr.contains(told) || said.stdout.contains(told)), "{}", said.stderr);
}

#[test]
fn replay_what_no_time_mends_ends_it_at_once() {
    let web = playing(ACCOUNT, &[refused("ExpiredTokenException")], no_history());
    run(&project(&web, "for = \"1h\"")).exits(13).says("expired");
}

#[test]
fn replay_a_history_tells_what_nobody_saw() {
    let history = told(json!({ "AlarmHistoryItems": [
        item(LATELY, "ALARM", "OK"),
        item("2026-11-21T18:15:10Z", "OK", "ALARM"),
        item("2026-10-01T00:00:00Z", "OK", "ALARM"),
    ] }));
    let web = playing(ACCOUNT, &[well(), back()], history);
    let project = project(&web, "for = \"1h\"\nevery = \"100ms\"");
    run(&project)
        .exits(4)
        .says("alarm errors was in ALARM between two looks; held ")
        .says("from OK to ALARM at 2026-11-21T18:15:10.000Z, says its history")
        .says("reason: spiked")
        .says("alarms = [\"errors\"]");
    let asked = inputs(&web, "DescribeAlarmHistory");
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0]["StartDate"].as_f64(), &asked[0]["HistoryItemType"]),
        (moment(LONG_AGO).as_f64(), &json!("StateUpdate"))
    );
}

#[test]
fn replay_a_history_that_cannot_be_had_is_a_warning() {
    let denied = refused("AccessDeniedException");
    for (history, says) in
        [(denied, "its history could not be had: "), (no_history(), "its history does not tell of it")]
    {
        let web = playing(ACCOUNT, &[well(), back()], history);
        let project = project(&web, "for = \"1s\"\nevery = \"500ms\"");
        run(&project).exits(0).says(&format!("errors changed its state between two looks: {says}"));
        assert_eq!(events_of(&project, "step_finished", "bake")[0]["outcome"], "warned");
        assert!(inputs(&web, "DescribeAlarmHistory").len() >= 2, "it is asked for again");
    }
}

#[test]
fn replay_many_names_go_a_hundred_a_call_and_every_page_is_read() {
    let names: Vec<String> = (0..150).map(|n| format!("n{n:03}")).collect();
    let page = |from: usize, to: usize, next: Option<&str>| {
        let list: Vec<Value> =
            names[from..to].iter().map(|name| json!({ "AlarmName": name, "StateValue": "OK" })).collect();
        let mut body = json!({ "MetricAlarms": list, "CompositeAlarms": [] });
        if let Some(next) = next {
            body["NextToken"] = json!(next);
        }
        told(body)
    };
    let look = [page(0, 60, Some("more")), page(60, 100, None), page(100, 150, None)];
    let web = playing(ACCOUNT, &[look.clone(), look].concat(), no_history());
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let keys = "for = \"1s\"\nevery = \"1s\"\nalarms = [\"${input.names}\"]";
    let list = format!("[inputs]\nnames = {{ list = {{ text = true }}, default = {names:?} }}\n\n");
    let project = project.runbook("r", &format!("{list}{}", baking("verify", keys)));
    run(&project).exits(0).says("[bake] look 1: all well = 150").says("150 alarms watched");
    let sizes: Vec<usize> =
        inputs(&web, "DescribeAlarms").iter().map(|input| input["AlarmNames"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [100, 100, 50, 100, 100, 50]);
    assert_eq!(inputs(&web, "DescribeAlarms")[0]["AlarmTypes"], json!(["MetricAlarm", "CompositeAlarm"]));
}
