//! A change set, read in full.

use aws_sdk_cloudformation::types;
use aws_types::request_id::RequestId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::model::{StackParameter, StackTag, filled};
use super::no_echo::NoEcho;
use super::reads::StackReads;
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, Call};
use crate::aws::time::utc;

/// A change set as `CloudFormation` describes it. No value of a `NoEcho` parameter is in it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ChangeSetDescription {
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The ARN of the stack.
    pub stack_id: String,
    /// The name of the stack.
    pub stack_name: String,
    /// The status, for example `CREATE_COMPLETE` or `FAILED`.
    pub status: String,
    /// Why it has that status.
    pub status_reason: Option<String>,
    /// Whether it can be, is being or was executed: `AVAILABLE`, `EXECUTE_COMPLETE`, …
    pub execution_status: String,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// The parameters that it sets.
    pub parameters: Vec<StackParameter>,
    /// The tags that it sets.
    pub tags: Vec<StackTag>,
    /// The capabilities that it acknowledges.
    pub capabilities: Vec<String>,
    /// The change set of the parent stack, for a nested one.
    pub parent: Option<String>,
    /// What it changes, in the service's order.
    pub changes: Vec<ResourceChange>,
    /// The change sets of the stacks nested in it, when it was made with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<ChangeSetDescription>,
}

/// How deep nested stacks are followed; `CloudFormation` itself goes five deep.
const DEEPEST: usize = 8;

/// The change of one resource.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ResourceChange {
    /// `Add`, `Modify`, `Remove`, `Import`, `Dynamic`, …
    pub action: String,
    /// The id in the template.
    pub logical_id: String,
    /// The name or ARN of the thing itself, when it exists.
    pub physical_id: Option<String>,
    /// The type, for example `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// Whether the resource is replaced by a new one.
    pub replacement: Replacement,
    /// What becomes of the old one: `Delete`, `Retain`, `Snapshot`, …
    pub policy: Option<String>,
    /// The change set of a nested stack.
    pub nested_change_set: Option<String>,
    /// Which properties change, and why.
    pub details: Vec<PropertyChange>,
}

/// Whether a resource is replaced.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub enum Replacement {
    /// It is.
    Always,
    /// It may be: a value is not known before the change set runs, or the service says something new.
    Conditional,
    /// It is not.
    Never,
}

/// The change of one property or attribute.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PropertyChange {
    /// `Properties`, `Tags`, `Metadata`, `DeletionPolicy`, …
    pub attribute: String,
    /// The property, when the attribute is `Properties`.
    pub name: Option<String>,
    /// The path inside the property, when the service gives it.
    pub path: Option<String>,
    /// The value before, when the service gives it and it may be shown.
    pub before: Option<String>,
    /// The value after, when the service gives it and it may be shown.
    pub after: Option<String>,
    /// Whether values were left out because they come from a `NoEcho` parameter.
    pub masked: bool,
    /// Whether this change replaces the resource.
    pub recreation: Replacement,
    /// What kind of thing causes it: `DirectModification`, `ParameterReference`, …
    pub source: Option<String>,
    /// The parameter, resource or attribute that causes it.
    pub cause: Option<String>,
}

impl ChangeSetDescription {
    /// Whether it is still being made.
    pub fn is_pending(&self) -> bool {
        matches!(self.status.as_str(), "CREATE_PENDING" | "CREATE_IN_PROGRESS")
    }

    /// Whether it failed because there is nothing to change. The service says it only in words.
    pub fn has_no_changes(&self) -> bool {
        self.status == "FAILED"
            && self.status_reason.as_deref().is_some_and(|reason| {
                reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
            })
    }

    /// Whether it can be executed now.
    pub fn is_available(&self) -> bool {
        self.execution_status == "AVAILABLE"
    }

    /// Whether it was executed, or is being executed.
    pub fn was_executed(&self) -> bool {
        self.execution_status.starts_with("EXECUTE_")
    }
}

impl StackReads {
    /// A change set by ARN, with all its pages and with values before and after where the service gives them.
    ///
    /// # Errors
    /// Any [`AwsError`]; a change set that is gone (executed, replaced or deleted) is `ChangeSetNotFound`.
    pub async fn change_set(&self, arn: &str, no_echo: &NoEcho) -> Result<Reply<ChangeSetDescription>, AwsError> {
        self.with_nested(arn, None, no_echo).await
    }

    /// A change set by the names of stack and change set.
    ///
    /// # Errors
    /// As [`StackReads::change_set`].
    pub async fn change_set_named(
        &self,
        stack: &str,
        name: &str,
        no_echo: &NoEcho,
    ) -> Result<Reply<ChangeSetDescription>, AwsError> {
        self.with_nested(name, Some(stack), no_echo).await
    }

    async fn with_nested(
        &self,
        change_set: &str,
        stack: Option<&str>,
        no_echo: &NoEcho,
    ) -> Result<Reply<ChangeSetDescription>, AwsError> {
        let mut reply = self.described(change_set, stack, no_echo).await?;
        // Level by level, each nested change set after its parent; assembled from the deepest up.
        let mut levels = vec![vec![(None, reply.value)]];
        while levels.len() < DEEPEST {
            let mut next = Vec::new();
            for (index, (_, parent)) in levels.last().expect("there is a first level").iter().enumerate() {
                for arn in parent.changes.iter().filter_map(|change| change.nested_change_set.as_deref()) {
                    let child = self.described(arn, None, no_echo).await?;
                    reply.request_ids.extend(child.request_ids);
                    next.push((Some(index), child.value));
                }
            }
            if next.is_empty() {
                break;
            }
            levels.push(next);
        }
        while levels.len() > 1 {
            let deepest = levels.pop().expect("there is more than one level");
            let parents = levels.last_mut().expect("there is more than one level");
            for (parent, child) in deepest {
                parents[parent.expect("only the first level has no parent")].1.nested.push(child);
            }
        }
        reply.value = levels.remove(0).remove(0).1;
        Ok(reply)
    }

