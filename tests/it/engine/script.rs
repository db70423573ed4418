//! Steps that do what a script says to a world that remembers, and an operator who tells the truth about it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use checkride::engine::{Ended, Engine, Judged, Opening, Performer, Recorder, Request, RunEnd, Sitting, Task};
use checkride::event::{
    Answer, AnswerSource, Ask, Attachment, Choice, EffectResult, EffectState, Event, EventSink, Failure, FailureKind,
    IdentityReason, Need, Outcome, Progress, Question, RunHeader, RunState, WayBack,
};
use checkride::id::{Phase, Places, RunId, StepId};
use checkride::journal::{Mark, MemoryJournal, ResumePoint, Writer, read_bytes};
use checkride::plan::{Actor, Objectives, Plan, PlannedStep, groups};
use checkride::step::{
    Accepted, AttemptMessage, Confirmation, Effect, Intent, NewEffect, NoAnswer, OnFailure, OnUnknown, Operator,
    Probed, Ran, Refused, Retry, StepStop,
};
use checkride::world::clock::Clock;
use checkride::world::secret::Redactor;
use secrecy::SecretString;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::LocalSet;

/// How a scripted step fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fails {
    Never,
    /// The first try is refused; it has a second one.
    Once,
    /// Every try is refused: nothing happens.
    Always,
    /// It happens, and then the step fails all the same.
    AfterEffect,
}

/// One scripted step.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) planned: PlannedStep,
    pub(super) fails: Fails,
    /// How many items of a list it tells of.
    pub(super) items: u32,
    /// Nothing can be asked about its effects.
    pub(super) silent: bool,
    /// An undo step: what it will need, whatever it undoes.
    pub(super) will_need: Vec<Need>,
    /// It is not run: its `when` is false.
    pub(super) when_false: bool,
    /// A read that finds the world ill once anything has happened in it.
    pub(super) sickens: bool,
}

/// Builds runs in the words of the domain.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) steps: Vec<Script>,
    pub(super) phase_confirmation: Option<Confirmation>,
    pub(super) after_failure: Option<Choice>,
    pub(super) secret: Option<String>,
    /// `--break-glass`.
    pub(super) break_glass: bool,
    /// The operator presses Ctrl-C while an undo is looked at.
    pub(super) interrupts_rehearsal: bool,
}

impl Book {
    pub(super) fn step(mut self, phase: Phase, id: &str, actor: Actor) -> Self {
        let effect = match actor {
            Actor::Person => Effect::None,
            Actor::Read => Effect::Read,
            Actor::Write => Effect::Write,
        };
        self.steps.push(Script {
            planned: PlannedStep {
                id: StepId::new(id).unwrap(),
                phase,
                actor,
                effect,
                needs: Vec::new(),
                group: 0,
                after: Vec::new(),
                confirmation: Confirmation::Never,
                confirms_itself: false,
                on_failure: None,
                on_unknown: None,
                retry: Retry::default(),
                way_forward: None,
                undoes: Vec::new(),
                independent: false,
                steady: false,
                through: None,
                left_out: None,
                measures: None,
                excuse: None,
            },
            fails: Fails::Never,
            items: 0,
            silent: false,
            will_need: Vec::new(),
            when_false: false,
            sickens: false,
        });
        self
    }
    pub(super) fn checklist(self, id: &str) -> Self {
        self.step(Phase::Checklist, id, Actor::Person)
    }
    pub(super) fn deploy(self, id: &str) -> Self {
        self.step(Phase::Deploy, id, Actor::Write)
    }
    pub(super) fn verify(self, id: &str) -> Self {
        self.step(Phase::Verify, id, Actor::Read)
    }
    pub(super) fn undo(self, id: &str, of: &str) -> Self {
        let mut book = self.step(Phase::Rollback, id, Actor::Write);
        if !of.is_empty() {
            book.last().planned.undoes = vec![StepId::new(of).unwrap()];
        }
        book
    }
    fn last(&mut self) -> &mut Script {
        self.steps.last_mut().expect("a step comes first")
    }
    pub(super) fn fails(mut self, fails: Fails) -> Self {
        self.last().fails = fails;
        if fails == Fails::Once {
            self.last().planned.retry =
                Retry { attempts: 3, delay: std::time::Duration::from_millis(1), ..Retry::default() };
        }
        self
    }
    pub(super) fn items(mut self, items: u32) -> Self {
        self.last().items = items;
        self
    }
    /// Rollback: it shares nothing with its neighbours.
    pub(super) fn independent(mut self) -> Self {
        self.last().planned.independent = true;
        self
    }
    /// Verify: it is a probe of the steady state.
    pub(super) fn steady(mut self) -> Self {
        self.last().planned.steady = true;
        self
    }
    pub(super) fn sickens(mut self) -> Self {
        self.last().sickens = true;
        self
    }
    pub(super) fn silent(mut self) -> Self {
        self.last().silent = true;
        self
    }
    pub(super) fn will_need(mut self, need: Need) -> Self {
        self.last().will_need.push(need);
        self
    }
    pub(super) fn when_false(mut self) -> Self {
        self.last().when_false = true;
        self
    }
    pub(super) fn break_glass(mut self) -> Self {
        self.break_glass = true;
        self
    }
    pub(super) fn then(mut self, policy: OnFailure) -> Self {
        self.last().planned.on_failure = Some(policy);
        self
    }
    /// It goes on behind those that follow it, until this one has ended.
    pub(super) fn through(mut self, id: &str) -> Self {
        self.last().planned.through = Some(StepId::new(id).unwrap());
        self
    }
    pub(super) fn needs(mut self, id: &str) -> Self {
        self.last().planned.needs.push(StepId::new(id).unwrap());
        self
    }
    pub(super) fn on_unknown(mut self, policy: OnUnknown) -> Self {
        self.last().planned.on_unknown = Some(policy);
        self
    }
    pub(super) fn left_out(mut self, reason: &str) -> Self {
        self.last().planned.left_out = Some(reason.to_owned());
        self
    }
    pub(super) fn operator_says(mut self, choice: Choice) -> Self {
        self.after_failure = Some(choice);
        self
    }

