//! Every paginator and every waiter of every model.

use std::collections::BTreeSet;

use checkride::aws::api::bundle;
use checkride::aws::api::jmespath::Expression;
use checkride::aws::api::pages::Paginators;
use checkride::aws::api::waiter::{Answer, Verdict, Waiters};
use serde_json::{Value, json};

#[test]
fn every_paginator_is_understood() {
    let (mut services, mut count) = (0, 0);
    for entry in bundle::entries() {
        let Some(text) = entry.paginators().unwrap() else { continue };
        let paginators = Paginators::read(text.as_bytes());
        let paginators = paginators.unwrap_or_else(|fault| panic!("{}: {fault}", entry.name()));
        let operations: BTreeSet<String> = entry.operations().unwrap().into_iter().collect();
        for operation in paginators.operations() {
            assert!(operations.contains(operation), "{}: {operation} is no operation", entry.name());
            count += 1;
        }
        services += 1;
    }
    println!("{count} paginators of {services} services");
    assert!(count > 3_000 && services > 400, "the models are not whole");
}

#[test]
fn every_waiter_is_understood() {
    let (mut services, mut count) = (0, 0);
    for entry in bundle::entries() {
        let Some(text) = entry.waiters().unwrap() else { continue };
        let waiters = Waiters::read(text.as_bytes());
        let waiters = waiters.unwrap_or_else(|fault| panic!("{}: {fault}", entry.name()));
        let operations: BTreeSet<String> = entry.operations().unwrap().into_iter().collect();
        for name in waiters.names() {
            let waiter = waiters.get(name).unwrap();
            assert!(operations.contains(waiter.operation()), "{}: {name} calls no operation", entry.name());
            assert!(!waiter.delay().is_zero() && waiter.max_attempts() > 0, "{}: {name} does not wait", entry.name());
            count += 1;
        }
        services += 1;
    }
    println!("{count} waiters of {services} services");
    assert!(count > 350 && services > 150, "the models are not whole");
}

/// The parameters of endpoint rules that stand somewhere in the input.
#[test]
fn every_path_of_an_endpoint_parameter_is_understood() {
    let mut count = 0;
    for entry in bundle::entries() {
        let text = entry.model().unwrap();
        if !text.contains("operationContextParams") {
            continue;
        }
        let model: Value = serde_json::from_str(&text).unwrap();
        for (name, operation) in model["operations"].as_object().unwrap() {
            for param in operation["operationContextParams"].as_object().into_iter().flat_map(|params| params.values())
            {
                let path = param["path"].as_str().unwrap();
                Expression::read(path).unwrap_or_else(|fault| panic!("{} {name} `{path}`: {fault}", entry.name()));
                count += 1;
            }
        }
    }
    println!("{count} paths of endpoint parameters");
    assert!(count >= 5, "the models are not whole");
}

#[test]
fn shipped_waiters_judge_as_their_services_mean() {
    let stack = |status: &str| Ok(json!({"Stacks": [{"StackStatus": status}]}));
    let table = |status: &str| Ok(json!({"Table": {"TableStatus": status}}));
    let instances = |status: &str| Ok(json!({"DBInstances": [{"DBInstanceStatus": status}]}));
    let services = |running: u32| {
        let service = json!({"deployments": [{}], "runningCount": running, "desiredCount": 2, "status": "ACTIVE"});
        Ok(json!({"services": [service], "failures": []}))
    };
    for (service, waiter, answer, status, wanted) in [
        ("cloudformation", "StackCreateComplete", stack("CREATE_COMPLETE"), 200, "success"),
        ("cloudformation", "StackCreateComplete", stack("CREATE_IN_PROGRESS"), 200, "retry"),
        ("cloudformation", "StackCreateComplete", stack("ROLLBACK_COMPLETE"), 200, "failure"),
        ("cloudformation", "StackDeleteComplete", Err("ValidationError"), 400, "success"),
        ("cloudformation", "StackExists", Err("ValidationError"), 400, "retry"),
        ("dynamodb", "TableExists", table("ACTIVE"), 200, "success"),
        ("dynamodb", "TableExists", table("CREATING"), 200, "retry"),
        ("dynamodb", "TableExists", Err("ResourceNotFoundException"), 400, "retry"),
        ("dynamodb", "TableExists", Err("AccessDeniedException"), 400, "unnamed"),
        ("dynamodb", "TableNotExists", Err("ResourceNotFoundException"), 400, "success"),
        ("s3", "BucketExists", Ok(json!({})), 200, "success"),
        ("s3", "BucketExists", Err("404"), 404, "retry"),
        ("s3", "BucketNotExists", Err("404"), 404, "success"),
        ("rds", "DBInstanceAvailable", instances("available"), 200, "success"),
        ("rds", "DBInstanceAvailable", instances("backing-up"), 200, "retry"),
        ("rds", "DBInstanceAvailable", instances("incompatible-restore"), 200, "failure"),
        ("rds", "DBInstanceDeleted", Ok(json!({"DBInstances": []})), 200, "success"),
        ("rds", "DBInstanceDeleted", Err("DBInstanceNotFound"), 404, "success"),
        ("ecs", "ServicesStable", services(2), 200, "success"),
        ("ecs", "ServicesStable", services(1), 200, "retry"),
        ("ecs", "ServicesStable", Ok(json!({"failures": [{"reason": "MISSING"}]})), 200, "failure"),
        ("lambda", "FunctionActiveV2", Ok(json!({"Configuration": {"State": "Active"}})), 200, "success"),
        ("lambda", "FunctionActiveV2", Ok(json!({"Configuration": {"State": "Failed"}})), 200, "failure"),
    ] {
        let text = bundle::find(service).unwrap().waiters().unwrap().unwrap();
        let waiters = Waiters::read(text.as_bytes()).unwrap();
        let verdict = waiters.get(waiter).unwrap().judge(match &answer {
            Ok(output) => Answer::Output { status, output },
            Err(code) => Answer::Error { status, code },
        });
        let word = match verdict {
            Verdict::Success => "success",
            Verdict::Failure { .. } => "failure",
            Verdict::Retry { .. } => "retry",
            Verdict::Unnamed => "unnamed",
        };
        assert_eq!(word, wanted, "{service} {waiter} {answer:?}");
    }
}
