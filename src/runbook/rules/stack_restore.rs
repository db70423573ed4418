//! A `stack-restore` that does not know what it puts back.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, suggest};
use crate::step::kind::StepKind;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB063"),
        name: "stack-restore",
        meaning: "A step of kind `stack-restore` stands outside of `rollback`, or its `undoes` does not name exactly one step of kind `stack`.",
        why: "It puts back what that one step found before it changed the stack. With none, with two, or with a step that captures no stack there is nothing to put back.",
        wrong: "[[rollback]]\nid = \"back\"\nkind = \"stack-restore\"\nundoes = [\"build\"]",
        right: "[[rollback]]\nid = \"back\"\nkind = \"stack-restore\"\nundoes = [\"stack\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let stacks = context.steps().iter().filter(|step| matches!(step.kind, StepKind::Stack(_)));
    let stacks: Vec<&str> = stacks.map(|step| step.id.value.as_str()).collect();
    let all = if stacks.is_empty() {
        "there is no step of kind `stack`".to_owned()
    } else {
        format!("the steps of kind `stack` are {}", suggest::list(&stacks))
    };
    for step in context.steps().iter().filter(|step| matches!(step.kind, StepKind::StackRestore(_))) {
        let id = &step.id.value;
        let fault = |message: String| Diagnostic::error(RULE.doc.code, message);
        if step.phase != Phase::Rollback {
            let message = format!("step `{id}` of phase `{}` cannot put a stack back", step.phase);
            diagnostics
                .push(fault(message).at(step.span, "only in `rollback`").help("move the step to `[[rollback]]`"));
            continue;
        }
        let Some(undone) = step.undoes.first() else {
            let message = format!("step `{id}` does not say which stack it puts back");
            diagnostics.push(fault(message).at(step.id.span, "no `undoes`").help(all.clone()));
            continue;
        };
        if let Some(second) = step.undoes.get(1) {
            let message = format!("step `{id}` undoes more than one step");
            let help = "a stack is put back for each step of kind `stack`: write a step for each";
            diagnostics.push(fault(message).at(second.span, "one too many").help(help));
            continue;
        }
        // A step that does not exist has a fault of its own.
        let target = context.index_of(undone.value.as_str()).map(|at| &context.steps()[at]);
        let Some(target) = target.filter(|target| !matches!(target.kind, StepKind::Stack(_))) else { continue };
        let near = suggest::closest(undone.value.as_str(), stacks.iter().copied());
        let help = near.map_or_else(|| all.clone(), |near| format!("did you mean `{near}`?"));
        let message = format!("step `{}` changes no stack that is captured", undone.value);
        let label = format!("{} step", target.kind.with_article());
        diagnostics.push(fault(message).at(undone.span, label).help(help));
    }
}
