//! A step that runs, and what a person does to it meanwhile: Ctrl-C, Ctrl-Z and `fg` or `bg`, Ctrl-D, a lost terminal, another
//! size of the screen.

use crate::pty::support::{Desk, Project};

const RUNBOOK: &str = r#"
format = 1

[runbook]
title = "Wash the car"
owner = "garage"
reviewed = 2026-11-21
profile = "yard"

[[deploy]]
id = "foam"
title = "Foam it"
kind = "command"
effect = "local"
on_unknown = "run-again"
shell = '''
test ! -e deaf || trap '' TERM
echo begun >> foam.txt
echo "foam is on"
until [ -e hose ] || [ ! -e runbooks ]; do sleep 0.02; done
echo ended >> foam.txt
'''

[[verify]]
id = "shines"
title = "It shines"
kind = "confirm"
when = "input.look"

[inputs]
look = { boolean = true, default = false }
"#;

const YARD: &str = "[profile]\ntitle = \"The yard\"\ntier = \"development\"\n";

fn project() -> Project {
    Project::new(&[("runbooks/wash.toml", RUNBOOK), ("profiles/yard.toml", YARD)])
}

const LOOK: &[&str] = &["run", "wash", "-i", "look=true"];

/// What the step has written.
fn foam(project: &Project) -> String {
    std::fs::read_to_string(project.path().join("foam.txt")).unwrap()
}

/// Resumes to the good end.
fn resumes(project: &Project) {
    project.append("hose", "");
    let desk = Desk::new(project, &["resume"]);
    desk.ends_well(0);
    desk.sees("the run is over: passed");
}

#[test]
fn ctrl_c_once_lets_it_end() {
    let project = project();
    let mut desk = Desk::new(&project, &["run", "wash"]);
    desk.sees("foam is on");
    desk.types("\u{3}");
    desk.sees("no further step starts; what runs may end");
    project.append("hose", "");
    desk.ends_well(7);
    desk.sees("✓ passed");
    project.is_left_alone();
    resumes(&project);
    assert_eq!(foam(&project), "begun\nended\n", "it ran once");
}

#[test]
fn ctrl_c_thrice_ends_one_that_does_not_listen() {
    let project = project();
    project.append("deaf", "");
    let mut desk = Desk::new(&project, &["run", "wash"]);
    desk.sees("foam is on");
    desk.types("\u{3}");
    desk.sees("no further step starts; what runs may end");
    desk.types("\u{3}");
    desk.sees("the running step is being stopped");
    desk.types("\u{3}");
    desk.sees("interrupted once more (SIGINT)");
    desk.ends_well(7);
    desk.sees("checkride resume 20");
    project.is_left_alone();
    resumes(&project);
    assert_eq!(foam(&project), "begun\nbegun\nended\n", "it was ended on its way, and ran again");
}

#[test]
fn the_end_of_input_means_nothing_to_it() {
    let project = project();
    let mut desk = Desk::new(&project, &["run", "wash"]);
    desk.sees("foam is on");
    // Nor does Ctrl-Z, where no shell waits.
    desk.types("\u{4}\u{4}\u{1a}some words\r\u{4}");
    project.append("hose", "");
    desk.ends_well(0);
    assert!(!desk.sent().contains("some words"), "what is typed meanwhile does not show");
    project.is_left_alone();
}

#[test]
fn ctrl_z_and_fg() {
    let project = project();
    let mut desk = Desk::in_shell(&project);
    desk.types("checkride run wash\r");
    desk.sees("│ foam is on");
    for _ in 0..2 {
        desk.types("\u{1a}");
        desk.sees("suspended; the running step goes on, and so does its time-out. `fg` to come back");
        desk.is_in_shell();
        desk.types("fg\r");
        desk.sees("│ foam is on");
    }
    desk.types("\u{1a}");
    desk.is_in_shell();
    // We stand still, and the step does not.
    project.append("hose", "");
    project.holds_text("foam.txt", "ended");
    desk.types("fg\r");
    desk.sees("the run is over: passed");
    desk.is_in_shell_again(0);
    desk.leaves_shell();
    project.is_left_alone();
    assert_eq!(foam(&project), "begun\nended\n");
}

#[test]
fn in_the_background_it_goes_on_to_the_next_question() {
    let project = project();
    let mut desk = Desk::in_shell(&project);
    desk.types(&format!("checkride {}\r", LOOK.join(" ")));
    desk.sees("│ foam is on");
    desk.types("\u{1a}");
    desk.is_in_shell();
    desk.types("bg\r");
    desk.sees("checkride run wash -i look=true &");
    project.append("hose", "");
    desk.sees("✓ passed");
    desk.sees("checkride has a question and waits: `fg` to answer it");
    // The keys are the shell's meanwhile.
    desk.types("echo $((6 * 7)) d\r");
    desk.sees("\n42 d");
    desk.types("fg\r");
    desk.chooses("It shines", 'd');
    desk.sees("the run is over: passed");
    desk.is_in_shell_again(0);
    desk.leaves_shell();
    project.is_left_alone();
}

#[test]
fn in_the_background_it_goes_on_to_its_end() {
    let project = project();
    let mut desk = Desk::in_shell(&project);
    desk.types("checkride run wash\r");
    desk.sees("│ foam is on");
    desk.types("\u{1a}");
    desk.is_in_shell();
    desk.types("bg\r");
    desk.sees("checkride run wash &");
    project.append("hose", "");
    desk.sees("the run is over: passed");
    desk.types("wait; echo \"ended: $?\"\r");
    desk.sees("\nended: 0");
    assert!(!desk.screen().contains("steps · "), "no live area was drawn over the shell");
    desk.leaves_shell();
    project.is_left_alone();
}

#[test]
fn a_lost_terminal_suspends_the_run_at_the_next_question() {
    let project = project();
    let mut desk = Desk::new(&project, LOOK);
    desk.sees("foam is on");
    desk.hangs_up();
    project.append("hose", "");
    assert_eq!(desk.ends(), 7);
    project.records("terminal_lost");
    project.is_left_alone();
    assert_eq!(foam(&project), "begun\nended\n", "the step was left to end");
    let mut desk = Desk::new(&project, &["resume"]);
    desk.chooses("It shines", 'd');
    desk.ends_well(0);
}

#[test]
fn the_live_area_and_a_menu_follow_the_size_of_the_screen() {
    let project = project();
    let mut desk = Desk::new(&project, LOOK);
    desk.sees("│ foam is on");
    desk.resizes(50, 16);
    desk.sees_row(|row| row.contains("Foam it") && row.trim_end().ends_with('s') && row.chars().count() <= 50);
    let rows = desk.screen();
    assert_eq!(rows.matches("│ foam is on").count(), 1, "the area was drawn anew in its place:\n{rows}");
    project.append("hose", "");
    desk.menu("It shines");
    desk.resizes(90, 30);
    desk.chooses("It shines", 'd');
    desk.ends_well(0);
    assert_eq!(desk.screen().matches("letter or arrows").count(), 0, "{}", desk.screen());
}
