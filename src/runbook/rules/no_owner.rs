//! A runbook that nobody keeps.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB072"),
        name: "no-owner",
        meaning: "The runbook names no `owner`. A warning.",
        why: "Whoever finds a step that no longer holds needs someone to tell.",
        wrong: "[runbook]\ntitle = \"Deploy\"",
        right: "[runbook]\ntitle = \"Deploy\"\nowner = \"platform\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let header = context.runbook.header;
    // A file with no `[runbook]` at all is told so.
    if context.runbook.owner.is_none() && header.start < header.end {
        diagnostics.push(
            Diagnostic::warning(RULE.doc.code, "the runbook has no owner")
                .at(header, "")
                .help("add `owner = \"team\"`"),
        );
    }
}
