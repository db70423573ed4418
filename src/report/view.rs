//! A run as readers see it: the fold of its events, with who, when and how long.
//!
//! Unlike `RunState`, which decides what may happen next, a view never refuses an event: a reader shows what is on record.
//! Durations come from the monotonic clock and are within one session; wall-clock times are there as evidence.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use crate::event::{
    Answer, ArtifactRef, Captured, DeviationKind, EffectResult, Event, Failure, Hold, IdentityReason, LeftOver, Need,
    Outcome, Question, RunHeader, SessionEnd, Verdict, Walked, WayBack,
};
use crate::id::{Phase, Places, StepId};
use crate::report::counts::OutcomeCounts;
use crate::report::drill::{DrillPlanView, DrillView};
use crate::report::steady::SteadyView;

/// How soon others look at a guard that was passed.
const REVIEW: TimeDelta = TimeDelta::hours(48);

/// What a step is called, from the plan. Events carry ids only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StepLabel {
    /// The step.
    pub id: StepId,
    /// Its phase.
    pub phase: Phase,
    /// Its title.
    pub title: String,
    /// Its kind: `confirm`, `command`, `stack`.
    pub kind: String,
    /// What it does, as the plan puts it: a command line, a call.
    pub action: Option<String>,
    /// The author's guide, Markdown.
    pub guide: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// By when a finding is to be settled, in the author's words.
    pub due: Option<String>,
    /// The control ids that it is evidence for.
    pub controls: Vec<String>,
    /// What it may change: `read`, `local`, `write`, `irreversible`.
    pub effect: Option<String>,
    /// Why the plan leaves it out, if it does.
    pub left_out: Option<String>,
}

impl StepLabel {
    /// A label with what every step has.
    pub fn new(id: StepId, phase: Phase, title: impl Into<String>, kind: impl Into<String>) -> Self {
        Self {
            id,
            phase,
            title: title.into(),
            kind: kind.into(),
            action: None,
            guide: None,
            owner: None,
            due: None,
            controls: Vec::new(),
            effect: None,
            left_out: None,
        }
    }
}

/// What the plan says beside its steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanView {
    /// The typed inputs.
    pub inputs: Vec<(String, Value)>,
    /// The secret inputs: their names and sources, never a value.
    pub secrets: Vec<(String, String)>,
    /// The files whose bytes decide what happens: path, and SHA-256 in hex.
    pub files: Vec<(String, String)>,
    /// What it says of a drill, when it is one.
    pub drill: Option<DrillPlanView>,
}

/// When something happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    /// The record's number.
    pub seq: u64,
    /// The session.
    pub session: u32,
    /// Wall clock.
    pub at: DateTime<Utc>,
    /// Milliseconds since the session began; no more than [`Moment::LONGEST_MS`].
    pub elapsed_ms: u64,
}

impl Moment {
    /// A session of 34 years. More is a clock that is broken, and would not leave room to add up spans.
    const LONGEST_MS: u64 = 1 << 40;

    /// An event's moment.
    pub fn of(event: &Event) -> Self {
        let elapsed_ms = event.elapsed_ms.min(Self::LONGEST_MS);
        Self { seq: event.seq, session: event.session, at: event.at, elapsed_ms }
    }

    /// Milliseconds from this moment to a later one of the same session; none across sessions.
    pub fn until(self, later: Self) -> Option<u64> {
        (self.session == later.session).then(|| later.elapsed_ms.saturating_sub(self.elapsed_ms))
    }
}

/// One sitting.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionView {
    /// From 1.
    pub number: u32,
    /// When it began.
    pub started: Moment,
    /// Its last record.
    pub last: Moment,
    /// The OS user.
    pub user: String,
    /// The machine.
    pub host: String,
    /// The tool's version.
    pub tool: String,
    /// The process.
    pub pid: u32,
    /// Whether a terminal was there.
    pub terminal: bool,
    /// The plan's digest.
    pub plan: String,
    /// Set when it went back (`checkride rollback`).
    pub back: Option<WayBack>,
    /// Whether it only added what people have to say, when the run was over.
    pub after: bool,
    /// How it ended and what it waits for; none when it died, or is still under way.
    pub end: Option<(SessionEnd, Option<String>)>,
}

/// The caller as STS named it.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityView {
    /// When.
    pub when: Moment,
    /// Why it was looked at.
    pub why: IdentityReason,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The caller.
    pub arn: String,
    /// The emulator's endpoint.
    pub emulator: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// A guard's refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusalView {
    /// When.
    pub when: Moment,
    /// Which guard.
    pub guard: String,
    /// Why.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
}

