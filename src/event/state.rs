//! Where a run stands: the fold of its events, and the one table of legal moves, live and on recovery.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use crate::event::back::Back;
use crate::event::standing::{EffectState, PhaseState, StepState, StepStatus};
use crate::event::tally::Tally;
use crate::event::{
    AfterStep, Ask, Choice, DrillState, Event, EventKind, Outcome, Question, Rehearsal, SessionEnd, Steady, Verdict,
    WayBack,
};
use crate::id::{Phase, StepId};

/// Which way a run goes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Direction {
    /// As the runbook says.
    #[default]
    Forward,
    /// No further step starts: a step failed, or the operator said so.
    Stopping,
    /// Back: undo steps run.
    Unwinding,
    /// An undo failed. A person must look.
    Stuck,
}

/// The state of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunState {
    /// The last record's number.
    pub last_seq: u64,
    /// The current session; 0 before the first.
    pub session: u32,
    /// Which way it goes.
    pub direction: Direction,
    /// Each step that anything happened to.
    pub steps: BTreeMap<StepId, StepState>,
    /// Each phase that began.
    pub phases: BTreeMap<Phase, PhaseState>,
    /// The question that is open.
    pub question: Option<Question>,
    /// A step ended so that the rollback should begin.
    pub rollback_wanted: Option<StepId>,
    /// When a step ended last while the run went forward.
    pub forward_until: Option<DateTime<Utc>>,
    /// The undo steps of a rollback, in their order.
    pub rollback: Vec<StepId>,
    /// The rehearsals of this session: what undo steps will need.
    pub rehearsals: Vec<Rehearsal>,
    /// What the probes of the steady state found.
    pub steady: BTreeMap<StepId, Steady>,
    /// The rollback that was asked for by itself.
    pub back: Option<Back>,
    /// This session was interrupted.
    pub interrupted: bool,
    /// The operator aborted in this session.
    pub aborted: bool,
    /// Where a drill stands.
    pub drill: DrillState,
    /// The operator had aborted or interrupted the run when its way back began.
    pub stopped: bool,
    /// How the last session ended, and what it waited for.
    pub ended: Option<(SessionEnd, Option<String>)>,
    /// The run is over. (Going back after that, and being told no, leaves it so: [`RunState::over`].)
    pub finished: Option<Verdict>,
    /// Which of `steps` stand where.
    pub(super) tally: Tally,
}

/// A move that the table does not allow: a bug in checkride, or a journal that was not written by it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("record {seq}: {why}")]
pub struct IllegalEvent {
    /// The record.
    pub seq: u64,
    /// Which rule it breaks.
    pub why: String,
}

impl RunState {
    /// A step's state; a step that nothing happened to is pending.
    pub fn step(&self, id: &StepId) -> &StepState {
        static PENDING: LazyLock<StepState> = LazyLock::new(StepState::default);
        self.steps.get(id).unwrap_or(&PENDING)
    }

    /// A step's status, without a copy.
    pub fn status(&self, id: &StepId) -> StepStatus {
        self.steps.get(id).map(|state| state.status).unwrap_or_default()
    }

    /// A phase's state.
    pub fn phase(&self, phase: Phase) -> PhaseState {
        self.phases.get(&phase).copied().unwrap_or_default()
    }

    /// Applies one event, or says which rule it breaks; then nothing has changed.
    pub fn apply(&mut self, event: &Event) -> Result<(), IllegalEvent> {
        self.check(event).map_err(|why| IllegalEvent { seq: event.seq, why })?;
        self.last_seq = event.seq;
        self.fold(event);
        Ok(())
    }

