//! What ends a drill before its time, by its own criteria: an alarm, the time that it may take. What it made is removed.

use nix::sys::signal::Signal;
use serde_json::Value;

use super::timed::{GO, THROUGH, drill, outputs};
use super::world::World;
use crate::support::binary::patiently;
use crate::support::project::Project;

/// A drill whose markers go on through the restore, with such criteria.
fn with(abort: &str) -> String {
    let text = drill(THROUGH, "", "before = \"${step.restore.started}\"\n").replace("count = 30", "count = 2");
    text.replace("rto = \"10m\"\n", &format!("rto = \"10m\"\nabort = {{ {abort} }}\n"))
}

const ALARM: &str = "alarms = [\"orders-throttled\"], every = \"50ms\"";

fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["kind"] == kind).collect()
}

fn run_of(project: &Project) -> String {
    project.only_run().file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn an_alarm_before_the_drill_refuses_it() {
    let world = World::new(2).settled();
    let before = world.everything();
    world.alarms_are("ALARM");
    let project = world.project(&with(ALARM));
    let said = project.checkride(GO).exits(12);
    said.says("refused by the abort guard: alarm orders-throttled is in ALARM: 3 datapoints");
    assert!(!world.calls().iter().any(|call| call == "PutItem"), "nothing was changed");
    assert_eq!(of(&project.events(), "drill_moment").len(), 0, "and the clock never ran");
    // What refused it has passed: the same run begins.
    world.alarms_are("OK");
    project.checkride(&["resume", &run_of(&project), "--answers", "answers.toml"]);
    assert_eq!(world.everything(), before);
}

#[test]
fn an_alarm_that_is_not_there_refuses_the_drill() {
    let world = World::new(2);
    let project = world.project(&with("alarms = [\"orders-throttled\"]"));
    project.checkride(GO).exits(12).says("there is no alarm orders-throttled");
    assert!(!world.calls().iter().any(|call| call == "PutItem"));
}

/// The restore that waits is left at once, the markers behind it end, and what was made is removed.
#[test]
fn an_alarm_ends_the_drill_and_what_it_made_is_removed() {
    let world = World::new(2).settled();
    let before = world.everything();
    world.sticks(true);
    let project = world.project(&with(ALARM));
    let mut running = project.begin(GO);
    patiently("the table is being restored", || world.tables().len() > 1);
    world.alarms_are("ALARM");
    running.until_it_says("the drill is stopped");
    world.sticks(false);
    let said = running.end().exits(5);
    said.says("the drill is stopped: alarm orders-throttled is in ALARM: 3 datapoints were greater than 5")
        .says("the drill was stopped by one of its abort criteria (exit code 5)")
        .says("nothing of the run still stands");
    assert_eq!(world.everything(), before);
    let events = project.events();
    let stop = of(&events, "drill_stopped")[0];
    assert_eq!(stop["criterion"], "alarm");
    assert_eq!(of(&events, "run_finished")[0]["verdict"], "drill_stopped");
    let objective = of(&events, "objective_measured")[0];
    assert!(objective["by"].as_str().unwrap().contains("the drill was stopped: alarm"), "{objective}");
    assert!(outputs(&project, "back").is_null(), "nothing began after it");
    let run = run_of(&project);
    assert!(project.report().contains("by its alarm: alarm orders-throttled is in ALARM"), "{}", project.report());
    let json = project.checkride(&["report", &run, "--format", "json"]).exits(0);
    assert_eq!(json.json()["drill"]["stopped"]["criterion"], "alarm");
    let junit = project.checkride(&["report", &run, "--format", "junit"]).exits(0);
    assert!(junit.stdout.contains("drill.stopped"), "{}", junit.stdout);
    project.checkride(&["evidence", "verify", &run]).exits(0);
}

#[test]
fn a_budget_that_is_used_up_ends_the_drill() {
    let world = World::new(2);
    let before = world.everything();
    world.sticks(true);
    let project = world.project(&with("budget = \"2s\""));
    let mut running = project.begin(GO);
    running.until_it_says("the drill is stopped: the drill's budget of 2s is used up");
    world.sticks(false);
    running.end().exits(5);
    assert_eq!(of(&project.events(), "drill_stopped")[0]["criterion"], "budget");
    assert_eq!(world.everything(), before);
}

/// Killed after it was stopped, it is resumed to be removed, and goes forward no more.
#[test]
fn a_stopped_drill_that_was_killed_goes_back_when_it_is_resumed() {
    let world = World::new(2).settled();
    let before = world.everything();
    world.sticks(true);
    let project = world.project(&with(ALARM)).answers("phase.drill = yes\nphase.rollback = yes");
    let mut running = project.begin(GO);
    patiently("the table is being restored", || world.tables().len() > 1);
    world.alarms_are("ALARM");
    running.until_it_says("the drill is stopped");
    running.kill();
    world.sticks(false);
    let said = project.checkride(&["resume", &run_of(&project), "--answers", "answers.toml"]);
    said.exits(5).says("nothing of the run still stands");
    assert!(outputs(&project, "back").is_null(), "nothing began after it");
    assert_eq!(world.everything(), before);
}

/// Ctrl-C ends the markers at once, whatever they accompany; what waits for the service ends by itself.
#[test]
fn ctrl_c_ends_the_markers_at_once() {
    let world = World::new(2);
    let before = world.everything();
    world.sticks(true);
    let project = world.project(&with("budget = \"1h\""));
    let mut running = project.begin(GO);
    patiently("the table is being restored", || world.tables().len() > 1);
    running.signal(Signal::SIGINT);
    let ended = |event: &Value| event["kind"] == "step_finished" && event["step"] == "mark";
    patiently("the markers end", || project.events().iter().any(ended));
    assert!(outputs(&project, "restore").is_null(), "the restore is under way");
    world.sticks(false);
    running.until_it_says("the drill was stopped by the operator");
    running.end().exits(6);
    assert_eq!(world.everything(), before);
}
