//! `checkride checks`.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::catalog::{Catalog, Check, Origin};
use crate::cli::args::{ChecksArguments, Format};
use crate::cli::command::sitting::pretty;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::report::{Look, Tone, count};
use crate::source::{Diagnostics, Severity, Sources};

pub(super) fn checks(
    arguments: &ChecksArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let known = Known::of(settings)?;
    let words = arguments.search.join(" ");
    let found: Vec<&Check> = known.catalog.all().map(|check| &**check).filter(|check| check.is_about(&words)).collect();
    let text = match arguments.format {
        Format::Json => {
            pretty(&json!({ "format": 1, "checks": found.iter().map(|it| as_json(it)).collect::<Vec<_>>() }))
        }
        Format::Human => human(&found, screen.stdout_look()),
    };
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    if known.errors > 0 {
        let errors = count(known.errors, "error");
        screen.say(&[format!("note: {errors} in checks/: `checkride check` names them; what has one is not listed")]);
    }
    if found.is_empty() && !words.is_empty() {
        return Err(CommandError::new(ExitCode::Usage, format!("no check is about `{words}`"))
            .hint("`checkride checks` lists them all"));
    }
    Ok(ExitCode::Success)
}

/// The checks that are known here: inside of a project its own, too.
pub(super) struct Known {
    pub(super) catalog: Catalog,
    /// How many errors the project's own checks have.
    errors: usize,
}

impl Known {
    pub(super) fn of(settings: &Settings) -> Result<Self, CommandError> {
        let Some(root) = root(settings)? else { return Ok(Self { catalog: Catalog::embedded(), errors: 0 }) };
        let mut faults = Diagnostics::new();
        let catalog = Catalog::of_project(&root, &mut Sources::new(), &mut faults);
        let errors = faults.iter().filter(|fault| fault.severity == Severity::Error).count();
        Ok(Self { catalog, errors })
    }
}

/// The project, if there is one; one that was named must be there.
fn root(settings: &Settings) -> Result<Option<PathBuf>, CommandError> {
    let named = settings.dir.is_some() || settings.variable("CHECKRIDE_DIR").is_some();
    if named { settings.project().map(Some) } else { Ok(settings.nearest(&settings.folder)) }
}

fn human(checks: &[&Check], look: Look) -> String {
    let width = checks.iter().map(|check| check.id.value.len()).max().unwrap_or(0);
    let mut out = String::new();
    for check in checks {
        let own = match &check.origin {
            Origin::Embedded => String::new(),
            Origin::Own(path) => format!("  ({path})"),
        };
        let id = look.paint(Tone::Strong, &format!("{:<width$}", check.id.value));
        let rest = look.plain(&format!("{:<8}  {}{own}", check.severity.as_str(), check.title));
        let _ = writeln!(out, "{id}  {rest}");
    }
    out
}

fn as_json(check: &Check) -> Value {
    json!({
        "id": check.id.value,
        "title": check.title,
        "severity": check.severity.as_str(),
        "about": check.about,
        "remedy": check.remedy.text().trim(),
        "reference": check.reference,
        "controls": check.controls,
        "services": check.services(),
        "parameters": check.params.iter().map(|param| json!({
            "name": param.name.value,
            "is": param.ty.describe(),
            "default": param.default,
            "help": param.help,
        })).collect::<Vec<_>>(),
        "calls": check.calls.iter().map(|call| json!({
            "id": call.id.value,
            "call": call.call.value,
            "for_each": call.for_each.as_ref().map(|list| list.value.text()),
            "when": call.when.as_ref().map(|when| when.value.text()),
        })).collect::<Vec<_>>(),
        "expectations": check.expects.iter().map(|expect| json!({
            "that": expect.that.value.text(),
            "for_each": expect.for_each.as_ref().map(|list| list.value.text()),
            "or": if expect.warns { "warn" } else { "fail" },
            "when": expect.when.as_ref().map(|when| when.value.text()),
        })).collect::<Vec<_>>(),
        "file": match &check.origin {
            Origin::Embedded => None,
            Origin::Own(path) => Some(path),
        },
    })
}
