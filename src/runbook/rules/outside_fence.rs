//! A step of a drill that changes something where no fence stands.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB099"),
        name: "outside-the-fence",
        meaning: "A step of `drill` changes something by a program or a request: `kind = \"command\"` or `kind = \"http\"` with `effect = \"write\"` or `\"irreversible\"`. A warning.",
        why: "What checkride itself calls is held to what the drill has made and what it `touches`, where it leaves the machine. What a program calls, or a server does with a request, nobody holds back: there the author alone sees to it that the source stays as it is.",
        wrong: "[[drill]]\nid = \"point\"\nkind = \"command\"\nrun = [\"./point-at\", \"${step.restore.table}\"]",
        right: "[[drill]]\nid = \"point\"\nkind = \"aws\"\ncall = \"dynamodb:UpdateTable\"\nwith = { TableName = \"${step.restore.table}\" }",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps().iter().filter(|step| step.phase == Phase::Drill && step.effect.changes_target()) {
        if step.kind.is_fenced() {
            continue;
        }
        let message = format!("what step `{}` changes is not held to what the drill has made", step.id.value);
        diagnostics.push(
            Diagnostic::warning(RULE.doc.code, message)
                .at(step.id.span, "changes something outside the fence")
                .help("make the change by an `aws` step, or say `effect = \"read\"` if it changes nothing"),
        );
    }
}
