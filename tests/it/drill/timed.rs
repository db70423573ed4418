//! Against a fake that knows what a table held at a time: the recovery point as measured, and the clock.

use serde_json::Value;

use super::world::{LAG, World};
use crate::support::project::Project;

/// Writes markers, restores, reads them back, compares. `restore`: more of the step that restores.
pub(super) fn drill(marks: &str, restore: &str, at: &str) -> String {
    format!(
        "[phase.drill]\nrto = \"10m\"\nrpo = \"5s\"\n\
         touches = [\"arn:aws:dynamodb:${{aws.region}}:${{aws.account}}:table/orders\"]\n\n\
         [[drill]]\nid = \"mark\"\ntitle = \"Mark\"\nkind = \"marker\"\ntable = \"orders\"\n{marks}\n\
         [[drill]]\nid = \"restore\"\ntitle = \"Restore\"\nkind = \"restore\"\ntable = \"orders\"\nneeds = [\"mark\"]\n{restore}\n\
         [[drill]]\nid = \"back\"\ntitle = \"Read back\"\nkind = \"marker\"\ntable = \"${{step.restore.table}}\"\n\
         written = \"${{step.mark.markers}}\"\n{at}\n\
         [[drill]]\nid = \"same\"\ntitle = \"Compare\"\nkind = \"compare\"\ntable = \"orders\"\nwith = \"${{step.restore.table}}\"\n\n\
         [[rollback]]\nid = \"remove\"\ntitle = \"Remove\"\nkind = \"cleanup\"\nundoes = [\"mark\", \"restore\"]\n"
    )
}

pub(super) const GO: &[&str] = &["drill", "r", "-p", "sandbox", "--answers", "answers.toml"];

/// The outputs of a step.
pub(super) fn outputs(project: &Project, step: &str) -> Value {
    let events = project.events();
    let finished = |event: &&Value| event["kind"] == "step_finished" && event["step"] == step;
    events.iter().find(finished).map(|event| event["outputs"].clone()).unwrap_or_default()
}

/// What was measured of an objective.
fn measured(project: &Project, objective: &str) -> Value {
    let events = project.events();
    let wanted = |event: &&Value| event["kind"] == "objective_measured" && event["objective"] == objective;
    events.iter().find(wanted).cloned().unwrap_or_default()
}

/// Restored to the latest time, the table has what was written up to so long ago, and nothing of later.
#[test]
fn the_recovery_point_is_what_the_service_lost() {
    let world = World::new(20);
    let before = world.everything();
    let project = world.project(&drill("count = 30\nevery = \"100ms\"\n", "", ""));
    let said = project.checkride(GO).exits(0);
    let out = outputs(&project, "back");
    let time = |name: &str| chrono::DateTime::parse_from_rfc3339(out[name].as_str().unwrap()).unwrap();
    let rpo = out["rpo_ms"].as_i64().unwrap();
    assert_eq!(rpo, (time("written") - time("last_present")).num_milliseconds());
    // The service is so far behind; between the last marker and the restore lies less than a second.
    assert!(rpo > LAG.num_milliseconds() - 1_200 && rpo <= LAG.num_milliseconds() + 200, "{rpo}");
    assert!(time("first_absent") > time("last_present"));
    assert_eq!(measured(&project, "rpo")["measured_ms"], rpo);
    assert_eq!(measured(&project, "rpo")["target_ms"], 5_000);
    assert!(measured(&project, "rto")["measured_ms"].as_i64().unwrap() > 0);
    said.says("RPO").says(" of 5s, met: by the markers that `back` read back");
    assert_eq!(world.everything(), before, "all is as it was");
    let run = project.only_run();
    project.checkride(&["evidence", "verify", run.file_name().unwrap().to_str().unwrap()]).exits(0);
}

/// How drills of this room restore while their markers go on.
pub(super) const THROUGH: &str = "count = 30\nevery = \"100ms\"\nthrough = \"restore\"\n";

