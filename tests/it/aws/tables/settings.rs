//! What a restore does not carry over: read, compared and put back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::stage::{active, answer, refusal, restored, table};
use checkride::aws::api::client::resolve;
use checkride::aws::tables::{
    Difference, Known, Recovery, Remedy, RestoreOverrides, RestoreToTime, SettingChange, differences,
};
use checkride::aws::{AwsErrorKind, RestorePoint};

use crate::support::replay::{Replay, Turn};
use crate::support::sandbox;
use crate::support::watch::{Proxy, Watch};

/// The settings of a source, its copy by point in time, and what is put back on it.
#[tokio::test]
async fn what_a_restore_does_not_carry_over_is_put_back() {
    let aws = sandbox::aws();
    let (reads, writes) = (aws.reads().tables(), aws.tables());
    let source = table(&aws, "sessions").await;
    let on = writes.set_point_in_time("sessions", true, None).await.unwrap().value;
    assert!(on.on && reads.point_in_time("sessions").await.unwrap().value.on);
    writes.set_time_to_live("sessions", "expires", true).await.unwrap();
    assert_eq!(reads.time_to_live("sessions").await.unwrap().value.on(), Some("expires"));
    writes.set_stream("sessions", Some("NEW_IMAGE")).await.unwrap();
    writes.set_deletion_protection("sessions", true).await.unwrap();
    writes.set_insights("sessions", true, None).await.unwrap();
    let refused = writes.delete_table("sessions").await.unwrap_err();
    assert!(refused.is_definite(), "{refused}");

    let restore = RestoreToTime {
        source: source.arn.clone(),
        target: "sessions-drill".to_owned(),
        at: RestorePoint::Latest,
        overrides: RestoreOverrides::default(),
    };
    writes.restore_to_time(&restore).await.unwrap();
    let copy = active(&reads, "sessions-drill").await;
    writes.tag(&copy.arn, &BTreeMap::from([("checkride:run".to_owned(), "7f3a".to_owned())])).await.unwrap();

    let source = reads.describe("sessions").await.unwrap().value.unwrap();
    let before = reads.settings(&source).await.unwrap().value;
    assert_eq!(before.time_to_live, Known::Is(Some("expires".to_owned())));
    assert!(matches!(before.point_in_time, Known::Is(Recovery { on: true, .. })), "{before:?}");
    assert_eq!(before.stream.as_deref(), Some("NEW_IMAGE"));
    assert!(before.deletion_protection && matches!(before.insights, Known::Is(Some(_))), "{before:?}");
    assert_eq!((&before.policy, &before.destinations), (&Known::Is(None), &Known::Is(Vec::new())));
    // The emulator has no such service: that is said, and the rest is read.
    assert!(matches!(before.scaling, Known::Not(_)), "{before:?}");

    let all = differences(&before, &reads.settings(&copy).await.unwrap().value);
    let changes = put_back(&all);
    assert!(matches!(changes.last(), Some(SettingChange::DeletionProtection)), "{changes:?}");
    assert!(changes.len() >= 5, "{changes:?}");
    for change in &changes {
        writes.put_back(&copy, change).await.unwrap();
        active(&reads, "sessions-drill").await;
    }
    let copy = reads.describe("sessions-drill").await.unwrap().value.unwrap();
    let after = reads.settings(&copy).await.unwrap().value;
    assert_eq!(put_back(&differences(&before, &after)), []);
    assert!(matches!(&after.tags, Known::Is(tags) if tags["team"] == "sessions" && tags["checkride:run"] == "7f3a"));
}

