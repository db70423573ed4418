//! The people of a drill: when they knew of it, who took part, what they saw, and what they recommend.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::timed::{GO, drill};
use super::world::World;
use crate::support::project::Project;

fn runbook() -> String {
    let text = drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\n", "");
    text.replace("rto = \"10m\"", "covers = [\"prod\"]\nroles = [\"operator\", \"scribe\"]\nrto = \"2h\"")
}

fn held(more: &[&str], answers: &str) -> Project {
    let world = World::new(2);
    let project = world.project(&runbook());
    let project =
        project.file("answers.toml", &format!("format = 1\n{}{answers}", answer("phase.drill", "yes", "go", "")));
    let mut words = GO.to_vec();
    words.extend(more);
    project.checkride(&words).exits(0);
    project
}

fn answer(question: &str, choice: &str, reason: &str, more: &str) -> String {
    format!("[answer.\"{question}\"]\nchoose = \"{choice}\"\nby = \"ana\"\nreason = \"{reason}\"\n{more}\n")
}

fn id(project: &Project) -> String {
    project.only_run().file_name().unwrap().to_str().unwrap().to_owned()
}

fn of_kind(project: &Project, kind: &str) -> Vec<Value> {
    project.events().into_iter().filter(|event| event["kind"] == kind).collect()
}

/// Says something of the drill that was held, from an answers file.
fn afterwards(project: Project, answers: &str, code: i32) -> Project {
    let project = project.file("after.toml", &format!("format = 1\n{answers}"));
    let run = id(&project);
    project.checkride(&["drill", "--after", &run, "--answers", "after.toml"]).exits(code);
    project
}

#[test]
fn the_recovery_time_counts_from_when_it_was_detected() {
    let project = held(&["--detected", "-20m", "--declared", "-15m"], "");
    let moments = of_kind(&project, "drill_moment");
    let names: Vec<&str> = moments.iter().map(|it| it["moment"].as_str().unwrap()).collect();
    assert_eq!(names, ["detected", "declared", "started", "restored", "verified"]);
    let time = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let measured = of_kind(&project, "objective_measured");
    assert_eq!((&measured[0]["objective"], &measured[0]["by"]), (&json!("rto"), &json!("from detected to verified")));
    assert!(measured[0]["measured_ms"].as_u64().unwrap() >= 20 * 60_000, "{measured:?}");
    let report = project.checkride(&["report", &id(&project), "--format", "json"]).exits(0).json();
    let rto = &report["drill"]["measured"][0];
    assert_eq!(rto["from"], report["drill"]["moments"][0]["time"], "the time stamp that was used");
    let (from, to) = (time(&rto["from"]), time(&rto["to"]));
    assert_eq!(u64::try_from((to - from).num_milliseconds()).unwrap(), rto["measured_ms"].as_u64().unwrap());
    assert!((time(&moments[1]["at"]) - time(&moments[0]["at"])).num_minutes() == 5);
    let rpo = &report["drill"]["measured"][1];
    assert_eq!((time(&rpo["to"]) - time(&rpo["from"])).num_milliseconds(), rpo["measured_ms"].as_i64().unwrap());
}

#[test]
fn times_and_roles_that_make_no_sense_are_refused_before_anything_begins() {
    let world = World::new(1);
    let project = world.project(&runbook());
    let refused = |more: &[&str], why: &str| {
        let mut words = GO.to_vec();
        words.extend(more);
        project.checkride(&words).exits(2).says(why);
    };
    refused(&["--detected", "2199-01-01T00:00:00Z"], "is in the future");
    refused(&["--detected", "-5m", "--declared", "-10m"], "--declared is earlier than --detected");
    refused(&["--participant", "Ana=operatr"], "did you mean `operator`?");
    refused(&["--participant", "Ana"], "write NAME=ROLE");
    assert_eq!((project.runs().len(), world.connections()), (0, 0));
}

#[test]
fn who_took_part_is_on_record_and_a_role_with_nobody_is_seen() {
    let project = held(&["--participant", "Ana Ruiz=operator", "--participant", "Bo=operator"], "");
    assert_eq!(
        of_kind(&project, "participant"),
        [
            json!({ "kind": "participant", "name": "Ana Ruiz", "role": "operator" }),
            json!({ "kind": "participant", "name": "Bo", "role": "operator" }),
        ]
    );
    let report = project.report();
    for words in ["| operator | Ana Ruiz, Bo |", "| scribe | nobody |", "- Nobody is on record as scribe"] {
        assert!(report.contains(words), "{words}\n{report}");
    }
}

#[test]
fn remarks_are_heard_at_the_end_of_a_drill_and_nobody_is_needed_for_them() {
    let project = held(&[], "");
    assert!(of_kind(&project, "asked").iter().all(|it| !it["question"]["id"].to_string().contains("observation")));
    assert!(of_kind(&project, "remarked").is_empty());

    let said = answer("drill.observation.1", "observe", "The pager was silent", "")
        + &answer("drill.observation.2", "observe", "It was dark", "")
        + &answer("drill.recommendation.1", "recommend", "Buy a lamp", "owner = \"platform\"\ndue = \"2020-02-29\"");
    let project = held(&[], &said);
    let remarked = of_kind(&project, "remarked");
    assert_eq!(remarked.len(), 3);
    assert_eq!(
        remarked[2],
        json!({
            "kind": "remarked", "remark": "recommendation", "text": "Buy a lamp", "by": "ana", "owner": "platform",
            "due": "2020-02-29",
        })
    );
    let report = project.report();
    for words in [
        "- The pager was silent (ana)",
        "- It was dark (ana)",
        "| 1 | Buy a lamp | platform | 2020-02-29 | open |",
        "- [ ] Buy a lamp. Owner: platform. Due: 2020-02-29.",
        "## Conclusion",
    ] {
        assert!(report.contains(words), "{words}\n{report}");
    }
}