/// What an undo step will need, as it was last looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct RehearsalView {
    /// When.
    pub when: Moment,
    /// The undo step.
    pub undo: StepId,
    /// The step that it undoes.
    pub change: StepId,
    /// What it will need, worst first.
    pub needs: Vec<Need>,
}

/// A departure from the runbook.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviationView {
    /// When.
    pub when: Moment,
    /// What kind.
    pub what: DeviationKind,
    /// The step, when it is about one.
    pub step: Option<StepId>,
    /// Why.
    pub reason: String,
}

impl DeviationView {
    /// By when others must have looked at it: a guard that was passed is reviewed within 48 hours. One review is due for all
    /// that one `--break-glass` passed.
    pub fn review_due(&self) -> Option<DateTime<Utc>> {
        match (self.what, &self.step) {
            (DeviationKind::BreakGlass, None) => self.when.at.checked_add_signed(REVIEW),
            (DeviationKind::BreakGlass, Some(_))
            | (
                DeviationKind::LeftOut
                | DeviationKind::Skipped
                | DeviationKind::SettledByPerson
                | DeviationKind::PlanChanged
                | DeviationKind::TornEnd
                | DeviationKind::Waived
                | DeviationKind::BelowSeverity
                | DeviationKind::KnownBefore,
                _,
            ) => None,
        }
    }
}

/// A question, and the answer once there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeView {
    /// When it was asked.
    pub asked: Moment,
    /// The question.
    pub question: Question,
    /// The answer, and when.
    pub answer: Option<(Answer, Moment)>,
}

/// One effect.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectView {
    /// From 1 within its attempt.
    pub n: u32,
    /// When it was put on record, before the world was touched.
    pub intended: Moment,
    /// The call.
    pub call: String,
    /// The client token.
    pub token: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// What it works on.
    pub target: String,
    /// What became of it, and when that was known; none: nobody knows.
    pub result: Option<(EffectResult, Moment)>,
    /// The AWS request id.
    pub request_id: Option<String>,
    /// What was worth knowing.
    pub detail: Option<String>,
}

impl EffectView {
    /// Whether it may have happened and nobody has settled it.
    pub fn is_unknown(&self) -> bool {
        match self.result {
            None => true,
            Some((result, _)) => match result {
                EffectResult::Unknown | EffectResult::UnderWay => true,
                EffectResult::Done | EffectResult::Refused => false,
            },
        }
    }
}

/// One item of a `for_each`.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemView {
    /// From 0.
    pub index: u32,
    /// The item.
    pub item: Value,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not pass.
    pub failure: Option<Failure>,
}

/// A look of a `wait` or a `bake` that showed something else than the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeView {
    /// When.
    pub when: Moment,
    /// Which item of a `for_each`, from 0.
    pub index: Option<u32>,
    /// Which look, from 1.
    pub look: u32,
    /// The paths that are looked at, with their values.
    pub values: Vec<(String, Value)>,
    /// Why the look decides nothing.
    pub trouble: Option<String>,
    /// Where the hold of a `bake` stood.
    pub hold: Option<Hold>,
    /// The ids under which AWS has recorded the look.
    pub requests: Vec<String>,
}

/// One attempt at a step.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptView {
    /// From 1.
    pub number: u32,
    /// When it began.
    pub started: Moment,
    /// When it ended, or the last record of the session that died under it.
    pub ended: Option<Moment>,
    /// The session died, or was stopped, while it was under way.
    pub cut: bool,
    /// Its effects, in order.
    pub effects: Vec<EffectView>,
    /// Its items, in order of their records.
    pub items: Vec<ItemView>,
    /// What its looks showed, in order of their records.
    pub changes: Vec<ChangeView>,
    /// What was there before it changed anything.
    pub captured: Option<Captured>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Milliseconds until the next attempt, when there is one by itself.
    pub retry_in_ms: Option<u64>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepView {
    /// What it is called.
    pub label: StepLabel,
    /// What was asked about it, in order.
    pub exchanges: Vec<ExchangeView>,
    /// Its attempts, in order.
    pub attempts: Vec<AttemptView>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub finished: Option<Moment>,
    /// Why it did not pass.
    pub failure: Option<Failure>,
    /// Why it was left out, or what there is to say.
    pub reason: Option<String>,
    /// Its outputs.
    pub outputs: Map<String, Value>,
    /// Its files.
    pub artifacts: Vec<ArtifactRef>,
    /// The ids under which AWS has recorded its reads.
    pub requests: Vec<String>,
    /// An undo step: what still stands although it went well.
    pub stays: Vec<String>,
    /// It goes on behind those that follow it, or did: the step with whose end it ends.
    pub behind: Option<StepId>,
    /// What people say of it, in a drill that is talked through.
    pub walked: Option<Walked>,
}

