//! A `cleanup` step that has nothing to remove.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::kind::{MarkerDoes, StepKind};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB091"),
        name: "cleanup-of-nothing",
        meaning: "A `cleanup` step does not stand in `[[rollback]]`, undoes nothing, or undoes a step that is neither a `restore` nor a `marker` that writes.",
        why: "What a run has made is known of those kinds alone. `[[rollback]]` runs at the end of a drill and on the way back of a run, however it went.",
        wrong: "[[drill]]\nid = \"remove\"\nkind = \"cleanup\"",
        right: "[[rollback]]\nid = \"remove\"\nkind = \"cleanup\"\nundoes = [\"restore\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps().iter().filter(|step| matches!(step.kind, StepKind::Cleanup(_))) {
        let id = &step.id.value;
        let fault = |message: String| Diagnostic::error(RULE.doc.code, message);
        if step.phase != Phase::Rollback {
            let message = format!("step `{id}` of phase `{}` would not run when the drill fails before it", step.phase);
            diagnostics
                .push(fault(message).at(step.id.span, "only in `rollback`").help("move the step to `[[rollback]]`"));
            continue;
        }
        if step.undoes.is_empty() {
            let message = format!("step `{id}` does not say what it removes");
            diagnostics.push(
                fault(message).at(step.id.span, "").help("name the steps that made it: `undoes = [\"restore\"]`"),
            );
        }
        for undone in &step.undoes {
            let Some(target) = context.index_of(undone.value.as_str()).map(|at| &context.steps()[at]) else { continue };
            let makes = match &target.kind {
                StepKind::Restore(_) => true,
                StepKind::Marker(marker) => matches!(marker.does, MarkerDoes::Write { .. }),
                StepKind::Confirm(_)
                | StepKind::Input(_)
                | StepKind::Command(_)
                | StepKind::File(_)
                | StepKind::Http(_)
                | StepKind::Stack(_)
                | StepKind::StackRestore(_)
                | StepKind::Aws(_)
                | StepKind::AwsRestore(_)
                | StepKind::S3Restore(_)
                | StepKind::Compare(_)
                | StepKind::Cleanup(_)
                | StepKind::Failover(_)
                | StepKind::Wait(_)
                | StepKind::Check(_)
                | StepKind::Bake(_) => false,
            };
            if !makes {
                let message = format!("what {} step makes is not known to `cleanup`", target.kind.with_article());
                diagnostics.push(fault(message).at(undone.span, "neither `restore` nor a `marker` that writes"));
            }
        }
    }
}