/// The markers go on while the table is restored. Those that were written before the restore began, and are not there, are what
/// was lost; those of later are no loss.
#[test]
fn markers_that_go_on_through_the_restore_give_the_recovery_point() {
    let world = World::new(20);
    let before = world.everything();
    let project = world.project(&drill(THROUGH, "", "before = \"${step.restore.started}\"\n"));
    let said = project.checkride(GO).exits(0);
    said.says("[mark] goes on behind the steps that follow, until `restore` has ended");
    let (mark, restore, back) = (outputs(&project, "mark"), outputs(&project, "restore"), outputs(&project, "back"));
    let time = |out: &Value, name: &str| chrono::DateTime::parse_from_rfc3339(out[name].as_str().unwrap()).unwrap();
    // The first ones are all that others may count on; more came while the table was restored.
    let markers = mark["markers"].as_array().unwrap();
    assert!(markers.len() > 30, "{}", markers.len());
    assert_eq!(mark["written"], markers[29]["at"]);
    assert!(time(&mark, "last") > time(&restore, "started"));
    assert_eq!(back["markers"].as_u64(), Some(markers.len() as u64));
    // Right to the second: the service is so far behind.
    let rpo = back["rpo_ms"].as_i64().unwrap();
    assert_eq!(rpo, (time(&back, "written") - time(&back, "last_present")).num_milliseconds());
    assert!(time(&back, "written") < time(&restore, "started"));
    let lost = (time(&back, "written") - time(&restore, "at")).num_milliseconds();
    assert!(rpo >= lost && rpo - lost < 1_000, "{rpo} of {lost}");
    assert_eq!(measured(&project, "rpo")["measured_ms"], rpo);
    // What is on record: it went on after the next step had begun, each marker an effect of its own.
    let events = project.events();
    let place = |kind: &str, step: &str| {
        events.iter().position(|event| event["kind"] == kind && event["step"] == step).unwrap()
    };
    let begins = place("step_started", "restore");
    assert!(place("runs_on", "mark") < begins);
    let intended = |event: &&Value| event["kind"] == "effect_intended" && event["step"] == "mark";
    assert!(events[begins..].iter().any(|event| intended(&event)));
    assert_eq!(events.iter().filter(intended).count(), markers.len());
    let (ended, reads) = (place("step_finished", "mark"), place("step_started", "back"));
    assert!(place("step_finished", "restore") < ended && ended < reads, "who reads them back has all of them");
    assert_eq!(world.everything(), before, "all is as it was");
}

/// A marker that is throttled, or refused, while the table is restored is told, and ends nothing.
#[test]
fn markers_that_cannot_be_written_behind_a_restore_are_told_and_end_nothing() {
    let world = World::new(1);
    let before = world.everything();
    let runbook = drill(THROUGH, "", "before = \"${step.restore.started}\"\n").replace("count = 30", "count = 1");
    let project = world.project(&runbook.replace("rpo = \"5s\"\n", ""));
    // Throttled markers of the first `count` fail the step: what cannot be measured is no drill.
    world.refuses_after("PutItem", 1, 3, "ThrottlingException");
    let said = project.checkride(GO).exits(4);
    said.says("markers that followed could not be written");
    let out = outputs(&project, "mark");
    assert!(out["exact_ms"].as_u64().unwrap() > 100, "and it was not asked for any faster: {out}");
    assert_eq!(world.everything(), before);
}

