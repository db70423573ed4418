//! Runbooks and profiles of a project, by name or path.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::settings::Settings;
use crate::source::suggest;

/// A project's folder.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// The folder, absolute.
    pub root: PathBuf,
}

impl Project {
    /// The project of a runbook that was named on the command line.
    pub(crate) fn of_runbook(settings: &Settings, runbook: &str) -> Result<Self, CommandError> {
        match settings.project() {
            Ok(root) => Ok(Self { root }),
            Err(error) => {
                let path = settings.folder.join(runbook);
                let folder = if path.is_dir() {
                    Some(path.as_path())
                } else {
                    path.parent().filter(|_| is_path(runbook) && path.exists())
                };
                match folder {
                    Some(folder) => Ok(Self { root: settings.nearest(folder).unwrap_or_else(|| folder.to_path_buf()) }),
                    None => Err(error),
                }
            }
        }
    }

    /// The project around the current folder.
    pub(crate) fn here(settings: &Settings) -> Result<Self, CommandError> {
        Ok(Self { root: settings.project()? })
    }

    /// Names of the runbooks, sorted.
    pub(crate) fn runbooks(&self) -> Vec<String> {
        names(&self.root.join("runbooks"))
    }

    /// Names of the profiles, sorted. Answers files lie beside them, and are none.
    pub(crate) fn profiles(&self) -> Vec<String> {
        let mut names = names(&self.root.join("profiles"));
        names.retain(|name| !name.ends_with(".answers"));
        names
    }

    /// A runbook's file.
    pub(crate) fn runbook(&self, settings: &Settings, name: &str) -> Result<PathBuf, CommandError> {
        self.find(settings, "runbook", "runbooks", name, &self.runbooks())
    }

    /// A profile's file.
    pub(crate) fn profile(&self, settings: &Settings, name: &str) -> Result<PathBuf, CommandError> {
        self.find(settings, "profile", "profiles", name, &self.profiles())
    }

    fn find(
        &self,
        settings: &Settings,
        what: &str,
        folder: &str,
        name: &str,
        known: &[String],
    ) -> Result<PathBuf, CommandError> {
        if is_path(name) {
            return Ok(settings.folder.join(name));
        }
        let path = self.root.join(folder).join(format!("{name}.toml"));
        if path.exists() {
            return Ok(path);
        }
        let error = CommandError::new(ExitCode::Usage, format!("there is no {what} `{name}` in {folder}/"));
        Err(match suggest::closest(name, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.hint(format!("{} has no {what}", self.root.join(folder).display())),
            None => error.hint(format!("there is {}", known.join(", "))),
        })
    }

    /// A path as it is shown: relative to the project.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        path.strip_prefix(&self.root).unwrap_or(&path).display().to_string()
    }
}

/// A name has no `/` and no ending; everything else is a path.
fn is_path(name: &str) -> bool {
    name.contains('/') || Path::new(name).extension().is_some_and(|ending| ending == "toml")
}

/// The TOML files directly in a folder, sorted: the runbooks, and those that are something else.
///
/// A file that cannot be read counts as a runbook, so that its fault is told and not passed over.
pub(crate) fn runbooks_in(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let files = names(folder).into_iter().map(|name| folder.join(format!("{name}.toml")));
    files.partition(|file| fs::read_to_string(file).map_or(true, |text| has_runbook_table(&text)))
}

/// Whether a table `runbook` is begun, however it is written. Text with faults is no TOML yet, so lines are looked at.
fn has_runbook_table(text: &str) -> bool {
    let begins = |line: &str| {
        let line: String = line.chars().filter(|it| !it.is_whitespace()).collect();
        let rest = line.strip_prefix('[').unwrap_or(&line).strip_prefix("runbook");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([']', '.', '=', '#']))
    };
    text.lines().any(begins)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}
