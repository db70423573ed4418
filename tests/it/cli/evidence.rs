//! `evidence verify`: what a run has left, whole and damaged.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::project::{Project, logged};
use crate::support::sandbox;

/// A run with two artifacts of its own, beside the files that were planned.
fn ran() -> Project {
    let step = logged("one", "echo a word; echo a complaint >&2\n", "outputs = { said = \"out.stdout\" }\n");
    let project = Project::new().local().runbook("r", &step).answers("phase.deploy = yes");
    project.checkride(&["run", "r", "-p", "local", "--answers", "answers.toml"]).exits(0);
    project
}

fn name(run: &Path) -> String {
    run.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The artifact with these bytes.
fn artifact(run: &Path, bytes: &str) -> PathBuf {
    let all = fs::read_dir(run.join("artifacts")).unwrap().map(|entry| entry.unwrap().path());
    all.into_iter().find(|path| fs::read_to_string(path).unwrap() == bytes).unwrap()
}

/// Changes one byte of a file.
fn alter(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Damages a run, and gives what is said of it.
fn damaged(damage: impl FnOnce(&Path)) -> String {
    let project = ran();
    let run = project.only_run();
    project.checkride(&["evidence", "verify", &name(&run)]).exits(0);
    damage(&run);
    let said = project.checkride(&["evidence", "verify", &name(&run)]).exits(9);
    format!("{}{}", said.stdout, said.stderr)
}

#[test]
fn what_a_run_left_is_whole() {
    let project = ran();
    let run = project.only_run();
    let said =
        project.checkride(&["evidence", "verify", &name(&run)]).exits(0).never_says("FAULT").never_says("emulator");
    for words in
        ["a whole chain", "files      2 as they were planned", "artifacts  4 as they are named", "whole: nothing was"]
    {
        assert!(said.stdout.contains(words), "{words}: {}", said.stdout);
    }
    let short = name(&run).rsplit_once('-').unwrap().1.to_owned();
    let found = project.checkride(&["evidence", "verify", &short, "--format", "json"]).exits(0).json();
    assert_eq!((&found["whole"], &found["pinned"], &found["flaws"]), (&true.into(), &2.into(), &serde_json::json!([])));
}

#[test]
fn a_folder_is_verified_wherever_it_is() {
    let project = ran();
    let elsewhere = project.path("elsewhere");
    fs::rename(project.only_run(), &elsewhere).unwrap();
    let empty = Project::new();
    empty.checkride(&["evidence", "verify", elsewhere.to_str().unwrap()]).exits(0);
    empty.checkride(&["evidence", "verify", "nothing"]).exits(2).says("the folder of a run may be given, too");
}

#[test]
fn each_fault_is_named() {
    let said = damaged(|run| alter(&artifact(run, "a word\n"), 2));
    assert!(said.contains("FAULT      artifacts/sha256-") && said.contains("was changed: its bytes have"), "{said}");
    let said = damaged(|run| fs::remove_file(artifact(run, "a complaint\n")).unwrap());
    assert!(said.contains("is missing: a record names it"), "{said}");
    let said = damaged(|run| fs::write(run.join("runbook.toml"), "format = 1\n").unwrap());
    assert!(said.contains("FAULT      runbook.toml was changed"), "{said}");
    let said = damaged(|run| fs::remove_file(run.join("profile.toml")).unwrap());
    assert!(said.contains("FAULT      profile.toml cannot be read"), "{said}");
    let said = damaged(|run| {
        let plan = run.join("plan.json");
        let text = fs::read_to_string(&plan).unwrap();
        fs::write(&plan, text.replacen("\"profile\": \"local\"", "\"profile\": \"other\"", 1)).unwrap();
    });
    assert!(said.contains("plan.json was changed: what it says gives sha256:"), "{said}");
    let said = damaged(|run| fs::write(run.join("plan.json"), "{}").unwrap());
    assert!(said.contains("plan.json is no plan"), "{said}");
    let said = damaged(|run| {
        let pinned = artifact(run, &fs::read_to_string(run.join("runbook.toml")).unwrap());
        fs::remove_file(pinned).unwrap();
    });
    assert!(said.contains("is missing: the plan, for runbooks/r.toml, names it"), "{said}");
}

#[test]
fn damage_of_the_journal_is_named_by_its_record() {
    let said = damaged(|run| {
        let journal = run.join("journal.jsonl");
        let text = fs::read_to_string(&journal).unwrap();
        alter(&journal, text.find("\"seq\":3,").unwrap() + 20);
    });
    assert!(said.contains("record 3"), "{said}");
    let said = damaged(|run| fs::remove_file(run.join("journal.jsonl")).unwrap());
    assert!(said.contains("journal.jsonl"), "{said}");
}

#[test]
fn what_a_crash_tore_off_names_nothing() {
    let project = ran();
    let run = project.only_run();
    let journal = run.join("journal.jsonl");
    let torn =
        format!("{}{{\"seq\":99,\"digest\":\"sha256-{}\"", fs::read_to_string(&journal).unwrap(), "a".repeat(64));
    fs::write(&journal, torn).unwrap();
    let said = project.checkride(&["evidence", "verify", &name(&run)]).exits(0);
    assert!(
        said.stdout.contains("bytes behind the last record, by a crash") && !said.stdout.contains("FAULT"),
        "{said:?}"
    );
}

#[test]
fn many_faults_are_counted_and_the_first_one_is_the_error() {
    let said = damaged(|run| {
        fs::remove_dir_all(run.join("artifacts")).unwrap();
        fs::create_dir(run.join("artifacts")).unwrap();
    });
    assert!(said.contains("error: artifacts/sha256-") && said.contains("4 faults in all"), "{said}");
}

#[test]
fn a_title_acts_on_no_screen() {
    let steps = "format = 1\n[runbook]\ntitle = \"\\u001b[31mRed\\u202e\"\n\n[[verify]]\nid = \"a\"\ntitle = \"A\"\n\
                 kind = \"file\"\npath = \"runbooks/h.toml\"\nexpect = [\"out.content.format == 1\"]\n";
    let project = Project::new().local().file("runbooks/h.toml", steps);
    project.checkride(&["run", "h", "-p", "local", "--no-input"]).exits(0);
    let said = project.checkride(&["evidence", "verify", &name(&project.only_run())]).exits(0);
    assert!(said.stdout.contains("Red") && !said.stdout.contains(['\u{1b}', '\u{202e}']), "{:?}", said.stdout);
}

#[test]
fn what_a_failed_step_said_is_evidence() {
    let steps = "[[deploy]]\nid = \"a\"\ntitle = \"A\"\nkind = \"command\"\neffect = \"local\"\non_failure = \"stop\"\n\
                 shell = \"echo these were its last words; exit 3\"\n";
    let project = Project::new().local().runbook("r", steps);
    project.checkride(&["run", "r", "-p", "local"]).exits(5);
    for kind in ["attempt_failed", "step_finished"] {
        let event = project.events().into_iter().find(|event| event["kind"] == kind).unwrap();
        assert_eq!(event["artifacts"][0]["name"], "stdout", "{event}");
    }
    assert!(project.report().contains("these were its last words"));
    let run = project.only_run();
    project.checkride(&["evidence", "verify", &name(&run)]).exits(0);
    fs::remove_file(artifact(&run, "these were its last words\n")).unwrap();
    project.checkride(&["evidence", "verify", &name(&run)]).exits(9);
}

#[test]
fn the_request_of_a_read_that_failed_is_on_record() {
    let account = sandbox::account();
    let steps = "[[verify]]\nid = \"who\"\ntitle = \"Who\"\nkind = \"aws\"\ncall = \"sts:GetCallerIdentity\"\n\
                 expect = [\"out.Account == '1'\"]\n";
    let project = Project::sandboxed(&account).runbook("r", steps);
    project.checkride(&["run", "r", "-p", "sandbox"]).exits(4);
    for kind in ["attempt_failed", "step_finished"] {
        let event = project.events().into_iter().find(|event| event["kind"] == kind).unwrap();
        assert_eq!(event["requests"].as_array().map(Vec::len), Some(1), "{event}");
    }
}
