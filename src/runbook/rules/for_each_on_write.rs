//! A repeated write.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::Effect;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB043"),
        name: "for-each-on-write",
        meaning: "A step with `for_each` may change something.",
        why: "Each change is confirmed, recorded, resumed and undone by itself. A list that is known only while the run goes on cannot be: write a step for each change.",
        wrong: "for_each = \"input.queues\"\nkind = \"command\"\nrun = [\"aws\", \"sqs\", \"purge-queue\", \"--queue-url\", \"${item}\"]",
        right: "for_each = \"input.queues\"\nkind = \"command\"\neffect = \"read\"\nrun = [\"aws\", \"sqs\", \"get-queue-attributes\", \"--queue-url\", \"${item}\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps() {
        let Some(list) = &step.for_each else { continue };
        match step.effect {
            Effect::None | Effect::Read => continue,
            Effect::Local | Effect::Write | Effect::Irreversible => {}
        }
        let message = format!("step `{}` is repeated, and may change something", step.id.value);
        let help = if step.kind.effects().contains(&Effect::Read) {
            "only reads are repeated: if it only looks, say so with `effect = \"read\"`; else write a step for each change"
        } else {
            "only reads are repeated: write a step for each change"
        };
        diagnostics.push(Diagnostic::error(RULE.doc.code, message).at(list.span, "repeated here").help(help));
    }
}