    /// The table of legal moves.
    fn check(&self, event: &Event) -> Result<(), String> {
        if event.seq != self.last_seq + 1 {
            return Err(format!("its number should be {}", self.last_seq + 1));
        }
        if let EventKind::SessionStarted { back, after, .. } = &event.kind {
            if *after && self.over().is_none() {
                return Err("what is said afterwards follows the end of a run".to_owned());
            }
            if back.is_none() && !after && self.over().is_some() {
                return Err("the run is over, and only a rollback may follow".to_owned());
            }
            return if event.session == self.session + 1 {
                Ok(())
            } else {
                Err(format!("session {} should begin here", self.session + 1))
            };
        }
        if self.finished.is_some() && !(self.drill.afterwards && event.kind.is_said_afterwards()) {
            return Err("the run is over, and nothing may follow".to_owned());
        }
        if self.session == 0 || event.session != self.session {
            return Err(format!("it belongs to session {}, and the session is {}", event.session, self.session));
        }
        if self.ended.is_some() {
            return Err("the session has ended".to_owned());
        }
        match &event.kind {
            EventKind::SessionStarted { .. }
            | EventKind::IdentityVerified { .. }
            | EventKind::GuardRefused { .. }
            | EventKind::Deviation { .. }
            | EventKind::ResidualState { .. }
            | EventKind::DrillMoment { .. }
            | EventKind::DrillStopped { .. }
            | EventKind::ObjectiveMeasured { .. }
            | EventKind::Participant { .. }
            | EventKind::Interrupted { .. }
            | EventKind::SessionEnded { .. }
            | EventKind::RunFinished { .. } => Ok(()),
            EventKind::PhaseStarted { phase } => {
                refuse(self.phase(*phase).finished, || format!("phase {phase} has ended"))
            }
            EventKind::PhaseFinished { phase } => {
                let state = self.phase(*phase);
                refuse(!state.started || state.finished, || format!("phase {phase} is not under way"))
            }
            EventKind::Asked { question } => {
                refuse(self.question.is_some(), || format!("`{}` is asked while another question is open", question.id))
            }
            EventKind::Answered { question, .. } => {
                let open = self.question.as_ref().is_some_and(|open| open.id == *question);
                refuse(!open, || format!("`{question}` was not asked"))
            }
            EventKind::StepStarted { step, attempt } => {
                let walked = !self.drill.walked.is_empty();
                refuse(walked, || format!("step `{step}` starts in a run that is talked through"))?;
                let state = self.step(step);
                let begun = state.effects.iter().any(|effect| effect.result.is_none());
                refuse(begun, || format!("step `{step}` starts while an effect of it is not settled"))?;
                let may =
                    matches!(state.status, StepStatus::Pending | StepStatus::AttemptFailed | StepStatus::Interrupted);
                refuse(!may, || format!("step `{step}` starts while it is {:?}", state.status))?;
                refuse(*attempt != state.attempt + 1, || format!("step `{step}`: attempt {attempt} is out of order"))
            }
            EventKind::EffectIntended { step, attempt, n, .. } => {
                let state = self.step(step);
                let next = state.effects.iter().filter(|effect| effect.attempt == *attempt).count() + 1;
                refuse(!matches!(state.status, StepStatus::Running | StepStatus::Behind), || {
                    format!("step `{step}` has an effect and does not run")
                })?;
                refuse(*attempt != state.attempt || *n as usize != next, || {
                    format!("step `{step}`: effect {n} of attempt {attempt} is out of order")
                })
            }
            EventKind::EffectSettled { step, attempt, n, .. } => {
                let state = self.step(step);
                let open = state.unsettled().any(|effect| effect.attempt == *attempt && effect.n == *n);
                refuse(!open, || format!("step `{step}`: effect {n} of attempt {attempt} is not open"))
            }
            EventKind::ItemSettled { step, attempt, .. }
            | EventKind::LookChanged { step, attempt, .. }
            | EventKind::Captured { step, attempt, .. }
            | EventKind::RunsOn { step, attempt, .. } => {
                let state = self.step(step);
                refuse(state.status != StepStatus::Running || state.attempt != *attempt, || {
                    format!("step `{step}`: attempt {attempt} is not under way")
                })
            }
            EventKind::AttemptFailed { step, attempt, .. } => {
                let state = self.step(step);
                // A probe may find out later that an attempt that was cut off, or whose end was unknown, has failed.
                let open = match state.status {
                    StepStatus::Running | StepStatus::Behind | StepStatus::Interrupted | StepStatus::AttemptFailed => {
                        true
                    }
                    StepStatus::Pending | StepStatus::Finished(_) => false,
                };
                refuse(!open || state.attempt != *attempt, || {
                    format!("step `{step}`: attempt {attempt} is not under way")
                })
            }
            EventKind::StepFinished { step, outcome, .. } => {
                let state = self.step(step);
                match state.status {
                    StepStatus::Finished(_) => Err(format!("step `{step}` ends twice")),
                    StepStatus::Pending => {
                        let ran = matches!(outcome, Outcome::Passed | Outcome::Warned);
                        refuse(ran, || format!("step `{step}` passed and never began"))
                    }
                    StepStatus::Running | StepStatus::Behind | StepStatus::AttemptFailed | StepStatus::Interrupted => {
                        let open = state.effects.iter().any(|effect| effect.result.is_none());
                        refuse(open && *outcome != Outcome::Unknown, || {
                            format!("step `{step}` ends as {outcome} while an effect of it is not settled")
                        })
                    }
                }
            }
            EventKind::StepWalked { step, .. } => self.may_walk(step),
            EventKind::Remarked { remark } => self.drill.may_remark(remark),
            EventKind::Rehearsed { undo, change, .. } => self.may_rehearse(undo, change),
            EventKind::SteadyState { when, step, .. } => self.may_look_steady(*when, step),
            EventKind::RollbackStarted { .. } => {
                let turned = matches!(self.direction, Direction::Unwinding | Direction::Stuck);
                refuse(turned && !self.awaits_rollback(), || "the rollback begins twice".to_owned())
            }
        }
    }

