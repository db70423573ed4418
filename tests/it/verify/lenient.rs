//! What does not decide the exit code is shown and counted: waivers, severities, what was known.

use serde_json::Value;

use crate::support::project::Project;

const STEPS: &str = r#"
[[verify]]
id = "low"
title = "Low"
kind = "command"
effect = "read"
run = ["test", "-e", "low"]
severity = "low"

[[verify]]
id = "high"
title = "High"
kind = "command"
effect = "read"
run = ["test", "-e", "high"]
severity = "high"
"#;

const PROFILE: &str = "[profile]\ntitle = \"Here\"\ntier = \"development\"\n";

fn waiver(check: &str, until: &str) -> String {
    format!("\n[[waiver]]\ncheck = \"{check}\"\nreason = \"moved soon\"\nowner = \"bob\"\nuntil = {until}\n")
}

fn project(profile: &str) -> Project {
    Project::new().runbook("r", STEPS).file("profiles/local.toml", &format!("{PROFILE}{profile}"))
}

fn json(project: &Project, words: &[&str], code: i32) -> Value {
    let words: Vec<&str> = ["verify", "r", "-p", "local", "--format", "json"].iter().chain(words).copied().collect();
    let said = project.checkride(&words).exits(code);
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn a_waiver_is_shown_and_counted_and_the_rest_counts() {
    let one = project(&waiver("low", "9999-12-31"));
    let said = one.checkride(&["verify", "r", "-p", "local"]).exits(4);
    assert!(said.stdout.contains("waived by bob until 9999-12-31: moved soon"), "{}", said.stdout);
    assert!(said.stdout.contains("2 checks: 1 failed, 1 waived"), "{}", said.stdout);
    let both = project(&(waiver("low", "9999-12-31") + &waiver("high", "9999-12-31")));
    both.checkride(&["verify", "r", "-p", "local"]).exits(0);
    let events = both.events();
    let waived: Vec<&Value> = events.iter().filter(|it| it["what"] == "waived").collect();
    assert_eq!(waived.len(), 2, "each is on record");
    let end = events.iter().find(|it| it["kind"] == "run_finished").unwrap();
    assert_eq!(end["code"], 0);
}

#[test]
fn a_verification_that_waited_for_a_person_goes_on_with_its_waivers_and_repeats_nothing() {
    let person = "\n[[verify]]\nid = \"person\"\ntitle = \"Look\"\nkind = \"confirm\"\n";
    let project = project(&(waiver("low", "9999-12-31") + &waiver("high", "9999-12-31")))
        .runbook("r", &format!("{STEPS}{person}"))
        .answers("person = done");
    project.checkride(&["verify", "r", "-p", "local"]).exits(11);
    project.checkride(&["resume", "--answers", "answers.toml"]).exits(0);
    let events = project.events();
    let begun = |step: &str| events.iter().filter(|it| it["kind"] == "step_started" && it["step"] == step).count();
    assert_eq!((begun("low"), begun("high"), begun("person")), (1, 1, 2));
    assert_eq!(events.iter().find(|it| it["kind"] == "run_finished").unwrap()["code"], 0);
}

#[test]
fn an_expired_waiver_fails_and_one_without_use_warns() {
    let project =
        project(&(waiver("low", "2026-01-31") + &waiver("high", "9999-12-31") + &waiver("gone", "9999-12-31")));
    project.write("high", "");
    let said = project.checkride(&["verify", "r", "-p", "local"]).exits(4);
    assert!(said.stdout.contains("the waiver of bob has expired on 2026-01-31"), "{}", said.stdout);
    assert!(
        said.stdout.contains("`high`, until 9999-12-31, was not used: what it names did not fail"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("no verification of the runbook is or makes `gone`"), "{}", said.stdout);
}

#[test]
fn less_severe_findings_do_not_fail() {
    let project = project("");
    project.write("high", "");
    project.checkride(&["verify", "r", "-p", "local"]).exits(4);
    let said = project.checkride(&["verify", "r", "-p", "local", "--fail-on", "medium"]).exits(0);
    assert!(said.stdout.contains("1 tolerated"), "{}", said.stdout);
    project.checkride(&["verify", "r", "-p", "local", "--fail-on", "low"]).exits(4);
    project.checkride(&["verify", "r", "-p", "local", "--fail-on", "grave"]).exits(2);
}

#[test]
fn against_an_earlier_run_only_what_is_new_may_count() {
    let project = project("");
    project.checkride(&["verify", "r", "-p", "local", "--compare", "last"]).exits(2).says("no earlier run");
    project.write("high", "");
    project.checkride(&["verify", "r", "-p", "local"]).exits(4);
    let first = project.runs()[0].file_name().unwrap().to_str().unwrap().to_owned();
    project.checkride(&["verify", "r", "-p", "local", "--compare", &first]).exits(4);
    project.checkride(&["verify", "r", "-p", "local", "--compare", &first, "--new-only"]).exits(0);
    std::fs::remove_file(project.path("high")).unwrap();
    let shown = json(&project, &["--compare", &first, "--new-only"], 4);
    let text = shown.to_string();
    assert!(text.contains(&first), "{text}");
    project.checkride(&["verify", "r", "-p", "local", "--new-only"]).exits(2);
    project.write("runbooks/other.toml", &format!("format = 1\n\n[runbook]\ntitle = \"O\"\nowner = \"o\"\n{STEPS}"));
    project
        .checkride(&["verify", "other", "-p", "local", "--compare", &first])
        .exits(2)
        .says("is a run of runbooks/r.toml");
}
