//! A step that is used before it runs.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB037"),
        name: "use-before-set",
        meaning: "A step needs, or uses an output of, a step that runs later: one that stands below it in its phase, or in a later phase. Phases run in the order checklist, deploy, verify; steps in the order of the file, those of includes first.",
        why: "`needs` only adds to the order of the file; it never turns it round. What is read from top to bottom happens from top to bottom.",
        wrong: "[[deploy]]\nid = \"upload\"\nneeds = [\"build\"]\n# …\n[[deploy]]\nid = \"build\"",
        right: "[[deploy]]\nid = \"build\"\n# …\n[[deploy]]\nid = \"upload\"\nneeds = [\"build\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for (user, step) in context.steps().iter().enumerate() {
        for edge in context.edges(user) {
            let target = &context.steps()[edge.to];
            let comparable = Context::ordinary(step.phase) == Context::ordinary(target.phase)
                && (Context::ordinary(step.phase) || step.phase == target.phase);
            if !comparable || context.runs_before(edge.to, user) || context.in_one_ring(user, edge.to) {
                continue;
            }
            let id = &target.id.value;
            let fault = if edge.to == user {
                Diagnostic::error(RULE.doc.code, format!("step `{id}` uses its own output"))
                    .at(edge.span, "it has none yet")
                    .help("inside a step its result is `out`")
            } else {
                let (why, help) = if target.phase == step.phase {
                    ("stands below", format!("move `{}` below `{id}`", step.id.value))
                } else {
                    ("is in a later phase", "phases run in the order checklist, deploy, verify".to_owned())
                };
                Diagnostic::error(RULE.doc.code, format!("step `{id}` runs after step `{}`", step.id.value))
                    .at(edge.span, if edge.needs { "needed here" } else { "used here" })
                    .related(target.id.span, why)
                    .help(help)
            };
            diagnostics.push(fault);
        }
    }
}
