//! Each kind of read is repeated until what is waited for is there.

use std::fs;

use serde_json::{Value, json};

use crate::support::project::Project;
use crate::wait::fake::{LOOK_AT_TABLE, changes, events_of, request, saying, table, waiting};

const ACCOUNT: &str = "123456789012";

#[test]
fn a_request_is_repeated_until_its_answer_is_as_wished() {
    let web = saying(&["503", "starting", "starting", "ready"]);
    let more = "until = \"out.json.state == 'ready'\"\nevery = \"100ms\"\nexpect = [\"out.status == 200\"]\n\
                outputs = { state = \"out.json.state\" }";
    let project = Project::new().local().runbook("r", &waiting("up", &request(&web), more));
    project.checkride(&["run", "r", "-p", "local"]).exits(0).says("[up] look 2: out.json.state = \"starting\"");
    assert_eq!(web.count("/state"), 4);
    let seen = changes(&project, "up");
    let state = |word: &str| json!([["out.json.state", word]]);
    assert_eq!(seen.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 2, 4]);
    assert!(seen[0].2.as_str().unwrap().contains("503"), "{seen:?}");
    assert_eq!((&seen[1].1, &seen[2].1), (&state("starting"), &state("ready")));
    let ended = &events_of(&project, "step_finished", "up")[0];
    assert_eq!(ended["outcome"], "passed");
    assert_eq!(ended["outputs"]["state"], "ready");
    let reason = ended["reason"].as_str().unwrap();
    assert!(reason.starts_with("4 looks in ") && reason.ends_with(": out.json.state = \"ready\""), "{reason}");
}

#[test]
fn a_program_is_repeated_and_heard_only_in_the_end() {
    let script = "echo said >> said; echo look $(wc -l < said); test $(wc -l < said) -ge 3";
    let on = format!("kind = \"command\", shell = \"{script}\"");
    let steps = waiting("drained", &on, "until = \"out.exit == 0\"\nevery = \"100ms\"");
    let project = Project::new().local().runbook("r", &steps);
    project.checkride(&["run", "r", "-p", "local"]).exits(0).never_says("| look");
    assert_eq!(project.read("said").lines().count(), 3);
    let codes: Vec<Value> = changes(&project, "drained").into_iter().map(|it| it.1[0][1].clone()).collect();
    assert_eq!(codes, [json!(1), json!(0)]);
    // Only the last look's output is a file of the run.
    let kept = fs::read_dir(project.only_run().join("artifacts")).unwrap();
    let kept: Vec<String> = kept.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    let of_looks: Vec<&String> = kept.iter().filter(|text| text.starts_with("look ")).collect();
    assert_eq!(of_looks, ["look 3\n"]);
    let ended = &events_of(&project, "step_finished", "drained")[0];
    assert_eq!(ended["artifacts"].as_array().unwrap().len(), 1, "{ended}");
    assert_eq!(ended["artifacts"][0]["bytes"], 7);
}

#[test]
fn a_file_is_waited_for_that_is_not_there_yet() {
    let steps =
        waiting("written", "kind = \"file\", path = \"made.json\"", "until = \"out.content.done\"\nevery = \"100ms\"");
    let project = Project::new().local().runbook("r", &steps);
    let mut running = project.begin(&["run", "r", "-p", "local"]);
    running.until_it_says("there is no file made.json");
    project.write("made.json", "{}");
    running.until_it_says("there is no `out.content.done`");
    project.write("made.json", "{\"done\": true}");
    running.end().exits(0);
}

#[test]
fn a_call_of_aws_is_repeated() {
    let web = table(ACCOUNT, &["400 ResourceNotFoundException", "CREATING", "CREATING", "CREATING", "ACTIVE"]);
    let more = "until = \"out.Table.TableStatus == 'ACTIVE'\"\nevery = \"100ms\"";
    let steps = waiting("active", LOOK_AT_TABLE, more);
    let used = "[[verify]]\nid = \"named\"\ntitle = \"Its name\"\nkind = \"command\"\neffect = \"read\"\n\
                run = [\"echo\", \"table ${step.active.Table.TableName}\"]\n";
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let project = project.runbook("r", &format!("{steps}{used}"));
    project.checkride(&["run", "r", "-p", "fake"]).exits(0).says("| table orders");
    let seen = changes(&project, "active");
    assert_eq!(seen.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 2, 5]);
    assert!(seen[0].2.as_str().unwrap().contains("ResourceNotFoundException"), "{seen:?}");
    // The ids of the looks that are told of, and of the last: no others.
    let told = events_of(&project, "look_changed", "active");
    assert_eq!(told[0]["requests"], json!(["look-1"]), "of what was refused, too");
    assert_eq!(told[1]["requests"], json!(["look-2"]));
    assert_eq!(events_of(&project, "step_finished", "active")[0]["requests"], json!(["look-5"]));
}

