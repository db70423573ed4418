//! The after-action report of a drill: its scope, people, targets, timeline, what was seen, what is recommended, and what it comes
//! to. The parts are those that NIST SP 800-84 (Guide to Test, Training, and Exercise Programs for IT Plans and Capabilities)
//! and SP 800-34 ask for. All of it is a fold of what is on record.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::event::{DrillMoment, Measured, Objective, Outcome, Remark, RemarkKind, Verdict, Works};
use crate::id::Phase;
use crate::report::drill::{DrillPlanView, ObjectiveRow};
use crate::report::proof::{WhyNot, why_not};
use crate::report::seen::findings;
use crate::report::standing::Standing;
use crate::report::view::{RunView, StepView};
use crate::report::words::{count, duration, moment};

/// Where steps stand behind the moments of the same time.
const STEPS: u64 = 100;

/// The report of a drill.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AfterAction {
    /// What was in it: names and words.
    pub(super) scope: Vec<(&'static str, String)>,
    /// What the plan says of it.
    pub(super) plan: DrillPlanView,
    /// Each role, and who has it.
    pub(super) roles: Vec<(String, Vec<String>)>,
    /// What happened, by time.
    pub(super) timeline: Vec<TimelineRow>,
    /// Target against measured.
    pub(super) targets: Vec<TargetRow>,
    /// What people would do, step by step, when it was talked through.
    pub(super) walk: Vec<WalkRow>,
    /// How long that would take.
    pub(super) estimate: Option<Estimate>,
    /// That it was ended before its time: when, and by what.
    pub(super) stopped: Option<(DateTime<Utc>, String)>,
    /// What was seen, and by whom; nobody: checkride has seen it.
    pub(super) observations: Vec<(String, Option<String>)>,
    /// What is to be done.
    pub(super) recommendations: Vec<Recommended>,
    /// What it comes to.
    pub(super) conclusion: String,
}

/// Something that happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct TimelineRow {
    pub(super) at: DateTime<Utc>,
    /// Since the first: `+12m 03s`.
    pub(super) offset: String,
    pub(super) what: String,
    pub(super) outcome: Option<Outcome>,
    /// It is a moment of the drill, and no step.
    pub(super) is_moment: bool,
}

/// An objective, with the times that were used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TargetRow {
    pub(super) row: ObjectiveRow,
    pub(super) measured: Measured,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) to: Option<DateTime<Utc>>,
}

/// A step that was talked through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct WalkRow {
    pub(super) id: String,
    pub(super) title: String,
    /// None: it was not come to.
    pub(super) works: Option<Works>,
    pub(super) takes: String,
    pub(super) who: String,
    pub(super) missing: String,
}

/// How long the steps of a drill would take, one after the other, as people say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Estimate {
    pub(super) sum_ms: u64,
    /// Of how many steps a time is known.
    pub(super) timed: usize,
    pub(super) steps: usize,
    pub(super) rto_ms: Option<u64>,
}

/// A recommendation, and whether it is done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Recommended {
    pub(super) number: u32,
    pub(super) remark: Remark,
    pub(super) done: Option<Remark>,
}

impl AfterAction {
    /// The report; none when the run is no drill.
    pub(super) fn of(view: &RunView) -> Option<Self> {
        if view.plan.drill.is_none() && view.drill.moments.is_empty() {
            return None;
        }
        let plan = view.plan.drill.clone().unwrap_or_default();
        let roles = plan.roles.iter().map(|role| (role.clone(), people_of(view, role))).collect();
        let seen = findings(view).into_iter().map(|text| (text, None));
        let told = view.drill.remarks.of(RemarkKind::Observation).map(|it| (it.text.clone(), Some(it.by.clone())));
        let recommended = view.drill.remarks.recommendations();
        Some(Self {
            scope: scope(view, &plan),
            roles,
            timeline: timeline(view),
            targets: view.drill.measured.iter().map(|measured| TargetRow::of(view, measured)).collect(),
            walk: if view.header.tabletop { walk(view) } else { Vec::new() },
            estimate: Estimate::of(view),
            stopped: view.drill.stopped.as_ref().map(|(when, stop)| (when.at, stop.words())),
            observations: told.chain(seen).collect(),
            recommendations: recommended
                .map(|(number, remark, done)| Recommended { number, remark: remark.clone(), done: done.cloned() })
                .collect(),
            conclusion: conclusion(view, &plan),
            plan,
        })
    }
}

