//! From names to a checked runbook and profile.

use std::path::Path;

use crate::cli::error::CommandError;
use crate::cli::project::Project;
use crate::cli::settings::Settings;
use crate::profile::Profile;
use crate::runbook::{CheckContext, Limits, Runbook, check, load_runbook};
use crate::source::{Diagnostics, Sources, load};
use crate::step::kind::StepKind;
use crate::world::clock::Clock;

/// Files, read and checked.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// The texts.
    pub sources: Sources,
    /// The runbook.
    pub runbook: Runbook,
    /// The profile.
    pub profile: Option<Profile>,
    /// Warnings.
    pub warnings: Diagnostics,
}

/// Whether a runbook is made for a profile: one that names its profile is made for that, and one that calls AWS for those
/// with an account.
pub(crate) fn is_meant(runbook: &Runbook, profile: &Profile) -> bool {
    let needs_aws =
        || runbook.steps.iter().any(|step| matches!(step.kind.read_by(), StepKind::Stack(_) | StepKind::Aws(_)));
    runbook.profile.as_ref().is_none_or(|name| *name == profile.name) && (profile.aws.is_some() || !needs_aws())
}

/// Reads a profile into `sources`.
pub(crate) fn read_profile(
    project: &Project,
    path: &Path,
    sources: &mut Sources,
    faults: &mut Diagnostics,
) -> Option<Profile> {
    match load(path, &project.shown(path), sources) {
        Ok(id) => Profile::read(id, sources, faults),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

/// Reads and checks a runbook with a profile. Any fault is an error, all of them at once.
pub(crate) fn load_checked(
    settings: &Settings,
    project: &Project,
    runbook: &str,
    profile: Option<&str>,
    max_steps: usize,
) -> Result<Loaded, CommandError> {
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let path = project.runbook(settings, runbook)?;
    let loaded = load_runbook(&path, &project.root, &mut sources, &mut faults, Limits { max_steps });
    let profile = match profile {
        Some(name) => {
            let path = project.profile(settings, name)?;
            read_profile(project, &path, &mut sources, &mut faults)
        }
        None => None,
    };
    let Some(runbook) = loaded else { return Err(CommandError::faults(faults, sources)) };
    let context = CheckContext { root: project.root.clone(), today: Clock::System.now().date_naive() };
    faults.extend(check(&runbook, profile.as_ref(), &sources, &context));
    faults.sort(&sources);
    if faults.has_errors() {
        return Err(CommandError::faults(faults, sources));
    }
    Ok(Loaded { sources, runbook, profile, warnings: faults })
}
