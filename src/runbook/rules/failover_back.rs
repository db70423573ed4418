//! A `failover` back that has nowhere to go back to.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::kind::StepKind;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB094"),
        name: "failover-back-of-nothing",
        meaning: "A `failover` step with `back = true` does not stand in `[[rollback]]`, or does not undo one `failover` step and nothing else.",
        why: "Which instance wrote before is known by the record of that step alone. Going back is an outage of the cluster once more.",
        wrong: "[[rollback]]\nid = \"back\"\nkind = \"failover\"\ncluster = \"orders\"\nback = true",
        right: "[[rollback]]\nid = \"back\"\nkind = \"failover\"\ncluster = \"orders\"\nback = true\nundoes = [\"fail_over\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps() {
        let StepKind::Failover(failover) = &step.kind else { continue };
        if !failover.is_back() {
            continue;
        }
        let id = &step.id.value;
        let mut fault = |message: String, span, label: &str, help: &str| {
            diagnostics.push(Diagnostic::error(RULE.doc.code, message).at(span, label).help(help.to_owned()));
        };
        if step.phase != Phase::Rollback {
            let message = format!("step `{id}` of phase `{}` goes back before anything was done", step.phase);
            fault(message, step.id.span, "only in `rollback`", "move the step to `[[rollback]]`");
            continue;
        }
        let [undone] = step.undoes.as_slice() else {
            let message = format!("step `{id}` does not say which failover it takes back");
            fault(message, step.id.span, "", "name that one step: `undoes = [\"fail_over\"]`");
            continue;
        };
        let Some(target) = context.index_of(undone.value.as_str()).map(|at| &context.steps()[at]) else { continue };
        if !matches!(&target.kind, StepKind::Failover(other) if !other.is_back()) {
            let message = format!("step `{}` is no failover", undone.value);
            fault(message, undone.span, "", "a `failover` goes back from a `failover`");
        }
    }
}
