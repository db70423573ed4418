//! A step that is named and does not exist.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, Span, suggest};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB031"),
        name: "unknown-step",
        meaning: "`needs`, `undoes` or `step.ID` in an expression names a step that the runbook does not have.",
        why: "The step would wait for nothing, undo nothing, or fail when its expression is evaluated.",
        wrong: "needs = [\"biuld\"]",
        right: "needs = [\"build\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let mut unknown = |id: &str, span: Span| {
        diagnostics.push(
            Diagnostic::error(RULE.doc.code, format!("there is no step `{id}`"))
                .at(span, "unknown step")
                .maybe_help(suggest::help(id, context.ids())),
        );
    };
    for step in context.steps() {
        for id in step.needs.iter().chain(&step.undoes) {
            if !context.knows_step(id.value.as_str()) {
                unknown(id.value.as_str(), id.span);
            }
        }
    }
    for (_, at, _) in context.uses() {
        if at.reference.root == "step"
            && let Some(id) = at.reference.path.first().filter(|id| !context.knows_step(id))
        {
            unknown(id, context.place(at));
        }
    }
}
