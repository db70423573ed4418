//! A place where people are asked and nothing else is done: no step runs, so there is nothing to go on with meanwhile.

use tokio::sync::mpsc;

use crate::engine::recorder::{RecordError, Recorder};
use crate::engine::remarks::{Asks, sound};
use crate::engine::run::{Request, RunEnd};
use crate::event::{Answer, AnswerSource, Attachment, Choice, EventKind, Question, SessionEnd, Verdict};
use crate::step::{NoAnswer, Operator};

/// Who asks, and where the answers go.
pub(super) struct Desk {
    pub(super) recorder: Recorder,
    pub(super) requests: mpsc::UnboundedReceiver<Request>,
    /// The session ends: how, what it waits for, and why.
    pub(super) ending: Option<(SessionEnd, Option<String>, Option<String>)>,
}

impl Asks for Desk {
    fn recorder(&mut self) -> &mut Recorder {
        &mut self.recorder
    }

    async fn put(&mut self, question: Question, operator: &mut impl Operator) -> Result<Option<Answer>, RecordError> {
        let mut question = self.recorder.cut_question(&question);
        loop {
            let answer = match self.answer(&question, operator).await? {
                Ok(answer) => answer,
                Err(none) => return Ok(self.leave(&question, &none)),
            };
            question.problem = lacks(&question, &answer).err();
            if let Some(why) = &question.problem {
                if matches!(answer.from, AnswerSource::File { .. }) {
                    let none = NoAnswer::DoesNotFit { question: question.id.clone(), why: why.clone() };
                    return Ok(self.leave(&question, &none));
                }
                continue;
            }
            let (id, step, phase) = (question.id.clone(), question.step.clone(), question.phase);
            let again = matches!(answer.choice, Choice::Note | Choice::Show);
            self.recorder.record(EventKind::Answered { question: id, step, phase, answer: answer.clone() }).await?;
            if !again {
                return Ok(Some(answer));
            }
        }
    }
}

impl Desk {
    /// Asks once; whoever interrupts, or hangs up, is heard meanwhile, and before.
    async fn answer(
        &mut self,
        question: &Question,
        operator: &mut impl Operator,
    ) -> Result<Result<Answer, NoAnswer>, RecordError> {
        if self.recorder.state().question.is_none() {
            self.recorder.record(EventKind::Asked { question: question.clone() }).await?;
        }
        let request = if let Ok(request) = self.requests.try_recv() {
            request
        } else {
            tokio::select! {
                biased;
                answer = operator.ask(question) => return Ok(answer),
                Some(request) = self.requests.recv() => request,
            }
        };
        let question = question.id.clone();
        Ok(Err(match request {
            Request::Interrupt(signal) => {
                let signal = signal.to_owned();
                self.recorder.record(EventKind::Interrupted { signal, stopping: false }).await?;
                NoAnswer::Interrupted { question }
            }
            Request::Hangup => NoAnswer::TerminalLost { question },
        }))
    }

    fn leave(&mut self, question: &Question, none: &NoAnswer) -> Option<Answer> {
        let end = match none {
            NoAnswer::NobodyThere { .. } | NoAnswer::DoesNotFit { .. } => SessionEnd::NeedsPerson,
            NoAnswer::Interrupted { .. } => SessionEnd::Interrupted,
            NoAnswer::TerminalLost { .. } => SessionEnd::TerminalLost,
        };
        self.ending = Some((end, Some(question.id.clone()), Some(none.to_string())));
        None
    }

    /// Ends the session before its time; none: nothing ends it.
    pub(super) async fn end_early(&mut self) -> Result<Option<RunEnd>, RecordError> {
        let Some((end, waits_for, why)) = self.ending.take() else { return Ok(None) };
        self.recorder.record(EventKind::SessionEnded { end, waits_for: waits_for.clone() }).await?;
        let verdict = match end {
            SessionEnd::NeedsPerson | SessionEnd::UnknownEffect => Verdict::NeedsPerson,
            SessionEnd::Interrupted | SessionEnd::TerminalLost | SessionEnd::Finished => Verdict::Interrupted,
            SessionEnd::Declined => Verdict::Declined,
            SessionEnd::Refused => Verdict::Guarded,
        };
        Ok(Some(RunEnd { verdict, waits_for, why }))
    }
}

/// What an answer lacks. No file is copied at a desk.
fn lacks(question: &Question, answer: &Answer) -> Result<(), String> {
    sound(question, answer)?;
    if answer.evidence.iter().any(|it| matches!(it, Attachment::File { .. })) {
        return Err("no file is attached here: give a note or a link".to_owned());
    }
    Ok(())
}
