//! A cluster that fails over, and back: the gap as a prober sees it, and what is refused before anybody is cut off.

use serde_json::{Value, json};

use super::rds::Rds;
use super::timed::{GO, outputs};
use crate::support::project::Project;
use crate::support::sweep::{killed_at, moments, records};

fn drill(more: &str) -> String {
    format!(
        "[phase.drill]\nrto = \"10m\"\ntouches = [\"arn:aws:rds:${{aws.region}}:${{aws.account}}:cluster:ORDERS\"]\n\n\
         [[drill]]\nid = \"over\"\ntitle = \"Over\"\nkind = \"failover\"\ncluster = \"orders\"\nevery = \"20ms\"\n{more}\n\
         [[rollback]]\nid = \"back\"\ntitle = \"Back\"\nkind = \"failover\"\ncluster = \"orders\"\nback = true\nundoes = [\"over\"]\n"
    )
}

fn failovers(project: &Project) -> Vec<String> {
    let events = project.events();
    let calls = events.iter().filter(|event| event["kind"] == "effect_intended");
    let words = |event: &Value| {
        let target = event["target"].as_str().unwrap().split_once(":cluster:").unwrap().1.to_owned();
        format!("{} {target}", event["call"].as_str().unwrap())
    };
    calls.map(words).collect()
}

#[test]
fn a_cluster_fails_over_and_back_and_the_gap_is_seen() {
    let rds = Rds::new();
    let before = rds.everything();
    let project = rds.project(&drill(""));
    let mut said = project.checkride(GO).exits(0);
    for words in [
        "orders-1 writes; orders-2 takes over",
        "does not answer",
        "Started cross AZ failover to DB instance: orders-2",
        "cluster orders is failing-over",
        "Completed failover to DB instance: orders-2",
        "answers again, ",
    ] {
        said = said.says(words);
    }
    let out = outputs(&project, "over");
    assert_eq!((&out["writer_before"], &out["writer_after"]), (&json!("orders-1"), &json!("orders-2")));
    let time = |name: &str| chrono::DateTime::parse_from_rfc3339(out[name].as_str().unwrap()).unwrap();
    let gap = out["gap_ms"].as_i64().unwrap();
    // The record cuts its times to the millisecond.
    assert!((gap - (time("first_success") - time("first_failure")).num_milliseconds()).abs() <= 1, "{out}");
    assert!(gap > 0 && out["failures"].as_u64().unwrap() > 0, "{out}");
    assert!(time("first_failure") >= time("started"), "{out}");
    assert_eq!(out["exact_ms"], 20);
    assert_eq!(out["events"].as_array().unwrap().len(), 2, "{out}");
    assert_eq!(
        failovers(&project),
        [
            "rds:FailoverDBCluster orders from orders-1 to orders-2",
            "rds:FailoverDBCluster orders from orders-2 to orders-1"
        ]
    );
    assert_eq!(outputs(&project, "back")["writer_after"], "orders-1");
    assert_eq!(rds.everything(), before);
    let run = project.only_run();
    project.checkride(&["evidence", "verify", run.file_name().unwrap().to_str().unwrap()]).exits(0);
}

#[test]
fn an_outage_stands_in_the_plan() {
    let rds = Rds::new();
    let project = rds.project(&drill("to = \"orders-2\"\n"));
    let plan = project.checkride(&["drill", "r", "-p", "sandbox", "--plan"]).exits(0);
    for words in
        ["fails Aurora cluster orders over to orders-2", "an outage of orders", "the instance that wrote before"]
    {
        assert!(plan.stdout.contains(words), "{words}\n{}", plan.stdout);
    }
    assert_eq!(rds.count("FailoverDBCluster"), 0);
}

/// More of the step, what is said, and what there is beforehand.
type Case = (&'static str, &'static str, fn(&Rds));

#[test]
fn what_nobody_can_take_over_is_refused_and_nobody_is_cut_off() {
    let cases: [Case; 7] = [
        ("to = \"orders-1\"\n", "orders-1 writes already", |_| {}),
        ("to = \"alone\"\n", "alone is no reader of cluster orders", |_| {}),
        ("watch = \"127.0.0.1:1\"\n", "does not answer before the failover", |_| {}),
        ("", "has orders-1 alone: nobody can take over", |rds| {
            rds.change("db:orders-2", |it| it.states = ["gone".to_owned()].into());
        }),
        ("", "reader orders-2 is `rebooting`: it would not take over", |rds| {
            rds.change("db:orders-2", |it| it.states = ["rebooting".to_owned()].into());
        }),
        ("to = \"orders-2\"\n", "reader orders-2 is `storage-full`", |rds| {
            rds.change("db:orders-2", |it| it.states = ["storage-full".to_owned()].into());
        }),
        ("", "cluster orders is `modifying`", |rds| {
            rds.change("cluster:orders", |it| it.states = ["modifying".to_owned()].into());
        }),
    ];
    for (more, words, change) in cases {
        let rds = Rds::new();
        change(&rds);
        let project = rds.project(&drill(more));
        project.checkride(GO).exits(5).says(words);
        assert_eq!(rds.count("FailoverDBCluster"), 0, "{words}");
    }
}

