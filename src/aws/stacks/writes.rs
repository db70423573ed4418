//! Changing stacks. Each verb takes the client token of its effect from the caller (who has it from the journal), so that
//! a repetition, in this process or in the next, is known to the service as one.

use std::sync::Arc;

use aws_sdk_cloudformation::types;
use aws_types::request_id::RequestId;

use super::model::StackTag;
use super::no_echo::NoEcho;
use super::parameters::{ParameterChoice, ParameterSource};
use super::reads::{StackReads, TemplateSource};
use crate::aws::clients::{Door, Reply, incomplete};
use crate::aws::error::{AwsError, AwsErrorKind, Call};

/// The longest client token that `CloudFormation` takes.
const MAX_TOKEN: usize = 128;
/// What the names of our change sets begin with; the token follows.
const NAME_PREFIX: &str = "checkride-";

/// `CloudFormation`, with the verbs that change things.
#[derive(Clone, Debug)]
pub struct StackWrites {
    door: Arc<Door>,
}

/// A change set to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChangeSetSpec {
    /// The stack's name.
    pub stack: String,
    /// Whether the stack is created or updated by it.
    pub kind: ChangeSetKind,
    /// The template.
    pub template: TemplateSource,
    /// The parameters, see [`super::choose_parameters`].
    pub parameters: Vec<ParameterChoice>,
    /// The capabilities that are acknowledged.
    pub capabilities: Vec<String>,
    /// The tags of the stack; `None` keeps those that it has.
    pub tags: Option<Vec<StackTag>>,
    /// The role that `CloudFormation` assumes.
    pub role_arn: Option<String>,
    /// The topics that get the stack's events; `None` keeps those that it has.
    pub notification_arns: Option<Vec<String>>,
    /// Whether change sets are made for nested stacks too, so that their changes can be shown.
    pub nested: bool,
    /// A description for the change set.
    pub description: Option<String>,
    /// What becomes of the stack when it fails; `None` is the service's default, a rollback.
    pub on_failure: Option<OnStackFailure>,
}

/// What becomes of a stack when a change set fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnStackFailure {
    /// It is left as it is.
    DoNothing,
    /// It is rolled back.
    Rollback,
    /// It is rolled back, and deleted when it was new. Only for a change set that creates.
    Delete,
}

/// The type of a change set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChangeSetKind {
    /// For a stack that does not exist, or is an empty shell.
    Create,
    /// For a stack that exists.
    Update,
}

/// A change set that was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CreatedChangeSet {
    /// Its ARN.
    pub arn: String,
    /// The ARN of its stack.
    pub stack_id: String,
    /// Whether it was there already: an earlier attempt with the same token had made it.
    pub adopted: bool,
}

impl StackWrites {
    pub(in crate::aws) fn new(door: Arc<Door>) -> Self {
        StackWrites { door }
    }

    /// The name of the change set that a token makes.
    pub fn change_set_name(token: &str) -> String {
        format!("{NAME_PREFIX}{token}")
    }

