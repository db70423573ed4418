//! Looking whether an effect happened, and what a stack gives as it is.

use crate::aws::stacks::{EventCursor, NoEcho, StackDescription, StackEnd, StackWrites, end};
use crate::aws::{AwsError, AwsReads};
use crate::event::EffectState;
use crate::step::stack::execute::EXECUTE;
use crate::step::stack::failure::{aws_failure, stack_failure};
use crate::step::stack::outcome::{ended, outputs_of};
use crate::step::stack::prepare::CREATE;
use crate::step::{Probed, Ran};

/// The outputs of a stack as it is, with nothing changed.
pub(super) async fn observe(aws: &AwsReads, stack: &str) -> Ran {
    match aws.stacks().describe(stack).await {
        Ok(found) => match found.value {
            Some(found) if found.status != "REVIEW_IN_PROGRESS" => Ran::well(outputs_of(&found, None, false)),
            Some(_) | None => Ran::failed(
                stack_failure("NotFound", format!("there is no stack {stack}")).with_remedy("deploy it first"),
            ),
        },
        Err(error) => Ran::failed(aws_failure(&error)),
    }
}

/// Whether a change set was executed, as far as the service tells. `None`: it does not.
pub(super) async fn carries(aws: &AwsReads, arn: &str, stack: &str) -> Option<bool> {
    if let Ok(found) = aws.stacks().change_set(arn, &NoEcho::default()).await {
        return Some(found.value.was_executed());
    }
    // The change set is gone: the stack may say that it is made of it.
    let found = aws.stacks().describe(stack).await.ok()?.value?;
    is_made_of(&found, arn).then_some(true)
}

/// Whether a stack names a change set as the one that made it what it is. An empty shell names the one that waits.
fn is_made_of(stack: &StackDescription, arn: &str) -> bool {
    stack.status != "REVIEW_IN_PROGRESS" && stack.change_set.as_deref() == Some(arn)
}

/// Looks whether an effect of a step on a stack happened.
pub(super) async fn probe(aws: &AwsReads, stack: &str, effect: &EffectState) -> Probed {
    if effect.call != EXECUTE {
        return small(aws, stack, effect).await;
    }
    let arn = effect.target.as_str();
    let reads = aws.stacks();
    let (stack_id, since) = match reads.change_set(arn, &NoEcho::default()).await {
        Ok(found) if found.value.was_executed() => (found.value.stack_id, found.value.created),
        Ok(found) if found.value.is_available() || found.value.execution_status == "OBSOLETE" => {
            return Probed::NotDone;
        }
        Ok(found) => {
            let why = format!("the change set is in {}, {}", found.value.status, found.value.execution_status);
            return Probed::CannotTell { why };
        }
        Err(error) if is_gone(&error) => match reads.describe(stack).await {
            Ok(found) => {
                let Some(found) = found.value.filter(|found| is_made_of(found, arn)) else {
                    let why = format!("the change set is gone, and stack {stack} does not say that it is made of it");
                    return Probed::CannotTell { why };
                };
                (found.id, found.updated.or(found.created))
            }
            Err(error) => return Probed::CannotTell { why: error.to_string() },
        },
        Err(error) => return Probed::CannotTell { why: error.to_string() },
    };
    let stack = match reads.describe(&stack_id).await {
        Ok(found) => found.value,
        Err(error) => return Probed::CannotTell { why: error.to_string() },
    };
    let Some(stack) = stack else {
        return Probed::CannotTell { why: format!("stack {stack_id} is gone") };
    };
    if end(&stack.status) == StackEnd::Running {
        return Probed::UnderWay;
    }
    let mut cursor = match since {
        Some(time) => EventCursor::since(&stack_id, time),
        None => EventCursor::from_the_beginning(&stack_id),
    };
    match reads.events(&mut cursor).await {
        Ok(events) => Probed::Done(Box::new(ended(&stack, arn, &events.value))),
        Err(error) => Probed::CannotTell { why: error.to_string() },
    }
}

/// The effects that leave a stack as it is: a change set that waits, one that was removed, a template in a bucket. With
/// none of them is the step done, so "done" is never the answer: one that happened is under way to the rest of the step,
/// which begins again and shows what it makes.
async fn small(aws: &AwsReads, stack: &str, effect: &EffectState) -> Probed {
    let (Some(token), CREATE) = (&effect.token, effect.call.as_str()) else { return Probed::NotDone };
    let name = StackWrites::change_set_name(token);
    match aws.stacks().change_set_named(stack, &name, &NoEcho::default()).await {
        Ok(_) => Probed::UnderWay,
        Err(error) if is_gone(&error) => Probed::NotDone,
        Err(error) => Probed::CannotTell { why: error.to_string() },
    }
}

/// Whether a change set, or the stack that it would be of, is not there.
fn is_gone(error: &AwsError) -> bool {
    error.code().starts_with("ChangeSetNotFound") || error.message().contains("does not exist")
}
