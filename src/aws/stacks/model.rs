//! A stack as `CloudFormation` describes it: plain data. Statuses stay strings, for the service has more of them than the
//! SDK knows (`REVIEW_IN_PROGRESS` of an event arrives there as unknown).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::drift::LastDrift;
use crate::aws::time::utc;

/// What `CloudFormation` shows for the value of a `NoEcho` parameter.
pub const MASKED: &str = "****";

/// The type of a nested stack.
pub(super) const NESTED: &str = "AWS::CloudFormation::Stack";

/// A stack at one moment.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StackDescription {
    /// The name.
    pub name: String,
    /// The ARN. After deletion a stack answers only by it.
    pub id: String,
    /// The description from the template.
    pub description: Option<String>,
    /// The status, for example `UPDATE_ROLLBACK_COMPLETE`.
    pub status: String,
    /// Why it has that status.
    pub status_reason: Option<String>,
    /// When it was created.
    pub created: Option<DateTime<Utc>>,
    /// When it was last updated.
    pub updated: Option<DateTime<Utc>>,
    /// The change set that made it what it is, when one did.
    pub change_set: Option<String>,
    /// Its parameters; values of `NoEcho` parameters are [`MASKED`].
    pub parameters: Vec<StackParameter>,
    /// Its tags.
    pub tags: Vec<StackTag>,
    /// Its outputs.
    pub outputs: Vec<StackOutput>,
    /// The capabilities that were acknowledged.
    pub capabilities: Vec<String>,
    /// The role that `CloudFormation` assumes for it.
    pub role_arn: Option<String>,
    /// The topics that get its events.
    pub notification_arns: Vec<String>,
    /// Whether it is guarded against deletion.
    pub termination_protection: bool,
    /// The stack that it is nested in.
    pub parent: Option<String>,
    /// What the last search for drift found; none where the service does not tell.
    #[serde(default)]
    pub drift: Option<LastDrift>,
}

/// A parameter of a stack and its value.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StackParameter {
    /// The name.
    pub name: String,
    /// The value; [`MASKED`] for a `NoEcho` parameter.
    pub value: String,
    /// What an SSM parameter's name stood for, at the time.
    pub resolved: Option<String>,
}

/// A tag.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StackTag {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// An output of a stack.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StackOutput {
    /// The logical name.
    pub name: String,
    /// The value.
    pub value: String,
    /// The name under which other stacks import it.
    pub export: Option<String>,
}

/// A resource of a stack.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StackResource {
    /// The id in the template.
    pub logical_id: String,
    /// The name or ARN of the thing itself; absent while it is being made.
    pub physical_id: Option<String>,
    /// The type, for example `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// The status, for example `CREATE_COMPLETE`.
    pub status: String,
    /// Why it has that status.
    pub status_reason: Option<String>,
    /// When the status was reached.
    pub updated: Option<DateTime<Utc>>,
}

impl From<&aws_sdk_cloudformation::types::Stack> for StackDescription {
    fn from(stack: &aws_sdk_cloudformation::types::Stack) -> Self {
        StackDescription {
            name: stack.stack_name().unwrap_or_default().to_owned(),
            id: stack.stack_id().unwrap_or_default().to_owned(),
            description: filled(stack.description()),
            status: stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            status_reason: filled(stack.stack_status_reason()),
            created: stack.creation_time().and_then(utc),
            updated: stack.last_updated_time().and_then(utc),
            change_set: filled(stack.change_set_id()),
            parameters: stack.parameters().iter().map(StackParameter::from).collect(),
            tags: stack.tags().iter().map(StackTag::from).collect(),
            outputs: stack
                .outputs()
                .iter()
                .map(|output| StackOutput {
                    name: output.output_key().unwrap_or_default().to_owned(),
                    value: output.output_value().unwrap_or_default().to_owned(),
                    export: filled(output.export_name()),
                })
                .collect(),
            capabilities: stack.capabilities().iter().map(|capability| capability.as_str().to_owned()).collect(),
            role_arn: filled(stack.role_arn()),
            notification_arns: stack.notification_arns().to_vec(),
            termination_protection: stack.enable_termination_protection().unwrap_or(false),
            parent: filled(stack.parent_id()),
            drift: stack.drift_information().and_then(LastDrift::of),
        }
    }
}

impl From<&aws_sdk_cloudformation::types::Parameter> for StackParameter {
    fn from(parameter: &aws_sdk_cloudformation::types::Parameter) -> Self {
        StackParameter {
            name: parameter.parameter_key().unwrap_or_default().to_owned(),
            value: parameter.parameter_value().unwrap_or_default().to_owned(),
            resolved: filled(parameter.resolved_value()),
        }
    }
}

impl From<&aws_sdk_cloudformation::types::Tag> for StackTag {
    fn from(tag: &aws_sdk_cloudformation::types::Tag) -> Self {
        StackTag { key: tag.key().unwrap_or_default().to_owned(), value: tag.value().unwrap_or_default().to_owned() }
    }
}

/// A text that says something: emulators send empty elements for what is absent.
pub(super) fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}
