//! What a run begins with: an id, a header, the exact bytes that run.

use std::path::Path;

use crate::cli::command::sitting::pretty;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::prepare::Prepared;
use crate::cli::settings::Settings;
use crate::event::{DeviationKind, GitState, RunHeader, TargetAccount};
use crate::id::{RunId, StepId};
use crate::journal::{ArtifactDir, RunFolder};
use crate::step::Accepted;
use crate::world::git::{Checkout, checkout};

/// The journal's first line.
pub(super) fn header(
    prepared: &Prepared,
    id: &RunId,
    started: String,
    accepted: Option<&Accepted>,
    settings: &Settings,
    git: Option<GitState>,
) -> RunHeader {
    RunHeader {
        checkride: "journal".to_owned(),
        format: RunHeader::FORMAT,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        run: id.clone(),
        started,
        runbook: prepared.record.runbook.clone(),
        title: prepared.record.title.clone(),
        profile: prepared.record.profile.clone(),
        tier: prepared.loaded.profile.as_ref().map(|profile| profile.tier.as_str().to_owned()),
        plan: prepared.record.digest.clone(),
        target: target(prepared, accepted),
        user: settings.user.clone(),
        host: settings.host.clone(),
        git,
        change: None,
        reason: None,
        verification: None,
        tabletop: false,
    }
}

/// The project's checkout, as a run's header has it.
pub(super) async fn git_state(project: &Path, settings: &Settings) -> Option<GitState> {
    let Checkout { commit, dirty, folder } = checkout(project, settings.variables.clone()).await?;
    Some(GitState { commit, dirty, folder })
}

/// How much room a run is thought to need, in bytes: what is kept of its files, and 64 KiB a step.
pub(super) fn room(prepared: &Prepared) -> u64 {
    let pinned: usize = prepared.pinned.values().map(Vec::len).sum();
    (pinned + prepared.record.steps.len() * 64 * 1024) as u64
}

pub(super) fn random() -> Result<[u8; 2], CommandError> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_err(|error| CommandError::new(ExitCode::Unexpected, error.to_string()))?;
    Ok(bytes)
}

fn target(prepared: &Prepared, accepted: Option<&Accepted>) -> Option<TargetAccount> {
    prepared.aws.as_ref().map(|aws| TargetAccount {
        account: aws.account.clone(),
        region: aws.region.clone(),
        caller: accepted.map(|accepted| accepted.arn.clone()),
        emulator: aws.emulator.as_ref().map(|emulator| emulator.default.clone()),
    })
}

/// Keeps the exact bytes that run.
pub(super) fn keep(folder: &RunFolder, prepared: &Prepared) -> Result<(), CommandError> {
    let broken = |error: &dyn std::error::Error| CommandError::of(ExitCode::Broken, error);
    let artifacts = ArtifactDir::new(folder.artifacts(), prepared.redactor.clone());
    for bytes in prepared.pinned.values() {
        artifacts.put("pinned", "text/plain", bytes).map_err(|error| broken(&error))?;
    }
    let source = |id| prepared.loaded.sources.get(id).text.as_bytes();
    let write = |name: &str, bytes: &[u8]| folder.write(name, bytes).map_err(|error| broken(&error));
    write("runbook.toml", source(prepared.loaded.runbook.source))?;
    if let Some(profile) = &prepared.loaded.profile {
        write("profile.toml", source(profile.source))?;
    }
    write("plan.json", pretty(&prepared.record).as_bytes())
}

/// The steps that the command line leaves out: each is on record.
pub(super) fn left_out(prepared: &Prepared) -> Vec<(DeviationKind, Option<StepId>, String)> {
    let mut deviations = Vec::new();
    for step in prepared.plan.steps.iter().filter(|step| prepared.plan.phases.contains(&step.phase)) {
        if let Some(reason) = &step.left_out {
            let what = if reason.starts_with("--skip") { DeviationKind::Skipped } else { DeviationKind::LeftOut };
            deviations.push((what, Some(step.id.clone()), reason.clone()));
        }
    }
    deviations
}
