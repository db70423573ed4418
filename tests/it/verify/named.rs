//! What a reader goes by: files are named from the top of the repository, reports and events name their target.

use serde_json::Value;

use crate::support::fake::Fake;
use crate::support::project::Project;

const STEPS: &str = r#"
[[verify]]
id = "bad"
title = "Bad"
kind = "command"
effect = "read"
run = ["false"]
"#;

/// A commit of all that is there, with a project in the folder `project`.
const COMMIT: &str =
    "cd .. && git init -q && git add project && git -c user.name=a -c user.email=a@b.example commit -q -m all";

#[test]
fn files_are_named_from_the_top_of_the_repository() {
    let project = Project::new().local().runbook("r", STEPS);
    let words = ["verify", "r", "-p", "local", "--format", "github", "--junit", "j.xml", "-o", "sarif=v.sarif"];
    let annotated = |said: &str, file: &str| {
        assert!(said.contains(&format!("::error title=bad failed,file={file},line=")), "{said}");
    };
    // No repository yet: there is nothing else to name it by.
    annotated(&project.checkride(&words).exits(4).stdout, "runbooks/r.toml");
    project.shell(COMMIT).exits(0);
    annotated(&project.checkride(&words).exits(4).stdout, "project/runbooks/r.toml");
    let sarif = |text: &str| {
        let log: Value = serde_json::from_str(text).unwrap();
        log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone()
    };
    assert_eq!(sarif(&project.read("v.sarif")), "project/runbooks/r.toml");
    assert!(project.read("j.xml").contains("file=\"project/runbooks/r.toml\""), "{}", project.read("j.xml"));
    // It is on record: the same on any later day, wherever the project stands then.
    let run = project.last_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    std::fs::remove_dir_all(project.path("../.git")).unwrap();
    annotated(&project.checkride(&["report", run, "--format", "github"]).exits(0).stdout, "project/runbooks/r.toml");
    assert_eq!(
        sarif(&project.checkride(&["report", run, "--format", "sarif"]).exits(0).stdout),
        "project/runbooks/r.toml"
    );
    let report = project.checkride(&["report", run, "--format", "json"]).exits(0).json();
    assert_eq!(report["git"]["folder"], "project");
}

#[test]
fn at_the_top_of_the_repository_nothing_stands_before_a_file() {
    let project = Project::new().local().runbook("r", STEPS);
    project.shell(&COMMIT.replace("cd .. && ", "").replace("add project", "add .")).exits(0);
    let said = project.checkride(&["verify", "r", "-p", "local", "--format", "github"]).exits(4);
    assert!(said.stdout.contains(",file=runbooks/r.toml,"), "{}", said.stdout);
}

#[test]
fn reports_and_events_name_their_target() {
    let fake = Fake::caller_of("000000000042");
    let project = Project::new().runbook("r", STEPS).emulated("one", "000000000042", &fake.endpoint);
    let targets = "\n[[target]]\nname = \"eu\"\n\n[[target]]\nname = \"us\"\n";
    project.write("profiles/two.toml", &format!("{}{targets}", project.read("profiles/one.toml")));
    project.checkride(&["verify", "r", "-p", "two", "--events", "events.jsonl"]).exits(4);
    let events = project.read("events.jsonl");
    let lines: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for target in ["eu", "us"] {
        let of_target: Vec<&Value> = lines.iter().filter(|line| line["target"] == target).collect();
        let numbers: Vec<u64> = of_target.iter().filter_map(|line| line["seq"].as_u64()).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "all of {target}, in order");
        assert!(of_target.iter().any(|line| line["event"]["kind"] == "run_finished"), "{events}");
    }
    assert!(lines.iter().all(|line| line["target"].is_string()), "{events}");
    let mut named = Vec::new();
    for run in project.runs() {
        let html = std::fs::read_to_string(run.join("report.html")).unwrap();
        let markdown = std::fs::read_to_string(run.join("report.md")).unwrap();
        let run = run.file_name().unwrap().to_str().unwrap();
        let json = project.checkride(&["report", run, "--format", "json"]).exits(0).json();
        let target = json["verification"]["target"].as_str().unwrap().to_owned();
        assert!(html.contains(&format!("<h1>A test: {target}</h1>")), "{html}");
        assert!(markdown.starts_with(&format!("# A test: {target}\n")), "{markdown}");
        assert!(markdown.contains(&format!("| Target | `{target}` |")), "{markdown}");
        let junit = project.checkride(&["report", run, "--format", "junit"]).exits(0).stdout;
        assert!(junit.contains(&format!("<property name=\"target\" value=\"{target}\"/>")), "{junit}");
        named.push(target);
    }
    named.sort();
    assert_eq!(named, ["eu", "us"]);
    // Where there is one place only, nothing is added.
    project.checkride(&["verify", "r", "-p", "one", "--events", "events.jsonl"]).exits(4);
    let events = project.read("events.jsonl");
    let names = |line: &str| serde_json::from_str::<Value>(line).unwrap().get("target").is_some();
    assert!(!events.is_empty() && !events.lines().any(names), "{events}");
}
