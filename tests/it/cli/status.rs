//! `checkride status`: what is open, and a run watched from another terminal.

use crate::support::project::{HOLD, Project, logged};

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];

/// Two writes; the first holds until it is told to go on.
fn held() -> Project {
    let steps = [logged("one", HOLD, ""), logged("two", "", "")].concat();
    Project::new().local().runbook("r", &steps).answers("phase.deploy = yes")
}

fn name(project: &Project) -> String {
    project.only_run().file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn what_is_open_is_listed_with_what_to_do() {
    let project = held();
    assert_eq!(project.checkride(&["status"]).exits(0).stdout, "no run is open\n");
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    let said = project.checkride(&["status"]).exits(0).stdout;
    assert!(said.contains("under way") && said.contains("watch it: checkride status --follow"), "{said}");
    running.kill();
    project.write("go", "");
    let run = name(&project);
    let said = project.checkride(&["status"]).exits(0).stdout;
    assert!(said.contains(&format!("go on: checkride resume {run}; go back: checkride rollback {run}")), "{said}");
    let json = project.checkride(&["status", "--format", "json"]).exits(0).json();
    assert_eq!(json["open"][0]["run"], run.as_str());
    project.checkride(&["resume", "--answers", "answers.toml"]).exits(0);
    assert_eq!(project.checkride(&["status"]).exits(0).stdout, "no run is open\n");
}

#[test]
fn a_run_is_watched_to_its_end() {
    let project = held();
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    let mut watching = project.begin(&["status", "--follow", &name(&project)]);
    watching.until_it_says("[one] begins: Do one");
    project.write("go", "");
    watching.until_it_says("✓ passed");
    assert_eq!(running.end().code, 0);
    let said = watching.end();
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("Do two") && said.stderr.contains("the run is over: passed"), "{}", said.stderr);
}

#[test]
fn a_run_that_nobody_is_at_is_named() {
    let project = held();
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    let run = name(&project);
    let mut watching = project.begin(&["status", "--follow", &run]);
    watching.until_it_says("[one] begins: Do one");
    running.kill();
    let said = watching.end();
    assert_eq!(said.code, 7, "{}", said.stderr);
    assert!(said.stderr.contains("nobody is at the run any more"), "{}", said.stderr);
    assert!(said.stderr.contains(&format!("checkride resume {run}")), "{}", said.stderr);
    project.write("go", "");
    project.checkride(&["status", "--follow", "none"]).exits(2).says("there is no run `none`");
}
