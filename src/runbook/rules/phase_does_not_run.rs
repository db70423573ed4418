//! A step that relies on one whose phase does not run.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB041"),
        name: "phase-does-not-run",
        meaning: "A step needs, or uses an output of, a step of a phase that does not run together with its own. `drill` and `rollback` run by themselves; a drill can use a step of another phase only when that can be observed (`stack`, `file`), and a rollback step sees what the run it undoes has recorded, but cannot need it.",
        why: "The value could not be there.",
        wrong: "[[verify]]\nid = \"restored\"\nneeds = [\"restore\"]   # a step of [[drill]]",
        right: "[[drill]]\nid = \"restored\"\nneeds = [\"restore\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for (user, step) in context.steps().iter().enumerate() {
        for edge in context.edges(user) {
            let target = &context.steps()[edge.to];
            let runs = match (step.phase, target.phase) {
                (Phase::Checklist | Phase::Deploy | Phase::Verify, other) => Context::ordinary(other),
                (Phase::Drill, Phase::Drill) | (Phase::Rollback, Phase::Rollback) => true,
                (Phase::Drill, Phase::Rollback) | (Phase::Rollback, Phase::Drill) => false,
                (Phase::Drill, Phase::Checklist | Phase::Deploy | Phase::Verify) => {
                    !edge.needs && target.kind.observes()
                }
                (Phase::Rollback, Phase::Checklist | Phase::Deploy | Phase::Verify) => !edge.needs,
            };
            if runs {
                continue;
            }
            let message = format!(
                "`{}` of phase `{}` does not run when step `{}` of phase `{}` does",
                target.id.value, target.phase, step.id.value, step.phase
            );
            diagnostics.push(
                Diagnostic::error(RULE.doc.code, message)
                    .at(edge.span, if edge.needs { "needed here" } else { "used here" })
                    .related(target.id.span, format!("a step of `{}`", target.phase)),
            );
        }
    }
}
