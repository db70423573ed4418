//! The events of a run.

use std::fmt;
use std::ops::Not;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::event::{
    Answer, ArtifactRef, DeviationKind, DrillMoment, DrillStop, EffectResult, Failure, Hold, Measured, Need, Outcome,
    Participant, Question, Remark, SteadyWhen, Verdict, Walked,
};
use crate::id::{Phase, StepId};

/// One thing that happened, with its place in the order of things.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// 1 for the first record of a run, then without a gap.
    pub seq: u64,
    /// Which sitting at the run, from 1.
    pub session: u32,
    /// Wall clock: evidence, never used for order or durations.
    pub at: DateTime<Utc>,
    /// Milliseconds since the session began, by the monotonic clock.
    pub elapsed_ms: u64,
    /// What happened.
    pub kind: EventKind,
}

/// What follows when a step has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterStep {
    /// The run goes on.
    Continue,
    /// No further step starts.
    Stop,
    /// The rollback begins.
    RollBack,
}

/// Why the caller's identity was looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityReason {
    /// Before the first step.
    Start,
    /// Before a resumed run goes on.
    Resume,
    /// The credentials changed.
    Credentials,
}

/// Why a sitting ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// The run is over.
    Finished,
    /// The operator interrupted it.
    Interrupted,
    /// The terminal was lost.
    TerminalLost,
    /// A question was asked and nobody was there.
    NeedsPerson,
    /// An effect is unknown and waits for a person.
    UnknownEffect,
    /// A guard refused to go on.
    Refused,
    /// The operator said no to the rollback that the session was for: the run stands where it stood.
    Declined,
}

/// What a session is for that goes back (`checkride rollback`).
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct WayBack {
    /// The incident, as others call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// When it was declared; none: when this session began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<DateTime<Utc>>,
    /// The step that stays: only what ran after it is undone. None: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<StepId>,
}

/// What was there before a step changed it: all that its kind needs to put it back.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
pub struct Captured {
    /// As JSON, in the form of the kind; expressions see it as `step.ID.before`.
    pub before: Value,
    /// The parameters of the call that changes it: they say whose setting it is, and what it was to become.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub by: Value,
    /// What is too large for a record: a template.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<ArtifactRef>,
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was there may be secret: only on its way to a record is it cut.
        f.debug_struct("Captured").field("artifacts", &self.artifacts).finish_non_exhaustive()
    }
}

/// Something that a run changed and that its rollback did not put back.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct LeftOver {
    /// The step that changed it.
    pub step: StepId,
    /// Its calls that were made, or may have been, with what they worked on.
    pub effects: Vec<String>,
    /// What stands, one a line, by ARN where there is one, when an undo that went well has told. Empty: what the calls worked
    /// on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<String>,
    /// Why it still stands.
    pub why: String,
    /// The step that was to undo it, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<StepId>,
    /// The exact calls to make by hand, as far as they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<String>,
}