/// A missed objective is a verification that failed, whatever else went well.
#[test]
fn a_missed_objective_fails_the_drill() {
    let world = World::new(1);
    let tight = drill("count = 30\nevery = \"100ms\"\n", "", "").replace("rpo = \"5s\"", "rpo = \"10ms\"");
    let project = world.project(&tight);
    let said = project.checkride(GO).exits(4);
    said.says("missed: by the markers that `back` read back");
    let moments: Vec<String> = project
        .events()
        .iter()
        .filter(|event| event["kind"] == "drill_moment")
        .map(|event| event["moment"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(moments, ["started", "restored", "verified"]);
    assert_eq!(world.tables(), ["orders"]);
}

/// The step waits until a time can be restored, and what was written after it is not there.
#[test]
fn a_time_is_restored_once_it_can_be() {
    let world = World::new(5);
    let later = "[[drill]]\nid = \"later\"\ntitle = \"Later\"\nkind = \"marker\"\ntable = \"orders\"\ncount = 1\nneeds = [\"mark\"]\n\n";
    let steps =
        drill("count = 3\nevery = \"50ms\"\n", "at = \"${step.mark.written}\"\n", "at = \"${step.mark.written}\"\n")
            .replace("[[drill]]\nid = \"restore\"", &format!("{later}[[drill]]\nid = \"restore\""))
            .replace("needs = [\"mark\"]\nat", "needs = [\"later\"]\nat")
            .replace("written = \"${step.mark.markers}\"", "written = \"${step.mark.markers + step.later.markers}\"")
            .replace("undoes = [\"mark\", \"restore\"]", "undoes = [\"mark\", \"later\", \"restore\"]");
    let project = world.project(&steps);
    project.checkride(GO).exits(0).says("can be restored up to ");
    let out = outputs(&project, "back");
    assert_eq!((out["markers"].as_u64(), out["present"].as_u64(), out["rpo_ms"].as_u64()), (Some(4), Some(3), Some(0)));
    assert_eq!(world.tables(), ["orders"]);
}

/// A hundred thousand items on either side: the memory that they take is counted by the system.
#[test]
fn a_hundred_thousand_items_are_compared_in_little_memory() {
    let world = World::new(100_000);
    let steps =
        "[[drill]]\nid = \"same\"\ntitle = \"Compare\"\nkind = \"compare\"\ntable = \"orders\"\nwith = \"orders\"\n";
    let project = world.project(steps);
    let running = project.begin(GO);
    let mut most = 0;
    let said = loop {
        most = most.max(running.memory().unwrap_or(0));
        if running.is_over() {
            break running.end();
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    said.exits(0);
    let out = outputs(&project, "same");
    assert_eq!((out["same"].as_u64(), out["compared"].as_u64()), (Some(100_000), Some(100_000)));
    assert!(most > 0 && most < 100 << 20, "{} MiB", most >> 20);
}

/// A sample of any size takes the memory of a page: what a page holds is looked up before the next one is asked for.
#[test]
fn a_sample_is_looked_up_page_by_page() {
    let world = World::new(5_100);
    let steps = "[[drill]]\nid = \"same\"\ntitle = \"Compare\"\nkind = \"compare\"\ntable = \"orders\"\nwith = \"orders\"\n\
                 how = \"sample\"\nsample = 40_800\n";
    let project = world.project(steps);
    project.checkride(GO).exits(0);
    let out = outputs(&project, "same");
    assert_eq!((out["same"].as_u64(), out["compared"].as_u64()), (Some(40_800), Some(40_800)));
    let calls = world.calls();
    let scans = calls.windows(2).filter(|two| two[0] == "Scan");
    assert!(scans.clone().count() > 8 && scans.clone().all(|two| two[1] == "BatchGetItem"));
}

/// A sample of nothing says nothing of what the other table holds.
#[test]
fn a_sample_of_an_empty_table_speaks_of_that_table_alone() {
    let world = World::new(3);
    let name = "from = \"backup\"\nas = \"orders-restored\"\n";
    let project = world.project(&drill("count = 2\nevery = \"10ms\"\n", name, "")).runbook(
        "c",
        "[[verify]]\nid = \"same\"\ntitle = \"Compare\"\nkind = \"compare\"\ntable = \"orders\"\n\
         with = \"orders-restored\"\nhow = \"sample\"\n",
    );
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "a test"]);
    project.checkride(&keep).exits(0);
    world.empties("orders");
    let project = project.answers("phase.verify = yes");
    let said = project.checkride(&["run", "c", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    said.says("orders holds no item: nothing was compared").never_says("orders-restored hold");
}
