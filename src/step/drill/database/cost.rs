//! How large a database is, and about what its copy costs.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::aws::AwsReads;
use crate::aws::api::client::resolve;
use crate::aws::databases::Cluster;
use crate::step::drill::database::found::Found;
use crate::world::clock::{Clock, rfc3339};

/// What AWS bills for storage, in US dollars a GiB and month (list prices of us-east-1, November 2026: Amazon Aurora
/// pricing, "Aurora Standard"; Amazon RDS pricing, gp3; other regions are up to half as much again).
const AURORA_STORAGE: f64 = 0.10;
const INSTANCE_STORAGE: f64 = 0.115;
/// For snapshots, of Aurora and of instances (the same pages, "Backup storage").
const AURORA_SNAPSHOT: f64 = 0.021;
const INSTANCE_SNAPSHOT: f64 = 0.095;
/// Hours of a month, as AWS counts them.
const HOURS: f64 = 730.0;

/// How far back the volume's size is looked for: Aurora tells it every hour at least.
const LOOK_BACK: TimeDelta = TimeDelta::hours(6);

/// The size of a database in GiB; or why it is not known.
pub(super) async fn size(reads: &AwsReads, found: &Found) -> Result<f64, String> {
    match found {
        Found::Instance(instance) => {
            instance.gib.map(f64::from).ok_or_else(|| "RDS does not say how large it is".to_owned())
        }
        Found::Cluster(cluster) => volume(reads, cluster).await,
    }
}

/// Aurora's volume grows by itself: what it has is a metric.
async fn volume(reads: &AwsReads, cluster: &Cluster) -> Result<f64, String> {
    let now = Clock::System.now();
    let input = json!({
        "Namespace": "AWS/RDS",
        "MetricName": "VolumeBytesUsed",
        "Dimensions": [{ "Name": "DBClusterIdentifier", "Value": cluster.name }],
        "StartTime": rfc3339(now - LOOK_BACK),
        "EndTime": rfc3339(now),
        "Period": 3600,
        "Statistics": ["Maximum"],
    });
    let operation = resolve("cloudwatch:GetMetricStatistics").ok().and_then(|operation| operation.read());
    let operation = operation.ok_or_else(|| "its size is a metric that cannot be read".to_owned())?;
    let reply = reads.api().call(operation, &input).await.map_err(|error| error.to_string())?;
    let points = reply.value["Datapoints"].as_array().cloned().unwrap_or_default();
    let largest = points.iter().filter_map(|point| point["Maximum"].as_f64()).reduce(f64::max);
    #[expect(clippy::cast_precision_loss, reason = "a size in words")]
    let gib = (1_u64 << 30) as f64;
    largest.map(|bytes| bytes / gib).ok_or_else(|| "CloudWatch has no VolumeBytesUsed of it yet".to_owned())
}

/// What is billed, and what this counts of it, in words.
pub(super) fn estimate(found: &Found, gib: f64, snapshot: bool, instances: u32, class: &str) -> String {
    let (storage, kept, beside) = match found {
        Found::Cluster(_) => (AURORA_STORAGE, AURORA_SNAPSHOT, "input and output"),
        Found::Instance(_) => (INSTANCE_STORAGE, INSTANCE_SNAPSHOT, "provisioned input and output"),
    };
    let snapshot = if snapshot { format!(", ${:.4} for its snapshot", gib * kept / HOURS) } else { String::new() };
    format!(
        "about ${:.4} an hour for {gib:.1} GiB of storage{snapshot} (list prices of us-east-1); not counted: {instances} x \
         {class} at its hourly price, and {beside}",
        gib * storage / HOURS
    )
}

/// The prices, for a plan.
pub(super) fn prices(shape_is_cluster: bool) -> String {
    let storage = if shape_is_cluster { AURORA_STORAGE } else { INSTANCE_STORAGE };
    format!("about ${storage} a GiB and month of storage, and its instances by the hour, for as long as they stand")
}

/// A size for the record; none where it is not known.
pub(super) fn on_record(gib: Option<f64>) -> Value {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is small, and not below zero")]
    let bytes = gib.map(|gib| (gib * 1_073_741_824.0) as u64);
    json!(bytes)
}
