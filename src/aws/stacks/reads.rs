//! Looking at stacks: state, template, outputs, resources.

use std::sync::Arc;

use aws_types::request_id::RequestId;
use serde::{Deserialize, Serialize};

use super::model::{StackDescription, StackResource, filled};
use super::template::TemplateText;
use crate::aws::clients::{Door, Reply, incomplete};
use crate::aws::error::{AwsError, AwsErrorKind, Call};
use crate::aws::time::utc;

/// `CloudFormation`, as far as it only looks.
#[derive(Clone, Debug)]
pub struct StackReads {
    pub(super) door: Arc<Door>,
}

/// Where a template is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum TemplateSource {
    /// The text itself: at most 51,200 bytes.
    Body(String),
    /// An https URL of an S3 object.
    Url(String),
    /// The template that the stack has. Only for a change set that updates.
    Previous,
}

/// What a template declares.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct TemplateSummary {
    /// Its parameters.
    pub parameters: Vec<TemplateParameter>,
    /// The capabilities that it needs, as the service sees them. [`super::TemplateText`] looks for itself.
    pub capabilities: Vec<String>,
    /// The resource types in it; none when a transform was not expanded.
    pub resource_types: Vec<String>,
    /// The macros that it calls.
    pub transforms: Vec<String>,
}

/// A parameter that a template declares.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TemplateParameter {
    /// The name.
    pub name: String,
    /// The default. Absent also for a `NoEcho` parameter, whatever the template says.
    pub default: Option<String>,
    /// Whether there is a default, even if it is not shown.
    pub has_default: bool,
    /// The type, for example `String`.
    pub parameter_type: String,
    /// Whether its value is never shown.
    pub no_echo: bool,
    /// What the template says about it.
    pub description: Option<String>,
}

impl TemplateSummary {
    /// The same, with what only the template's text tells: which parameters have a default at all.
    #[must_use]
    pub fn read_with(mut self, text: &TemplateText) -> Self {
        for parameter in &mut self.parameters {
            if let Some(has_default) = text.has_default(&parameter.name) {
                parameter.has_default = has_default;
            }
        }
        self
    }
}

impl StackReads {
    pub(in crate::aws) fn new(door: Arc<Door>) -> Self {
        StackReads { door }
    }

    /// A stack by name or ARN; `None` when there is none (or it was deleted, and asked for by name).
    ///
    /// # Errors
    /// Any [`AwsError`] but "does not exist".
    pub async fn describe(&self, stack: &str) -> Result<Reply<Option<StackDescription>>, AwsError> {
        let call = Call("cloudformation", "DescribeStacks");
        let clients = self.door.clients().await?;
        match clients.stack_reads.describe_stacks().stack_name(stack).send().await {
            Ok(answer) => {
                let found = answer.stacks().first().map(StackDescription::from);
                Ok(Reply::new(found, answer.request_id()))
            }
            Err(error) => {
                let error = AwsError::from_sdk(call, &error);
                if is_missing(&error) { Ok(Reply::new(None, error.request_id.as_deref())) } else { Err(error) }
            }
        }
    }

