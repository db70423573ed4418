//! A drill that is talked through: nothing is called, started or written, and what people say is on record.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::timed::drill;
use super::world::World;
use crate::support::project::Project;

const TABLE: &[&str] = &["drill", "r", "-p", "sandbox", "--tabletop", "--answers", "answers.toml"];

/// The steps, in the order in which people are asked.
const STEPS: [&str; 8] = ["mark", "restore", "back", "same", "tell", "look", "remove", "sweep"];

/// A drill with a step of each sort that could do something: tables, a program, a request.
fn runbook(world: &World) -> String {
    let text = drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\n", "");
    let (drill, back) = text.split_once("[[rollback]]").unwrap();
    let drill = drill.replace(
        "rto = \"10m\"",
        "covers = [\"prod\"]\nroles = [\"operator\", \"scribe\"]\nscenario = \"It burns.\"\nrto = \"10m\"",
    );
    format!(
        "{drill}[[drill]]\nid = \"tell\"\ntitle = \"Tell them\"\nkind = \"command\"\neffect = \"write\"\n\
         guide = \"Call **everybody**.\"\nshell = \"echo told >> log\"\n\n\
         [[drill]]\nid = \"look\"\ntitle = \"Look at the shop\"\nkind = \"http\"\nurl = \"{}\"\n\n\
         [[rollback]]{back}\n\
         [[rollback]]\nid = \"sweep\"\ntitle = \"Sweep\"\nkind = \"command\"\neffect = \"write\"\nshell = \"echo swept >> log\"\n\
         undoes = [\"tell\"]\n",
        world.url("/shop")
    )
}

/// An answers file: of each step what is chosen, and more.
fn said(answers: &[(&str, &str, &str)]) -> String {
    let mut text = "format = 1\n".to_owned();
    for (question, choice, more) in answers {
        let entry = format!("[answer.\"{question}\"]\nchoose = \"{choice}\"\nby = \"ana\"\n{more}\n");
        text.push_str(&entry);
        if !more.contains("reason") {
            text.push_str("reason = \"we have done it\"\n");
        }
    }
    text
}

/// Yes to all steps, but for these.
fn answers(but: &[(&str, &str, &str)]) -> String {
    let ids: Vec<String> = STEPS.iter().map(|step| format!("{step}.walk")).collect();
    let mut all: Vec<(&str, &str, &str)> = ids.iter().map(|id| (id.as_str(), "yes", "takes = \"1m\"")).collect();
    for (id, choice, more) in but {
        match all.iter_mut().find(|(known, ..)| known == id) {
            Some(known) => *known = (*id, *choice, *more),
            None => all.push((*id, *choice, *more)),
        }
    }
    said(&all)
}

fn project(world: &World, but: &[(&str, &str, &str)]) -> Project {
    let runbook = runbook(world);
    world.project(&runbook).file("answers.toml", &answers(but))
}

fn outside_of_runs(project: &Project) -> BTreeMap<PathBuf, Vec<u8>> {
    let runs = project.path(".checkride/runs");
    project.all_files().into_iter().filter(|(path, _)| !path.starts_with(&runs)).collect()
}

fn of_kind(events: &[Value], kind: &str) -> Vec<Value> {
    events.iter().filter(|event| event["kind"] == kind).cloned().collect()
}

#[test]
fn nothing_is_called_started_or_written() {
    let world = World::new(3);
    let project = project(&world, &[]);
    // Its folder is made by the first run.
    fs::create_dir_all(project.path(".checkride/runs")).unwrap();
    project.checkride(TABLE).exits(0);
    let mut before = outside_of_runs(&project);
    let all = project.checkride(TABLE).exits(0);
    assert_eq!(world.connections(), 0, "nobody was asked for anything, not even who we are");
    assert_eq!(outside_of_runs(&project), std::mem::take(&mut before));
    assert!(!project.path("log").exists());
    all.says("for account").says("as the profile says").says("nothing is called");
}

