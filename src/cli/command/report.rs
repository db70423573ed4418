//! `checkride report`.

use std::fs;

use crate::cli::args::{ReportArguments, ReportFormat};
use crate::cli::command::sitting::{plan_of, view_of};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::event::Event;
use crate::journal::{RunsFolder, read};
use crate::report::markdown;

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
    let record = plan_of(&folder)?;
    let events: Vec<Event> = journal.records.into_iter().filter_map(|record| record.event.ok()).collect();
    let view = view_of(&journal.header, &record, &events);
    let text = match arguments.format {
        ReportFormat::Md => markdown(&view),
    };
    match &arguments.output {
        Some(path) => fs::write(settings.folder.join(path), text).map_err(|error| {
            CommandError::of(ExitCode::Usage, &error).hint(format!("{} cannot be written", path.display()))
        })?,
        None => screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?,
    }
    Ok(ExitCode::Success)
}
