//! `undoes` where it has no meaning.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::Effect;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB042"),
        name: "undoes",
        meaning: "`undoes` stands in a step that is not in `rollback`, or names a step that changes nothing or is itself in `rollback`.",
        why: "A rollback runs the undo steps of what was changed, last first. What changes nothing has nothing to undo.",
        wrong: "[[deploy]]\nid = \"down\"\nundoes = [\"up\"]",
        right: "[[rollback]]\nid = \"down\"\nundoes = [\"up\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps() {
        let id = &step.id.value;
        if let (Some(span), true) = (step.keys.get("undoes"), step.phase != Phase::Rollback) {
            let message = format!("step `{id}` of phase `{}` cannot undo another", step.phase);
            let fault = Diagnostic::error(RULE.doc.code, message).at(*span, "only in `rollback`");
            diagnostics.push(fault.help("move the step to `[[rollback]]`"));
            continue;
        }
        for undone in &step.undoes {
            let Some(target) = context.index_of(undone.value.as_str()).map(|at| &context.steps()[at]) else { continue };
            let label = if target.phase == Phase::Rollback {
                "a step of `rollback` itself"
            } else {
                match target.effect {
                    Effect::None | Effect::Read => "it changes nothing",
                    Effect::Local | Effect::Write | Effect::Irreversible => continue,
                }
            };
            let message = format!("step `{}` cannot be undone", undone.value);
            diagnostics.push(Diagnostic::error(RULE.doc.code, message).at(undone.span, label));
        }
    }
}
