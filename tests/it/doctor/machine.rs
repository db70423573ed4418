//! This machine: project, what is kept of runs, programs.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::doctor::cloud::{Cloud, Looks, STEPS, Sky};
use crate::support::project::{Project, logged};

fn command(id: &str, run: &str) -> String {
    format!(
        "[[verify]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"command\"\neffect = \"read\"\nrun = [{run}]\nexpect = [\"true\"]\n\n"
    )
}

/// Adds a program to a folder of the project's own, and that folder to `PATH`.
fn program(project: Project, name: &str, script: &str, mode: u32) -> Project {
    let path = format!("{}:{}", project.path("bin").display(), project.variables()["PATH"]);
    let project = project.file(&format!("bin/{name}"), script).variable("PATH", &path);
    fs::set_permissions(project.path(&format!("bin/{name}")), fs::Permissions::from_mode(mode)).unwrap();
    project
}

#[test]
fn a_program_that_is_missing() {
    let steps = format!("{STEPS}{}", command("build", "\"no-such-tool\", \"build\""));
    let looks = Sky::over(Cloud::default(), &steps).looks(4);
    looks.are(&["tool no-such-tool"], &[]);
    looks.says("tool", "step `build` of r runs it").says("tool", "install no-such-tool");
}

#[test]
fn a_program_that_may_not_be_run() {
    let steps = format!("{STEPS}{}", command("build", "\"deploy-it\""));
    let sky = Sky::over(Cloud::default(), &steps).with(|it| program(it, "deploy-it", "#!/bin/sh\n", 0o644));
    sky.looks(4).are(&["tool deploy-it"], &[]).says("tool", "chmod +x");
}

#[test]
fn a_path_that_an_earlier_step_may_make_is_a_warning() {
    let steps = format!("{STEPS}{}", command("built", "\"./target/app\""));
    Sky::over(Cloud::default(), &steps).looks(0).are(&[], &[]).warn(&["tool ./target/app"]);
}

#[test]
fn a_program_that_is_known_only_in_the_run_is_not_known_now() {
    let steps = format!(
        "{STEPS}{}{}",
        command("which", "\"echo\", \"true\"").replace("expect", "outputs = { tool = \"out.stdout\" }\nexpect"),
        command("it", "\"${step.which.tool}\"")
    );
    Sky::over(Cloud::default(), &steps).looks(13).are(&[], &["tool"]).says("tool", "step `it` of r");
}

/// A script of a project may take no notice of `--version`, and deploy.
#[test]
fn a_program_that_may_do_anything_is_not_asked_for_its_version() {
    let steps = format!("{}{}", command("a", "\"deploy-it\""), command("b", "\"sam\""));
    let script = |said: &str| format!("#!/bin/sh\necho {said} >> \"$HOME/ran\"\necho {said} 1.2.3\n");
    let project = program(Project::new().local().runbook("r", &steps), "deploy-it", &script("deploy"), 0o755);
    let project = program(project, "sam", &script("sam"), 0o755);
    let looks = Looks::of(&project.checkride(&["doctor", "-p", "local", "--format", "json"]).exits(0));
    looks.are(&[], &[]).says("tool", "bin/sam: sam 1.2.3");
    assert_eq!(fs::read_to_string(project.home().join("ran")).unwrap(), "sam\n", "the one that is known, once");
}

#[test]
fn a_program_that_never_answers_is_ended() {
    let project = Project::new().local().runbook("r", &command("a", "\"sam\""));
    let project = program(project, "sam", "#!/bin/sh\nwhile :; do sleep 1; done\n", 0o755);
    let looks = Looks::of(&project.checkride(&["doctor", "-p", "local", "--format", "json"]).exits(0));
    looks.are(&[], &[]);
    let line = looks.0["looks"].as_array().unwrap().iter().find(|it| it["about"] == "sam").unwrap();
    assert!(line["found"].as_str().unwrap().ends_with("bin/sam"), "it is there, and says no version: {line}");
}

#[test]
fn a_flood_of_words_is_no_version() {
    let project = Project::new().local().runbook("r", &command("a", "\"sam\""));
    let project = program(project, "sam", "#!/bin/sh\nyes | head -c 3000000\n", 0o755);
    let said = project.checkride(&["doctor", "-p", "local", "--format", "json"]).exits(0);
    assert!(said.stdout.len() < 10_000, "{}", said.stdout.len());
    Looks::of(&said).says("tool", "bin/sam: y");
}

#[test]
fn a_runbook_with_faults() {
    let steps = format!("{STEPS}{}", command("a", "\"git\"").replace("kind =", "kin ="));
    let sky = Sky::over(Cloud::default(), &steps);
    sky.looks(4).are(&["runbooks"], &[]).says("runbooks", "r: 3 errors").says("runbooks", "`checkride check`");
    let said = sky.project.checkride(&["doctor", "-p", "dev", "r", "--format", "json"]).exits(4);
    Looks::of(&said).are(&["runbooks"], &[]).says("runbooks", "`checkride check r`");
}

#[test]
fn records_that_cannot_be_written() {
    let sky = Sky::over(Cloud::default(), STEPS);
    let folder = sky.project.path(".checkride");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    sky.looks(4).are(&["records"], &[]).says("records", "chmod u+rwx");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    sky.looks(0).are(&[], &[]).warn(&["records"]).says("records", "mode 0755").says("records", "chmod 700");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    sky.looks(0).are(&[], &[]).warn(&[]).says("records", "private and writable");
    fs::remove_dir(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    sky.looks(4).are(&["records"], &["runs"]).says("records", "is no folder");
}

#[test]
fn a_run_that_waits_for_a_person() {
    let project = Project::new().local().runbook("r", &logged("a", "", ""));
    project.checkride(&["run", "r", "-p", "local", "--no-input"]).exits(11);
    let looks = Looks::of(&project.checkride(&["doctor", "-p", "local", "--format", "json"]).exits(0));
    looks.are(&[], &[]).warn(&["runs"]).says("runs", "waits for a person").says("runs", "checkride resume");
}

#[test]
fn outside_of_a_project() {
    let project = Project::new().local();
    fs::remove_dir_all(project.path("runbooks")).unwrap();
    let looks = Looks::of(&project.checkride(&["doctor", "--format", "json"]).exits(4));
    looks.are(&["project"], &[]).says("project", "--dir");
    project.checkride(&["doctor", "--dir", "nowhere"]).exits(2);
}

#[test]
fn what_was_named_must_be_there_and_be_sound() {
    let project = Project::new().file("profiles/broken.toml", "[profile]\ntitle = 1\n").runbook("r", STEPS);
    project.checkride(&["doctor", "-p", "none"]).exits(2).says("there is no profile `none`");
    project.checkride(&["doctor", "none"]).exits(2).says("there is no runbook `none`");
    let said = project.checkride(&["doctor", "-p", "broken"]).exits(3);
    assert_snapshot!(said.stderr, @r#"
    error[RB014]: `title` of `profile` takes a string
     --> profiles/broken.toml:2:9
      |
    2 | title = 1
      |         ^ this is an integer

    error[RB013]: `profile` has no `tier`
     --> profiles/broken.toml:1:1
      |
    1 | [profile]
      | ^^^^^^^^^ `tier` is missing
      |
      = help: `tier` is one of "production", "staging", "development", "sandbox". How much is at stake. In production each phase that writes begins with the profile's name typed.

    2 errors
    "#);
    let looks = Looks::of(&project.checkride(&["doctor", "--format", "json"]).exits(4));
    looks.are(&["profiles"], &[]).says("profiles", "broken: ");
}
