//! A drill that changes something and does not put it back.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::Effect;
use crate::step::kind::StepKind;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB098"),
        name: "drill-without-undo",
        meaning: "A step of `drill` changes the target, no step of `rollback` undoes it, and it is not declared `irreversible`.",
        why: "A drill leaves the world as it found it: what it restores is removed, and what it `touches` is put back, however it ends. What has no step for that is left behind each time.",
        wrong: "[[drill]]\nid = \"mark\"\nkind = \"marker\"\ntable = \"orders\"",
        right: "[[drill]]\nid = \"mark\"\nkind = \"marker\"\ntable = \"orders\"\n# …\n[[rollback]]\nid = \"remove\"\nkind = \"cleanup\"\nundoes = [\"mark\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps().iter().filter(|step| step.phase == Phase::Drill) {
        match step.effect {
            Effect::Write => {}
            Effect::None | Effect::Read | Effect::Local | Effect::Irreversible => continue,
        }
        // It has its own fault: it stands in the wrong phase.
        if matches!(step.kind, StepKind::Cleanup(_)) {
            continue;
        }
        let id = &step.id.value;
        let undone = context.steps().iter().any(|other| other.undoes.iter().any(|undone| undone.value == *id));
        if !undone && !context.runbook.broken.steps.contains(id.as_str()) {
            diagnostics.push(
                Diagnostic::error(RULE.doc.code, format!("the drill does not put back what step `{id}` changes"))
                    .at(step.id.span, "changes the target")
                    .help(format!(
                        "add a `[[rollback]]` step with `undoes = [\"{id}\"]`, or say `effect = \"irreversible\"`"
                    )),
            );
        }
    }
}