#[test]
fn an_error_that_is_waited_for_is_an_answer() {
    let web = table(ACCOUNT, &["DELETING", "400 ResourceNotFoundException"]);
    let until = "until = \"error.code == 'ResourceNotFoundException'\"\nevery = \"100ms\"";
    let expect = "expect = [\"error.status == 400\"]";
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let project = project.runbook("r", &waiting("gone", LOOK_AT_TABLE, &format!("{until}\n{expect}")));
    project.checkride(&["run", "r", "-p", "fake"]).exits(0);
    assert_eq!(changes(&project, "gone").len(), 2);
}

#[test]
fn what_is_expected_of_the_last_look_is_held_against_it() {
    let web = saying(&["starting", "ready"]);
    let more = "until = \"out.json.state == 'ready'\"\nevery = \"100ms\"\nexpect = [\"out.json.state == 'steady'\"]";
    let project = Project::new().local().runbook("r", &waiting("up", &request(&web), more));
    project.checkride(&["run", "r", "-p", "local"]).exits(4).says("expected `out.json.state == 'steady'`");
    assert_eq!(web.count("/state"), 2);
}

#[test]
fn a_waiter_of_the_model_says_what_is_waited_for() {
    let web = table(ACCOUNT, &["400 ResourceNotFoundException", "CREATING", "ACTIVE"]);
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let more = "waiter = \"TableExists\"\nevery = \"100ms\"";
    let project = project.runbook("r", &waiting("there", LOOK_AT_TABLE, more));
    project.checkride(&["run", "r", "-p", "fake"]).exits(0);
    let seen: Vec<Value> = changes(&project, "there").into_iter().map(|it| it.1).collect();
    let status = |word: &str| json!([["Table.TableStatus", word]]);
    let missing = json!([["error.code", "ResourceNotFoundException"]]);
    assert_eq!(seen, [missing, status("CREATING"), status("ACTIVE")]);
}

#[test]
fn each_item_of_a_list_is_waited_for() {
    let web = saying(&["starting", "ready"]);
    let on = format!("kind = \"http\", url = \"{}\"", web.url("/${item}"));
    let more = "until = \"out.json.state == 'ready'\"\nevery = \"100ms\"\nfor_each = \"['a', 'b']\"\n\
                outputs = { at = \"out.url\" }";
    let project = Project::new().local().runbook("r", &waiting("each", &on, more));
    project.checkride(&["run", "r", "-p", "local"]).exits(0);
    assert_eq!((web.count("/a"), web.count("/b")), (2, 1));
    let items: Vec<Value> =
        events_of(&project, "look_changed", "each").into_iter().map(|it| it["index"].clone()).collect();
    assert_eq!(items, [json!(0), json!(0), json!(1)]);
    assert_eq!(events_of(&project, "item_settled", "each").len(), 2);
    assert_eq!(events_of(&project, "step_finished", "each")[0]["outputs"]["at"], json!([web.url("/a"), web.url("/b")]));
}

#[test]
fn what_stands_after_a_wait_begins_when_it_has_ended() {
    let web = saying(&["starting", "starting", "ready"]);
    let more = "until = \"out.json.state == 'ready'\"\nevery = \"100ms\"";
    let after = format!(
        "[[verify]]\nid = \"after\"\ntitle = \"After it\"\nkind = \"http\"\nurl = \"{}\"\n\
         expect = [\"out.json.state == 'ready'\"]\n",
        web.url("/state")
    );
    let project = Project::new().local().runbook("r", &format!("{}{after}", waiting("up", &request(&web), more)));
    project.checkride(&["run", "r", "-p", "local"]).exits(0);
    assert_eq!(web.count("/state"), 4);
}
