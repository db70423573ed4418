//! After a rollback: the steady state compared with before, undos that run together, what is left to do, and the timeline.

use checkride::event::SteadyChange;
use serde_json::Value;

use crate::support::project::{Project, logged};

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];
const BACK: &[&str] = &["rollback", "--last", "-p", "local", "--answers", "back.toml"];

/// A probe of the steady state: a file with `{"ok": true}`. It keeps a log of its looks.
const PROBE: &str = r#"
[[verify]]
id = "well"
title = "The service is well"
kind = "command"
effect = "read"
steady = true
parse = "json"
owner = "orders"
due = "before the next deploy"
shell = "echo look >> looks; cat state.json"
expect = ["out.json.ok"]
outputs = { load = "out.json.load" }
"#;

fn project(steps: &str) -> Project {
    let project = Project::new().local().runbook("r", steps).file("state.json", "{\"ok\": true, \"load\": 3}");
    let project = project.answers("phase.deploy = yes\nphase.rollback = yes");
    let answers = project.read("answers.toml");
    project.file("back.toml", &answers)
}

fn json(project: &Project) -> Value {
    let run = project.runs().pop().unwrap();
    let name = run.file_name().unwrap().to_str().unwrap().to_owned();
    project.checkride(&["report", &name, "--format", "json"]).exits(0).json()
}

/// The exit code of a rollback after which the service says this, what the comparison is, and what was said of it.
fn after(state: &str) -> (i32, Value, String) {
    let project = project(&format!("{}{PROBE}", logged("one", "", "")));
    project.checkride(RUN).exits(0);
    assert_eq!(project.read("looks"), "look\nlook\n", "before the first change, and in its phase");
    project.write("state.json", state);
    let said = project.checkride(BACK);
    assert_eq!(project.read("log"), "one\nundo_one\n");
    assert_eq!(project.read("looks"), "look\nlook\nlook\n");
    let json = json(&project);
    (said.code, json, said.stderr)
}

#[test]
fn what_is_as_it_was_is_rolled_back() {
    let (code, json, said) = after("{\"ok\": true, \"load\": 7}");
    assert_eq!((code, &json["steady"][0]["change"]), (0, &serde_json::to_value(SteadyChange::Same).unwrap()));
    assert!(said.contains("The service is well: same: passed, as before; load was 3, is 7"), "{said}");
    assert_eq!(json["steady"][0]["before"]["outputs"]["load"], 3);
    assert_eq!(json["standing"]["verdict"], "rolled_back");
    assert_eq!(json["follow_up"], serde_json::json!([]));
}

#[test]
fn what_is_worse_than_before_is_a_failed_verification() {
    let (code, json, said) = after("{\"ok\": false, \"load\": 7}");
    assert_eq!((code, &json["steady"][0]["change"]), (4, &"worse".into()));
    assert!(said.contains("worse: passed before, failed now: expected `out.json.ok`"), "{said}");
    assert_eq!(json["standing"]["word"], "ROLLED BACK");
    assert_eq!(json["standing"]["why"], "but the steady state is worse than before (exit code 4)");
    let item = &json["follow_up"][0];
    assert_eq!((&item["step"], &item["owner"]), (&"well".into(), &"orders".into()));
    assert_eq!(item["due"], "before the next deploy");
    let rows = json["review"]["rows"].as_array().unwrap();
    let last: Vec<&str> = rows.iter().rev().take(2).filter_map(|row| row["what"].as_str()).collect();
    assert!(last[1].starts_with("steady state: “The service is well” worse: passed before"), "{last:?}");
    assert!(last[0].starts_with("the run is over: ROLLED BACK"), "{last:?}");
}

#[test]
fn what_cannot_be_told_afterwards_is_unknown() {
    let (code, json, said) = after("{}");
    assert_eq!((code, &json["steady"][0]["change"]), (13, &"undecided".into()));
    assert!(said.contains("undecided: passed before, unknown now"), "{said}");
    assert_eq!(json["standing"]["verdict"], "verification_unknown");
}

/// A probe that is red before stops nothing; the verification is the after of a run that does not go back; and a `verify`
/// on its own looks once.
#[test]
fn what_is_ill_before_the_run_is_shown_and_stops_nothing() {
    let heal = logged("one", "echo '{\"ok\": true, \"load\": 1}' > state.json\n", "");
    let project = project(&format!("{heal}{PROBE}"));
    project.write("state.json", "{\"ok\": false, \"load\": 9}");
    let said = project.checkride(RUN).exits(0);
    said.says("The service is well: failed before the first change: expected `out.json.ok`");
    let report = json(&project);
    assert_eq!((&report["steady"][0]["change"], &report["standing"]["code"]), (&"better".into(), &0.into()));
    project.write("looks", "");
    project.checkride(&[RUN, &["--phase", "verify"]].concat()).exits(0);
    assert_eq!(project.read("looks"), "look\n");
    assert_eq!(json(&project)["steady"], serde_json::json!([]));
}

