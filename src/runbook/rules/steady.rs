//! A probe of the steady state that cannot be one.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::Effect;
use crate::step::kind::StepKind;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB087"),
        name: "steady",
        meaning: "`steady = true` stands in a step that is not in `verify`, is not a read, or looks again and again (a `wait`, a `bake`); or the step refers to what only another step of the run gives.",
        why: "A probe of the steady state looks before the first change, and again after a rollback; both times it knows what can be had by reading (inputs, what the checklist gave, the outputs of a stack), and nothing else.",
        wrong: "[[verify]]\nid = \"orders\"\nkind = \"wait\"\nsteady = true",
        right: "[[verify]]\nid = \"orders\"\nkind = \"http\"\nsteady = true\nurl = \"https://orders.example.com/health\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps().iter().filter(|step| step.steady) {
        let id = &step.id.value;
        let span = step.keys.get("steady").copied().unwrap_or(step.span);
        let fault = |message: String| Diagnostic::error(RULE.doc.code, message);
        if step.phase != Phase::Verify {
            let message = format!("step `{id}` of phase `{}` is no probe of the steady state", step.phase);
            diagnostics
                .push(fault(message).at(span, "only in `verify`").help("remove it, or move the step to `[[verify]]`"));
            continue;
        }
        let looks_on = matches!(step.kind, StepKind::Wait(_) | StepKind::Bake(_));
        let reads = matches!(step.effect, Effect::Read) && !looks_on;
        if !reads {
            let message = format!("step `{id}` does not look once: it is {}", step.kind.with_article());
            let help = "a probe is one read: `aws`, `check`, `http`, `file`, or a `command` with `effect = \"read\"`";
            diagnostics.push(fault(message).at(span, "no probe of the steady state").help(help));
            continue;
        }
        for at in step.refs().into_iter().filter(|at| at.reference.root == "step") {
            let Some(of) = at.reference.path.first() else { continue };
            let Some(target) = context.index_of(of).map(|at| &context.steps()[at]) else { continue };
            let outcome = at.reference.path.get(1).is_some_and(|name| name == "outcome");
            let known = target.phase == Phase::Checklist || (target.kind.observes() && !outcome);
            if !known {
                let message = format!("probe `{id}` refers to `{of}`, which has not run when it looks first");
                let help = "name what it looks at by an input, or by the output of a stack, which can be read";
                diagnostics.push(fault(message).at(at.literal, "not known before the run").help(help));
            }
        }
    }
}