    pub(super) fn plan(&self) -> Plan {
        let mut steps: Vec<PlannedStep> = Vec::new();
        for phase in Phase::ALL {
            let mut of_phase: Vec<PlannedStep> = self
                .steps
                .iter()
                .map(|script| script.planned.clone())
                .filter(|planned| planned.phase == phase)
                .collect();
            groups(&mut of_phase, |_| false, |_| BTreeSet::new());
            steps.extend(of_phase);
        }
        Plan {
            digest: "sha256:test".to_owned(),
            phases: vec![Phase::Checklist, Phase::Deploy, Phase::Verify],
            steps,
            do_confirm: Vec::new(),
            phase_confirmation: self.phase_confirmation.unwrap_or(Confirmation::Ask),
            drill: Objectives::default(),
            places: Places::default(),
        }
    }
}

/// What happened outside: it survives a crash.
#[derive(Debug, Default)]
pub(super) struct World {
    /// Each effect that happened: the step and the token that it came with. A token that comes again changes nothing.
    pub(super) done: RefCell<Vec<(StepId, String)>>,
    refused: RefCell<BTreeMap<StepId, u32>>,
    /// Each undo that was looked at ahead.
    pub(super) rehearsed: RefCell<Vec<String>>,
    /// The writes that are under way.
    writing: RefCell<Vec<StepId>>,
    /// Each set of writes that were under way together.
    pub(super) abreast: RefCell<BTreeSet<Vec<StepId>>>,
    /// What the operator was shown.
    pub(super) asked: RefCell<Vec<Question>>,
    /// How many more moments until the crash.
    left: Cell<Option<u32>>,
    crash: Notify,
}

impl World {
    pub(super) fn crash_at(&self, moment: u32) {
        self.left.set(Some(moment));
    }
    /// The machine is up again.
    pub(super) fn calm(&self) {
        self.left.set(None);
    }
    fn crashed(&self) -> bool {
        self.left.get() == Some(0)
    }
    /// A moment passes; at the last one everything stops.
    fn moment(&self) {
        match self.left.get() {
            Some(1) => {
                self.left.set(Some(0));
                self.crash.notify_one();
            }
            Some(0) | None => {}
            Some(n) => self.left.set(Some(n - 1)),
        }
    }
    async fn touch(&self) {
        self.moment();
        if self.crashed() {
            std::future::pending::<()>().await;
        }
    }
    fn happened(&self, step: &StepId) -> bool {
        self.done.borrow().iter().any(|(done, _)| done == step)
    }
    pub(super) fn effects(&self) -> Vec<String> {
        self.done.borrow().iter().map(|(step, _)| step.to_string()).collect()
    }
}

