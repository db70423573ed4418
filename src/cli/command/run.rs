//! `checkride run`.

use crate::cli::args::RunArguments;
use crate::cli::command::begin::{git_state, header, keep, left_out, random, room};
use crate::cli::command::freshness::overdue;
use crate::cli::command::guard::{guard, guard_read_role};
use crate::cli::command::lock::lock;
use crate::cli::command::plan::print_human;
use crate::cli::command::sitting::{Start, open_events, read_answers, runtime, sit};
use crate::cli::command::tabletop::tabletop;
use crate::cli::command::warn::warn;
use crate::cli::drill_opening::Typed;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::prepare::{Prepared, Wanted, prepare};
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::event::{DeviationKind, RunHeader, RunState};
use crate::id::{Phase, RunId, StepId};
use crate::journal::{RunsFolder, Writer};
use crate::plan::PlanRecord;
use crate::report::Tone;
use crate::world::clock::{Clock, compact, rfc3339};

pub(super) fn run(arguments: &RunArguments, settings: &Settings, screen: &Screen) -> Result<ExitCode, CommandError> {
    if arguments.target.phase.contains(&Phase::Drill) {
        let message = "a drill runs by itself: what it restores is removed at its end";
        return Err(
            CommandError::new(ExitCode::Usage, message).hint(format!("`checkride drill {}`", arguments.target.runbook))
        );
    }
    start(arguments, Wanted::of(&arguments.target, arguments.plan), &Typed::default(), settings, screen)
}

/// Begins a run, or shows its plan. `typed`: of a drill, what is known when it is begun.
pub(super) fn start(
    arguments: &RunArguments,
    wanted: Wanted,
    typed: &Typed,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let project = Project::of_runbook(settings, &arguments.target.runbook)?;
    let mut prepared = prepare(settings, screen, project, wanted)?;
    warn(&prepared, screen);
    let look = screen.surface().look();
    screen.say(&overdue(&prepared).iter().map(|line| look.paint(Tone::Warn, &look.plain(line))).collect::<Vec<_>>());
    let runtime = runtime()?;
    let now = Clock::System.now();
    let opening = typed.opening(&roles(&prepared.record), now)?;
    if arguments.plan {
        return print_human(&prepared, screen, &runtime);
    }
    let answers = read_answers(&arguments.sitting, settings, &prepared)?;
    if prepared.record.tabletop {
        let told = (arguments.change.as_deref(), arguments.reason.as_deref());
        return tabletop(prepared, answers, opening, told, &arguments.sitting, settings, screen, &runtime);
    }
    let id = RunId::make(&compact(now), &prepared.loaded.runbook.name, random()?);
    if let Some(aws) = &mut prepared.aws {
        aws.app_name = id.short();
    }
    let (doors, accepted) = guard(&runtime, prepared.aws.as_ref())?;
    guard_read_role(&runtime, &doors, prepared.aws.as_ref())?;
    let runs = RunsFolder::of(&prepared.project.root);
    let _lock = lock(&runs, &prepared, &id, settings)?;
    let events = open_events(&arguments.sitting, settings, screen)?;
    let broken = |error: &dyn std::error::Error| {
        CommandError::of(ExitCode::Broken, error).hint("nothing was done: what cannot be kept is not begun")
    };
    runs.has_room(room(&prepared)).map_err(|error| broken(&error))?;
    let folder = runs.create(&id).map_err(|error| broken(&error))?;
    keep(&folder, &prepared)?;
    let git = runtime.block_on(git_state(&prepared.project.root, settings));
    let header = RunHeader {
        change: arguments.change.as_deref().map(|text| prepared.redactor.cut(text)),
        reason: arguments.reason.as_deref().map(|text| prepared.redactor.cut(text)),
        ..header(&prepared, &id, rfc3339(now), accepted.as_ref(), settings, git)
    };
    let writer = Writer::create(&folder.journal(), &header).map_err(|error| broken(&error))?;
    let deviations = deviations(&prepared);
    let start = Start {
        prepared,
        folder,
        header,
        writer,
        state: RunState::default(),
        earlier: Vec::new(),
        accepted,
        doors,
        answers,
        events,
        deviations,
        jobs: arguments.sitting.jobs,
        back: None,
        break_glass: arguments.break_glass.clone(),
        opening,
    };
    sit(start, settings, screen, &runtime)
}

/// The roles that people have in a drill.
pub(super) fn roles(record: &PlanRecord) -> Vec<String> {
    record.drill.as_ref().map(|drill| drill.roles.clone()).unwrap_or_default()
}

/// What the command line leaves out is on record.
pub(super) fn deviations(prepared: &Prepared) -> Vec<(DeviationKind, Option<StepId>, String)> {
    let mut deviations = Vec::new();
    if prepared.plan.is_drill() {
        let kept = prepared.plan.of_phase(Phase::Rollback).filter_map(|step| Some((step, step.left_out.clone()?)));
        deviations.extend(kept.map(|(step, reason)| (DeviationKind::LeftOut, Some(step.id.clone()), reason)));
        deviations.extend(left_out(prepared));
        return deviations;
    }
    let usual = [Phase::Checklist, Phase::Deploy, Phase::Verify];
    let has = |phase| prepared.loaded.runbook.steps.iter().any(|step| step.phase == phase);
    for phase in usual.into_iter().filter(|phase| !prepared.plan.phases.contains(phase) && has(*phase)) {
        deviations.push((DeviationKind::LeftOut, None, format!("phase {phase} is left out by --phase")));
    }
    deviations.extend(left_out(prepared));
    deviations
}
