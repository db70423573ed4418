//! Commands under their shim: what becomes of them, and of what they say, when checkride dies.

use checkride::step::command::State;
use checkride::world::process::{Ended, StopCause};
use nix::sys::signal::Signal;

use crate::support::binary::{Running, Said, patiently};
use crate::support::project::{HOLD, Project, logged};

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];
const RESUME: &[&str] = &["resume", "--answers", "answers.toml"];

/// A write that holds until it is told to go on, and one that uses what it said. `more` are further keys of the first.
fn two(more: &str, script: &str) -> Project {
    let hold = format!("echo before\n{HOLD}echo effect >> log\necho after\n{script}");
    let first = logged("one", &hold, &format!("outputs = {{ said = \"out.stdout\" }}\n{more}"));
    let second = logged("two", "echo \"$SAID\" >> log\n", "env = { SAID = \"${step.one.said}\" }\n");
    Project::new().local().runbook("r", &[first, second].concat()).answers("phase.deploy = yes")
}

fn under_way(project: &Project) -> Running {
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    running
}

/// Lets the program go on, and waits until its shim has ended.
fn let_go(project: &Project) {
    project.write("go", "");
    patiently("the shim ends", || !project.is_hosted("one-1"));
}

#[test]
fn a_command_that_ended_with_nobody_watching_is_found_ended() {
    for more in ["", "on_unknown = \"run-again\"\n", "on_unknown = \"ask\"\n"] {
        let project = two(more, "");
        under_way(&project).kill();
        let_go(&project);
        let said = project.checkride(RESUME).exits(0);
        said.says("[one] done: exit code 0; found on resume").never_says("attempt 2");
        assert_eq!(project.read("log"), "one\neffect\ntwo\nbefore\nafter\n\n", "each effect once, with what it said");
    }
}

#[test]
fn a_command_that_failed_with_nobody_watching_is_found_failed() {
    let project = two("", "exit 3\n");
    under_way(&project).kill();
    let_go(&project);
    project.checkride(RESUME).exits(5).says("[one] done: exit code 3; found on resume").says("exited with 3");
    assert_eq!(project.read("log"), "one\neffect\n");
}

#[test]
fn a_command_that_still_runs_is_waited_for_and_shown_and_never_begun_again() {
    for more in ["", "on_unknown = \"run-again\"\n"] {
        let project = two(more, "");
        under_way(&project).kill();
        let mut resumed = project.begin(RESUME);
        resumed.until_it_says("waiting for it");
        project.write("go", "");
        resumed.end().exits(0).says("[one] | after").says("[one] done: exit code 0");
        assert_eq!(project.read("log"), "one\neffect\ntwo\nbefore\nafter\n\n");
    }
}

#[test]
fn a_command_whose_first_word_is_its_last_is_shown_all_the_same() {
    let script = format!("{HOLD}echo the only word\necho the only complaint >&2\n");
    let project = Project::new().local().runbook("r", &logged("one", &script, "")).answers("phase.deploy = yes");
    under_way(&project).kill();
    let mut resumed = project.begin(RESUME);
    resumed.until_it_says("waiting for it");
    project.write("go", "");
    resumed.end().exits(0).says("[one] | the only word").says("[one] | the only complaint");
}

#[test]
fn to_wait_for_a_command_that_runs_needs_nobodys_leave() {
    let project = two("", "");
    under_way(&project).kill();
    let mut resumed = project.begin(&["resume", "--no-input"]);
    resumed.until_it_says("waiting for it");
    project.write("go", "");
    resumed.end().exits(11).says("[one] done: exit code 0");
    assert_eq!(project.read("log"), "one\neffect\n", "what follows waits for a person");
}

#[test]
fn a_wait_that_is_killed_is_a_wait_again() {
    let project = two("", "");
    under_way(&project).kill();
    for _ in 0..2 {
        let mut resumed = project.begin(RESUME);
        resumed.until_it_says("waiting for it");
        resumed.kill();
    }
    let_go(&project);
    project.checkride(RESUME).exits(0);
    assert_eq!(project.read("log"), "one\neffect\ntwo\nbefore\nafter\n\n");
}

#[test]
fn a_command_of_another_session_is_stopped_by_the_second_interrupt() {
    let project = two("", "");
    under_way(&project).kill();
    let mut resumed = project.begin(RESUME);
    resumed.until_it_says("waiting for it");
    resumed.signal(Signal::SIGINT);
    resumed.until_it_says("! interrupted (SIGINT)");
    resumed.signal(Signal::SIGINT);
    resumed.end().exits(8).says("it was stopped on its way");
    assert_eq!(project.read("log"), "one\n");
    assert!(!project.is_hosted("one-1"));
}

