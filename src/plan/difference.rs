//! What changed between two plans, as a person reads it.

use std::collections::BTreeSet;

use similar::TextDiff;

use crate::plan::PlanRecord;

/// The lines of a difference; empty when the plans are the same. `text` gives a pinned file's bytes by its digest.
pub fn difference(
    old: &PlanRecord,
    new: &PlanRecord,
    old_text: &dyn Fn(&str) -> Option<String>,
    new_text: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut changed = |what: &str, before: String, after: String| {
        if before != after {
            lines.push(format!("{what}: {before} -> {after}"));
        }
    };
    changed("checkride", old.tool.clone(), new.tool.clone());
    changed("profile", format!("{:?}", old.profile), format!("{:?}", new.profile));
    let names: BTreeSet<&String> = old.inputs.keys().chain(new.inputs.keys()).collect();
    let shown = |value: Option<&serde_json::Value>| value.map_or_else(|| "(none)".to_owned(), ToString::to_string);
    for name in names {
        changed(&format!("input {name}"), shown(old.inputs.get(name)), shown(new.inputs.get(name)));
    }
    let names: BTreeSet<&String> = old.secrets.keys().chain(new.secrets.keys()).collect();
    for name in names {
        let source = |plan: &PlanRecord| plan.secrets.get(name).cloned().unwrap_or_else(|| "(none)".to_owned());
        changed(&format!("source of secret {name}"), source(old), source(new));
    }
    let words =
        |plan: &PlanRecord| format!("{:?} only {:?} from {:?} skip {:?}", plan.phases, plan.only, plan.from, plan.skip);
    changed("selection", words(old), words(new));
    let paths: BTreeSet<&String> = old.files.iter().chain(&new.files).map(|file| &file.path).collect();
    for path in paths {
        let find =
            |plan: &PlanRecord| plan.files.iter().find(|file| file.path == *path).map(|file| file.sha256.clone());
        let (before, after) = (find(old), find(new));
        if before == after {
            continue;
        }
        let before = before.and_then(|digest| old_text(&digest)).unwrap_or_default();
        let after = after.and_then(|digest| new_text(&digest)).unwrap_or_default();
        let diff = TextDiff::from_lines(&before, &after);
        let text = diff.unified_diff().context_radius(3).header(path, path).to_string();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}
