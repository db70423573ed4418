//! A point of no return with nothing behind it.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::Effect;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB080"),
        name: "irreversible-without-way-forward",
        meaning: "A step of `deploy` is irreversible, no step of `rollback` undoes it, and it does not say what to do when what comes after it fails. A warning.",
        why: "Past the point of no return a rollback leaves it as it is. Whoever stands there needs the way forward; plan, approval and rollback show it.",
        wrong: "[[deploy]]\nid = \"migrate\"\neffect = \"irreversible\"",
        right: "[[deploy]]\nid = \"migrate\"\neffect = \"irreversible\"\nway_forward = \"deploy the fix: the old code cannot read the new tables\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps().iter().filter(|step| step.phase == Phase::Deploy) {
        match step.effect {
            Effect::Irreversible => {}
            Effect::None | Effect::Read | Effect::Local | Effect::Write => continue,
        }
        let id = &step.id.value;
        let undone = context.steps().iter().any(|other| other.undoes.iter().any(|undone| undone.value == *id));
        let silent = step.way_forward.as_ref().is_none_or(|text| text.trim().is_empty());
        if silent && !undone && !context.runbook.broken.steps.contains(id.as_str()) {
            let at = step.keys.get("effect").copied().unwrap_or(step.id.span);
            diagnostics.push(
                Diagnostic::warning(RULE.doc.code, format!("step `{id}` has no way back, and names no way forward"))
                    .at(at, "the point of no return")
                    .help("`way_forward = \"what to do when what comes after it fails\"`"),
            );
        }
    }
}
