//! `checkride list`.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::args::{Format, FormatArguments};
use crate::cli::command::sitting::pretty;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::load::read_profile;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::id::Phase;
use crate::runbook::{Limits, load_runbook};
use crate::source::{Diagnostics, Sources};

pub(super) fn list(
    arguments: &FormatArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let project = Project::here(settings)?;
    let runbooks: Vec<Value> = project.runbooks().iter().map(|name| runbook(settings, &project, name)).collect();
    let profiles: Vec<Value> = project.profiles().iter().map(|name| profile(settings, &project, name)).collect();
    let text = match arguments.format {
        Format::Json => pretty(&json!({ "format": 1, "runbooks": runbooks, "profiles": profiles })),
        Format::Human => human(&runbooks, &profiles, screen),
    };
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    Ok(ExitCode::Success)
}

fn runbook(settings: &Settings, project: &Project, name: &str) -> Value {
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let loaded = project.runbook(settings, name).ok().and_then(|path| {
        load_runbook(&path, &project.root, &mut sources, &mut faults, Limits { max_steps: usize::MAX })
    });
    match loaded {
        Some(runbook) => json!({
            "name": name,
            "title": runbook.title,
            "summary": runbook.summary,
            "owner": runbook.owner,
            "profile": runbook.profile,
            "valid": !faults.has_errors(),
            "steps": Phase::ALL
                .iter()
                .map(|phase| {
                    let count = runbook.steps.iter().filter(|step| step.phase == *phase).count();
                    (phase.as_str().to_owned(), Value::from(count))
                })
                .filter(|(_, count)| count.as_u64() != Some(0))
                .collect::<serde_json::Map<_, _>>(),
        }),
        None => json!({ "name": name, "valid": false }),
    }
}

fn profile(settings: &Settings, project: &Project, name: &str) -> Value {
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let path = project.profile(settings, name).ok();
    match path.and_then(|path| read_profile(project, &path, &mut sources, &mut faults)) {
        Some(profile) => json!({
            "name": name,
            "title": profile.title,
            "tier": profile.tier.as_str(),
            "account": profile.aws.as_ref().map(|aws| aws.account.value.clone()),
            "region": profile.aws.as_ref().map(|aws| aws.region.value.clone()),
            "emulator": profile.aws.as_ref().is_some_and(|aws| aws.emulator),
            "valid": !faults.has_errors(),
        }),
        None => json!({ "name": name, "valid": false }),
    }
}

fn human(runbooks: &[Value], profiles: &[Value], screen: &Screen) -> String {
    let look = screen.stdout_look();
    let text = |value: &Value| look.plain(value.as_str().unwrap_or_default());
    let width = runbooks.iter().chain(profiles).map(|it| text(&it["name"]).chars().count()).max().unwrap_or(0);
    let mut out = String::from("Runbooks\n");
    for it in runbooks {
        let steps = it["steps"]
            .as_object()
            .map(|steps| steps.iter().map(|(phase, count)| format!("{phase} {count}")).collect::<Vec<_>>().join(", "));
        let what = match (it["valid"].as_bool(), steps) {
            (Some(true), Some(steps)) => format!("{} ({steps})", text(&it["title"])),
            (_, _) => "has faults: `checkride check` names them".to_owned(),
        };
        let _ = writeln!(out, "  {:<width$}  {what}", text(&it["name"]));
    }
    if runbooks.is_empty() {
        out.push_str("  none: they are TOML files in runbooks/\n");
    }
    out.push_str("\nProfiles\n");
    for it in profiles {
        let place = match (it["account"].as_str(), it["region"].as_str()) {
            (Some(account), Some(region)) => format!(", {account} in {region}"),
            (_, _) => String::new(),
        };
        let emulator = if it["emulator"] == true { ", emulator" } else { "" };
        let what = if it["valid"] == true {
            format!("{} ({}{place}{emulator})", text(&it["title"]), text(&it["tier"]))
        } else {
            "has faults: `checkride check` names them".to_owned()
        };
        let _ = writeln!(out, "  {:<width$}  {what}", text(&it["name"]));
    }
    if profiles.is_empty() {
        out.push_str("  none: they are TOML files in profiles/\n");
    }
    out
}
