//! Drift: what of a stack is no longer as its template says. A change set does not see it.

use aws_sdk_cloudformation::types;
use aws_types::request_id::RequestId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::model::{MASKED, filled};
use super::no_echo::NoEcho;
use super::reads::StackReads;
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, Call};
use crate::aws::time::utc;

/// How far the search for drift is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Drift {
    /// It goes on.
    Searching,
    /// It is over: nothing has drifted that can be looked at.
    InSync,
    /// It is over: something has drifted.
    Drifted,
    /// It gave nothing, in the service's words.
    Failed(String),
}

/// What the last search for drift found, whoever made it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LastDrift {
    /// `DRIFTED`, `IN_SYNC`, `NOT_CHECKED` or `UNKNOWN`.
    pub status: String,
    /// When it looked.
    pub checked: Option<DateTime<Utc>>,
}

impl LastDrift {
    pub(super) fn of(found: &types::StackDriftInformation) -> Option<Self> {
        let status = filled(found.stack_drift_status().map(types::StackDriftStatus::as_str))?;
        Some(Self { status, checked: found.last_check_timestamp().and_then(utc) })
    }
}

/// A resource that is no longer as its template says.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct DriftedResource {
    /// The id in the template.
    pub logical_id: String,
    /// The name or ARN of the thing itself.
    pub physical_id: Option<String>,
    /// The type, for example `AWS::SQS::Queue`.
    pub resource_type: String,
    /// `MODIFIED` or `DELETED`.
    pub status: String,
    /// Which properties, when it was modified.
    pub properties: Vec<DriftedProperty>,
}

/// A property that is no longer as its template says.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct DriftedProperty {
    /// Where: `/MessageRetentionPeriod`.
    pub path: String,
    /// As the template says.
    pub expected: String,
    /// As it is.
    pub actual: String,
}

impl StackReads {
    /// How far a search for drift is.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn drift(&self, search: &str) -> Result<Reply<Drift>, AwsError> {
        let call = Call("cloudformation", "DescribeStackDriftDetectionStatus");
        let clients = self.door.clients().await?;
        let request = clients.stack_reads.describe_stack_drift_detection_status().stack_drift_detection_id(search);
        let answer = request.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        let reason = || answer.detection_status_reason().unwrap_or("no reason given").to_owned();
        let status = answer.detection_status().map_or("", |status| status.as_str());
        let drift = answer.stack_drift_status().map_or("", |status| status.as_str());
        // A search may fail for some resources, and tell of others.
        let drift = match (status, drift) {
            ("DETECTION_IN_PROGRESS", _) => Drift::Searching,
            (_, "DRIFTED") => Drift::Drifted,
            ("DETECTION_COMPLETE", "IN_SYNC") => Drift::InSync,
            _ => Drift::Failed(reason()),
        };
        Ok(Reply::new(drift, answer.request_id()))
    }

    /// What has drifted, as the last search found it. No value that is made from a `NoEcho` parameter is in it.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn drifted(&self, stack: &str, no_echo: &NoEcho) -> Result<Reply<Vec<DriftedResource>>, AwsError> {
        let call = Call("cloudformation", "DescribeStackResourceDrifts");
        let clients = self.door.clients().await?;
        let mut reply = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next = None;
        loop {
            let request = clients.stack_reads.describe_stack_resource_drifts().stack_name(stack).set_next_token(next);
            let page = request.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            let found = page.stack_resource_drifts().iter().map(|found| drifted(found, no_echo));
            reply.value.extend(found.filter(DriftedResource::has_drifted));
            next = filled(page.next_token());
            if next.is_none() {
                return Ok(reply);
            }
        }
    }
}

impl DriftedResource {
    fn has_drifted(&self) -> bool {
        matches!(self.status.as_str(), "MODIFIED" | "DELETED")
    }

    /// The resource for people: `Queue (AWS::SQS::Queue) /MessageRetentionPeriod: 600 -> 900`.
    pub fn line(&self) -> String {
        let changed: Vec<String> = self
            .properties
            .iter()
            .map(|property| format!("{}: {} -> {}", property.path, property.expected, property.actual))
            .collect();
        let what = if self.status == "DELETED" { "is gone".to_owned() } else { changed.join(", ") };
        format!("{} ({}) {what}", self.logical_id, self.resource_type)
    }
}

fn drifted(found: &types::StackResourceDrift, no_echo: &NoEcho) -> DriftedResource {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let logical_id = text(found.logical_resource_id());
    // `/Tags/0/Value` is of the property `Tags`.
    let hidden = |path: &str| {
        let property = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        no_echo.covers_property(&logical_id, property)
    };
    let value = |path: Option<&str>, value: Option<&str>| {
        if hidden(path.unwrap_or_default()) { MASKED.to_owned() } else { text(value) }
    };
    DriftedResource {
        physical_id: filled(found.physical_resource_id()),
        resource_type: text(found.resource_type()),
        status: text(found.stack_resource_drift_status().map(types::StackResourceDriftStatus::as_str)),
        properties: found
            .property_differences()
            .iter()
            .map(|property| DriftedProperty {
                path: text(property.property_path()),
                expected: value(property.property_path(), property.expected_value()),
                actual: value(property.property_path(), property.actual_value()),
            })
            .collect(),
        logical_id,
    }
}
