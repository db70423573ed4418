//! What the commands make of a journal: a report for ever, no resume of what this version does not understand.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin_cmd;
use checkride::journal::{ReadError, UnknownEvent, Writer, read};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::golden::{corpus, golden};
use crate::support::story::{PLAN, RUN, append, bytes_of, digest_of, events, header, lines, sealed};

/// A project with one run, which holds this journal.
fn project(journal: &[u8]) -> (TempDir, PathBuf) {
    let project = tempfile::tempdir().unwrap();
    let run = project.path().join(".checkride/runs").join(RUN);
    fs::create_dir_all(run.join("artifacts")).unwrap();
    fs::create_dir_all(project.path().join("runbooks")).unwrap();
    fs::write(run.join("journal.jsonl"), journal).unwrap();
    fs::write(run.join("plan.json"), plan().to_string()).unwrap();
    (project, run)
}

fn plan() -> Value {
    let step = |id: &str, phase: &str, title: &str, kind: &str, effect: &str| {
        json!({
            "id": id, "phase": phase, "title": title, "kind": kind, "action": format!("do {id}"), "guide": null,
            "owner": "platform", "controls": ["SOC2:CC8.1"], "effect": effect, "left_out": null,
        })
    };
    json!({
        "format": 1, "tool": "0.1.0", "digest": PLAN, "runbook": "runbooks/deploy-prod.toml",
        "title": "Deploy the messaging stack", "profile": "sandbox", "phases": ["checklist", "deploy", "verify"],
        "inputs": { "stage": "dev" }, "secrets": {}, "files": [], "budget_ms": 2_700_000,
        "steps": [
            step("config_backup", "checklist", "The current configuration is backed up", "confirm", "none"),
            step("build", "deploy", "Build the application", "command", "local"),
            step("stack", "deploy", "Deploy through a reviewed change set", "stack", "write"),
            step("smoke", "verify", "The page answers", "command", "read"),
            step("limits", "verify", "Every function has a limit", "command", "read"),
            step("previous_stack", "rollback", "Put the previous template back", "command", "write"),
        ],
    })
}

fn checkride(project: &Path) -> Command {
    let mut command = cargo_bin_cmd!("checkride");
    command.env_clear().current_dir(project).env("HOME", project).env("TZ", "Pacific/Auckland");
    command
}

#[test]
fn the_first_journal_gives_its_report() {
    let (project, _) = project(&fs::read(corpus("journals/first.jsonl")).unwrap());
    let output = checkride(project.path()).args(["report", RUN]).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    golden("journals/first.md", &String::from_utf8(output.stdout).unwrap());
    let runs = checkride(project.path()).args(["runs", "--format", "json"]).output().unwrap();
    let rows: Value = serde_json::from_slice(&runs.stdout).unwrap();
    assert_eq!((&rows["runs"][0]["code"], &rows["runs"][0]["records"]), (&json!(5), &json!(events().len())));
    checkride(project.path()).arg("resume").assert().code(2);
    checkride(project.path()).args(["resume", RUN]).assert().code(2);
}

/// A journal with one more record, of a later version.
fn with_a_later_kind() -> Vec<u8> {
    let events = &events()[..26];
    let mut bytes = bytes_of(events);
    let body = json!({
        "seq": 27, "session": 1, "time": "2026-11-21T19:00:00.000Z", "elapsed": 70_000, "durable": 26,
        "prev": digest_of(lines(&bytes).last().unwrap()), "event": { "kind": "seal_written", "key": "ssh-ed25519" },
    });
    bytes.extend(sealed(&body));
    bytes
}

#[test]
fn a_kind_that_is_not_known_is_verified_and_not_resumed() {
    let (project, run) = project(&with_a_later_kind());
    let journal = read(&run.join("journal.jsonl")).unwrap();
    assert_eq!(journal.tail, None);
    assert_eq!(journal.records[26].event, Err(UnknownEvent { kind: "seal_written".to_owned() }));
    let output = checkride(project.path()).args(["resume", RUN, "--no-input"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(9), "{said}");
    assert!(said.contains("record 27") && said.contains("seal_written"), "{said}");
    assert_eq!(fs::read(run.join("journal.jsonl")).unwrap(), with_a_later_kind(), "nothing was written");
}

#[test]
fn a_damaged_journal_is_neither_resumed_nor_reported() {
    let mut bytes = bytes_of(&events()[..26]);
    let place = lines(&bytes)[..5].concat().len() + 60;
    bytes[place] ^= 4;
    let (project, run) = project(&bytes);
    for command in [&["resume", RUN, "--no-input"][..], &["report", RUN]] {
        let output = checkride(project.path()).args(command).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(9), &b""[..]), "{said}");
        assert!(said.contains("record 5 "), "{said}");
    }
    assert_eq!(fs::read(run.join("journal.jsonl")).unwrap(), bytes, "nothing was written");
    let runs = checkride(project.path()).args(["runs", "--format", "json"]).output().unwrap();
    let rows: Value = serde_json::from_slice(&runs.stdout).unwrap();
    assert_eq!(rows["runs"][0]["stands"], "broken");
}

/// A later format may have another header and other records: it is named before anything else is looked at.
#[test]
fn a_later_format_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    fs::write(&path, sealed(&json!({ "checkride": "journal", "format": 2, "epoch": 1 }))).unwrap();
    assert!(matches!(read(&path), Err(ReadError::Format { found: 2, .. })), "{:?}", read(&path));
    let mut later = header();
    later.format = 3;
    fs::remove_file(&path).unwrap();
    append(Writer::create(&path, &later).unwrap(), &events()[..2]);
    assert!(matches!(read(&path), Err(ReadError::Format { found: 3, .. })));
}
