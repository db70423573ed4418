//! `checkride rollback`: by the run's own records, whatever became of the files, and as often as it takes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::support::project::{HOLD, Project, logged};

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];
const BACK: &[&str] = &["rollback", "--last", "-p", "local", "--answers", "back.toml"];

/// Answers to the one question of a rollback.
fn says(project: Project, choice: &str) -> Project {
    let answer =
        format!("format = 1\n[answer.\"phase.rollback\"]\nchoose = \"{choice}\"\nby = \"ana\"\nreason = \"INC-42\"\n");
    project.file("back.toml", &answer)
}

/// Three writes that passed.
fn deployed() -> Project {
    let steps = [logged("one", "", ""), logged("two", "", ""), logged("three", "", "")].concat();
    let project = Project::new().local().runbook("r", &steps).answers("phase.deploy = yes");
    project.checkride(RUN).exits(0);
    says(project, "yes")
}

#[test]
fn the_last_run_is_undone_last_first_and_once() {
    let project = deployed();
    project.checkride(&[BACK, &["--declared", "03:12"]].concat()).exits(2).says("--incident");
    project.checkride(&[BACK, &["--incident", "I", "--declared", "soon"]].concat()).exits(2).says("no time that was");
    let said = project.checkride(&[BACK, &["--incident", "INC-42"]].concat()).exits(0);
    assert_eq!(project.read("log"), "one\ntwo\nthree\nundo_three\nundo_two\nundo_one\n");
    assert_snapshot!(project.shown(&said), @r"
    exit code 0
    stderr:
    A test
    run [RUN r] · profile local (development) · plan sha256:[DIGEST]
    rollback for incident INC-42: session 2
    ? Roll back: incident INC-42
        3 steps changed the target, or may have:
          ran       one, two, three
        Will be done, in this order:
          1. Undo three  (undoes three)
          2. Undo two  (undoes two)
          3. Undo one  (undoes one)
    [phase.rollback] answered `yes` by ana, from the answers file back.toml: INC-42

    rolling back, because incident INC-42; undo steps: undo_three, undo_two, undo_one

    ── rollback · 3 steps ──────────────────────────────────────────────────────────
    [undo_three] begins: Undo three
    [undo_three] runs `sh: echo undo_three >> log`
    [undo_three] done: exit code 0
    ✓ passed  [TOOK]  Undo three (INC-42: [TOOK])
    [undo_two] begins: Undo two
    [undo_two] runs `sh: echo undo_two >> log`
    [undo_two] done: exit code 0
    ✓ passed  [TOOK]  Undo two (INC-42: [TOOK])
    [undo_one] begins: Undo one
    [undo_one] runs `sh: echo undo_one >> log`
    [undo_one] done: exit code 0
    ✓ passed  [TOOK]  Undo one (INC-42: [TOOK])
    nothing of the run still stands

    ✓ the run is over: rolled back
      next       all is undone: say so in INC-42
      steps      6 passed · [TOOK]
      rollback   3 of 3 undo steps passed
      report     .checkride/runs/[RUN r]/report.html
    ");
    assert_snapshot!(project.shown(&project.checkride(&["runs"])), @r"
    exit code 0
    stdout:
    [RUN r]  local         rolled back
    ");
    assert_snapshot!(project.shown(&project.checkride(BACK)), @r"
    exit code 2
    stderr:
    error: run [RUN r] is rolled back
    hint: `checkride report [RUN r]` shows how
    ");
    project.checkride(&["resume"]).exits(2).says("there is no run to go on with");
    let run = project.only_run();
    let name = run.file_name().unwrap().to_str().unwrap();
    project.checkride(&["evidence", "verify", name]).exits(0);
    let json = project.checkride(&["report", name, "--format", "json"]).exits(0).json();
    assert_eq!(json["standing"]["verdict"], "rolled_back");
    assert_eq!(json["rollback"]["left"], serde_json::json!([]));
    assert_eq!(json["sessions"][1]["back"]["incident"], "INC-42");
}

#[test]
fn it_needs_neither_the_runbook_nor_the_profile() {
    let project = deployed();
    fs::remove_dir_all(project.path("runbooks")).unwrap();
    fs::remove_dir_all(project.path("profiles")).unwrap();
    project.checkride(BACK).exits(0);
    assert_eq!(project.read("log"), "one\ntwo\nthree\nundo_three\nundo_two\nundo_one\n");
    // What is put back beside the run is for its owner alone, as all of it is.
    let kept = project.only_run().join("kept");
    for (path, mode) in [("runbooks", 0o700), ("runbooks/r.toml", 0o600), ("profiles/local.toml", 0o600)] {
        let found = fs::metadata(kept.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }
}

#[test]
fn what_ran_is_undone_and_not_what_the_runbook_says_now() {
    let project = deployed();
    let now = [logged("one", "", ""), logged("four", "", "")].concat().replace("echo undo_one", "echo another");
    let project = project.runbook("r", &now);
    project.checkride(BACK).exits(0);
    assert_eq!(project.read("log"), "one\ntwo\nthree\nundo_three\nundo_two\nundo_one\n");
}

#[test]
fn declined_it_leaves_the_run_as_it_was() {
    let project = says(deployed(), "abort");
    let said = project.checkride(BACK).exits(6);
    said.says("declined: the run stands where it stood");
    assert_eq!(project.read("log"), "one\ntwo\nthree\n");
    assert!(project.checkride(&["runs"]).stdout.trim_end().ends_with("passed"));
    project.checkride(&["resume"]).exits(2);
    let project = says(project, "yes");
    project.checkride(BACK).exits(0);
}

#[test]
fn with_nobody_there_it_waits_for_a_person() {
    let project = deployed();
    project.checkride(&["rollback", "--last", "-p", "local"]).exits(11);
    assert_eq!(project.read("log"), "one\ntwo\nthree\n");
    assert!(project.checkride(&["runs"]).stdout.trim_end().ends_with("passed"));
}

#[test]
fn the_plan_is_shown_and_nothing_is_done() {
    let project = deployed();
    let said = project.checkride(&["rollback", "--last", "-p", "local", "--plan", "--to", "one"]).exits(0);
    assert_snapshot!(project.shown(&said), @r"
    exit code 0
    stdout:
    Rollback of [RUN r]: A test
    begun [TIME] by root, profile local
    3 steps changed the target, or may have:
      ran       one, two, three
    Will be done, in this order:
      1. Undo three  (undoes three)
      2. Undo two  (undoes two)
    Will stay as it is:
      one: kept by --to
    ");
    assert_eq!(project.events().iter().filter(|event| event["kind"] == "session_started").count(), 1);
    project.checkride(&["rollback", "--last", "-p", "local", "--to", "none"]).exits(2).says("the run has no such step");
}

#[test]
fn an_undo_that_fails_is_stuck_with_what_is_left_and_is_taken_up_again() {
    let project = deployed();
    // The undo in the middle fails while the file is there.
    let steps = [logged("one", "", ""), logged("two", "", ""), logged("three", "", "")].concat();
    let steps = steps.replace("echo undo_two", "[ ! -e broken ] || exit 9; echo undo_two");
    let project = project.runbook("r", &steps);
    project.checkride(RUN).exits(0);
    project.write("log", "");
    project.write("broken", "");
    let said = project.checkride(BACK).exits(8);
    assert_eq!(project.read("log"), "undo_three\n");
    assert_snapshot!(project.shown(&said), @r"
    exit code 8
    stderr:
    A test
    run [RUN r] · profile local (development) · plan sha256:[DIGEST]
    rollback: session 2
    ? Roll back: asked for by the operator
        3 steps changed the target, or may have:
          ran       one, two, three
        Will be done, in this order:
          1. Undo three  (undoes three)
          2. Undo two  (undoes two)
          3. Undo one  (undoes one)
    [phase.rollback] answered `yes` by ana, from the answers file back.toml: INC-42

    rolling back, because asked for by the operator; undo steps: undo_three, undo_two, undo_one

    ── rollback · 3 steps ──────────────────────────────────────────────────────────
    [undo_three] begins: Undo three
    [undo_three] runs `sh: echo undo_three >> log`
    [undo_three] done: exit code 0
    ✓ passed  [TOOK]  Undo three
    [undo_two] begins: Undo two
    [undo_two] runs `sh: [ ! -e broken ] || exit 9; echo undo_two >> log`
    [undo_two] done: exit code 9
    ✗ failed  [TOOK]  Undo two
      ended with exit code 9: `sh: [ ! -e broken ] || exit 9; echo undo_two >> log` exited with 9
        --> runbooks/r.toml:33:1
    still stands: 2 steps
      two: its undo `undo_two` failed: `sh: [ ! -e broken ] || exit 9; echo undo_two >> log` exited with 9
        command on sh: echo two >> log
        by hand: $ sh: [ ! -e broken ] || exit 9; echo undo_two >> log
      one: its undo `undo_one` did not run
        command on sh: echo one >> log
        by hand: $ sh: echo undo_one >> log

    ✗ the run is over: stuck: a person must look at it (exit code 8)
      steps      4 passed, 1 failed, 1 not run · [TOOK]
      failed     Undo two: `sh: [ ! -e broken ] || exit 9; echo undo_two >> log` exited with 9
      rollback   1 of 3 undo steps passed
      remains    two: its undo `undo_two` failed: `sh: [ ! -e broken ] || exit 9; echo undo_two >> log` exited with 9
      remains    one: its undo `undo_one` did not run
      not run    undo_one
      report     .checkride/runs/[RUN r]/report.html
      resume     checkride rollback [RUN r]
    ");
    fs::remove_file(project.path("broken")).unwrap();
    project.checkride(BACK).exits(0);
    assert_eq!(project.read("log"), "undo_three\nundo_two\nundo_one\n");
}

#[test]
fn a_run_that_was_killed_is_gone_back_from_without_being_resumed() {
    let hold = format!("{HOLD}echo effect >> log\ntouch ended\n");
    let steps = [logged("one", "", ""), logged("two", &hold, ""), logged("three", "", "")].concat();
    let project = Project::new().local().runbook("r", &steps).answers("phase.deploy = yes");
    let project = says(project, "yes");
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    running.kill();
    // The program of the step that was under way goes on under its shim: it is waited for, and then undone.
    project.write("go", "");
    project.checkride(BACK).exits(0);
    assert_eq!(project.read("log"), "one\ntwo\neffect\nundo_two\nundo_one\n");
}

#[test]
fn what_cannot_be_told_is_undone_as_if_it_had_happened() {
    let hold = format!("{HOLD}echo effect >> log\ntouch ended\n");
    let steps = [logged("one", "", ""), logged("two", &hold, "")].concat();
    let project = Project::new().local().runbook("r", &steps).answers("phase.deploy = yes");
    let project = says(project, "yes");
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    running.kill();
    project.kill_shim("two-1");
    project.write("go", "");
    project.until_there_is("ended");
    project.until_ended("two-1");
    let plan = project.checkride(&["rollback", "--last", "-p", "local", "--plan"]).exits(0);
    assert!(plan.stdout.contains("unknown   two: looked at first"), "{}", plan.stdout);
    project.checkride(BACK).exits(0);
    assert_eq!(project.read("log"), "one\ntwo\neffect\nundo_two\nundo_one\n");
}

#[test]
fn what_nothing_changed_or_is_not_named_is_refused() {
    let project = Project::new().local().runbook(
        "r",
        "[[verify]]\nid = \"look\"\ntitle = \"Look\"\nkind = \"command\"\neffect = \"read\"\nrun = [\"true\"]\n",
    );
    project.checkride(&["run", "r", "-p", "local"]).exits(0);
    for (arguments, says) in [
        (&["rollback"][..], "which run is to be rolled back?"),
        (&["rollback", "--last"], "--last of which profile?"),
        (&["rollback", "--last", "-p", "local"], "no run here has changed anything with profile local"),
        (&["rollback", "none"], "there is no run `none`"),
    ] {
        project.checkride(arguments).exits(2).says(says);
    }
    let run = project.only_run();
    let name = run.file_name().unwrap().to_str().unwrap();
    project.checkride(&["rollback", name]).exits(2).says("there is nothing of run");
}
