//! How fresh drills are: what counts as proved, what `status` says of it, and the guard before a deployment.
//!
//! Whatever runs here runs on an emulator, which proves nothing. What proves something is such a run retold: its own
//! records, of an earlier time, from an account that is no emulator's.

use std::fs;
use std::path::{Path, PathBuf};

use checkride::event::{DrillMoment, Event, EventKind, Objective, RunHeader};
use checkride::id::RunId;
use checkride::journal::{Writer, read};
use checkride::world::clock::{Clock, rfc3339};
use chrono::TimeDelta;
use serde_json::Value;

use super::timed::{GO, drill};
use super::world::World;
use crate::support::binary::Said;
use crate::support::project::{Project, logged};
use crate::support::story::append;

const DEPLOY: &[&str] = &["run", "d", "-p", "prod", "--answers", "answers.toml"];

/// A project with the drill `r`, which covers `prod`, and a deployment `d` to it that wants a drill every 90 days.
fn project(world: &World) -> Project {
    let text = drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\n", "");
    world
        .project(&text.replace("rto = \"10m\"", "covers = [\"prod\"]\nrto = \"10m\""))
        .runbook("d", &logged("one", "", ""))
        .file(
            "profiles/prod.toml",
            "[profile]\ntitle = \"All\"\ntier = \"development\"\n\n[policy]\nmax_drill_age = \"90d\"\n",
        )
        .answers("phase.drill = yes\nphase.deploy = yes\nphase.rollback = yes")
}

/// The run that was held last, retold under another name: over so many days ago, in an account that is no emulator's.
fn retell(project: &Project, of: &Path, name: &str, days_ago: i64, change: impl Fn(&mut Vec<Event>)) {
    let journal = read(&of.join("journal.jsonl")).unwrap();
    let mut events: Vec<Event> = journal.records.into_iter().map(|record| record.event.unwrap()).collect();
    let shift = Clock::System.now() - TimeDelta::days(days_ago) - events.last().unwrap().at;
    for event in &mut events {
        event.at += shift;
    }
    change(&mut events);
    let mut header = RunHeader { run: RunId::new(name).unwrap(), started: rfc3339(events[0].at), ..journal.header };
    header.target.as_mut().unwrap().emulator = None;
    let folder = project.path(".checkride/runs").join(name);
    fs::create_dir(&folder).unwrap();
    fs::copy(of.join("plan.json"), folder.join("plan.json")).unwrap();
    append(Writer::create(&folder.join("journal.jsonl"), &header).unwrap(), &events);
}

fn as_it_was(_: &mut Vec<Event>) {}

/// Its recovery took so many minutes.
fn took(minutes: u64) -> impl Fn(&mut Vec<Event>) {
    move |events| {
        for event in events {
            if let EventKind::ObjectiveMeasured { measured } = &mut event.kind
                && measured.objective == Objective::Rto
            {
                measured.measured_ms = Some(minutes * 60_000);
            }
        }
    }
}

fn name_of(run: &Path) -> String {
    run.file_name().unwrap().to_str().unwrap().to_owned()
}

fn status(project: &Project) -> (String, Value) {
    let text = project.checkride(&["status"]).exits(0).stdout;
    (text, project.checkride(&["status", "--format", "json"]).exits(0).json())
}

fn events_of(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("journal.jsonl")).unwrap();
    text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone()).collect()
}

/// A drill that went well, on the emulator.
fn held(project: &Project) -> PathBuf {
    project.checkride(GO).exits(0);
    project.last_run()
}

#[track_caller]
fn is_refused(said: Said, project: &Project) -> Said {
    let said = said.exits(12).says("no drill that covers profile prod proved anything in the last 90 d");
    assert_eq!(project.read("log"), "", "nothing was done");
    said
}

