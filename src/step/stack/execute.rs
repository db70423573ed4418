//! A change set is executed, and the stack is followed to its end.

use crate::aws::stacks::{EventCursor, NoEcho, StackDescription, StackEnd, StackEvent, end};
use crate::aws::{Aws, AwsError, AwsErrorKind, GuardRefusal};
use crate::event::{Ask, Choice, EffectResult, Failure, FailureKind, Progress, Question};
use crate::step::end::End;
use crate::step::stack::effect::{Halt, planned};
use crate::step::stack::outcome::{ended, file};
use crate::step::stack::pause::pause;
use crate::step::stack::prepare::Prepared;
use crate::step::stack::probe::carries;
use crate::step::stack::task::StackTask;
use crate::step::{Ran, StepStop, WriteContext};

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
    match follow(cx, aws, &change_set.stack_id, &mut cursor, &mut events).await {
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
pub(super) async fn rejoin(cx: &WriteContext, aws: &Aws, task: &StackTask) -> Result<Option<Ran>, Halt> {
    let begun = task.earlier.iter().rev().find(|effect| effect.call == EXECUTE);
    let Some(begun) = begun.filter(|effect| effect.result != Some(EffectResult::Refused)) else { return Ok(None) };
    let reads = aws.reads().stacks();
    let Some(stack) = reads.describe(&task.stack).await?.value else { return Ok(None) };
    let busy = end(&stack.status) == StackEnd::Running && stack.status != "REVIEW_IN_PROGRESS";
    if !busy || carries(&aws.reads(), &begun.target, &stack.id).await != Some(true) {
        return Ok(None);
    }
    cx.read.say(format!("stack {} is still busy with the change set that this step executed", task.stack));
    let since = reads.change_set(&begun.target, &NoEcho::default()).await.ok().and_then(|found| found.value.created);
    let mut cursor = match since {
        Some(time) => EventCursor::since(&stack.id, time),
        None => EventCursor::from_the_beginning(&stack.id),
    };
    let mut events = Vec::new();
    match follow(cx, aws, &stack.id, &mut cursor, &mut events).await {
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

/// Nobody watches the stack any more; it goes on.
struct OutOfSight {
    detail: String,
    halt: Halt,
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

/// Follows a stack to its end. A look that fails is not a stack that failed.
async fn follow(
    cx: &WriteContext,
    aws: &Aws,
    stack: &str,
    cursor: &mut EventCursor,
    events: &mut Vec<StackEvent>,
) -> Result<StackDescription, OutOfSight> {
    let reads = aws.reads().stacks();
    let mut failed = 0;
    loop {
        let seen = match reads.describe(stack).await {
            Ok(found) => look(cx, aws, cursor, events).await.map(|()| found.value),
            Err(error) => Err(error),
        };
        match seen {
            Ok(Some(found)) if end(&found.status) != StackEnd::Running => return Ok(found),
            Ok(_) => failed = 0,
            Err(error) => {
                failed += 1;
                again(cx, aws, &error)
                    .await
                    .map_err(|halt| OutOfSight { detail: format!("the stack is no longer watched: {error}"), halt })?;
            }
        }
        pause(&cx.read, aws, failed).await.map_err(|why| out_of_sight(why, stack))?;
    }
}

/// Reads the new events, and tells whoever watches.
async fn look(
    cx: &WriteContext,
    aws: &Aws,
    cursor: &mut EventCursor,
    events: &mut Vec<StackEvent>,
) -> Result<(), AwsError> {
    for event in aws.reads().stacks().events(cursor).await?.value {
        cx.read.progress(Progress::Resource {
            step: cx.read.step.clone(),
            stack: event.stack.clone(),
            logical_id: event.logical_id.clone(),
            resource_type: event.resource_type.clone(),
            status: event.status.clone(),
            reason: event.reason.clone(),
            at: event.time,
        });
        events.push(event);
    }
    Ok(())
}

/// After a look that failed: goes on until the deadline, whatever it was. Only expired credentials need a person.
async fn again(cx: &WriteContext, aws: &Aws, error: &AwsError) -> Result<(), Halt> {
    if !matches!(error.kind, AwsErrorKind::Expired { .. }) {
        cx.read.say(format!("could not look at the stack, trying again: {error}"));
        return Ok(());
    }
    let mut question = Question::new(
        format!("{}.log_in", cx.read.step),
        Ask::LogIn,
        "The credentials have expired, and the stack goes on. Log in again elsewhere, then retry.",
        vec![Choice::Retry, Choice::Abort],
    );
    question.step = Some(cx.read.step.clone());
    question.body = vec![error.to_string()];
    let answer = cx.read.ask(question).await?;
    if answer.choice != Choice::Retry {
        return Err(StepStop::Aborted.into());
    }
    aws.refresh().await;
    let settings = aws.settings();
    match aws.reads().verify_identity(&settings.account, &settings.region).await {
        Ok(_) => Ok(()),
        Err(refusal) => {
            // Still expired, or throttled: ask or look again. Another account: nothing more is called.
            if let GuardRefusal::WrongAccount { .. } = refusal {
                let failure = Failure::new(FailureKind::Guard, refusal.to_string()).with_remedy(refusal.remedy());
                return Err(failure.into());
            }
            cx.read.say(refusal.to_string());
            Ok(())
        }
    }
}

fn out_of_sight(why: End, stack: &str) -> OutOfSight {
    let (detail, failure) = match why {
        End::Cancelled => (
            "stopped watching by the operator's wish: the stack goes on",
            Failure::new(FailureKind::Cancelled, format!("no longer watched: stack {stack} goes on")),
        ),
        End::Deadline => (
            "the step's time was over: the stack goes on",
            Failure::new(FailureKind::Timeout, format!("the step's time was over, and stack {stack} goes on")),
        ),
    };
    let remedy = "resume the run: it looks what became of the stack";
    OutOfSight { detail: detail.to_owned(), halt: failure.with_remedy(remedy).into() }
}