/// A write that is under way, until it ends or is killed.
struct Writing<'a>(&'a World, StepId);

impl<'a> Writing<'a> {
    fn new(world: &'a World, step: &StepId) -> Self {
        let mut writing = world.writing.borrow_mut();
        writing.push(step.clone());
        let mut together = writing.clone();
        together.sort();
        world.abreast.borrow_mut().insert(together);
        Self(world, step.clone())
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.writing.borrow_mut().retain(|step| *step != self.1);
    }
}

pub(super) struct Actors {
    world: Rc<World>,
    scripts: BTreeMap<StepId, Script>,
    /// Where a Ctrl-C goes, when one is pressed while an undo is looked at.
    interrupt: Option<mpsc::UnboundedSender<Request>>,
}

impl Actors {
    async fn write(&self, task: &Task, fails: Fails, goes_on: bool) -> Result<Judged, StepStop> {
        let writing = Writing::new(&self.world, &task.step);
        let (reply, leave) = oneshot::channel();
        let effect = NewEffect {
            call: "test:Change".to_owned(),
            target: task.step.to_string(),
            wants_token: true,
            account: None,
            region: None,
        };
        task.line.send((task.step.clone(), AttemptMessage::Intend { effect, reply })).unwrap();
        let Intent { attempt, n, token, lets_in: _ } = leave.await.map_err(|_| StepStop::EngineGone)?;
        self.world.touch().await;
        let refused = match fails {
            Fails::Never | Fails::AfterEffect => false,
            Fails::Always => true,
            Fails::Once => {
                let mut refused = self.world.refused.borrow_mut();
                let times = refused.entry(task.step.clone()).or_default();
                *times += 1;
                *times == 1
            }
        };
        let token = token.expect("a token was wanted");
        if !refused {
            let again = (task.step.clone(), token);
            if !self.world.done.borrow().contains(&again) {
                self.world.done.borrow_mut().push(again);
            }
        }
        self.world.touch().await;
        let result = if refused { EffectResult::Refused } else { EffectResult::Done };
        let (reply, done) = oneshot::channel();
        let message =
            AttemptMessage::Settle { attempt, n, result, request_id: None, detail: None, last: !goes_on, reply };
        task.line.send((task.step.clone(), message)).unwrap();
        done.await.map_err(|_| StepStop::EngineGone)?;
        drop(writing);
        if goes_on && !refused {
            let (reply, leave) = oneshot::channel();
            let message = AttemptMessage::RunOn { ran: Box::default(), reply };
            task.line.send((task.step.clone(), message)).unwrap();
            if let Ok(told) = leave.await {
                // Nothing is ever said: that the other end is gone says it.
                let _ = told.await;
            }
            self.world.touch().await;
        }
        if refused || fails == Fails::AfterEffect {
            return Ok(Judged::failed(Failure::new(FailureKind::Exit { code: 1 }, "it failed")));
        }
        Ok(Judged::of(Outcome::Passed))
    }
}

impl Performer for Actors {
    fn guide(&self, _: &StepId) -> Option<String> {
        None
    }

