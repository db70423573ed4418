//! The project: its files, what was kept of its runs, and runs that wait.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::unistd::{AccessFlags, access};
use serde_json::Value;

use crate::cli::command::doctor::finding::Finding;
use crate::cli::command::runs::row;
use crate::cli::load::read_profile;
use crate::cli::project::Project;
use crate::cli::settings::Settings;
use crate::journal::RunsFolder;
use crate::report::count;
use crate::source::{Diagnostics, Severity, Sources};

/// The profiles, where none was named.
pub(super) fn profiles(project: &Project, settings: &Settings) -> Finding {
    let names = project.profiles();
    let mut broken = Vec::new();
    for name in &names {
        let (mut sources, mut faults) = (Sources::new(), Diagnostics::new());
        let Ok(path) = project.profile(settings, name) else { continue };
        read_profile(project, &path, &mut sources, &mut faults);
        let errors = faults.iter().filter(|fault| fault.severity == Severity::Error).count();
        if errors > 0 {
            broken.push(format!("{name}: {}", count(errors, "error")));
        }
    }
    if broken.is_empty() {
        return Finding::ok("profiles", format!("{}, each can be read", count(names.len(), "profile")));
    }
    Finding::failed(
        "profiles",
        format!("{} of {} cannot be read", broken.len(), count(names.len(), "profile")),
        "`checkride check` shows every fault with its line",
    )
    .details(broken)
}

/// Where journals are kept: private, writable, with room.
pub(super) fn records(project: &Project) -> Finding {
    let runs = RunsFolder::of(&project.root);
    let root = runs.path();
    if !root.exists() {
        if !may_write(&project.root) {
            let found =
                format!("{} is not there, and cannot be made: the project's folder is read-only", root.display());
            return Finding::failed("records", found, format!("chmod u+wx {}", project.root.display()));
        }
    } else if !root.is_dir() {
        return Finding::failed(
            "records",
            format!("{} is no folder", root.display()),
            "move it away: runs are kept there",
        );
    }
    let folders = [root.to_path_buf(), root.join("runs"), runs.locks()];
    let there = || folders.iter().filter(|folder| folder.exists());
    if let Some(folder) = there().find(|folder| !may_write(folder)) {
        let found = format!("{} is read-only: no journal can be written", folder.display());
        return Finding::failed("records", found, format!("chmod u+rwx {}", folder.display()));
    }
    if let Err(error) = runs.has_room(0) {
        return Finding::failed("records", error.to_string(), "make room, or prune old runs");
    }
    let room = runs.room().map(|free| format!("{} MiB are free", free / (1024 * 1024)));
    let room = room.unwrap_or_else(|| "how much is free, the system does not say".to_owned());
    let open = there().find(|folder| mode(folder).is_some_and(|mode| mode & 0o077 != 0));
    match (open, root.exists()) {
        (Some(folder), _) => {
            let mode = mode(folder).unwrap_or_default() & 0o777;
            let found =
                format!("{} has mode {mode:04o}: others of this machine may look into it; {room}", folder.display());
            Finding::warn("records", found, format!("chmod 700 {}", folder.display()))
        }
        (None, true) => Finding::ok("records", format!("{} is private and writable, {room}", root.display())),
        (None, false) => Finding::ok("records", format!("{} is made by the first run, {room}", root.display())),
    }
}

fn mode(folder: &Path) -> Option<u32> {
    fs::metadata(folder).ok().map(|it| it.permissions().mode())
}

/// Whether files can be made in it. Who may do everything is still told of a folder that was made read-only.
fn may_write(folder: &Path) -> bool {
    access(folder, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
        && mode(folder).is_some_and(|mode| mode & 0o300 == 0o300)
}

/// Runs that are not over.
pub(super) fn runs(project: &Project) -> Finding {
    let folder = RunsFolder::of(&project.root);
    let all = match folder.list() {
        Ok(all) => all,
        Err(error) => return Finding::unknown("runs", error.to_string()),
    };
    let rows: Vec<Value> = all.iter().map(|run| row(run, &folder.locks())).collect();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let line = |row: &Value| format!("{}: {}", text(row, "run"), text(row, "stands"));
    let open: Vec<&Value> = rows.iter().filter(|row| row["resumable"] == true || row["stands"] == "broken").collect();
    let under_way: Vec<String> = rows.iter().filter(|row| row["stands"] == "under way").map(line).collect();
    if let Some(last) = open.last() {
        let remedy = if last["stands"] == "broken" {
            format!("`checkride evidence verify {}` names what is damaged", text(last, "run"))
        } else {
            format!(
                "`checkride resume {}` goes on with the last of them; what has passed does not run again",
                text(last, "run")
            )
        };
        let found = format!("{} of {} not over", open.len(), count(rows.len(), "run"));
        let details = open.iter().map(|row| line(row)).chain(under_way).collect();
        return Finding::warn("runs", found, remedy).details(details);
    }
    let found = match rows.len() {
        0 => "none yet".to_owned(),
        number => format!("{}, none waits for anybody", count(number, "run")),
    };
    Finding::ok("runs", found).details(under_way)
}
