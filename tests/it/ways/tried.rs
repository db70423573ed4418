//! A service's ways back, tried: one account; a run that changes all, and its rollback, for each of two rounds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use checkride::step::inverse::{differences, is_same, look};
use serde_json::Value;

use crate::checks::front::{Answers, Front};
use crate::support::project::Project;
use crate::support::sandbox::{Sandboxed, account, aws_of, endpoint};
use crate::ways::sheet::{Row, Sheet};

/// Makes what a service's file says, and tries its rows.
pub(super) async fn hold(service: &str) {
    let account = account();
    let aws = aws_of(&account);
    let sheet = Sheet::read(service);
    let mut kept = sheet.make(&aws).await;
    for rows in sheet.rounds(&kept) {
        for make in rows.iter().flat_map(|row| &row.first) {
            make.call(&aws, &mut kept).await;
        }
        if !rows.is_empty() {
            there_and_back(&aws, &rows).await;
            denied(&account, &rows);
        }
    }
}

/// What is there, by the read of each row.
async fn read(aws: &Sandboxed, rows: &[Row]) -> Vec<Value> {
    let mut all = Vec::new();
    for row in rows {
        let with = Value::Object(row.with.clone());
        let looked = look(row.way(), &with, &aws.reads().api()).await;
        all.push(looked.unwrap_or_else(|failure| panic!("{} {with}: {failure}", row.call)).setting);
    }
    all
}

/// All are changed by a run, and put back by its rollback.
async fn there_and_back(aws: &Sandboxed, rows: &[Row]) {
    let project = project(&aws.settings().account, &endpoint(), rows, "");
    let before = read(aws, rows).await;
    let ran = project.checkride(&["run", "rows", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    let changed = read(aws, rows).await;
    let said = project.checkride(&["rollback", "--last", "-p", "sandbox", "--answers", "answers.toml"]);
    let after = read(aws, rows).await;
    let mut wrong = String::new();
    let outcomes = outcomes(&project);
    for (number, row) in rows.iter().enumerate() {
        let way = row.way();
        let with = Value::Object(row.with.clone());
        if is_same(way, &before[number], &changed[number]) {
            writeln!(wrong, "{} {with} changes nothing: {}\n{}", row.call, before[number], ran.stderr).unwrap();
        }
        if !is_same(way, &before[number], &after[number]) {
            let differ = differences(way, &before[number], &after[number]);
            writeln!(wrong, "{} {with} is not back: {differ:?}", row.call).unwrap();
        }
        let back = outcomes.get(&format!("back_{number}")).map(String::as_str);
        if back != Some("passed") {
            writeln!(wrong, "{} {with}: back {back:?}", row.call).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}\n{}", said.stderr);
    said.exits(0);
}

/// Nobody may look: nothing is changed.
fn denied(account: &str, rows: &[Row]) {
    let front = Front::that(Answers::DeniesAll);
    let project = project(account, &front.endpoint, rows, "on_failure = \"continue\"\n");
    let run = ["run", "rows", "-p", "sandbox", "--answers", "answers.toml"];
    project.checkride(&run).exits(12).says("refused by the readiness guard");
    std::fs::remove_dir_all(project.only_run()).unwrap();
    let said = project.checkride(&[&run[..], &["--break-glass", "to see what the steps do"]].concat()).exits(5);
    said.says("nothing was changed; where nothing is to be put back, say `capture = false`");
    assert_eq!(outcomes(&project).len(), rows.len());
    assert!(
        project.events().iter().all(|event| event["kind"] != "effect_intended"),
        "something was about to be changed"
    );
}

/// How each step ended.
fn outcomes(project: &Project) -> BTreeMap<String, String> {
    let finished = project.events().into_iter().filter(|event| event["kind"] == "step_finished");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    finished.map(|event| (text(&event["step"]), text(&event["outcome"]))).collect()
}

/// A runbook with a step for each row, and one that undoes it.
fn project(account: &str, endpoint: &str, rows: &[Row], more: &str) -> Project {
    let mut steps = String::new();
    for (number, row) in rows.iter().enumerate() {
        let with: BTreeMap<&String, Value> = row.with.iter().map(|(name, value)| (name, literal(value))).collect();
        let with = toml::Value::try_from(with).unwrap();
        writeln!(
            steps,
            "[[deploy]]\nid = \"row_{number}\"\ntitle = \"{call}\"\nkind = \"aws\"\ncall = \"{call}\"\nwith = {with}\n{more}\n\
             [[rollback]]\nid = \"back_{number}\"\ntitle = \"{call} back\"\nkind = \"aws-restore\"\nundoes = [\"row_{number}\"]\n\
             timeout = \"20s\"\non_failure = \"continue\"\n",
            call = row.call,
        )
        .unwrap();
    }
    let project = Project::new().emulated("sandbox", account, endpoint).runbook("rows", &steps);
    project.answers("phase.deploy = yes\nphase.rollback = yes")
}

/// A value in which nothing is a template.
fn literal(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("${", "$${")),
        Value::Array(items) => items.iter().map(literal).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), literal(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
