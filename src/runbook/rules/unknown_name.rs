//! A name that nothing in an expression's scope has.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, suggest};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB035"),
        name: "unknown-name",
        meaning: "An expression begins with a name that is not in scope, or asks `aws`, `run` or `error` for a field that they do not have. In scope are `input`, `aws`, `env`, `run` and `step`, `item` with `for_each`, and `out`, `error` and `attempt` in a step.",
        why: "The expression would have no value when it is needed.",
        wrong: "when = \"inputs.stage == 'prod'\"",
        right: "when = \"input.stage == 'prod'\"",
    },
    check,
};

/// Every name that some expression may begin with.
const ROOTS: &[&str] = &["input", "aws", "env", "run", "step", "item", "out", "error", "attempt"];

/// The roots whose fields are always the same.
const FIELDS: &[(&str, &[&str])] = &[
    ("aws", &["account", "region", "profile", "emulated"]),
    ("run", &["id", "started", "operator"]),
    ("error", &["code", "status", "message"]),
];

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for (_, at, _) in context.uses() {
        let root = at.reference.root.as_str();
        if !ROOTS.contains(&root) {
            let bare = context.knows_step(root).then(|| format!("a step is named `step.{root}`"));
            let bare =
                bare.or_else(|| context.runbook.input(root).map(|_| format!("an input is named `input.{root}`")));
            diagnostics.push(
                Diagnostic::error(RULE.doc.code, format!("there is no `{root}` in scope"))
                    .at(context.place(at), "unknown name")
                    .maybe_help(bare.or_else(|| suggest::help(root, ROOTS.iter().copied()))),
            );
            continue;
        }
        let Some((_, fields)) = FIELDS.iter().find(|(name, _)| *name == root) else { continue };
        if let Some(field) = at.reference.path.first().filter(|field| !fields.contains(&field.as_str())) {
            diagnostics.push(
                Diagnostic::error(RULE.doc.code, format!("`{root}` has no field `{field}`"))
                    .at(context.place(at), "unknown field")
                    .maybe_help(suggest::help(field, fields.iter().copied())),
            );
        }
    }
}
