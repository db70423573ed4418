//! What people have to say at the end of a drill, or afterwards: observations, then recommendations, one after the other.

use crate::engine::performer::Performer;
use crate::engine::questions;
use crate::engine::recorder::{RecordError, Recorder};
use crate::engine::run::Engine;
use crate::event::{Answer, Ask, Choice, EventKind, Question, Remark, RemarkKind, Walked};
use crate::step::Operator;

/// Puts questions on record, and has them answered.
pub(super) trait Asks {
    /// Where that stands.
    fn recorder(&mut self) -> &mut Recorder;

    /// Asks. `None`: there is no answer, and the session ends.
    async fn put(&mut self, question: Question, operator: &mut impl Operator) -> Result<Option<Answer>, RecordError>;
}

impl<P: Performer + 'static> Asks for Engine<P> {
    fn recorder(&mut self) -> &mut Recorder {
        &mut self.recorder
    }

    async fn put(&mut self, question: Question, operator: &mut impl Operator) -> Result<Option<Answer>, RecordError> {
        self.decide(question, operator).await
    }
}

impl<P: Performer + 'static> Engine<P> {
    /// Hears what people have to say of a drill that went to its end. False: it was asked, and the session ends.
    pub(super) async fn hear_remarks(&mut self, operator: &mut impl Operator) -> Result<bool, RecordError> {
        let state = self.recorder.state();
        let stopped = state.aborted || state.interrupted || state.stopped;
        if !self.plan.is_drill() || stopped || state.back.is_some() {
            return Ok(true);
        }
        remarks(self, operator).await
    }
}

/// Hears remarks until there are no more. Nobody is needed for them: where nobody can answer, nothing is asked. False: it was
/// asked, and there was no answer.
pub(super) async fn remarks<A: Asks>(asks: &mut A, operator: &mut impl Operator) -> Result<bool, RecordError> {
    for kind in [RemarkKind::Observation, RemarkKind::Recommendation] {
        loop {
            let question = questions::remark(kind, asks.recorder().state().drill.remarks.next(kind));
            if !operator.can_answer(&question) {
                break;
            }
            let Some(answer) = asks.put(question, operator).await? else { return Ok(false) };
            // That it is one was seen before it was put on record.
            let Ok(Some(remark)) = Remark::of(&answer) else { break };
            asks.recorder().record(EventKind::Remarked { remark }).await?;
        }
    }
    Ok(true)
}

/// Asks of each open recommendation whether it is done. False: there was no answer.
pub(super) async fn follow_ups<A: Asks>(asks: &mut A, operator: &mut impl Operator) -> Result<bool, RecordError> {
    let open: Vec<(u32, Remark)> = asks
        .recorder()
        .state()
        .drill
        .remarks
        .recommendations()
        .filter(|(_, _, done)| done.is_none())
        .map(|(number, remark, _)| (number, remark.clone()))
        .collect();
    for (number, remark) in open {
        let question = questions::followed_up(number, &remark);
        if !operator.can_answer(&question) {
            continue;
        }
        let Some(answer) = asks.put(question, operator).await? else { return Ok(false) };
        if answer.choice == Choice::Done {
            let text = answer.reason.unwrap_or_default();
            let (by, of) = (answer.by, Some(number));
            let remark = Remark { remark: RemarkKind::Done, text, by, owner: None, due: None, of };
            asks.recorder().record(EventKind::Remarked { remark }).await?;
        }
    }
    Ok(true)
}

/// Whether an answer says what its question wants to know: one of its choices, a reason where one is due, and whatever else
/// belongs to it.
pub(super) fn sound(question: &Question, answer: &Answer) -> Result<(), String> {
    if !question.choices.contains(&answer.choice) {
        let choices: Vec<&str> = question.choices.iter().map(|choice| choice.as_str()).collect();
        return Err(format!("`{}` is no answer here; choose one of {}", answer.choice, choices.join(", ")));
    }
    let says_why = answer.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
    if answer.choice.needs_reason() && !says_why {
        return Err(format!("`{}` needs a reason", answer.choice));
    }
    match question.ask {
        Ask::Walk => Walked::of(answer).map(drop),
        Ask::Observe | Ask::Recommend => Remark::of(answer).map(drop),
        Ask::Confirm
        | Ask::Value
        | Ask::ReadyPhase
        | Ask::CompletePhase
        | Ask::ApprovePhase
        | Ask::ApproveWrite
        | Ask::ApproveChange
        | Ask::AfterFailure
        | Ask::SettleUnknown
        | Ask::AcceptPlan
        | Ask::LogIn
        | Ask::FollowedUp => Ok(()),
    }
}
