//! A stack is followed until it is where it is waited for, event by event.

use crate::aws::stacks::{EventCursor, StackDescription, StackEnd, StackEvent, end};
use crate::aws::{Aws, AwsError, AwsErrorKind, GuardRefusal};
use crate::event::{Ask, Choice, Failure, FailureKind, Progress, Question};
use crate::step::effect::Halt;
use crate::step::end::End;
use crate::step::pause::pause;
use crate::step::{StepStop, WriteContext};

/// Nobody watches the stack any more; it goes on.
pub(in crate::step) struct OutOfSight {
    pub(super) detail: String,
    pub(in crate::step) halt: Halt,
}

/// Follows a stack to the end of what it was told to do. A look that fails is not a stack that failed.
pub(super) async fn follow_to_end(
    cx: &WriteContext,
    aws: &Aws,
    stack: &str,
    cursor: &mut EventCursor,
    events: &mut Vec<StackEvent>,
) -> Result<StackDescription, OutOfSight> {
    let over = |status: Option<&str>| status.is_some_and(|status| end(status) != StackEnd::Running);
    let found = follow(cx, aws, stack, cursor, events, over).await?;
    Ok(found.expect("only a stack that is there has come to its end"))
}

/// Follows a stack until it is where it is waited for; `over` gets its status, none when it is not there any more.
pub(in crate::step) async fn follow(
    cx: &WriteContext,
    aws: &Aws,
    stack: &str,
    cursor: &mut EventCursor,
    events: &mut Vec<StackEvent>,
    mut over: impl FnMut(Option<&str>) -> bool,
) -> Result<Option<StackDescription>, OutOfSight> {
    let reads = aws.reads().stacks();
    let mut failed = 0;
    loop {
        let seen = match reads.describe(stack).await {
            // What is gone has no events either.
            Ok(found) if found.value.is_none() => Ok(None),
            Ok(found) => look(cx, aws, cursor, events).await.map(|()| found.value),
            Err(error) => Err(error),
        };
        match seen {
            Ok(found) => {
                if over(found.as_ref().map(|found| found.status.as_str())) {
                    return Ok(found);
                }
                failed = 0;
            }
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
        "The credentials have expired, and the stack goes on. Log in in another window, then retry",
        vec![Choice::Retry, Choice::Abort],
    );
    question.step = Some(cx.read.step.clone());
    question.body = vec![error.to_string(), aws.settings().login_command()];
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
        End::Halted => (
            "no longer watched, for the drill was stopped: the stack goes on",
            Failure::new(FailureKind::Cancelled, format!("the drill was stopped, and stack {stack} goes on")),
        ),
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
