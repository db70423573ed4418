//! `checkride show`.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::args::{ShowArguments, ShowFormat};
use crate::cli::command::sitting::pretty;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::load::load_checked;
use crate::cli::prepare::plan_scope;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::id::Phase;
use crate::report::{duration, guide_markdown, markdown_code as code, markdown_fenced, markdown_text};
use crate::runbook::{Runbook, StepSpec};
use crate::step::outline;
use crate::value::Scope;

pub(super) fn show(arguments: &ShowArguments, settings: &Settings, screen: &Screen) -> Result<ExitCode, CommandError> {
    let project = Project::of_runbook(settings, &arguments.runbook)?;
    let loaded = load_checked(settings, &project, &arguments.runbook, None, usize::MAX)?;
    let text = match arguments.format {
        ShowFormat::Md => markdown(&loaded.runbook),
        ShowFormat::Json => pretty(&as_json(&loaded.runbook)),
    };
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    Ok(ExitCode::Success)
}

/// The scope of nothing known: every value is named, none is given.
fn names_only(runbook: &Runbook) -> Scope {
    let mut scope = plan_scope(&Scope::new(), runbook);
    for root in ["input", "aws", "env"] {
        scope.mark_unknown(&[root], "a profile is chosen");
    }
    scope
}

fn markdown(runbook: &Runbook) -> String {
    let mut out = String::new();
    let text = |text: &str| markdown_text(text);
    let _ = writeln!(out, "# {}\n", text(&runbook.title));
    if let Some(summary) = &runbook.summary {
        let _ = writeln!(out, "{}\n", text(summary));
    }
    let facts = [
        ("Owner", runbook.owner.clone()),
        ("Reviewed", runbook.reviewed.map(|date| date.to_string())),
        ("Budget", runbook.budget.map(|budget| duration(u64::try_from(budget.as_millis()).unwrap_or(u64::MAX)))),
        ("Profile", runbook.profile.clone()),
        ("Controls", (!runbook.controls.is_empty()).then(|| runbook.controls.join(", "))),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            let _ = writeln!(out, "- {name}: {}", text(&value));
        }
    }
    if !runbook.inputs.is_empty() {
        let _ = writeln!(out, "\n## Inputs\n\n| input | is | default | what for |\n|---|---|---|---|");
        for input in &runbook.inputs {
            let default = input.default.as_ref().map(Value::to_string).unwrap_or_default();
            let help = input.help.clone().unwrap_or_default();
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} |",
                input.name.value,
                text(&input.ty.describe()),
                text(&default),
                text(&help)
            );
        }
    }
    let scope = names_only(runbook);
    for phase in Phase::ALL {
        let steps: Vec<&StepSpec> = runbook.steps.iter().filter(|step| step.phase == phase).collect();
        if steps.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n## {}", capital(phase.as_str()));
        for (at, step) in steps.iter().enumerate() {
            let _ = writeln!(out, "\n### {}. {}\n", at + 1, text(&step.title));
            let _ = writeln!(out, "`{}`, {}, {}", step.id.value, step.kind.name(), step.effect.as_str());
            if let Some(guide) = &step.guide {
                let _ = writeln!(out, "\n{}", guide_markdown(guide).trim_end());
            }
            let lines = outline(&step.kind, &scope);
            let _ = write!(out, "\n{}", markdown_fenced(&lines));
            let mut facts: Vec<String> = Vec::new();
            facts.extend(step.when.iter().map(|when| format!("when {}", code(when.value.text()))));
            facts.extend(step.expect.iter().map(|expect| format!("expects {}", code(expect.value.text().trim()))));
            facts.extend(step.needs.iter().map(|need| format!("needs `{}`", need.value)));
            facts.extend(
                step.way_forward.iter().map(|forward| format!("no way back; the way forward: {}", text(forward))),
            );
            facts.extend(step.undoes.iter().map(|undone| format!("undoes `{}`", undone.value)));
            if !facts.is_empty() {
                let _ = writeln!(out, "\n- {}", facts.join("\n- "));
            }
        }
    }
    out
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn as_json(runbook: &Runbook) -> Value {
    let scope = names_only(runbook);
    json!({
        "format": 1,
        "name": runbook.name,
        "path": runbook.path,
        "title": runbook.title,
        "summary": runbook.summary,
        "owner": runbook.owner,
        "reviewed": runbook.reviewed.map(|date| date.to_string()),
        "budget_ms": runbook.budget.map(|budget| budget.as_millis()),
        "controls": runbook.controls,
        "profile": runbook.profile,
        "inputs": runbook.inputs.iter().map(|input| json!({
            "name": input.name.value,
            "is": input.ty.describe(),
            "secret": input.ty.is_secret(),
            "default": input.default,
            "help": input.help,
        })).collect::<Vec<_>>(),
        "steps": runbook.steps.iter().map(|step| json!({
            "id": step.id.value.as_str(),
            "phase": step.phase.as_str(),
            "title": step.title,
            "kind": step.kind.name(),
            "effect": step.effect.as_str(),
            "guide": step.guide,
            "does": outline(&step.kind, &scope),
            "needs": step.needs.iter().map(|need| need.value.as_str()).collect::<Vec<_>>(),
            "when": step.when.as_ref().map(|when| when.value.text()),
            "expect": step.expect.iter().map(|expect| expect.value.text()).collect::<Vec<_>>(),
            "outputs": step.outputs.iter().map(|(name, _)| name.value.as_str()).collect::<Vec<_>>(),
            "way_forward": step.way_forward,
            "undoes": step.undoes.iter().map(|undone| undone.value.as_str()).collect::<Vec<_>>(),
            "owner": step.owner,
            "controls": step.controls,
            "tags": step.tags,
        })).collect::<Vec<_>>(),
    })
}
