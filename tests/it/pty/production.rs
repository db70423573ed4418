//! A production tier is entered by typing its name, and each of its writes is confirmed.

use crate::pty::support::{Desk, Project};

const RUNBOOK: &str = r#"
format = 1

[runbook]
title = "Open the gate"
owner = "gate"
reviewed = 2026-11-21

[[deploy]]
id = "open"
title = "Open the gate"
kind = "command"
effect = "write"
run = ["touch", "gate-is-open"]

[[rollback]]
id = "shut"
title = "Shut the gate"
kind = "command"
effect = "write"
undoes = ["open"]
run = ["rm", "gate-is-open"]
"#;

const PROFILE: &str = "[profile]\ntitle = \"The real one\"\ntier = \"production\"\n";

fn project() -> Project {
    Project::new(&[("runbooks/gate.toml", RUNBOOK), ("profiles/mainland.toml", PROFILE)])
}

#[test]
fn the_profile_is_typed_and_each_write_is_confirmed() {
    let project = project();
    let open = project.path().join("gate-is-open");
    let mut desk = Desk::new(&project, &["run", "gate", "-p", "mainland"]);
    desk.answers("Type mainland to confirm, or abort", "yes");
    desk.sees("that is not mainland");
    desk.answers("Type mainland to confirm, or abort", "mainland");
    desk.menu("step 1 of 1 (open)");
    desk.sees("$ touch gate-is-open");
    assert!(!open.exists(), "nothing was written before the write was confirmed");
    desk.chooses("step 1 of 1 (open)", 'r');
    desk.ends_well(0);
    assert!(open.exists());
}

#[test]
fn three_wrong_texts_are_a_no() {
    let project = project();
    let mut desk = Desk::new(&project, &["run", "gate", "-p", "mainland"]);
    for wrong in ["mainlan", "MAINLAND", "y"] {
        desk.answers("Type mainland to confirm, or abort", wrong);
    }
    desk.ends_well(6);
    desk.sees("for the third time");
    desk.sees("declined by the operator (exit code 6)");
    assert!(!project.path().join("gate-is-open").exists());
}

const DRILL: &str = r#"
format = 1

[runbook]
title = "Lose the gate"
owner = "gate"
reviewed = 2026-11-21

[phase.drill]
scenario = "The gate is lost"
objectives = ["It stands again"]

[[drill]]
id = "build"
title = "Build a gate beside it"
kind = "command"
effect = "write"
run = ["touch", "second-gate"]

[[rollback]]
id = "clear"
title = "Take it away"
kind = "command"
effect = "write"
undoes = ["build"]
run = ["rm", "second-gate"]
"#;

#[test]
fn a_drill_begins_with_the_profile_typed_too() {
    let project = Project::new(&[("runbooks/lost.toml", DRILL), ("profiles/mainland.toml", PROFILE)]);
    let gate = project.path().join("second-gate");
    let mut desk = Desk::new(&project, &["drill", "lost", "-p", "mainland"]);
    desk.answers("Type mainland to confirm, or abort", "yes");
    desk.sees("that is not mainland");
    assert!(!gate.exists());
    desk.answers("Type mainland to confirm, or abort", "abort");
    desk.ends_well(6);
    assert!(!gate.exists(), "nothing was done");
}
