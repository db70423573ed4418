//! What of a wait is on record, shown and planned.

use serde_json::json;

use crate::support::project::Project;
use crate::wait::fake::{LOOK_AT_TABLE, changes, events_of, request, saying, table, waiting};

const ACCOUNT: &str = "123456789012";

#[test]
fn looks_that_show_the_same_are_not_on_record() {
    let mut answers = vec!["starting"; 19];
    answers.push("ready");
    let web = saying(&answers);
    let more = "until = \"out.json.state == 'ready'\"\nevery = \"100ms\"";
    let project = Project::new().local().runbook("r", &waiting("up", &request(&web), more));
    let said = project.checkride(&["run", "r", "-p", "local", "--events", "events.jsonl"]).exits(0);
    assert_eq!(web.count("/state"), 20);
    assert_eq!(changes(&project, "up").iter().map(|it| it.0).collect::<Vec<_>>(), [1, 20]);
    assert_eq!(said.stderr.matches("[up] look").count(), 2, "{}", said.stderr);
    // The stream has each of them: whoever listens may show them.
    let news = project.read("events.jsonl");
    assert_eq!(news.matches("\"look\":19,").count(), 1, "{news}");
}

#[test]
fn what_changes_all_the_time_is_counted_in_the_end() {
    let script = "echo x >> log; wc -l < log";
    let on = format!("kind = \"command\", shell = \"{script}\"");
    let more = "until = \"out.stdout == '205\\\\n'\"\nevery = \"100ms\"";
    let project = Project::new().local().runbook("r", &waiting("counted", &on, more));
    project.checkride(&["run", "r", "-p", "local"]).exits(0).says("205 changes, the first 200 of them on record");
    assert_eq!(changes(&project, "counted").len(), 200);
    let reason = events_of(&project, "step_finished", "counted")[0]["reason"].clone();
    assert!(reason.as_str().unwrap().contains("out.stdout = \"205\\n\""), "{reason}");
}

