//! What a stack was before it is changed: all that is needed to put it back.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::model::{StackOutput, StackParameter, StackTag};
use super::reads::StackReads;
use crate::aws::clients::Reply;
use crate::aws::error::AwsError;

/// A stack as it was. Values of `NoEcho` parameters are not in it: the service does not give them away, and a way back
/// uses the previous value.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StackCapture {
    /// The name.
    pub name: String,
    /// The ARN.
    pub id: String,
    /// The status.
    pub status: String,
    /// The template as it was given, before transforms.
    pub template: String,
    /// Its parameters.
    pub parameters: Vec<StackParameter>,
    /// Its tags.
    pub tags: Vec<StackTag>,
    /// Its outputs.
    pub outputs: Vec<StackOutput>,
    /// The capabilities that were acknowledged.
    pub capabilities: Vec<String>,
    /// The role that `CloudFormation` assumed for it.
    pub role_arn: Option<String>,
    /// The topics that get its events.
    pub notification_arns: Vec<String>,
    /// Whether it is guarded against deletion.
    pub termination_protection: bool,
    /// The change set that made it what it is, when one did.
    #[serde(default)]
    pub change_set: Option<String>,
    /// When it was last updated.
    #[serde(default)]
    pub updated: Option<DateTime<Utc>>,
}

impl StackReads {
    /// Captures a stack; `None` when there is none, or only the empty shell of a change set.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn capture(&self, stack: &str) -> Result<Reply<Option<StackCapture>>, AwsError> {
        let described = self.describe(stack).await?;
        let Some(found) = described.value.filter(|found| found.status != "REVIEW_IN_PROGRESS") else {
            return Ok(Reply { value: None, request_ids: described.request_ids });
        };
        let template = self.template(&found.id).await?;
        let capture = StackCapture {
            name: found.name,
            id: found.id,
            status: found.status,
            template: template.value,
            parameters: found.parameters,
            tags: found.tags,
            outputs: found.outputs,
            capabilities: found.capabilities,
            role_arn: found.role_arn,
            notification_arns: found.notification_arns,
            termination_protection: found.termination_protection,
            change_set: found.change_set,
            updated: found.updated,
        };
        let mut request_ids = described.request_ids;
        request_ids.extend(template.request_ids);
        Ok(Reply { value: Some(capture), request_ids })
    }
}