    fn title(&self, step: &StepId) -> String {
        step.to_string()
    }
    fn silence(&self, _: &StepId) -> Option<std::time::Duration> {
        None
    }
    fn condition(&self, step: &StepId, _: &Ended) -> Result<Option<String>, Failure> {
        Ok(self.scripts[step].when_false.then(|| "`when` is false".to_owned()))
    }
    fn question(&self, step: &StepId, _: &Ended) -> Result<Question, Failure> {
        let mut question =
            Question::new(step.as_str(), Ask::Confirm, step.as_str(), vec![Choice::Done, Choice::No, Choice::Abort]);
        question.step = Some(step.clone());
        Ok(question)
    }
    fn judge_answer(&self, _: &StepId, answer: &Answer) -> Result<Judged, String> {
        match answer.choice {
            Choice::Done => Ok(Judged::of(Outcome::Passed)),
            other => Err(format!("{other}?")),
        }
    }
    fn describe(&self, _: &StepId, _: &Ended, _: &[EffectState]) -> Vec<String> {
        Vec::new()
    }
    fn look_anew(&self) {}
    fn takes_over(&self, _: &StepId) -> bool {
        false
    }
    fn typed(&self) -> Option<String> {
        None
    }
    fn login(&self) -> Option<String> {
        None
    }
    fn attach(&self, attachment: Attachment) -> Result<Attachment, String> {
        Ok(attachment)
    }
    async fn attempt(&self, task: Task) -> Result<Judged, StepStop> {
        let script = &self.scripts[&task.step];
        self.world.touch().await;
        if script.planned.actor == Actor::Write {
            return self.write(&task, script.fails, script.planned.through.is_some()).await;
        }
        for index in 0..script.items {
            let (item, outcome) = (serde_json::json!(format!("item {index}")), Outcome::Passed);
            let message = AttemptMessage::Item { index, item, outcome, failure: None };
            task.line.send((task.step.clone(), message)).unwrap();
        }
        Ok(match script.fails {
            Fails::Never if script.sickens && !self.world.done.borrow().is_empty() => {
                Judged::failed(Failure::new(FailureKind::Expectation, "it does not hold any more"))
            }
            Fails::Never => Judged::of(Outcome::Passed),
            Fails::Once | Fails::Always | Fails::AfterEffect => {
                Judged::failed(Failure::new(FailureKind::Expectation, "it does not hold"))
            }
        })
    }
    async fn probe(&self, task: Task, _: &EffectState) -> Probed {
        let script = &self.scripts[&task.step];
        if script.silent {
            return Probed::CannotTell { why: "nobody knows".to_owned() };
        }
        match (self.world.happened(&task.step), script.fails) {
            (true, Fails::AfterEffect) => {
                Probed::Done(Box::new(Ran::failed(Failure::new(FailureKind::Exit { code: 1 }, "it failed"))))
            }
            (true, _) => Probed::Done(Box::default()),
            (false, _) => Probed::NotDone,
        }
    }
    async fn rehearse(&self, task: Task, undo: &StepId) -> Vec<Need> {
        self.world.rehearsed.borrow_mut().push(format!("{undo} for {}", task.step));
        if let Some(interrupt) = &self.interrupt {
            interrupt.send(Request::Interrupt("SIGINT")).unwrap();
            std::future::pending::<()>().await;
        }
        self.scripts[undo].will_need.clone()
    }
    fn recall(&self, _: Task, _: &EffectState) -> Probed {
        Probed::CannotTell { why: "there are no files".to_owned() }
    }
    fn judge_probe(&self, _: &StepId, _: u32, ran: Ran, _: &Ended) -> Judged {
        match ran.failure {
            Some(failure) => Judged::failed(failure),
            None => Judged::of(Outcome::Passed),
        }
    }
    async fn identify(&self, _: IdentityReason) -> Result<Option<Accepted>, Refused> {
        Ok(None)
    }
}

/// Says yes, and tells the truth about what happened.
pub(super) struct Truthful {
    world: Rc<World>,
    after_failure: Choice,
}

impl Operator for Truthful {
    fn can_answer(&self, _: &Question) -> bool {
        true
    }
    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        self.world.touch().await;
        self.world.asked.borrow_mut().push(question.clone());
        let choice = match question.ask {
            Ask::Confirm | Ask::FollowedUp => Choice::Done,
            Ask::Value => Choice::Value,
            Ask::ReadyPhase | Ask::CompletePhase | Ask::ApprovePhase | Ask::AcceptPlan | Ask::LogIn => Choice::Yes,
            Ask::Walk => Choice::Gap,
            Ask::Observe | Ask::Recommend => Choice::Enough,
            Ask::ApproveWrite => Choice::Run,
            Ask::ApproveChange => Choice::Execute,
            Ask::AfterFailure => {
                if question.choices.contains(&self.after_failure) {
                    self.after_failure
                } else {
                    Choice::Abort
                }
            }
            Ask::SettleUnknown => {
                let step = question.step.as_ref().expect("it is about a step");
                if self.world.happened(step) { Choice::Happened } else { Choice::DidNotHappen }
            }
        };
        Ok(Answer {
            choice,
            by: "tester".to_owned(),
            from: AnswerSource::Terminal { tty: "test".to_owned() },
            reason: Some("as the script says".to_owned()),
            value: None,
            evidence: Vec::new(),
        })
    }
}

/// Hears everything; each event is a moment.
struct Ear {
    world: Rc<World>,
    heard: Rc<RefCell<Vec<Event>>>,
}

impl EventSink for Ear {
    fn event(&mut self, event: &Event) {
        self.heard.borrow_mut().push(event.clone());
        let last: Vec<_> = self.heard.borrow().iter().rev().take(6).map(|event| event.kind.clone()).collect();
        assert!(self.heard.borrow().len() < 1_000, "the run does not end: {last:#?}");
        self.world.moment();
    }
    fn progress(&mut self, _: &Progress) {}
}