/// A deploy that fails and goes back by itself compares, too; that a step failed counts first.
#[test]
fn a_rollback_within_the_run_compares_too() {
    let fails = logged("one", "", "")
        + &logged("two", "echo '{\"ok\": false}' > state.json\nfalse\n", "on_failure = \"rollback\"\n");
    let project = project(&format!("{fails}{PROBE}"));
    let said = project.checkride(RUN).exits(5);
    said.says("worse: passed before, failed now");
    assert_eq!(json(&project)["steady"][0]["change"], "worse");
}

/// Each of the two ends only when the other one has begun: one after the other they would wait for ever.
#[test]
fn undos_that_share_nothing_run_together() {
    let wait = |me: &str, other: &str| {
        format!(
            "[[rollback]]\nid = \"undo_{me}\"\ntitle = \"Undo {me}\"\nkind = \"command\"\neffect = \"write\"\n\
             independent = true\nundoes = [\"{me}\"]\ntimeout = \"60s\"\n\
             shell = '''\ntouch began_{me}\nuntil [ -e began_{other} ]; do sleep 0.02; done\necho undo_{me} >> log\n'''\n\n"
        )
    };
    let only_deploy = |id: &str| logged(id, "", "").split("[[rollback]]").next().unwrap().to_owned();
    let steps =
        [only_deploy("one"), only_deploy("two"), logged("three", "", ""), wait("one", "two"), wait("two", "one")]
            .concat();
    let project = project(&steps);
    project.checkride(RUN).exits(0);
    let plan = project.checkride(&["rollback", "--last", "-p", "local", "--plan"]).exits(0).stdout;
    let together = "  1. Undo three  (undoes three)\n  2. together:\n     - Undo two  (undoes two)\n     - Undo one  (undoes one)\n";
    assert!(plan.contains(together), "{plan}");
    let planned = project.checkride(&["plan", "r", "-p", "local"]).exits(0).stdout;
    assert!(planned.contains("together, `undo_one` to `undo_two`"), "{planned}");
    project.checkride(BACK).exits(0).says("nothing of the run still stands");
    let log = project.read("log");
    assert!(log.starts_with("one\ntwo\nthree\nundo_three\n"), "{log}");
    assert_eq!(log.lines().count(), 6, "{log}");
}

/// The review: what is left to do with who answers for it, and what happened since the incident was declared.
#[test]
fn what_is_left_to_do_and_what_happened_stand_in_every_report() {
    let steps = logged("one", "", "") + &logged("two", "", "").replace("echo undo_two >> log", "false");
    let project = project(&steps);
    project.checkride(RUN).exits(0);
    let said = project.checkride(&[BACK, &["--incident", "INC-42", "--declared", "2026-01-01T00:00:00Z"]].concat());
    said.exits(8)
        .says("  next       repair what failed, then: checkride rollback ")
        .says("--incident INC-42; or by hand");
    let report = json(&project);
    assert_eq!(report["review"]["since"], "incident INC-42 was declared");
    assert_eq!(report["review"]["zero"], "2026-01-01T00:00:00.000Z");
    let rows = report["review"]["rows"].as_array().unwrap();
    let offsets: Vec<i64> = rows.iter().map(|row| row["offset_ms"].as_i64().unwrap()).collect();
    assert!(offsets.is_sorted() && offsets[0] > 0, "{offsets:?}");
    let who: Vec<_> = rows.iter().filter(|row| row["who"] == "ana").map(|row| row["what"].as_str().unwrap()).collect();
    assert!(who.iter().any(|what| what.contains("is answered `yes` by ana")), "{who:?}");
    let items = report["follow_up"].as_array().unwrap();
    let whats: Vec<&str> = items.iter().map(|item| item["what"].as_str().unwrap()).collect();
    assert_eq!(whats.len(), 2, "{whats:?}");
    assert!(whats[0].starts_with("What “Do two” changed still stands: its undo `undo_two` failed"), "{whats:?}");
    assert_eq!(items[0]["owner"], "platform");
    let run = project.only_run();
    let markdown = std::fs::read_to_string(run.join("report.md")).unwrap();
    assert!(markdown.contains("## Follow-up\n\n- [ ] What “Do two” changed still stands"), "{markdown}");
    assert!(markdown.contains("## Timeline for the review\n\nOffsets count from `2026-01-01T00:00:00Z`"), "{markdown}");
    let html = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(html.contains("<h2 id=\"follow-up\">") && html.contains("<h2 id=\"review\">"));
}
