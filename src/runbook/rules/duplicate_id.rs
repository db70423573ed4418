//! Two steps with one id.

use std::collections::BTreeMap;

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, Span};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB030"),
        name: "duplicate-id",
        meaning: "Two steps of a runbook, its includes counted, have the same id.",
        why: "`step.ID`, `needs`, `--only` and the journal name steps by their id: which of the two is meant could not be known.",
        wrong: "[[deploy]]\nid = \"build\"\n# …\n[[verify]]\nid = \"build\"",
        right: "[[deploy]]\nid = \"build\"\n# …\n[[verify]]\nid = \"build_is_live\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for step in context.steps() {
        let id = step.id.value.as_str();
        if let Some(first) = seen.get(id) {
            diagnostics.push(
                Diagnostic::error(RULE.doc.code, format!("there are two steps `{id}`"))
                    .at(step.id.span, "the second one")
                    .related(*first, "the first one"),
            );
        } else {
            seen.insert(id, step.id.span);
        }
    }
}
