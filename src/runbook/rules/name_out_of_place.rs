//! A name that is in scope elsewhere, but not here.

use crate::runbook::context::{Context, Rule};
use crate::runbook::model::Part;
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB036"),
        name: "name-out-of-place",
        meaning: "`out` or `error` is used before the step has run (in `when`, `for_each` or what the step does), `attempt` in `when` or `for_each`, or `item` in a step with no `for_each`.",
        why: "The name has no value there: a step's result exists only in its `expect`, `outputs` and `probe.done`, and in `until` and `fail` of a `wait`.",
        wrong: "when = \"out.exit == 0\"",
        right: "expect = [\"out.exit == 0\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for (user, at, part) in context.uses() {
        let step = &context.steps()[user];
        let root = at.reference.root.as_str();
        let (label, help) = match (root, part) {
            ("out" | "error", Part::Condition | Part::Before) => (
                "the step has no result yet",
                "use it in `expect` or `outputs`; the result of an earlier step is `step.ID.NAME`",
            ),
            ("attempt", Part::Condition) => {
                ("the step has not begun", "`attempt` counts the attempts of what the step does")
            }
            ("item", Part::Condition) => {
                ("there is no item yet", "use it in what the step does, in `expect` or `outputs`")
            }
            ("item", Part::Before | Part::After) if step.for_each.is_none() => {
                ("there is no list", "add `for_each = \"…\"`, or name the value")
            }
            _ => continue,
        };
        let message = format!("`{root}` has no value here");
        diagnostics.push(Diagnostic::error(RULE.doc.code, message).at(context.place(at), label).help(help));
    }
}