    /// When the last step before the rollback ended; none while the run goes forward.
    pub fn turned_after(&self) -> Option<DateTime<Utc>> {
        match self.direction {
            Direction::Unwinding | Direction::Stuck => self.forward_until,
            Direction::Forward | Direction::Stopping => None,
        }
    }

    /// Whether nothing more begins of what goes forward: the operator aborted, or a drill met a criterion of its own.
    pub fn is_stopped(&self) -> bool {
        let forward = matches!(self.direction, Direction::Forward | Direction::Stopping);
        self.aborted || (forward && self.drill.stopped.is_some())
    }

    fn fold(&mut self, event: &Event) {
        let ends = matches!(event.kind, EventKind::StepFinished { .. } | EventKind::AttemptFailed { .. });
        if ends && matches!(self.direction, Direction::Forward | Direction::Stopping) {
            self.forward_until = Some(event.at);
        }
        match &event.kind {
            EventKind::SessionStarted { back, after, .. } => {
                self.begin_session(event.session, back.as_ref());
                self.drill.afterwards = *after;
            }
            EventKind::IdentityVerified { .. }
            | EventKind::GuardRefused { .. }
            | EventKind::Deviation { .. }
            | EventKind::ItemSettled { .. }
            | EventKind::LookChanged { .. }
            | EventKind::Participant { .. }
            | EventKind::ResidualState { .. } => {}
            EventKind::PhaseStarted { phase } => self.phases.entry(*phase).or_default().started = true,
            EventKind::PhaseFinished { phase } => self.phases.entry(*phase).or_default().finished = true,
            EventKind::Asked { question } => self.question = Some(question.clone()),
            EventKind::Answered { answer, .. } => {
                if let Some(question) = self.question.take() {
                    self.fold_answer(&question, answer.choice);
                }
            }
            EventKind::StepStarted { step, attempt } => {
                let state = self.put(step, StepStatus::Running);
                state.attempt = *attempt;
                state.retry = false;
                state.failure = None;
                state.artifacts.clear();
                state.requests.clear();
            }
            EventKind::Captured { step, captured, .. } => {
                // The kind knows which of its effects change what it has found: once one may have, it does not look again.
                self.steps.entry(step.clone()).or_default().captured = Some(captured.clone());
            }
            EventKind::EffectIntended { step, attempt, n, call, token, target, .. } => {
                self.steps.entry(step.clone()).or_default().effects.push(EffectState {
                    n: *n,
                    attempt: *attempt,
                    call: call.clone(),
                    token: token.clone(),
                    target: target.clone(),
                    result: None,
                    detail: None,
                    waited_in: None,
                });
            }
            EventKind::EffectSettled { step, attempt, n, result, detail, .. } => {
                let state = self.steps.entry(step.clone()).or_default();
                for effect in &mut state.effects {
                    if effect.attempt == *attempt && effect.n == *n {
                        effect.result = Some(*result);
                        effect.detail.clone_from(detail);
                        effect.waited_in = (effect.attempt != state.attempt).then_some(state.attempt);
                    }
                }
            }
            EventKind::AttemptFailed { step, failure, retry_in_ms, artifacts, requests, .. } => {
                let state = self.put(step, StepStatus::AttemptFailed);
                state.artifacts.clone_from(artifacts);
                state.requests.clone_from(requests);
                state.failure = Some(failure.clone());
                state.retry = retry_in_ms.is_some();
            }
            EventKind::RunsOn { step, outputs, .. } => {
                self.put(step, StepStatus::Behind).outputs.clone_from(outputs);
            }
            EventKind::StepFinished { step, outcome, failure, reason, outputs, stays, then, .. } => {
                let state = self.put(step, StepStatus::Finished(*outcome));
                if failure.is_some() {
                    state.failure.clone_from(failure);
                }
                state.reason.clone_from(reason);
                state.outputs.clone_from(outputs);
                state.stays.clone_from(stays);
                self.turn(step, *outcome, *then);
            }
            EventKind::Rehearsed { undo, change, needs } => self.keep_rehearsal(undo, change, needs),
            EventKind::SteadyState { .. } => self.look_steady(&event.kind),
            EventKind::DrillMoment { moment, at, .. } => {
                self.drill.moments.insert(*moment, at.unwrap_or(event.at));
            }
            EventKind::DrillStopped { stop } => self.drill.stopped = Some(stop.clone()),
            EventKind::ObjectiveMeasured { measured } => self.drill.measured.push(measured.clone()),
            EventKind::StepWalked { step, walked } => {
                self.drill.walked.insert(step.clone(), walked.clone());
            }
            EventKind::Remarked { remark } => self.drill.remarks.all.push(remark.clone()),
            EventKind::RollbackStarted { steps, .. } => self.turn_back(steps),
            EventKind::Interrupted { .. } => self.interrupted = true,
            EventKind::SessionEnded { end, waits_for } => self.ended = Some((*end, waits_for.clone())),
            EventKind::RunFinished { verdict, .. } => self.finished = Some(*verdict),
        }
    }

