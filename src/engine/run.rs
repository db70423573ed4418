//! The loop: one decision at a time, one event at a time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::engine::attempt::Judged;
use crate::engine::criteria::Lookout;
use crate::engine::performer::{Ended, Performer, Task};
use crate::engine::recorder::{RecordError, Recorder};
use crate::engine::schedule::{Decision, Schedule};
use crate::engine::{questions, verdict};
use crate::event::{
    AfterStep, Answer, AnswerSource, DeviationKind, DrillMoment, DrillStop, EffectResult, EffectState, EventKind,
    Failure, FailureKind, IdentityReason, Outcome, Participant, Progress, Question, SessionEnd, Verdict, WayBack,
};
use crate::id::{Phase, RunId, StepId};
use crate::plan::{Actor, Excuse, Measure, Plan};
use crate::step::{
    Accepted, AttemptMessage, Cancel, CancelHandle, Intent, NoAnswer, OnUnknown, Operator, Refused, StepStop,
};

/// After how long without a sign of life a running step is called silent, and how often again.
const SILENT: Duration = Duration::from_mins(1);

/// How often running steps are looked at.
const TICK: Duration = Duration::from_secs(5);

/// When a running step was last heard of, and when that was last told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    last: Instant,
    told: Instant,
}

impl Heard {
    fn now() -> Self {
        let now = Instant::now();
        Self { last: now, told: now }
    }
}

/// What comes from outside while a run goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Request {
    /// Ctrl-C (SIGINT) or SIGTERM: the first time no new step (and a `wait` is left), the second time the running one is stopped, the third time
    /// at once.
    Interrupt(&'static str),
    /// The terminal is gone (SIGHUP): the run is suspended at the next question.
    Hangup,
}

/// Who sits at the run, for the record.
#[derive(Clone, Debug)]
pub struct Sitting {
    /// The OS user.
    pub user: String,
    /// The machine.
    pub host: String,
    /// Whether a person's terminal is there.
    pub terminal: bool,
    /// The caller that the guard accepted.
    pub identity: Option<Accepted>,
    /// Deviations that were decided before the run: `--skip`, `--only`, an accepted change.
    pub deviations: Vec<(DeviationKind, Option<StepId>, String)>,
    /// How many steps run at once, at most. Only reads run side by side.
    pub jobs: usize,
    /// The places that this run shares with others of the process: no step of any of them begins without one.
    pub places: Option<Arc<Semaphore>>,
    /// Set when the session goes back.
    pub back: Option<WayBack>,
    /// Whether guards are passed (`--break-glass`); why is among the deviations.
    pub break_glass: bool,
    /// A guard that was looked at before the session, and that refuses it.
    pub refused: Option<Refused>,
    /// What is known of a drill when it is begun.
    pub opening: Opening,
}

/// What is known of a drill when it is begun.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Opening {
    /// Who takes part.
    pub people: Vec<Participant>,
    /// When it was detected and declared, if that was said.
    pub moments: Vec<(DrillMoment, DateTime<Utc>)>,
}

