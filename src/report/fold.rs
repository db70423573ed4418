//! One event after the other into a [`RunView`].

use crate::event::{Answer, Event, EventKind, Question, SessionEnd};
use crate::id::{Phase, StepId};
use crate::report::drill::MomentView;
use crate::report::view::{
    AttemptView, ChangeView, DeviationView, EffectView, ExchangeView, IdentityView, InterruptionView, ItemView, Moment,
    RefusalView, RehearsalView, RollbackView, RunView, SessionView, StepLabel, StepView,
};

impl RunView {
    /// Takes one more event in.
    pub fn apply(&mut self, event: &Event) {
        let when = Moment::of(event);
        if matches!(event.kind, EventKind::SessionStarted { .. }) {
            self.cut_attempts();
        } else if let Some(session) = self.sessions.last_mut() {
            session.last = when;
        }
        match &event.kind {
            EventKind::SessionStarted { user, host, tool, pid, terminal, plan, back, after } => {
                if back.is_some() {
                    self.before = self.verdict.take();
                }
                self.sessions.push(SessionView {
                    number: event.session,
                    started: when,
                    last: when,
                    user: user.clone(),
                    host: host.clone(),
                    tool: tool.clone(),
                    pid: *pid,
                    terminal: *terminal,
                    plan: plan.clone(),
                    back: back.clone(),
                    after: *after,
                    end: None,
                });
            }
            EventKind::IdentityVerified { why, account, region, arn, emulator, request_id } => {
                self.identities.push(IdentityView {
                    when,
                    why: *why,
                    account: account.clone(),
                    region: region.clone(),
                    arn: arn.clone(),
                    emulator: emulator.clone(),
                    request_id: request_id.clone(),
                });
            }
            EventKind::GuardRefused { guard, message, remedy } => self.refusals.push(RefusalView {
                when,
                guard: guard.clone(),
                message: message.clone(),
                remedy: remedy.clone(),
            }),
            EventKind::Deviation { what, step, reason } => {
                self.deviations.push(DeviationView { when, what: *what, step: step.clone(), reason: reason.clone() });
            }
            EventKind::PhaseStarted { phase } => {
                self.phase_mut(*phase).started.get_or_insert(when);
            }
            EventKind::PhaseFinished { phase } => self.phase_mut(*phase).finished = Some(when),
            EventKind::Asked { question } => self.ask(question, when),
            EventKind::Answered { question, step, phase, answer } => {
                self.answer(question, step.as_ref(), *phase, answer, when);
            }
            EventKind::StepStarted { step, attempt } => {
                let view = self.step_mut(step);
                view.behind = None;
                view.attempts.push(AttemptView {
                    number: *attempt,
                    started: when,
                    ended: None,
                    cut: false,
                    effects: Vec::new(),
                    items: Vec::new(),
                    changes: Vec::new(),
                    captured: None,
                    failure: None,
                    retry_in_ms: None,
                });
            }
            EventKind::EffectIntended { step, attempt, n, call, token, account, region, target } => {
                let effect = EffectView {
                    n: *n,
                    intended: when,
                    call: call.clone(),
                    token: token.clone(),
                    account: account.clone(),
                    region: region.clone(),
                    target: target.clone(),
                    result: None,
                    request_id: None,
                    detail: None,
                };
                if let Some(attempt) = self.attempt_mut(step, *attempt) {
                    attempt.effects.push(effect);
                }
            }
            EventKind::EffectSettled { step, attempt, n, result, request_id, detail } => {
                let effects = self.attempt_mut(step, *attempt).map(|attempt| &mut attempt.effects);
                for effect in effects.into_iter().flatten().filter(|effect| effect.n == *n) {
                    effect.result = Some((*result, when));
                    effect.request_id.clone_from(request_id);
                    effect.detail.clone_from(detail);
                }
            }
            EventKind::AttemptFailed { step, attempt, failure, retry_in_ms, .. } => {
                if let Some(attempt) = self.attempt_mut(step, *attempt) {
                    attempt.ended = Some(when);
                    attempt.failure = Some(failure.clone());
                    attempt.retry_in_ms = *retry_in_ms;
                }
            }
            EventKind::ItemSettled { step, attempt, index, item, outcome, failure } => {
                let item = ItemView { index: *index, item: item.clone(), outcome: *outcome, failure: failure.clone() };
                if let Some(attempt) = self.attempt_mut(step, *attempt) {
                    attempt.items.push(item);
                }
            }
            EventKind::LookChanged { step, attempt, index, look, values, trouble, hold, requests } => {
                let change = ChangeView {
                    when,
                    index: *index,
                    look: *look,
                    values: values.clone(),
                    trouble: trouble.clone(),
                    hold: *hold,
                    requests: requests.clone(),
                };
                if let Some(attempt) = self.attempt_mut(step, *attempt) {
                    attempt.changes.push(change);
                }
            }
            EventKind::Captured { step, attempt, captured } => {
                if let Some(attempt) = self.attempt_mut(step, *attempt) {
                    attempt.captured = Some(captured.clone());
                }
            }
            EventKind::RunsOn { step, through, outputs, .. } => {
                let view = self.step_mut(step);
                view.behind = Some(through.clone());
                view.outputs.clone_from(outputs);
            }
            EventKind::StepFinished {
                step,
                outcome,
                failure,
                reason,
                outputs,
                artifacts,
                requests,
                stays,
                then: _,
            } => {
                let view = self.step_mut(step);
                if let Some(attempt) = view.attempts.last_mut() {
                    attempt.ended.get_or_insert(when);
                }
                let last = view.attempts.last().and_then(|attempt| attempt.failure.clone());
                view.outcome = Some(*outcome);
                view.finished = Some(when);
                view.failure = failure.clone().or_else(|| last.filter(|_| !outcome.satisfies()));
                view.reason.clone_from(reason);
                view.outputs.clone_from(outputs);
                view.artifacts.clone_from(artifacts);
                view.requests.clone_from(requests);
                view.stays.clone_from(stays);
            }
            EventKind::Rehearsed { undo, change, needs } => {
                // An earlier look at the same has had its day; what it refused stays among the refusals.
                self.rehearsals.retain(|one| one.undo != *undo || one.change != *change);
                let (undo, change, needs) = (undo.clone(), change.clone(), needs.clone());
                self.rehearsals.push(RehearsalView { when, undo, change, needs });
            }
            EventKind::RollbackStarted { cause, steps } => {
                self.before = None;
                for steady in &mut self.steady {
                    steady.after = None;
                }
                self.rollback = Some(RollbackView { started: when, cause: cause.clone(), steps: steps.clone() });
            }
            EventKind::SteadyState { .. } => self.look_steady(event),
            EventKind::DrillMoment { moment, at, step } => {
                let at = at.unwrap_or(event.at);
                self.drill.moments.retain(|known| known.moment != *moment);
                self.drill.moments.push(MomentView { moment: *moment, at, step: step.clone() });
            }
            EventKind::DrillStopped { stop } => self.drill.stopped = Some((when, stop.clone())),
            EventKind::ObjectiveMeasured { measured } => self.drill.measured.push(measured.clone()),
            EventKind::Participant { participant } => self.drill.people.push(participant.clone()),
            EventKind::StepWalked { step, walked } => self.step_mut(step).walked = Some(walked.clone()),
            EventKind::Remarked { remark } => self.drill.remarks.all.push(remark.clone()),
            EventKind::ResidualState { left } => self.residue = Some(left.clone()),
            EventKind::Interrupted { signal, stopping } => {
                self.interruptions.push(InterruptionView { when, signal: signal.clone(), stopping: *stopping });
            }
            EventKind::SessionEnded { end, waits_for } => {
                if let Some(session) = self.sessions.last_mut() {
                    session.end = Some((*end, waits_for.clone()));
                }
                self.verdict = self.verdict.or(self.before.take());
            }
            EventKind::RunFinished { verdict, code } => {
                self.verdict = Some((*verdict, *code));
                if let Some(session) = self.sessions.last_mut() {
                    session.end = Some((SessionEnd::Finished, None));
                }
            }
        }
        self.last = Some(when);
    }