/// What happened. Each variant is written as `{"kind": "step_started", …}`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// A sitting began. Always the first event of a session.
    SessionStarted {
        /// The OS user.
        user: String,
        /// The machine.
        host: String,
        /// The tool's version.
        tool: String,
        /// The process.
        pid: u32,
        /// Whether a person's terminal is there.
        terminal: bool,
        /// The plan that this session carries out.
        plan: String,
        /// Set when the session goes back. Only such a session may follow the end of a run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        back: Option<WayBack>,
        /// Whether the session only adds what people have to say of a drill that is over.
        #[serde(default, skip_serializing_if = "Not::not")]
        after: bool,
    },
    /// STS named the caller, and it is the profile's account.
    IdentityVerified {
        /// Why it was looked at.
        why: IdentityReason,
        /// The account.
        account: String,
        /// The region.
        region: String,
        /// The caller.
        arn: String,
        /// The emulator's endpoint, if it is one.
        emulator: Option<String>,
        /// The request's id.
        request_id: Option<String>,
    },
    /// A guard refused; nothing was called after it.
    GuardRefused {
        /// Which guard: `account`, `region`, `credentials`, `role`, `lock`, `drill`, `readiness`.
        guard: String,
        /// Why.
        message: String,
        /// What to do.
        remedy: Option<String>,
    },
    /// A departure from the runbook.
    Deviation {
        /// What kind.
        what: DeviationKind,
        /// The step, when it is about one.
        step: Option<StepId>,
        /// Why.
        reason: String,
    },
    /// A phase began.
    PhaseStarted {
        /// The phase.
        phase: Phase,
    },
    /// A phase ended: each of its steps has an outcome.
    PhaseFinished {
        /// The phase.
        phase: Phase,
    },
    /// A person was asked.
    Asked {
        /// The question.
        question: Question,
    },
    /// A person answered.
    Answered {
        /// The question's id.
        question: String,
        /// The step that asked.
        step: Option<StepId>,
        /// The phase that asked.
        phase: Option<Phase>,
        /// The answer.
        answer: Answer,
    },
    /// An attempt at a step began.
    StepStarted {
        /// The step.
        step: StepId,
        /// From 1.
        attempt: u32,
    },
    /// What is there was looked at, before the step changes it. It is on the disk with the intent of the effect that follows.
    Captured {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: u32,
        /// What is there.
        captured: Captured,
    },
    /// An effect is about to be made. Synced before the world is touched.
    EffectIntended {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: u32,
        /// From 1 within the attempt.
        n: u32,
        /// The call: `cloudformation:ExecuteChangeSet`, `command`.
        call: String,
        /// The client token, when the call takes one. The same after a crash.
        token: Option<String>,
        /// The account.
        account: Option<String>,
        /// The region.
        region: Option<String>,
        /// What it works on: an ARN, a name, a command line.
        target: String,
    },
    /// An effect's result is known, or is known to be unknown.
    EffectSettled {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: u32,
        /// Which effect.
        n: u32,
        /// What became of it.
        result: EffectResult,
        /// The AWS request id.
        request_id: Option<String>,
        /// What is worth knowing: an ARN, an exit code.
        detail: Option<String>,
    },
    /// An attempt failed.
    AttemptFailed {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// Milliseconds until the next attempt; none: there is no next one by itself.
        retry_in_ms: Option<u64>,
        /// Its files: what it said before it failed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        artifacts: Vec<ArtifactRef>,
        /// The ids under which AWS has recorded its calls that changed nothing.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<String>,
    },
    /// One item of a `for_each` is settled.
    ItemSettled {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: u32,
        /// From 0.
        index: u32,
        /// The item.
        item: Value,
        /// How it ended.
        outcome: Outcome,
        /// Why it did not pass.
        failure: Option<Failure>,
    },
    /// What a `wait` or a `bake` looks at is not what it was; the first look is a change, too. Looks that show the same are
    /// not on record, and no more than the first 200 changes are, but for what trips a hold.
    LookChanged {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: u32,
        /// Which item of a `for_each`, from 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<u32>,
        /// Which look, from 1.
        look: u32,
        /// The paths that are looked at, with their values.
        values: Vec<(String, Value)>,
        /// Why the look decides nothing: what went wrong, or what is not there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trouble: Option<String>,
        /// Where the hold of a `bake` stands.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<Hold>,
        /// The ids under which AWS has recorded the look.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<String>,
    },
    /// A step goes on behind those that follow it: what it has to give so far is known, and they may begin. It ends, later, as
    /// any step does.
    RunsOn {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: u32,
        /// The step with whose end it ends, at the latest.
        through: StepId,
        /// What it has to give so far, by name.
        outputs: Map<String, Value>,
    },
    /// A step ended.
    StepFinished {
        /// The step.
        step: StepId,
        /// How.
        outcome: Outcome,
        /// Why it did not pass.
        failure: Option<Failure>,
        /// Why it was left out, or what there is to say.
        reason: Option<String>,
        /// Its outputs, by name.
        outputs: Map<String, Value>,
        /// Its files.
        artifacts: Vec<ArtifactRef>,
        /// The ids under which AWS has recorded the calls of its last attempt that changed nothing. (Those of changes are on
        /// record with their effects.)
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<String>,
        /// Of an undo step that went well: what still stands all the same, one a line, by ARN where there is one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stays: Vec<String>,
        /// What follows.
        then: AfterStep,
    },
    /// It was looked for what an undo will need, before the step that it undoes changes anything.
    Rehearsed {
        /// The undo step.
        undo: StepId,
        /// The step that it undoes, and that has not run.
        change: StepId,
        /// What it will need, worst first. Empty: the step will not run, or its undo needs nothing that can be looked for.
        needs: Vec<Need>,
    },
    /// A probe of the steady state looked. It is no attempt at its step, and nothing of the run depends on it.
    SteadyState {
        /// When.
        when: SteadyWhen,
        /// The step that is the probe.
        step: StepId,
        /// How it ended.
        outcome: Outcome,
        /// Why it did not pass.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
        /// Why it was not looked at, or what there is to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Its outputs, by name.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        outputs: Map<String, Value>,
        /// Its files.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        artifacts: Vec<ArtifactRef>,
        /// The ids under which AWS has recorded its calls.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<String>,
    },
    /// A moment of a drill.
    DrillMoment {
        /// Which.
        moment: DrillMoment,
        /// When it was; none: now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<DateTime<Utc>>,
        /// The step that brought it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<StepId>,
    },
    /// A drill is ended before its time, by a criterion of its own.
    DrillStopped {
        /// Which, and what was found.
        #[serde(flatten)]
        stop: DrillStop,
    },
    /// The steps of a drill are over: an objective, and what was measured.
    ObjectiveMeasured {
        /// Both.
        #[serde(flatten)]
        measured: Measured,
    },
    /// Somebody takes part in a drill.
    Participant {
        /// Who, and as what.
        #[serde(flatten)]
        participant: Participant,
    },
    /// A step of a drill was talked through; nothing was done.
    StepWalked {
        /// The step.
        step: StepId,
        /// What people say of it.
        #[serde(flatten)]
        walked: Walked,
    },
    /// Somebody has something to say of a drill.
    Remarked {
        /// What.
        #[serde(flatten)]
        remark: Remark,
    },
    /// The way back began. A second one goes on with a rollback that did not come to its end.
    RollbackStarted {
        /// Why.
        cause: String,
        /// Which undo steps will run, in their order.
        steps: Vec<StepId>,
    },
    /// The rollback came to its end, or is stuck: what of the run still stands.
    ResidualState {
        /// What was not put back; empty when all was.
        left: Vec<LeftOver>,
    },
    /// The operator interrupted.
    Interrupted {
        /// `SIGINT`, `SIGTERM`, `SIGHUP`.
        signal: String,
        /// Whether running steps were stopped, too.
        stopping: bool,
    },
    /// A sitting ended.
    SessionEnded {
        /// Why.
        end: SessionEnd,
        /// The question or effect that it waits for.
        waits_for: Option<String>,
    },
    /// The run is over.
    RunFinished {
        /// How.
        verdict: Verdict,
        /// The exit code that it gave.
        code: u8,
    },
}
