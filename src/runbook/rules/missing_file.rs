//! A file that a step or `files` names and that is not there.

use std::collections::BTreeSet;

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, Span, escapes_project, suggest};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB049"),
        name: "missing-file",
        meaning: "`template` of a `stack` step, `ca` of an `http` step or `files` of `[runbook]` names a file that does not exist in the project, or that leads out of it through a symbolic link.",
        why: "The bytes of these files count in the plan digest: what was approved is what runs.",
        wrong: "template = \"templates/stak.yaml\"",
        right: "template = \"templates/stack.yaml\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps() {
        let named = step.kind.deciding_file();
        if let Some((path, span)) = named.and_then(|named| Some((named.literal()?, named.span()))) {
            look(context, path, span, diagnostics);
        }
    }
    for (path, span) in context.runbook.files.iter().zip(&context.runbook.files_at) {
        look(context, path, *span, diagnostics);
    }
}

fn look(context: &Context<'_>, path: &str, span: Span, diagnostics: &mut Diagnostics) {
    let root = &context.settings.root;
    let full = root.join(path);
    if escapes_project(path).is_some() {
        return;
    }
    let fault = |message: String| Diagnostic::error(RULE.doc.code, message).at(span, "");
    if full.is_dir() {
        diagnostics.push(fault(format!("`{path}` is a directory, not a file")));
        return;
    }
    if !full.is_file() {
        let name = full.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let entries = full.parent().and_then(|folder| std::fs::read_dir(folder).ok());
        let names: BTreeSet<String> =
            entries.into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
        let near =
            suggest::closest(name, names.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| "paths are relative to the project".to_owned());
        diagnostics.push(fault(format!("there is no file `{path}` in the project")).help(help));
        return;
    }
    let real = |path: &std::path::Path| path.canonicalize().ok();
    if let (Some(file), Some(root)) = (real(&full), real(root))
        && !file.starts_with(root)
    {
        diagnostics.push(fault(format!("`{path}` leads out of the project through a symbolic link")));
    }
}