    /// A session began: what was under way when the last one died ended, at the latest, with its last record.
    fn cut_attempts(&mut self) {
        let last = self.last;
        for step in &mut self.steps {
            for attempt in step.attempts.iter_mut().filter(|attempt| attempt.ended.is_none()) {
                attempt.ended = last;
                attempt.cut = true;
            }
        }
    }

    fn ask(&mut self, question: &Question, asked: Moment) {
        let exchange = ExchangeView { asked, question: question.clone(), answer: None };
        self.exchanges_mut(question.step.as_ref(), question.phase).push(exchange);
    }

    fn answer(&mut self, id: &str, step: Option<&StepId>, phase: Option<Phase>, answer: &Answer, when: Moment) {
        let exchanges = self.exchanges_mut(step, phase);
        let open = exchanges.iter_mut().rev().find(|it| it.question.id == id && it.answer.is_none());
        if let Some(exchange) = open {
            exchange.answer = Some((answer.clone(), when));
        }
    }

    fn exchanges_mut(&mut self, step: Option<&StepId>, phase: Option<Phase>) -> &mut Vec<ExchangeView> {
        match (step, phase) {
            (Some(step), _) => &mut self.step_mut(step).exchanges,
            (None, Some(phase)) => &mut self.phase_mut(phase).exchanges,
            (None, None) => &mut self.exchanges,
        }
    }

    fn step_mut(&mut self, id: &StepId) -> &mut StepView {
        let at = self.places.position(&self.steps, id.as_str(), |step| &step.label.id).unwrap_or_else(|| {
            let phase = self.phase_now().unwrap_or(Phase::Deploy);
            self.phase_mut(phase);
            self.steps.push(StepView::new(StepLabel::new(id.clone(), phase, id.as_str(), "")));
            self.steps.len() - 1
        });
        &mut self.steps[at]
    }

    fn attempt_mut(&mut self, step: &StepId, number: u32) -> Option<&mut AttemptView> {
        self.step_mut(step).attempts.iter_mut().rev().find(|attempt| attempt.number == number)
    }
}
