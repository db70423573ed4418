//! An input that is used and not declared.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, suggest};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB032"),
        name: "unknown-input",
        meaning: "An expression uses `input.NAME`, and `[inputs]` has no such name.",
        why: "Nobody would be asked for it, and the expression would have no value.",
        wrong: "[inputs]\nstage = { choice = [\"dev\", \"prod\"] }\n# …\nstack = \"app-${input.stagee}\"",
        right: "[inputs]\nstage = { choice = [\"dev\", \"prod\"] }\n# …\nstack = \"app-${input.stage}\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let runbook = context.runbook;
    for (_, at, _) in context.uses() {
        let Some(name) = at.reference.path.first().filter(|_| at.reference.root == "input") else { continue };
        if context.input(name).is_some() || runbook.broken.inputs.contains(name) {
            continue;
        }
        let names = runbook.inputs.iter().map(|input| input.name.value.as_str());
        let help = suggest::help(name, names)
            .unwrap_or_else(|| format!("declare it: `[inputs]` `{name} = {{ text = true }}`"));
        diagnostics.push(
            Diagnostic::error(RULE.doc.code, format!("there is no input `{name}`"))
                .at(context.place(at), "unknown input")
                .help(help),
        );
    }
}