    /// Makes a change set; its content is there once it is no longer pending.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn create_change_set(
        &self,
        token: &str,
        spec: &ChangeSetSpec,
    ) -> Result<Reply<CreatedChangeSet>, AwsError> {
        let call = Call("cloudformation", "CreateChangeSet");
        check_token(call, token)?;
        let clients = self.door.clients().await?;
        let name = Self::change_set_name(token);
        let made = self
            .door
            .with_token(call, || {
                let request = clients
                    .stack_writes
                    .create_change_set()
                    .stack_name(&spec.stack)
                    .change_set_name(&name)
                    .client_token(token)
                    .change_set_type(match spec.kind {
                        ChangeSetKind::Create => types::ChangeSetType::Create,
                        ChangeSetKind::Update => types::ChangeSetType::Update,
                    })
                    .set_parameters(Some(spec.parameters.iter().filter_map(parameter).collect()))
                    .set_capabilities(Some(
                        spec.capabilities.iter().map(|name| types::Capability::from(name.as_str())).collect(),
                    ))
                    .set_tags(spec.tags.as_ref().map(|tags| tags.iter().map(tag).collect()))
                    .set_role_arn(spec.role_arn.clone())
                    .set_notification_arns(spec.notification_arns.clone())
                    .set_description(spec.description.clone())
                    .set_include_nested_stacks(spec.nested.then_some(true))
                    .set_on_stack_failure(spec.on_failure.map(|choice| match choice {
                        OnStackFailure::DoNothing => types::OnStackFailure::DoNothing,
                        OnStackFailure::Rollback => types::OnStackFailure::Rollback,
                        OnStackFailure::Delete => types::OnStackFailure::Delete,
                    }));
                match &spec.template {
                    TemplateSource::Body(body) => request.template_body(body),
                    TemplateSource::Url(url) => request.template_url(url),
                    TemplateSource::Previous => request.use_previous_template(true),
                }
                .send()
            })
            .await;
        match made {
            Ok(answer) => {
                let arn = answer.id().ok_or_else(|| incomplete(call, "Id", answer.request_id()))?;
                let stack_id = answer.stack_id().unwrap_or_default();
                let made = CreatedChangeSet { arn: arn.to_owned(), stack_id: stack_id.to_owned(), adopted: false };
                Ok(Reply::new(made, answer.request_id()))
            }
            // The name holds the token: what is there under it was made by an attempt of this very effect.
            Err(error) if error.code() == "AlreadyExistsException" => {
                let reads = StackReads::new(Arc::clone(&self.door));
                let found = reads.change_set_named(&spec.stack, &name, &NoEcho::default()).await?;
                Ok(found.map(|found| CreatedChangeSet { arn: found.arn, stack_id: found.stack_id, adopted: true }))
            }
            Err(error) => Err(error),
        }
    }

    /// Executes a change set by ARN. The stack then changes; see [`StackReads::events`].
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn execute_change_set(&self, token: &str, arn: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("cloudformation", "ExecuteChangeSet");
        check_token(call, token)?;
        let clients = self.door.clients().await?;
        let answer = self
            .door
            .with_token(call, || {
                clients.stack_writes.execute_change_set().change_set_name(arn).client_request_token(token).send()
            })
            .await?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Deletes a change set by ARN. Deleting it twice is deleting it once, so it may be repeated.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn delete_change_set(&self, arn: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("cloudformation", "DeleteChangeSet");
        let clients = self.door.clients().await?;
        let answer =
            self.door.with_token(call, || clients.stack_writes.delete_change_set().change_set_name(arn).send()).await?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Deletes a stack by ARN (never by name: another may bear it by then). Only for the empty shell of a change set, and
    /// for what is left of a failed creation: any other stack is refused before the call.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn delete_stack(&self, token: &str, stack_id: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("cloudformation", "DeleteStack");
        check_token(call, token)?;
        let found = StackReads::new(Arc::clone(&self.door)).describe(stack_id).await?;
        let status = found.value.map(|stack| stack.status).unwrap_or_default();
        if !matches!(
            status.as_str(),
            "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED"
        ) {
            return Err(refused(call, format!("a stack in `{status}` is not deleted by a deployment")));
        }
        let clients = self.door.clients().await?;
        let answer = self
            .door
            .with_token(call, || {
                clients.stack_writes.delete_stack().stack_name(stack_id).client_request_token(token).send()
            })
            .await?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Cancels an update that is going on: the stack rolls back.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn cancel_update(&self, token: &str, stack_id: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("cloudformation", "CancelUpdateStack");
        check_token(call, token)?;
        let clients = self.door.clients().await?;
        let answer = self
            .door
            .with_token(call, || {
                clients.stack_writes.cancel_update_stack().stack_name(stack_id).client_request_token(token).send()
            })
            .await?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Continues a rollback that failed. What is skipped (by logical id; `NESTED.ID` in a nested stack) is left unlike its
    /// template: only what the service has in `UPDATE_FAILED` may be.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn continue_update_rollback(
        &self,
        token: &str,
        stack_id: &str,
        skip: &[String],
    ) -> Result<Reply<()>, AwsError> {
        let call = Call("cloudformation", "ContinueUpdateRollback");
        check_token(call, token)?;
        let clients = self.door.clients().await?;
        let answer = self
            .door
            .with_token(call, || {
                let request = clients.stack_writes.continue_update_rollback().stack_name(stack_id);
                let request = request.set_resources_to_skip((!skip.is_empty()).then(|| skip.to_vec()));
                request.client_request_token(token).send()
            })
            .await?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Rolls back a stack that failed and was told not to (`CREATE_FAILED`, `UPDATE_FAILED`).
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn roll_back(&self, token: &str, stack_id: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("cloudformation", "RollbackStack");
        check_token(call, token)?;
        let clients = self.door.clients().await?;
        let answer = self
            .door
            .with_token(call, || {
                clients.stack_writes.rollback_stack().stack_name(stack_id).client_request_token(token).send()
            })
            .await?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Begins to look for drift in a stack, and gives the search's id. It changes nothing in the stack; the service refuses a
    /// second search while one goes on.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn detect_drift(&self, stack_id: &str) -> Result<Reply<String>, AwsError> {
        let call = Call("cloudformation", "DetectStackDrift");
        let clients = self.door.clients().await?;
        let answer = clients.stack_writes.detect_stack_drift().stack_name(stack_id).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        let id = answer.stack_drift_detection_id();
        let id = id.ok_or_else(|| incomplete(call, "StackDriftDetectionId", answer.request_id()))?;
        Ok(Reply::new(id.to_owned(), answer.request_id()))
    }

    /// Deletes a stack by ARN, whatever its status: the undo of the run that made it. `retain` (logical ids) stay; the
    /// service takes them only of a stack whose deletion failed.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn remove_stack(&self, token: &str, stack_id: &str, retain: &[String]) -> Result<Reply<()>, AwsError> {
        let call = Call("cloudformation", "DeleteStack");
        check_token(call, token)?;
        let clients = self.door.clients().await?;
        let answer = self
            .door
            .with_token(call, || {
                let request = clients.stack_writes.delete_stack().stack_name(stack_id);
                let request = request.set_retain_resources((!retain.is_empty()).then(|| retain.to_vec()));
                request.client_request_token(token).send()
            })
            .await?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// `UpdateTerminationProtection`: guards a stack against deletion, or takes the guard off. Once more changes nothing.
    pub async fn protect_stack(&self, stack_id: &str, on: bool) -> Result<Reply<()>, AwsError> {
        let call = Call("cloudformation", "UpdateTerminationProtection");
        let clients = self.door.clients().await?;
        let request = clients.stack_writes.update_termination_protection().stack_name(stack_id);
        let answer = request.enable_termination_protection(on).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }
}

/// The pattern of the API: a letter or digit, then letters, digits and hyphens. The change set's name needs it too.
fn check_token(call: Call, token: &str) -> Result<(), AwsError> {
    let valid = token.starts_with(|c: char| c.is_ascii_alphanumeric())
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && token.len() + NAME_PREFIX.len() <= MAX_TOKEN;
    if valid { Ok(()) } else { Err(refused(call, format!("`{token}` cannot be a client token"))) }
}

fn refused(call: Call, cause: String) -> AwsError {
    AwsError::of(call, AwsErrorKind::Request, None, vec![cause], false)
}

/// A default is not sent: the template has it.
fn parameter(choice: &ParameterChoice) -> Option<types::Parameter> {
    let parameter = types::Parameter::builder().parameter_key(&choice.name);
    match &choice.source {
        ParameterSource::Given(value) => Some(parameter.parameter_value(value).build()),
        ParameterSource::Previous(_) => Some(parameter.use_previous_value(true).build()),
        ParameterSource::Default(_) => None,
    }
}

fn tag(tag: &StackTag) -> types::Tag {
    types::Tag::builder().key(&tag.key).value(&tag.value).build()
}
