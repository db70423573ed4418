//! The loop: one decision at a time, one event at a time.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::engine::attempt::Judged;
use crate::engine::performer::{Ended, Identity, Performer, Task};
use crate::engine::recorder::{RecordError, Recorder};
use crate::engine::schedule::{self, Decision};
use crate::engine::{questions, verdict};
use crate::event::{
    AfterStep, Answer, AnswerSource, Ask, Choice, DeviationKind, EventKind, EvidenceNeed, Failure, FailureKind,
    IdentityReason, Outcome, Progress, Question, SessionEnd, Verdict,
};
use crate::id::{Phase, RunId, StepId};
use crate::plan::{Actor, Plan, PlannedStep, undo_order};
use crate::step::{
    AttemptMessage, Cancel, CancelHandle, Confirmation, Intent, NoAnswer, OnUnknown, Operator, StepStop,
};

/// After how long without a sign of life a running step is called silent, and how often again.
const SILENT: Duration = Duration::from_mins(1);

/// What comes from outside while a run goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Request {
    /// Ctrl-C (SIGINT) or SIGTERM: the first time no new step, the second time the running one is stopped.
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
    pub identity: Option<Identity>,
    /// Deviations that were decided before the run: `--skip`, `--only`, an accepted change.
    pub deviations: Vec<(DeviationKind, Option<StepId>, String)>,
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

type AttemptEnd = (StepId, u32, Result<Judged, StepStop>);