    /// The template of a stack as it was given, before transforms.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn template(&self, stack: &str) -> Result<Reply<String>, AwsError> {
        self.template_at(stack, "Original").await
    }

    /// The template of a stack as the service works with it, after transforms.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn processed_template(&self, stack: &str) -> Result<Reply<String>, AwsError> {
        self.template_at(stack, "Processed").await
    }

    async fn template_at(&self, stack: &str, stage: &str) -> Result<Reply<String>, AwsError> {
        let call = Call("cloudformation", "GetTemplate");
        let clients = self.door.clients().await?;
        let answer = clients
            .stack_reads
            .get_template()
            .stack_name(stack)
            .template_stage(stage.into())
            .send()
            .await
            .map_err(|error| AwsError::from_sdk(call, &error))?;
        let body =
            answer.template_body().ok_or_else(|| incomplete(call, "TemplateBody", answer.request_id()))?.to_owned();
        Ok(Reply::new(body, answer.request_id()))
    }

    /// The template of a change set that was made elsewhere.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn change_set_template(&self, change_set: &str) -> Result<Reply<String>, AwsError> {
        let call = Call("cloudformation", "GetTemplate");
        let clients = self.door.clients().await?;
        let answer = clients
            .stack_reads
            .get_template()
            .change_set_name(change_set)
            .template_stage("Original".into())
            .send()
            .await
            .map_err(|error| AwsError::from_sdk(call, &error))?;
        let body =
            answer.template_body().ok_or_else(|| incomplete(call, "TemplateBody", answer.request_id()))?.to_owned();
        Ok(Reply::new(body, answer.request_id()))
    }

    /// What a template declares. [`TemplateSource::Previous`] needs the stack's name.
    ///
    /// # Errors
    /// Any [`AwsError`]; a broken template is `ValidationError`, with the service's words.
    pub async fn template_summary(
        &self,
        template: &TemplateSource,
        stack: &str,
    ) -> Result<Reply<TemplateSummary>, AwsError> {
        let call = Call("cloudformation", "GetTemplateSummary");
        let clients = self.door.clients().await?;
        let request = clients.stack_reads.get_template_summary();
        let request = match template {
            TemplateSource::Body(body) => request.template_body(body),
            TemplateSource::Url(url) => request.template_url(url),
            TemplateSource::Previous => request.stack_name(stack),
        };
        let answer = request.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
        let parameters = answer
            .parameters()
            .iter()
            .map(|parameter| {
                let no_echo = parameter.no_echo().unwrap_or(false);
                TemplateParameter {
                    name: parameter.parameter_key().unwrap_or_default().to_owned(),
                    default: parameter.default_value().filter(|_| !no_echo).map(str::to_owned),
                    has_default: parameter.default_value().is_some(),
                    parameter_type: parameter.parameter_type().unwrap_or_default().to_owned(),
                    no_echo,
                    description: filled(parameter.description()),
                }
            })
            .collect();
        let summary = TemplateSummary {
            parameters,
            capabilities: answer.capabilities().iter().map(|capability| capability.as_str().to_owned()).collect(),
            resource_types: answer.resource_types().to_vec(),
            transforms: answer.declared_transforms().to_vec(),
        };
        Ok(Reply::new(summary, answer.request_id()))
    }

    /// All resources of a stack, not of those nested in it.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn resources(&self, stack: &str) -> Result<Reply<Vec<StackResource>>, AwsError> {
        let call = Call("cloudformation", "ListStackResources");
        let clients = self.door.clients().await?;
        let mut reply = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next = None;
        loop {
            let page = clients
                .stack_reads
                .list_stack_resources()
                .stack_name(stack)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| AwsError::from_sdk(call, &error))?;
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            reply.value.extend(page.stack_resource_summaries().iter().map(|resource| StackResource {
                logical_id: resource.logical_resource_id().unwrap_or_default().to_owned(),
                physical_id: filled(resource.physical_resource_id()),
                resource_type: resource.resource_type().unwrap_or_default().to_owned(),
                status: resource.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
                status_reason: filled(resource.resource_status_reason()),
                updated: resource.last_updated_timestamp().and_then(utc),
            }));
            next = filled(page.next_token());
            if next.is_none() {
                return Ok(reply);
            }
        }
    }
}

/// `CloudFormation` has no error of its own for a stack that is not there: it is told by the words.
pub(super) fn is_missing(error: &AwsError) -> bool {
    match &error.kind {
        AwsErrorKind::Service { code, message, .. } => code == "ValidationError" && message.contains("does not exist"),
        AwsErrorKind::Throttled { .. }
        | AwsErrorKind::Expired { .. }
        | AwsErrorKind::AccessDenied { .. }
        | AwsErrorKind::Credentials { .. }
        | AwsErrorKind::Connect
        | AwsErrorKind::Timeout
        | AwsErrorKind::LostReply
        | AwsErrorKind::Unsupported { .. }
        | AwsErrorKind::Request
        | AwsErrorKind::EndpointNotLoopback { .. }
        | AwsErrorKind::EndpointOverridden { .. }
        | AwsErrorKind::RegionInvalid { .. }
        | AwsErrorKind::Fenced { .. }
        | AwsErrorKind::Settings { .. } => false,
    }
}
