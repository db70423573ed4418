//! The files that a run began with, as they were: a rollback needs no repository, and does not mind what became of it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use crate::cli::asker::Asker;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::load::{Loaded, read_profile};
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::journal::{ArtifactDir, RunFolder};
use crate::plan::PlanRecord;
use crate::runbook::{Limits, load_runbook};
use crate::source::{Diagnostics, Sources};
use crate::world::secret::Redactor;

/// The folder within a run's folder where its files are put back under their own names.
const FOLDER: &str = "kept";

/// A run's own files, in a folder that looks like the project did.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// That folder.
    pub project: Project,
    /// What the files say.
    pub loaded: Loaded,
}

/// Puts the files that the plan pins back under their names, beside the run, and reads them. The rules that a runbook must
/// keep were held when the run began: a later version's rules do not stand between a person and the way back.
pub(crate) fn kept(folder: &RunFolder, record: &PlanRecord, redactor: &Redactor) -> Result<Kept, CommandError> {
    let broken = |error: &dyn std::error::Error| CommandError::of(ExitCode::Broken, error);
    let root = folder.path.join(FOLDER);
    let artifacts = ArtifactDir::new(folder.artifacts(), redactor.clone());
    for file in &record.files {
        let Some((path, head)) = place(&file.path) else { continue };
        let name = format!("sha256-{}", file.sha256);
        let bytes = artifacts.get(&name).map_err(|error| {
            broken(&error)
                .hint(format!("{} was pinned by the run: `checkride evidence verify {}`", file.path, folder.id))
        })?;
        let path = root.join(path);
        write(&path, &[head.as_bytes(), &bytes].concat()).map_err(|error| {
            CommandError::of(ExitCode::Broken, &error).hint(format!("{} cannot be written", path.display()))
        })?;
    }
    let project = Project { root: root.canonicalize().map_err(|error| broken(&error))? };
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let within = |name: &str| project.root.join(place(name).map_or_else(|| PathBuf::from(name), |(path, _)| path));
    let path = within(&record.runbook);
    let runbook = load_runbook(&path, &project.root, &mut sources, &mut faults, Limits { max_steps: usize::MAX });
    let profile = profile_file(record).and_then(|name| {
        let path = within(&name);
        read_profile(&project, &path, &mut sources, &mut faults)
    });
    match runbook {
        Some(runbook) if !faults.has_errors() => {
            let loaded = Loaded { sources, runbook, profile, warnings: Diagnostics::new() };
            Ok(Kept { project, loaded })
        }
        Some(_) | None => Err(CommandError::faults(faults, sources)
            .hint(format!("use the version of checkride that began the run: {}", record.tool))),
    }
}

/// Makes the secrets of a run known again, as far as they are at hand, so that what people type is held against them. Returns
/// the names of the others: nobody is asked for them.
pub(crate) fn know_secrets(
    settings: &Settings,
    screen: &Screen,
    project: &Project,
    folder: &RunFolder,
    record: &PlanRecord,
) -> Result<Vec<String>, CommandError> {
    if record.secrets.is_empty() {
        return Ok(Vec::new());
    }
    let Kept { loaded, .. } = kept(folder, record, screen.redactor())?;
    let asker = Asker { settings, screen, lenient: true };
    let mut unknown = Vec::new();
    for name in record.secrets.keys() {
        let secret = loaded.runbook.input(name).map(|spec| asker.secret(spec, project)).transpose()?.flatten();
        match secret {
            Some(secret) => screen
                .redactor()
                .add(name, &secret)
                .map_err(|error| CommandError::of(ExitCode::Usage, &error).hint(error.remedy()))?,
            None => unknown.push(name.clone()),
        }
    }
    Ok(unknown)
}

/// Writes a file that only its owner reads. One that is there already with these bytes stays: somebody may be reading it.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(above)?;
    }
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(bytes)
}

/// Where a pinned file stands, and what stands before its bytes. A check of the catalogue is no file: that of a project is
/// written into one of its own, and an embedded one is in the program.
fn place(path: &str) -> Option<(PathBuf, &'static str)> {
    if path.starts_with("checkride:") {
        return None;
    }
    match path.rsplit_once(".toml:") {
        Some((_, check)) => Some((Path::new("checks").join(format!("{check}.toml")), "format = 1\n\n")),
        None => Some((plain(path), "")),
    }
}

/// The path without what could lead out of the folder.
fn plain(path: &str) -> PathBuf {
    let parts = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_)));
    parts.collect()
}

/// The profile's file among the pinned ones: `profiles/NAME.toml`, or the path that was given.
fn profile_file(record: &PlanRecord) -> Option<String> {
    let name = record.profile.as_ref()?;
    let is_it = |path: &str| Path::new(path).file_stem().is_some_and(|stem| stem == name.as_str()) || path == name;
    let others = record.files.iter().filter(|file| file.path != record.runbook);
    let mut all: Vec<&str> = others.map(|file| file.path.as_str()).filter(|path| is_it(path)).collect();
    all.sort_by_key(|path| !path.starts_with("profiles/"));
    all.first().map(|path| (*path).to_owned())
}
