//! What a change changes: the members of its input that name it, and its ARN.

use serde_json::{Map, Value};

use super::sent::{Asks, Sent, object};
use crate::aws::api::access::is_read;
use crate::aws::api::client::partition_of;

/// What a request would change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Subjects {
    /// Nothing.
    Nothing,
    /// These, by ARN.
    All(Vec<String>),
    /// Nobody can say from here.
    Unreadable,
}

/// How a member names what a change is about.
#[derive(Clone, Copy, Debug)]
enum Named {
    /// A name, or an ARN, of a resource of this kind: what stands before the name in its ARN.
    As(&'static str),
    /// An ARN.
    Arn,
    /// A stack's name, or its ARN, which ends with an id of its own.
    Stack,
    /// Of a table, or an index of it: `table/NAME`, `table/NAME/index/INDEX`. Both are the table's.
    Scaled,
    /// A queue's URL, which ends with its name.
    Queue,
}

/// A member that names something that the call changes. Where an operation has several, each that is there counts.
type Row = (&'static str, &'static str, &'static str, Named);

const TABLE: Named = Named::As("table/");
const CLUSTER: Named = Named::As("cluster:");
const INSTANCE: Named = Named::As("db:");
const ALARM: Named = Named::As("alarm:");
/// The ARN of a secret ends with six characters of its own, and a name may end like that, too: only the name, or the very
/// ARN that was let in, is one.
const SECRET: Named = Named::As("secret:");

/// Which members of which operations name what is changed (the service's API reference, each operation's page). What is only
/// read by the call, as the source of a restore, does not stand here; an operation that does not stand here is not let through.
static ROWS: &[Row] = &[
    ("dynamodb", "BatchWriteItem", "RequestItems", TABLE),
    ("dynamodb", "CreateTable", "TableName", TABLE),
    ("dynamodb", "DeleteItem", "TableName", TABLE),
    ("dynamodb", "DeleteTable", "TableName", TABLE),
    ("dynamodb", "PutItem", "TableName", TABLE),
    ("dynamodb", "PutResourcePolicy", "ResourceArn", Named::Arn),
    ("dynamodb", "RestoreTableFromBackup", "TargetTableName", TABLE),
    ("dynamodb", "RestoreTableToPointInTime", "TargetTableName", TABLE),
    ("dynamodb", "TagResource", "ResourceArn", Named::Arn),
    ("dynamodb", "UntagResource", "ResourceArn", Named::Arn),
    ("dynamodb", "UpdateContinuousBackups", "TableName", TABLE),
    ("dynamodb", "UpdateContributorInsights", "TableName", TABLE),
    ("dynamodb", "UpdateItem", "TableName", TABLE),
    ("dynamodb", "UpdateTable", "TableName", TABLE),
    ("dynamodb", "UpdateTimeToLive", "TableName", TABLE),
    ("dynamodb", "DeleteBackup", "BackupArn", Named::Arn),
    ("rds", "AddTagsToResource", "ResourceName", Named::Arn),
    ("rds", "CreateDBClusterSnapshot", "DBClusterSnapshotIdentifier", Named::As("cluster-snapshot:")),
    ("rds", "CreateDBInstance", "DBInstanceIdentifier", INSTANCE),
    ("rds", "CreateDBInstance", "DBClusterIdentifier", CLUSTER),
    ("rds", "CreateDBSnapshot", "DBSnapshotIdentifier", Named::As("snapshot:")),
    ("rds", "DeleteDBCluster", "DBClusterIdentifier", CLUSTER),
    ("rds", "DeleteDBClusterSnapshot", "DBClusterSnapshotIdentifier", Named::As("cluster-snapshot:")),
    ("rds", "DeleteDBInstance", "DBInstanceIdentifier", INSTANCE),
    ("rds", "DeleteDBSnapshot", "DBSnapshotIdentifier", Named::As("snapshot:")),
    ("rds", "FailoverDBCluster", "DBClusterIdentifier", CLUSTER),
    ("rds", "ModifyDBCluster", "DBClusterIdentifier", CLUSTER),
    ("rds", "ModifyDBCluster", "NewDBClusterIdentifier", CLUSTER),
    ("rds", "ModifyDBInstance", "DBInstanceIdentifier", INSTANCE),
    ("rds", "ModifyDBInstance", "NewDBInstanceIdentifier", INSTANCE),
    ("rds", "RestoreDBClusterFromSnapshot", "DBClusterIdentifier", CLUSTER),
    ("rds", "RestoreDBClusterToPointInTime", "DBClusterIdentifier", CLUSTER),
    ("rds", "RestoreDBInstanceFromDBSnapshot", "DBInstanceIdentifier", INSTANCE),
    ("rds", "RestoreDBInstanceToPointInTime", "TargetDBInstanceIdentifier", INSTANCE),
    ("cloudformation", "CancelUpdateStack", "StackName", Named::Stack),
    ("cloudformation", "ContinueUpdateRollback", "StackName", Named::Stack),
    ("cloudformation", "CreateChangeSet", "StackName", Named::Stack),
    ("cloudformation", "CreateStack", "StackName", Named::Stack),
    ("cloudformation", "DeleteChangeSet", "StackName", Named::Stack),
    ("cloudformation", "DeleteStack", "StackName", Named::Stack),
    ("cloudformation", "DetectStackDrift", "StackName", Named::Stack),
    ("cloudformation", "ExecuteChangeSet", "StackName", Named::Stack),
    ("cloudformation", "RollbackStack", "StackName", Named::Stack),
    ("cloudformation", "UpdateStack", "StackName", Named::Stack),
    ("cloudformation", "UpdateTerminationProtection", "StackName", Named::Stack),
    ("kms", "ScheduleKeyDeletion", "KeyId", Named::As("key/")),
    ("logs", "DeleteLogGroup", "logGroupName", Named::As("log-group:")),
    ("secretsmanager", "CancelRotateSecret", "SecretId", SECRET),
    ("secretsmanager", "CreateSecret", "Name", SECRET),
    ("secretsmanager", "DeleteResourcePolicy", "SecretId", SECRET),
    ("secretsmanager", "DeleteSecret", "SecretId", SECRET),
    ("secretsmanager", "PutResourcePolicy", "SecretId", SECRET),
    ("secretsmanager", "PutSecretValue", "SecretId", SECRET),
    ("secretsmanager", "RemoveRegionsFromReplication", "SecretId", SECRET),
    ("secretsmanager", "ReplicateSecretToRegions", "SecretId", SECRET),
    ("secretsmanager", "RestoreSecret", "SecretId", SECRET),
    ("secretsmanager", "RotateSecret", "SecretId", SECRET),
    ("secretsmanager", "StopReplicationToReplica", "SecretId", SECRET),
    ("secretsmanager", "TagResource", "SecretId", SECRET),
    ("secretsmanager", "UntagResource", "SecretId", SECRET),
    ("secretsmanager", "UpdateSecret", "SecretId", SECRET),
    ("secretsmanager", "UpdateSecretVersionStage", "SecretId", SECRET),
    ("sqs", "DeleteQueue", "QueueUrl", Named::Queue),
    ("cloudwatch", "DeleteAlarms", "AlarmNames", ALARM),
    ("cloudwatch", "PutMetricAlarm", "AlarmName", ALARM),
    ("application-autoscaling", "DeregisterScalableTarget", "ResourceId", Named::Scaled),
    ("application-autoscaling", "PutScalingPolicy", "ResourceId", Named::Scaled),
    ("application-autoscaling", "RegisterScalableTarget", "ResourceId", Named::Scaled),
];

/// The service's name in the tables, by the name that its requests are signed for, where that is another.
fn service_of(signed: &str) -> &str {
    match signed {
        "monitoring" => "cloudwatch",
        "states" => "stepfunctions",
        "elasticloadbalancing" => "elbv2",
        "tagging" => "resourcegroupstaggingapi",
        other => other,
    }
}

/// What a request would change. `account`: whose names they are.
pub(super) fn subjects(sent: &Sent, account: &str) -> Subjects {
    let service = service_of(&sent.service);
    match &sent.asks {
        // Whoever takes a role changes nothing.
        Asks::Named { .. } if service == "sts" => Subjects::Nothing,
        Asks::Named { operation, .. } if is_read(service, operation) => Subjects::Nothing,
        Asks::Named { operation, input } if (service, operation.as_str()) == ("dynamodb", "CreateBackup") => {
            // The table stays as it is; what is made bears this name.
            match (text(input, "TableName"), text(input, "BackupName")) {
                (Some(table), Some(name)) => {
                    Subjects::All(vec![format!("{} backup {name}", arn(sent, account, TABLE, table))])
                }
                _ => Subjects::Unreadable,
            }
        }
        Asks::Named { operation, input } => {
            let rows = || ROWS.iter().filter(|(of, name, ..)| *of == service && name == operation);
            // A change set that is named by its ARN is that of whatever stack it was made for, and the stack's name says nothing:
            // it is let in by itself, by who made it.
            if let Some(set) = text(input, "ChangeSetName").filter(|name| name.starts_with("arn:"))
                && service == "cloudformation"
                && rows().next().is_some()
            {
                return Subjects::All(vec![set.to_owned()]);
            }
            // The first member of an operation says what it is about: without it nobody knows.
            let Some((_, _, first, _)) = rows().next() else { return Subjects::Unreadable };
            if !input.keys().any(|key| key == first || key.starts_with(&format!("{first}."))) {
                return Subjects::Unreadable;
            }
            let named = rows().flat_map(|(_, _, member, named)| {
                texts(input, member).into_iter().map(|name| arn(sent, account, *named, name))
            });
            let named: Vec<String> = named.collect();
            if named.is_empty() { Subjects::Unreadable } else { Subjects::All(named) }
        }
        Asks::Rest { method, .. } if matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS") => Subjects::Nothing,
        Asks::Rest { host, path, removes, .. } if service == "s3" => {
            let Some((bucket, key)) = object(host, path) else { return Subjects::Unreadable };
            let bucket = format!("arn:{}:s3:::{bucket}", partition_of(&sent.region));
            let of = |key: &String| format!("{bucket}/{key}");
            match removes {
                Some(keys) if key.is_empty() && !keys.is_empty() => Subjects::All(keys.iter().map(of).collect()),
                Some(_) => Subjects::Unreadable,
                None if key.is_empty() => Subjects::All(vec![bucket]),
                None => Subjects::All(vec![of(&key)]),
            }
        }
        Asks::Rest { .. } => Subjects::Unreadable,
    }
}

fn text<'a>(input: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    input.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The names that a member holds: a text, the items of a list, the keys of a map, or what a form has under it.
fn texts<'a>(input: &'a Map<String, Value>, member: &str) -> Vec<&'a str> {
    let below = format!("{member}.");
    let flat = input.iter().filter(|(key, _)| key.starts_with(&below)).filter_map(|(_, value)| value.as_str());
    let whole = input.get(member).into_iter().flat_map(|value| match value {
        Value::String(text) => vec![text.as_str()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::Object(map) => map.keys().map(String::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    });
    whole.chain(flat).collect()
}

/// The ARN by which something is known here, of the ARN that names it.
pub(super) fn known_as(arn: String) -> String {
    match arn.split(':').nth(2) {
        // The identifiers of RDS are kept in lower case, however they are written.
        Some("rds") => arn.to_ascii_lowercase(),
        Some("cloudformation") => without_id(&arn).to_owned(),
        Some(_) | None => arn,
    }
}

/// A stack's ARN without the id of the service's own that it ends with: whoever changes a stack by its name gives none. Any
/// other ARN as it is.
fn without_id(arn: &str) -> &str {
    let id = arn.split_once(":stack/").and_then(|(_, stack)| stack.split_once('/')).map(|(_, id)| id);
    id.map_or(arn, |id| &arn[..arn.len() - id.len() - 1])
}

/// One form for whatever names a resource.
fn arn(sent: &Sent, account: &str, named: Named, name: &str) -> String {
    let service = match service_of(&sent.service) {
        "application-autoscaling" => "dynamodb",
        other => other,
    };
    let of =
        |resource: &str| format!("arn:{}:{service}:{}:{account}:{resource}", partition_of(&sent.region), sent.region);
    let whole = name.starts_with("arn:");
    match named {
        Named::Arn | Named::As(_) if whole && service == "rds" => known_as(name.to_owned()),
        Named::Arn => name.to_owned(),
        Named::As(_) | Named::Queue if whole => name.to_owned(),
        Named::Queue => of(name.rsplit('/').next().unwrap_or(name)),
        Named::As(before) if service == "rds" => of(&format!("{before}{}", name.to_ascii_lowercase())),
        Named::As(before) => of(&format!("{before}{name}")),
        Named::Scaled => of(name.split_once("/index/").map_or(name, |(table, _)| table)),
        Named::Stack if whole => without_id(name).to_owned(),
        Named::Stack => of(&format!("stack/{name}")),
    }
}
