//! A run that is under way: whoever reads is let in, whoever would write is told who is there.

use serde_json::Value;

use crate::support::project::{HOLD, Project, logged};

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];

#[test]
fn a_run_that_another_process_holds_can_be_read_and_not_gone_on_with() {
    let project = Project::new().local().runbook("r", &logged("one", HOLD, "")).answers("phase.deploy = yes");
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    let name = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let before = project.kept_with("effect_intended");

    let runs = project.checkride(&["runs", "--format", "json"]).exits(0).json();
    assert_eq!((&runs["runs"][0]["stands"], &runs["runs"][0]["resumable"]), (&"under way".into(), &Value::Bool(false)));
    assert!(project.report().contains("Do one"), "the report tells of what is on record so far");
    for reader in [
        &["list"][..],
        &["show", "r"],
        &["check"],
        &["plan", "r", "-p", "local"],
        &["run", "r", "-p", "local", "--plan"],
    ] {
        project.checkride(reader).exits(0);
    }

    let held = format!("run {name} holds the lock: process ");
    for writer in [RUN, &["resume", "--answers", "answers.toml"], &["resume", &name]] {
        let said = project.checkride(writer).exits(12).says(&held).says(" on ").says(", since ");
        let pid = said.stderr.split("process ").nth(1).unwrap().split(' ').next().unwrap();
        let session = project.events().into_iter().find(|event| event["kind"] == "session_started").unwrap();
        assert_eq!(session["pid"].to_string(), pid, "it is the process that runs");
    }
    assert_eq!(project.kept_with("effect_intended"), before, "nothing was written");
    assert_eq!(project.runs().len(), 1);
    project.write("go", "");
    running.end().exits(0);
    assert_eq!(project.checkride(&["runs", "--format", "json"]).json()["runs"][0]["stands"], "passed");
}