#[test]
fn what_is_recommended_is_overdue_until_it_is_done() {
    let said =
        answer("drill.recommendation.1", "recommend", "Buy a lamp", "owner = \"platform\"\ndue = \"2020-02-29\"")
            + &answer("drill.recommendation.2", "recommend", "Buy a torch", "due = \"2199-01-01\"")
            + &answer("drill.recommendation.3", "recommend", "Sleep", "");
    let project = afterwards(held(&[], ""), &said, 0);
    let run = id(&project);
    let status = project.checkride(&["status"]).exits(0).stdout;
    assert!(status.contains("due 2020-02-29: Buy a lamp (platform)"), "{status}");
    assert!(status.contains(&format!("checkride drill --after {run}")), "{status}");
    assert!(!status.contains("torch") && !status.contains("Sleep"), "{status}");
    let json = project.checkride(&["status", "--format", "json"]).exits(0).json();
    assert_eq!(
        json["overdue"],
        json!([{ "run": run, "text": "Buy a lamp", "owner": "platform", "due": "2020-02-29" }])
    );

    let project = afterwards(project, &answer("drill.recommendation.1.done", "done", "CHG-7", ""), 0);
    let status = project.checkride(&["status"]).exits(0).stdout;
    assert!(!status.contains("Buy a lamp"), "{status}");
    let report = project.report();
    assert!(report.contains("| 1 | Buy a lamp | platform | 2020-02-29 | done, says ana |"), "{report}");
    assert!(report.contains("| 2 | Buy a torch | nobody yet | 2199-01-01 | open |"), "{report}");
    project.checkride(&["evidence", "verify", &run]).exits(0);
}

#[test]
fn what_is_said_afterwards_changes_nothing_else() {
    let project = held(&["--keep", "INC-7"], "");
    let run = id(&project);
    let before = project.checkride(&["report", &run, "--format", "json"]).exits(0).json();
    let project = afterwards(project, &answer("drill.observation.1", "observe", "It was dark", ""), 0);
    let after = project.checkride(&["report", &run, "--format", "json"]).exits(0).json();
    for what in ["standing", "spent_ms", "counts", "rollback"] {
        assert_eq!(before[what], after[what], "{what}");
    }
    assert_eq!(before["drill"]["measured"], after["drill"]["measured"]);
    // Nobody says anything: nothing is done.
    let project = afterwards(project, "", 5);
    project.checkride(&["resume", &run]).exits(2).says("is over");
    // What was kept is removed all the same.
    let project = project.answers("phase.rollback = yes");
    project.checkride(&["drill", "--cleanup", &run, "--answers", "answers.toml"]).exits(0);
    let project = afterwards(project, &answer("drill.observation.2", "observe", "It is gone", ""), 0);
    assert!(project.report().contains("- It is gone (ana)"));
}

#[test]
fn only_a_drill_that_is_over_has_an_afterwards() {
    let world = World::new(1);
    let project = world.project(&runbook()).file("answers.toml", "format = 1\n");
    project.checkride(GO).exits(11);
    let open = id(&project);
    project.checkride(&["drill", "--after", &open]).exits(2).says("is not over");
    project.checkride(&["drill", "--after", "7f3a9"]).exits(2);
    let project = Project::new().local().runbook("d", &crate::support::project::logged("one", "", ""));
    let project = project.answers("phase.deploy = yes");
    project.checkride(&["run", "d", "-p", "local", "--answers", "answers.toml"]).exits(0);
    project.checkride(&["drill", "--after", &id(&project)]).exits(2).says("is no drill");
}

#[test]
fn somebody_who_took_part_can_be_named_afterwards() {
    let project = held(&[], "");
    let run = id(&project);
    let after = ["drill", "--after", &run, "--participant"];
    project.checkride(&[&after[..], &["Bo=cook"]].concat()).exits(2).says("its roles: operator, scribe");
    project.checkride(&[&after[..], &["Bo=Scribe"]].concat()).exits(0);
    assert!(project.report().contains("| scribe | Bo |"), "{}", project.report());
    project.checkride(&["drill", "--after", &run]).exits(5).says("nothing was added");
    project.checkride(&["drill", "--after", &run, "--reason", "x"]).exits(2).says("cannot be used with");
}

/// The runbook's secrets are known again, and stand nowhere; one that is not at hand is named.
#[test]
fn a_secret_that_somebody_types_afterwards_is_cut() {
    let world = World::new(2);
    let text = format!(
        "[inputs]\ntoken = {{ secret = {{ env = \"TOKEN\" }} }}\n\n{}\n\n[[drill]]\nid = \"told\"\ntitle = \"Told\"\n\
         kind = \"command\"\neffect = \"read\"\nrun = [\"true\"]\nenv = {{ TOKEN = \"${{input.token}}\" }}\n",
        runbook()
    );
    let project = world.project(&text).variable("TOKEN", "hunter2-very-secret").answers("phase.drill = yes");
    project.checkride(GO).exits(0);
    let said = answer("drill.observation.1", "observe", "It was hunter2-very-secret all along", "");
    let project = afterwards(project, &said, 0);
    assert_eq!(of_kind(&project, "remarked")[0]["text"], "It was [secret] all along");
    for (path, bytes) in project.all_files() {
        let is_answers = path.ends_with("after.toml");
        assert!(is_answers || !String::from_utf8_lossy(&bytes).contains("hunter2"), "{}", path.display());
    }
    let run = id(&project);
    let project = project.without("TOKEN");
    project.checkride(&["drill", "--after", &run]).exits(5).says("secret `token` is not at hand");
}