impl StepView {
    /// A step to which nothing happened.
    pub fn new(label: StepLabel) -> Self {
        Self {
            label,
            exchanges: Vec::new(),
            attempts: Vec::new(),
            outcome: None,
            finished: None,
            failure: None,
            reason: None,
            outputs: Map::new(),
            artifacts: Vec::new(),
            requests: Vec::new(),
            stays: Vec::new(),
            behind: None,
            walked: None,
        }
    }

    /// The attempt that is under way.
    pub fn running(&self) -> Option<&AttemptView> {
        self.attempts.last().filter(|attempt| attempt.ended.is_none() && self.outcome.is_none())
    }

    /// Milliseconds spent in its attempts, waiting for retries left out; none when it never began.
    pub fn spent_ms(&self) -> Option<u64> {
        let spans = self.attempts.iter().filter_map(|attempt| attempt.started.until(attempt.ended?));
        (!self.attempts.is_empty()).then(|| spans.sum())
    }

    /// The effects that may have happened and that nobody has settled.
    pub fn unknown_effects(&self) -> impl Iterator<Item = (&AttemptView, &EffectView)> {
        self.attempts.iter().flat_map(|attempt| {
            attempt.effects.iter().filter(|effect| effect.is_unknown()).map(move |effect| (attempt, effect))
        })
    }
}

/// One phase.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseView {
    /// Which.
    pub phase: Phase,
    /// When it began.
    pub started: Option<Moment>,
    /// When each of its steps had an outcome.
    pub finished: Option<Moment>,
    /// What was asked about it.
    pub exchanges: Vec<ExchangeView>,
}

/// The way back.
#[derive(Clone, Debug, PartialEq)]
pub struct RollbackView {
    /// When it began.
    pub started: Moment,
    /// Why.
    pub cause: String,
    /// The undo steps, in their order.
    pub steps: Vec<StepId>,
}

/// An interruption by the operator or the system.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InterruptionView {
    /// When.
    pub when: Moment,
    /// The signal.
    pub signal: String,
    /// Whether running steps were stopped, too.
    pub stopping: bool,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunView {
    /// What was written before the first record.
    pub header: RunHeader,
    /// The runbook's time budget.
    pub budget: Option<Duration>,
    /// What the plan says beside its steps.
    pub plan: PlanView,
    /// Its sessions.
    pub sessions: Vec<SessionView>,
    /// Each look at the caller.
    pub identities: Vec<IdentityView>,
    /// Each refusal of a guard.
    pub refusals: Vec<RefusalView>,
    /// Each departure from the runbook.
    pub deviations: Vec<DeviationView>,
    /// What the undo steps will need, as it was last looked for.
    pub rehearsals: Vec<RehearsalView>,
    /// The phases of the plan, in order.
    pub phases: Vec<PhaseView>,
    /// The steps, in the plan's order.
    pub steps: Vec<StepView>,
    /// Questions that belong to no step and no phase.
    pub exchanges: Vec<ExchangeView>,
    /// The rollback.
    pub rollback: Option<RollbackView>,
    /// What of the run still stands after the rollback; none when none came to an end.
    pub residue: Option<Vec<LeftOver>>,
    /// What the probes of the steady state found.
    pub steady: Vec<SteadyView>,
    /// The clock of a drill, and what was measured.
    pub drill: DrillView,
    /// Interruptions.
    pub interruptions: Vec<InterruptionView>,
    /// How it ended, with the exit code.
    pub verdict: Option<(Verdict, u8)>,
    /// Where each of `steps` stands.
    pub(super) places: Places,
    /// How it had ended before a rollback was asked for that has not begun.
    pub(super) before: Option<(Verdict, u8)>,
    /// The last record.
    pub last: Option<Moment>,
}

impl RunView {
    /// A run to which nothing happened yet.
    pub fn new(header: RunHeader) -> Self {
        Self {
            header,
            budget: None,
            plan: PlanView::default(),
            sessions: Vec::new(),
            identities: Vec::new(),
            refusals: Vec::new(),
            deviations: Vec::new(),
            rehearsals: Vec::new(),
            phases: Vec::new(),
            steps: Vec::new(),
            exchanges: Vec::new(),
            rollback: None,
            residue: None,
            steady: Vec::new(),
            drill: DrillView::default(),
            interruptions: Vec::new(),
            verdict: None,
            places: Places::default(),
            before: None,
            last: None,
        }
    }

