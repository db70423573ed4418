//! `checkride evidence`.

use std::path::Path;

use serde_json::json;

use crate::cli::args::{EvidenceArguments, EvidenceCommand, EvidenceVerifyArguments, Format};
use crate::cli::command::sitting::pretty;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::evidence::{Checked, Evidence, Flaw, verify as verify_folder};
use crate::journal::RunsFolder;
use crate::report::Look;

/// How many faults are shown; the others are counted.
const SHOWN: usize = 20;

pub(super) fn evidence(
    arguments: &EvidenceArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    match &arguments.command {
        EvidenceCommand::Verify(arguments) => verify(arguments, settings, screen),
    }
}

fn verify(arguments: &EvidenceVerifyArguments, settings: &Settings, screen: &Screen) -> Result<ExitCode, CommandError> {
    let given = settings.folder.join(&arguments.run);
    // A folder may have come from elsewhere: it needs no project around it.
    let folder = if is_run(&given) {
        given
    } else {
        let runs = RunsFolder::of(&Project::here(settings)?.root);
        runs.find(&arguments.run)
            .map_err(|error| {
                CommandError::of(ExitCode::Usage, &error)
                    .hint("`checkride runs` lists them; the folder of a run may be given, too")
            })?
            .path
    };
    let found = verify_folder(&folder);
    let text = match arguments.format {
        Format::Json => pretty(&as_json(&folder, &found)),
        Format::Human => as_text(&folder, &found, screen.surface().look()),
    };
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    match found.flaws.as_slice() {
        [] => Ok(ExitCode::Success),
        [first, more @ ..] => {
            let error = CommandError::of(ExitCode::Broken, first);
            let hint = "what is damaged proves nothing: keep the folder as it is, and look for another copy";
            let error = if more.is_empty() { error } else { error.hint(format!("{} faults in all", more.len() + 1)) };
            Err(error.hint(hint))
        }
    }
}

fn is_run(folder: &Path) -> bool {
    folder.join("journal.jsonl").is_file() || folder.join("journal.durable").is_file()
}

fn sentence(flaw: &Flaw) -> String {
    let mut text = flaw.to_string();
    let mut cause = std::error::Error::source(flaw);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn as_json(folder: &Path, found: &Evidence) -> serde_json::Value {
    let header = found.header.as_ref();
    let emulator = header.and_then(|header| header.target.as_ref()?.emulator.clone());
    json!({
        "format": 1,
        "run": header.map(|header| header.run.as_str()),
        "folder": folder,
        "whole": found.flaws.is_empty(),
        "emulator": emulator,
        "records": found.checked.as_ref().map(|checked| checked.records),
        "head": found.checked.as_ref().map(|checked| &checked.head),
        "pinned": found.checked.as_ref().map(|checked| checked.pinned),
        "artifacts": found.checked.as_ref().map(|checked| checked.artifacts),
        "torn": found.tail.as_ref().map(|tail| tail.bytes),
        "flaws": found.flaws.iter().map(sentence).collect::<Vec<_>>(),
    })
}

fn as_text(folder: &Path, found: &Evidence, look: Look) -> String {
    let mut lines = Vec::new();
    match &found.header {
        Some(header) => lines.push(format!("run {}: {}", header.run, header.title)),
        None => lines.push(folder.display().to_string()),
    }
    if let Some(Checked { records, head, pinned, artifacts }) = &found.checked {
        lines.push(format!("  journal    {records} records, a whole chain; it ends in {head}"));
        lines.push(format!("  files      {pinned} as they were planned"));
        lines.push(format!("  artifacts  {artifacts} as they are named"));
    }
    if let Some(tail) = &found.tail {
        lines.push(format!(
            "  torn       {} bytes behind the last record, by a crash: no record is in them",
            tail.bytes
        ));
    }
    for flaw in found.flaws.iter().take(SHOWN) {
        lines.push(format!("  FAULT      {}", sentence(flaw)));
    }
    if let Some(more) = found.flaws.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more"));
    }
    let emulator = found.header.as_ref().and_then(|header| header.target.as_ref()?.emulator.as_ref());
    if let Some(emulator) = emulator {
        lines.push(format!("  emulator   {emulator}: this run has touched no AWS account"));
    }
    if found.flaws.is_empty() {
        lines.push(
            "whole: nothing was lost, damaged or changed alone (it is not sealed: all of it could be written anew)"
                .to_owned(),
        );
    }
    // Whoever wrote the folder chose its names and titles.
    lines.iter().map(|line| look.plain(line) + "\n").collect()
}
