//! The page as a whole.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::event::{LeftOver, Need, NeedState, Outcome};
use crate::id::StepId;
use crate::report::annex::{Annex, JournalFacts};
use crate::report::guide::Block;
use crate::report::html::after::{FollowUpPart, ReviewPart, SteadyPart, follow_ups, review, steady};
use crate::report::html::drill::{DrillPart, drill};
use crate::report::html::exchange::ExchangePart;
use crate::report::html::facts::{Fact, IdentityPart, SessionPart, facts, identities, inputs, sessions};
use crate::report::html::failure::FailurePart;
use crate::report::html::status::Status;
use crate::report::html::step::{Artifacts, EffectPart, StepPart};
use crate::report::html::timeline::{BarKind, Timeline, capital, clock_of, waited_for};
use crate::report::lines::{deviation_kind, review_words};
use crate::report::rehearsal::standing_words;
use crate::report::standing::{Standing, is_bad, story};
use crate::report::summary::counted_steps;
use crate::report::view::{DeviationView, EffectView, RefusalView, RehearsalView, RunView, StepView};
use crate::report::words::{duration, moment};

/// The one style. Its hash stands in the page's content security policy, so no other is applied.
const STYLE: &str = include_str!("style.css");

/// The page, for its template.
#[derive(Template)]
#[template(path = "page.html", config = "src/report/html/askama.toml")]
struct Page<'a> {
    view: &'a RunView,
    style: &'static str,
    style_hash: String,
    standing: Standing,
    status: Status,
    story: String,
    waits_for: Option<(String, String)>,
    facts: Vec<Fact>,
    inputs: Vec<(String, String)>,
    deviations: Vec<DeviationPart>,
    refusals: Vec<RefusalPart>,
    rehearsals: Vec<RehearsalPart>,
    unknown: Vec<UnknownPart>,
    failures: Vec<FailedPart>,
    timeline: Option<Timeline>,
    drill: Option<DrillPart>,
    steady: Vec<SteadyPart>,
    follow_up: Vec<FollowUpPart>,
    review: Option<ReviewPart>,
    rows: Vec<StepRow>,
    rollback: Option<RollbackPart>,
    phases: Vec<PhasePart>,
    exchanges: Vec<ExchangePart>,
    interruptions: Vec<(String, String, &'static str)>,
    sessions: Vec<SessionPart>,
    identities: Vec<IdentityPart>,
    journal: Option<JournalFacts>,
    records: u64,
}

/// A step by its title, and the heading that it leads to.
pub(super) struct StepLink {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) linked: bool,
}

struct DeviationPart {
    at: String,
    what: &'static str,
    step: Option<StepLink>,
    reason: String,
    due: String,
}

struct RehearsalPart {
    at: String,
    undo: StepLink,
    change: StepLink,
    standing: String,
    status: Status,
    needs: Vec<NeedPart>,
}

struct NeedPart {
    what: String,
    state: &'static str,
    detail: String,
    remedy: String,
}

struct RefusalPart {
    at: String,
    guard: String,
    message: String,
    remedy: Option<String>,
}

struct UnknownPart {
    step: StepLink,
    effect: EffectPart,
}

struct FailedPart {
    step: StepLink,
    status: Status,
    phase: String,
    failure: Option<FailurePart>,
    reason: Option<String>,
}

struct StepRow {
    number: usize,
    phase: String,
    step: StepLink,
    status: Status,
    began: Option<String>,
    took: Option<String>,
    waited: Option<String>,
    attempts: usize,
}

struct RollbackPart {
    at: String,
    cause: String,
    steps: Vec<(StepLink, Status)>,
    left: Option<Vec<(StepLink, LeftOver)>>,
}

struct PhasePart {
    id: &'static str,
    title: String,
    counts: String,
    exchanges: Vec<ExchangePart>,
    steps: Vec<StepPart>,
}

/// The report as one HTML page.
pub fn html(view: &RunView, annex: &Annex<'_>) -> String {
    Page::of(view, annex).render().expect("a page is written into a string, which takes everything")
}

impl<'a> Page<'a> {
    fn of(view: &'a RunView, annex: &'a Annex<'a>) -> Self {
        let standing = Standing::of(view);
        let mut artifacts = Artifacts::gather(view, annex);
        let phases = view.phases_shown().map(|phase| PhasePart {
            id: phase.phase.as_str(),
            title: capital(phase.phase.as_str()),
            counts: counted_steps(view.steps_of(phase.phase)),
            exchanges: ExchangePart::all(&phase.exchanges, "", &artifacts),
            steps: Vec::new(),
        });
        let mut phases: Vec<PhasePart> = phases.collect();
        for (part, phase) in phases.iter_mut().zip(view.phases_shown()) {
            part.steps = view.steps_of(phase.phase).map(|step| StepPart::of(step, &mut artifacts)).collect();
        }
        Self {
            style: STYLE,
            style_hash: STANDARD.encode(Sha256::digest(STYLE.as_bytes())),
            status: Status::of(Some(standing.outcome)),
            standing,
            story: story(view),
            waits_for: view.open_question().map(|it| (it.question.id.clone(), it.question.title.clone())),
            facts: facts(view),
            inputs: inputs(view),
            deviations: deviations(view),
            refusals: refusals(view),
            rehearsals: rehearsals(view),
            unknown: unknown(view),
            failures: failures(view),
            timeline: Timeline::of(view),
            drill: drill(view),
            steady: steady(view),
            follow_up: follow_ups(view),
            review: review(view),
            rows: rows(view),
            rollback: rollback(view),
            phases,
            exchanges: ExchangePart::all(&view.exchanges, "", &artifacts),
            interruptions: interruptions(view),
            sessions: sessions(view),
            identities: identities(view),
            journal: annex.journal.clone(),
            records: view.last.map_or(0, |last| last.seq),
            view,
        }
    }
}

