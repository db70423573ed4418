//! All that a step may touch.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::aws::{Aws, AwsReads};
use crate::event::{
    Answer, ArtifactRef, Captured, EffectResult, EffectState, Failure, Hold, Outcome, Progress, Question,
};
use crate::id::StepId;
use crate::step::aws::Answers;
use crate::step::command::Host;
use crate::step::drill::Made;
use crate::step::{Befores, NoAnswer, Ran, StackRecords, StepStop};
use crate::value::Scope;
use crate::world::process::{Environment, Urgency};

/// A file of the run that is being written. What goes in is cut (secrets) and hashed on its way.
pub trait ArtifactSink: Send {
    /// Adds bytes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Ends it and names it by its digest.
    fn finish(self: Box<Self>) -> io::Result<ArtifactRef>;
}

/// Where a step's files go. The engine gives one over the run's folder.
pub trait ArtifactStore: Send + Sync {
    /// Begins a file. `name` is for people, `media` for readers.
    fn create(&self, name: &str, media: &str) -> io::Result<Box<dyn ArtifactSink>>;

    /// The bytes of a file of this run, by its digest.
    fn get(&self, digest: &str) -> io::Result<Vec<u8>>;

    /// Writes a whole file.
    fn put(&self, name: &str, media: &str, bytes: &[u8]) -> io::Result<ArtifactRef> {
        let mut sink = self.create(name, media)?;
        sink.write(bytes)?;
        sink.finish()
    }
}

/// The other end of a [`Cancel`].
#[derive(Debug)]
pub struct CancelHandle {
    urgency: watch::Sender<Urgency>,
    leaving: watch::Sender<bool>,
    halting: watch::Sender<bool>,
}

impl CancelHandle {
    /// A pair.
    pub fn new() -> (Self, Cancel) {
        let (urgency, told) = watch::channel(Urgency::None);
        let (leaving, left) = watch::channel(false);
        let (halting, halted) = watch::channel(false);
        (Self { urgency, leaving, halting }, Cancel { urgency: told, leaving: left, halting: halted })
    }

    /// Says that no further step starts (a first Ctrl-C): what runs may end, and what only waits need not go on.
    pub fn leave(&self) {
        self.leaving.send_replace(true);
    }

    /// Says that a drill is ended before its time: no further step starts, and what waits for a service need not go on.
    pub fn halt(&self) {
        self.halting.send_replace(true);
        self.leave();
    }

    /// Asks the running steps to stop; asked again, to end at once.
    pub fn cancel(&self) {
        self.urgency.send_modify(|urgency| *urgency = urgency.more());
    }
}

/// Tells a running step that the operator wants it stopped (a second Ctrl-C), or ended at once (a third).
#[derive(Clone, Debug)]
pub struct Cancel {
    urgency: watch::Receiver<Urgency>,
    leaving: watch::Receiver<bool>,
    halting: watch::Receiver<bool>,
}

impl Cancel {
    /// Whether it was asked.
    pub fn is_cancelled(&self) -> bool {
        *self.urgency.borrow() >= Urgency::Stop
    }

    /// Whether no further step starts.
    pub fn is_leaving(&self) -> bool {
        *self.leaving.borrow()
    }

    /// Ends when no further step starts, or this one is to stop; for `select!`.
    pub async fn leaving(&mut self) {
        let Self { urgency, leaving, halting: _ } = self;
        tokio::select! {
            () = told(leaving) => {}
            () = Urgency::Stop.reached(urgency) => {}
        }
    }

    /// Ends when what waits for a service need not go on; for `select!`.
    pub async fn halted(&mut self) {
        told(&mut self.halting).await;
    }

    /// Ends when it is asked to stop; for `select!`.
    pub async fn cancelled(&mut self) {
        Urgency::Stop.reached(&mut self.urgency).await;
    }

    /// Ends when it is asked to end at once; for `select!`.
    pub async fn killed(&mut self) {
        Urgency::Kill.reached(&mut self.urgency).await;
    }
}

