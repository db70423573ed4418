//! The settings of a table, as plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What could be read; or why it could not.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum Known<T> {
    /// It is this.
    Is(T),
    /// It is not known: the caller may not look, or the endpoint cannot tell.
    Not(String),
}

/// What a restore of the table does not carry over.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TableSettings {
    /// The table's name.
    pub table: String,
    /// The table's ARN.
    pub arn: String,
    /// Point-in-time recovery.
    pub point_in_time: Known<Recovery>,
    /// The attribute by which items expire, if they do.
    pub time_to_live: Known<Option<String>>,
    /// The tags.
    pub tags: Known<BTreeMap<String, String>>,
    /// What the stream holds of a change, if it is on.
    pub stream: Option<String>,
    /// Whether the table cannot be deleted.
    pub deletion_protection: bool,
    /// `STANDARD` or `STANDARD_INFREQUENT_ACCESS`.
    pub class: String,
    /// The regions of the replicas.
    pub replicas: Vec<String>,
    /// What changes its capacity.
    pub scaling: Known<Scaling>,
    /// The alarms that watch it, by name; without those that the scaling has made for itself.
    pub alarms: Known<Vec<Alarm>>,
    /// The resource policy, as JSON text.
    pub policy: Known<Option<String>>,
    /// The Kinesis streams that its changes go to.
    pub destinations: Known<Vec<Destination>>,
    /// The contributor insights, if they are on.
    pub insights: Known<Option<Insights>>,
}

/// Point-in-time recovery.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// Whether it is on.
    pub on: bool,
    /// For so many days back, where the answer says so.
    pub days: Option<i32>,
}

/// What changes the capacity of a table and its indexes by itself.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// What is changed, and how far.
    pub targets: Vec<ScalingTarget>,
    /// By what rule.
    pub policies: Vec<ScalingPolicy>,
    /// The names of the scheduled actions.
    pub scheduled: Vec<String>,
}

/// A capacity that is changed.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct ScalingTarget {
    /// `table/NAME`, or `table/NAME/index/INDEX`.
    pub resource: String,
    /// `dynamodb:table:ReadCapacityUnits`, `dynamodb:index:WriteCapacityUnits` …
    pub dimension: String,
    /// The least.
    pub min: i64,
    /// The most.
    pub max: i64,
}

/// The rule by which a capacity is changed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ScalingPolicy {
    /// Its name.
    pub name: String,
    /// What it is for, as in [`ScalingTarget`].
    pub resource: String,
    /// Which capacity, as in [`ScalingTarget`].
    pub dimension: String,
    /// `TargetTrackingScaling`.
    pub kind: String,
    /// The rule as the API has it: `TargetTrackingScalingPolicyConfiguration`, without the alarms that came of it.
    pub rule: Value,
}

/// An alarm that watches a table.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// The metric: `ThrottledRequests`. Empty for one that computes with several.
    pub metric: String,
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub state: String,
}

/// A Kinesis stream that gets the changes of a table.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Destination {
    /// Its ARN.
    pub stream: String,
    /// `MILLISECOND` or `MICROSECOND`, where the answer says so.
    pub precision: Option<String>,
}

/// Contributor insights.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Insights {
    /// `ACCESSED_AND_THROTTLED_KEYS` or `THROTTLED_KEYS`, where the answer says so.
    pub mode: Option<String>,
}
