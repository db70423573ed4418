//! The change set is shown, and a person says yes to just that one.

use crate::aws::Aws;
use crate::aws::stacks::shown_digest;
use crate::event::{Answer, AnswerSource, Ask, Choice, Question};
use crate::step::effect::{Halt, effect, planned};
use crate::step::stack::prepare::Prepared;
use crate::step::{NoAnswer, StepStop, WriteContext};

/// More lines than this do not stand on a screen of 24 together with the prompt.
const LONG: usize = 14;

/// Asks until there is an answer to act on. When it is no, the change set is removed, if the step made it.
pub(super) async fn approve(cx: &WriteContext, aws: &Aws, prepared: &Prepared) -> Result<(), Halt> {
    if cx.unasked { Ok(()) } else { ask(cx, aws, prepared, cx.typed.clone()).await }
}

/// Asks, whatever the policy says; `typed` is what must be typed to say yes.
pub(super) async fn ask(cx: &WriteContext, aws: &Aws, prepared: &Prepared, typed: Option<String>) -> Result<(), Halt> {
    let mut question = question(cx, aws, prepared);
    question.typed = typed;
    loop {
        let answer = cx.read.ask(question.clone()).await?;
        let stop = match answer.choice {
            Choice::Execute => return Ok(()),
            Choice::Decline => StepStop::Declined { reason: answer.reason },
            Choice::Skip => StepStop::Skipped { reason: answer.reason.unwrap_or_default() },
            Choice::Abort => return Err(StepStop::Aborted.into()),
            // The operator reads on, or has put a note on record. A file says the same for ever.
            Choice::Show | Choice::Note if matches!(answer.from, AnswerSource::Terminal { .. }) => continue,
            Choice::Show
            | Choice::Note
            | Choice::Yes
            | Choice::No
            | Choice::Done
            | Choice::NotApplicable
            | Choice::Value
            | Choice::Run
            | Choice::Retry
            | Choice::RollBack
            | Choice::Happened
            | Choice::DidNotHappen
            | Choice::Gap
            | Choice::Observe
            | Choice::Recommend
            | Choice::Enough => return Err(unfit(&question, &answer).into()),
        };
        if prepared.ours {
            let (writes, arn) = (aws.stacks(), prepared.change_set.arn.clone());
            effect(cx, planned(aws, "cloudformation:DeleteChangeSet", &arn, false), |_| async move {
                writes.delete_change_set(&arn).await
            })
            .await?;
        }
        return Err(stop.into());
    }
}

/// Why nothing is done: the answer is none to the question.
pub(super) fn unfit(question: &Question, answer: &Answer) -> StepStop {
    StepStop::NoAnswer(NoAnswer::DoesNotFit {
        question: question.id.clone(),
        why: format!("`{}` is not an answer to it", answer.choice),
    })
}

fn question(cx: &WriteContext, aws: &Aws, prepared: &Prepared) -> Question {
    let settings = aws.settings();
    let change_set = &prepared.change_set;
    let verb = if prepared.before.is_some() { "Update" } else { "Create" };
    let title = format!(
        "{verb} stack {} in {} {}{}?",
        change_set.stack_name,
        settings.account,
        settings.region,
        if settings.emulator.is_some() { " (emulator)" } else { "" }
    );
    let mut body = prepared.diff.lines();
    if !prepared.parameters.is_empty() {
        body.push("Parameters:".to_owned());
        body.extend(prepared.parameters.iter().map(|line| format!("      {line}")));
    }
    // What is lost stands first; in a list longer than a screen it has scrolled away when the person answers.
    if body.len() > LONG {
        body.extend(prepared.diff.losses());
    }
    let choices = vec![Choice::Execute, Choice::Show, Choice::Note, Choice::Skip, Choice::Decline, Choice::Abort];
    let mut question = Question::new(format!("{}.change_set", cx.read.step), Ask::ApproveChange, title, choices);
    question.step = Some(cx.read.step.clone());
    question.shown = Some(shown_digest(&change_set.arn, &body));
    question.body = body;
    question.detail = vec![
        "cloudformation:ExecuteChangeSet".to_owned(),
        format!("  change set {}", change_set.arn),
        format!("  stack {}", change_set.stack_id),
    ];
    question
}
