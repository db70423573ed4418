//! Asking: a question goes on record, its answer comes back, and meanwhile the rest goes on.

use crate::engine::performer::Performer;
use crate::engine::questions;
use crate::engine::recorder::RecordError;
use crate::engine::remarks::sound;
use crate::engine::run::Engine;
use crate::event::{Answer, AnswerSource, Ask, Choice, EventKind, EvidenceNeed, IdentityReason, Question, SessionEnd};
use crate::id::StepId;
use crate::step::{NoAnswer, Operator};

impl<P: Performer + 'static> Engine<P> {
    /// Puts a question on record and waits for its answer; meanwhile the rest goes on.
    pub(super) async fn ask(
        &mut self,
        question: &Question,
        operator: &mut impl Operator,
    ) -> Result<Result<Answer, NoAnswer>, RecordError> {
        let mut question = self.recorder.cut_question(question);
        loop {
            let answer = self.ask_once(&question, operator).await?;
            let mut answer = match answer {
                Ok(answer) => answer,
                Err(none) => {
                    self.suspend(&question, &none);
                    return Ok(Err(none));
                }
            };
            question.problem = self.complete(&question, &mut answer).err();
            let again = question.problem.is_some() || matches!(answer.choice, Choice::Note | Choice::Show);
            let from_file = matches!(answer.from, AnswerSource::File { .. });
            if let (Some(why), true) = (&question.problem, from_file) {
                let none = NoAnswer::DoesNotFit { question: question.id.clone(), why: why.clone() };
                self.suspend(&question, &none);
                return Ok(Err(none));
            }
            if question.problem.is_none() {
                self.recorder
                    .record(EventKind::Answered {
                        question: question.id.clone(),
                        step: question.step.clone(),
                        phase: question.phase,
                        answer: answer.clone(),
                    })
                    .await?;
            }
            if !again {
                return Ok(Ok(answer));
            }
        }
    }

    pub(super) async fn ask_once(
        &mut self,
        question: &Question,
        operator: &mut impl Operator,
    ) -> Result<Result<Answer, NoAnswer>, RecordError> {
        if self.recorder.state().question.is_none() {
            self.recorder.record(EventKind::Asked { question: question.clone() }).await?;
        }
        if let Some(answer) = self.answer_of_stop(question) {
            return Ok(Ok(answer));
        }
        if self.terminal_lost {
            return Ok(Err(NoAnswer::TerminalLost { question: question.id.clone() }));
        }
        if self.recorder.state().interrupted {
            return Ok(Err(NoAnswer::Interrupted { question: question.id.clone() }));
        }
        let asking = operator.ask(question);
        tokio::pin!(asking);
        loop {
            let happening = tokio::select! {
                biased;
                answer = &mut asking => return Ok(answer),
                happening = self.next() => happening,
            };
            self.take_in(happening).await?;
            if let Some(answer) = self.answer_of_stop(question) {
                return Ok(Ok(answer));
            }
            if self.recorder.state().interrupted {
                return Ok(Err(NoAnswer::Interrupted { question: question.id.clone() }));
            }
            if self.terminal_lost {
                return Ok(Err(NoAnswer::TerminalLost { question: question.id.clone() }));
            }
        }
    }

    /// What an answer lacks, and the copies of what it attaches.
    pub(super) fn complete(&self, question: &Question, answer: &mut Answer) -> Result<(), String> {
        sound(question, answer)?;
        let needs_evidence = question.evidence == EvidenceNeed::Required;
        if needs_evidence && answer.choice == Choice::Done && answer.evidence.is_empty() {
            return Err("this item is done only with evidence: a note, a link or a file".to_owned());
        }
        for attachment in &mut answer.evidence {
            *attachment = self.performer.attach(attachment.clone())?;
        }
        Ok(())
    }

    /// The session ends at a question that has no answer.
    pub(super) fn suspend(&mut self, question: &Question, none: &NoAnswer) {
        let end = match none {
            NoAnswer::NobodyThere { .. } | NoAnswer::DoesNotFit { .. } => {
                if question.ask == Ask::SettleUnknown {
                    SessionEnd::UnknownEffect
                } else {
                    SessionEnd::NeedsPerson
                }
            }
            NoAnswer::Interrupted { .. } => SessionEnd::Interrupted,
            NoAnswer::TerminalLost { .. } => SessionEnd::TerminalLost,
        };
        if self.ending.is_none() {
            self.ending = Some((end, Some(question.id.clone()), Some(none.to_string())));
        }
        // Whoever waits behind it waits in vain.
        self.waiting.clear();
    }

    /// Asks one of the engine's own questions. `None`: no answer, the session ends.
    pub(super) async fn decide(
        &mut self,
        question: Question,
        operator: &mut impl Operator,
    ) -> Result<Option<Answer>, RecordError> {
        Ok(self.ask(&question, operator).await?.ok())
    }

    /// An answer that the policy gives, because nobody is asked.
    pub(super) async fn answer_by_policy(
        &mut self,
        question: Question,
        choice: Choice,
        reason: &str,
    ) -> Result<(), RecordError> {
        let (id, step, phase) = (question.id.clone(), question.step.clone(), question.phase);
        self.recorder.record(EventKind::Asked { question }).await?;
        let answer = Answer {
            choice,
            by: "policy".to_owned(),
            from: AnswerSource::Policy,
            reason: Some(reason.to_owned()),
            value: None,
            evidence: Vec::new(),
        };
        self.recorder.record(EventKind::Answered { question: id, step, phase, answer }).await
    }

    /// Reads the credentials anew, after the operator logged in elsewhere; asks again for as long as they are the old ones.
    /// False: refused, the session ends.
    pub(super) async fn log_in(&mut self, id: &StepId, operator: &mut impl Operator) -> Result<bool, RecordError> {
        let mut question = questions::log_in(id, self.performer.login().as_deref());
        loop {
            let Some(answer) = self.decide(question.clone(), operator).await? else { return Ok(false) };
            if answer.choice != Choice::Yes {
                return Ok(false);
            }
            let refusal = match self.performer.identify(IdentityReason::Credentials).await {
                Ok(Some(identity)) => {
                    self.verified(identity, IdentityReason::Credentials).await?;
                    return Ok(true);
                }
                Ok(None) => return Ok(true),
                Err(refusal) => refusal,
            };
            // An answers file says the same each time.
            if refusal.is_of_credentials() && matches!(answer.from, AnswerSource::Terminal { .. }) {
                question.problem = Some(refusal.message);
                continue;
            }
            let (guard, message, remedy) = (refusal.guard.to_owned(), refusal.message, Some(refusal.remedy));
            self.ending = Some((SessionEnd::Refused, None, Some(message.clone())));
            self.recorder.record(EventKind::GuardRefused { guard, message, remedy }).await?;
            return Ok(false);
        }
    }
}
