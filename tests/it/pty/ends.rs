//! The ways out of a run that is under way: each leaves the terminal as it was, and a run that can be resumed.

use insta::{allow_duplicates, assert_snapshot};

use crate::pty::support::{Desk, Project, steady};

const RUNBOOK: &str = r#"
format = 1

[runbook]
title = "Wash the car"
owner = "garage"
reviewed = 2026-11-21
profile = "yard"

[[checklist]]
id = "windows"
title = "The windows are shut"
kind = "confirm"

[[deploy]]
id = "foam"
title = "Foam it"
kind = "command"
effect = "local"
on_unknown = "run-again"
shell = '''
echo foaming >> foam.txt
echo "foam is on"
test -e hose || exec sleep 600
'''

[[verify]]
id = "clean"
title = "It is clean"
kind = "command"
effect = "read"
run = ["cat", "foam.txt"]
"#;

const PROFILE: &str = "[profile]\ntitle = \"The yard\"\ntier = \"development\"\n";

fn project() -> Project {
    Project::new(&[("runbooks/wash.toml", RUNBOOK), ("profiles/yard.toml", PROFILE)])
}

/// Resumes the run in a new terminal, to its good end.
fn resumes(project: &Project, windows: bool) {
    std::fs::write(project.path().join("hose"), "").unwrap();
    let mut desk = Desk::new(project, &["resume"]);
    if windows {
        desk.chooses("The windows are shut", 'd');
    }
    desk.ends_well(0);
    desk.sees("the run is over: passed");
}

#[test]
fn ctrl_c_and_the_end_of_input_at_a_prompt() {
    let _steady = steady();
    for keys in ["\u{3}", "\u{4}"] {
        let project = project();
        let mut desk = Desk::new(&project, &["run", "wash"]);
        desk.menu("The windows are shut");
        desk.types(keys);
        desk.ends_well(7);
        desk.sees("checkride resume 20");
        allow_duplicates! { assert_snapshot!(desk.screen(), @r"
        Wash the car
        run RUN-wash · profile yard (development) · plan
          sha256:DIGEST

        ── checklist · 1 step ──────────────────────────────────────────────────────────

        checklist: step 1 of 1 (windows)
        The windows are shut

        ! interrupted: the run can be resumed
          steps      3 not run · #s
          not run    windows, foam, clean
          waits for  `windows`: The windows are shut
          report     .checkride/runs/RUN-wash/report.html
          resume     checkride resume RUN-wash
        ") };
        resumes(&project, true);
    }
}

#[test]
fn ctrl_c_while_a_reason_is_typed() {
    let project = project();
    let mut desk = Desk::new(&project, &["run", "wash"]);
    desk.chooses("The windows are shut", 'a');
    desk.prompts("Reason");
    desk.types("it is a conver\u{3}");
    desk.ends_well(7);
    assert!(!project.journal().contains("it is a conver"), "half an answer is none");
    resumes(&project, true);
}

#[test]
fn ctrl_c_twice_stops_what_runs() {
    let project = project();
    let mut desk = Desk::new(&project, &["run", "wash"]);
    desk.chooses("The windows are shut", 'd');
    desk.sees("foam is on");
    desk.types("\u{3}");
    desk.sees("no further step starts");
    desk.types("\u{3}");
    // What was stopped on its way may have happened; the step says that it may simply run again.
    desk.ends_well(7);
    desk.sees("may have happened");
    desk.sees("checkride resume 20");
    let screen = desk.screen();
    for said in ["── deploy · 1 step", "no further step starts", "the running step is being stopped"] {
        assert!(screen.contains(said), "the live area wiped out `{said}`:\n{screen}");
    }
    resumes(&project, false);
    let foam = std::fs::read_to_string(project.path().join("foam.txt")).unwrap();
    assert_eq!(foam.lines().count(), 2, "`run-again` ran it again");
}

#[test]
fn a_terminal_that_goes_away_suspends_the_run() {
    let project = project();
    let mut desk = Desk::unwatched(&project, &["run", "wash"]);
    project.records(r#""kind":"asked""#);
    desk.hangs_up();
    assert_eq!(desk.ends(), 7);
    project.records("terminal_lost");
    assert!(project.run().join("report.md").exists());
    resumes(&project, true);
}

#[test]
fn what_was_typed_before_it_was_asked_is_no_answer() {
    let project = project();
    std::fs::write(project.path().join("hose"), "").unwrap();
    let mut desk = Desk::new(&project, &["run", "wash"]);
    desk.types("d\rd\rd\r");
    desk.menu("The windows are shut");
    desk.types("\u{3}");
    desk.ends_well(7);
    assert!(!project.journal().contains(r#""kind":"answered""#));
}
