//! Alarms: those of the emulator, and a service that tells of some as a test says.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Mutex;

use checkride::aws::Aws;
use checkride::aws::api::client::resolve;
use serde_json::{Value, json};

use crate::support::web::{Heard, Web, reply};
use crate::wait::fake::name_caller;

/// Calls an operation that changes something in the emulator.
pub(super) async fn change(aws: &Aws, call: &str, input: Value) {
    aws.api().call(resolve(call).unwrap(), &input, None).await.unwrap();
}

/// Makes a metric alarm with all well.
pub(super) async fn alarm(aws: &Aws, name: &str) {
    let alarm = json!({
        "AlarmName": name, "MetricName": "Errors", "Namespace": "AWS/Lambda", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold",
    });
    change(aws, "cloudwatch:PutMetricAlarm", alarm).await;
    set(aws, name, "OK", "all is well").await;
}

/// Makes a composite alarm with all well.
pub(super) async fn composite(aws: &Aws, name: &str, of: &str) {
    let alarm = json!({ "AlarmName": name, "AlarmRule": format!("ALARM({of})"), "ActionsEnabled": false });
    change(aws, "cloudwatch:PutCompositeAlarm", alarm).await;
    set(aws, name, "OK", "all is well").await;
}

/// `set-alarm-state`.
pub(super) async fn set(aws: &Aws, name: &str, state: &str, reason: &str) {
    let to = json!({ "AlarmName": name, "StateValue": state, "StateReason": reason });
    change(aws, "cloudwatch:SetAlarmState", to).await;
}

/// A bake in a phase: further keys.
pub(super) fn baking(phase: &str, keys: &str) -> String {
    format!("[[{phase}]]\nid = \"bake\"\ntitle = \"Hold and watch\"\nkind = \"bake\"\n{keys}\n\n")
}

/// What is played back to one call: a status and a body.
#[derive(Clone, Debug)]
pub(super) struct Played(u16, Value);

/// An answer.
pub(super) fn told(body: Value) -> Played {
    Played(200, body)
}

/// Alarms: name, state, since when.
pub(super) fn alarms(alarms: &[(&str, &str, &str)]) -> Played {
    let one = |(name, state, since): &(&str, &str, &str)| {
        json!({
            "AlarmName": name, "StateValue": state, "StateReason": format!("{name} is {state}"), "ActionsEnabled": true,
            "StateTransitionedTimestamp": moment(since), "StateUpdatedTimestamp": moment(since),
        })
    };
    told(json!({ "MetricAlarms": alarms.iter().map(one).collect::<Vec<_>>(), "CompositeAlarms": [] }))
}

/// A moment as the wire has it: seconds since 1970.
pub(super) fn moment(text: &str) -> Value {
    let at: chrono::DateTime<chrono::Utc> = text.parse().unwrap();
    json!(at.timestamp())
}

/// A refusal that the client does not repeat.
pub(super) fn refused(code: &str) -> Played {
    Played(400, json!({ "__type": format!("com.amazonaws#{code}"), "message": "so it is" }))
}

/// `CloudWatch` as it plays back: to each look the next answer, and the last again and again; to each question for a
/// history the same.
pub(super) fn playing(account: &str, looks: &[Played], history: Played) -> Web {
    let left: Mutex<VecDeque<Played>> = Mutex::new(looks.iter().cloned().collect());
    let account = account.to_owned();
    Web::serving(move |heard: &Heard, to: &mut dyn Write| {
        if heard.body.contains("Action=GetCallerIdentity") {
            return name_caller(&account, to);
        }
        let Played(status, body) = if asked(heard) == "DescribeAlarmHistory" {
            history.clone()
        } else {
            let mut left = left.lock().unwrap();
            if left.len() > 1 { left.pop_front().unwrap() } else { left[0].clone() }
        };
        let headers = "Content-Type: application/x-amz-json-1.0\r\nx-amzn-RequestId: r-1\r\nConnection: close\r\n";
        reply(to, &format!("{status} As It Is"), headers, body.to_string().as_bytes())
    })
}

/// The operation that a request asks for.
pub(super) fn asked(heard: &Heard) -> &str {
    heard.header("x-amz-target").and_then(|target| target.split_once('.')).map_or("", |(_, operation)| operation)
}

/// How often an operation was asked for, with what.
pub(super) fn inputs(web: &Web, operation: &str) -> Vec<Value> {
    let heard = web.heard();
    heard.iter().filter(|it| asked(it) == operation).map(|it| serde_json::from_str(&it.body).unwrap()).collect()
}
