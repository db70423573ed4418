//! Which calls of AWS the steps of a drill make on tables.

use crate::step::calls::{CallOn, Target};
use crate::step::kind::{MarkerDoes, RestoreFrom, TableRestore};

/// What a step that removes tables, backups and markers reads of them, and how.
const OF_CLEANUP: &[&str] = &[
    "DeleteBackup",
    "DeleteItem",
    "DeleteTable",
    "DescribeTable",
    "GetItem",
    "ListBackups",
    "ListTagsOfResource",
    "UpdateTable",
];

/// What a restore does not carry over is read of both tables.
const OF_SETTINGS: &[&str] = &[
    "DescribeContinuousBackups",
    "DescribeContributorInsights",
    "DescribeKinesisStreamingDestination",
    "DescribeTimeToLive",
    "GetResourcePolicy",
    "ListTagsOfResource",
];

/// And put back on the new one.
const OF_PUTTING_BACK: &[&str] =
    &["UpdateContinuousBackups", "UpdateContributorInsights", "UpdateTable", "UpdateTimeToLive"];

/// What changes a table's capacity by itself, as it is read.
const OF_SCALING: &[&str] = &["DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions"];

/// As it is put back. Application Auto Scaling makes alarms for a policy, with the caller's permissions beside its own
/// (`DynamoDB`'s developer guide, "Grant user permissions for `DynamoDB` auto scaling").
const OF_RESCALING: &[&str] = &["PutScalingPolicy", "RegisterScalableTarget"];

/// As it is removed, with those alarms.
const OF_UNSCALING: &[&str] =
    &["DeregisterScalableTarget", "DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions"];

fn of_scaling(operations: &[&'static str]) -> Vec<CallOn> {
    let service = "application-autoscaling";
    operations.iter().map(|operation| CallOn { service, operation, target: Target::Any }).collect()
}

fn of_alarms(operation: &'static str) -> CallOn {
    CallOn { service: "cloudwatch", operation, target: Target::Any }
}

fn of_tables(operations: &[&'static str]) -> Vec<CallOn> {
    operations.iter().map(|operation| CallOn { service: "dynamodb", operation, target: Target::Any }).collect()
}

pub(in crate::step::drill) fn of_table_restore(restore: &TableRestore) -> Vec<CallOn> {
    let mut all = of_tables(of_table_made(restore));
    all.extend(of_tables(OF_SETTINGS));
    all.extend(of_scaling(OF_SCALING));
    all.push(of_alarms("DescribeAlarms"));
    if restore.put_back {
        all.extend(of_tables(OF_PUTTING_BACK));
        all.extend(of_scaling(OF_RESCALING));
        all.push(of_alarms("PutMetricAlarm"));
    }
    all
}

/// A restore writes the new table's items, and IAM asks for that beside (`DynamoDB`'s developer guide, "IAM permissions
/// for backup and restore").
fn of_table_made(restore: &TableRestore) -> &'static [&'static str] {
    match &restore.from {
        RestoreFrom::PointInTime(_) => &[
            "BatchWriteItem",
            "DeleteItem",
            "DescribeContinuousBackups",
            "DescribeTable",
            "GetItem",
            "PutItem",
            "Query",
            "RestoreTableToPointInTime",
            "Scan",
            "TagResource",
            "UpdateItem",
        ],
        RestoreFrom::Backup(_) => &[
            "BatchWriteItem",
            "CreateBackup",
            "DeleteItem",
            "DescribeTable",
            "GetItem",
            "ListBackups",
            "PutItem",
            "Query",
            "RestoreTableFromBackup",
            "Scan",
            "TagResource",
            "UpdateItem",
        ],
    }
}

pub(in crate::step::drill) fn of_table_compare() -> Vec<CallOn> {
    of_tables(&["BatchGetItem", "DescribeTable", "Scan"])
}

pub(in crate::step::drill) fn of_table_marker(does: &MarkerDoes) -> Vec<CallOn> {
    of_tables(match does {
        MarkerDoes::Write { .. } => &["DescribeTable", "GetItem", "PutItem"],
        MarkerDoes::Read { .. } => &["GetItem"],
    })
}

pub(in crate::step::drill) fn of_table_cleanup() -> Vec<CallOn> {
    let all = of_tables(OF_CLEANUP).into_iter().chain(of_scaling(OF_UNSCALING));
    all.chain([of_alarms("DeleteAlarms")]).collect()
}
