//! Where the formats go.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::cli::verify_args::VerifyFormat;
use crate::report::Look;
use crate::report::verified::{Verification, annotations, comment, human, job_summary, json, junit, sarif};

/// The variable that names the file of GitHub's job summary.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// How wide lines are where there is no screen.
const WIDTH: usize = 120;

/// Renders a verification.
fn rendered(all: &Verification<'_>, format: VerifyFormat, screen: &Screen, to_stdout: bool) -> String {
    match format {
        VerifyFormat::Human => {
            let look = if to_stdout { screen.stdout_look() } else { Look { color: false, unicode: true } };
            let width = screen.stdout_columns().filter(|_| to_stdout).unwrap_or(WIDTH);
            human(all, look, width)
        }
        VerifyFormat::Json => json(all),
        VerifyFormat::Junit => junit(all),
        VerifyFormat::Github => annotations(all),
        VerifyFormat::Markdown => comment(all),
        VerifyFormat::Sarif => sarif(all),
        VerifyFormat::None => String::new(),
    }
}

/// Writes one format where it is wanted; `-` is stdout.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(
    all: &Verification<'_>,
    (format, path): (VerifyFormat, &Path),
    settings: &Settings,
    screen: &Screen,
) -> Result<(), CommandError> {
    let to_stdout = path == Path::new("-");
    let text = rendered(all, format, screen, to_stdout);
    if to_stdout {
        screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    } else {
        put(&settings.folder.join(path), &screen.redactor().cut(&text), false)?;
    }
    if format == VerifyFormat::Github
        && let Some(file) = settings.variable(SUMMARY).filter(|file| !file.is_empty())
    {
        put(&settings.folder.join(file), &screen.redactor().cut(&job_summary(all)), true)?;
    }
    Ok(())
}

/// Writes a file anew, or adds to what it holds already, whatever that is.
fn put(path: &Path, text: &str, append: bool) -> Result<(), CommandError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    let file =
        folder.and_then(|()| File::options().create(true).write(!append).truncate(!append).append(append).open(path));
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        CommandError::of(ExitCode::Usage, &error).hint(format!("{} cannot be written", path.display()))
    })
}