/// Who has a role.
pub(super) fn people_of(view: &RunView, role: &str) -> Vec<String> {
    view.drill.people.iter().filter(|person| person.role == role).map(|person| person.name.clone()).collect()
}

fn scope(view: &RunView, plan: &DrillPlanView) -> Vec<(&'static str, String)> {
    let header = &view.header;
    let how = match (header.tabletop, view.emulator()) {
        (true, _) => "a tabletop: talked through, nothing was called",
        (false, Some(_)) => "held on an emulator: no evidence about AWS",
        (false, None) => "held for real",
    };
    let mut rows = vec![("How", how.to_owned()), ("Runbook", format!("{}: {}", header.runbook, header.title))];
    rows.extend(header.profile.iter().map(|profile| ("Profile", profile.clone())));
    if let Some(target) = &header.target {
        let told = if target.caller.is_none() && header.tabletop { ", as the profile says" } else { "" };
        rows.push(("Account", format!("{} in {}{told}", target.account, target.region)));
    }
    if !plan.covers.is_empty() {
        let word = if header.tabletop { "Would cover" } else { "Covers" };
        rows.push((word, plan.covers.join(", ")));
    }
    let systems = systems(view);
    if !systems.is_empty() {
        rows.push(("Systems", systems.join(", ")));
    }
    rows
}

/// What was restored from: as its steps tell it.
fn systems(view: &RunView) -> Vec<String> {
    let mut systems: Vec<String> = Vec::new();
    for step in view.steps_of(Phase::Drill) {
        let source = step.outputs.get("source").and_then(Value::as_str).map(str::to_owned);
        let named = source.filter(|source| !systems.contains(source));
        systems.extend(named);
    }
    systems
}

fn timeline(view: &RunView) -> Vec<TimelineRow> {
    let mut rows: Vec<(DateTime<Utc>, u64, String, Option<Outcome>)> = Vec::new();
    for (at, it) in (0..).zip(&view.drill.moments) {
        rows.push((it.at, at, it.moment.as_str().to_owned(), None));
    }
    let steps = [Phase::Drill, Phase::Rollback].into_iter().flat_map(|phase| view.steps_of(phase));
    for step in steps {
        let Some(first) = step.attempts.first() else { continue };
        let word = step.outcome.map_or("not ended", Outcome::as_str);
        let spent = step.spent_ms().map(|ms| format!(", {}", duration(ms))).unwrap_or_default();
        let what = format!("“{}”: {word}{spent}", step.label.title);
        rows.push((first.started.at, STEPS + first.started.seq, what, step.outcome));
    }
    rows.sort_by_key(|(at, seq, ..)| (*at, *seq));
    let Some(first) = rows.first().map(|(at, ..)| *at) else { return Vec::new() };
    let since = |at: DateTime<Utc>| u64::try_from((at - first).num_milliseconds()).unwrap_or(0);
    let row = |(at, order, what, outcome)| TimelineRow {
        at,
        offset: format!("+{}", duration(since(at))),
        what,
        outcome,
        is_moment: order < STEPS,
    };
    rows.into_iter().map(row).collect()
}

impl TargetRow {
    fn of(view: &RunView, measured: &Measured) -> Self {
        let times = match measured.objective {
            Objective::Rto => recovery_time(view),
            Objective::Rpo => recovery_point(view, measured),
        };
        let (from, to) = times.filter(|_| measured.measured_ms.is_some()).unzip();
        Self { row: ObjectiveRow::of(measured), measured: measured.clone(), from, to }
    }
}

/// From the first that was known of it to the verified service.
fn recovery_time(view: &RunView) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let at = |wanted: DrillMoment| view.drill.moments.iter().find(|it| it.moment == wanted).map(|it| it.at);
    let from = [DrillMoment::Detected, DrillMoment::Declared, DrillMoment::Started].into_iter().find_map(at)?;
    Some((from, at(DrillMoment::Verified)?))
}

