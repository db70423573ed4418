//! A service's checks, tried: one account, one run of the program for all rows that the emulator answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use checkride::catalog::embedded;
use serde_json::{Value, json};

use crate::checks::front::{Answers, Front};
use crate::checks::remedy::followed;
use crate::checks::sheet::{Outcome, Row, Sheet};
use crate::checks::table::exception;
use crate::support::project::Project;
use crate::support::sandbox::{account, aws_of, endpoint};

/// Makes what a service's file says, and tries its rows in every way.
pub(super) async fn hold(service: &str) {
    let account = account();
    let aws = aws_of(&account);
    let rows = Sheet::read(service).make(&aws).await.rows;
    // The program's runs are whole processes: the test waits for them as it would for any other.
    said_as_written(&account, &rows);
    let passing = passing(&rows);
    denied(&account, &passing);
    elsewhere(&account, &passing);
    followed(service).await;
}

/// The first row of each check that passes.
fn passing(rows: &[Row]) -> Vec<Row> {
    let mut first: BTreeMap<&str, &Row> = BTreeMap::new();
    // What the emulator answers is tried rather than what is played back.
    let (played, real): (Vec<&Row>, Vec<&Row>) =
        rows.iter().filter(|row| row.outcome == Outcome::Passed).partition(|row| !row.answers.is_empty());
    for row in real.into_iter().chain(played) {
        first.entry(&row.check).or_insert(row);
    }
    first.into_values().cloned().collect()
}

/// Each row says what is written of it.
fn said_as_written(account: &str, rows: &[Row]) {
    let (real, played): (Vec<Row>, Vec<Row>) = rows.iter().cloned().partition(|row| row.answers.is_empty());
    let mut wrong = String::new();
    let mut hold = |row: &Row, event: &Value| {
        if event["outcome"] != json!(format!("{:?}", row.outcome).to_lowercase()) {
            let with = Value::Object(row.with.clone());
            writeln!(wrong, "{} {with}: {:?} ({}) was expected: {event}", row.check, row.outcome, row.why).unwrap();
        }
    };
    for (row, event) in real.iter().zip(run(account, &endpoint(), &real, "")) {
        hold(row, &event);
    }
    for row in &played {
        let front = Front::that(Answers::Plays(row.answers.clone()));
        let events = run(account, &front.endpoint, std::slice::from_ref(row), "");
        assert!(front.answered() > 0, "nothing was played back: {row:?}");
        hold(row, &events[0]);
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Nobody may look: it cannot be told. All calls are denied, then each one of several alone.
fn denied(account: &str, passing: &[Row]) {
    let mut wrong = String::new();
    let mut cannot_tell = |row: &Row, event: &Value, call: &str| {
        let says_why = event["failure"]["kind"]["type"] == "access";
        if event["outcome"] != "unknown" || !says_why {
            writeln!(wrong, "{} without {call}: {event}", row.check).unwrap();
        }
    };
    let front = Front::that(Answers::DeniesAll);
    for (row, event) in passing.iter().zip(run(account, &front.endpoint, passing, "")) {
        cannot_tell(row, &event, "any call");
    }
    for row in passing.iter().filter(|row| row.answers.is_empty()) {
        let check = embedded().find(|check| check.id.value == row.check).unwrap();
        let calls: BTreeSet<&String> = check.calls.iter().map(|call| &call.call.value).collect();
        for call in calls.iter().filter(|_| calls.len() > 1) {
            let front = Front::that(Answers::Denies((*call).clone()));
            let events = run(account, &front.endpoint, std::slice::from_ref(row), "");
            if front.answered() > 0 {
                cannot_tell(row, &events[0], call);
            } else {
                assert_eq!(events[0]["outcome"], "passed", "{call} was not asked for: {}", events[0]);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// In another region there is nothing of it: each check fails.
fn elsewhere(account: &str, passing: &[Row]) {
    let here = |row: &&Row| row.answers.is_empty() && exception(&row.check, "elsewhere").is_none();
    let rows: Vec<Row> = passing.iter().filter(here).cloned().collect();
    if rows.is_empty() {
        return;
    }
    let mut wrong = String::new();
    for (row, event) in rows.iter().zip(run(account, &endpoint(), &rows, "region = \"eu-west-1\"\n")) {
        if event["outcome"] != "failed" {
            writeln!(wrong, "{} in a region where nothing is: {event}", row.check).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Runs a step for each row; gives what each of them ended with.
pub(super) fn run(account: &str, endpoint: &str, rows: &[Row], more: &str) -> Vec<Value> {
    let mut steps = String::new();
    for (number, row) in rows.iter().enumerate() {
        let with: BTreeMap<&String, Value> = row.with.iter().map(|(name, value)| (name, literal(value))).collect();
        let with = toml::Value::try_from(with).unwrap();
        writeln!(
            steps,
            "[[verify]]\nid = \"row_{number}\"\ntitle = \"{}\"\nkind = \"check\"\ncheck = \"{}\"\nwith = {with}\n\
             on_failure = \"continue\"\n{more}",
            row.why, row.check,
        )
        .unwrap();
    }
    let project = Project::new().emulated("sandbox", account, endpoint).runbook("rows", &steps);
    let said = project.checkride(&["run", "rows", "-p", "sandbox", "--no-input"]);
    assert!(!project.runs().is_empty(), "{}{}", said.stdout, said.stderr);
    let finished = project.events().into_iter().filter(|event| event["kind"] == "step_finished");
    let mut by_step: BTreeMap<String, Value> =
        finished.map(|event| (event["step"].as_str().unwrap().to_owned(), event)).collect();
    let each = (0..rows.len()).map(|number| {
        by_step.remove(&format!("row_{number}")).unwrap_or_else(|| panic!("{:?}: {}", rows[number], said.stderr))
    });
    each.collect()
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
