//! A drill: its clock, and its objectives held against what was measured.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::event::{DrillMoment, DrillStop, Measured, Outcome, Participant, Remarks, Works};
use crate::id::StepId;
use crate::report::exercise::{AfterAction, Recommended, TargetRow, TimelineRow, WalkRow};
use crate::report::lines::{Layout, toned};
use crate::report::look::{Tone, tone};
use crate::report::page::{Page, code, text};
use crate::report::view::{Moment, RunView};
use crate::report::words::{duration, moment};
use crate::world::clock::rfc3339;

/// What the plan says of a drill.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DrillPlanView {
    /// The profiles for which it proves something.
    pub covers: Vec<String>,
    /// What is supposed to have happened.
    pub scenario: Option<String>,
    /// What it is to show.
    pub objectives: Vec<String>,
    /// The roles that people have in it.
    pub roles: Vec<String>,
    /// The recovery time objective, in milliseconds.
    pub rto_ms: Option<u64>,
    /// The recovery point objective, in milliseconds.
    pub rpo_ms: Option<u64>,
    /// How long its steps may take, in milliseconds.
    pub budget_ms: Option<u64>,
}

/// A drill, as its run tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrillView {
    /// The moments that have come.
    pub moments: Vec<MomentView>,
    /// What was measured.
    pub measured: Vec<Measured>,
    /// Who takes part.
    pub people: Vec<Participant>,
    /// What people have to say of it.
    pub remarks: Remarks,
    /// It was ended before its time, and when.
    pub stopped: Option<(Moment, DrillStop)>,
}

/// A moment of a drill.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MomentView {
    /// Which.
    pub moment: DrillMoment,
    /// When.
    pub at: DateTime<Utc>,
    /// The step that brought it.
    pub step: Option<StepId>,
}

/// An objective, as every report shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ObjectiveRow {
    pub(super) name: &'static str,
    pub(super) target: String,
    pub(super) measured: String,
    pub(super) result: &'static str,
    pub(super) outcome: Option<Outcome>,
    pub(super) by: String,
}

impl DrillView {
    /// The objectives, and what was measured.
    pub(super) fn objective_rows(&self) -> Vec<ObjectiveRow> {
        self.measured.iter().map(ObjectiveRow::of).collect()
    }
}

impl ObjectiveRow {
    pub(super) fn of(measured: &Measured) -> Self {
        let (result, outcome) = match (measured.met(), measured.measured_ms) {
            (Some(true), _) => ("met", Some(Outcome::Passed)),
            (Some(false), _) => ("missed", Some(Outcome::Failed)),
            (None, Some(_)) => ("no target", None),
            (None, None) => ("not measured", None),
        };
        Self {
            name: measured.objective.as_str(),
            target: measured.target_ms.map_or_else(|| "none".to_owned(), duration),
            measured: measured.measured_ms.map_or_else(|| "not measured".to_owned(), duration),
            result,
            outcome,
            by: measured.by.clone(),
        }
    }

    /// All of it in a line.
    pub(super) fn words(&self) -> String {
        let Self { target, measured, result, by, .. } = self;
        let held = match (self.outcome, target.as_str()) {
            (Some(_), _) => format!("{measured} of {target}, {result}"),
            (None, "none") if measured == result => measured.clone(),
            (None, "none") => format!("{measured}, {result}"),
            (None, _) => format!("{measured}, of {target}"),
        };
        format!("{held}: {by}")
    }

    pub(super) fn tone(&self) -> Tone {
        self.outcome.map_or(Tone::Strong, tone)
    }
}

/// The recovery time so far against its objective, while it runs: `RTO 12m 40s of 30m 00s left`. `now_ms`: since the session
/// began.
pub(super) fn countdown(view: &RunView, now_ms: u64) -> Option<(Tone, String)> {
    let target = view.plan.drill.as_ref()?.rto_ms?;
    let known = |moment| view.drill.moments.iter().find(|known| known.moment == moment);
    let over =
        known(DrillMoment::Verified).is_some() || !view.drill.measured.is_empty() || view.drill.stopped.is_some();
    let began = DrillMoment::ALL.into_iter().take_while(|moment| *moment <= DrillMoment::Started).find_map(known)?;
    let last = view.last.filter(|_| !over)?;
    let before = u64::try_from((last.at - began.at).num_milliseconds()).unwrap_or(0);
    let spent = before.saturating_add(now_ms.saturating_sub(last.elapsed_ms));
    Some(match target.checked_sub(spent) {
        Some(left) => (Tone::Strong, format!("RTO {} of {} left", duration(left), duration(target))),
        None => (Tone::Bad, format!("RTO {} over {}", duration(spent - target), duration(target))),
    })
}

/// What is said when an objective was measured.
pub(super) fn objective_lines(measured: &Measured, layout: Layout) -> Vec<String> {
    let row = ObjectiveRow::of(measured);
    toned(row.tone(), &layout.look.plain(&format!("{} {}", row.name, row.words())), "    ", layout)
}

