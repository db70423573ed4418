//! In which order things run: each as soon as it can, people last, and results in the order of the runbook.

use crate::support::project::Project;

fn step(id: &str, rest: &str) -> String {
    format!("[[verify]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"command\"\neffect = \"read\"\n{rest}\n\n")
}

/// The ids of the steps in the order in which they ended.
fn ended(project: &Project) -> Vec<String> {
    let events = project.events();
    let finished = events.iter().filter(|event| event["kind"] == "step_finished");
    finished.map(|event| event["step"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_a_person_does_comes_last_and_stops_nothing_automatic() {
    let person = "[[verify]]\nid = \"person\"\ntitle = \"Look\"\nkind = \"confirm\"\n\n".to_owned();
    let steps = person
        + &step("first", "run = [\"true\"]")
        + &step("of_person", "run = [\"true\"]\nneeds = [\"person\"]")
        + &step("last", "run = [\"false\"]\non_failure = \"stop\"")
        + &step("very_last", "run = [\"true\"]");
    let project = Project::new().local().runbook("r", &steps).answers("person = done");
    let said = project.checkride(&["verify", "r", "-p", "local", "-j", "1"]).exits(4);
    assert_eq!(ended(&project), ["first", "last", "very_last"], "{}", said.stderr);
    assert!(said.stdout.contains("needs a person"), "{}", said.stdout);
    let said = project.checkride(&["verify", "r", "-p", "local", "--answers", "answers.toml", "--skip", "last=known"]);
    said.exits(0);
}

#[test]
fn a_step_begins_when_what_it_looks_at_has_ended_whatever_else_goes_on() {
    let steps = step("slow", "shell = 'until [ -e go ]; do sleep 0.02; done'")
        + &step("a", "run = [\"true\"]")
        + &step("b", "run = [\"touch\", \"go\"]\nneeds = [\"a\"]")
        + &step("c", "run = [\"true\"]\nwhen = \"step.slow.outcome == 'passed'\"");
    let project = Project::new().local().runbook("r", &steps);
    let said = project.checkride(&["verify", "r", "-p", "local"]).exits(0);
    assert_eq!(ended(&project), ["a", "b", "slow", "c"]);
    let shown: Vec<usize> = ["[slow]", "[a]", "[b]", "[c]"].map(|id| said.stdout.find(id).unwrap()).into();
    assert!(shown.is_sorted(), "the order of the runbook: {}", said.stdout);
}

#[test]
fn what_follows_a_wait_begins_after_it() {
    let wait = "[[verify]]\nid = \"there\"\ntitle = \"Wait\"\nkind = \"wait\"\nuntil = \"out.content == 'there'\"\nevery = \"100ms\"\n\
                timeout = \"20s\"\n[verify.on]\nkind = \"file\"\npath = \"go\"\n\n";
    let steps =
        step("make", "shell = 'sleep 0.3; printf there > go'") + wait + &step("after", "run = [\"cat\", \"go\"]");
    let project = Project::new().local().runbook("r", &steps);
    let said = project.checkride(&["verify", "r", "-p", "local"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    assert_eq!(ended(&project).last().unwrap(), "after");
}

#[test]
fn without_commands_they_and_what_needs_them_are_left_out_on_record() {
    let steps = step("tool", "run = [\"touch\", \"ran\"]\noutputs = { said = \"out.stdout\" }")
        + "[[verify]]\nid = \"reads\"\ntitle = \"reads\"\nkind = \"file\"\npath = \"runbooks/r.toml\"\nformat = \"text\"\n\
           expect = [\"step.tool.said == ''\"]\n\n\
           [[verify]]\nid = \"own\"\ntitle = \"own\"\nkind = \"file\"\npath = \"runbooks/r.toml\"\nformat = \"text\"\n\
           expect = [\"out.content.contains('format')\"]\n";
    let project = Project::new().local().runbook("r", &steps);
    let said = project.checkride(&["verify", "r", "-p", "local", "--no-commands"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    assert!(!project.path("ran").exists());
    let reasons = project.events();
    let reasons: Vec<&str> =
        reasons.iter().filter(|it| it["kind"] == "deviation").map(|it| it["reason"].as_str().unwrap()).collect();
    assert_eq!(
        reasons,
        ["--skip: no commands run (--no-commands)", "--skip: it needs `tool`, which --no-commands leaves out"]
    );
}

#[test]
fn the_deadline_makes_unknown_what_is_not_decided() {
    let steps = step("quick", "run = [\"true\"]") + &step("slow", "run = [\"sleep\", \"60\"]");
    let project = Project::new().local().runbook("r", &steps);
    let said = project.checkride(&["verify", "r", "-p", "local", "--deadline", "1s"]).exits(13);
    assert!(said.stdout.contains("  passed          [quick]"), "{}", said.stdout);
    said.says("the deadline has passed");
}

#[test]
fn at_the_first_finding_that_counts_nothing_new_begins() {
    let steps = step("bad", "run = [\"false\"]") + &step("next", "run = [\"touch\", \"ran\"]");
    let project = Project::new().local().runbook("r", &steps);
    project.checkride(&["verify", "r", "-p", "local", "-j", "1", "--fail-fast"]).exits(4);
    assert!(!project.path("ran").exists());
}