    /// The same with the plan's steps. A step that an event names and the list does not is shown by its id.
    #[must_use]
    pub fn with_steps(mut self, labels: Vec<StepLabel>) -> Self {
        for label in labels {
            self.phase_mut(label.phase);
            self.steps.push(StepView::new(label));
        }
        self
    }

    /// The same with a time budget.
    #[must_use]
    pub fn with_budget(mut self, budget: Option<Duration>) -> Self {
        self.budget = budget;
        self
    }

    /// The same with what the plan says beside its steps.
    #[must_use]
    pub fn with_plan(mut self, plan: PlanView) -> Self {
        self.plan = plan;
        self
    }

    /// A step by its id.
    pub fn step(&self, id: &StepId) -> Option<&StepView> {
        self.places.find(&self.steps, id.as_str(), |step| &step.label.id)
    }

    /// A phase's steps, in order.
    pub fn steps_of(&self, phase: Phase) -> impl Iterator<Item = &StepView> {
        self.steps.iter().filter(move |step| step.label.phase == phase)
    }

    /// The steps that are under way.
    pub fn running(&self) -> impl Iterator<Item = &StepView> {
        self.steps.iter().filter(|step| step.running().is_some())
    }

    /// The phase that is under way: the last to begin that has not ended.
    pub fn phase_now(&self) -> Option<Phase> {
        let open = self.phases.iter().filter(|phase| phase.finished.is_none());
        open.filter_map(|phase| Some((phase.started?.seq, phase.phase)))
            .max_by_key(|(seq, _)| *seq)
            .map(|(_, phase)| phase)
    }

    /// How long the incident lasts for which the last session goes back, in milliseconds, as of the last record.
    pub(super) fn incident(&self) -> Option<(&str, u64)> {
        let session = self.sessions.last()?;
        let back = session.back.as_ref()?;
        let since = back.declared.unwrap_or(session.started.at);
        let lasts = (self.last?.at - since).num_milliseconds();
        Some((back.incident.as_deref()?, u64::try_from(lasts).unwrap_or(0)))
    }

    /// The phases that this run has business with: all but a rollback or drill that nothing happened in.
    pub fn phases_shown(&self) -> impl Iterator<Item = &PhaseView> {
        self.phases.iter().filter(|phase| {
            let touched = self.steps_of(phase.phase).any(|step| step.outcome.is_some() || !step.attempts.is_empty());
            match phase.phase {
                Phase::Checklist | Phase::Deploy | Phase::Verify => true,
                Phase::Drill | Phase::Rollback => phase.started.is_some() || touched,
            }
        })
    }

    /// The steps of [`phases_shown`](Self::phases_shown).
    pub fn steps_shown(&self) -> impl Iterator<Item = &StepView> {
        self.phases_shown().flat_map(|phase| self.steps_of(phase.phase))
    }

    /// How many steps ended how.
    pub fn counts(&self) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        for step in self.steps_shown() {
            counts.add(step.outcome);
        }
        counts
    }

    /// The emulator's endpoint, if any session worked on one. What is only talked through works on nothing.
    pub fn emulator(&self) -> Option<&str> {
        if self.header.tabletop {
            return None;
        }
        let header = self.header.target.as_ref().and_then(|target| target.emulator.as_deref());
        header.or_else(|| self.identities.iter().find_map(|identity| identity.emulator.as_deref()))
    }

    /// Milliseconds of all sessions together, the time between them left out.
    pub fn spent_ms(&self) -> u64 {
        self.sessions.iter().filter(|session| !session.after).map(|session| session.last.elapsed_ms).sum()
    }

    /// Every question, in the order in which they were asked.
    pub fn questions(&self) -> Vec<&ExchangeView> {
        let phases = self.phases.iter().flat_map(|phase| &phase.exchanges);
        let steps = self.steps.iter().flat_map(|step| &step.exchanges);
        let mut all: Vec<_> = self.exchanges.iter().chain(phases).chain(steps).collect();
        all.sort_by_key(|exchange| exchange.asked.seq);
        all
    }

    /// The question that is open, if the last one has no answer and its session is the current one.
    pub fn open_question(&self) -> Option<&ExchangeView> {
        let now = self.sessions.last()?.number;
        self.questions().into_iter().rev().find(|it| it.answer.is_none() && it.asked.session == now)
    }

    /// A phase, made when it is new.
    pub(super) fn phase_mut(&mut self, phase: Phase) -> &mut PhaseView {
        let at = self.phases.iter().position(|it| it.phase == phase).unwrap_or_else(|| {
            let at = self.phases.iter().position(|it| it.phase > phase).unwrap_or(self.phases.len());
            self.phases.insert(at, PhaseView { phase, started: None, finished: None, exchanges: Vec::new() });
            at
        });
        &mut self.phases[at]
    }
}