/// The emulator of databases knows Application Auto Scaling, too.
#[tokio::test]
async fn auto_scaling_is_read_moved_to_the_copy_and_taken_away() {
    let account = sandbox::account();
    let proxy = Proxy::adding(&sandbox::rds_endpoint(), &Watch::open(), &sandbox::as_account(&account));
    let aws = sandbox::aws_at(&account, &proxy.endpoint);
    let (reads, writes) = (aws.reads().tables(), aws.tables());
    let call = async |operation: &str, input: Value| {
        aws.api().call(resolve(operation).unwrap(), &input, None).await.unwrap();
    };
    for name in ["sessions", "sessions-drill", "sessions-2"] {
        let input = json!({ "TableName": name, "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 },
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }] });
        call("dynamodb:CreateTable", input).await;
    }
    assert_eq!(reads.names().await.unwrap().value, ["sessions", "sessions-2", "sessions-drill"]);
    for (table, most) in [("sessions", 50), ("sessions-2", 20)] {
        let target = json!({ "ServiceNamespace": "dynamodb", "ResourceId": format!("table/{table}"),
            "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "MinCapacity": 5, "MaxCapacity": most });
        call("application-autoscaling:RegisterScalableTarget", target).await;
    }
    let rule = json!({ "TargetValue": 70.0,
        "PredefinedMetricSpecification": { "PredefinedMetricType": "DynamoDBReadCapacityUtilization" } });
    let policy = json!({ "PolicyName": "reads", "ServiceNamespace": "dynamodb", "ResourceId": "table/sessions",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": rule });
    call("application-autoscaling:PutScalingPolicy", policy).await;
    for table in ["sessions", "sessions-2"] {
        let alarm = json!({ "AlarmName": format!("{table} throttles"), "MetricName": "ThrottledRequests",
            "Namespace": "AWS/DynamoDB", "Dimensions": [{ "Name": "TableName", "Value": table }],
            "EvaluationPeriods": 1, "Period": 60, "Threshold": 1.0, "Statistic": "Sum",
            "ComparisonOperator": "GreaterThanThreshold" });
        call("cloudwatch:PutMetricAlarm", alarm).await;
    }

    let source = reads.describe("sessions").await.unwrap().value.unwrap();
    let copy = reads.describe("sessions-drill").await.unwrap().value.unwrap();
    let before = reads.settings(&source).await.unwrap().value;
    let Known::Is(scaling) = &before.scaling else { panic!("{before:?}") };
    assert_eq!((scaling.targets.len(), scaling.targets[0].max), (1, 50));
    assert_eq!(scaling.policies[0].rule["TargetValue"], json!(70.0));
    let Known::Is(alarms) = &before.alarms else { panic!("{before:?}") };
    assert_eq!(alarms.iter().map(|alarm| alarm.name.as_str()).collect::<Vec<_>>(), ["sessions throttles"]);

    let all = differences(&before, &reads.settings(&copy).await.unwrap().value);
    let changes: Vec<SettingChange> = put_back(&all)
        .into_iter()
        .filter(|it| matches!(it, SettingChange::ScalingTarget { .. } | SettingChange::ScalingPolicy { .. }))
        .collect();
    assert_eq!(changes.len(), 2, "{all:?}");
    for change in &changes {
        writes.put_back(&copy, change).await.unwrap();
    }
    let after = reads.scaling("sessions-drill").await.unwrap().value;
    assert_eq!((after.targets[0].resource.as_str(), after.targets[0].max), ("table/sessions-drill", 50));
    assert_eq!((after.policies.len(), after.policies[0].rule == scaling.policies[0].rule), (1, true));
    for target in &after.targets {
        writes.remove_scaling(target).await.unwrap();
    }
    assert_eq!(reads.scaling("sessions-drill").await.unwrap().value.targets, []);
    assert_eq!(reads.scaling("sessions").await.unwrap().value, *scaling, "the source is as it was");
}

#[tokio::test]
async fn what_the_caller_may_not_see_is_not_known_and_a_lost_network_is_no_answer() {
    let table = answer(&restored("ACTIVE"));
    let replay = Replay::of(vec![table.clone()]);
    let table = replay.aws().reads().tables().describe("copy").await.unwrap().value.unwrap();
    let policy = json!({ "Policy": "{\"Statement\":[]}", "RevisionId": "1" });
    let replay = Replay::answering(move |sent| {
        match sent.headers.get("x-amz-target").and_then(|target| target.rsplit('.').next()) {
            Some("GetResourcePolicy") => answer(&policy),
            Some("DescribeKinesisStreamingDestination") => answer(&json!({ "KinesisDataStreamDestinations": [
                { "StreamArn": "arn:off", "DestinationStatus": "DISABLED" },
                { "StreamArn": "arn:on", "DestinationStatus": "ACTIVE",
                    "ApproximateCreationDateTimePrecision": "MICROSECOND" }] })),
            Some("DescribeTimeToLive") => answer(&json!({ "TimeToLiveDescription":
                { "TimeToLiveStatus": "DISABLING", "AttributeName": "expires" } })),
            Some(_) | None => refusal("AccessDeniedException", "not authorized"),
        }
    });
    let found = replay.aws().reads().tables().settings(&table).await.unwrap().value;
    assert_eq!(found.policy, Known::Is(Some("{\"Statement\":[]}".to_owned())));
    assert_eq!(found.time_to_live, Known::Is(None), "what is being switched off is off");
    let Known::Is(destinations) = &found.destinations else { panic!("{found:?}") };
    assert_eq!((destinations.len(), destinations[0].precision.as_deref()), (1, Some("MICROSECOND")));
    for why in [found.point_in_time.reason(), found.tags.reason(), found.scaling.reason()] {
        assert!(why.is_some_and(|why| why.contains("access denied")), "{found:?}");
    }
    assert_eq!(found.replicas, ["eu-west-1"]);

    let replay = Replay::answering(|_| Turn::Closed);
    let lost = replay.aws().reads().tables().settings(&table).await.unwrap_err();
    assert_eq!(lost.kind, AwsErrorKind::Connect);
}

fn put_back(all: &[Difference]) -> Vec<SettingChange> {
    let changes = all.iter().filter_map(|difference| match &difference.remedy {
        Remedy::PutBack(changes) => Some(changes.clone()),
        Remedy::Reported(_) => None,
    });
    changes.flatten().collect()
}
