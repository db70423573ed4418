//! A `restore` step of a stack with all its values known.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::aws::Aws;
use crate::aws::stacks::{EventCursor, StackDescription, StackEnd, TemplateText, end};
use crate::event::{EffectState, Failure, FailureKind};
use crate::id::RunId;
use crate::step::drill::made::Made;
use crate::step::drill::stack::names::refuse_taken;
use crate::step::drill::stack::source::Source;
use crate::step::drill::until::looked_for;
use crate::step::effect::{Halt, door};
use crate::step::kind::{StackFrom, StackRedeploy};
use crate::step::stack::{CleanStack, StackSource, StackTask, ended, parameter};
use crate::step::{Probed, Ran, ReadContext, StepStop, TaskFault, WriteAction, WriteContext};
use crate::value::{Scope, Template};
use crate::world::clock::{Clock, rfc3339};

/// The longest name of a stack. Source: `StackName` of `CreateChangeSet` in the `CloudFormation` API reference.
const LONGEST: usize = 128;

/// Where template and parameters come from, with its values known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StackPlan {
    /// What this run has on record; none: the last that has.
    Evidence(Option<String>),
    /// The stack as it stands.
    Live,
}

/// What a `restore` step of a stack is asked to do.
#[derive(Clone, Eq, PartialEq)]
pub struct StackRedeployTask {
    /// The stack.
    pub stack: String,
    /// The name of the clean one.
    pub name: String,
    /// Where template and parameters come from.
    pub from: StackPlan,
    /// Parameters that are not as they were.
    pub parameters: BTreeMap<String, String>,
    /// Capabilities that are acknowledged beside those that were.
    pub capabilities: Vec<String>,
    /// The bucket for a large template.
    pub upload_bucket: Option<String>,
    /// The run's id: the clean stack's tag.
    pub run: String,
    /// The profile's region: that of the stack.
    pub home: Option<String>,
}

impl fmt::Debug for StackRedeployTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parameters may hold secrets: only their names.
        f.debug_struct("StackRedeployTask")
            .field("stack", &self.stack)
            .field("name", &self.name)
            .field("parameters", &self.parameters.keys())
            .finish_non_exhaustive()
    }
}

