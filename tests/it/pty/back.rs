//! The way back at a terminal: one screen, one confirmation, and then neither the terminal nor the person is needed.

use assert_cmd::cargo::cargo_bin_cmd;
use insta::assert_snapshot;

use crate::pty::support::{Desk, Project, steady};

const RUNBOOK: &str = r#"
format = 1

[runbook]
title = "Open the shop"
owner = "shop"
reviewed = 2026-11-21
profile = "street"

[[deploy]]
id = "shutters"
title = "Raise the shutters"
kind = "command"
effect = "write"
shell = "echo raised >> log"

[[deploy]]
id = "mail"
title = "Tell the customers"
kind = "command"
effect = "irreversible"
shell = "echo told >> log"

[[deploy]]
id = "lights"
title = "Switch the lights on"
kind = "command"
effect = "write"
shell = "echo on >> log"

[[rollback]]
id = "lights_off"
title = "Switch the lights off"
kind = "command"
effect = "write"
shell = '''
echo begun >> begun
until [ -e go ] || [ ! -e runbooks ]; do sleep 0.02; done
echo off >> log
'''
undoes = ["lights"]

[[rollback]]
id = "shutters_down"
title = "Lower the shutters"
kind = "command"
effect = "write"
shell = "echo lowered >> log"
undoes = ["shutters"]
"#;

const PROFILE: &str = "[profile]\ntitle = \"The street\"\ntier = \"production\"\n";

const ANSWERS: &str = r#"format = 1
plan = "PLAN"

[answer."phase.deploy"]
choose = "yes"
by = "ana"
reason = "a test"

[answer."shutters.run"]
choose = "run"
by = "ana"
reason = "a test"

[answer."mail.run"]
choose = "run"
by = "ana"
reason = "a test"

[answer."lights.run"]
choose = "run"
by = "ana"
reason = "a test"
"#;

/// A shop that is open.
fn open() -> Project {
    let project = Project::new(&[("runbooks/shop.toml", RUNBOOK), ("profiles/street.toml", PROFILE)]);
    let checkride = |words: &[&str]| {
        let mut command = cargo_bin_cmd!("checkride");
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(project.path()).args(words);
        command.assert().success().get_output().stdout.clone()
    };
    let plan: serde_json::Value = serde_json::from_slice(&checkride(&["plan", "shop", "--format", "json"])).unwrap();
    let answers = ANSWERS.replace("PLAN", plan["digest"].as_str().unwrap());
    std::fs::write(project.path().join("answers.toml"), answers).unwrap();
    checkride(&["run", "shop", "--answers", "answers.toml"]);
    project
}

fn log(project: &Project) -> String {
    std::fs::read_to_string(project.path().join("log")).unwrap()
}

const BACK: &[&str] = &["rollback", "--last", "-p", "street", "--incident", "INC-42"];

#[test]
fn one_screen_and_one_confirmation() {
    let _steady = steady();
    let project = open();
    std::fs::write(project.path().join("go"), "").unwrap();
    let mut desk = Desk::new(&project, BACK);
    desk.prompts("Type street to confirm");
    assert_snapshot!(desk.screen(), @r"
    Open the shop
    run RUN-shop · profile street (production) · plan
      sha256:DIGEST
    rollback for incident INC-42: session 2

    profile street
    Roll back: incident INC-42
      3 steps changed the target, or may have:
        ran       shutters, mail, lights
      Will be done, in this order:
        1. Switch the lights off  (undoes lights)
        2. Lower the shutters  (undoes shutters)
      Will stay as it is:
        mail: there is no way back from it, says the runbook
    ? Type street to confirm, or abort ›
    ");
    desk.types("street\r");
    desk.ends_well(0);
    assert_snapshot!(desk.screen(), @r"
    ? Type street to confirm, or abort › street

    rolling back, because incident INC-42; undo steps: lights_off, shutters_down

    ── rollback · 2 steps ──────────────────────────────────────────────────────────
    [lights_off] begins: Switch the lights off
    [lights_off] runs `sh: echo begun >> begun …`
    [lights_off] done: exit code 0
    ✓ passed #s  Switch the lights off (INC-42: #s)
    [shutters_down] begins: Lower the shutters
    [shutters_down] runs `sh: echo lowered >> log`
    [shutters_down] done: exit code 0
    ✓ passed #s  Lower the shutters (INC-42: #s)
    still stands: 1 step
      mail: there is no way back from it, says the runbook
        command on sh: echo told >> log

    ✓ the run is over: rolled back
      next       see to what remains, below
      steps      5 passed · #s
      rollback   2 of 2 undo steps passed
      remains    mail: there is no way back from it, says the runbook
      report     .checkride/runs/RUN-shop/report.html
    ");
    assert_eq!(log(&project), "raised\ntold\non\noff\nlowered\n");
}

#[test]
fn once_it_is_confirmed_it_needs_no_terminal() {
    let project = open();
    let mut desk = Desk::new(&project, BACK);
    desk.prompts("Type street to confirm");
    desk.types("street\r");
    project.holds("begun");
    desk.hangs_up();
    std::fs::write(project.path().join("go"), "").unwrap();
    assert_eq!(desk.ends(), 0);
    project.records("\"verdict\":\"rolled_back\"");
    assert_eq!(log(&project), "raised\ntold\non\noff\nlowered\n");
}

#[test]
fn a_terminal_that_is_lost_before_changes_nothing() {
    let project = open();
    let mut desk = Desk::new(&project, BACK);
    desk.prompts("Type street to confirm");
    desk.hangs_up();
    assert_eq!(desk.ends(), 7);
    assert_eq!(log(&project), "raised\ntold\non\n");
    std::fs::write(project.path().join("go"), "").unwrap();
    let mut desk = Desk::new(&project, BACK);
    desk.prompts("Type street to confirm");
    desk.types("street\r");
    desk.ends_well(0);
}

/// A second person watches, and takes it up when nobody is at it any more.
#[test]
fn somebody_else_watches_it_and_takes_it_up() {
    let project = open();
    let mut desk = Desk::new(&project, BACK);
    desk.prompts("Type street to confirm");
    desk.types("street\r");
    project.holds("begun");
    let run = project.run();
    let run = run.file_name().unwrap().to_str().unwrap();
    let mut other = Desk::new(&project, &["status", "--follow", run]);
    other.sees("Switch the lights off");
    desk.signals(nix::sys::signal::Signal::SIGKILL);
    other.menu("Take it up?");
    std::fs::write(project.path().join("go"), "").unwrap();
    other.types("y\r");
    other.ends_well(0);
    other.sees("the run is over: rolled back");
    assert_eq!(log(&project), "raised\ntold\non\noff\nlowered\n");
}
