//! A change with no way back.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::Effect;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB070"),
        name: "write-without-undo",
        meaning: "A step of `deploy` changes the target, no step of `rollback` undoes it, and it is not declared `irreversible`. A warning.",
        why: "At three in the morning the way back is either written down or invented. If there is none, `effect = \"irreversible\"` says so: plan, prompt and rollback then show the point of no return.",
        wrong: "[[deploy]]\nid = \"stack\"\nkind = \"stack\"",
        right: "[[deploy]]\nid = \"stack\"\nkind = \"stack\"\n# …\n[[rollback]]\nid = \"previous_stack\"\nundoes = [\"stack\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps().iter().filter(|step| step.phase == Phase::Deploy) {
        match step.effect {
            Effect::Write => {}
            Effect::None | Effect::Read | Effect::Local | Effect::Irreversible => continue,
        }
        let id = &step.id.value;
        let undone = context.steps().iter().any(|other| other.undoes.iter().any(|undone| undone.value == *id));
        if !undone && !context.runbook.broken.steps.contains(id.as_str()) {
            diagnostics.push(
                Diagnostic::warning(RULE.doc.code, format!("nothing undoes step `{id}`"))
                    .at(step.id.span, "changes the target")
                    .help(format!(
                        "add a `[[rollback]]` step with `undoes = [\"{id}\"]`, or say `effect = \"irreversible\"`"
                    )),
            );
        }
    }
}
