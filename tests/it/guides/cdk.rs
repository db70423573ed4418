//! The CDK application: it says what the runbooks, the template and the checklist count on. That it deploys is shown by
//! `scripts/try-cdk`, with the real CDK.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::deployed::with_outcome;
use crate::shipped::{read, shipped};
use crate::support::project::Project;
use crate::support::sandbox;

/// The lines between two that begin so.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let lines: Vec<&str> = text.lines().skip_while(|line| !line.starts_with(from)).skip(1).collect();
    assert!(!lines.is_empty(), "nothing begins with `{from}`");
    lines.into_iter().take_while(|line| !line.starts_with(to)).collect()
}

#[test]
fn it_tells_the_same_parts_as_the_template() {
    let stack = read("runbooks/cdk/lib/json-upload-stack.ts");
    let told = between(&stack, "    const outputs: Record<string, string> = {", "    };");
    let told: BTreeSet<&str> = told.iter().filter_map(|line| line.trim().split_once(':')).map(|it| it.0).collect();
    let template = read("runbooks/templates/cdk-prod.yaml");
    let outputs = between(&template, "Outputs:", "\n");
    let outputs: BTreeSet<&str> =
        outputs.iter().filter_map(|line| line.trim().split_once(':')).map(|it| it.0).collect();
    assert_eq!(told, outputs);
    assert!(told.len() > 20, "{told:?}");
}

/// What `lib/settings.ts` reads: each setting with the rest of its line.
fn settings() -> BTreeMap<String, String> {
    let text = read("runbooks/cdk/lib/settings.ts");
    let of = |line: &str| {
        let rest = line.split_once("text('").or_else(|| line.split_once("number('"))?.1;
        let (name, rest) = rest.split_once("', ")?;
        Some((name.to_owned(), rest.to_owned()))
    };
    text.lines().filter_map(of).collect()
}

#[test]
fn each_setting_is_given_by_the_runbook_within_the_same_bounds() {
    let runbook: toml::Table = read("runbooks/deploy-cdk-prod.toml").parse().unwrap();
    let steps = runbook["deploy"].as_array().unwrap();
    let synth = steps.iter().find(|step| step["id"].as_str() == Some("synth")).unwrap();
    let words = synth["run"].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    let given: BTreeMap<&str, &str> = words.filter_map(|word| word.split_once('=')).collect();
    let settings = settings();
    assert_eq!(given.keys().copied().collect::<Vec<_>>(), settings.keys().map(String::as_str).collect::<Vec<_>>());
    let mut numbers = 0;
    for (name, value) in given.iter().filter(|(name, _)| **name != "emulated") {
        assert_eq!(*value, format!("${{input.{name}}}"), "an input of the same name");
        let Some(input) = runbook["inputs"][name].get("integer") else { continue };
        let bound = |of: &toml::Value| of.as_integer().unwrap().to_string();
        let default = bound(&runbook["inputs"][name]["default"]);
        let line = settings[*name].replace('_', "");
        let some = input.get("one_of").map(|some| some.as_array().unwrap());
        let end = |end: &str, of: fn(&Vec<toml::Value>) -> Option<&toml::Value>| {
            bound(some.and_then(of).unwrap_or_else(|| &input[end]))
        };
        let (min, max) = (end("min", |some| some.first()), end("max", |some| some.last()));
        assert!(line.starts_with(&format!("{default}, {min}, {max})")), "{line}");
        numbers += 1;
    }
    assert_eq!(numbers, 4);
}

#[test]
fn its_packages_are_pinned_and_the_lock_holds_them() {
    let json = |path| serde_json::from_str::<Value>(&read(path)).unwrap();
    let (package, lock) = (json("runbooks/cdk/package.json"), json("runbooks/cdk/package-lock.json"));
    let mut pins = 0;
    for kind in ["dependencies", "devDependencies"] {
        for (name, version) in package[kind].as_object().unwrap() {
            assert!(version.as_str().unwrap().starts_with(|it: char| it.is_ascii_digit()), "{name}: {version}");
            assert_eq!(lock["packages"][format!("node_modules/{name}")]["version"], *version, "{name}");
            pins += 1;
        }
    }
    assert_eq!(pins, 5);
    for (name, entry) in lock["packages"].as_object().unwrap().iter().filter(|(name, _)| !name.is_empty()) {
        assert!(entry["integrity"].is_string() || entry["inBundle"] == true, "{name} is held by its hash");
        assert!(entry.get("resolved").is_none(), "{name}: from which registry is the machine's own business");
    }
}

const STACK: &str = r#"
[[deploy]]
id = "stack"
title = "A stack"
kind = "stack"
stack = "composer-dev"
template = "templates/small.json"

[[deploy]]
id = "version"
title = "What the CDK's own stack leaves"
kind = "aws"
call = "ssm:PutParameter"
with = { Name = "/cdk-bootstrap/hnb659fds/version", Value = "30", Type = "String" }
"#;

/// The steps of the checklist that fail.
fn failed(project: &Project, tool: &str) -> Vec<String> {
    let tool = format!("tool={tool}");
    let run = ["run", "deploy-cdk-prod", "-p", "sandbox", "-i", &tool, "--phase", "checklist", "--answers"];
    let said = project.checkride(&[&run[..], &["answers.toml"]].concat());
    with_outcome(project, &said, "failed")
}

/// The shipped files in an account of a test's own, with a runbook that leaves a stack which takes these parameters.
fn project(parameters: &str) -> Project {
    let project = shipped().answers("costs = done\nphase.deploy = yes\nstack.change_set = execute");
    let profile = project.read("profiles/sandbox.toml").replace("123456789012", &sandbox::account());
    let queue = r#"{ "Queue": { "Type": "AWS::SQS::Queue" } }"#;
    project
        .file("profiles/sandbox.toml", &profile)
        .file(".sandbox/endpoints.toml", &format!("default = \"{}\"\n", sandbox::endpoint()))
        .file("templates/small.json", &format!(r#"{{ "Parameters": {parameters}, "Resources": {queue} }}"#))
        .runbook("small", STACK)
}

fn made(project: &Project) {
    project.checkride(&["run", "small", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
}

#[test]
fn an_account_that_the_cdk_cannot_deploy_to_is_found_before() {
    let project = project("{}");
    assert_eq!(failed(&project, "template"), [""; 0]);
    assert_eq!(failed(&project, "cdk"), ["bootstrapped"]);
    made(&project);
    assert_eq!(failed(&project, "cdk"), [""; 0]);
    assert_eq!(failed(&project, "template"), ["same_way"], "that stack is of the CDK");
}

#[test]
fn a_stack_of_the_plain_template_is_not_taken_over_by_the_cdk() {
    let project = project(r#"{ "Stage": { "Type": "String", "Default": "dev" } }"#);
    made(&project);
    assert_eq!(failed(&project, "template"), [""; 0]);
    assert_eq!(failed(&project, "cdk"), ["same_way"]);
}
