//! A stack step with all its values known.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::aws::stacks::{OnStackFailure, StackTag};
use crate::event::EffectState;
use crate::step::effect::{Halt, door};
use crate::step::stack::approve::approve;
use crate::step::stack::execute::{execute, rejoin};
use crate::step::stack::prepare::{Ready, prepare};
use crate::step::stack::{outcome, probe};
use crate::step::{Probed, Ran, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;

/// What a stack step is asked to do: the step's keys, evaluated.
#[derive(Clone)]
pub struct StackTask {
    /// The stack's name.
    pub stack: String,
    /// Where the change comes from.
    pub source: StackSource,
    /// Values for the template's parameters. Those not named keep their previous value, or take the default.
    pub parameters: BTreeMap<String, String>,
    /// The capabilities that are acknowledged.
    pub capabilities: Vec<String>,
    /// The tags of the stack; `None` keeps those that it has.
    pub tags: Option<BTreeMap<String, String>>,
    /// The role that `CloudFormation` assumes.
    pub role_arn: Option<String>,
    /// The topics that get the stack's events; `None` keeps those that it has.
    pub notification_arns: Option<Vec<String>>,
    /// The bucket for a template of more than 51,200 bytes.
    pub upload_bucket: Option<String>,
    /// What becomes of the stack when it fails; `None` is the service's default, a rollback.
    pub on_failure: Option<OnStackFailure>,
    /// The effects of earlier attempts of this step, oldest first, as the journal has them. A change set that one of them
    /// executed, and that the stack is still busy with, is followed: neither met as a stranger's nor executed again.
    pub earlier: Vec<EffectState>,
}

/// Where the change of a stack comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StackSource {
    /// A template of the project: the step makes the change set.
    Template {
        /// The path, relative to the project.
        path: PathBuf,
        /// The SHA-256 of its bytes in the plan, in hex: other bytes are refused.
        planned: Option<String>,
    },
    /// A change set that was made elsewhere, by name or ARN: the step adopts it.
    ChangeSet(String),
    /// A template that is in hand, for a stack that is not there: a drill makes it.
    Clean(CleanStack),
}

/// A stack that a drill makes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CleanStack {
    /// The template's text.
    pub template: String,
    /// What the effect that makes it works on, for the record: by it the run knows the stack as its own.
    pub made: String,
}

impl StackTask {
    pub(super) fn tag_list(&self) -> Option<Vec<StackTag>> {
        let tags = self.tags.as_ref()?;
        Some(tags.iter().map(|(key, value)| StackTag { key: key.clone(), value: value.clone() }).collect())
    }
}

impl fmt::Debug for StackTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parameters may hold secrets: only their names.
        f.debug_struct("StackTask")
            .field("stack", &self.stack)
            .field("source", &self.source)
            .field("parameters", &self.parameters.keys())
            .finish_non_exhaustive()
    }
}

impl WriteAction for StackTask {
    /// The calls, as far as they are known before any is made. Parameter values are not here: which of them are `NoEcho`
    /// only the service says, and the question shows them then.
    fn describe(&self, _: &Scope) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.source {
            StackSource::Template { path, .. } => {
                lines.push(format!("cloudformation:CreateChangeSet on stack {}", self.stack));
                lines.push(format!("  template {}", path.display()));
                if !self.parameters.is_empty() {
                    let names: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
                    lines.push(format!("  parameters {}", names.join(", ")));
                }
                lines.push(
                    "  parameters not named keep their previous value on an update, else take the default".into(),
                );
                if !self.capabilities.is_empty() {
                    lines.push(format!("  capabilities {}", self.capabilities.join(", ")));
                }
                for (key, value) in self.tags.iter().flatten() {
                    lines.push(format!("  tag {key} = {value}"));
                }
                if let Some(role) = &self.role_arn {
                    lines.push(format!("  role {role}"));
                }
                if let Some(bucket) = &self.upload_bucket {
                    lines.push(format!("  a template of more than 51,200 bytes goes to s3://{bucket}"));
                }
            }
            StackSource::ChangeSet(arn) => lines.push(format!("adopts change set {arn} of stack {}", self.stack)),
            StackSource::Clean(_) => {
                lines.push(format!("cloudformation:CreateChangeSet on the new stack {}", self.stack));
            }
        }
        lines.push("cloudformation:ExecuteChangeSet, once the change set was shown and confirmed".into());
        lines
    }

    fn confirms_itself(&self) -> bool {
        true
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        // The state of the whole way is large: it does not belong into every caller's.
        match Box::pin(self.deploy(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, cx: &mut ReadContext) -> Option<Ran> {
        let aws = cx.aws.clone()?;
        Some(probe::observe(&aws, &self.stack).await)
    }

    async fn probe(&self, cx: &mut ReadContext, effect: &EffectState) -> Probed {
        let Some(aws) = cx.aws.clone() else {
            return Probed::CannotTell { why: "the run has no account to ask".to_owned() };
        };
        probe::probe(&aws, &self.stack, effect).await
    }
}

impl StackTask {
    async fn deploy(&self, cx: &mut WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "stack")?;
        if let Some(ran) = Box::pin(rejoin(cx, &aws, &self.stack, &self.earlier)).await? {
            return Ok(ran);
        }
        let prepared = match Box::pin(prepare(cx, &aws, self)).await? {
            Ready::NothingToDo(ran) => return Ok(*ran),
            Ready::Change(prepared) => prepared,
        };
        approve(cx, &aws, &prepared).await?;
        // Only now, and still before anything changes: what the stack was belongs to the evidence, or nothing is done.
        let captured = outcome::capture(cx, &aws, &prepared).await?;
        let mut ran = execute(cx, &aws, &prepared).await?;
        ran.artifacts.splice(0..0, captured);
        Ok(ran)
    }
}
