//! A change set is executed, and the stack is followed to its end.

use crate::aws::Aws;
use crate::aws::stacks::{EventCursor, NoEcho, StackEnd, StackEvent, end};
use crate::event::{EffectResult, EffectState};
use crate::step::effect::{Halt, planned};
use crate::step::pause::pause;
use crate::step::stack::follow::follow_to_end;
use crate::step::stack::outcome::{ended, file};
use crate::step::stack::prepare::Prepared;
use crate::step::stack::probe::carries;
use crate::step::{Ran, WriteContext};

/// The call that changes a stack.
pub(super) const EXECUTE: &str = "cloudformation:ExecuteChangeSet";
/// How often it is looked whether a call with no answer was heard.
const LOOKS: u32 = 5;

/// Executes the change set. The effect is settled when the stack has ended, or when nobody watches any more.
pub(super) async fn execute(cx: &WriteContext, aws: &Aws, prepared: &Prepared) -> Result<Ran, Halt> {
    let change_set = &prepared.change_set;
    let reads = aws.reads().stacks();
    let mut cursor = match reads.last_event(&change_set.stack_id).await?.value {
        Some(event) => EventCursor::after(&change_set.stack_id, &event),
        None => EventCursor::from_the_beginning(&change_set.stack_id),
    };
    let intent = cx.intend(planned(aws, EXECUTE, &change_set.arn, true)).await?;
    let token = intent.token.clone().unwrap_or_default();
    let request_id = match aws.stacks().execute_change_set(&token, &change_set.arn).await {
        Ok(reply) => reply.request_ids.last().cloned(),
        Err(error) if error.is_definite() => {
            cx.settle(intent, EffectResult::Refused, error.request_id.clone(), Some(error.to_string())).await?;
            return Err(error.into());
        }
        Err(error) => {
            if !was_heard(cx, aws, &change_set.arn, &change_set.stack_id).await {
                let detail = Some(error.to_string());
                cx.settle(intent, EffectResult::Unknown, error.request_id.clone(), detail).await?;
                return Err(error.into());
            }
            cx.read.say("the answer was lost, but the change set is being executed");
            error.request_id.clone()
        }
    };
    let mut events = Vec::new();
    match follow_to_end(cx, aws, &change_set.stack_id, &mut cursor, &mut events).await {
        Ok(stack) => {
            let ran = ended(&stack, &change_set.arn, &events);
            cx.settle(intent, EffectResult::Done, request_id, Some(stack.status.clone())).await?;
            Ok(with_events(cx, ran, &events))
        }
        Err(lost) => {
            cx.settle(intent, EffectResult::Unknown, request_id, Some(lost.detail)).await?;
            Err(lost.halt)
        }
    }
}

/// Follows what an earlier attempt began and nobody saw the end of. `None` when there is no such thing.
pub(super) async fn rejoin(
    cx: &WriteContext,
    aws: &Aws,
    name: &str,
    earlier: &[EffectState],
) -> Result<Option<Ran>, Halt> {
    let begun = earlier.iter().rev().find(|effect| effect.call == EXECUTE);
    let Some(begun) = begun.filter(|effect| effect.result != Some(EffectResult::Refused)) else { return Ok(None) };
    let reads = aws.reads().stacks();
    let Some(stack) = reads.describe(name).await?.value else { return Ok(None) };
    let busy = end(&stack.status) == StackEnd::Running && stack.status != "REVIEW_IN_PROGRESS";
    if !busy || carries(&aws.reads(), &begun.target, &stack.id).await != Some(true) {
        return Ok(None);
    }
    cx.read.say(format!("stack {name} is still busy with the change set that this step executed"));
    let since = reads.change_set(&begun.target, &NoEcho::default()).await.ok().and_then(|found| found.value.created);
    let mut cursor = match since {
        Some(time) => EventCursor::since(&stack.id, time),
        None => EventCursor::from_the_beginning(&stack.id),
    };
    let mut events = Vec::new();
    match follow_to_end(cx, aws, &stack.id, &mut cursor, &mut events).await {
        Ok(stack) => Ok(Some(with_events(cx, ended(&stack, &begun.target, &events), &events))),
        Err(lost) => Err(lost.halt),
    }
}

/// Puts the events on record. The stack has changed: that a file is missing does not undo it.
fn with_events(cx: &WriteContext, mut ran: Ran, events: &[StackEvent]) -> Ran {
    let json = serde_json::to_vec_pretty(events).expect("events are plain data");
    match file(cx, "stack-events", "application/json", &json) {
        Ok(events) => ran.artifacts.push(events),
        Err(failure) => ran.warning = Some(failure.message),
    }
    ran
}

/// Whether a change set whose execution got no answer is being executed all the same.
async fn was_heard(cx: &WriteContext, aws: &Aws, arn: &str, stack: &str) -> bool {
    for look in 0..LOOKS {
        if carries(&aws.reads(), arn, stack).await == Some(true) {
            return true;
        }
        if pause(&cx.read, aws, look).await.is_err() {
            return false;
        }
    }
    false
}
