//! `checkride explain`.

use std::fmt::Write;

use crate::cli::args::ExplainArguments;
use crate::cli::command::checks::Known;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::runbook::{all_codes, explain as explain_code};
use crate::source::suggest;

pub(super) fn explain(
    arguments: &ExplainArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let text = match &arguments.code {
        None => all_codes().iter().fold(String::new(), |mut text, doc| {
            let _ = writeln!(text, "{}  {}", doc.code.0, doc.name);
            text
        }),
        Some(name) => {
            let wanted = name.to_ascii_uppercase();
            match explain_code(&wanted).or_else(|| explain_code(name)) {
                Some(doc) => doc.to_markdown(),
                None => check(name, &wanted, settings, screen)?,
            }
        }
    };
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    Ok(ExitCode::Success)
}

/// A check of this name, in words.
fn check(name: &str, code: &str, settings: &Settings, screen: &Screen) -> Result<String, CommandError> {
    let known = Known::of(settings)?;
    if let Some(check) = known.catalog.get(name) {
        let lines = check.to_markdown();
        let look = screen.stdout_look();
        return Ok(lines.lines().map(|line| look.plain(line) + "\n").collect());
    }
    if known.catalog.is_broken(name) {
        let message = format!("check `{name}` of this project has a fault");
        return Err(CommandError::new(ExitCode::Invalid, message).hint("`checkride check` names it"));
    }
    let error = CommandError::new(ExitCode::Usage, format!("there is no code and no check `{name}`"));
    let codes = all_codes().into_iter().map(|doc| doc.code.0);
    let near = known.catalog.near(name).or_else(|| suggest::closest(code, codes));
    Err(match near {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`checkride explain` lists all codes, `checkride checks` all checks"),
    })
}
