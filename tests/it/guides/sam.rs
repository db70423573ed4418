//! The token on its way to the SAM CLI: on no command line, and in no file that stays.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use nix::sys::signal::Signal;

use super::deployed::{UNATTENDED, unwatched};
use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::sandbox;

/// A SAM CLI that takes note of how it was called, and ends with what `code` says. It makes nothing.
const SAM: &str = r#"#!/bin/sh
printf '%s\n' "$@" > called
ps -o args= -p "$PPID" >> called
for word in "$@"; do
    case $word in
        file://*)
            file=${word#file://}
            cp "$file" given
            ls -l "$file" > modes
            ls -ld "${file%/*}" >> modes ;;
    esac
done
echo "arn:aws:cloudformation:us-east-1:1:changeSet/sam/1"
until [ "$(cat code)" != waits ] || [ ! -e runbooks ]; do sleep 0.02; done
exit "$(cat code)"
"#;

const TOKEN: &str = "it's a token of the upstream";

fn project(token: &str, code: &str) -> Project {
    let project = unwatched(&sandbox::account()).file("bin/sam", SAM).file("code", code).file("tmp/kept", "");
    let sam = project.path("bin/sam");
    fs::set_permissions(&sam, Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", sam.parent().unwrap().display(), project.variables()["PATH"]);
    let temporary = project.path("tmp").display().to_string();
    project.variable("PATH", &path).variable("TMPDIR", &temporary).variable("MTE_API_TOKEN", token)
}

const PREPARE: &[&str] = &["run", "deploy-prod", "-p", "sandbox", "-i", "tool=sam", "--only", "prepare"];

fn prepares(project: &Project) -> Said {
    project.checkride(&[PREPARE, &UNATTENDED].concat())
}

/// What is left where temporary files are made.
fn left(project: &Project) -> Vec<String> {
    let entries = fs::read_dir(project.path("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn it_goes_by_a_file_that_only_the_owner_reads_and_that_is_gone_after() {
    for (code, exits) in [("0", 0), ("3", 5)] {
        let project = project(TOKEN, code);
        let said = prepares(&project).exits(exits).never_says(TOKEN);
        let called = project.read("called");
        assert!(called.contains("--parameter-overrides") && !called.contains(TOKEN), "{called}");
        let given: toml::Table = project.read("given").parse().unwrap();
        assert_eq!(given["ApiToken"].as_str(), Some(TOKEN), "{}", said.stderr);
        assert_eq!(given["AlarmEmail"].as_str(), Some(""));
        assert_eq!(given["LogRetentionDays"].as_str(), Some("30"));
        let modes = project.read("modes");
        let modes: Vec<&str> = modes.lines().filter_map(|line| line.get(..10)).collect();
        assert_eq!(modes, ["-rw-------", "drwx------"]);
        assert_eq!(left(&project), ["kept"]);
        assert!(project.kept_with(TOKEN).is_empty());
    }
}

#[test]
fn it_is_gone_when_sam_is_stopped() {
    let project = project(TOKEN, "waits");
    let mut running = project.begin(&[PREPARE, &UNATTENDED].concat());
    running.until_it_says("changeSet/sam/1");
    assert_eq!(left(&project).len(), 2, "it is there while SAM runs");
    running.signal(Signal::SIGINT);
    running.until_it_says("! interrupted (SIGINT)");
    running.signal(Signal::SIGINT);
    running.end().exits(7);
    assert_eq!(left(&project), ["kept"]);
}

#[test]
fn what_sam_would_change_is_refused_and_sam_is_not_called() {
    for token in ["a \"quoted\" token of 20", "'all of it is in quotes'", "a back\\slash in a token"] {
        let project = project(token, "0");
        prepares(&project).exits(5).says("ApiToken holds a quote or a backslash");
        assert_eq!(project.read("called"), "");
        assert_eq!(left(&project), ["kept"]);
    }
}

#[test]
fn it_gets_the_parameters_that_the_plain_template_gets() {
    let project = project(TOKEN, "0");
    prepares(&project).exits(0);
    let given: toml::Table = project.read("given").parse().unwrap();
    let runbook: toml::Table = project.read("runbooks/deploy-prod.toml").parse().unwrap();
    let steps = runbook["deploy"].as_array().unwrap();
    let stack = steps.iter().find(|step| step["id"].as_str() == Some("stack")).unwrap();
    let plain: BTreeSet<&String> = stack["parameters"].as_table().unwrap().keys().collect();
    assert_eq!(given.keys().collect::<BTreeSet<_>>(), plain);
}
