//! Alarms, dashboard and budget: made, made again, and taken back.

use serde_json::{Value, json};

use super::deployed::{deployed, with_outcome};
use crate::support::project::Project;
use crate::support::sandbox;

const RUN: &[&str] = &[
    "run",
    "alarms",
    "-p",
    "sandbox",
    "--answers",
    "answers.toml",
    "-i",
    "alert_email=ops@example.com",
    "-i",
    "cluster=mte-aurora",
    "-i",
    "database_function=database",
    "-i",
    "json_function=json-processor",
    "-i",
    "bedrock_function=components",
    "-i",
    "api=mte-api",
    "-i",
    "state_machine=arn:aws:states:us-east-1:123456789012:stateMachine:mte",
];

fn read(project: &Project, call: &str, with: &[&str]) -> Value {
    let mut arguments = vec!["call", call, "-p", "sandbox"];
    arguments.extend(with);
    project.checkride(&arguments).json()
}

/// What the runbook makes, without the times of the emulator's own.
fn standing(project: &Project, account: &str) -> Value {
    let mut alarms = read(project, "cloudwatch:DescribeAlarms", &[])["MetricAlarms"].clone();
    for alarm in alarms.as_array_mut().unwrap() {
        let alarm = alarm.as_object_mut().unwrap();
        alarm.retain(|name, _| !name.ends_with("Timestamp") && !name.starts_with("State"));
    }
    let dashboards = read(project, "cloudwatch:ListDashboards", &[])["DashboardEntries"].as_array().map(Vec::len);
    let budgets = read(project, "budgets:DescribeBudgets", &[&format!("AccountId={account}")])["Budgets"].clone();
    let limits: Vec<Value> = budgets.as_array().into_iter().flatten().map(|it| it["BudgetLimit"].clone()).collect();
    let topics = read(project, "sns:ListTopics", &[])["Topics"].clone();
    json!({ "alarms": alarms, "dashboards": dashboards, "budgets": limits, "topics": topics })
}

#[test]
fn all_are_made_once_brought_up_to_date_and_taken_back() {
    let account = sandbox::account();
    let project = deployed(&account);
    let before = standing(&project, &account);
    let first = project.checkride(RUN).exits(0).never_says("secret");
    assert!(with_outcome(&project, &first, "failed").is_empty());
    let made = standing(&project, &account);
    let number = |standing: &Value| standing["alarms"].as_array().map_or(0, Vec::len);
    assert_eq!((number(&before), number(&made)), (3, 19), "those of the stack, and sixteen more");
    assert_eq!((&made["dashboards"], &made["budgets"]), (&json!(1), &json!([{ "Amount": "150", "Unit": "USD" }])));
    // Each that the guides name is there, and each tells the topic.
    let alarms = made["alarms"].as_array().unwrap();
    for name in [
        "Lambda-DLQ-Messages",
        "S3-Unusual-Access-Pattern",
        "DatabaseCPUAlarm",
        "DatabaseConnectionsAlarm",
        "LambdaErrorAlarm-database",
        "LambdaErrorAlarm-json",
        "APIGateway4XXErrorAlarm",
        "StepFunctionFailureAlarm",
        "BedrockLambdaErrorAlarm",
    ] {
        let alarm = alarms.iter().find(|alarm| alarm["AlarmName"] == name).unwrap();
        let topic = format!("arn:aws:sns:us-east-1:{account}:mte-alarms-dev");
        assert_eq!((&alarm["AlarmActions"], &alarm["ActionsEnabled"]), (&json!([topic]), &json!(true)), "{name}");
    }

    // Again, with another limit: the same alarms, the budget changed.
    let mut again = RUN.to_vec();
    again.extend(["-i", "monthly_usd=200"]);
    project.checkride(&again).exits(0);
    let second = standing(&project, &account);
    assert_eq!(second["alarms"], made["alarms"]);
    assert_eq!(second["budgets"], json!([{ "Amount": "200", "Unit": "USD" }]));

    // Back from the second run: what the first one made stands as it was. Back from the first: nothing.
    let back = ["rollback", "--last", "-p", "sandbox", "--answers", "answers.toml"];
    project.checkride(&back).exits(0);
    assert_eq!(standing(&project, &account)["budgets"], made["budgets"]);
    let run = first.stderr.lines().find_map(|line| line.trim().strip_prefix("run ")?.split(' ').next()).unwrap();
    project.checkride(&["rollback", run, "--answers", "answers.toml"]).exits(0);
    assert_eq!(standing(&project, &account), before, "as if there had been nothing");
}
