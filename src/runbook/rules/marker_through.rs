//! Markers that are written on behind the steps that follow, through a step that does not.

use crate::id::Phase;
use crate::runbook::StepSpec;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, suggest};
use crate::step::kind::{MarkerDoes, StepKind};
use crate::value::Template;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB102"),
        name: "marker-through",
        meaning: "`through` of a `marker` step names no later step of the drill, or its markers are read back and neither `before` nor `at` says when the disaster came.",
        why: "The markers go on behind the steps that follow, so there must be one with whose end they end. Those that were written while the restore was under way are no loss: without the time of the disaster they would count as lost.",
        wrong: "[[drill]]\nid = \"mark\"\nkind = \"marker\"\ntable = \"orders\"\nthrough = \"mark\"",
        right: "[[drill]]\nid = \"mark\"\nkind = \"marker\"\ntable = \"orders\"\nthrough = \"restore\"\n# …\n[[drill]]\nid = \"back\"\nkind = \"marker\"\ntable = \"${step.restore.table}\"\nwritten = \"${step.mark.markers}\"\nbefore = \"${step.restore.started}\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let steps = context.steps();
    for (at, step) in steps.iter().enumerate() {
        let StepKind::Marker(marker) = &step.kind else { continue };
        if let Some(through) = &marker.through {
            let id = through.value.as_str();
            let other = context.index_of(id);
            let later = other.is_some_and(|other| other > at && steps[other].phase == Phase::Drill);
            let fault = |message: String| Diagnostic::error(RULE.doc.code, message);
            if step.phase != Phase::Drill {
                let message = format!("step `{}` of phase `{}` goes on behind no drill", step.id.value, step.phase);
                diagnostics.push(fault(message).at(through.span, "only in `[[drill]]`").help("remove `through`"));
            } else if other.is_none() && !context.knows_step(id) {
                let message = format!("there is no step `{id}`");
                let near = suggest::help(id, context.ids());
                diagnostics.push(fault(message).at(through.span, "unknown step").maybe_help(near));
            } else if other.is_some() && !later {
                let message = format!("`{id}` is no step of the drill that comes after `{}`", step.id.value);
                let help = "name a later one: the `restore`";
                diagnostics.push(fault(message).at(through.span, "over before it, or none of the drill").help(help));
            }
        }
        if let MarkerDoes::Read { written, at: None, before: None } = &marker.does
            && let Some(on) = names(written).find(|id| goes_on(context, id))
        {
            let message = format!("`{on}` writes markers through the restore, and all of them would count as lost");
            diagnostics.push(Diagnostic::error(RULE.doc.code, message).at(written.span(), "up to when?").help(
                "say when the disaster came: `before = \"${step.restore.started}\"`, or which time was restored: `at`",
            ));
        }
    }
}

/// The steps that a template refers to.
fn names(template: &Template) -> impl Iterator<Item = &String> {
    let refs = template.refs().filter(|at| at.reference.root == "step");
    refs.filter_map(|at| at.reference.path.first())
}

fn goes_on(context: &Context<'_>, id: &str) -> bool {
    let step: Option<&StepSpec> = context.index_of(id).map(|at| &context.steps()[at]);
    step.is_some_and(|step| matches!(&step.kind, StepKind::Marker(marker) if marker.through.is_some()))
}