/// Ends when it was said; never, when nobody is left to say it.
async fn told(said: &mut watch::Receiver<bool>) {
    if said.wait_for(|said| *said).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Tells a step that goes on behind the others when it is to end.
#[derive(Debug)]
pub struct CalledBack {
    told: oneshot::Receiver<Infallible>,
    leaving: Cancel,
}

impl CalledBack {
    /// Ends when the step is to end: what it accompanies is over, or the operator leaves; for `select!`.
    pub async fn back(&mut self) {
        let Self { told, leaving } = self;
        tokio::select! {
            // Nothing is ever sent: the other end is dropped.
            _ = told => {}
            () = leaving.leaving() => {}
        }
    }
}

/// An effect that is about to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewEffect {
    /// The call: `cloudformation:ExecuteChangeSet`, `command`.
    pub call: String,
    /// What it works on: an ARN, a name, a command line.
    pub target: String,
    /// Whether the call takes a client token; the journal gives one.
    pub wants_token: bool,
    /// The account, for a call to AWS.
    pub account: Option<String>,
    /// The region, for a call to AWS.
    pub region: Option<String>,
}

/// Leave to make one effect: it is on disk that it will be made.
#[derive(Debug)]
#[must_use = "an intent must be settled"]
pub struct Intent {
    /// The attempt that it belongs to, from 1.
    pub attempt: u32,
    /// Which effect of the attempt, from 1.
    pub n: u32,
    /// The client token, when one was wanted. The same after a crash for the same effect.
    pub token: Option<String>,
    /// What a drill may change because of it.
    pub lets_in: Option<LetIn>,
}

/// What a drill may change because it is about to make it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LetIn {
    /// Its ARN.
    arn: String,
    /// Whether it could not be changed before: then it cannot be again when the call that makes it is refused, for what bears
    /// that name is somebody's.
    is_new: bool,
}

/// What an attempt says to the engine.
#[derive(Debug)]
pub enum AttemptMessage {
    /// Before an effect. No reply: stop.
    Intend {
        /// The effect.
        effect: NewEffect,
        /// Leave to go on.
        reply: oneshot::Sender<Intent>,
    },
    /// After an effect.
    Settle {
        /// The attempt that it belongs to.
        attempt: u32,
        /// Which effect.
        n: u32,
        /// What became of it.
        result: EffectResult,
        /// The AWS request id.
        request_id: Option<String>,
        /// What is worth knowing.
        detail: Option<String>,
        /// Whether the attempt's end follows at once: then both are synced together.
        last: bool,
        /// It is on record.
        reply: oneshot::Sender<()>,
    },
    /// A question to the operator.
    Ask {
        /// The question.
        question: Box<Question>,
        /// The answer.
        reply: oneshot::Sender<Result<Answer, NoAnswer>>,
    },
    /// One item of a `for_each` is settled.
    Item {
        /// From 0.
        index: u32,
        /// The item.
        item: Value,
        /// How it ended.
        outcome: Outcome,
        /// Why it did not pass.
        failure: Option<Failure>,
    },
    /// What a `wait` or a `bake` looks at has changed.
    Change {
        /// Which item of a `for_each`, from 0.
        index: Option<u32>,
        /// Which look, from 1.
        look: u32,
        /// The paths that are looked at, with their values.
        values: Vec<(String, Value)>,
        /// Why the look decides nothing.
        trouble: Option<String>,
        /// Where the hold of a `bake` stands.
        hold: Option<Hold>,
        /// The ids under which AWS has recorded the look.
        requests: Vec<String>,
    },
    /// What is there, before the step changes it. No reply: stop.
    Capture {
        /// What is there.
        captured: Box<Captured>,
        /// It is on record.
        reply: oneshot::Sender<()>,
    },
    /// What the step has to give so far is known, and it goes on behind those that follow it. No reply: there is nothing to
    /// accompany, and it ends.
    RunOn {
        /// What it gave so far.
        ran: Box<Ran>,
        /// Ends when the step is to end.
        reply: oneshot::Sender<oneshot::Receiver<Infallible>>,
    },
    /// News that may be lost.
    Progress(Progress),
}