#[test]
fn a_drill_on_an_emulator_proves_nothing() {
    let project = project(&World::new(3));
    let (text, json) = status(&project);
    assert!(text.contains("r  for prod\n    never proved\n    due now: the profile wants one every 90 d\n"), "{text}");
    assert_eq!(
        (&json["drills"][0]["proved"], &json["drills"][0]["due"]["stands"]),
        (&Value::Null, &"never_proved".into())
    );
    held(&project);
    let (text, json) = status(&project);
    assert!(text.contains("never proved\n    1 run proves nothing: sandbox only\n    due now"), "{text}");
    assert_eq!(json["drills"][0]["proved_nothing_since"][0]["why"], "sandbox only");
    assert_eq!(json["left_behind"], Value::Array(Vec::new()));
    is_refused(project.checkride(DEPLOY), &project)
        .says("`r` never did (1 run proves nothing: sandbox only)")
        .says("checkride drill r -p PROFILE");
    let refused = events_of(&project.last_run());
    assert!(refused.iter().any(|event| event["kind"] == "guard_refused" && event["guard"] == "drill"), "{refused:?}");
}

#[test]
fn a_fresh_drill_lets_deploy_and_an_old_one_does_not() {
    let project = project(&World::new(3));
    let run = held(&project);
    retell(&project, &run, "20260801T100000Z-r-0001", 93, as_it_was);
    let (text, _) = status(&project);
    assert!(text.contains("proved 93 d ago, by 20260801T100000Z-r-0001"), "{text}");
    assert!(text.contains("overdue by 3 d: the profile wants one every 90 d"), "{text}");
    is_refused(project.checkride(DEPLOY), &project).says("`r` did 93 d ago");
    let open = project.last_run();

    // Another one, of another time: the run that was refused looks again.
    retell(&project, &run, "20261101T100000Z-r-0002", 12, as_it_was);
    let (text, json) = status(&project);
    assert!(text.contains("proved 12 d ago, by 20261101T100000Z-r-0002"), "{text}");
    assert!(text.contains("due in 77 d"), "{text}");
    let proved = &json["drills"][0]["proved"];
    assert_eq!((&proved["run"], &proved["rto"]["met"]), (&"20261101T100000Z-r-0002".into(), &true.into()));
    assert_eq!(proved["rpo"]["target_ms"], 5_000);
    project.checkride(&["resume", &name_of(&open), "--answers", "answers.toml"]).exits(0);
    assert_eq!(project.read("log"), "one\n");
    project.checkride(DEPLOY).exits(0);
}

/// That everything looked at is as it should be recovers nothing.
#[test]
fn a_drill_that_only_looks_proves_nothing() {
    let only = "[phase.drill]\ncovers = [\"prod\"]\nrto = \"10m\"\n\n[[drill]]\nid = \"look\"\ntitle = \"Look\"\nkind = \"aws\"\n\
                call = \"dynamodb:DescribeTable\"\nwith = { TableName = \"orders\" }\n";
    let project = project(&World::new(1)).runbook("r", only);
    let run = held(&project);
    retell(&project, &run, "20261101T100000Z-r-0001", 1, as_it_was);
    is_refused(project.checkride(DEPLOY), &project).says("no runbook of the project is a drill for it");
    let (text, _) = status(&project);
    assert!(text.contains("it only looked, and recovered nothing"), "{text}");
    let report = project.checkride(&["report", "20261101T100000Z-r-0001", "--format", "md"]).exits(0).stdout;
    assert!(report.contains("is not shown: it only looked, and recovered nothing."), "{report}");
}

#[test]
fn the_trend_is_shown() {
    let project = project(&World::new(3));
    let run = held(&project);
    for (at, minutes) in [2, 2, 4, 1, 8].into_iter().enumerate() {
        let ago = 50 - i64::try_from(at).unwrap();
        retell(&project, &run, &format!("20261001T10000{at}Z-r-000{at}"), ago, took(minutes));
    }
    let (text, json) = status(&project);
    assert!(text.contains("RTO 8m 00s of 10m 00s, RPO "), "{text}");
    assert!(text.contains("RTO of the last 5: ▂▂▄▁█  p50 2m 00s, p90 8m 00s"), "{text}");
    let trend = &json["drills"][0]["trend"];
    assert_eq!(trend["rto_ms"], serde_json::json!([120_000, 120_000, 240_000, 60_000, 480_000]));
    assert_eq!((&trend["rto_p50_ms"], &trend["rto_p90_ms"]), (&120_000.into(), &480_000.into()));
}

