//! Who is at a run.
//!
//! What may change something holds a lock for its account, region and runbook: one at a time. A verification, and a drill that
//! is talked through, changes nothing and may go on beside anything: it holds one in its own folder, which only says that somebody is at it.

use std::path::Path;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::prepare::Prepared;
use crate::cli::settings::Settings;
use crate::event::RunHeader;
use crate::id::RunId;
use crate::journal::{LockHolder, RunFolder, RunLock, RunsFolder};
use crate::world::clock::{Clock, rfc3339};

/// What a verification's lock is for, in its run's folder.
const VERIFICATION: &str = "verification";

/// One run at a time for an account, region and runbook.
pub(super) fn lock(
    runs: &RunsFolder,
    prepared: &Prepared,
    id: &RunId,
    settings: &Settings,
) -> Result<RunLock, CommandError> {
    let place = prepared.aws.as_ref().map(|aws| (aws.account.as_str(), aws.region.as_str()));
    take(&runs.locks(), &key(place, &prepared.record.runbook), id, settings)
}

/// The lock of a verification.
pub(super) fn lock_verification(folder: &RunFolder, settings: &Settings) -> Result<RunLock, CommandError> {
    take(&folder.path, VERIFICATION, &folder.id, settings)
}

/// The lock of a run that has begun, as its header says.
pub(super) fn lock_again(
    runs: &RunsFolder,
    folder: &RunFolder,
    header: &RunHeader,
    settings: &Settings,
) -> Result<RunLock, CommandError> {
    if changes_nothing(header) {
        return lock_verification(folder, settings);
    }
    let place = header.target.as_ref().map(|it| (it.account.as_str(), it.region.as_str()));
    take(&runs.locks(), &key(place, &header.runbook), &folder.id, settings)
}

/// Whether the run may go on beside anything: a verification, and a drill that is talked through.
fn changes_nothing(header: &RunHeader) -> bool {
    header.verification.is_some() || header.tabletop
}

fn take(folder: &Path, key: &str, run: &RunId, settings: &Settings) -> Result<RunLock, CommandError> {
    let holder = LockHolder {
        run: run.to_string(),
        pid: std::process::id(),
        user: settings.user.clone(),
        host: settings.host.clone(),
        since: rfc3339(Clock::System.now()),
    };
    RunLock::take(folder, key, &holder).map_err(|error| {
        CommandError::of(ExitCode::Guarded, &error)
            .hint("one run at a time for an account, region and runbook: wait for it, or end it")
    })
}

/// Whether somebody is at a run now. `locks`: where those of runs are that may change something.
pub(super) fn is_under_way(locks: &Path, folder: &RunFolder, header: &RunHeader) -> bool {
    let holder = if changes_nothing(header) {
        RunLock::holder(&folder.path, VERIFICATION)
    } else {
        let place = header.target.as_ref().map(|it| (it.account.as_str(), it.region.as_str()));
        RunLock::holder(locks, &key(place, &header.runbook))
    };
    holder.is_some_and(|holder| holder.run == folder.id.as_str())
}

fn key(place: Option<(&str, &str)>, runbook: &str) -> String {
    let (account, region) = place.unwrap_or_default();
    format!("{account} {region} {runbook}")
}
