//! What checkride itself has seen in a drill: each is an observation of the after-action report, and read off the records.

use serde_json::Value;

use crate::event::{Measured, Outcome, Works};
use crate::id::Phase;
use crate::report::drill::ObjectiveRow;
use crate::report::exercise::{Estimate, people_of, time, walked_steps};
use crate::report::standing::is_bad;
use crate::report::view::{RunView, StepView};
use crate::report::words::{count, duration, moment};

/// All of it, what weighs most first.
pub(super) fn findings(view: &RunView) -> Vec<String> {
    let mut all: Vec<String> = view.drill.measured.iter().filter_map(missed).collect();
    all.extend(walked_steps(view).filter_map(gap));
    all.extend(
        Estimate::of(view).filter(Estimate::is_over).map(|it| format!("The estimate is over the RTO: {}", it.words())),
    );
    for step in view.steps_shown() {
        all.extend(failed(step));
        all.extend(lost(step));
        all.extend(not_carried(step));
        all.extend(tried_again(step));
    }
    all.extend(left(view));
    all.extend(over_budget(view));
    all.extend(torn_apart(view));
    if !view.deviations.is_empty() {
        all.push(format!("{} from the runbook, listed under Deviations", count(view.deviations.len(), "deviation")));
    }
    all.extend(nobody(view));
    all
}

fn missed(measured: &Measured) -> Option<String> {
    let row = ObjectiveRow::of(measured);
    (measured.met() == Some(false)).then(|| match measured.measured_ms {
        Some(_) => format!("{} missed: {} of {}", row.name, row.measured, row.target),
        None => format!("{} not measured: {}", row.name, row.by),
    })
}

fn gap(step: &StepView) -> Option<String> {
    let walked = step.walked.as_ref()?;
    let what = match walked.works {
        Works::Yes => return None,
        Works::Gap => "has a gap",
        Works::No => "would not work",
    };
    Some(format!("“{}” {what}: {}", step.label.title, walked.missing.as_deref().unwrap_or_default()))
}

fn failed(step: &StepView) -> Option<String> {
    let why = step.failure.as_ref().map(|failure| &failure.message).or(step.reason.as_ref());
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    is_bad(step).then(|| format!("“{}” {}{why}", step.label.title, step.outcome.map_or("", Outcome::as_str)))
}

/// Data that did not come back, by the markers.
fn lost(step: &StepView) -> Option<String> {
    let lost = step.outputs.get("rpo_ms").and_then(Value::as_u64).filter(|lost| *lost > 0)?;
    let (from, to) = (time(step, "last_present")?, time(step, "written")?);
    Some(format!(
        "Markers are absent: what was written after {}, up to {}, did not come back ({})",
        moment(from),
        moment(to),
        duration(lost)
    ))
}

/// Settings that a restore has not carried over.
fn not_carried(step: &StepView) -> Option<String> {
    let reported = step.outputs.get("settings")?.get("reported")?.as_array()?;
    let names: Vec<&str> = reported.iter().filter_map(|it| it["what"].as_str()).collect();
    (!names.is_empty()).then(|| format!("Not carried over by “{}”: {}", step.label.title, names.join(", ")))
}

fn tried_again(step: &StepView) -> Option<String> {
    let tries = step.attempts.len();
    (step.label.phase == Phase::Rollback && tries > 1)
        .then(|| format!("“{}” took {}", step.label.title, count(tries, "attempt")))
}

fn left(view: &RunView) -> Option<String> {
    let left = view.residue.as_ref().filter(|left| !left.is_empty())?;
    Some(format!("Not all that was made is removed: {} still stand", count(left.len(), "step")))
}

/// Time against the budgets: of the drill's steps, and of the whole run.
fn over_budget(view: &RunView) -> Vec<String> {
    let mut all = Vec::new();
    let spent: u64 = view.steps_of(Phase::Drill).filter_map(StepView::spent_ms).sum();
    if let Some(budget) = view.plan.drill.as_ref().and_then(|plan| plan.budget_ms).filter(|budget| spent > *budget) {
        all.push(format!("The steps of the drill took {}, of a budget of {}", duration(spent), duration(budget)));
    }
    let whole = view.budget.and_then(|budget| u64::try_from(budget.as_millis()).ok());
    if let Some(budget) = whole.filter(|budget| view.spent_ms() > *budget) {
        all.push(format!("The run took {}, of a budget of {}", duration(view.spent_ms()), duration(budget)));
    }
    all
}

/// More than one sitting.
fn torn_apart(view: &RunView) -> Option<String> {
    let sessions = view.sessions.iter().filter(|session| !session.after && session.back.is_none()).count();
    (sessions > 1)
        .then(|| format!("It took {}: it was interrupted, or killed, and taken up again", count(sessions, "session")))
}

/// Roles that nobody has.
fn nobody(view: &RunView) -> Option<String> {
    let roles = view.plan.drill.as_ref().map(|plan| plan.roles.as_slice()).unwrap_or_default();
    let empty: Vec<&str> = roles.iter().filter(|role| people_of(view, role).is_empty()).map(String::as_str).collect();
    (!empty.is_empty()).then(|| format!("Nobody is on record as {}", empty.join(", ")))
}