/// From the last marker that came back to the last that was written; or from the latest restorable time to when it was told.
fn recovery_point(view: &RunView, measured: &Measured) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let steps = || view.steps_of(Phase::Drill);
    let is = |step: &&StepView, name: &str| {
        step.outputs.get(name).and_then(Value::as_u64).is_some_and(|value| Some(value) == measured.measured_ms)
    };
    if let Some(step) = steps().find(|step| is(step, "rpo_ms")) {
        return Some((time(step, "last_present")?, time(step, "written")?));
    }
    let step = steps().find(|step| is(step, "lag_ms"))?;
    let told = time(step, "started")?;
    let lag = TimeDelta::milliseconds(i64::try_from(measured.measured_ms?).ok()?);
    Some((told.checked_sub_signed(lag)?, told))
}

/// A time among a step's outputs.
pub(super) fn time(step: &StepView, name: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(step.outputs.get(name)?.as_str()?).ok()?.to_utc())
}

/// The steps that people talk through.
pub(super) fn walked_steps(view: &RunView) -> impl Iterator<Item = &StepView> {
    let both = [Phase::Drill, Phase::Rollback].into_iter().flat_map(|phase| view.steps_of(phase));
    both.filter(|step| step.outcome.is_none())
}

fn walk(view: &RunView) -> Vec<WalkRow> {
    let row = |step: &StepView| {
        let said = step.walked.as_ref();
        WalkRow {
            id: step.label.id.to_string(),
            title: step.label.title.clone(),
            works: said.map(|walked| walked.works),
            takes: said.and_then(|walked| walked.takes_ms).map(duration).unwrap_or_default(),
            who: said.and_then(|walked| walked.who.clone()).unwrap_or_default(),
            missing: said.and_then(|walked| walked.missing.clone()).unwrap_or_default(),
        }
    };
    walked_steps(view).map(row).collect()
}

impl Estimate {
    /// What people say of the steps of a drill; none when it was not talked through, or nobody gave a time. What is removed
    /// afterwards is no part of the recovery.
    pub(super) fn of(view: &RunView) -> Option<Self> {
        let said: Vec<Option<u64>> =
            view.steps_of(Phase::Drill).filter_map(|step| Some(step.walked.as_ref()?.takes_ms)).collect();
        let timed: Vec<u64> = said.iter().copied().flatten().collect();
        let rto_ms = view.plan.drill.as_ref().and_then(|plan| plan.rto_ms);
        let sum_ms = timed.iter().fold(0, |sum: u64, ms| sum.saturating_add(*ms));
        (!timed.is_empty()).then_some(Self { sum_ms, timed: timed.len(), steps: said.len(), rto_ms })
    }

    /// Whether it is more than the target. That it is less meets no objective.
    pub(super) fn is_over(&self) -> bool {
        self.rto_ms.is_some_and(|rto| self.sum_ms > rto)
    }

    /// The words for it.
    pub(super) fn words(&self) -> String {
        let least = if self.timed < self.steps { "at least " } else { "" };
        let of = format!("for {} of {}", self.timed, count(self.steps, "step"));
        let target = self.rto_ms.map_or_else(|| "no RTO".to_owned(), |rto| format!("an RTO of {}", duration(rto)));
        format!("{least}{} {of}, against {target}: an estimate, nothing was measured", duration(self.sum_ms))
    }
}

/// What it comes to, in a sentence or two.
fn conclusion(view: &RunView, plan: &DrillPlanView) -> String {
    let standing = Standing::of(view).words();
    if view.header.tabletop {
        return format!("{standing}. A tabletop meets no objective and counts as no drill.");
    }
    let covers = if plan.covers.is_empty() { String::new() } else { format!(" for {}", plan.covers.join(", ")) };
    let what = match why_not(view) {
        None => format!("The recovery works as the runbook says{covers}"),
        Some(WhyNot::Emulator) if matches!(view.verdict, Some((Verdict::Passed, _))) => {
            "The runbook works on an emulator; whether AWS restores anything is not shown".to_owned()
        }
        Some(why @ (WhyNot::Kept | WhyNot::LeftOut(_) | WhyNot::NotVerified | WhyNot::NothingRecovered)) => {
            format!("That the recovery works{covers} is not shown: {}", why.words())
        }
        // How it ended is said already.
        Some(WhyNot::Tabletop | WhyNot::Emulator | WhyNot::NotOver | WhyNot::Ended(_) | WhyNot::Unreadable) => {
            format!("That the recovery works{covers} is not shown")
        }
    };
    let over = view.last.map(|last| format!(" As of {}.", moment(last.at))).unwrap_or_default();
    format!("{standing}. {what}.{over}")
}