    async fn described(
        &self,
        change_set: &str,
        stack: Option<&str>,
        no_echo: &NoEcho,
    ) -> Result<Reply<ChangeSetDescription>, AwsError> {
        let call = Call("cloudformation", "DescribeChangeSet");
        let clients = self.door.clients().await?;
        let mut reply: Option<Reply<ChangeSetDescription>> = None;
        let mut next = None;
        loop {
            let page = clients
                .stack_reads
                .describe_change_set()
                .change_set_name(change_set)
                .set_stack_name(stack.map(str::to_owned))
                .include_property_values(true)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| AwsError::from_sdk(call, &error))?;
            let whole = reply.get_or_insert_with(|| Reply {
                value: ChangeSetDescription {
                    arn: page.change_set_id().unwrap_or_default().to_owned(),
                    name: page.change_set_name().unwrap_or_default().to_owned(),
                    stack_id: page.stack_id().unwrap_or_default().to_owned(),
                    stack_name: page.stack_name().unwrap_or_default().to_owned(),
                    status: page.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
                    status_reason: filled(page.status_reason()),
                    execution_status: page
                        .execution_status()
                        .map(|status| status.as_str().to_owned())
                        .unwrap_or_default(),
                    created: page.creation_time().and_then(utc),
                    parameters: page.parameters().iter().map(|parameter| shown(parameter, no_echo)).collect(),
                    tags: page.tags().iter().map(StackTag::from).collect(),
                    capabilities: page.capabilities().iter().map(|name| name.as_str().to_owned()).collect(),
                    parent: filled(page.parent_change_set_id()),
                    changes: Vec::new(),
                    nested: Vec::new(),
                },
                request_ids: Vec::new(),
            });
            whole.request_ids.extend(page.request_id().map(str::to_owned));
            let changes = page.changes().iter().filter_map(types::Change::resource_change);
            whole.value.changes.extend(changes.map(|change| resource_change(change, no_echo)));
            next = filled(page.next_token());
            if next.is_none() {
                break;
            }
        }
        Ok(reply.expect("the loop reads at least one page"))
    }
}

/// `MiniStack` shows the value of a `NoEcho` parameter in a change set; AWS does not. Neither passes here.
fn shown(parameter: &types::Parameter, no_echo: &NoEcho) -> StackParameter {
    let mut shown = StackParameter::from(parameter);
    let masked = no_echo.masked(&shown.name, &shown.value).to_owned();
    shown.value = masked;
    shown.resolved = shown.resolved.filter(|_| !no_echo.covers(&shown.name));
    shown
}

fn resource_change(change: &types::ResourceChange, no_echo: &NoEcho) -> ResourceChange {
    let logical_id = change.logical_resource_id().unwrap_or_default().to_owned();
    let mut details: Vec<PropertyChange> =
        change.details().iter().map(|detail| property_change(&logical_id, detail, no_echo)).collect();
    // The service may name the same property twice: once for the parameter that causes it, once with its value.
    let hidden: Vec<_> = details
        .iter()
        .filter(|detail| detail.masked)
        .map(|detail| (detail.attribute.clone(), detail.name.clone()))
        .collect();
    for detail in &mut details {
        if hidden.iter().any(|(attribute, name)| *attribute == detail.attribute && *name == detail.name) {
            (detail.before, detail.after, detail.masked) = (None, None, true);
        }
    }
    ResourceChange {
        action: change.action().map(|action| action.as_str().to_owned()).unwrap_or_default(),
        physical_id: filled(change.physical_resource_id()),
        resource_type: change.resource_type().unwrap_or_default().to_owned(),
        replacement: change.replacement().map_or(Replacement::Never, |text| replacement(text.as_str())),
        policy: change.policy_action().map(|policy| policy.as_str().to_owned()),
        nested_change_set: filled(change.change_set_id()),
        details,
        logical_id,
    }
}

fn property_change(logical_id: &str, detail: &types::ResourceChangeDetail, no_echo: &NoEcho) -> PropertyChange {
    let target = detail.target();
    let name = target.and_then(|target| filled(target.name()));
    let (before, after) = target.map_or((None, None), |target| (target.before_value(), target.after_value()));
    let cause = filled(detail.causing_entity());
    let masked = cause.as_deref().is_some_and(|cause| no_echo.covers(cause))
        || name.as_deref().is_some_and(|name| no_echo.covers_property(logical_id, name))
        || [before, after].into_iter().flatten().any(|value| no_echo.is_in(value));
    PropertyChange {
        attribute: target
            .and_then(types::ResourceTargetDefinition::attribute)
            .map(|attribute| attribute.as_str().to_owned())
            .unwrap_or_default(),
        path: target.and_then(|target| filled(target.path())),
        before: before.filter(|_| !masked).map(str::to_owned),
        after: after.filter(|_| !masked).map(str::to_owned),
        masked,
        recreation: target
            .and_then(types::ResourceTargetDefinition::requires_recreation)
            .map_or(Replacement::Never, |text| replacement(text.as_str())),
        source: detail.change_source().map(|source| source.as_str().to_owned()),
        name,
        cause,
    }
}

/// `True`/`False`/`Conditional` of a resource, `Always`/`Never`/`Conditionally` of a property. A word that is new to us
/// is not taken for "never".
fn replacement(text: &str) -> Replacement {
    match text {
        "True" | "Always" => Replacement::Always,
        "False" | "Never" | "" => Replacement::Never,
        _ => Replacement::Conditional,
    }
}
