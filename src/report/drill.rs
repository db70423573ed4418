//! A drill: its clock, and its objectives held against what was measured.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::event::{DrillMoment, DrillStop, Measured, Outcome};
use crate::id::StepId;
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
}

/// A drill, as its run tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrillView {
    /// The moments that have come.
    pub moments: Vec<MomentView>,
    /// What was measured.
    pub measured: Vec<Measured>,
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

/// A moment, as every report shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct MomentRow {
    pub(super) word: &'static str,
    pub(super) at: DateTime<Utc>,
    /// Since the first moment: `+12m 3s`.
    pub(super) offset: String,
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
    /// The moments in the order of a drill.
    pub(super) fn moment_rows(&self) -> Vec<MomentRow> {
        let find = |moment| self.moments.iter().find(|known| known.moment == moment);
        let known: Vec<&MomentView> = DrillMoment::ALL.into_iter().filter_map(find).collect();
        let Some(first) = known.iter().map(|known| known.at).min() else { return Vec::new() };
        let row = |known: &MomentView| {
            let since = u64::try_from((known.at - first).num_milliseconds()).unwrap_or(0);
            MomentRow { word: known.moment.as_str(), at: known.at, offset: format!("+{}", duration(since)) }
        };
        known.into_iter().map(row).collect()
    }

    /// The objectives, and what was measured.
    pub(super) fn objective_rows(&self) -> Vec<ObjectiveRow> {
        self.measured.iter().map(ObjectiveRow::of).collect()
    }
}

impl ObjectiveRow {
    fn of(measured: &Measured) -> Self {
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
        format!("{measured} of {target}, {result}: {by}")
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

/// The drill, in Markdown: scope, scenario, objectives, clock, targets.
pub(super) fn drill_section(page: &mut Page, view: &RunView) {
    let plan = view.plan.drill.as_ref();
    if plan.is_none() && view.drill.moments.is_empty() {
        return;
    }
    page.heading(2, "Drill");
    if let Some(plan) = plan {
        let list = |items: &[String]| items.iter().map(|item| code(item)).collect::<Vec<_>>().join(", ");
        if let Some(scenario) = &plan.scenario {
            page.line(&format!("- Scenario: {}", text(scenario)));
        }
        for objective in &plan.objectives {
            page.line(&format!("- Objective: {}", text(objective)));
        }
        if !plan.roles.is_empty() {
            page.line(&format!("- Roles: {}", text(&plan.roles.join(", "))));
        }
        if !plan.covers.is_empty() {
            page.line(&format!("- Proves something for: {}", list(&plan.covers)));
        }
        page.gap();
    }
    if let Some((when, stop)) = &view.drill.stopped {
        let (criterion, at) = (stop.criterion.as_str(), code(&moment(when.at)));
        page.line(&format!("- Stopped at {at} by its {criterion}: {}", text(&stop.what)));
        page.gap();
    }
    let rows: Vec<_> = view
        .drill
        .objective_rows()
        .into_iter()
        .map(|row| vec![row.name.to_owned(), row.target, row.measured, row.result.to_owned(), text(&row.by)])
        .collect();
    if !rows.is_empty() {
        page.table(&["Objective", "Target", "Measured", "Result", "How"], &rows);
    }
    let rows: Vec<_> = view
        .drill
        .moment_rows()
        .into_iter()
        .map(|row| vec![row.word.to_owned(), code(&moment(row.at)), row.offset])
        .collect();
    if !rows.is_empty() {
        page.table(&["Moment", "Time (UTC)", "Since the first"], &rows);
    }
}

/// The drill, for machines; null when the run is none.
pub(super) fn drill_json(view: &RunView) -> Value {
    if view.drill.moments.is_empty() && view.plan.drill.is_none() {
        return Value::Null;
    }
    let plan = view.plan.drill.clone().unwrap_or_default();
    json!({
        "scenario": plan.scenario, "objectives": plan.objectives, "roles": plan.roles, "covers": plan.covers,
        "stopped": view.drill.stopped.as_ref().map(|(when, stop)| json!({
            "time": rfc3339(when.at), "criterion": stop.criterion, "what": stop.what,
        })),
        "moments": view.drill.moments.iter().map(|it| json!({
            "moment": it.moment, "time": rfc3339(it.at), "step": it.step,
        })).collect::<Vec<_>>(),
        "measured": view.drill.measured.iter().map(|it| json!({
            "objective": it.objective, "target_ms": it.target_ms, "measured_ms": it.measured_ms,
            "met": it.met(), "by": it.by,
        })).collect::<Vec<_>>(),
    })
}