/// Each is of an account that is no emulator's, and of yesterday: what stands in its own records decides.
#[test]
fn what_was_kept_left_out_missed_or_never_ended_proves_nothing() {
    let with = |more: &[&str], code: u8| {
        let project = project(&World::new(3));
        let mut words = GO.to_vec();
        words.extend(more);
        project.checkride(&words).exits(code.into());
        let run = project.last_run();
        (project, run)
    };
    let (kept, run) = with(&["--keep", "INC-7"], 0);
    retell(&kept, &run, "20261101T100000Z-r-0001", 1, as_it_was);
    is_refused(kept.checkride(DEPLOY), &kept).says("kept what was restored");
    let report = kept.checkride(&["report", "20261101T100000Z-r-0001", "--format", "md"]).exits(0).stdout;
    assert!(report.contains("That the recovery works for prod is not shown: kept what was restored."), "{report}");

    let (left_out, run) = with(&["--skip", "same=there is no time"], 0);
    retell(&left_out, &run, "20261101T100000Z-r-0001", 1, as_it_was);
    is_refused(left_out.checkride(DEPLOY), &left_out).says("`same` was left out");

    let (cut, run) = with(&[], 0);
    retell(&cut, &run, "20261101T100000Z-r-0001", 1, |events| drop(events.pop()));
    is_refused(cut.checkride(DEPLOY), &cut).says("not over");

    let (unverified, run) = with(&[], 0);
    retell(&unverified, &run, "20261101T100000Z-r-0001", 1, |events| {
        for event in events {
            if let EventKind::DrillMoment { moment, .. } = &mut event.kind {
                *moment = (*moment).min(DrillMoment::Restored);
            }
        }
    });
    is_refused(unverified.checkride(DEPLOY), &unverified).says("the recovery was not verified");

    let (damaged, run) = with(&[], 0);
    retell(&damaged, &run, "20261101T100000Z-r-0001", 1, as_it_was);
    let journal = damaged.path(".checkride/runs/20261101T100000Z-r-0001/journal.jsonl");
    fs::write(&journal, fs::read_to_string(&journal).unwrap().replacen("\"ana\"", "\"eve\"", 1)).unwrap();
    is_refused(damaged.checkride(DEPLOY), &damaged).says("its record cannot be read");
}

#[test]
fn a_missed_objective_proves_nothing() {
    let world = World::new(3);
    let project = project(&world);
    let tight = project.read("runbooks/r.toml").replace("rto = \"10m\"", "rto = \"1ms\"");
    let project = project.file("runbooks/r.toml", &tight);
    project.checkride(GO).exits(4);
    retell(&project, &project.last_run(), "20261101T100000Z-r-0001", 1, as_it_was);
    is_refused(project.checkride(DEPLOY), &project);
}

#[test]
fn the_glass_can_be_broken_and_no_way_back_is_refused() {
    let project = project(&World::new(3));
    let mut broken = DEPLOY.to_vec();
    broken.extend(["--break-glass", "INC-9: it burns"]);
    project.checkride(&broken).exits(0);
    assert_eq!(project.read("log"), "one\n");
    let run = project.only_run();
    let passed = |event: &Value| {
        let reason = event["reason"].as_str().unwrap_or_default();
        event["kind"] == "deviation"
            && reason.starts_with("the drill guard is passed: no drill that covers profile prod")
    };
    assert!(project.events().iter().any(passed));
    project.checkride(&["rollback", &name_of(&run), "--answers", "answers.toml"]).exits(0);
    assert_eq!(project.read("log"), "one\nundo_one\n");
    // What only looks is no deployment.
    project.checkride(&["run", "d", "-p", "prod", "--plan"]).exits(0);
}

#[test]
fn what_is_kept_is_left_behind_until_it_is_gone() {
    let project = project(&World::new(3));
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "INC-7"]);
    project.checkride(&keep).exits(0);
    let id = name_of(&project.only_run());
    let (text, json) = status(&project);
    assert!(text.contains("Left behind") && text.contains("orders-checkride-"), "{text}");
    assert!(text.contains(&format!("remove it: checkride drill --cleanup {id}")), "{text}");
    assert_eq!(json["left_behind"][0]["run"], *id);
    project.checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"]).exits(0);
    let (text, json) = status(&project);
    assert!(!text.contains("Left behind"), "{text}");
    assert_eq!(json["left_behind"], Value::Array(Vec::new()));
}
