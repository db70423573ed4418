//! An input that nothing uses.

use std::collections::BTreeSet;

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB074"),
        name: "unused-input",
        meaning: "No expression uses an input. A warning.",
        why: "The operator is asked for a value that decides nothing, or a step was meant to use it.",
        wrong: "[inputs]\nstage = { choice = [\"dev\", \"prod\"] }   # and no `input.stage`",
        right: "stack = \"app-${input.stage}\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    // `input` by itself, or `input[…]` with a name that is not written out, may be any of them.
    let any = context.uses().any(|(_, at, _)| at.reference.root == "input" && at.reference.path.is_empty());
    if any || !context.runbook.broken.steps.is_empty() {
        return;
    }
    let of_inputs = context.uses().filter(|(_, at, _)| at.reference.root == "input");
    let used: BTreeSet<&str> = of_inputs.filter_map(|(_, at, _)| Some(at.reference.path.first()?.as_str())).collect();
    for input in &context.runbook.inputs {
        let name = &input.name.value;
        if !used.contains(name.as_str()) {
            diagnostics.push(
                Diagnostic::warning(RULE.doc.code, format!("nothing uses input `{name}`"))
                    .at(input.span, "")
                    .help(format!("use it as `input.{name}`, or remove it")),
            );
        }
    }
}
