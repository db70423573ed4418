//! `checkride report`.

use std::fs;
use std::path::Path;

use crate::cli::args::ReportArguments;
use crate::cli::command::on_record::OnRecord;
use crate::cli::command::sitting::plan_of;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::journal::{RunFolder, RunsFolder, read};

pub(super) fn report(
    arguments: &ReportArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let project = Project::here(settings)?;
    let folder = RunsFolder::of(&project.root)
        .find(&arguments.run)
        .map_err(|error| CommandError::of(ExitCode::Usage, &error).hint("`checkride runs` lists them"))?;
    let journal = read(&folder.journal()).map_err(|error| {
        CommandError::of(ExitCode::Broken, &error)
            .hint("a damaged journal gives no report: its evidence cannot be trusted")
    })?;
    let plan = plan_of(&folder)?;
    let run = OnRecord::of(&folder, journal, &plan).with_asides(&folder, &plan);
    match &arguments.output {
        Some(path) => {
            let target = settings.folder.join(path);
            let text = run.rendered(arguments.format, is_in(&target, &folder));
            fs::write(target, text).map_err(|error| {
                CommandError::of(ExitCode::Usage, &error).hint(format!("{} cannot be written", path.display()))
            })?;
        }
        None => screen
            .data(&run.rendered(arguments.format, false))
            .map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?,
    }
    Ok(ExitCode::Success)
}

/// Whether a file is, or will be, in the run's own folder.
fn is_in(target: &Path, folder: &RunFolder) -> bool {
    let parent = target.parent().and_then(|parent| parent.canonicalize().ok());
    parent.is_some() && parent == folder.path.canonicalize().ok()
}
