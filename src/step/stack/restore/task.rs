//! A stack-restore step with all its values known.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::aws::Aws;
use crate::aws::stacks::{DriftedResource, EventCursor, StackDescription, StackEvent, root_cause};
use crate::event::{ArtifactRef, Captured, EffectState, Failure};
use crate::id::StepId;
use crate::step::effect::{Halt, door};
use crate::step::stack::before::{Before, read};
use crate::step::stack::execute::rejoin;
use crate::step::stack::failure::stack_failure;
use crate::step::stack::follow::follow;
use crate::step::stack::outcome::file;
use crate::step::stack::restore::decide::{Move, StillFailing, Tried, Was, Whose, WhyNot, next_move};
use crate::step::stack::restore::describe::describe;
use crate::step::stack::restore::effect::{Call, settled};
use crate::step::stack::restore::stays::Stays;
use crate::step::stack::restore::whose::whose;
use crate::step::{Probed, Ran, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;

/// What a stack-restore step is asked to do.
#[derive(Clone)]
pub struct StackRestoreTask {
    /// The values that parameters had before, where they are on no record; by name.
    pub parameters: BTreeMap<String, String>,
    /// The step that is undone.
    pub undone: Undone,
    /// The bucket for a template of more than 51,200 bytes.
    pub upload_bucket: Option<String>,
    /// Resources that may be left out when the rollback of an update fails at them, by logical id.
    pub skip_resources: Vec<String>,
    /// The effects of earlier attempts of this step, oldest first.
    pub earlier: Vec<EffectState>,
}

impl fmt::Debug for StackRestoreTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values are secret: only their names.
        f.debug_struct("StackRestoreTask")
            .field("undone", &self.undone)
            .field("parameters", &self.parameters.keys())
            .finish_non_exhaustive()
    }
}

/// The step that is undone, by the run's records.
#[derive(Clone, Debug)]
pub struct Undone {
    /// The step.
    pub step: StepId,
    /// What it found before it changed anything; none when it is not on record.
    pub captured: Option<Captured>,
    /// Its effects, oldest first.
    pub effects: Vec<EffectState>,
}

/// What came of it so far.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// Whether anything was changed.
    pub(super) changed: bool,
    /// What has drifted; none when nobody looked, or it could not be told.
    pub(super) drift: Option<Vec<DriftedResource>>,
    /// What stays of the run, whatever becomes of the stack.
    pub(super) stays: Stays,
    /// What was left out of the rollback, by logical id.
    pub(super) skipped: Vec<String>,
    /// What a change set does not put back.
    pub(super) differs: Vec<String>,
    /// What is good to know.
    pub(super) notes: Vec<String>,
    /// What must be looked at.
    pub(super) warnings: Vec<String>,
    /// The events of the stack.
    pub(super) events: Vec<StackEvent>,
    /// Files.
    pub(super) artifacts: Vec<ArtifactRef>,
}

/// All that a move needs.
pub(super) struct Way<'a> {
    pub(super) cx: &'a WriteContext,
    pub(super) aws: &'a Aws,
    pub(super) task: &'a StackRestoreTask,
    pub(super) before: &'a Before,
}

