//! An output that its step does not have.

use crate::runbook::context::{Context, Rule};
use crate::runbook::model::Part;
use crate::source::{Code, Diagnostic, Diagnostics, Doc, suggest};
use crate::step::kind::KINDS;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB034"),
        name: "unknown-output",
        meaning: "An expression uses `step.ID.NAME` or `out.NAME`, or `sensitive` names an output, and the step has no such output. A step has the outputs that it declares, the fields of its kind's `out`, and `outcome`.",
        why: "The expression would have no value when it is needed.",
        wrong: "[[deploy]]\nid = \"stack\"\nkind = \"stack\"\n# …\noutputs = { table = \"out.outputs.Table\" }\n\n[[verify]]\nid = \"items\"\nwhen = \"step.stack.tabel != ''\"",
        right: "[[deploy]]\nid = \"stack\"\nkind = \"stack\"\n# …\noutputs = { table = \"out.outputs.Table\" }\n\n[[verify]]\nid = \"items\"\nwhen = \"step.stack.table != ''\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let broken = &context.runbook.broken.steps;
    for (user, at, part) in context.uses() {
        let (owner, name, names) = match (at.reference.root.as_str(), at.reference.path.as_slice()) {
            ("step", [id, name, ..]) => {
                let Some(step) = context.index_of(id).map(|index| &context.steps()[index]) else { continue };
                (step, name, step.output_names())
            }
            ("out", [name, ..]) if part == Part::After => {
                let step = &context.steps()[user];
                // A probe is a command of its own.
                let probe = step.probe.as_ref().is_some_and(|probe| probe.done.span == at.literal);
                let fields = if probe { command_fields().to_vec() } else { step.kind.fields() };
                (step, name, fields)
            }
            _ => continue,
        };
        if names.contains(&name.as_str()) || broken.contains(owner.id.value.as_str()) {
            continue;
        }
        let id = owner.id.value.as_str();
        let message = if at.reference.root == "out" {
            format!("`out` of {} step has no `{name}`", owner.kind.with_article())
        } else {
            format!("step `{id}` has no output `{name}`")
        };
        diagnostics.push(
            Diagnostic::error(RULE.doc.code, message)
                .at(context.place(at), "unknown output")
                .maybe_help(suggest::help(name, names)),
        );
    }
    for step in context.steps().iter().filter(|step| !broken.contains(step.id.value.as_str())) {
        for name in &step.sensitive {
            let names = step.output_names();
            if !names.contains(&name.as_str()) {
                let span = step.keys.get("sensitive").copied().unwrap_or(step.span);
                diagnostics.push(
                    Diagnostic::error(RULE.doc.code, format!("step `{}` has no output `{name}`", step.id.value))
                        .at(span, "nothing of it would be kept secret")
                        .maybe_help(suggest::help(name, names)),
                );
            }
        }
    }
}

fn command_fields() -> &'static [&'static str] {
    let command = KINDS.iter().find(|kind| kind.name == "command");
    command.map(|kind| kind.out).unwrap_or_default()
}
