//! Steps that wait for each other.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB038"),
        name: "cycle",
        meaning: "A step needs itself, or steps need each other in a ring. Using an output (`step.ID.NAME`) counts as needing its step.",
        why: "None of them could ever start.",
        wrong: "[[deploy]]\nid = \"a\"\nneeds = [\"b\"]\n# …\n[[deploy]]\nid = \"b\"\nneeds = [\"a\"]",
        right: "[[deploy]]\nid = \"a\"\n# …\n[[deploy]]\nid = \"b\"\nneeds = [\"a\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for ring in context.rings() {
        let name = |at: &usize| context.steps()[*at].id.value.as_str();
        let edge = |from: usize, to: usize| context.edges(from).into_iter().find(|edge| edge.to == to);
        let first = ring[0];
        let Some(start) = edge(first, ring.get(1).copied().unwrap_or(first)) else { continue };
        if ring.len() == 1 {
            let message = format!("step `{}` needs itself", name(&first));
            diagnostics.push(Diagnostic::error(RULE.doc.code, message).at(start.span, "remove this"));
            continue;
        }
        let names: Vec<&str> = ring.iter().chain([&first]).map(name).collect();
        let mut fault = Diagnostic::error(RULE.doc.code, "steps wait for each other")
            .at(start.span, format!("`{}` waits for `{}`", names[0], names[1]))
            .note(format!("the ring is {}", names.join(" → ")));
        for (pair, label) in ring.iter().zip(ring.iter().cycle().skip(1)).zip(names.windows(2)).skip(1) {
            if let Some(edge) = edge(*pair.0, *pair.1) {
                fault = fault.related(edge.span, format!("`{}` waits for `{}`", label[0], label[1]));
            }
        }
        diagnostics.push(fault);
    }
}