impl WriteAction for StackRestoreTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        describe(self)
    }

    fn confirms_itself(&self) -> bool {
        true
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match Box::pin(self.restore(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    /// Whatever became of an effect: the step begins with a look at the stack, and goes on from there.
    async fn probe(&self, cx: &mut ReadContext, _: &EffectState) -> Probed {
        match &cx.aws {
            Some(_) => Probed::UnderWay,
            None => Probed::CannotTell { why: "the run has no account to ask".to_owned() },
        }
    }
}

impl StackRestoreTask {
    async fn restore(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "stack")?;
        let before = read(cx, &self.undone, &self.parameters)?;
        let way = Way { cx, aws: &aws, task: self, before: &before };
        let mut story = Story { stays: way.remembered(), ..Story::default() };
        let told = Box::pin(way.go(&mut story)).await;
        Box::pin(way.guard_again(&mut story)).await;
        if !story.events.is_empty() {
            let json = serde_json::to_vec_pretty(&story.events).expect("events are plain data");
            match file(cx, "stack-events", "application/json", &json) {
                Ok(events) => story.artifacts.push(events),
                Err(failure) => story.warnings.push(failure.message),
            }
        }
        match told {
            Ok(stack) => Ok(ran(story, stack.as_ref(), None)),
            // What was done belongs to the record of the attempt that failed.
            Err(Halt::Failed(failure)) => Ok(ran(story, None, Some(*failure))),
            Err(Halt::Stop(stop)) => Err(Halt::Stop(stop)),
        }
    }
}

impl Way<'_> {
    /// The name, for people.
    pub(super) fn name(&self) -> &str {
        match self.before {
            Before::Absent { name } => name,
            Before::There(before) => &before.stack.name,
        }
    }

    fn was(&self) -> Was {
        match self.before {
            Before::Absent { .. } => Was::Absent,
            Before::There(_) => Was::There,
        }
    }

    /// The stack as it is now: by its ARN where there is one, for another may bear its name by now.
    pub(super) async fn look(&self) -> Result<Option<StackDescription>, Halt> {
        let stack = match self.before {
            Before::Absent { name } => name,
            Before::There(before) => &before.stack.id,
        };
        Ok(self.aws.reads().stacks().describe(stack).await?.value)
    }

    async fn go(&self, story: &mut Story) -> Result<Option<StackDescription>, Halt> {
        let mut now = self.look().await?;
        let mut tried = Tried {
            delete_had_failed: now.as_ref().is_some_and(|stack| stack.status == "DELETE_FAILED"),
            may_skip: !self.task.skip_resources.is_empty(),
            ..Tried::default()
        };
        loop {
            let whose = match &now {
                Some(stack) if stack.status == "UPDATE_IN_PROGRESS" => whose(self, stack).await,
                Some(_) | None => Whose::Run,
            };
            let status = now.as_ref().map(|stack| stack.status.as_str());
            let next = next_move(self.was(), status, whose, &tried);
            now = match (next, now) {
                (Move::Done, now) => return Ok(now),
                (Move::Refuse(why), now) => return Err(self.refused(why, now.as_ref(), story).into()),
                (Move::Wait, Some(stack)) => match self.rejoined(story, &stack, whose).await? {
                    Some(back) => {
                        tried.put_back = true;
                        Some(back)
                    }
                    None => self.wait(story, &stack).await?,
                },
                (Move::Cancel, Some(stack)) => {
                    tried.cancelled = true;
                    self.call(story, &stack, &Call::Cancel).await?
                }
                (Move::Continue, Some(stack)) => {
                    tried.continued = true;
                    // What was left out before is tried once more.
                    story.stays.skipped.clear();
                    let failed = self.failed_resources(&stack.id).await?;
                    self.cx.read.say(format!("the rollback of stack {} failed at {}", stack.name, failed.join(", ")));
                    self.call(story, &stack, &Call::Continue { skip: Vec::new() }).await?
                }
                (Move::ContinueSkipping, Some(stack)) => {
                    tried.skipped = true;
                    self.continue_skipping(story, &stack).await?
                }
                (Move::RollBack, Some(stack)) => {
                    tried.rolled_back = true;
                    self.call(story, &stack, &Call::RollBack).await?
                }
                (Move::Delete, Some(stack)) => {
                    tried.deleted = true;
                    self.remove(story, &stack).await?
                }
                (Move::DeleteRetaining, Some(stack)) => {
                    tried.retained = true;
                    self.remove_retaining(story, &stack).await?
                }
                (Move::PutBack, Some(stack)) => {
                    tried.put_back = true;
                    Some(Box::pin(self.put_back(story, stack)).await?)
                }
                // Of a stack that is not there nothing is done.
                (_, None) => return Ok(None),
            };
        }
    }

    /// Follows this undo's own change set, which an attempt executed that was cut off, and judges it as if this one had.
    async fn rejoined(
        &self,
        story: &mut Story,
        stack: &StackDescription,
        whose: Whose,
    ) -> Result<Option<StackDescription>, Halt> {
        let (Whose::Undo, Before::There(before)) = (whose, self.before) else { return Ok(None) };
        let Some(ran) = Box::pin(rejoin(self.cx, self.aws, &stack.id, &self.task.earlier)).await? else {
            return Ok(None);
        };
        story.changed = true;
        story.artifacts.extend(ran.artifacts);
        match ran.failure {
            Some(failure) => Err(failure.into()),
            None => self.is_back(story, before, "updated by the change set of an earlier attempt").await.map(Some),
        }
    }

    /// Waits for what ends by itself.
    async fn wait(&self, story: &mut Story, stack: &StackDescription) -> Result<Option<StackDescription>, Halt> {
        self.cx.read.say(format!("stack {} is in {}: waiting for its end", stack.name, stack.status));
        let mut cursor = self.cursor(&stack.id).await?;
        let watched = follow(self.cx, self.aws, &stack.id, &mut cursor, &mut story.events, settled);
        watched.await.map_err(|lost| lost.halt)
    }

    /// From the newest event on.
    pub(super) async fn cursor(&self, stack: &str) -> Result<EventCursor, Halt> {
        Ok(match self.aws.reads().stacks().last_event(stack).await?.value {
            Some(event) => EventCursor::after(stack, &event),
            None => EventCursor::from_the_beginning(stack),
        })
    }

    /// The resources of a stack in a failed state, by logical id.
    pub(super) async fn failed_resources(&self, stack: &str) -> Result<Vec<String>, Halt> {
        let resources = self.aws.reads().stacks().resources(stack).await?.value;
        let failed = resources.into_iter().filter(|resource| resource.status.ends_with("_FAILED"));
        Ok(failed.map(|resource| resource.logical_id).collect())
    }

    /// Why the stack cannot be put back from where it is, and what a person can do.
    fn refused(&self, why: WhyNot, now: Option<&StackDescription>, story: &Story) -> Failure {
        let name = self.name();
        let status = now.map_or("", |stack| stack.status.as_str());
        let stands = match now.and_then(|stack| stack.status_reason.as_deref()) {
            Some(reason) => format!("stack {name} is in {status}: {reason}"),
            None => format!("stack {name} is in {status}"),
        };
        let cause = root_cause(&story.events);
        let because = cause.map(|cause| {
            let reason = if cause.reason.is_empty() { "no reason given" } else { &cause.reason };
            format!("{} ({}) {}: {reason}", cause.logical_id, cause.resource_type, cause.status)
        });
        let (message, remedy) = match why {
            WhyNot::Gone => (
                format!("the stack {name} that was there is gone"),
                "what was in it no template brings back: restore its data, then deploy it again".to_owned(),
            ),
            WhyNot::Dead => (
                format!("{stands}: it can only be deleted"),
                format!("save what is in it, `aws cloudformation delete-stack --stack-name {name}`, then deploy it again"),
            ),
            WhyNot::Busy => (
                format!("somebody else is updating stack {name}"),
                format!(
                    "wait for its end, or `aws cloudformation cancel-update-stack --stack-name {name}`; then retry"
                ),
            ),
            WhyNot::Failing(StillFailing::Rollback) => (
                because.unwrap_or(stands.clone()),
                format!(
                    "repair what the rollback fails at, then retry; or leave it as it is, unlike the template: \
                     `aws cloudformation continue-update-rollback --stack-name {name} --resources-to-skip ID`, then retry \
                     (`skip_resources` of the step has the next run ask for that)"
                ),
            ),
            WhyNot::Failing(StillFailing::Deletion) => (
                because.unwrap_or(stands.clone()),
                "remove what blocks the deletion (empty a bucket: `aws s3 rm s3://NAME --recursive`; its versions, too), \
                 then retry; a second failure asks what is left behind"
                    .to_owned(),
            ),
            WhyNot::Failing(StillFailing::Cancel) => (
                format!("{stands}, although it was cancelled"),
                format!("`aws cloudformation describe-stack-events --stack-name {name}` shows what it does; then retry"),
            ),
            WhyNot::Unknown => {
                (format!("{stands}, which checkride does not know"), "look at it in the console; then retry".to_owned())
            }
        };
        let causes = if message == stands { Vec::new() } else { vec![stands] };
        stack_failure(if status.is_empty() { "NotFound" } else { status }, message)
            .caused_by(causes)
            .with_remedy(remedy)
    }
}

/// What the step gives.
fn ran(story: Story, stack: Option<&StackDescription>, failure: Option<Failure>) -> Ran {
    let outputs: Map<String, Value> = stack
        .into_iter()
        .flat_map(|stack| &stack.outputs)
        .map(|output| (output.name.clone(), Value::from(output.value.as_str())))
        .collect();
    let gone = stack.is_none_or(|stack| stack.status == "DELETE_COMPLETE");
    let out = json!({
        "status": stack.map_or("DELETE_COMPLETE", |stack| stack.status.as_str()),
        "id": stack.map(|stack| stack.id.as_str()),
        "outputs": outputs,
        "changed": story.changed,
        "drift": story.drift,
        "retained": if gone { story.stays.retained.as_slice() } else { &[] },
        "skipped": story.skipped,
    });
    let stays = story.standing(gone);
    let joined = |parts: Vec<String>| (!parts.is_empty()).then(|| parts.join("; "));
    Ran {
        out: if failure.is_some() { Value::Null } else { out },
        failure,
        artifacts: story.artifacts,
        note: joined(story.notes),
        warning: joined(story.warnings),
        stays,
        ..Ran::default()
    }
}
