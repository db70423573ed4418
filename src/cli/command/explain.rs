//! `checkride explain`.

use std::fmt::Write;

use crate::cli::args::ExplainArguments;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::screen::Screen;
use crate::runbook::{all_codes, explain as explain_code};
use crate::source::suggest;

pub(super) fn explain(arguments: &ExplainArguments, screen: &Screen) -> Result<ExitCode, CommandError> {
    let text = match &arguments.code {
        None => all_codes().iter().fold(String::new(), |mut text, doc| {
            let _ = writeln!(text, "{}  {}", doc.code.0, doc.name);
            text
        }),
        Some(code) => {
            let wanted = code.to_ascii_uppercase();
            let Some(doc) = explain_code(&wanted) else {
                let error = CommandError::new(ExitCode::Usage, format!("there is no code `{code}`"));
                let codes: Vec<&str> = all_codes().iter().map(|doc| doc.code.0).collect();
                return Err(match suggest::closest(&wanted, codes) {
                    Some(near) => error.hint(format!("did you mean {near}?")),
                    None => error.hint("`checkride explain` lists them all"),
                });
            };
            doc.to_markdown()
        }
    };
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    Ok(ExitCode::Success)
}