/// One session's end, or the crash that came first.
pub(super) struct Session {
    pub(super) end: Option<RunEnd>,
    pub(super) bytes: Vec<u8>,
    /// Each time that the writer knew all to be on the disk.
    pub(super) marks: Vec<Mark>,
}

pub(super) fn header() -> RunHeader {
    RunHeader {
        checkride: "journal".to_owned(),
        format: RunHeader::FORMAT,
        tool: "0.0.0".to_owned(),
        run: RunId::new("20261121T181500Z-test-0000").unwrap(),
        started: "2026-11-21T18:15:00.000Z".to_owned(),
        runbook: "test".to_owned(),
        title: "test".to_owned(),
        profile: None,
        tier: None,
        plan: "sha256:test".to_owned(),
        target: None,
        user: "tester".to_owned(),
        host: "here".to_owned(),
        git: None,
        change: None,
        reason: None,
        verification: None,
        tabletop: false,
    }
}

/// The state that a journal folds to, and where it goes on.
pub(super) fn recover(bytes: &[u8]) -> (RunState, ResumePoint) {
    let journal = read_bytes(bytes).unwrap();
    let mut state = RunState::default();
    for record in &journal.records {
        state.apply(record.event.as_ref().unwrap()).unwrap();
    }
    (state, ResumePoint::from(&journal))
}

/// Runs one session: a new run, or the next session of a journal.
pub(super) fn session(book: &Book, world: &Rc<World>, journal: Option<&[u8]>) -> Session {
    sit(book, world, journal, None)
}

/// Runs a session that goes back from what a journal's run has changed.
pub(super) fn way_back(book: &Book, world: &Rc<World>, journal: &[u8]) -> Session {
    way_back_to(book, world, journal, WayBack::default())
}

/// The same, as it was asked for.
pub(super) fn way_back_to(book: &Book, world: &Rc<World>, journal: &[u8], way: WayBack) -> Session {
    sit(book, world, Some(journal), Some(way))
}

fn sit(book: &Book, world: &Rc<World>, journal: Option<&[u8]>, back: Option<WayBack>) -> Session {
    let (state, writer, memory): (RunState, Writer, MemoryJournal) = match journal {
        None => {
            let (writer, memory) = Writer::in_memory(&header());
            (RunState::default(), writer, memory)
        }
        Some(bytes) => {
            let (state, point) = recover(bytes);
            let (writer, memory) = Writer::resume_in_memory(bytes, &point);
            (state, writer, memory)
        }
    };
    let heard = Rc::new(RefCell::new(Vec::new()));
    let ear = Ear { world: Rc::clone(world), heard };
    let redactor = Redactor::default();
    if let Some(secret) = &book.secret {
        redactor.add("test", &SecretString::from(secret.clone())).unwrap();
    }
    let recorder = Recorder::new(state, writer, redactor, Clock::System, vec![Box::new(ear)]);
    let scripts = book.steps.iter().map(|script| (script.planned.id.clone(), script.clone())).collect();
    let (requests, receiver) = mpsc::unbounded_channel::<Request>();
    let interrupt = book.interrupts_rehearsal.then(|| requests.clone());
    let actors = Rc::new(Actors { world: Rc::clone(world), scripts, interrupt });
    let mut operator = Truthful { world: Rc::clone(world), after_failure: book.after_failure.unwrap_or(Choice::Abort) };
    let run = RunId::new("20261121T181500Z-test-0000").unwrap();
    let engine = Engine::new(&run, Rc::new(book.plan()), actors, recorder, receiver);
    let sitting = Sitting {
        user: "tester".to_owned(),
        host: "here".to_owned(),
        terminal: true,
        identity: None,
        deviations: Vec::new(),
        jobs: usize::MAX,
        places: None,
        back,
        break_glass: book.break_glass,
        refused: None,
        opening: Opening::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let local = LocalSet::new();
    let end = local.block_on(&runtime, async {
        tokio::select! {
            biased;
            () = world.crash.notified() => None,
            end = engine.run(sitting, &mut operator) => Some(end.unwrap()),
            () = tokio::time::sleep(std::time::Duration::from_secs(20)) => panic!("the run stands still: {book:#?}"),
        }
    });
    Session { end, bytes: memory.bytes(), marks: memory.marks() }
}