impl StepLink {
    pub(super) fn of(view: &RunView, id: &StepId) -> Self {
        let shown = view.steps_shown().find(|step| step.label.id == *id);
        let title = view.step(id).map_or_else(|| id.to_string(), |step| step.label.title.clone());
        Self { id: id.to_string(), title, linked: shown.is_some() }
    }

    fn to(step: &StepView) -> Self {
        Self { id: step.label.id.to_string(), title: step.label.title.clone(), linked: true }
    }
}

fn deviations(view: &RunView) -> Vec<DeviationPart> {
    let of = |it: &DeviationView| DeviationPart {
        at: moment(it.when.at),
        what: deviation_kind(it.what),
        step: it.step.as_ref().map(|step| StepLink::of(view, step)),
        reason: it.reason.clone(),
        due: review_words(it).unwrap_or_default(),
    };
    view.deviations.iter().map(of).collect()
}

fn refusals(view: &RunView) -> Vec<RefusalPart> {
    let part = |it: &RefusalView| RefusalPart {
        at: moment(it.when.at),
        guard: it.guard.clone(),
        message: it.message.clone(),
        remedy: it.remedy.clone(),
    };
    view.refusals.iter().map(part).collect()
}

fn rehearsals(view: &RunView) -> Vec<RehearsalPart> {
    let need = |need: &Need| NeedPart {
        what: need.what.clone(),
        state: need.state.as_str(),
        detail: need.detail.clone().unwrap_or_default(),
        remedy: need.remedy.clone().unwrap_or_default(),
    };
    let part = |it: &RehearsalView| RehearsalPart {
        at: moment(it.when.at),
        undo: StepLink::of(view, &it.undo),
        change: StepLink::of(view, &it.change),
        standing: standing_words(&it.needs),
        status: Status::of(Some(match it.needs.iter().map(|need| need.state.rank()).min() {
            Some(worst) if worst == NeedState::Missing.rank() => Outcome::Failed,
            Some(worst) if worst == NeedState::Unknown.rank() => Outcome::Unknown,
            Some(_) => Outcome::Passed,
            None => Outcome::Skipped,
        })),
        needs: it.needs.iter().map(need).collect(),
    };
    view.rehearsals.iter().map(part).collect()
}

fn unknown(view: &RunView) -> Vec<UnknownPart> {
    let steps = view.steps_shown();
    let part = |step: &StepView, attempt: u32, effect: &EffectView| UnknownPart {
        step: StepLink::to(step),
        effect: EffectPart::of(effect, attempt),
    };
    steps
        .flat_map(|step| step.unknown_effects().map(move |(attempt, effect)| part(step, attempt.number, effect)))
        .collect()
}

fn failures(view: &RunView) -> Vec<FailedPart> {
    let bad = view.steps_shown().filter(|step| is_bad(step));
    bad.map(|step| FailedPart {
        step: StepLink::to(step),
        status: Status::of(step.outcome),
        phase: step.label.phase.to_string(),
        failure: step.failure.as_ref().map(FailurePart::of),
        reason: step.reason.clone(),
    })
    .collect()
}

fn rows(view: &RunView) -> Vec<StepRow> {
    let row = |(at, step): (usize, &StepView)| StepRow {
        number: at + 1,
        phase: step.label.phase.to_string(),
        step: StepLink::to(step),
        status: Status::of_step(step),
        began: step.attempts.first().map(|attempt| clock_of(view, attempt.started)),
        took: step.spent_ms().map(duration),
        waited: waited_for(&step.exchanges),
        attempts: step.attempts.len(),
    };
    view.steps_shown().enumerate().map(row).collect()
}

fn rollback(view: &RunView) -> Option<RollbackPart> {
    let rollback = view.rollback.as_ref()?;
    let status = |id: &StepId| Status::of(view.step(id).and_then(|step| step.outcome));
    Some(RollbackPart {
        at: moment(rollback.started.at),
        cause: rollback.cause.clone(),
        steps: rollback.steps.iter().map(|id| (StepLink::of(view, id), status(id))).collect(),
        left: view
            .residue
            .as_ref()
            .map(|left| left.iter().map(|it| (StepLink::of(view, &it.step), it.clone())).collect()),
    })
}

fn interruptions(view: &RunView) -> Vec<(String, String, &'static str)> {
    let words = |stopping| if stopping { "the running step was stopped" } else { "no further step began" };
    view.interruptions.iter().map(|it| (moment(it.when.at), it.signal.clone(), words(it.stopping))).collect()
}
