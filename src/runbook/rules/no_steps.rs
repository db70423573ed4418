//! A runbook with nothing in it.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB047"),
        name: "no-steps",
        meaning: "The runbook has no steps.",
        why: "A run that does nothing must not pass.",
        wrong: "format = 1\n\n[runbook]\ntitle = \"Deploy\"",
        right: "format = 1\n\n[runbook]\ntitle = \"Deploy\"\n\n[[deploy]]\nid = \"build\"\ntitle = \"Build\"\nkind = \"command\"\neffect = \"local\"\nrun = [\"make\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let runbook = context.runbook;
    if runbook.steps.is_empty() && runbook.broken.steps.is_empty() {
        diagnostics.push(
            Diagnostic::error(RULE.doc.code, "the runbook has no steps")
                .at(runbook.header, "")
                .help("begin each step with its phase: `[[checklist]]`, `[[deploy]]`, `[[verify]]`"),
        );
    }
}