/// What a read may touch.
#[derive(Clone)]
pub struct ReadContext {
    /// The step.
    pub step: StepId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// What expressions see.
    pub scope: Scope,
    /// The door to AWS, reads only; none when the run has no account.
    pub aws: Option<AwsReads>,
    /// What the run was told already and may be told again; none: each read is a call.
    pub answers: Option<Arc<Answers>>,
    /// The project's root: relative paths start here.
    pub project: PathBuf,
    /// Where the files lie that decide what a step does (templates, roots of trust): the project, or, on the way back, what the
    /// run has kept of it.
    pub deciding: PathBuf,
    /// When the attempt must be over.
    pub deadline: Option<Instant>,
    /// Whether the operator wants it stopped.
    pub cancel: Cancel,
    /// Where files go.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// What a child process gets.
    pub environment: Arc<Environment>,
    /// The line to the engine.
    pub line: mpsc::UnboundedSender<(StepId, AttemptMessage)>,
}

impl fmt::Debug for ReadContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadContext").field("step", &self.step).field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

impl ReadContext {
    /// Tells whoever watches. May be lost.
    pub fn progress(&self, progress: Progress) {
        // A courtesy: when the engine is gone there is nobody to tell.
        drop(self.line.send((self.step.clone(), AttemptMessage::Progress(progress))));
    }

    /// Says what the step is doing.
    pub fn say(&self, text: impl Into<String>) {
        self.progress(Progress::Message { step: self.step.clone(), text: text.into() });
    }

    /// Asks the operator. The question and the answer are records.
    pub async fn ask(&self, question: Question) -> Result<Answer, StepStop> {
        let (reply, answer) = oneshot::channel();
        let message = AttemptMessage::Ask { question: Box::new(question), reply };
        self.line.send((self.step.clone(), message)).map_err(|_| StepStop::EngineGone)?;
        match answer.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(none)) => Err(StepStop::NoAnswer(none)),
            Err(_) => Err(StepStop::EngineGone),
        }
    }
}

/// What a write may touch: all that a read may, the whole door to AWS, and effects on record.
#[derive(Debug)]
pub struct WriteContext {
    /// What reading needs.
    pub read: ReadContext,
    /// The door to AWS.
    pub aws: Option<Aws>,
    /// Whether the change must be confirmed by a typed text: the profile's name.
    pub typed: Option<String>,
    /// Whether nobody is asked, because the policy says so.
    pub unasked: bool,
    /// Where commands run; none: they cannot.
    pub host: Option<Arc<Host>>,
    /// The step's effects in earlier attempts, oldest first.
    pub earlier: Vec<EffectState>,
    /// What was there before the steps of the run.
    pub befores: Arc<Befores>,
    /// What earlier runs have on record of stacks.
    pub records: Arc<dyn StackRecords>,
    /// When the run's last step before its rollback ended; none while it goes forward.
    pub forward_until: Option<DateTime<Utc>>,
}

impl WriteContext {
    /// Says that a drill may change this from now on, by ARN: it has made it.
    /// Gives whether it could not be changed before.
    pub(in crate::step) fn may_change(&self, arn: &str) -> bool {
        self.aws.as_ref().is_some_and(|aws| aws.let_in(arn))
    }

    /// Holds the fence to what became of what was about to be made.
    fn judged(&self, let_in: &LetIn, result: EffectResult) {
        match (result, &self.aws) {
            (EffectResult::Refused, Some(aws)) if let_in.is_new => aws.let_out(&let_in.arn),
            (EffectResult::Refused, _) | (_, None) => {}
            // Another that was refused may have let it out in the meantime.
            (EffectResult::Done | EffectResult::Unknown | EffectResult::UnderWay, Some(aws)) => {
                aws.let_in(&let_in.arn);
            }
        }
    }

