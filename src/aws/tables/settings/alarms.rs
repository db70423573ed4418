//! The alarms that watch a table. `CloudWatch` cannot be asked for them: they are found among all of the region.

use serde_json::{Value, json};

use super::data::Alarm;
use super::told::{list, text};
use crate::aws::api::client::ApiReads;
use crate::aws::asked::ask;
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, Call};

const ALARMS: Call = Call("cloudwatch", "DescribeAlarms");
/// What the names of alarms begin with that Application Auto Scaling makes for itself, and takes away.
const BY_SCALING: &str = "TargetTracking-";

pub(super) async fn alarms(api: &ApiReads, table: &str) -> Result<Reply<Vec<Alarm>>, AwsError> {
    let found = ask(api, ALARMS, &json!({ "AlarmTypes": ["MetricAlarm"] })).await?;
    let own = list(&found.value, "MetricAlarms").filter(|alarm| watches(alarm, table));
    let mut alarms: Vec<Alarm> = own
        .map(|it| Alarm { name: text(it, "AlarmName"), metric: text(it, "MetricName"), state: text(it, "StateValue") })
        .filter(|alarm| !alarm.name.starts_with(BY_SCALING))
        .collect();
    alarms.sort();
    Ok(Reply { value: alarms, request_ids: found.request_ids })
}

/// Whether an alarm has the table for a dimension: itself, or in one of the metrics that it computes with.
fn watches(alarm: &Value, table: &str) -> bool {
    let is_own = |metric: &Value| {
        metric["Namespace"] == "AWS/DynamoDB"
            && list(metric, "Dimensions").any(|it| it["Name"] == "TableName" && it["Value"] == table)
    };
    is_own(alarm) || list(alarm, "Metrics").any(|it| is_own(&it["MetricStat"]["Metric"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::watches;

    #[test]
    fn an_alarm_watches_the_table_of_its_metrics() {
        let metric = |table: &str| {
            json!({ "Namespace": "AWS/DynamoDB", "Dimensions": [{ "Name": "Operation", "Value": "PutItem" },
                { "Name": "TableName", "Value": table }] })
        };
        assert!(watches(&metric("sessions"), "sessions"));
        assert!(!watches(&metric("sessions-2"), "sessions"));
        let computed = json!({ "Metrics": [{ "Id": "e", "Expression": "a/2" },
            { "Id": "a", "MetricStat": { "Metric": metric("sessions") } }] });
        assert!(watches(&computed, "sessions") && !watches(&computed, "others"));
        assert!(!watches(&json!({ "Namespace": "Own", "Dimensions": [{ "Name": "TableName", "Value": "t" }] }), "t"));
        assert!(!watches(&json!(null), "t"));
    }
}
