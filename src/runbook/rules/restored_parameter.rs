//! A value that a `stack-restore` gives, and that is no secret.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::kind::StepKind;
use crate::value::Reference;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB083"),
        name: "restored-parameter",
        meaning: "`parameters` of a `stack-restore` step gives a value that is no secret: it is written out, or comes from an input that is not declared `secret`.",
        why: "The run has all parameters of a stack on record but those that are declared NoEcho. Only for these is a value wanted here, and what nobody may read back does not belong into a file.",
        wrong: "kind = \"stack-restore\"\nundoes = [\"stack\"]\nparameters = { DbPassword = \"hunter2\" }",
        right: "kind = \"stack-restore\"\nundoes = [\"stack\"]\nparameters = { DbPassword = \"${input.old_db_password}\" }",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps() {
        let StepKind::StackRestore(restore) = &step.kind else { continue };
        for (name, value) in &restore.parameters {
            // An input that does not exist has a fault of its own.
            let may_be = |reference: &Reference| {
                let unknown = reference.path.first().is_none_or(|name| context.input(name).is_none());
                context.is_secret(reference) || (reference.root == "input" && unknown)
            };
            if value.refs().any(|at| may_be(at.reference)) {
                continue;
            }
            let message = format!("the value of parameter `{name}` is no secret");
            let help = "a NoEcho value comes from a secret input: `old_password = { secret = { env = \"OLD_PASSWORD\" } }`; any \
                        other parameter is on record";
            diagnostics.push(Diagnostic::error(RULE.doc.code, message).at(value.span(), "no secret").help(help));
        }
    }
}
