//! Undo steps that are said to share nothing, and do.

use crate::id::Phase;
use crate::runbook::StepSpec;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, Span};
use crate::step::Effect;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB088"),
        name: "independent",
        meaning: "`independent = true` stands in a step that is not in `rollback`, that a person does, or from which there is no way back; or such a step needs another one, or refers to it.",
        why: "Neighbours that are independent run together, in no order. What asks a person, and what uses what another one gives, needs an order.",
        wrong: "[[rollback]]\nid = \"limits_back\"\nindependent = true\nneeds = [\"alias_back\"]",
        right: "[[rollback]]\nid = \"limits_back\"\nindependent = true\n\n[[rollback]]\nid = \"alias_back\"\nindependent = true",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps().iter().filter(|step| step.independent) {
        let id = &step.id.value;
        let span = step.keys.get("independent").copied().unwrap_or(step.span);
        let fault = |message: String| Diagnostic::error(RULE.doc.code, message);
        if step.phase != Phase::Rollback {
            let message = format!("step `{id}` of phase `{}` has no neighbours that it could run beside", step.phase);
            let help = "reads run together anyway, and each write is confirmed by itself";
            diagnostics.push(fault(message).at(span, "only in `rollback`").help(help));
            continue;
        }
        let alone = match step.effect {
            Effect::None => Some("a person does it"),
            Effect::Irreversible => Some("it is asked for by itself"),
            Effect::Read | Effect::Local | Effect::Write => None,
        };
        if let Some(why) = alone {
            let message = format!("step `{id}` cannot run beside others");
            diagnostics.push(fault(message).at(span, why).help("remove it"));
            continue;
        }
        for (other, at) in others(step) {
            let Some(target) = context.index_of(other).map(|at| &context.steps()[at]) else { continue };
            if target.independent && target.phase == Phase::Rollback && target.id.value != *id {
                let message = format!("step `{id}` needs `{other}`, and both are said to share nothing");
                let help = "one of the two is not independent: it runs before, or after";
                diagnostics.push(fault(message).at(at, "in no order").help(help));
            }
        }
    }
}

/// The steps that a step needs, or refers to, and where.
fn others(step: &StepSpec) -> Vec<(&str, Span)> {
    let needs = step.needs.iter().map(|need| (need.value.as_str(), need.span));
    let refs = step.refs().into_iter().filter(|at| at.reference.root == "step");
    needs.chain(refs.filter_map(|at| Some((at.reference.path.first()?.as_str(), at.literal)))).collect()
}
