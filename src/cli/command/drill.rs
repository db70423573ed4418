//! `checkride drill`: a disaster rehearsed. It restores for real, and removes what it made.

use crate::cli::args::RollbackArguments;
use crate::cli::command::rollback::rollback;
use crate::cli::command::run::start;
use crate::cli::command::sitting::plan_of;
use crate::cli::command::tabletop::afterwards;
use crate::cli::drill_args::DrillArguments;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::prepare::Wanted;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::id::Phase;
use crate::journal::RunsFolder;
use crate::world::clock::Clock;

pub(super) fn drill(
    arguments: &DrillArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    if let Some(run) = &arguments.cleanup {
        return clean_up(run, arguments, settings, screen);
    }
    if let Some(run) = &arguments.after {
        return afterwards(run, &arguments.typed(), &arguments.sitting, settings, screen);
    }
    let Some(runbook) = &arguments.runbook else {
        return Err(CommandError::new(ExitCode::Usage, "which runbook?").hint("`checkride list` lists them"));
    };
    let run = arguments.as_run(runbook);
    let until = arguments.keep.as_ref().map(|_| arguments.keep_until.time(Clock::System.now())).transpose();
    let until = until.map_err(|why| CommandError::new(ExitCode::Usage, why))?;
    // What nobody needs to know to talk it through is not asked for.
    let lenient = run.plan || arguments.tabletop;
    let mut wanted = Wanted { keep: arguments.keep.clone(), keep_until: until, ..Wanted::of(&run.target, lenient) };
    wanted.selection.tabletop = arguments.tabletop;
    start(&run, wanted, &arguments.typed(), settings, screen)
}

/// What a drill has left is removed by the way back of its run.
fn clean_up(
    run: &str,
    arguments: &DrillArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let runs = RunsFolder::of(&Project::here(settings)?.root);
    let folder = runs.find(run).map_err(|error| {
        CommandError::of(ExitCode::Usage, &error).hint("`checkride status` lists what drills have left")
    })?;
    if folder.began() && !plan_of(&folder)?.phases.contains(&Phase::Drill) {
        return Err(CommandError::new(ExitCode::Usage, format!("run {} is no drill", folder.id))
            .hint(format!("`checkride rollback {}` goes back from it", folder.id)));
    }
    let back = RollbackArguments {
        run: Some(run.to_owned()),
        last: false,
        profile: arguments.profile.clone(),
        incident: None,
        declared: None,
        to: None,
        plan: arguments.plan,
        sitting: arguments.sitting.clone(),
    };
    rollback(&back, settings, screen)
}