#[test]
fn what_people_say_is_on_record() {
    let world = World::new(3);
    let gap = "takes = \"9m\"\nwho = \"the night shift\"\nreason = \"nobody may assume the role\"";
    let project = project(&world, &[("restore.walk", "gap", gap)]);
    let said = project.checkride(TABLE).exits(0);
    said.says("gap")
        .says("Restore: nobody may assume the role")
        .says("14m 00s for 6 of 6 steps, against an RTO of 10m 00s");
    let events = project.events();
    let walked = of_kind(&events, "step_walked");
    assert_eq!(walked.iter().map(|event| event["step"].as_str().unwrap()).collect::<Vec<_>>(), STEPS);
    assert_eq!(
        walked[1],
        json!({
            "kind": "step_walked", "step": "restore", "works": "gap", "missing": "nobody may assume the role",
            "takes_ms": 540_000, "who": "the night shift",
        })
    );
    assert_eq!(walked[0], json!({ "kind": "step_walked", "step": "mark", "works": "yes", "takes_ms": 60_000 }));
    for kind in ["step_started", "effect_intended", "identity_verified", "objective_measured", "drill_moment"] {
        assert_eq!(of_kind(&events, kind), Vec::<Value>::new(), "{kind}");
    }
    assert_eq!(of_kind(&events, "run_finished")[0]["verdict"], "walked");
    let asked = of_kind(&events, "asked");
    assert_eq!(asked[4]["question"]["guide"], "Call **everybody**.");
    let does = asked[2]["question"]["body"].to_string();
    assert!(does.contains("(known after restore)"), "what the plan shows is asked about: {does}");
    let report = project.report();
    for words in [
        "**TALKED THROUGH: nothing was done, and nothing is proved**",
        "8 of 8 steps: 7 would work, 1 with a gap, 0 would not;",
        "- How: a tabletop: talked through, nothing was called",
        "| Restore | gap | 9m 00s | the night shift | nobody may assume the role |",
        "Estimated recovery: 14m 00s for 6 of 6 steps, against an RTO of 10m 00s: an estimate, nothing was measured.",
        "- “Restore” has a gap: nobody may assume the role",
        "- The estimate is over the RTO",
        "- Nobody is on record as operator, scribe",
        "- [ ] Close the gap in “Restore”: nobody may assume the role.",
        "A tabletop meets no objective and counts as no drill.",
    ] {
        assert!(report.contains(words), "{words}\n{report}");
    }
    assert!(!report.contains("Targets and what was measured"), "{report}");
    let run = project.only_run();
    let id = run.file_name().unwrap().to_str().unwrap();
    project.checkride(&["evidence", "verify", id]).exits(0);
    let report = project.checkride(&["report", id, "--format", "json"]).exits(0).json();
    assert_eq!((&report["drill"]["tabletop"], &report["drill"]["estimate"]["sum_ms"]), (&json!(true), &json!(840_000)));
    assert_eq!(report["target"]["caller"], Value::Null);
}

#[test]
fn a_step_that_would_not_work_fails_it() {
    let world = World::new(1);
    let no = [("same.walk", "no", "reason = \"there is nothing to compare with\"")];
    let project = project(&world, &no);
    project.checkride(TABLE).exits(4).says("there is nothing to compare with").says("would not work");
    assert_eq!(of_kind(&project.events(), "run_finished")[0]["verdict"], "would_not_work");
    assert!(project.report().contains("- [ ] Make it work: “Compare”: there is nothing to compare with."));
}

#[test]
fn an_answer_that_tells_nothing_is_none() {
    let world = World::new(1);
    let odd = [
        ("takes = \"soon\"", "yes", "is no length of time"),
        ("owner = \"ana\"", "yes", "`owner` belongs to another question"),
        ("", "done", "choose one of yes, gap, no"),
        ("file = \"answers.toml\"", "yes", "no file is attached here"),
    ];
    for (more, choice, why) in odd {
        let project = project(&world, &[("mark.walk", choice, more)]);
        project.checkride(TABLE).exits(11).says(why);
        assert!(of_kind(&project.events(), "step_walked").is_empty(), "{why}");
    }
}

