//! `checkride check`.

use std::path::{Path, PathBuf};

use crate::catalog::Catalog;
use crate::cli::args::{CheckArguments, Format};
use crate::cli::command::sitting::pretty;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::load::{is_meant, read_profile};
use crate::cli::project::{Project, runbooks_in};
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::profile::Profile;
use crate::report::count;
use crate::runbook::{CheckContext, Limits, check as check_runbook, load_runbook};
use crate::source::{Diagnostics, Severity, Sources, render, render_json};
use crate::world::clock::Clock;

pub(super) fn check(
    arguments: &CheckArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let first = arguments.paths.first().cloned().unwrap_or_default();
    let project = Project::of_runbook(settings, &first)?;
    let Chosen { runbooks, profiles, checks, others } = chosen(arguments, settings, &project)?;
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let profiles: Vec<Profile> =
        profiles.iter().filter_map(|path| read_profile(&project, path, &mut sources, &mut faults)).collect();
    // What a runbook uses of them is read with it.
    let own = if checks { Catalog::of_project(&project.root, &mut sources, &mut faults).own() } else { 0 };
    let context = CheckContext { root: project.root.clone(), today: Clock::System.now().date_naive() };
    let limits = Limits { max_steps: arguments.max_steps };
    for path in &runbooks {
        let Some(runbook) = load_runbook(path, &project.root, &mut sources, &mut faults, limits) else { continue };
        let mut found = Diagnostics::new();
        if arguments.profile.is_none() {
            found.extend(check_runbook(&runbook, None, &sources, &context));
        }
        for profile in &profiles {
            if arguments.profile.is_some() || is_meant(&runbook, profile) {
                found.extend(check_runbook(&runbook, Some(profile), &sources, &context));
            }
        }
        for fault in &found {
            if !faults.iter().any(|known| known == fault) {
                faults.push(fault.clone());
            }
        }
    }
    faults.sort(&sources);
    let errors = faults.iter().filter(|fault| fault.severity == Severity::Error).count();
    let warnings = faults.len() - errors;
    match arguments.format {
        Format::Json => {
            let text = pretty(&render_json(&faults, &sources));
            screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
        }
        Format::Human => {
            let look = screen.surface().look();
            let mut lines: Vec<String> = Vec::new();
            if !faults.is_empty() {
                lines.extend(render(&faults, &sources, look.color).lines().map(str::to_owned));
            }
            let told = others.iter().map(|path| format!("{}: no runbook, not looked at", project.shown(path)));
            lines.extend(told);
            lines.push(format!(
                "{}, {}{}: {}, {}",
                count(runbooks.len(), "runbook"),
                count(profiles.len(), "profile"),
                if own > 0 { format!(", {}", count(own, "own check")) } else { String::new() },
                count(errors, "error"),
                count(warnings, "warning")
            ));
            screen.say(&lines);
        }
    }
    if runbooks.is_empty() && profiles.is_empty() && own == 0 {
        return Err(CommandError::new(ExitCode::Usage, "there is nothing to check").hint("runbooks are in runbooks/"));
    }
    Ok(if errors > 0 { ExitCode::Invalid } else { ExitCode::Success })
}

/// What is checked.
#[derive(Default)]
struct Chosen {
    runbooks: Vec<PathBuf>,
    profiles: Vec<PathBuf>,
    /// Whether the project's own checks are: all of them, since no two may have one id.
    checks: bool,
    /// What lies in a folder that was named, and is no runbook.
    others: Vec<PathBuf>,
}

fn chosen(arguments: &CheckArguments, settings: &Settings, project: &Project) -> Result<Chosen, CommandError> {
    let mut chosen = Chosen::default();
    for name in &arguments.paths {
        let path = settings.folder.join(name);
        // A runbook of this name comes before a folder of this name.
        if path.is_dir() && !project.runbooks().contains(name) {
            chosen.folder(&path, settings, project)?;
            continue;
        }
        let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_path_buf));
        if folder.as_ref().is_some_and(|folder| *folder == project.root.join("profiles")) {
            chosen.profiles.push(path);
        } else if folder.is_some_and(|folder| folder == project.root.join("checks")) {
            chosen.checks = true;
        } else {
            chosen.runbooks.push(project.runbook(settings, name)?);
        }
    }
    if arguments.paths.is_empty() {
        chosen.checks = true;
        chosen.all_runbooks(settings, project)?;
    }
    match &arguments.profile {
        Some(name) => chosen.profiles.push(project.profile(settings, name)?),
        None if chosen.profiles.is_empty() => chosen.all_profiles(settings, project)?,
        None => {}
    }
    Ok(chosen)
}

impl Chosen {
    /// What a folder stands for: the project's own are what lies in them, its root is all of it, and any other is the
    /// runbooks in it.
    fn folder(&mut self, path: &Path, settings: &Settings, project: &Project) -> Result<(), CommandError> {
        let folder = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let (runbooks, others) = runbooks_in(path);
        let holds_none = |what: &str| {
            let told = format!("there is no {what} in {}", project.shown(path));
            CommandError::new(ExitCode::Usage, told).hint("folders below it are not looked into")
        };
        if folder == project.root.join("profiles") {
            if project.profiles().is_empty() {
                return Err(holds_none("profile"));
            }
            return self.all_profiles(settings, project);
        }
        if folder == project.root.join("checks") {
            self.checks = true;
            let holds_some = !runbooks.is_empty() || !others.is_empty();
            return holds_some.then_some(()).ok_or_else(|| holds_none("check"));
        }
        let before = self.runbooks.len();
        if folder == project.root {
            self.checks = true;
            self.all_runbooks(settings, project)?;
        }
        if folder == project.root.join("runbooks") {
            self.all_runbooks(settings, project)?;
        } else {
            self.runbooks.extend(runbooks);
            self.others.extend(others);
        }
        if self.runbooks.len() == before {
            return Err(holds_none("runbook"));
        }
        Ok(())
    }

    fn all_runbooks(&mut self, settings: &Settings, project: &Project) -> Result<(), CommandError> {
        for name in project.runbooks() {
            self.runbooks.push(project.runbook(settings, &name)?);
        }
        Ok(())
    }

    fn all_profiles(&mut self, settings: &Settings, project: &Project) -> Result<(), CommandError> {
        for name in project.profiles() {
            self.profiles.push(project.profile(settings, &name)?);
        }
        Ok(())
    }
}
