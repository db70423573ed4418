//! The engine's own questions: phases, writes, failures, unknown effects.

use crate::event::{Ask, Choice, EffectState, Failure, Question, Remark, RemarkKind};
use crate::id::{Phase, StepId};
use crate::plan::PlannedStep;
use crate::step::Effect;

/// A do-confirm phase shows its list.
pub(super) fn ready_phase(phase: Phase, items: Vec<String>) -> Question {
    let title = format!("Do the items of the {phase} phase, then go on to confirm them one by one");
    let mut question =
        Question::new(format!("phase.{phase}.ready"), Ask::ReadyPhase, title, vec![Choice::Yes, Choice::Abort]);
    question.phase = Some(phase);
    question.body = items;
    question
}

/// A do-confirm phase is called complete.
pub(super) fn complete_phase(phase: Phase) -> Question {
    let title = format!("Is the {phase} phase complete?");
    let mut question =
        Question::new(format!("phase.{phase}.complete"), Ask::CompletePhase, title, vec![Choice::Yes, Choice::No]);
    question.phase = Some(phase);
    question
}

/// The writes of a phase are about to begin.
pub(super) fn approve_phase(phase: Phase, writes: Vec<String>, typed: Option<String>) -> Question {
    let title = match &typed {
        Some(name) => format!("The {phase} phase changes {name}"),
        None => format!("The {phase} phase makes changes: go on?"),
    };
    let mut question =
        Question::new(format!("phase.{phase}"), Ask::ApprovePhase, title, vec![Choice::Yes, Choice::Abort]);
    question.phase = Some(phase);
    question.body = writes;
    question.typed = typed;
    question
}

/// One write is about to be made.
pub(super) fn approve_step(step: &PlannedStep, title: &str, detail: Vec<String>, typed: Option<String>) -> Question {
    let irreversible = step.effect == Effect::Irreversible;
    let title = if irreversible { format!("{title} (there is no way back)") } else { title.to_owned() };
    let mut question = Question::new(
        format!("{}.run", step.id),
        Ask::ApproveWrite,
        title,
        vec![Choice::Run, Choice::Skip, Choice::Show, Choice::Note, Choice::Abort],
    );
    question.step = Some(step.id.clone());
    question.phase = Some(step.phase);
    question.body.extend(step.way_forward.iter().map(|forward| format!("the way forward: {forward}")));
    question.detail = detail;
    question.typed = typed;
    question
}

/// A step failed.
pub(super) fn after_failure(step: &PlannedStep, title: &str, failure: Option<&Failure>, undo: bool) -> Question {
    let mut choices = vec![Choice::Retry, Choice::Skip];
    if undo {
        choices.push(Choice::RollBack);
    }
    choices.extend([Choice::Note, Choice::Abort]);
    let mut question =
        Question::new(format!("{}.failure", step.id), Ask::AfterFailure, format!("{title}: what now?"), choices);
    question.step = Some(step.id.clone());
    question.phase = Some(step.phase);
    if let Some(failure) = failure {
        question.body.push(failure.message.clone());
        question.body.extend(failure.causes.iter().cloned());
        question.body.extend(failure.remedy.iter().cloned());
    }
    question
}

/// An effect may have happened.
pub(super) fn settle_unknown(step: &StepId, phase: Phase, title: &str, effects: &[EffectState], why: &str) -> Question {
    let mut question = Question::new(
        format!("{step}.unknown"),
        Ask::SettleUnknown,
        format!("{title}: did it happen?"),
        vec![Choice::Happened, Choice::DidNotHappen, Choice::Note, Choice::Abort],
    );
    question.step = Some(step.clone());
    question.phase = Some(phase);
    question.body.push(why.to_owned());
    question.body.extend(effects.iter().map(|effect| format!("{} on {}", effect.call, effect.target)));
    question
}

/// The credentials expired. `how` is what the person runs for new ones, where that is known.
pub(super) fn log_in(step: &StepId, how: Option<&str>) -> Question {
    let title = "The credentials have expired. Log in in another window, then go on";
    let mut question = Question::new("login", Ask::LogIn, title, vec![Choice::Yes, Choice::Abort]);
    question.step = Some(step.clone());
    question.body = how.map(str::to_owned).into_iter().collect();
    question
}

/// The rollback is about to begin by itself.
pub(super) fn begin_rollback(cause: &str, undo: Vec<String>, typed: Option<String>) -> Question {
    let mut question = Question::new(
        "phase.rollback",
        Ask::ApprovePhase,
        format!("Roll back: {cause}"),
        vec![Choice::Yes, Choice::Abort],
    );
    question.phase = Some(Phase::Rollback);
    question.body = undo;
    question.typed = typed;
    question
}

/// A step of a drill is talked through.
pub(super) fn walk(step: &PlannedStep, title: &str, guide: Option<String>, does: Vec<String>) -> Question {
    let choices = vec![Choice::Yes, Choice::Gap, Choice::No, Choice::Note, Choice::Abort];
    let mut question = Question::new(format!("{}.walk", step.id), Ask::Walk, title, choices);
    question.step = Some(step.id.clone());
    question.phase = Some(step.phase);
    question.guide = guide;
    question.body = does;
    question
}

/// What somebody has to say of a drill: the first, second, … of its kind.
pub(super) fn remark(kind: RemarkKind, number: u32) -> Question {
    let (name, ask, choice, first) = match kind {
        RemarkKind::Observation => ("observation", Ask::Observe, Choice::Observe, "What was seen in this drill?"),
        RemarkKind::Recommendation | RemarkKind::Done => {
            ("recommendation", Ask::Recommend, Choice::Recommend, "What is to be done after it?")
        }
    };
    let title = if number > 1 { "What else?" } else { first };
    Question::new(format!("drill.{name}.{number}"), ask, title, vec![choice, Choice::Enough])
}

/// Whether what was recommended is done.
pub(super) fn followed_up(number: u32, remark: &Remark) -> Question {
    let title = format!("Is this done: {}", remark.text);
    let id = format!("drill.recommendation.{number}.done");
    let mut question = Question::new(id, Ask::FollowedUp, title, vec![Choice::Done, Choice::No]);
    let owner = remark.owner.as_ref().map(|owner| format!("owner: {owner}"));
    let due = remark.due.map(|due| format!("due: {due}"));
    question.body.extend(owner.into_iter().chain(due));
    question
}