/// Without its ARN in `touches` the call does not leave, and there is nothing to go back from.
#[test]
fn a_cluster_that_the_runbook_does_not_touch_is_held_back() {
    let rds = Rds::new();
    let before = rds.everything();
    let project = rds.project(&drill("").replace(":cluster:ORDERS", ":cluster:other"));
    project.checkride(GO).exits(5).says("was held back: a drill changes only what it made");
    assert_eq!(rds.count("FailoverDBCluster"), 0);
    assert_eq!(rds.everything(), before);
}

#[test]
fn nobody_needs_to_look() {
    let rds = Rds::new();
    let project = rds.project(&drill("watch = \"none\"\n"));
    project.checkride(GO).exits(0).says("the gap was not measured");
    assert_eq!(outputs(&project, "over")["gap_ms"], Value::Null);
}

/// The answer is lost, and the cluster seems to stand still at first: it is looked at again, and failed over once.
#[test]
fn a_failover_whose_answer_is_lost_is_looked_for_and_not_begun_again() {
    let rds = Rds::new();
    let before = rds.everything();
    rds.state().loses = vec!["FailoverDBCluster".to_owned()];
    rds.change("cluster:orders", |it| it.lag = 3);
    let project = rds.project(&drill(""));
    let said = project.checkride(GO);
    assert!([0, 4].contains(&said.code), "{} {}", said.code, said.stderr);
    assert_eq!(
        failovers(&project),
        [
            "rds:FailoverDBCluster orders from orders-1 to orders-2",
            "rds:FailoverDBCluster orders from orders-2 to orders-1"
        ]
    );
    assert_eq!(rds.everything(), before);
}

fn with_budget() -> String {
    drill("timeout = \"25s\"\n").replace("rto = \"10m\"\n", "rto = \"10m\"\nabort = { budget = \"2s\" }\n")
}

/// Nobody answers after the failover: the drill's budget ends the wait for it, and who wrote before writes again.
#[test]
fn a_drill_that_is_stopped_waits_for_no_answer_and_gives_back() {
    let rds = Rds::new();
    let before = rds.everything();
    rds.state().shut = true;
    let project = rds.project(&with_budget());
    project.checkride(GO).exits(5).says("the drill was stopped while");
    assert_eq!(failovers(&project).len(), 2, "{:?}", failovers(&project));
    assert_eq!(outputs(&project, "back")["writer_after"], "orders-1");
    assert_eq!(rds.everything(), before);
}

/// It is stopped before the failover is seen to begin: that is waited for, for then there is something to give back.
#[test]
fn a_failover_that_is_on_its_way_is_given_back_when_it_is_over() {
    let rds = Rds::new();
    let before = rds.everything();
    rds.change("cluster:orders", |it| it.lag = 10_000);
    let project = rds.project(&with_budget());
    let mut running = project.begin(GO);
    running.until_it_says("the drill is stopped");
    rds.change("cluster:orders", |it| {
        let states = ["available", "available", "failing-over", "failing-over", "available"];
        (it.lag, it.states) = (0, states.map(str::to_owned).into());
    });
    running.end().exits(5);
    assert_eq!(
        failovers(&project),
        [
            "rds:FailoverDBCluster orders from orders-1 to orders-2",
            "rds:FailoverDBCluster orders from orders-2 to orders-1"
        ]
    );
    assert_eq!(rds.everything(), before);
}

/// Killed while the cluster is out, a drill takes up what it began: one failover there, one back.
#[test]
fn a_failover_that_was_killed_is_taken_up() {
    let whole = {
        let rds = Rds::new();
        let project = rds.project(&drill(""));
        project.checkride(GO).exits(0);
        records(&project)
    };
    for at in moments(&(4..whole), 5) {
        let rds = Rds::new();
        let before = rds.everything();
        let project = rds.project(&drill(""));
        if let Some(said) = killed_at(&project, GO, at) {
            assert!([0, 4, 5].contains(&said.code), "killed at {at} of {whole}: {} {}", said.code, said.stderr);
        }
        assert_eq!(rds.everything(), before, "killed at {at} of {whole}: the first one writes again");
        let made = rds.count("FailoverDBCluster");
        assert!([0, 2].contains(&made), "killed at {at} of {whole}: {made} failovers");
    }
}
