//! What is on record of the drills of a project, read from its runs and its runbooks.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::cli::command::resume::recover;
use crate::cli::command::sitting::{plan_of, view_of};
use crate::cli::fresh::{DrillFact, DrillRunbook};
use crate::cli::project::Project;
use crate::cli::settings::Settings;
use crate::event::{EffectResult, Event, EventKind, LeftOver, Outcome, Remark, RunHeader, RunState};
use crate::id::Phase;
use crate::journal::{FolderError, RunFolder, RunsFolder};
use crate::plan::{DrillRecord, PlanRecord};
use crate::report::{WhyNot, why_not};
use crate::runbook::{Limits, load_runbook};
use crate::source::{Diagnostics, Sources};
use crate::step::Effect;

/// The drills that were held in a project, oldest first. Of other runs no more than the plan is looked at: journals are
/// long.
pub(super) fn held(runs: &RunsFolder) -> Result<Vec<DrillFact>, FolderError> {
    Ok(runs.list()?.iter().filter(|folder| folder.began()).filter_map(fact).collect())
}

/// The runbooks of a project that are drills. One that cannot be read is none: `checkride check` names it.
pub(super) fn runbooks(settings: &Settings, project: &Project) -> Vec<DrillRunbook> {
    let limits = Limits { max_steps: usize::MAX };
    let one = |name: String| {
        let path = project.runbook(settings, &name).ok()?;
        let runbook = load_runbook(&path, &project.root, &mut Sources::new(), &mut Diagnostics::new(), limits)?;
        let steps = || runbook.steps.iter().filter(|step| step.phase == Phase::Drill);
        steps().next().is_some().then(|| DrillRunbook {
            name,
            path: runbook.path.clone(),
            title: runbook.title.clone(),
            profile: runbook.profile.clone(),
            covers: runbook.drill.covers.clone(),
            recovers: steps().any(|step| step.effect.changes_target()),
        })
    };
    project.runbooks().into_iter().filter_map(one).collect()
}

/// Of a run's plan, whether it is a drill's: the rest is passed over.
#[derive(Deserialize)]
struct OfDrill {
    #[serde(default)]
    drill: Option<IgnoredAny>,
}

fn fact(folder: &RunFolder) -> Option<DrillFact> {
    let bytes = folder.read("plan.json").ok()?;
    serde_json::from_slice::<OfDrill>(&bytes).ok()?.drill?;
    let plan = plan_of(folder).ok()?;
    let drill = plan.drill.as_ref()?;
    Some(match recover(folder) {
        Ok((journal, state, events)) => told(folder, &journal.header, &plan, drill, &state, &events),
        Err(_) => DrillFact {
            run: folder.id.clone(),
            runbook: plan.runbook.clone(),
            profile: plan.profile.clone(),
            covers: drill.covers.clone(),
            finished: None,
            measured: Vec::new(),
            proves_nothing: Some(WhyNot::Unreadable),
            left: Vec::new(),
            kept_until: None,
            open: Vec::new(),
        },
    })
}

fn told(
    folder: &RunFolder,
    header: &RunHeader,
    plan: &PlanRecord,
    drill: &DrillRecord,
    state: &RunState,
    events: &[Event],
) -> DrillFact {
    let ended = |event: &&Event| matches!(event.kind, EventKind::RunFinished { .. });
    let finished = state.over().and_then(|_| events.iter().rev().find(ended)).map(|event| event.at);
    DrillFact {
        run: folder.id.clone(),
        runbook: header.runbook.clone(),
        profile: header.profile.clone(),
        covers: drill.covers.clone(),
        finished,
        measured: state.drill.measured.clone(),
        proves_nothing: why_not(&view_of(header, plan, events)),
        kept_until: drill.kept_until,
        left: if finished.is_some() { left(plan, state, events) } else { Vec::new() },
        open: open(state),
    }
}

/// What was recommended and is not done.
fn open(state: &RunState) -> Vec<Remark> {
    let all = state.drill.remarks.recommendations();
    all.filter(|(_, _, done)| done.is_none()).map(|(_, remark, _)| remark.clone()).collect()
}

/// What a drill that is over has made and not removed, and what a step of its rollback would remove.
fn left(plan: &PlanRecord, state: &RunState, events: &[Event]) -> Vec<String> {
    let found = events.iter().rev().find_map(|event| {
        let EventKind::ResidualState { left } = &event.kind else { return None };
        Some(left)
    });
    if let Some(left) = found {
        // What an undo leaves that went well is no more to be removed.
        let open = |left: &&LeftOver| {
            let undone = left.undo.as_ref().is_some_and(|undo| state.step(undo).outcome() == Some(Outcome::Passed));
            left.undo.is_some() && !undone
        };
        return left.iter().filter(open).flat_map(lines).collect();
    }
    let removes = |phase: Phase| plan.steps.iter().filter(move |step| step.phase == phase);
    if removes(Phase::Rollback).all(|step| step.left_out.is_none()) {
        return Vec::new();
    }
    let writes = [Effect::Write.as_str(), Effect::Irreversible.as_str()];
    removes(Phase::Drill)
        .filter(|step| writes.contains(&step.effect.as_str()) && state.step(&step.id).may_have_run())
        .flat_map(|step| {
            let effects = state.step(&step.id).effects.iter();
            let made = effects.filter(|effect| effect.result != Some(EffectResult::Refused));
            made.map(|effect| format!("`{}`: {} on {}", step.id, effect.call, effect.target)).collect::<Vec<_>>()
        })
        .collect()
}

fn lines(left: &LeftOver) -> Vec<String> {
    let what = if left.stays.is_empty() { &left.effects } else { &left.stays };
    if what.is_empty() {
        return vec![format!("`{}`: {}", left.step, left.why)];
    }
    what.iter().map(|what| format!("`{}`: {what}", left.step)).collect()
}