#[test]
fn a_long_value_is_cut_and_a_secret_is_not_there() {
    let long = "x".repeat(5000);
    let steps = format!(
        "[inputs]\ntoken = {{ secret = {{ env = \"TOKEN\" }} }}\n{}{}",
        waiting(
            "long",
            &format!("kind = \"command\", run = [\"echo\", \"{long}\"]"),
            "until = \"size(out.stdout) == 5001\""
        ),
        waiting(
            "secret",
            "kind = \"command\", shell = \"echo a $TOKEN\", env = { TOKEN = \"${input.token}\" }",
            "until = \"out.stdout == ''\"\nevery = \"100ms\"\ntimeout = \"200ms\""
        )
    );
    let project = Project::new().local().runbook("r", &steps).variable("TOKEN", "what-pays-the-bill");
    let said = project.checkride(&["run", "r", "-p", "local"]).exits(4).never_says("what-pays-the-bill");
    said.says("[secret] look 1: out.stdout = \"a [secret]");
    let value = changes(&project, "long")[0].1[0][1].as_str().unwrap().to_owned();
    assert!(value.len() < 1100 && value.ends_with("… (5004 bytes)"), "{value}");
    assert_eq!(project.kept_with("what-pays-the-bill"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn every_report_tells_what_the_looks_showed() {
    let web = table(ACCOUNT, &["400 ResourceNotFoundException", "CREATING", "ACTIVE"]);
    let more = "until = \"out.Table.TableStatus == 'ACTIVE'\"\nevery = \"100ms\"";
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let project = project.runbook("r", &waiting("active", LOOK_AT_TABLE, more));
    project.checkride(&["run", "r", "-p", "fake"]).exits(0);
    let run = project.only_run();
    let name = run.file_name().unwrap().to_str().unwrap();
    let report = |format: &str| project.checkride(&["report", name, "--format", format]).exits(0).stdout;
    let markdown = report("md");
    assert!(markdown.contains("| 2 | ") && markdown.contains("`out.Table.TableStatus` = `\"CREATING\"`"), "{markdown}");
    let html = report("html");
    assert!(html.contains("What the looks showed") && html.contains("<code>&quot;CREATING&quot;</code>"), "{html}");
    let json: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    let steps = json["phases"].as_array().unwrap().iter().flat_map(|phase| phase["steps"].as_array().unwrap());
    let step = steps.into_iter().find(|step| step["id"] == "active").unwrap();
    let told = step["attempts"][0]["changes"].as_array().unwrap();
    assert_eq!(told.len(), 3);
    assert_eq!(told[2]["values"], json!([["out.Table.TableStatus", "ACTIVE"]]));
    assert_eq!(told[2]["look"], 3);
}

#[test]
fn a_plan_shows_what_is_repeated_and_what_it_may_call() {
    let more = "until = \"out.Table.TableStatus == 'ACTIVE'\"\nfail = \"out.Table.TableStatus == 'DELETING'\"";
    let waiter = "waiter = \"TableExists\"";
    let steps = format!("{}{}", waiting("active", LOOK_AT_TABLE, more), waiting("there", LOOK_AT_TABLE, waiter));
    let web = table(ACCOUNT, &["ACTIVE"]);
    let project = Project::new().emulated("fake", ACCOUNT, &web.url("")).runbook("r", &steps);
    let said = project.checkride(&["plan", "r", "-p", "fake"]).exits(0);
    for line in [
        "active [read]",
        "dynamodb:DescribeTable",
        "every 5s until out.Table.TableStatus == 'ACTIVE'",
        "or fails as soon as out.Table.TableStatus == 'DELETING'",
        "every 20s until the waiter TableExists is content",
    ] {
        assert!(said.stdout.contains(line), "`{line}` is not in:\n{}", said.stdout);
    }
    let shown = project.checkride(&["show", "r"]).exits(0).stdout;
    assert!(shown.contains("every 5s until"), "{shown}");
    let policy = project.checkride(&["plan", "r", "-p", "fake", "--iam-policy"]).exits(0).stdout;
    assert!(policy.contains("dynamodb:DescribeTable"), "{policy}");
}

#[test]
fn a_wait_that_is_left_out_is_observed_by_one_look() {
    let web = table(ACCOUNT, &["CREATING"]);
    let more = "until = \"out.Table.TableStatus == 'ACTIVE'\"\noutputs = { status = \"out.Table.TableStatus\" }";
    let used = "[[verify]]\nid = \"told\"\ntitle = \"What it is\"\nkind = \"command\"\neffect = \"read\"\n\
                run = [\"echo\", \"now ${step.active.status}\"]\n";
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let project = project.runbook("r", &format!("{}{used}", waiting("active", LOOK_AT_TABLE, more)));
    project.checkride(&["run", "r", "-p", "fake", "--only", "told"]).exits(0).says("| now CREATING");
    let looks = web.heard().iter().filter(|heard| heard.header("x-amz-target").is_some()).count();
    assert_eq!(looks, 1);
}

#[test]
fn what_becomes_a_sensitive_output_is_told_by_no_look() {
    let on = "kind = \"command\", shell = \"echo x >> log; echo wren-lantern-$(wc -l < log)\"";
    let more = "until = \"out.stdout.endsWith('-3\\\\n') && out.exit == 0\"\nevery = \"100ms\"\n\
                outputs = { token = \"out.stdout\" }\nsensitive = [\"token\"]";
    let project = Project::new().local().runbook("r", &waiting("made", on, more));
    project.checkride(&["run", "r", "-p", "local"]).exits(0).never_says("wren-lantern");
    let seen = changes(&project, "made");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].1, json!([["out.stdout", "[secret]"], ["out.exit", 0]]));
    assert_eq!(project.kept_with("wren-lantern-3"), Vec::<std::path::PathBuf>::new());
}