/// What a program does whose shim was killed is asked about only when it has ended: before, a probe would say what is soon
/// untrue.
#[test]
fn a_shim_that_is_killed_leaves_an_unknown_effect() {
    let project = two("", "");
    let mut running = under_way(&project);
    project.kill_shim("one-1");
    running.until_it_says("the process that watched over it was killed, and it still runs; waiting for it");
    project.write("go", "");
    running.until_it_says("it may have happened; nobody knows");
    running.end().exits(8).says("the process that watched over it was killed, and its end was not seen");
}

#[test]
fn a_program_whose_shim_was_killed_is_waited_for_before_its_probe_is_asked() {
    let probe =
        "on_unknown = \"probe\"\nprobe = { run = [\"cat\", \"log\"], done = \"out.stdout.contains('effect')\" }\n";
    let step = logged("one", &format!("{HOLD}echo effect >> log\n"), probe);
    let project = Project::new().local().runbook("r", &step).answers("phase.deploy = yes");
    under_way(&project).kill();
    project.kill_shim("one-1");
    let mut resumed = project.begin(RESUME);
    resumed.until_it_says("waiting for it");
    project.write("go", "");
    resumed.end().exits(0).says("found done by a probe");
    assert_eq!(project.read("log").matches("effect").count(), 1, "{}", project.read("log"));
}

#[test]
fn a_third_interrupt_ends_a_program_that_does_not_listen() {
    let project = two("", "").runbook("r", &logged("one", &format!("trap 'echo deaf' TERM\n{DEAF}"), ""));
    let mut running = under_way(&project);
    running.signal(Signal::SIGINT);
    running.until_it_says("! interrupted (SIGINT)");
    running.signal(Signal::SIGINT);
    running.until_it_says("[one] | deaf");
    running.signal(Signal::SIGINT);
    running.end().exits(8).says("it was stopped on its way");
    let Some(State::Ended(record)) = project.states("one-1").pop() else { panic!("it has no end") };
    assert_eq!((record.ended, record.stopped), (Ended::Signalled(9), Some(StopCause::Cancelled)));
}

#[test]
fn what_a_command_leaves_running_is_named_though_it_left_its_group() {
    let script = "setsid sh -c 'touch begun; until [ -e go ] || [ ! -e runbooks ]; do sleep 0.02; done; touch gone' \
                  >/dev/null 2>&1 &\nuntil [ -e begun ]; do sleep 0.02; done\n";
    let project = Project::new().local().runbook("r", &logged("one", script, "")).answers("phase.deploy = yes");
    project.checkride(RUN).exits(0).says("processes that it started are still running: sh (");
    project.write("go", "");
    project.until_there_is("gone");
}

/// [`HOLD`], for a script whose children are ended.
const DEAF: &str = "touch begun\nuntil [ -e go ] || [ ! -e runbooks ]; do sleep 0.02 || true; done\n";

const TOKEN: &str = "tk-55-Walnut-Harbor";

/// A write that says a secret, in pieces, and then holds.
fn telling(more: &str) -> Project {
    let script = format!("printf 'begin tk-55-Wal'; printf 'nut-Harbor end\\n'; printf '%s' \"$TOKEN\" >&2\n{HOLD}");
    let inputs = "[inputs]\ntoken = { secret = { env = \"TOKEN\" } }\n\n";
    let env = format!("env = {{ TOKEN = \"${{input.token}}\" }}\n{more}");
    let project = Project::new().local().runbook("r", &format!("{inputs}{}", logged("one", &script, &env)));
    project.answers("phase.deploy = yes").variable("TOKEN", TOKEN)
}

#[test]
fn a_secret_is_cut_though_checkride_died_before_it_was_said() {
    let project = telling("");
    under_way(&project).kill().never_says(TOKEN);
    assert_eq!(project.kept_with(TOKEN), Vec::<std::path::PathBuf>::new(), "while it runs");
    let_go(&project);
    assert_eq!(project.kept_with(TOKEN), Vec::<std::path::PathBuf>::new(), "after its end");
    project.checkride(RESUME).exits(0).never_says(TOKEN);
    assert_eq!(project.kept_with(TOKEN), Vec::<std::path::PathBuf>::new(), "after the run");
    let kept = project.kept_with("begin [secret] end");
    assert!(
        kept.iter().any(|path| path.parent().is_some_and(|folder| folder.ends_with("artifacts"))),
        "it is kept, cut"
    );
}

#[test]
fn secret_output_is_not_stored_and_its_loss_is_named() {
    let more = "outputs = { made = \"out.stdout\" }\nsensitive = [\"made\"]\n";
    let project =
        Project::new().local().runbook("r", &logged("one", &format!("echo walnut-\"harbor-77\"\n{HOLD}"), more));
    let project = project.answers("phase.deploy = yes");
    under_way(&project).kill().never_says("walnut-harbor-77");
    let_go(&project);
    project.checkride(RESUME).exits(5).says("its output is not stored: it is secret");
    assert_eq!(project.kept_with("walnut-harbor-77"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn the_shim_is_no_command_of_a_persons() {
    let said: Said = Project::new().checkride(&["--help"]);
    assert!(!said.stdout.contains("shim"), "{}", said.stdout);
}
