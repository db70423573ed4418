//! What is there, by a list of reads a resource. Times, and what counts changes, are left out.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde_json::{Value, json};

use crate::eight::world::{STEPS, World};
use crate::support::binary::patiently;

/// What differs from one moment to the next although nothing was changed, or tells how often it was.
const VARIES: &[&str] = &[
    "AlarmConfigurationUpdatedTimestamp",
    "ChangeSetId",
    // When it was last looked for, and what was found then.
    "DriftInformation",
    "EarliestRestorableDateTime",
    "LastModified",
    "LastModifiedTimestamp",
    "LastUpdatedTime",
    "LastUpdatedTimestamp",
    "LatestRestorableDateTime",
    "ResourceStatus",
    "RevisionId",
    "StackStatus",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "Timestamp",
];

/// Each reading under its name.
#[derive(Clone, PartialEq)]
pub(super) struct State(BTreeMap<&'static str, Value>);

impl State {
    pub(super) fn of(world: &World) -> Self {
        // The emulator ends an update of a function behind the back of the call, as AWS does.
        patiently("an update of the function", || {
            world.reads("lambda:GetFunctionConfiguration", &json!({ "FunctionName": "api" }))["LastUpdateStatus"]
                != "InProgress"
        });
        let key = world.reads("kms:ListKeys", &json!({}))["Keys"][0]["KeyId"].clone();
        let mut all = BTreeMap::new();
        for (name, call, with, pointer) in reads(&world.account, &key) {
            let mut value = world.reads(call, &with);
            steady(&mut value);
            assert!(!value.is_null(), "{name}: {call} answers nothing");
            let part = value.pointer(pointer).cloned().unwrap_or_default();
            assert_eq!(all.insert(name, part), None, "{name} is read twice");
        }
        Self(all)
    }

    /// What became of each of the eight things: whether it is another one than it was.
    pub(super) fn changed(&self, before: &Self) -> [bool; 8] {
        STEPS.map(|step| self.0[step] != before.0[step])
    }

    /// The readings that differ.
    pub(super) fn differ(&self, other: &Self) -> Vec<&'static str> {
        self.0.iter().filter(|(name, value)| other.0.get(*name) != Some(value)).map(|(name, _)| *name).collect()
    }
}

/// All of it, with line ends: for a test that fails.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))
    }
}

/// Both states must be the same; what is not is shown.
#[track_caller]
pub(super) fn assert_same(before: &State, after: &State, how: &str) {
    let mut text = String::new();
    for name in after.differ(before) {
        writeln!(text, "{name}\n  was {}\n  is  {}", before.0[name], after.0[name]).unwrap();
    }
    assert!(text.is_empty(), "{how}:\n{text}");
}

/// Name, call, parameters, and which part of the answer is meant. The eight things that the steps change come first, under
/// the names of their steps.
fn reads(account: &str, key: &Value) -> Vec<(&'static str, &'static str, Value, &'static str)> {
    let function = || json!({ "FunctionName": "api" });
    let table = || json!({ "TableName": "orders" });
    let stack = || json!({ "StackName": "shop" });
    let bucket = || json!({ "Bucket": format!("website-{account}") });
    let queue = || {
        let url = format!("http://127.0.0.1/{account}/jobs");
        json!({ "QueueUrl": url, "AttributeNames": ["All"] })
    };
    let key = || json!({ "KeyId": key });
    vec![
        ("stack", "cloudformation:GetTemplate", stack(), "/TemplateBody"),
        ("limit", "lambda:GetFunctionConcurrency", function(), ""),
        ("alias", "lambda:GetAlias", json!({ "FunctionName": "api", "Name": "live" }), ""),
        ("network", "lambda:GetFunctionConfiguration", function(), "/VpcConfig"),
        ("recovery", "dynamodb:DescribeContinuousBackups", table(), ""),
        ("replication", "s3:GetBucketReplication", bucket(), ""),
        ("rotation", "kms:GetKeyRotationStatus", key(), ""),
        ("letters", "sqs:GetQueueAttributes", queue(), "/Attributes/RedrivePolicy"),
        ("the stack", "cloudformation:DescribeStacks", stack(), ""),
        ("its resources", "cloudformation:DescribeStackResources", stack(), ""),
        ("its change sets", "cloudformation:ListChangeSets", stack(), ""),
        ("its policy", "cloudformation:GetStackPolicy", stack(), ""),
        ("the stacks", "cloudformation:DescribeStacks", json!({}), ""),
        ("the function", "lambda:GetFunctionConfiguration", function(), ""),
        ("its invocations", "lambda:GetFunctionEventInvokeConfig", function(), ""),
        ("its versions", "lambda:ListVersionsByFunction", function(), ""),
        ("its aliases", "lambda:ListAliases", function(), ""),
        ("the functions", "lambda:ListFunctions", json!({}), ""),
        ("the table", "dynamodb:DescribeTable", table(), ""),
        ("its time to live", "dynamodb:DescribeTimeToLive", table(), ""),
        ("the tables", "dynamodb:ListTables", json!({}), ""),
        ("the bucket's versions", "s3:GetBucketVersioning", bucket(), ""),
        ("its lifecycle", "s3:GetBucketLifecycleConfiguration", bucket(), ""),
        ("its public access", "s3:GetPublicAccessBlock", bucket(), ""),
        ("its encryption", "s3:GetBucketEncryption", bucket(), ""),
        ("its tags", "s3:GetBucketTagging", bucket(), ""),
        ("its policy of access", "s3:GetBucketPolicy", bucket(), ""),
        ("its objects", "s3:ListObjectVersions", bucket(), ""),
        ("the buckets", "s3:ListBuckets", json!({}), ""),
        ("the queue", "sqs:GetQueueAttributes", queue(), ""),
        ("the queues", "sqs:ListQueues", json!({}), ""),
        ("the topics", "sns:ListTopics", json!({}), ""),
        ("the log groups", "logs:DescribeLogGroups", json!({}), ""),
        ("the key", "kms:DescribeKey", key(), ""),
        ("its rules", "kms:GetKeyPolicy", json!({ "KeyId": key()["KeyId"], "PolicyName": "default" }), ""),
        ("the keys", "kms:ListKeys", json!({}), ""),
        ("the alarms", "cloudwatch:DescribeAlarms", json!({}), ""),
    ]
}

/// Takes out what varies, and puts lists into an order: not every service keeps one.
fn steady(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !VARIES.contains(&name.as_str()));
            members.values_mut().for_each(steady);
            // Out of a network is out of it, whether there ever was one.
            members.retain(|name, value| name != "VpcConfig" || value["SubnetIds"] != json!([]));
        }
        Value::Array(items) => {
            // AWS forgets the change sets of a stack with the first one that is executed; the emulator keeps them.
            let executed = |item: &Value| item["ExecutionStatus"].as_str().is_some_and(|it| it.starts_with("EXECUTE_"));
            items.retain(|item| !executed(item));
            items.iter_mut().for_each(steady);
            items.sort_by_key(ToString::to_string);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
