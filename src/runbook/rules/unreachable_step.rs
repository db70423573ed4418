//! A step that can never run.

use std::collections::BTreeSet;

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB048"),
        name: "unreachable-step",
        meaning: "A step says `when = \"false\"`, or needs a step that does.",
        why: "A step that never runs is a promise that nobody keeps: in the report it looks like part of the procedure.",
        wrong: "when = \"false\"",
        right: "when = \"input.stage == 'prod'\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let mut never: BTreeSet<usize> = BTreeSet::new();
    for (at, step) in context.steps().iter().enumerate() {
        if let Some(when) = step.when.as_ref().filter(|when| when.value.constant() == Some(false)) {
            never.insert(at);
            diagnostics.push(
                Diagnostic::error(RULE.doc.code, format!("step `{}` never runs", step.id.value))
                    .at(when.span, "always false")
                    .help("remove the step, or leave it out of one run with `--skip STEP=REASON`"),
            );
            continue;
        }
        // In the order of the file, what a step needs comes first.
        if let Some(edge) = context.edges(at).into_iter().find(|edge| edge.needs && never.contains(&edge.to)) {
            never.insert(at);
            let needed = &context.steps()[edge.to].id.value;
            diagnostics.push(
                Diagnostic::error(RULE.doc.code, format!("step `{}` never runs", step.id.value))
                    .at(edge.span, format!("`{needed}` never runs")),
            );
        }
    }
}
