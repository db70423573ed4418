//! A write where only reads may be.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::Effect;
use crate::step::kind::StepKind;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB039"),
        name: "write-in-read-phase",
        meaning: "A step of `checklist` or `verify` may change something: it is declared so, or it does not say and its kind's default is a write. A `command` is a write unless it says `effect = \"read\"`, and so is an `http` with a method that writes; a POST that only looks (a search) may say so, too.",
        why: "A verification must be able to run anywhere and at any time without a question. What changes something belongs into `deploy`.",
        wrong: "[[verify]]\nid = \"table\"\nkind = \"command\"\nrun = [\"aws\", \"dynamodb\", \"describe-table\", \"--table-name\", \"t\"]",
        right: "[[verify]]\nid = \"table\"\nkind = \"command\"\neffect = \"read\"\nrun = [\"aws\", \"dynamodb\", \"describe-table\", \"--table-name\", \"t\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps().iter().filter(|step| step.phase.reads_only()) {
        match step.effect {
            Effect::None | Effect::Read => continue,
            Effect::Local | Effect::Write | Effect::Irreversible => {}
        }
        let message = format!("step `{}` may change something in the read phase `{}`", step.id.value, step.phase);
        let fault = if let Some(span) = step.keys.get("effect") {
            Diagnostic::error(RULE.doc.code, message).at(*span, "not in this phase")
        } else {
            let kind = step.keys.get("kind").copied().unwrap_or(step.span);
            let label = match &step.kind {
                StepKind::Aws(call) => format!("{} is a write", call.operation.call()),
                StepKind::Http(http) => format!("a {} is a write unless it says otherwise", http.method),
                StepKind::Confirm(_)
                | StepKind::Input(_)
                | StepKind::Command(_)
                | StepKind::File(_)
                | StepKind::Stack(_)
                | StepKind::StackRestore(_)
                | StepKind::AwsRestore(_)
                | StepKind::S3Restore(_)
                | StepKind::Restore(_)
                | StepKind::Compare(_)
                | StepKind::Marker(_)
                | StepKind::Cleanup(_)
                | StepKind::Failover(_)
                | StepKind::Wait(_)
                | StepKind::Check(_)
                | StepKind::Bake(_) => format!("{} is a write unless it says otherwise", step.kind.with_article()),
            };
            Diagnostic::error(RULE.doc.code, message).at(kind, label)
        };
        let only_reads = step.kind.effects().contains(&Effect::Read);
        let help = if only_reads {
            "if it only looks, say so with `effect = \"read\"`; else move it to `deploy`"
        } else {
            "move it to `deploy`"
        };
        diagnostics.push(fault.help(help));
    }
}
