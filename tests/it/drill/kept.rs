//! What the fake of `DynamoDB` keeps of a table beside its items, and what scales and watches it: what no restore
//! carries over.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The settings of a table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Kept {
    pub(super) recovery: bool,
    pub(super) expires: Option<String>,
    pub(super) stream: Option<String>,
    pub(super) protected: bool,
    /// The region of a replica.
    pub(super) replica: Option<String>,
}

impl Kept {
    /// Answers what is about a table's settings; none: it is about something else.
    pub(super) fn answer(&mut self, operation: &str, input: &Value) -> Option<Value> {
        match operation {
            "UpdateContinuousBackups" => {
                let wanted = &input["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
                self.recovery = *wanted == true;
                Some(json!({ "ContinuousBackupsDescription": { "ContinuousBackupsStatus": "ENABLED" } }))
            }
            "DescribeTimeToLive" => {
                let told = match &self.expires {
                    Some(attribute) => json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": attribute }),
                    None => json!({ "TimeToLiveStatus": "DISABLED" }),
                };
                Some(json!({ "TimeToLiveDescription": told }))
            }
            "UpdateTimeToLive" => {
                let wanted = &input["TimeToLiveSpecification"];
                self.expires =
                    wanted["AttributeName"].as_str().filter(|_| wanted["Enabled"] == true).map(str::to_owned);
                Some(json!({ "TimeToLiveSpecification": wanted }))
            }
            "UpdateTable" => {
                if let Some(on) = input["DeletionProtectionEnabled"].as_bool() {
                    self.protected = on;
                }
                if let Some(wanted) = input.get("StreamSpecification") {
                    self.stream = wanted["StreamViewType"].as_str().map(str::to_owned);
                }
                Some(json!({ "TableDescription": {} }))
            }
            _ => None,
        }
    }

    /// Adds to a description of the table what it says of the settings.
    pub(super) fn describe(&self, table: &mut Value) {
        table["DeletionProtectionEnabled"] = json!(self.protected);
        if let Some(region) = &self.replica {
            table["Replicas"] = json!([{ "RegionName": region, "ReplicaStatus": "ACTIVE" }]);
        }
        if let Some(view) = &self.stream {
            table["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
        }
    }
}

/// What scales tables, and what watches them.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// By resource and dimension.
    pub(super) targets: BTreeMap<(String, String), (i64, i64)>,
    /// By resource, dimension and name: the rule.
    pub(super) policies: BTreeMap<(String, String, String), Value>,
    pub(super) alarms: Vec<Value>,
}

impl Around {
    /// Answers for Application Auto Scaling and `CloudWatch`; none: it is about something else.
    pub(super) fn answer(&mut self, operation: &str, input: &Value) -> Option<Result<Value, String>> {
        let text = |member: &str| input[member].as_str().unwrap_or_default().to_owned();
        let of = || (text("ResourceId"), text("ScalableDimension"));
        Some(match operation {
            "DescribeScalableTargets" => {
                let all = self.targets.iter().map(|((resource, dimension), (min, max))| {
                    json!({ "ServiceNamespace": "dynamodb", "ResourceId": resource, "ScalableDimension": dimension,
                        "MinCapacity": min, "MaxCapacity": max })
                });
                Ok(json!({ "ScalableTargets": all.collect::<Vec<_>>() }))
            }
            "DescribeScalingPolicies" => {
                let all = self.policies.iter().map(|((resource, dimension, name), rule)| {
                    json!({ "ServiceNamespace": "dynamodb", "ResourceId": resource, "ScalableDimension": dimension,
                        "PolicyName": name, "PolicyType": "TargetTrackingScaling",
                        "TargetTrackingScalingPolicyConfiguration": rule })
                });
                Ok(json!({ "ScalingPolicies": all.collect::<Vec<_>>() }))
            }
            "DescribeScheduledActions" => Ok(json!({ "ScheduledActions": [] })),
            "RegisterScalableTarget" => {
                let bounds = |member: &str| input[member].as_i64().unwrap_or_default();
                self.targets.insert(of(), (bounds("MinCapacity"), bounds("MaxCapacity")));
                Ok(json!({}))
            }
            "PutScalingPolicy" => {
                let (resource, dimension) = of();
                let rule = input["TargetTrackingScalingPolicyConfiguration"].clone();
                self.policies.insert((resource, dimension, text("PolicyName")), rule);
                Ok(json!({ "PolicyARN": "arn", "Alarms": [] }))
            }
            "DeregisterScalableTarget" => {
                let (resource, dimension) = of();
                self.policies.retain(|(on, by, _), _| (on, by) != (&resource, &dimension));
                let found = self.targets.remove(&(resource, dimension));
                found.map(|_| json!({})).ok_or_else(|| "ObjectNotFoundException".to_owned())
            }
            "DescribeAlarms" => Ok(json!({ "MetricAlarms": self.alarms, "CompositeAlarms": [] })),
            _ => return None,
        })
    }
}