/// One session of a run.
pub struct Engine<P> {
    pub(crate) plan: Rc<Plan>,
    /// What makes this run's client tokens its own: the run's id.
    pub(crate) seed: String,
    pub(crate) performer: Rc<P>,
    pub(crate) recorder: Recorder,
    pub(crate) ended: Rc<Ended>,
    pub(crate) line: mpsc::UnboundedSender<(StepId, AttemptMessage)>,
    messages: mpsc::UnboundedReceiver<(StepId, AttemptMessage)>,
    requests: mpsc::UnboundedReceiver<Request>,
    tasks: JoinSet<AttemptEnd>,
    cancel: CancelHandle,
    pub(crate) cancelled: Cancel,
    /// When a failed attempt is repeated.
    retry_at: BTreeMap<StepId, Instant>,
    /// When a running step was last heard of, and last called silent.
    heard: BTreeMap<StepId, Instant>,
    /// Questions of steps that wait their turn.
    waiting: VecDeque<(Question, oneshot::Sender<Result<Answer, NoAnswer>>)>,
    /// The session ends as soon as nothing runs.
    pub(crate) ending: Option<(SessionEnd, Option<String>, Option<String>)>,
    terminal_lost: bool,
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
            ended: Rc::new(ended),
            line,
            messages,
            requests,
            tasks: JoinSet::new(),
            cancel,
            cancelled,
            retry_at: BTreeMap::new(),
            heard: BTreeMap::new(),
            waiting: VecDeque::new(),
            ending: None,
            terminal_lost: false,
        }
    }

    /// Carries the run on until it is over, or stops at something that only a person can settle. Must be called within a
    /// `LocalSet`.
    pub async fn run(mut self, sitting: Sitting, operator: &mut impl Operator) -> Result<RunEnd, EngineError> {
        let result = self.carry_on(sitting, operator).await;
        if result.is_err() {
            // Nothing can be recorded, so nothing new may begin; what was begun is left to end by itself.
            while self.tasks.join_next().await.is_some() {}
        }
        Ok(result?)
    }

    async fn carry_on(&mut self, sitting: Sitting, operator: &mut impl Operator) -> Result<RunEnd, RecordError> {
        self.begin(sitting).await?;
        loop {
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
            match schedule::next(&self.plan, self.recorder.state()) {
                Decision::Wait => self.happen().await?,
                Decision::Start(steps) => self.start(steps, operator).await?,
                Decision::EnterPhase(phase) => self.recorder.record(EventKind::PhaseStarted { phase }).await?,
                Decision::LeavePhase(phase) => self.recorder.record(EventKind::PhaseFinished { phase }).await?,
                Decision::ReadyPhase(phase) => {
                    let question = questions::ready_phase(phase, self.person_items(phase));
                    self.decide(question, operator).await?;
                }
                Decision::CompletePhase(phase) => {
                    self.decide(questions::complete_phase(phase), operator).await?;
                }
                Decision::ApprovePhase(phase) => self.approve_phase(phase, operator).await?,
                Decision::ApproveStep(step) => self.approve_step(&step, operator).await?,
                Decision::LeaveOut(step, reason) => self.leave_out(step, Some(reason)).await?,
                Decision::Resolve(step) => self.resolve(&step, operator).await?,
                Decision::AfterFailure(step) => self.after_failure(&step, operator).await?,
                Decision::BeginRollback(step) => self.begin_rollback(&step, operator).await?,
                Decision::Suspend => self.ending = Some((SessionEnd::Interrupted, None, None)),
                Decision::Finish => return self.finish().await,
            }
        }
    }

    async fn begin(&mut self, sitting: Sitting) -> Result<(), RecordError> {
        let resumed = self.recorder.state().session > 0;
        self.recorder
            .record(EventKind::SessionStarted {
                user: sitting.user,
                host: sitting.host,
                tool: env!("CARGO_PKG_VERSION").to_owned(),
                pid: std::process::id(),
                terminal: sitting.terminal,
                plan: self.plan.digest.clone(),
            })
            .await?;
        if let Some(identity) = sitting.identity {
            let why = if resumed { IdentityReason::Resume } else { IdentityReason::Start };
            self.verified(identity, why).await?;
        }
        for (what, step, reason) in sitting.deviations {
            self.recorder.record(EventKind::Deviation { what, step, reason }).await?;
        }
        Ok(())
    }

    async fn verified(&mut self, identity: Identity, why: IdentityReason) -> Result<(), RecordError> {
        let Identity { account, region, arn, emulator, request_id } = identity;
        self.recorder.record(EventKind::IdentityVerified { why, account, region, arn, emulator, request_id }).await
    }

    async fn end_session(
        &mut self,
        (end, waits_for, why): (SessionEnd, Option<String>, Option<String>),
    ) -> Result<RunEnd, RecordError> {
        self.recorder.record(EventKind::SessionEnded { end, waits_for: waits_for.clone() }).await?;
        let verdict = match end {
            SessionEnd::Finished => verdict(&self.plan, self.recorder.state()),
            SessionEnd::Interrupted | SessionEnd::TerminalLost => Verdict::Interrupted,
            SessionEnd::NeedsPerson => Verdict::NeedsPerson,
            SessionEnd::UnknownEffect => Verdict::Stuck,
            SessionEnd::Refused => Verdict::Guarded,
        };
        Ok(RunEnd { verdict, waits_for, why })
    }

    async fn finish(&mut self) -> Result<RunEnd, RecordError> {
        let verdict = verdict(&self.plan, self.recorder.state());
        self.recorder.record(EventKind::RunFinished { verdict, code: verdict.exit_code() }).await?;
        Ok(RunEnd { verdict, waits_for: None, why: None })
    }

    /// Waits for one thing to happen, and takes it in.
    async fn happen(&mut self) -> Result<(), RecordError> {
        let tick = Instant::now() + Duration::from_secs(5);
        tokio::select! {
            // Messages first: an attempt's last words come before its end.
            biased;
            Some((step, message)) = self.messages.recv() => self.take_message(step, message).await,
            Some(request) = self.requests.recv() => self.take_request(request).await,
            Some(ended) = self.tasks.join_next() => {
                if let Ok((step, attempt, result)) = ended {
                    return self.take_end(step, attempt, result).await;
                }
                // A panic in a step is a bug of ours: the step stays under way on record, and is resolved on resume.
                self.ending = Some((SessionEnd::UnknownEffect, None, Some("a step panicked".to_owned())));
                Ok(())
            }
            () = tokio::time::sleep_until(tick) => {
                self.call_silent();
                Ok(())
            }
        }
    }

    fn call_silent(&mut self) {
        let now = Instant::now();
        let running: Vec<StepId> = self
            .heard
            .iter()
            .filter(|(_, heard)| now.duration_since(**heard) >= SILENT)
            .map(|(step, _)| step.clone())
            .collect();
        for step in running {
            let seconds = self.heard.get(&step).map_or(0, |heard| now.duration_since(*heard).as_secs());
            self.recorder.progress(Progress::Silent { step, seconds });
        }
    }

    async fn take_message(&mut self, step: StepId, message: AttemptMessage) -> Result<(), RecordError> {
        if let Some(heard) = self.heard.get_mut(&step) {
            *heard = Instant::now();
        }
        match message {
            AttemptMessage::Progress(progress) => self.recorder.progress(progress),
            AttemptMessage::Ask { question, reply } => self.waiting.push_back((*question, reply)),
            AttemptMessage::Intend { effect, reply } => {
                let state = self.recorder.state().step(&step);
                let n = u32::try_from(state.effects.iter().filter(|known| known.attempt == state.attempt).count())
                    .unwrap_or(u32::MAX)
                    + 1;
                let token = effect.wants_token.then(|| self.token(&step, &state, n));
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
                drop(reply.send(Intent { n, token }));
            }
            AttemptMessage::Settle { n, result, request_id, detail, reply } => {
                let attempt = self.recorder.state().step(&step).attempt;
                self.recorder.record(EventKind::EffectSettled { step, attempt, n, result, request_id, detail }).await?;
                // It is on the disk, whoever still listens.
                let _ = reply.send(());
            }
            AttemptMessage::Item { index, item, outcome, failure } => {
                let attempt = self.recorder.state().step(&step).attempt;
                self.recorder.record(EventKind::ItemSettled { step, attempt, index, item, outcome, failure }).await?;
            }
        }
        Ok(())
    }

    async fn take_request(&mut self, request: Request) -> Result<(), RecordError> {
        match request {
            Request::Interrupt(signal) => {
                let stopping = self.recorder.state().interrupted;
                self.recorder.record(EventKind::Interrupted { signal: signal.to_owned(), stopping }).await?;
                if stopping {
                    self.cancel.cancel();
                }
            }
            Request::Hangup => self.terminal_lost = true,
        }
        Ok(())
    }

    /// Puts a question on record and waits for its answer; meanwhile the rest goes on.
    pub(crate) async fn ask(
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

    async fn ask_once(
        &mut self,
        question: &Question,
        operator: &mut impl Operator,
    ) -> Result<Result<Answer, NoAnswer>, RecordError> {
        if self.recorder.state().question.is_none() {
            self.recorder.record(EventKind::Asked { question: question.clone() }).await?;
        }
        if self.terminal_lost {
            return Ok(Err(NoAnswer::TerminalLost { question: question.id.clone() }));
        }
        let asking = operator.ask(question);
        tokio::pin!(asking);
        loop {
            tokio::select! {
                biased;
                answer = &mut asking => return Ok(answer),
                happened = self.happen() => happened?,
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
    fn complete(&self, question: &Question, answer: &mut Answer) -> Result<(), String> {
        if !question.choices.contains(&answer.choice) {
            let choices: Vec<&str> = question.choices.iter().map(|choice| choice.as_str()).collect();
            return Err(format!("`{}` is no answer here; choose one of {}", answer.choice, choices.join(", ")));
        }
        let says_why = answer.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
        if answer.choice.needs_reason() && !says_why {
            return Err(format!("`{}` needs a reason", answer.choice));
        }
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
    fn suspend(&mut self, question: &Question, none: &NoAnswer) {
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
    pub(crate) async fn decide(
        &mut self,
        question: Question,
        operator: &mut impl Operator,
    ) -> Result<Option<Answer>, RecordError> {
        Ok(self.ask(&question, operator).await?.ok())
    }

    /// An answer that the policy gives, because nobody is asked.
    pub(crate) async fn answer_by_policy(
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

    fn person_items(&self, phase: Phase) -> Vec<String> {
        self.plan
            .of_phase(phase)
            .filter(|step| step.actor == Actor::Person && step.left_out.is_none())
            .map(|step| self.performer.title(&step.id))
            .collect()
    }

    async fn approve_phase(&mut self, phase: Phase, operator: &mut impl Operator) -> Result<(), RecordError> {
        let writes = self
            .plan
            .of_phase(phase)
            .filter(|step| step.effect.changes_target() && step.left_out.is_none())
            .filter(|step| self.recorder.state().step(&step.id).outcome().is_none())
            .map(|step| self.performer.title(&step.id))
            .collect();
        let typed = if self.plan.phase_confirmation == Confirmation::Type { self.performer.typed() } else { None };
        self.decide(questions::approve_phase(phase, writes, typed), operator).await?;
        Ok(())
    }

    async fn approve_step(&mut self, id: &StepId, operator: &mut impl Operator) -> Result<(), RecordError> {
        let plan = Rc::clone(&self.plan);
        let Some(step) = plan.step(id) else { return Ok(()) };
        if self.skip_by_condition(id).await? {
            return Ok(());
        }
        let typed = if step.confirmation == Confirmation::Type { self.performer.typed() } else { None };
        let detail = self.performer.describe(id, &self.ended);
        let question = questions::approve_step(step, &self.performer.title(id), detail, typed);
        if let Some(answer) = self.decide(question, operator).await?
            && answer.choice == Choice::Skip
        {
            self.skip(id.clone(), answer.reason.unwrap_or_default()).await?;
        }
        Ok(())
    }

    /// Ends a step whose `when` is false. A `when` that cannot be evaluated is a failed attempt.
    async fn skip_by_condition(&mut self, id: &StepId) -> Result<bool, RecordError> {
        if self.recorder.state().step(id).attempt > 0 {
            return Ok(false);
        }
        match self.performer.condition(id, &self.ended) {
            Ok(None) => Ok(false),
            Ok(Some(reason)) => {
                self.leave_out(id.clone(), Some(reason)).await?;
                Ok(true)
            }
            Err(failure) => {
                self.recorder.record(EventKind::StepStarted { step: id.clone(), attempt: 1 }).await?;
                let event = EventKind::AttemptFailed { step: id.clone(), attempt: 1, failure, retry_in_ms: None };
                self.recorder.record(event).await?;
                Ok(true)
            }
        }
    }

    /// Skips a step by the operator's word: a deviation.
    pub(crate) async fn skip(&mut self, id: StepId, reason: String) -> Result<(), RecordError> {
        self.recorder
            .record(EventKind::Deviation {
                what: DeviationKind::Skipped,
                step: Some(id.clone()),
                reason: reason.clone(),
            })
            .await?;
        self.leave_out(id, Some(reason)).await
    }

    async fn leave_out(&mut self, id: StepId, reason: Option<String>) -> Result<(), RecordError> {
        self.finish_step(id, Judged { reason, ..Judged::of(Outcome::Skipped) }, AfterStep::Continue).await
    }

    pub(crate) async fn finish_step(&mut self, id: StepId, judged: Judged, then: AfterStep) -> Result<(), RecordError> {
        let Judged { outcome, failure, reason, outputs, artifacts } = judged;
        Rc::make_mut(&mut self.ended).insert(id.clone(), (outcome, outputs.clone()));
        self.recorder
            .record(EventKind::StepFinished { step: id, outcome, failure, reason, outputs, artifacts, then })
            .await
    }

    async fn start(&mut self, steps: Vec<StepId>, operator: &mut impl Operator) -> Result<(), RecordError> {
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

    /// Begins the next attempt at a step, once it is approved in this session.
    pub(crate) async fn start_attempt(&mut self, id: &StepId, operator: &mut impl Operator) -> Result<(), RecordError> {
        let plan = Rc::clone(&self.plan);
        let Some(step) = plan.step(id) else { return Ok(()) };
        if !self.approved(step, operator).await? {
            return Ok(());
        }
        let attempt = self.recorder.state().step(id).attempt + 1;
        self.recorder.record(EventKind::StepStarted { step: id.clone(), attempt }).await?;
        if step.actor == Actor::Person {
            return self.ask_person(id, attempt, operator).await;
        }
        let task = self.task(id, attempt);
        let performer = Rc::clone(&self.performer);
        let id = id.clone();
        self.heard.insert(id.clone(), Instant::now());
        self.tasks.spawn_local(async move { (id, attempt, performer.attempt(task).await) });
        Ok(())
    }

    /// Has a write approved that was not approved in this session: a resumed run asks again.
    async fn approved(&mut self, step: &PlannedStep, operator: &mut impl Operator) -> Result<bool, RecordError> {
        if !step.effect.changes_target() || step.phase == Phase::Rollback {
            return Ok(true);
        }
        let session = Some(self.recorder.state().session);
        let by_phase = self.plan.phase_confirmation != Confirmation::Never;
        if by_phase && self.recorder.state().phase(step.phase).approved_in != session {
            self.approve_phase(step.phase, operator).await?;
            if self.recorder.state().phase(step.phase).approved_in != session {
                return Ok(false);
            }
        }
        if schedule::needs_approval(step) && self.recorder.state().step(&step.id).approved_in != session {
            self.approve_step(&step.id, operator).await?;
            return Ok(self.recorder.state().step(&step.id).approved_in == session);
        }
        Ok(true)
    }

    pub(crate) fn task(&self, id: &StepId, attempt: u32) -> Task {
        Task {
            step: id.clone(),
            attempt,
            ended: Rc::clone(&self.ended),
            earlier: self.recorder.state().step(id).effects,
            line: self.line.clone(),
            cancel: self.cancelled.clone(),
        }
    }

    /// Waits before a repeated attempt; true when something came in between that may change the decision.
    async fn sleep_until(&mut self, at: Instant) -> Result<bool, RecordError> {
        while Instant::now() < at {
            tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                happened = self.happen() => happened?,
            }
            if self.recorder.state().interrupted || self.ending.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A step that a person does.
    async fn ask_person(&mut self, id: &StepId, attempt: u32, operator: &mut impl Operator) -> Result<(), RecordError> {
        let mut question = match self.performer.question(id, &self.ended) {
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
    async fn take_end(
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

    async fn take_failure(&mut self, id: StepId, attempt: u32, judged: Judged) -> Result<(), RecordError> {
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
        }
        let retry_in_ms = again.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        self.recorder.record(EventKind::AttemptFailed { step: id, attempt, failure, retry_in_ms }).await
    }

    async fn begin_rollback(&mut self, cause: &StepId, operator: &mut impl Operator) -> Result<(), RecordError> {
        let steps = undo_order(&self.plan, self.recorder.state());
        let cause_text = format!("`{cause}` did not end well");
        let titles: Vec<String> = steps.iter().map(|step| self.performer.title(step)).collect();
        // The operator who chose to roll back has confirmed it.
        let confirmed = self.recorder.state().step(cause).roll_back || steps.is_empty();
        if !confirmed {
            let typed = if self.plan.phase_confirmation == Confirmation::Type { self.performer.typed() } else { None };
            let question = questions::begin_rollback(&cause_text, titles, typed);
            if operator.can_answer(&question) {
                let answer = self.decide(question, operator).await?;
                if answer.is_none_or(|answer| answer.choice != Choice::Yes) {
                    return Ok(());
                }
            } else {
                self.answer_by_policy(question, Choice::Yes, "the runbook says on_failure = \"rollback\"").await?;
            }
        }
        self.recorder.record(EventKind::RollbackStarted { cause: cause_text, steps }).await
    }

    /// Reads the credentials anew, after the operator logged in elsewhere. False: refused, the session ends.
    pub(crate) async fn log_in(&mut self, id: &StepId, operator: &mut impl Operator) -> Result<bool, RecordError> {
        let account = self.performer.typed().unwrap_or_default();
        let Some(answer) = self.decide(questions::log_in(id, &account), operator).await? else { return Ok(false) };
        if answer.choice != Choice::Yes {
            return Ok(false);
        }
        match self.performer.identify(IdentityReason::Credentials).await {
            Ok(Some(identity)) => {
                self.verified(identity, IdentityReason::Credentials).await?;
                Ok(true)
            }
            Ok(None) => Ok(true),
            Err(refusal) => {
                let (guard, message, remedy) = (refusal.guard, refusal.message, refusal.remedy);
                self.ending = Some((SessionEnd::Refused, None, Some(message.clone())));
                self.recorder.record(EventKind::GuardRefused { guard, message, remedy }).await?;
                Ok(false)
            }
        }
    }
}
