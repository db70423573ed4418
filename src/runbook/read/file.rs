//! Reading the top of a runbook, and putting its files together.

use std::collections::BTreeMap;
use std::path::Path;

use super::drill::{DRILL_KEYS, read_drill};
use super::input::read_inputs;
use super::keys::{INCLUDED_KEYS, PHASE_KEYS, RUNBOOK_KEYS};
use super::step::{ReadStep, read_step};
use crate::id::{Phase, Places};
use crate::runbook::model::Broken;
use crate::runbook::outline::{Parsed, own};
use crate::runbook::{DrillSpec, PhaseSpec, PhaseStyle, Runbook, StepSpec};
use crate::source::reader::{Node, NodeValue, Reader, Table};
use crate::source::{
    Diagnostic, INVALID_VALUE, Located, PATH_ESCAPES, Span, UNSUPPORTED_FORMAT, WRONG_TYPE, escapes_project, suggest,
};

/// The version of the language.
const FORMAT: i64 = 1;

/// Reads the files of a runbook, its own last. All faults go to the reader; there is no runbook when a file is in another
/// format, or when there is nothing to give a name to.
pub(in crate::runbook) fn read_runbook(files: &[Parsed], reader: &Reader<'_>) -> Option<Runbook> {
    let source = own(files)?;
    let mut broken = Broken::default();
    let mut steps = Vec::new();
    let mut runbook = None;
    for file in files {
        let start = Span::new(file.document.source, 0, 0);
        let (what, keys) =
            if file.included { ("the included file", INCLUDED_KEYS) } else { ("the runbook", RUNBOOK_KEYS) };
        let top = Table::new(&file.document.root, start, what, keys, reader);
        if !supported(&top) {
            return None;
        }
        top.texts("include");
        read_steps(&top, &mut steps, &mut broken);
        if file.included {
            top.finish_with(|key| {
                let elsewhere = RUNBOOK_KEYS.iter().any(|spec| spec.name == key);
                elsewhere.then(|| format!("an included file brings steps; `{key}` stands in the runbook itself"))
            });
            continue;
        }
        let path = reader.sources().get(source).path.clone();
        let (phases, drill) = read_phases(&top);
        let mut read = Runbook {
            name: Path::new(&path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
            path,
            title: String::new(),
            summary: None,
            owner: None,
            reviewed: None,
            budget: None,
            controls: Vec::new(),
            profile: None,
            env: Vec::new(),
            files: Vec::new(),
            inputs: read_inputs(&top, &mut broken),
            phases,
            drill,
            steps: Vec::new(),
            included: files.iter().filter(|file| file.included).map(|file| file.document.source).collect(),
            source,
            broken: Broken::default(),
            header: top.key_span("runbook").unwrap_or(start),
            reviewed_at: None,
            files_at: Vec::new(),
            places: Places::default(),
        };
        if let Some(head) = top.table("runbook") {
            read_head(head, &mut read);
        }
        top.finish_with(top_hint);
        runbook = Some(read);
    }
    let mut runbook = runbook?;
    runbook.steps = steps;
    runbook.broken = broken;
    Some(runbook)
}

/// Whether the file is of a format that is read here. One with no `format` is read as if it were, and told so at the end.
fn supported(top: &Table<'_>) -> bool {
    let Some(entry) = top.entry("format") else { return true };
    if let NodeValue::Integer(FORMAT) = entry.node.value {
        return true;
    }
    let found = top.reader().sources().text(entry.node.span);
    top.reader().push(
        Diagnostic::error(UNSUPPORTED_FORMAT, format!("format {found} is not read by this version"))
            .at(entry.node.span, "")
            .help(format!("write `format = {FORMAT}`, or use a checkride that knows this format")),
    );
    false
}

fn top_hint(key: &str) -> Option<String> {
    if super::keys::HEAD_KEYS.iter().any(|spec| spec.name == key) {
        return Some(format!("`{key}` stands under `[runbook]`"));
    }
    match key {
        "input" => Some("did you mean `[inputs]`?".to_owned()),
        "step" | "steps" => Some("steps stand in their phase: `[[checklist]]`, `[[deploy]]`, `[[verify]]`".to_owned()),
        "aws" | "policy" | "evidence" => Some(format!("`[{key}]` stands in a profile, `profiles/NAME.toml`")),
        _ => None,
    }
}

fn read_head(mut head: Table<'_>, runbook: &mut Runbook) {
    head.rename("`[runbook]`");
    let head = head;
    let text = |key: &str| head.text(key).map(|text| text.value);
    let list = |key: &str| -> Vec<Located<String>> { head.texts(key).unwrap_or_default() };
    runbook.header = head.span();
    runbook.title = text("title").unwrap_or_default();
    runbook.summary = text("summary");
    runbook.owner = text("owner").filter(|owner| !owner.trim().is_empty());
    let reviewed = head.date("reviewed");
    runbook.reviewed = reviewed.map(|date| date.value);
    runbook.reviewed_at = reviewed.map(|date| date.span);
    runbook.budget = head.duration("budget").map(|budget| budget.value);
    runbook.controls = values(list("controls"));
    runbook.profile = text("profile");
    let env = list("env");
    for name in &env {
        let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.value.is_empty() || !name.value.bytes().all(part) || name.value.as_bytes()[0].is_ascii_digit() {
            let help = "letters, digits and `_`, not a digit first";
            head.invalid(name.span, format!("`{}` is no name of a variable", name.value), Some(help.to_owned()));
        }
    }
    runbook.env = values(env);
    let files = list("files");
    for file in &files {
        if let Some(why) = escapes_project(&file.value) {
            let message = format!("the path `{}` {why}", file.value);
            head.reader().push(Diagnostic::error(PATH_ESCAPES, message).at(file.span, ""));
        }
    }
    runbook.files_at = files.iter().map(|file| file.span).collect();
    runbook.files = values(files);
    head.finish();
}

fn values(list: Vec<Located<String>>) -> Vec<String> {
    list.into_iter().map(|item| item.value).collect()
}

fn read_phases(top: &Table<'_>) -> (BTreeMap<Phase, PhaseSpec>, DrillSpec) {
    let mut phases = BTreeMap::new();
    let mut drill = DrillSpec::default();
    for entry in top.map("phase").unwrap_or_default() {
        let name = &entry.key.value;
        let Ok(phase) = name.parse::<Phase>() else {
            let help = suggest::help(name, Phase::ALL.map(Phase::as_str));
            top.reader().push(
                Diagnostic::error(INVALID_VALUE, format!("there is no phase `{name}`"))
                    .at(entry.key.span, "")
                    .maybe_help(help),
            );
            continue;
        };
        let Some(mut table) = top.table_of(name, &entry.node, format!("phase `{name}`"), PHASE_KEYS) else { continue };
        if phase == Phase::Drill {
            table.also(DRILL_KEYS);
            drill = read_drill(&table);
        }
        let style = match table.choice("style").map(|word| word.value) {
            Some("do-confirm") => PhaseStyle::DoConfirm,
            Some(_) | None => PhaseStyle::ReadDo,
        };
        let budget = table.duration("budget").map(|budget| budget.value);
        table.finish_with(|key| {
            let of_drill = DRILL_KEYS.iter().any(|spec| spec.name == key);
            of_drill.then(|| format!("`{key}` stands under `[phase.drill]`"))
        });
        phases.insert(phase, PhaseSpec { style, budget });
    }
    (phases, drill)
}

/// The steps of one file in the order of the file, whatever their phases.
fn read_steps(top: &Table<'_>, steps: &mut Vec<StepSpec>, broken: &mut Broken) {
    let mut found: Vec<(Phase, &Node)> = Vec::new();
    for phase in Phase::ALL {
        let items = top.list(phase.as_str()).unwrap_or_default();
        for item in items {
            if let NodeValue::Table(_) = item.value {
                found.push((phase, item));
            } else {
                let message = format!("a step of `{phase}` is a table");
                let fault = Diagnostic::error(WRONG_TYPE, message);
                let fault = fault.at(item.span, format!("this is {}", item.type_name()));
                top.reader().push(fault.help(format!("begin each step with `[[{phase}]]`")));
            }
        }
    }
    found.sort_by_key(|(_, item)| item.span.start);
    for (phase, item) in found {
        match read_step(phase, item, top.reader()) {
            ReadStep::Whole(step) => steps.push(*step),
            ReadStep::Faulty(step) => {
                broken.steps.insert(step.id.value.as_str().to_owned());
                steps.push(*step);
            }
            ReadStep::Nothing(id) => broken.steps.extend(id),
        }
    }
}