/// Left at each question, and taken up again: each step is asked about once.
#[test]
fn it_can_be_left_at_every_question() {
    let world = World::new(1);
    let all = answers(&[]);
    for left_at in 0..STEPS.len() {
        let known: Vec<&str> = STEPS[..left_at].to_vec();
        let ids: Vec<String> = known.iter().map(|step| format!("{step}.walk")).collect();
        let some: Vec<(&str, &str, &str)> = ids.iter().map(|id| (id.as_str(), "yes", "")).collect();
        let project = project(&world, &[]).file("answers.toml", &said(&some));
        let said = project.checkride(TABLE).exits(11).says(&format!("{}.walk", STEPS[left_at]));
        said.says("checkride resume");
        let run = project.only_run();
        let id = run.file_name().unwrap().to_str().unwrap();
        let status = project.checkride(&["status"]).exits(0).stdout;
        assert!(status.contains(&format!("go on: checkride resume {id}\n")), "there is no way back from it: {status}");
        let project = project.file("answers.toml", &all);
        project.checkride(&["resume", id, "--answers", "answers.toml"]).exits(0);
        let walked = of_kind(&project.events(), "step_walked");
        assert_eq!(walked.iter().map(|event| event["step"].as_str().unwrap()).collect::<Vec<_>>(), STEPS);
        project.checkride(&["resume", id, "--answers", "answers.toml"]).exits(2).says("is over");
    }
    assert_eq!(world.connections(), 0);
}

#[test]
fn its_plan_lists_the_questions_and_is_another_one() {
    let world = World::new(1);
    let project = project(&world, &[]);
    let plan = project.checkride(&["drill", "r", "-p", "sandbox", "--tabletop", "--plan"]).exits(0).stdout;
    for step in STEPS {
        assert!(plan.contains(&format!("asked as {step}.walk")), "{step}\n{plan}");
    }
    assert!(plan.contains("Nothing was called. At the end: drill.observation.1"), "{plan}");
    assert_eq!((world.connections(), project.runs().len()), (0, 0));
    let digest = |text: &str| text.lines().find(|line| line.starts_with("plan sha256:")).unwrap().to_owned();
    let real = project.checkride(&["drill", "r", "-p", "sandbox", "--plan"]).exits(0).stdout;
    assert_ne!(digest(&plan), digest(&real), "answers for a tabletop are not those of a drill");
    for flag in [["--keep", "INC-7"], ["--cleanup", "7f3a"], ["--detected", "-5m"]] {
        let mut words = TABLE.to_vec();
        words.extend(flag);
        project.checkride(&words).exits(2).says("cannot be used with");
    }
}

#[test]
fn it_proves_nothing_and_there_is_no_way_back_from_it() {
    let world = World::new(1);
    let project = project(&world, &[]).file(
        "profiles/prod.toml",
        "[profile]\ntitle = \"All\"\ntier = \"development\"\n\n[policy]\nmax_drill_age = \"90d\"\n",
    );
    let project = project.runbook("d", &crate::support::project::logged("one", "", ""));
    project.checkride(TABLE).exits(0);
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let status = project.checkride(&["status"]).exits(0).stdout;
    assert!(status.contains("1 run proves nothing: tabletop only"), "{status}");
    let deploy = ["run", "d", "-p", "prod", "--answers", "answers.toml"];
    project.checkride(&deploy).exits(12).says("tabletop only");
    for command in [vec!["rollback", id.as_str()], vec!["drill", "--cleanup", id.as_str()]] {
        project.checkride(&command).exits(2).says("was only talked through: nothing was done");
    }
    assert!(!project.path("log").exists());
}

/// What would not run is said to be left out, and is no step that was talked through.
#[test]
fn what_is_left_out_is_not_talked_through() {
    let world = World::new(1);
    let project = project(&world, &[]);
    let text = project.read("runbooks/r.toml").replace("id = \"look\"\n", "id = \"look\"\nwhen = \"!aws.emulated\"\n");
    let project = project.file("runbooks/r.toml", &text);
    let mut words = TABLE.to_vec();
    words.extend(["--skip", "tell=the line is dead"]);
    project.checkride(&words).exits(0).says("the line is dead");
    let events = project.events();
    let skipped = of_kind(&events, "step_finished");
    let of = |step: &str| skipped.iter().find(|event| event["step"] == step).unwrap()["reason"].to_string();
    assert!(of("tell").contains("the line is dead") && of("look").contains("`when` is false"), "{skipped:?}");
    assert_eq!(of_kind(&events, "step_walked").len(), STEPS.len() - 2);
    assert_eq!(of_kind(&events, "deviation").len(), 1);
    let mut all = TABLE.to_vec();
    let skips: Vec<String> = STEPS[..6].iter().map(|step| format!("{step}=no")).collect();
    for skip in &skips {
        all.extend(["--skip", skip.as_str()]);
    }
    project.checkride(&all).exits(2).says("nothing is left to do");
}