impl WriteAction for StackRedeployTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        let from = match &self.from {
            StackPlan::Evidence(None) => "what the last run has on record of it".to_owned(),
            StackPlan::Evidence(Some(run)) => format!("what run {run} has on record of it"),
            StackPlan::Live => "the stack as it stands".to_owned(),
        };
        let names: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
        lines(&self.stack, &self.name, &from, &names)
    }

    fn confirms_itself(&self) -> bool {
        true
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match Box::pin(self.redeploy(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    /// Whatever the call was: the next attempt looks what became of the clean stack, and goes on from there.
    async fn probe(&self, cx: &mut ReadContext, _: &EffectState) -> Probed {
        let Some(aws) = &cx.aws else {
            return Probed::CannotTell { why: "the run has no account to ask".to_owned() };
        };
        looked_for(cx, aws, async || {
            let there = aws.stacks().describe(&self.name).await?.value.is_some();
            Ok(if there { Probed::UnderWay } else { Probed::NotDone })
        })
        .await
    }
}

impl StackRedeployTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, or a name that no stack can have.
    pub fn of(restore: &StackRedeploy, scope: &Scope) -> Result<Self, TaskFault> {
        let text = |template: &Template| template.eval_text(scope).map_err(|error| fault(template, &error.to_string()));
        let one = |path: &[&str]| scope.get(path).and_then(Value::as_str).map(str::to_owned);
        let run = one(&["run", "id"]).unwrap_or_default();
        let stack = text(&restore.stack)?;
        let name = match &restore.name {
            Some(name) => text(name)?,
            None => named_after(&stack, &run),
        };
        let letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !letter || name.len() > LONGEST || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            let why =
                format!("`{name}` is no name of a stack: a letter, then letters, digits and `-`, {LONGEST} at most");
            return Err(fault(restore.name.as_ref().unwrap_or(&restore.stack), &why));
        }
        if name == stack {
            return Err(fault(&restore.stack, "the clean stack is the stack itself: give it another name, by `as`"));
        }
        let mut parameters = BTreeMap::new();
        for (name, value) in &restore.parameters {
            let value = value.eval(scope).and_then(|value| parameter(name, &value));
            parameters.insert(name.clone(), value.map_err(|error| TaskFault { span: None, why: error.to_string() })?);
        }
        let from = match &restore.from {
            StackFrom::Evidence(run) => StackPlan::Evidence(run.as_ref().map(text).transpose()?),
            StackFrom::Live => StackPlan::Live,
        };
        let upload_bucket = restore.upload_bucket.as_ref().map(text).transpose()?;
        let (capabilities, home) = (restore.capabilities.clone(), one(&["aws", "region"]));
        Ok(Self { stack, name, from, parameters, capabilities, upload_bucket, run, home })
    }

    /// What a step of a plan will do, as far as its values are known.
    pub fn preview(restore: &StackRedeploy, scope: &Scope) -> Vec<String> {
        let text = |template: &Template| template.preview(scope);
        let stack = text(&restore.stack);
        let name = restore.name.as_ref().map_or_else(|| format!("{stack}-checkride-(run)"), text);
        let from = match &restore.from {
            StackFrom::Evidence(None) => "what the last run has on record of it".to_owned(),
            StackFrom::Evidence(Some(run)) => format!("what run {} has on record of it", text(run)),
            StackFrom::Live => "the stack as it stands".to_owned(),
        };
        let names: Vec<&str> = restore.parameters.keys().map(String::as_str).collect();
        lines(&stack, &name, &from, &names)
    }

    async fn redeploy(&self, cx: &mut WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "restore")?;
        let started = Clock::System.now();
        let source = self.source(cx, &aws).await?;
        let arn = self.arn(&aws, &source.stack.id);
        let begun = Made::all(&cx.earlier).contains(&Made::Stack { arn: arn.clone() });
        let found = aws.reads().stacks().describe(&self.name).await?.value;
        match found {
            Some(found) if !begun => {
                let message = format!("there is a stack {} already, in {}", self.name, found.status);
                let remedy = "give the clean stack another name, by `as`";
                return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
            }
            // An earlier attempt has made it, and nobody was there to see.
            Some(found) if end(&found.status) == StackEnd::Succeeded => {
                return Ok(Self::ran(&source, &found, started, Ran::default()));
            }
            Some(found) if end(&found.status) != StackEnd::Running => {
                let mut cursor = EventCursor::from_the_beginning(&found.id);
                let events = aws.reads().stacks().events(&mut cursor).await?.value;
                return Ok(ended(&found, "", &events));
            }
            Some(_) | None => {}
        }
        let parameters = source.parameters(&self.parameters)?;
        if !begun {
            refuse_taken(&aws, &arn, &source.stack, &parameters).await?;
        }
        let task = self.task(cx, &source, arn, parameters);
        let ran = task.run(cx).await?;
        if ran.failure.is_some() {
            return Ok(ran);
        }
        let gone = || Failure::new(FailureKind::Expectation, format!("the clean stack {} is gone", self.name));
        let made = aws.reads().stacks().describe(&self.name).await?.value.ok_or_else(gone)?;
        Ok(Self::ran(&source, &made, started, ran))
    }

    /// The ARN of the clean stack, without the service's own part at its end.
    fn arn(&self, aws: &Aws, source: &str) -> String {
        let partition = source.split(':').nth(1).unwrap_or("aws");
        let settings = aws.settings();
        format!("arn:{partition}:cloudformation:{}:{}:stack/{}", settings.region, settings.account, self.name)
    }

    /// The deployment: the same as that of a `stack` step, of a stack that is not there.
    fn task(&self, cx: &WriteContext, source: &Source, arn: String, parameters: BTreeMap<String, String>) -> StackTask {
        let text = TemplateText::new(source.stack.template.as_str());
        let mut capabilities = source.stack.capabilities.clone();
        // Not every endpoint tells what was acknowledged; that the template ran before says it.
        let needed = text.iam_capability().map(str::to_owned).into_iter().chain(self.capabilities.clone());
        for needed in needed {
            if !capabilities.contains(&needed) {
                capabilities.push(needed);
            }
        }
        StackTask {
            stack: self.name.clone(),
            source: StackSource::Clean(CleanStack {
                template: source.stack.template.clone(),
                made: Made::Stack { arn }.target(),
            }),
            parameters,
            capabilities,
            tags: Some(source.tags(&self.run, &cx.read.scope)),
            role_arn: source.stack.role_arn.clone(),
            // Whoever gets the events of the stack is not to be woken by a drill.
            notification_arns: None,
            upload_bucket: self.upload_bucket.clone(),
            on_failure: None,
            earlier: cx.earlier.clone(),
        }
    }

    /// What the step gives.
    fn ran(source: &Source, stack: &StackDescription, started: DateTime<Utc>, ran: Ran) -> Ran {
        let restored = Clock::System.now();
        let outputs: Map<String, Value> =
            stack.outputs.iter().map(|output| (output.name.clone(), Value::from(output.value.as_str()))).collect();
        let out = json!({
            "stack": stack.name,
            "arn": stack.id,
            "outputs": outputs,
            "status": stack.status,
            "source": source.stack.id,
            "from": source.from(),
            "source_run": source.run(),
            "started": rfc3339(started),
            "restored": rfc3339(restored),
            "took_ms": (restored - started).num_milliseconds().max(0),
        });
        Ran { out, note: Some(source.line()), ..ran }
    }
}

/// The name of what a run makes of a stack: it says of which run it is.
fn named_after(stack: &str, run: &str) -> String {
    let of_run = RunId::new(run).map_or_else(|_| "checkride".to_owned(), |run| run.short());
    let room = LONGEST - 1 - of_run.len();
    format!("{}-{of_run}", stack.get(..room).unwrap_or(stack))
}

fn lines(stack: &str, name: &str, from: &str, parameters: &[&str]) -> Vec<String> {
    let mut lines = vec![
        format!("redeploys stack {stack} into the clean stack {name}, from {from}"),
        "  what is on record is verified first; names that are taken are refused".to_owned(),
    ];
    if !parameters.is_empty() {
        lines.push(format!("  parameters that are not as they were: {}", parameters.join(", ")));
    }
    lines.push("  through a change set of type CREATE, which is shown and confirmed before it runs".to_owned());
    lines.push("  billed by AWS: whatever is in the stack, for as long as it stands".to_owned());
    lines
}

fn fault(template: &Template, why: &str) -> TaskFault {
    TaskFault { span: Some(template.span()), why: format!("`{}`: {why}", template.text()) }
}
