//! What changes the capacity of a table, by Application Auto Scaling.

use serde_json::{Value, json};

use super::data::{Scaling, ScalingPolicy, ScalingTarget};
use super::told::{list, text};
use crate::aws::api::client::{ApiReads, ApiWrites};
use crate::aws::asked::{ask, change};
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, Call};

const SERVICE: &str = "application-autoscaling";
const TARGETS: Call = Call(SERVICE, "DescribeScalableTargets");
const POLICIES: Call = Call(SERVICE, "DescribeScalingPolicies");
const SCHEDULED: Call = Call(SERVICE, "DescribeScheduledActions");
const REGISTER: Call = Call(SERVICE, "RegisterScalableTarget");
const DEREGISTER: Call = Call(SERVICE, "DeregisterScalableTarget");
const PUT: Call = Call(SERVICE, "PutScalingPolicy");

/// What changes the capacity of a table and of its indexes.
pub(super) async fn scaling(api: &ApiReads, table: &str) -> Result<Reply<Scaling>, AwsError> {
    // A list of ids would have to name every index; the account's own list has them all.
    let input = json!({ "ServiceNamespace": "dynamodb" });
    let found = ask(api, TARGETS, &input).await?;
    let mut request_ids = found.request_ids;
    let mut targets: Vec<ScalingTarget> = list(&found.value, "ScalableTargets")
        .map(|it| ScalingTarget {
            resource: text(it, "ResourceId"),
            dimension: text(it, "ScalableDimension"),
            min: it["MinCapacity"].as_i64().unwrap_or_default(),
            max: it["MaxCapacity"].as_i64().unwrap_or_default(),
        })
        .filter(|target| is_of(&target.resource, table))
        .collect();
    targets.sort();
    let found = ask(api, POLICIES, &input).await?;
    request_ids.extend(found.request_ids);
    let mut policies: Vec<ScalingPolicy> =
        list(&found.value, "ScalingPolicies").map(policy).filter(|policy| is_of(&policy.resource, table)).collect();
    policies.sort_by(|a, b| (&a.resource, &a.dimension, &a.name).cmp(&(&b.resource, &b.dimension, &b.name)));
    let found = ask(api, SCHEDULED, &input).await?;
    request_ids.extend(found.request_ids);
    let own = list(&found.value, "ScheduledActions").filter(|it| is_of(&text(it, "ResourceId"), table));
    let mut scheduled: Vec<String> = own.map(|it| text(it, "ScheduledActionName")).collect();
    scheduled.sort();
    Ok(Reply { value: Scaling { targets, policies, scheduled }, request_ids })
}

/// Whether a resource is the table, or an index of it.
fn is_of(resource: &str, table: &str) -> bool {
    resource.strip_prefix("table/").and_then(|rest| rest.strip_prefix(table)).is_some_and(|rest| {
        // No table's name has a slash in it.
        rest.is_empty() || rest.starts_with("/index/")
    })
}

fn policy(found: &Value) -> ScalingPolicy {
    let kind = text(found, "PolicyType");
    ScalingPolicy {
        name: text(found, "PolicyName"),
        resource: text(found, "ResourceId"),
        dimension: text(found, "ScalableDimension"),
        rule: found[format!("{kind}PolicyConfiguration")].clone(),
        kind,
    }
}

/// The same resource of another table.
pub(super) fn moved(resource: &str, from: &str, to: &str) -> String {
    if !is_of(resource, from) {
        return resource.to_owned();
    }
    format!("table/{to}{}", &resource["table/".len() + from.len()..])
}

pub(super) async fn register(api: &ApiWrites, target: &ScalingTarget) -> Result<Reply<()>, AwsError> {
    let input = json!({
        "ServiceNamespace": "dynamodb",
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
        "MinCapacity": target.min,
        "MaxCapacity": target.max,
    });
    change(api, REGISTER, &input, None).await.map(|reply| reply.map(drop))
}

/// With the target, its policies and the alarms that came of them go.
pub(super) async fn deregister(api: &ApiWrites, target: &ScalingTarget) -> Result<Reply<()>, AwsError> {
    let input = json!({
        "ServiceNamespace": "dynamodb",
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
    });
    change(api, DEREGISTER, &input, None).await.map(|reply| reply.map(drop))
}

pub(super) async fn put(api: &ApiWrites, policy: &ScalingPolicy) -> Result<Reply<()>, AwsError> {
    let mut input = json!({
        "PolicyName": policy.name,
        "ServiceNamespace": "dynamodb",
        "ResourceId": policy.resource,
        "ScalableDimension": policy.dimension,
        "PolicyType": policy.kind,
    });
    input[format!("{}PolicyConfiguration", policy.kind)] = policy.rule.clone();
    change(api, PUT, &input, None).await.map(|reply| reply.map(drop))
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn a_resource_is_moved_with_its_table_only() {
        assert_eq!(moved("table/a", "a", "b-1"), "table/b-1");
        assert_eq!(moved("table/a/index/by-a", "a", "b"), "table/b/index/by-a");
        assert_eq!(moved("table/ab", "a", "b"), "table/ab");
        assert_eq!(moved("table/ab/index/i", "a", "b"), "table/ab/index/i");
        assert_eq!(moved("a", "a", "b"), "a");
    }
}
