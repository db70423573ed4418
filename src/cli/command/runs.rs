//! `checkride runs`.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::args::{Format, FormatArguments};
use crate::cli::command::lock::is_under_way;
use crate::cli::command::resume::recover;
use crate::cli::command::sitting::pretty;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::event::{RunState, SessionEnd, Verdict};
use crate::journal::{RunFolder, RunsFolder};
use crate::report::Look;

pub(super) fn runs(
    arguments: &FormatArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let project = Project::here(settings)?;
    let all = RunsFolder::of(&project.root).list().map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
    let locks = RunsFolder::of(&project.root).locks();
    let rows: Vec<Value> = all.iter().rev().map(|folder| row(folder, &locks)).collect();
    let text = match arguments.format {
        Format::Json => pretty(&json!({ "format": 1, "runs": rows })),
        Format::Human => table(&rows, screen),
    };
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    Ok(ExitCode::Success)
}

pub(super) fn row(folder: &RunFolder, locks: &Path) -> Value {
    if !folder.began() {
        return json!({
            "run": folder.id.as_str(),
            "stands": "never began: nothing was done",
            "resumable": false,
        });
    }
    match recover(folder) {
        Ok((journal, state, events)) => {
            let alive = is_under_way(locks, folder, &journal.header);
            let waits = state.ended.as_ref().and_then(|(_, waits)| waits.clone());
            json!({
                "run": folder.id.as_str(),
                "runbook": journal.header.runbook,
                "title": journal.header.title,
                "profile": journal.header.profile,
                "target": journal.header.verification.as_ref().and_then(|it| it.target.clone()),
                "tabletop": journal.header.tabletop,
                "emulator": journal.header.target.as_ref().and_then(|target| target.emulator.clone()),
                "started": journal.header.started,
                "user": journal.header.user,
                "stands": stands(&state, alive),
                "code": state.over().map(Verdict::exit_code),
                "waits_for": waits,
                "records": events.len(),
                "resumable": state.over().is_none() && !alive,
            })
        }
        Err(error) => json!({
            "run": folder.id.as_str(),
            "stands": "broken",
            "problem": error.lines(Look::default(), 500).join(" "),
            "resumable": false,
        }),
    }
}

/// Where a run stands, in a few words.
fn stands(state: &RunState, alive: bool) -> String {
    match (state.over(), &state.ended) {
        (Some(verdict), _) => verdict.describe().to_owned(),
        (None, _) if alive => "under way".to_owned(),
        (None, Some((end, waits))) => {
            let what = match end {
                SessionEnd::Finished => "over",
                SessionEnd::Interrupted => "interrupted",
                SessionEnd::TerminalLost => "suspended: the terminal was lost",
                SessionEnd::NeedsPerson => "waits for a person",
                SessionEnd::UnknownEffect => "stuck at an unknown effect",
                SessionEnd::Declined => "the rollback was declined",
                SessionEnd::Refused => "refused by a guard",
            };
            waits.as_ref().map_or_else(|| what.to_owned(), |waits| format!("{what} at `{waits}`"))
        }
        (None, None) => "killed: it can be resumed".to_owned(),
    }
}

fn table(rows: &[Value], screen: &Screen) -> String {
    if rows.is_empty() {
        return "no runs yet\n".to_owned();
    }
    let look = screen.stdout_look();
    let text = |row: &Value, key: &str| look.plain(row[key].as_str().unwrap_or_default());
    let width = rows.iter().map(|row| text(row, "run").chars().count()).max().unwrap_or(0);
    let mut lines = String::new();
    for row in rows {
        let profile = text(row, "profile");
        let run = text(row, "run");
        let _ = writeln!(lines, "{run:<width$}  {profile:<12}  {}", text(row, "stands"));
    }
    lines
}