/// The drill, in Markdown: the after-action report, but for its deviations, which follow, and what comes after them.
pub(super) fn drill_section(page: &mut Page, view: &RunView) {
    let Some(AfterAction { scope, plan, roles, timeline, targets, walk, estimate, stopped, observations, .. }) =
        AfterAction::of(view)
    else {
        return;
    };
    page.heading(2, "Drill");
    page.heading(3, "Scope");
    for (name, words) in scope {
        page.line(&format!("- {name}: {}", text(&words)));
    }
    if plan.scenario.is_some() || !plan.objectives.is_empty() {
        page.heading(3, "Scenario and objectives");
    }
    if let Some(scenario) = &plan.scenario {
        page.line(&format!("- Scenario: {}", text(scenario)));
    }
    for objective in &plan.objectives {
        page.line(&format!("- Objective: {}", text(objective)));
    }
    if !roles.is_empty() {
        page.heading(3, "Participants");
        let named = |names: &[String]| if names.is_empty() { "nobody".to_owned() } else { text(&names.join(", ")) };
        let rows: Vec<_> = roles.iter().map(|(role, names)| vec![text(role), named(names)]).collect();
        page.table(&["Role", "Who"], &rows);
    }
    if !walk.is_empty() {
        page.heading(3, "Talked through");
        let row = |it: WalkRow| {
            let works = it.works.map_or("not come to", Works::as_str).to_owned();
            vec![text(&it.title), works, it.takes, text(&it.who), text(&it.missing)]
        };
        let rows: Vec<_> = walk.into_iter().map(row).collect();
        page.table(&["Step", "As it is written", "Would take", "Who", "What is missing"], &rows);
    }
    if let Some(estimate) = estimate {
        page.gap();
        page.line(&format!("Estimated recovery: {}.", text(&estimate.words())));
    }
    if let Some((at, by)) = stopped {
        page.gap();
        page.line(&format!("Stopped at {} {}.", code(&moment(at)), text(&by)));
    }
    if !timeline.is_empty() {
        page.heading(3, "Timeline");
        let row = |it: TimelineRow| vec![code(&moment(it.at)), it.offset, text(&it.what)];
        let rows: Vec<_> = timeline.into_iter().map(row).collect();
        page.table(&["Time (UTC)", "Since the first", "What"], &rows);
    }
    if !targets.is_empty() {
        page.heading(3, "Targets and what was measured");
        let at = |at: Option<DateTime<Utc>>| at.map(|at| code(&rfc3339(at))).unwrap_or_default();
        let row = |TargetRow { row, from, to, .. }: TargetRow| {
            let result = row.result.to_owned();
            vec![row.name.to_owned(), row.target, row.measured, result, at(from), at(to), text(&row.by)]
        };
        let rows: Vec<_> = targets.into_iter().map(row).collect();
        page.table(&["Objective", "Target", "Measured", "Result", "From", "To", "How"], &rows);
    }
    page.heading(3, "Observations");
    if observations.is_empty() {
        page.line("None.");
    }
    for (words, by) in observations {
        let by = by.map(|by| format!(" ({})", text(&by))).unwrap_or_default();
        page.line(&format!("- {}{by}", text(&words)));
    }
}

/// What is recommended after a drill, and what it comes to.
pub(super) fn conclusion_section(page: &mut Page, view: &RunView) {
    let Some(AfterAction { recommendations, conclusion, .. }) = AfterAction::of(view) else { return };
    page.heading(2, "Recommendations");
    if recommendations.is_empty() {
        page.line("None.");
    } else {
        let row = |Recommended { number, remark, done }: &Recommended| {
            vec![
                number.to_string(),
                text(&remark.text),
                text(remark.owner.as_deref().unwrap_or("nobody yet")),
                remark.due.map_or_else(|| "not set".to_owned(), |due| due.to_string()),
                done.as_ref().map_or_else(|| "open".to_owned(), |done| format!("done, says {}", text(&done.by))),
            ]
        };
        let rows: Vec<_> = recommendations.iter().map(row).collect();
        page.table(&["#", "What", "Owner", "Due", "Stands"], &rows);
    }
    page.heading(2, "Conclusion");
    page.line(&text(&conclusion));
}

/// The drill, for machines; null when the run is none.
pub(super) fn drill_json(view: &RunView) -> Value {
    let Some(after) = AfterAction::of(view) else { return Value::Null };
    let plan = after.plan;
    json!({
        "tabletop": view.header.tabletop,
        "scope": after.scope.iter().map(|(name, words)| json!({ "name": name, "words": words })).collect::<Vec<_>>(),
        "scenario": plan.scenario, "objectives": plan.objectives, "roles": plan.roles, "covers": plan.covers,
        "participants": view.drill.people,
        "stopped": view.drill.stopped.as_ref().map(|(when, stop)| json!({
            "time": rfc3339(when.at), "criterion": stop.criterion, "what": stop.what,
        })),
        "moments": view.drill.moments.iter().map(|it| json!({
            "moment": it.moment, "time": rfc3339(it.at), "step": it.step,
        })).collect::<Vec<_>>(),
        "timeline": after.timeline.iter().map(|it| json!({
            "time": rfc3339(it.at), "what": it.what, "outcome": it.outcome,
        })).collect::<Vec<_>>(),
        "measured": after.targets.iter().map(|TargetRow { measured: it, from, to, .. }| json!({
            "objective": it.objective, "target_ms": it.target_ms, "measured_ms": it.measured_ms,
            "met": it.met(), "by": it.by, "from": from.map(rfc3339), "to": to.map(rfc3339),
        })).collect::<Vec<_>>(),
        "walked": view.steps.iter().filter_map(|step| {
            let mut walked = json!(step.walked.as_ref()?);
            walked["step"] = json!(step.label.id);
            Some(walked)
        }).collect::<Vec<_>>(),
        "estimate": after.estimate.map(|it| json!({
            "sum_ms": it.sum_ms, "timed": it.timed, "steps": it.steps, "rto_ms": it.rto_ms,
        })),
        "observations": after.observations.iter().map(|(text, by)| json!({ "text": text, "by": by })).collect::<Vec<_>>(),
        "recommendations": after.recommendations.iter().map(|it| json!({
            "number": it.number, "text": it.remark.text, "by": it.remark.by, "owner": it.remark.owner,
            "due": it.remark.due, "done": it.done.as_ref().map(|done| json!({ "by": done.by, "text": done.text })),
        })).collect::<Vec<_>>(),
        "conclusion": after.conclusion,
    })
}