    /// A new session: what was under way when the last one died is interrupted, and what was asked is open no more.
    fn begin_session(&mut self, session: u32, back: Option<&WayBack>) {
        self.ask_for_rollback(back);
        self.session = session;
        self.question = None;
        self.rehearsals.clear();
        self.interrupted = false;
        self.aborted = false;
        self.ended = None;
        let cut_off: Vec<StepId> = self.running_steps().cloned().collect();
        for step in cut_off {
            let state = self.put(&step, StepStatus::Interrupted);
            if state.cut_off.is_none_or(|last| last + 1 < state.attempt) {
                state.cut_off_since = Some(state.attempt);
            }
            state.cut_off = Some(state.attempt);
        }
    }

    fn fold_answer(&mut self, question: &Question, choice: Choice) {
        let closes = matches!(question.ask, Ask::ApprovePhase | Ask::ReadyPhase | Ask::CompletePhase);
        if choice == Choice::Abort || (closes && choice == Choice::No) {
            self.aborted = true;
        }
        match question.ask {
            Ask::ApprovePhase => {
                if let (Some(phase), Choice::Yes) = (question.phase, choice) {
                    self.phases.entry(phase).or_default().approved_in = Some(self.session);
                }
            }
            Ask::ReadyPhase => {
                if let (Some(phase), Choice::Yes) = (question.phase, choice) {
                    self.phases.entry(phase).or_default().ready = true;
                }
            }
            Ask::CompletePhase => {
                if let (Some(phase), Choice::Yes) = (question.phase, choice) {
                    self.phases.entry(phase).or_default().complete = true;
                }
            }
            Ask::ApproveWrite => {
                if let (Some(step), Choice::Run) = (&question.step, choice) {
                    self.steps.entry(step.clone()).or_default().approved_in = Some(self.session);
                }
            }
            Ask::AfterFailure => {
                if let Some(step) = &question.step {
                    let state = self.steps.entry(step.clone()).or_default();
                    state.retry = choice == Choice::Retry;
                    state.roll_back = choice == Choice::RollBack;
                }
            }
            Ask::Confirm
            | Ask::Value
            | Ask::ApproveChange
            | Ask::SettleUnknown
            | Ask::AcceptPlan
            | Ask::LogIn
            | Ask::Walk
            | Ask::Observe
            | Ask::Recommend
            | Ask::FollowedUp => {}
        }
    }

    /// Which way the run goes after a step.
    fn turn(&mut self, step: &StepId, outcome: Outcome, then: AfterStep) {
        match self.direction {
            Direction::Forward => {
                if then != AfterStep::Continue {
                    self.direction = Direction::Stopping;
                }
                if then == AfterStep::RollBack {
                    self.rollback_wanted = Some(step.clone());
                }
            }
            Direction::Unwinding => {
                let undo = self.rollback.contains(step);
                if undo && !outcome.satisfies() && then != AfterStep::Continue {
                    self.direction = Direction::Stuck;
                }
            }
            Direction::Stopping | Direction::Stuck => {}
        }
    }
}

fn refuse(wrong: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if wrong { Err(why()) } else { Ok(()) }
}
