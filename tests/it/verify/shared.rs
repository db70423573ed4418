//! Identical reads of a verification are one call; what lies between two of them makes them two.

use crate::support::fake::caller_body;
use crate::support::project::Project;
use crate::support::web::{Heard, Web, reply};

const TOLD: &str = "an answer is that of the same call, made earlier in this run";

/// AWS in which a table is as `status` says of its name and of how often it was asked for, and a function holds a secret.
fn web(status: impl Fn(&str, usize) -> Option<&'static str> + Send + Sync + 'static) -> Web {
    let asked = std::sync::Mutex::new(std::collections::BTreeMap::<String, usize>::new());
    Web::keeping(move |heard, to| {
        if heard.body.contains("Action=GetCallerIdentity") {
            let body = caller_body(account(heard));
            return reply(to, "200 OK", "Content-Type: text/xml\r\n", body.as_bytes());
        }
        let headers = "Content-Type: application/x-amz-json-1.0\r\nx-amzn-RequestId: ";
        if heard.path().contains("/functions/") {
            let body = r#"{"FunctionName":"f","Environment":{"Variables":{"KEY":"Zt5-vivid-otter-81"}}}"#;
            return reply(to, "200 OK", &format!("{headers}f-1\r\n"), body.as_bytes());
        }
        let input: serde_json::Value = serde_json::from_str(&heard.body).unwrap();
        let table = input["TableName"].as_str().unwrap().to_owned();
        let number = {
            let mut asked = asked.lock().unwrap();
            let number = asked.entry(table.clone()).or_default();
            *number += 1;
            *number
        };
        let headers = format!("{headers}{table}-{number}\r\n");
        match status(&table, number) {
            Some(status) => {
                let body = format!("{{\"Table\":{{\"TableName\":\"{table}\",\"TableStatus\":\"{status}\"}}}}");
                reply(to, "200 OK", &headers, body.as_bytes())
            }
            None => reply(to, "400 Bad Request", &headers, br#"{"__type":"a#AccessDeniedException","message":"no"}"#),
        }
    })
}

/// The account of a caller: an emulator takes it from the key's id.
fn account(heard: &Heard) -> &str {
    heard.header("authorization").and_then(|it| it.split("Credential=").nth(1)?.split('/').next()).unwrap()
}

/// The calls that were made beside those that ask who calls.
fn calls(web: &Web) -> Vec<String> {
    let heard = web.heard();
    let asks = heard.iter().filter(|it| !it.body.contains("Action="));
    asks.map(|it| format!("{} {}", account(it), it.body)).collect()
}

fn step(id: &str, table: &str, rest: &str) -> String {
    format!(
        "[[verify]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\n\
         with = {{ TableName = \"{table}\" }}\nexpect = [\"out.Table.TableStatus == 'ACTIVE'\"]\n{rest}\n\n"
    )
}

/// The same, content with whatever state the table is in.
fn look(id: &str, rest: &str) -> String {
    step(id, "orders", rest).replace("TableStatus == 'ACTIVE'", "TableName == 'orders'")
}

fn project(web: &Web, steps: &str) -> Project {
    let endpoint = format!("http://127.0.0.1:{}", web.port);
    Project::new().runbook("r", steps).emulated_unwatched("p", "000000000042", &endpoint)
}

const CHECK: &str = r#"format = 1

[[check]]
id       = "our-table"
title    = "Our table is sound"
severity = "low"
about    = "The table that our service cannot do without."
remedy   = "make it again"

[check.params]
table = { text = true }

[[check.call]]
id   = "table"
call = "dynamodb:DescribeTable"
with = { TableName = "${param.table}" }

[[check.expect]]
that = "call.table.Table.TableStatus == 'ACTIVE'"
"#;

#[test]
fn what_several_steps_and_a_check_ask_is_asked_once_and_each_says_so() {
    let web = web(|_, _| Some("ACTIVE"));
    let check = "[[verify]]\nid = \"d\"\ntitle = \"d\"\nkind = \"check\"\ncheck = \"our-table\"\nwith = { table = \"orders\" }\n\n";
    let steps = step("a", "orders", "") + &step("b", "orders", "") + &step("c", "orders", "") + check;
    let project = project(&web, &(steps + &step("e", "users", ""))).file("checks/our.toml", CHECK);
    project.checkride(&["verify", "r", "-p", "p", "-j", "8"]).exits(0);
    assert_eq!(calls(&web).len(), 2, "{:?}", calls(&web));
    let events = project.events();
    let ends: Vec<_> = events.iter().filter(|event| event["kind"] == "step_finished").collect();
    let of = |id: &str| ends.iter().find(|end| end["step"] == id).unwrap();
    assert!(["a", "b", "c", "d"].into_iter().all(|id| of(id)["requests"] == serde_json::json!(["orders-1"])));
    assert_eq!(of("e")["requests"], serde_json::json!(["users-1"]));
    let told = ends.iter().filter(|end| end["reason"].as_str().is_some_and(|reason| reason.contains(TOLD)));
    assert_eq!(told.count(), 3, "{ends:?}");
    let name = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    project.checkride(&["evidence", "verify", &name]).exits(0);
}

#[test]
fn an_answer_that_decides_nothing_is_no_answer_for_others() {
    let web = web(|_, number| (number > 1).then_some("ACTIVE"));
    let steps = step("a", "orders", "") + &step("b", "orders", "") + &step("c", "orders", "");
    let said = project(&web, &steps).checkride(&["verify", "r", "-p", "p", "-j", "1"]).exits(13);
    assert!(said.stdout.contains("3 checks: 1 unknown, 2 passed"), "{}", said.stdout);
    assert_eq!(calls(&web).len(), 2, "{:?}", calls(&web));
}

#[test]
fn an_answer_that_decides_is_one_for_others_when_it_is_bad_too() {
    let web = web(|_, _| Some("CREATING"));
    let project = project(&web, &(step("a", "orders", "") + &step("b", "orders", "")));
    project.checkride(&["verify", "r", "-p", "p", "-j", "1"]).exits(4);
    assert_eq!(calls(&web).len(), 1);
    let events = project.events();
    let ends: Vec<_> = events.iter().filter(|event| event["kind"] == "step_finished").collect();
    let causes: Vec<bool> = ends.iter().map(|end| end["failure"]["causes"].to_string().contains(TOLD)).collect();
    assert_eq!(causes, [false, true], "{ends:?}");
}

#[test]
fn what_is_tried_again_is_asked_again_and_so_is_what_follows() {
    let web = web(|_, number| Some(if number > 1 { "ACTIVE" } else { "CREATING" }));
    let steps = look("before", "")
        + &step("a", "orders", "needs = [\"before\"]\nretry = { attempts = 3, delay = \"10ms\" }")
        + &step("after", "orders", "needs = [\"a\"]");
    let project = project(&web, &steps);
    project.checkride(&["verify", "r", "-p", "p"]).exits(0);
    assert_eq!(calls(&web).len(), 3, "the first, the second attempt, and who comes after: {:?}", calls(&web));
}

#[test]
fn after_a_program_or_a_wait_all_is_asked_again() {
    let between = [
        "kind = \"command\"\neffect = \"read\"\nrun = [\"true\"]\n".to_owned(),
        "kind = \"wait\"\nuntil = \"out.Table.TableStatus == 'ACTIVE'\"\nevery = \"100ms\"\n[verify.on]\nkind = \"aws\"\n\
         call = \"dynamodb:DescribeTable\"\nwith = { TableName = \"orders\" }\n"
            .to_owned(),
    ];
    for (between, expected) in between.iter().zip([2, 4]) {
        let web = web(|_, number| Some(if number > 2 { "ACTIVE" } else { "CREATING" }));
        let between = format!("[[verify]]\nid = \"b\"\ntitle = \"b\"\nneeds = [\"a\"]\n{between}\n");
        let steps = look("a", "") + &between + &look("c", "needs = [\"b\"]");
        project(&web, &steps).checkride(&["verify", "r", "-p", "p"]).exits(0);
        assert_eq!(calls(&web).len(), expected, "{between}: {:?}", calls(&web));
    }
}

#[test]
fn targets_with_other_accounts_are_asked_for_themselves() {
    let web = web(|_, _| Some("ACTIVE"));
    let project = project(&web, &(step("a", "orders", "") + &step("b", "orders", "")));
    let targets = "\n[[target]]\nname = \"own\"\n\n[[target]]\nname = \"other\"\naccount = \"000000000043\"\n";
    project.write("profiles/p.toml", &(project.read("profiles/p.toml") + targets));
    project.checkride(&["verify", "r", "-p", "p"]).exits(0);
    let mut calls = calls(&web);
    calls.sort();
    let input = "{\"TableName\":\"orders\"}";
    assert_eq!(calls, [format!("000000000042 {input}"), format!("000000000043 {input}")]);
}

#[test]
fn what_is_secret_in_an_answer_is_secret_for_all_who_share_it() {
    let web = web(|_, _| None);
    let function = |id: &str| {
        format!(
            "[[verify]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"aws\"\ncall = \"lambda:GetFunctionConfiguration\"\n\
             with = {{ FunctionName = \"f\" }}\nexpect = [\"out.Environment.Variables.KEY == 'x'\"]\n\n"
        )
    };
    let project = project(&web, &(function("a") + &function("b")));
    let said = project.checkride(&["verify", "r", "-p", "p", "-j", "1"]).exits(4);
    assert_eq!(web.heard().iter().filter(|heard| heard.path().contains("/functions/")).count(), 1);
    said.never_says("Zt5-vivid-otter-81");
    assert!(project.kept_with("Zt5-vivid-otter-81").is_empty());
}

#[test]
fn a_run_that_writes_asks_each_time() {
    let web = web(|_, _| Some("ACTIVE"));
    let project = project(&web, &(step("a", "orders", "") + &step("b", "orders", "")));
    project.checkride(&["run", "r", "-p", "p", "--phase", "verify", "--no-input"]).exits(0);
    assert_eq!(calls(&web).len(), 2);
}