impl Sitting {
    /// The record that a session begins with.
    pub(super) fn started(&self, plan: &str, after: bool) -> EventKind {
        EventKind::SessionStarted {
            user: self.user.clone(),
            host: self.host.clone(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            terminal: self.terminal,
            plan: plan.to_owned(),
            back: self.back.clone(),
            after,
        }
    }
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnd {
    /// How.
    pub verdict: Verdict,
    /// The question or effect that it waits for.
    pub waits_for: Option<String>,
    /// Why nobody answered, when that was the reason.
    pub why: Option<String>,
}

/// Why a session could not go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing could be put on record any more.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// One thing that happened while the engine waited.
pub(super) enum Happening {
    Message(StepId, AttemptMessage),
    Request(Request),
    /// An attempt ended; nothing: it panicked.
    Ended(Option<AttemptEnd>),
    /// What was posted was written and told, or could not be written.
    Told(Result<(), RecordError>),
    /// A drill is to be ended before its time.
    Stop(DrillStop),
    Tick,
}

type AttemptEnd = (StepId, u32, Result<Judged, StepStop>);

/// One session of a run.
pub struct Engine<P> {
    pub(super) plan: Rc<Plan>,
    /// What makes this run's client tokens its own: the run's id.
    pub(super) seed: String,
    pub(super) performer: Rc<P>,
    pub(super) recorder: Recorder,
    pub(super) ended: Rc<RefCell<Ended>>,
    pub(super) line: mpsc::UnboundedSender<(StepId, AttemptMessage)>,
    pub(super) messages: mpsc::UnboundedReceiver<(StepId, AttemptMessage)>,
    pub(super) requests: mpsc::UnboundedReceiver<Request>,
    pub(super) tasks: JoinSet<AttemptEnd>,
    pub(super) cancel: CancelHandle,
    pub(super) cancelled: Cancel,
    /// When a failed attempt is repeated.
    pub(super) retry_at: BTreeMap<StepId, Instant>,
    /// Steps whose attempts were used up in this session, and whose effect is unknown still.
    pub(super) used_up: BTreeSet<StepId>,
    /// When a running step was last heard of, and last called silent.
    pub(super) heard: BTreeMap<StepId, Heard>,
    /// Questions of steps that wait their turn.
    pub(super) waiting: VecDeque<(Question, oneshot::Sender<Result<Answer, NoAnswer>>)>,
    /// The session ends as soon as nothing runs.
    pub(super) ending: Option<(SessionEnd, Option<String>, Option<String>)>,
    pub(super) terminal_lost: bool,
    /// How many reads run at once, at most.
    pub(super) jobs: usize,
    /// Guards that may be passed are passed.
    pub(super) break_glass: bool,
    /// The places that are shared with other runs, when there are any.
    pub(super) places: Option<Arc<Semaphore>>,
    /// Places that were taken for steps that are about to begin.
    pub(super) taken: Vec<OwnedSemaphorePermit>,
    /// The steps that go on behind the others: each is called back when this end of its line is dropped.
    pub(super) behind: BTreeMap<StepId, oneshot::Sender<Infallible>>,
    /// The watch over a drill, while it goes forward.
    pub(super) lookout: Option<Lookout>,
}

/// What the watch over a drill has found; never, where none is kept.
async fn seen(lookout: Option<&mut Lookout>) -> Result<DrillStop, JoinError> {
    match lookout {
        Some(lookout) => lookout.await,
        None => std::future::pending().await,
    }
}

impl<P> std::fmt::Debug for Engine<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl<P: Performer + 'static> Engine<P> {
    /// An engine for the next session of the run that the recorder keeps.
    pub fn new(
        run: &RunId,
        plan: Rc<Plan>,
        performer: Rc<P>,
        recorder: Recorder,
        requests: mpsc::UnboundedReceiver<Request>,
    ) -> Self {
        let (line, messages) = mpsc::unbounded_channel();
        let (cancel, cancelled) = CancelHandle::new();
        let ended = plan
            .steps
            .iter()
            .filter_map(|step| {
                let state = recorder.state().steps.get(&step.id)?;
                Some((step.id.clone(), (state.outcome()?, state.outputs.clone())))
            })
            .collect();
        Self {
            plan,
            seed: run.as_str().to_owned(),
            performer,
            recorder,
            ended: Rc::new(RefCell::new(ended)),
            line,
            messages,
            requests,
            tasks: JoinSet::new(),
            cancel,
            cancelled,
            retry_at: BTreeMap::new(),
            used_up: BTreeSet::new(),
            heard: BTreeMap::new(),
            waiting: VecDeque::new(),
            ending: None,
            terminal_lost: false,
            jobs: 1,
            break_glass: false,
            places: None,
            taken: Vec::new(),
            behind: BTreeMap::new(),
            lookout: None,
        }
    }

    /// Carries the run on until it is over, or stops at something that only a person can settle. Must be called within a
    /// `LocalSet`.
    pub async fn run(mut self, sitting: Sitting, operator: &mut impl Operator) -> Result<RunEnd, EngineError> {
        let result = self.carry_on(sitting, operator).await;
        self.end_lookout();
        if result.is_err() {
            self.let_end().await;
        }
        Ok(result?)
    }

    /// Nothing can be recorded, so nothing new may begin. What was begun is left to end by itself, or at the operator's
    /// wish: who asks for leave, or tells of an outcome, is told by the silence, and stops.
    async fn let_end(&mut self) {
        self.waiting.clear();
        self.behind.clear();
        self.cancel.leave();
        while !self.tasks.is_empty() {
            match self.next().await {
                Happening::Message(_, message) => drop(message),
                Happening::Request(Request::Interrupt(_)) => self.cancel.cancel(),
                Happening::Request(Request::Hangup)
                | Happening::Ended(_)
                | Happening::Told(_)
                | Happening::Stop(_)
                | Happening::Tick => {}
            }
        }
    }

    pub(super) async fn carry_on(
        &mut self,
        sitting: Sitting,
        operator: &mut impl Operator,
    ) -> Result<RunEnd, RecordError> {
        let mut schedule = Schedule::new(sitting.jobs);
        (self.jobs, self.break_glass) = (sitting.jobs, sitting.break_glass);
        self.places.clone_from(&sitting.places);
        self.begin(sitting).await?;
        loop {
            if self.ending.is_some() {
                // Nobody is asked any more: who waits for an answer is told by the silence, and stops.
                self.waiting.clear();
                self.behind.clear();
            }
            if let Some((question, reply)) = self.waiting.pop_front() {
                let answer = self.ask(&question, operator).await?;
                // The step that asked may have ended meanwhile.
                drop(reply.send(answer));
                continue;
            }
            if let Some(end) = self.ending.clone() {
                if self.tasks.is_empty() {
                    return self.end_session(end).await;
                }
                self.happen().await?;
                continue;
            }
            match schedule.next(&self.plan, self.recorder.state()) {
                Decision::CallBack(steps) => self.call_back(&steps).await?,
                Decision::Wait => {
                    // Only what goes on record changes the decision: a flood of output is not worth a look at every step.
                    let decided_at = self.recorder.state().last_seq;
                    while self.recorder.state().last_seq == decided_at
                        && self.ending.is_none()
                        && self.waiting.is_empty()
                    {
                        self.happen().await?;
                    }
                }
                Decision::Start(steps) => {
                    let steps = self.take_places(steps).await?;
                    self.start(steps, operator).await?;
                    // A step that was left out after all needs none.
                    self.taken.clear();
                }
                Decision::EnterPhase(Phase::Drill) => self.enter_drill().await?,
                Decision::EnterPhase(phase) => self.recorder.record(EventKind::PhaseStarted { phase }).await?,
                Decision::LeavePhase(phase) => self.recorder.record(EventKind::PhaseFinished { phase }).await?,
                Decision::ReadyPhase(phase) => {
                    let question = questions::ready_phase(phase, self.person_items(phase));
                    self.decide(question, operator).await?;
                }
                Decision::CompletePhase(phase) => {
                    self.decide(questions::complete_phase(phase), operator).await?;
                }
                Decision::Rehearse(_) => self.rehearse().await?,
                Decision::ApprovePhase(phase) => self.approve_phase(phase, operator).await?,
                Decision::ApproveStep(step) => self.approve_step(&step, operator).await?,
                Decision::LeaveOut(step, reason) => self.leave_out(step, Some(reason)).await?,
                Decision::Resolve(step) => self.resolve(&step, operator).await?,
                Decision::AfterFailure(step) => self.after_failure(&step, operator).await?,
                Decision::Settle(step) => self.settle(&step, operator).await?,
                Decision::BeginRollback(cause) => self.begin_rollback(cause.as_ref(), operator).await?,
                Decision::LookSteady(when, steps) => self.look_steady(when, steps).await?,
                Decision::Measure => self.measure().await?,
                Decision::Suspend => self.ending = Some((SessionEnd::Interrupted, None, None)),
                // Who has something to say and did not come to it says it when the run is resumed.
                Decision::Finish if !self.hear_remarks(operator).await? => {}
                Decision::Finish => return self.finish().await,
            }
        }
    }

    pub(super) async fn begin(&mut self, sitting: Sitting) -> Result<(), RecordError> {
        let resumed = self.recorder.state().session > 0;
        self.recorder.record(sitting.started(&self.plan.digest, false)).await?;
        if let Some(identity) = sitting.identity {
            let why = if resumed { IdentityReason::Resume } else { IdentityReason::Start };
            self.verified(identity, why).await?;
        }
        for (what, step, reason) in sitting.deviations {
            self.recorder.record(EventKind::Deviation { what, step, reason }).await?;
        }
        for participant in sitting.opening.people {
            self.recorder.record(EventKind::Participant { participant }).await?;
        }
        for (moment, at) in sitting.opening.moments {
            self.moment(moment, Some(at), None).await?;
        }
        if let Some(refused) = sitting.refused {
            self.bar(refused).await?;
        }
        self.begin_lookout(true);
        Ok(())
    }

    pub(super) async fn verified(&mut self, identity: Accepted, why: IdentityReason) -> Result<(), RecordError> {
        let Accepted { account, region, arn, emulator, request_id } = identity;
        self.recorder.record(EventKind::IdentityVerified { why, account, region, arn, emulator, request_id }).await
    }

    pub(super) async fn end_session(
        &mut self,
        (end, waits_for, why): (SessionEnd, Option<String>, Option<String>),
    ) -> Result<RunEnd, RecordError> {
        self.recorder.record(EventKind::SessionEnded { end, waits_for: waits_for.clone() }).await?;
        let verdict = match end {
            SessionEnd::Finished => verdict(&self.plan, self.recorder.state()),
            // A step that was stopped on its way may have had its effect: that outranks the interruption.
            SessionEnd::Interrupted | SessionEnd::TerminalLost if self.has_unknown_effect() => Verdict::Stuck,
            SessionEnd::Interrupted | SessionEnd::TerminalLost => Verdict::Interrupted,
            SessionEnd::NeedsPerson => Verdict::NeedsPerson,
            SessionEnd::Declined => Verdict::Declined,
            SessionEnd::UnknownEffect => Verdict::Stuck,
            SessionEnd::Refused => Verdict::Guarded,
        };
        Ok(RunEnd { verdict, waits_for, why })
    }

    /// Whether a step that has not ended has an effect that only a person can settle: it is known to be unknown, the step
    /// may not simply run again, and nothing can be asked about it.
    fn has_unknown_effect(&self) -> bool {
        self.plan.steps.iter().any(|planned| {
            let settles_itself =
                planned.confirms_itself || matches!(planned.on_unknown, Some(OnUnknown::RunAgain | OnUnknown::Probe));
            let stands = self.recorder.state().step(&planned.id);
            let unknown = stands.unsettled().any(|effect| effect.result == Some(EffectResult::Unknown));
            stands.outcome().is_none() && unknown && !settles_itself
        })
    }

    pub(super) async fn finish(&mut self) -> Result<RunEnd, RecordError> {
        self.record_residue().await?;
        let verdict = verdict(&self.plan, self.recorder.state());
        self.recorder.record(EventKind::RunFinished { verdict, code: verdict.exit_code() }).await?;
        Ok(RunEnd { verdict, waits_for: None, why: None })
    }

    /// Waits for one thing to happen, and takes it in.
    pub(super) async fn happen(&mut self) -> Result<(), RecordError> {
        let happening = self.next().await;
        self.take_in(happening).await
    }

    /// Waits for one thing to happen. May be dropped at any time: nothing is lost.
    pub(super) async fn next(&mut self) -> Happening {
        let tick = Instant::now() + TICK;
        tokio::select! {
            // The operator first: a flood of output must not drown a Ctrl-C. Messages before ends: an attempt's last words
            // come before its end.
            biased;
            Some(request) = self.requests.recv() => Happening::Request(request),
            told = self.recorder.tell_next(), if self.recorder.has_posted() => Happening::Told(told),
            Some((step, message)) = self.messages.recv() => Happening::Message(step, message),
            Some(ended) = self.tasks.join_next() => Happening::Ended(ended.ok()),
            Ok(stop) = seen(self.lookout.as_mut()) => Happening::Stop(stop),
            () = tokio::time::sleep_until(tick) => Happening::Tick,
        }
    }

    /// Takes one thing in. Must not be dropped half-way: what is put on record must also be told.
    pub(super) async fn take_in(&mut self, happening: Happening) -> Result<(), RecordError> {
        match happening {
            Happening::Message(step, message) => self.take_message(step, message).await,
            Happening::Request(request) => self.take_request(request).await,
            Happening::Ended(Some((step, attempt, result))) => self.take_end(step, attempt, result).await,
            Happening::Ended(None) => {
                // A panic in a step is a bug of ours: the step stays under way on record, and is resolved on resume.
                self.ending = Some((SessionEnd::UnknownEffect, None, Some("a step panicked".to_owned())));
                Ok(())
            }
            Happening::Told(told) => told,
            Happening::Stop(stop) => self.stop_drill(stop).await,
            Happening::Tick => {
                self.call_silent();
                Ok(())
            }
        }
    }

    /// Tells of running steps that have been silent for long, once for each such span.
    pub(super) fn call_silent(&mut self) {
        let now = Instant::now();
        for (step, heard) in &mut self.heard {
            let span = self.performer.silence(step).unwrap_or(SILENT).max(TICK);
            let quiet = now.duration_since(heard.last);
            if now.duration_since(heard.told) >= span {
                heard.told = now;
                self.recorder.progress(Progress::Silent { step: step.clone(), seconds: quiet.as_secs() });
            }
        }
    }

    pub(super) async fn take_message(&mut self, step: StepId, message: AttemptMessage) -> Result<(), RecordError> {
        if let Some(heard) = self.heard.get_mut(&step) {
            *heard = Heard::now();
        }
        match message {
            AttemptMessage::Progress(progress) => {
                self.recorder.tell_posted().await?;
                self.recorder.progress(progress);
            }
            AttemptMessage::Ask { question, reply } => self.waiting.push_back((*question, reply)),
            AttemptMessage::Intend { effect, reply } => {
                let state = self.recorder.state().step(&step).clone();
                let n = u32::try_from(state.effects.iter().filter(|known| known.attempt == state.attempt).count())
                    .unwrap_or(u32::MAX)
                    + 1;
                let token = effect.wants_token.then(|| self.token(&step, &state, n, &effect.call));
                self.recorder
                    .record(EventKind::EffectIntended {
                        step,
                        attempt: state.attempt,
                        n,
                        call: effect.call,
                        token: token.clone(),
                        account: effect.account,
                        region: effect.region,
                        target: effect.target,
                    })
                    .await?;
                // It is on the disk; an attempt that is gone will find it so on resume.
                drop(reply.send(Intent { attempt: state.attempt, n, token, lets_in: None }));
            }
            AttemptMessage::Settle { attempt, n, result, request_id, detail, last, reply } => {
                let event = EventKind::EffectSettled { step, attempt, n, result, request_id, detail };
                if last {
                    self.recorder.hold(event)?;
                } else {
                    self.recorder.record(event).await?;
                }
                // It is on record, or goes on record before anybody is told, whoever still listens.
                let _ = reply.send(());
            }
            AttemptMessage::Change { index, look, values, trouble, hold, requests } => {
                let attempt = self.recorder.state().step(&step).attempt;
                let event = EventKind::LookChanged { step, attempt, index, look, values, trouble, hold, requests };
                self.recorder.record(event).await?;
            }
            AttemptMessage::Capture { captured, reply } => {
                let attempt = self.recorder.state().step(&step).attempt;
                self.recorder.record(EventKind::Captured { step, attempt, captured: *captured }).await?;
                // An attempt that is gone has changed nothing.
                let _ = reply.send(());
            }
            AttemptMessage::RunOn { ran, reply } => self.run_on(step, *ran, reply).await?,
            AttemptMessage::Item { index, item, outcome, failure } => {
                let attempt = self.recorder.state().step(&step).attempt;
                self.recorder.record(EventKind::ItemSettled { step, attempt, index, item, outcome, failure }).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn take_request(&mut self, request: Request) -> Result<(), RecordError> {
        match request {
            Request::Interrupt(signal) => {
                let stopping = self.recorder.state().interrupted;
                self.recorder.record(EventKind::Interrupted { signal: signal.to_owned(), stopping }).await?;
                self.cancel.leave();
                if stopping {
                    // The second time they are stopped, the third time ended at once.
                    self.cancel.cancel();
                }
            }
            Request::Hangup => self.terminal_lost = true,
        }
        Ok(())
    }

    /// Ends a step whose `when` is false. A `when` that cannot be evaluated is a failed attempt.
    pub(super) async fn skip_by_condition(&mut self, id: &StepId) -> Result<bool, RecordError> {
        if self.recorder.state().step(id).attempt > 0 {
            return Ok(false);
        }
        let condition = self.performer.condition(id, &self.ended.borrow());
        match condition {
            Ok(None) => Ok(false),
            Ok(Some(reason)) => {
                self.leave_out(id.clone(), Some(reason)).await?;
                Ok(true)
            }
            Err(failure) => {
                self.recorder.record(EventKind::StepStarted { step: id.clone(), attempt: 1 }).await?;
                let (artifacts, requests) = (Vec::new(), Vec::new());
                let step = id.clone();
                let event =
                    EventKind::AttemptFailed { step, attempt: 1, failure, retry_in_ms: None, artifacts, requests };
                self.recorder.record(event).await?;
                Ok(true)
            }
        }
    }

    /// Skips a step by the operator's word: a deviation.
    pub(super) async fn skip(&mut self, id: StepId, reason: String) -> Result<(), RecordError> {
        self.recorder
            .record(EventKind::Deviation {
                what: DeviationKind::Skipped,
                step: Some(id.clone()),
                reason: reason.clone(),
            })
            .await?;
        self.leave_out(id, Some(reason)).await
    }

    pub(super) async fn leave_out(&mut self, id: StepId, reason: Option<String>) -> Result<(), RecordError> {
        self.finish_step(id, Judged { reason, ..Judged::of(Outcome::Skipped) }, AfterStep::Continue).await
    }

    pub(super) async fn finish_step(&mut self, id: StepId, judged: Judged, then: AfterStep) -> Result<(), RecordError> {
        let Judged { outcome, failure, reason, outputs, artifacts, requests, shared: _, stays } = judged;
        self.ended.borrow_mut().insert(id.clone(), (outcome, outputs.clone()));
        let plan = Rc::clone(&self.plan);
        let excuse = plan.step(&id).and_then(|step| step.excuse.as_ref()).filter(|_| outcome == Outcome::Failed);
        if let Some(Excuse { what, reason }) = excuse {
            let (what, step, reason) = (*what, Some(id.clone()), reason.clone());
            self.recorder.post(EventKind::Deviation { what, step, reason }).await?;
        }
        let restored = outcome.satisfies()
            && outcome != Outcome::Skipped
            && plan.is_drill()
            && plan.step(&id).is_some_and(|step| step.measures == Some(Measure::Restore));
        let restored = restored.then(|| id.clone());
        self.recorder
            .post(EventKind::StepFinished {
                step: id,
                outcome,
                failure,
                reason,
                outputs,
                artifacts,
                requests,
                stays,
                then,
            })
            .await?;
        match restored {
            Some(step) => self.moment(DrillMoment::Restored, None, Some(step)).await,
            None => Ok(()),
        }
    }

    pub(super) async fn start(&mut self, steps: Vec<StepId>, operator: &mut impl Operator) -> Result<(), RecordError> {
        for id in steps {
            if let Some(at) = self.retry_at.get(&id).copied() {
                if self.sleep_until(at).await? {
                    return Ok(());
                }
                self.retry_at.remove(&id);
            }
            if !self.skip_by_condition(&id).await? {
                self.start_attempt(&id, operator).await?;
            }
        }
        Ok(())
    }

    /// Of the steps that may begin, those that there is a place for; none when something else happened while one was waited
    /// for.
    async fn take_places(&mut self, mut steps: Vec<StepId>) -> Result<Vec<StepId>, RecordError> {
        let Some(places) = self.places.clone() else { return Ok(steps) };
        while self.taken.len() < steps.len() {
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { break };
            self.taken.push(place);
        }
        if self.taken.is_empty() {
            let waited = tokio::select! {
                biased;
                happening = self.next() => Err(happening),
                place = places.acquire_owned() => Ok(place),
            };
            match waited {
                Err(happening) => self.take_in(happening).await?,
                Ok(place) => self.taken.extend(place.ok()),
            }
        }
        steps.truncate(self.taken.len());
        Ok(steps)
    }

    /// Begins the next attempt at a step, once it is approved in this session.
    pub(super) async fn start_attempt(&mut self, id: &StepId, operator: &mut impl Operator) -> Result<(), RecordError> {
        let plan = Rc::clone(&self.plan);
        let Some(step) = plan.step(id) else { return Ok(()) };
        // To wait for what an earlier session began changes nothing.
        let waits = self.recorder.state().step(id).last_effects().any(|it| it.result == Some(EffectResult::UnderWay));
        if !waits && !self.approved(step, operator).await? {
            return Ok(());
        }
        let attempt = self.recorder.state().step(id).attempt + 1;
        let started = EventKind::StepStarted { step: id.clone(), attempt };
        if step.actor == Actor::Person {
            self.recorder.record(started).await?;
            return self.ask_person(id, attempt, operator).await;
        }
        let task = self.task(id, attempt);
        let performer = Rc::clone(&self.performer);
        let id = id.clone();
        let place = self.taken.pop();
        self.heard.insert(id.clone(), Heard::now());
        // It prepares itself while its record is written; to change anything it needs the engine's leave, which comes after.
        self.tasks.spawn_local(async move {
            let ended = performer.attempt(task).await;
            drop(place);
            (id, attempt, ended)
        });
        self.recorder.post(started).await
    }

    pub(super) fn task(&self, id: &StepId, attempt: u32) -> Task {
        Task {
            step: id.clone(),
            attempt,
            ended: Rc::clone(&self.ended),
            earlier: self.recorder.state().step(id).effects.clone(),
            undone: self.undone(id),
            forward_until: self.recorder.state().turned_after(),
            line: self.line.clone(),
            cancel: self.cancelled.clone(),
        }
    }

    /// The effects of the steps that a step undoes, oldest first.
    pub(super) fn undone(&self, id: &StepId) -> Vec<EffectState> {
        let undoes = self.plan.step(id).into_iter().flat_map(|step| &step.undoes);
        undoes.flat_map(|undone| self.recorder.state().step(undone).effects.clone()).collect()
    }

    /// Waits before a repeated attempt; true when something came in between that may change the decision.
    pub(super) async fn sleep_until(&mut self, at: Instant) -> Result<bool, RecordError> {
        while Instant::now() < at {
            let happening = tokio::select! {
                () = tokio::time::sleep_until(at) => break,
                happening = self.next() => happening,
            };
            self.take_in(happening).await?;
            if self.recorder.state().interrupted || self.ending.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A step that a person does.
    pub(super) async fn ask_person(
        &mut self,
        id: &StepId,
        attempt: u32,
        operator: &mut impl Operator,
    ) -> Result<(), RecordError> {
        let question = self.performer.question(id, &self.ended.borrow());
        let mut question = match question {
            Ok(question) => question,
            Err(failure) => return self.take_end(id.clone(), attempt, Ok(Judged::failed(failure))).await,
        };
        loop {
            let Some(answer) = self.decide(question.clone(), operator).await? else { return Ok(()) };
            match self.performer.judge_answer(id, &answer) {
                Ok(judged) => return self.take_end(id.clone(), attempt, Ok(judged)).await,
                Err(problem) if matches!(answer.from, AnswerSource::File { .. }) => {
                    let none = NoAnswer::DoesNotFit { question: question.id.clone(), why: problem };
                    self.suspend(&question, &none);
                    return Ok(());
                }
                Err(problem) => question.problem = Some(problem),
            }
        }
    }

    /// Takes in how an attempt ended.
    pub(super) async fn take_end(
        &mut self,
        id: StepId,
        attempt: u32,
        result: Result<Judged, StepStop>,
    ) -> Result<(), RecordError> {
        // What the attempt said last may still be on the line.
        while let Ok((step, message)) = self.messages.try_recv() {
            Box::pin(self.take_message(step, message)).await?;
        }
        self.heard.remove(&id);
        self.behind.remove(&id);
        let judged = match result {
            Ok(judged) => judged,
            Err(StepStop::Declined { reason }) => {
                let judged = Judged { reason, ..Judged::of(Outcome::Declined) };
                return self.finish_step(id, judged, AfterStep::Stop).await;
            }
            Err(StepStop::Skipped { reason }) => return self.skip(id, reason).await,
            Err(StepStop::Aborted) => {
                let judged =
                    Judged { reason: Some("aborted by the operator".to_owned()), ..Judged::of(Outcome::Declined) };
                return self.finish_step(id, judged, AfterStep::Stop).await;
            }
            // A drill does not end there: what it made is removed first.
            Err(StepStop::Left) if self.plan.is_drill() => {
                let stop = self.recorder.state().drill.stopped.as_ref();
                let reason = Some(stop.map_or_else(|| "left by the operator".to_owned(), |stop| stop.what.clone()));
                let judged = Judged { reason, ..Judged::of(Outcome::Declined) };
                return self.finish_step(id, judged, AfterStep::Stop).await;
            }
            Err(StepStop::Left) => {
                self.ending.get_or_insert((SessionEnd::Interrupted, None, None));
                return Ok(());
            }
            // The session is ending; the step stays under way, and is taken up on resume.
            Err(StepStop::NoAnswer(_) | StepStop::EngineGone) => return Ok(()),
        };
        match judged.outcome {
            Outcome::Passed | Outcome::Warned | Outcome::Skipped => {
                self.finish_step(id, judged, AfterStep::Continue).await
            }
            Outcome::Failed | Outcome::Unknown | Outcome::Declined => self.take_failure(id, attempt, judged).await,
        }
    }

    pub(super) async fn take_failure(&mut self, id: StepId, attempt: u32, judged: Judged) -> Result<(), RecordError> {
        let failure = judged
            .failure
            .unwrap_or_else(|| Failure::new(FailureKind::Lost, format!("it ended as {}", judged.outcome)));
        let plan = Rc::clone(&self.plan);
        let settled = self.recorder.state().step(&id).unsettled().next().is_none();
        let again = plan.step(&id).and_then(|step| {
            let may = settled || step.on_unknown == Some(OnUnknown::RunAgain);
            let person = step.actor == Actor::Person;
            if may && !person && !self.recorder.state().interrupted { step.retry.delay_after(attempt) } else { None }
        });
        if let Some(delay) = again {
            self.retry_at.insert(id.clone(), Instant::now() + delay);
        } else if !settled {
            self.used_up.insert(id.clone());
        }
        let retry_in_ms = again.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        let (artifacts, requests) = (judged.artifacts, judged.requests);
        let failed = EventKind::AttemptFailed { step: id, attempt, failure, retry_in_ms, artifacts, requests };
        self.recorder.record(failed).await
    }
}
