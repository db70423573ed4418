//! Events, nested stacks and root causes, by replayed answers.

use checkride::aws::stacks::{EventCursor, StackEvent, root_cause};

use crate::support::replay::{Replay, Turn, error, ok};

/// An event of a stack at so many seconds of the epoch.
pub(crate) fn event(stack: &str, id: &str, kind: &str, status: &str, reason: Option<&str>, second: i64) -> StackEvent {
    StackEvent {
        id: format!("{stack}-{id}-{second}"),
        stack_id: format!("arn:stack/{stack}"),
        stack: stack.into(),
        logical_id: id.into(),
        physical_id: Some(if id == stack { format!("arn:stack/{stack}") } else { format!("phys-{id}") }),
        resource_type: kind.into(),
        status: status.into(),
        reason: reason.map(str::to_owned),
        time: chrono::DateTime::from_timestamp(second, 0),
        token: None,
    }
}

const STACK: &str = "AWS::CloudFormation::Stack";

#[test]
fn the_root_cause_is_the_first_failure_that_is_no_cancellation() {
    let events = [
        event("mte", "mte", STACK, "CREATE_IN_PROGRESS", Some("User Initiated"), 0),
        event("mte", "Queue", "AWS::SQS::Queue", "CREATE_FAILED", Some("Resource creation cancelled"), 2),
        event("mte", "Wait", "AWS::CloudFormation::WaitCondition", "CREATE_FAILED", Some("timed out"), 3),
        event("mte", "Role", "AWS::IAM::Role", "CREATE_FAILED", Some("also bad"), 4),
        event("mte", "mte", STACK, "ROLLBACK_IN_PROGRESS", Some("The following resource(s) failed: [Wait]"), 5),
        event("mte", "mte", STACK, "ROLLBACK_COMPLETE", None, 6),
    ];
    let cause = root_cause(&events).unwrap();
    assert_eq!((cause.logical_id.as_str(), cause.reason.as_str()), ("Wait", "timed out"));
    assert_eq!(root_cause(&events[..2]), None);
    let transform =
        [events[0].clone(), event("mte", "mte", STACK, "ROLLBACK_IN_PROGRESS", Some("Transform failed"), 1)];
    assert_eq!(root_cause(&transform).unwrap().reason, "Transform failed");
}

#[test]
fn the_root_cause_is_followed_into_nested_stacks() {
    let mut nested = event("mte", "Data", STACK, "CREATE_FAILED", Some("Embedded stack was not created"), 9);
    nested.physical_id = Some("arn:stack/data".into());
    let events = [
        event("mte", "mte", STACK, "CREATE_IN_PROGRESS", None, 0),
        event("data", "data", STACK, "CREATE_IN_PROGRESS", None, 1),
        event("data", "Table", "AWS::DynamoDB::Table", "CREATE_FAILED", Some("already exists"), 2),
        event("data", "data", STACK, "CREATE_FAILED", Some("The following resource(s) failed"), 3),
        nested,
    ];
    for events in [events.to_vec(), events[1..].to_vec()] {
        let cause = root_cause(&events).unwrap();
        assert_eq!((cause.stack.as_str(), cause.logical_id.as_str()), ("data", "Table"));
    }
}

fn events_page(events: &[(&str, &str, &str, &str, u32)], next: &str) -> Turn {
    let members: Vec<String> = events
        .iter()
        .map(|(stack, id, physical, status, second)| {
            let kind = if physical.starts_with("arn:stack/") { STACK } else { "AWS::SQS::Queue" };
            format!(
                "<member><StackId>arn:stack/{stack}</StackId><EventId>{stack}-{id}-{second}</EventId>\
                 <StackName>{stack}</StackName><LogicalResourceId>{id}</LogicalResourceId>\
                 <PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{kind}</ResourceType>\
                 <ResourceStatus>{status}</ResourceStatus><Timestamp>2026-11-21T10:00:{second:02}Z</Timestamp></member>"
            )
        })
        .collect();
    let next = if next.is_empty() { String::new() } else { format!("<NextToken>{next}</NextToken>") };
    ok("DescribeStackEvents", &format!("<StackEvents>{}</StackEvents>{next}", members.concat()))
}

#[tokio::test]
async fn events_of_nested_stacks_come_in_order_and_only_once() {
    let replay = Replay::of(vec![
        // First look: root (newest first, two pages down to the known event), then the nested stack.
        events_page(
            &[("mte", "Data", "arn:stack/data", "CREATE_IN_PROGRESS", 5), ("mte", "Q", "q", "CREATE_COMPLETE", 4)],
            "more",
        ),
        events_page(
            &[
                ("mte", "mte", "arn:stack/mte", "UPDATE_IN_PROGRESS", 3),
                ("mte", "mte", "arn:stack/mte", "CREATE_COMPLETE", 1),
            ],
            "never-read",
        ),
        events_page(
            &[("data", "T", "t", "CREATE_IN_PROGRESS", 6), ("data", "data", "arn:stack/data", "REVIEW_IN_PROGRESS", 5)],
            "",
        ),
        // Second look: one new event in each.
        events_page(
            &[
                ("mte", "mte", "arn:stack/mte", "UPDATE_COMPLETE", 9),
                ("mte", "Data", "arn:stack/data", "CREATE_IN_PROGRESS", 5),
            ],
            "",
        ),
        events_page(&[("data", "T", "t", "CREATE_COMPLETE", 8), ("data", "T", "t", "CREATE_IN_PROGRESS", 6)], ""),
    ]);
    let reads = replay.aws().reads().stacks();
    let anchor =
        StackEvent { id: "mte-mte-1".into(), time: None, ..event("mte", "mte", STACK, "CREATE_COMPLETE", None, 1) };
    let mut cursor = EventCursor::after("arn:stack/mte", &anchor);
    let ids = |events: Vec<StackEvent>| events.into_iter().map(|event| event.id).collect::<Vec<_>>();
    let first = reads.events(&mut cursor).await.unwrap();
    assert_eq!(ids(first.value.clone()), ["mte-mte-3", "mte-Q-4", "mte-Data-5", "data-data-5", "data-T-6"]);
    assert_eq!(first.value[3].status, "REVIEW_IN_PROGRESS", "a status that the SDK does not know");
    let second = reads.events(&mut cursor).await.unwrap();
    assert_eq!(ids(second.value), ["data-T-8", "mte-mte-9"]);
}

#[tokio::test]
async fn a_failed_look_loses_no_event() {
    let root = || events_page(&[("mte", "Data", "arn:stack/data", "CREATE_IN_PROGRESS", 5)], "");
    let replay = Replay::of(vec![
        root(),
        error(403, "AccessDenied", "not now"),
        root(),
        events_page(&[("data", "T", "t", "CREATE_IN_PROGRESS", 6)], ""),
    ]);
    let reads = replay.aws().reads().stacks();
    let mut cursor = EventCursor::from_the_beginning("arn:stack/mte");
    let before = cursor.clone();
    assert!(reads.events(&mut cursor).await.is_err());
    assert_eq!(cursor, before);
    assert_eq!(reads.events(&mut cursor).await.unwrap().value.len(), 2);
}
