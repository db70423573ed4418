//! Several formats at once, to files and to stdout; the same each time.

use regex::Regex;
use serde_json::Value;

use crate::support::project::Project;

const STEPS: &str = r#"
[[verify]]
id = "bad"
title = "Bad <things> & others"
kind = "command"
effect = "read"
run = ["false"]

[[verify]]
id = "good"
title = "Good"
kind = "command"
effect = "read"
run = ["true"]
"#;

#[test]
fn each_format_goes_where_it_is_wanted() {
    let project = Project::new().local().runbook("r", STEPS);
    let summary = project.path("summary.md");
    let project = project.variable("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    std::fs::write(&summary, b"before \xff\n").unwrap();
    let words = [
        "verify",
        "r",
        "-p",
        "local",
        "--format",
        "github",
        "--junit",
        "out/junit.xml",
        "-o",
        "json=v.json",
        "-o",
        "sarif=v.sarif",
        "-o",
        "markdown=v.md",
        "-o",
        "human=v.txt",
        "--events",
        "events.jsonl",
    ];
    let said = project.checkride(&words).exits(4);
    assert!(said.stdout.contains("::error title=bad failed,file=runbooks/r.toml,line="), "{}", said.stdout);
    let summary = std::fs::read(&summary).unwrap();
    assert!(summary.starts_with(b"before \xff\n"), "what stood there stays, whatever it is");
    assert!(String::from_utf8_lossy(&summary).contains("Bad"));
    let junit = project.read("out/junit.xml");
    assert!(junit.contains("failures=\"1\"") && junit.contains("Bad &lt;things&gt; &amp; others"), "{junit}");
    let json: Value = serde_json::from_str(&project.read("v.json")).unwrap();
    assert_eq!(json["format"], 1);
    let sarif: Value = serde_json::from_str(&project.read("v.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    assert!(project.read("v.md").contains("Bad"));
    assert!(project.read("v.txt").contains("NOT PASSED"));
    let events = project.read("events.jsonl");
    assert!(events.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()) && events.contains("run_finished"));
    project.checkride(&["verify", "r", "-p", "local", "-o", "xml=a"]).exits(2);
    project.checkride(&["verify", "r", "-p", "local", "-o", "json"]).exits(2);
}

#[test]
fn what_cannot_be_written_is_said_and_the_evidence_stays() {
    let project = Project::new().local().runbook("r", STEPS);
    project.write("file", "");
    let words = ["verify", "r", "-p", "local", "--junit", "file/junit.xml", "-o", "json=v.json"];
    project.checkride(&words).exits(2).says("cannot be written");
    assert_eq!(project.runs().len(), 1);
    assert!(project.path("v.json").exists(), "the others are written all the same");
}

#[test]
fn nothing_is_asked_and_nothing_moves() {
    let project = Project::new().local().runbook("r", STEPS);
    let said = project.checkride(&["verify", "r", "-p", "local"]).exits(4);
    assert!(!said.stdout.contains('\u{1b}') && !said.stderr.contains('\u{1b}'));
    let again = project.checkride(&["verify", "r", "-p", "local"]).exits(4);
    let steady = |text: &str| {
        let moves = Regex::new(r"\d{8}T\d{6}Z-r-[0-9a-f]{4}|\(\d[^)]*s\)").unwrap();
        moves.replace_all(text, "").into_owned()
    };
    assert_eq!(steady(&said.stdout), steady(&again.stdout));
}