    /// What was there before this step, when an earlier attempt of it may have changed something since: what is there now is
    /// then not what was.
    pub fn captured(&self) -> Option<Captured> {
        let touched = self.earlier.iter().any(|effect| effect.result != Some(EffectResult::Refused));
        if touched { self.befores.get(&self.read.step) } else { None }
    }

    /// Puts what is there on record, before the step changes it.
    pub async fn capture(&self, captured: Captured) -> Result<(), StepStop> {
        self.capture_with(captured, None).await
    }

    /// The same; `whole` is what is there with what is secret in it, which this session keeps to put it back, and no record.
    pub async fn capture_with(&self, captured: Captured, whole: Option<Value>) -> Result<(), StepStop> {
        let (reply, done) = oneshot::channel();
        let message = AttemptMessage::Capture { captured: Box::new(captured.clone()), reply };
        self.read.line.send((self.read.step.clone(), message)).map_err(|_| StepStop::EngineGone)?;
        done.await.map_err(|_| StepStop::EngineGone)?;
        self.befores.keep(self.read.step.clone(), captured, whole);
        Ok(())
    }

    /// Lets the steps that follow begin, with what this one has to give so far; it goes on behind them until it is called
    /// back. None: there is nothing to accompany.
    pub async fn run_on(&self, ran: Ran) -> Result<Option<CalledBack>, StepStop> {
        let (reply, leave) = oneshot::channel();
        let message = AttemptMessage::RunOn { ran: Box::new(ran), reply };
        self.read.line.send((self.read.step.clone(), message)).map_err(|_| StepStop::EngineGone)?;
        Ok(leave.await.ok().map(|told| CalledBack { told, leaving: self.read.cancel.clone() }))
    }

    /// Puts an effect on disk before it is made. An error means: do nothing.
    pub async fn intend(&self, effect: NewEffect) -> Result<Intent, StepStop> {
        let made = Made::of(&effect.call, &effect.target).and_then(|made| made.lets_in());
        let (reply, leave) = oneshot::channel();
        let message = AttemptMessage::Intend { effect, reply };
        self.read.line.send((self.read.step.clone(), message)).map_err(|_| StepStop::EngineGone)?;
        let leave = leave.await.map_err(|_| StepStop::EngineGone)?;
        // It is on disk that the run makes it.
        let lets_in = made.map(|arn| LetIn { is_new: self.may_change(&arn), arn });
        Ok(Intent { lets_in, ..leave })
    }

    /// Puts on disk what became of it.
    pub async fn settle(
        &self,
        intent: Intent,
        result: EffectResult,
        request_id: Option<String>,
        detail: Option<String>,
    ) -> Result<(), StepStop> {
        self.tell(intent, result, request_id, detail, false).await
    }

    /// Puts on record what became of the attempt's last effect: it is synced together with the attempt's end, which follows
    /// at once, and nobody is told before.
    pub async fn settle_last(
        &self,
        intent: Intent,
        result: EffectResult,
        detail: Option<String>,
    ) -> Result<(), StepStop> {
        self.tell(intent, result, None, detail, true).await
    }

    async fn tell(
        &self,
        intent: Intent,
        result: EffectResult,
        request_id: Option<String>,
        detail: Option<String>,
        last: bool,
    ) -> Result<(), StepStop> {
        let (reply, done) = oneshot::channel();
        let Intent { attempt, n, token: _, lets_in } = intent;
        if let Some(let_in) = &lets_in {
            self.judged(let_in, result);
        }
        let message = AttemptMessage::Settle { attempt, n, result, request_id, detail, last, reply };
        self.read.line.send((self.read.step.clone(), message)).map_err(|_| StepStop::EngineGone)?;
        done.await.map_err(|_| StepStop::EngineGone)
    }
}
