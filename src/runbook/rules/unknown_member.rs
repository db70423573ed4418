//! A member that an answer of AWS does not have.

use crate::aws::api::PathPart;
use crate::aws::api::validate::OutputType;
use crate::runbook::context::{Context, Rule};
use crate::runbook::model::Part;
use crate::source::{Code, Diagnostic, Diagnostics, Doc, suggest};
use crate::step::kind::StepKind;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB050"),
        name: "unknown-member",
        meaning: "An expression goes into the answer of an `aws` step by a name that the model of the service does not have there, or by a name into a list or a number by a text.",
        why: "The expression would have no value on the day it matters, and the check would be unknown.",
        wrong: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\nwith = { TableName = \"orders\" }\nexpect = [\"out.Table.Status == 'ACTIVE'\"]",
        right: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\nwith = { TableName = \"orders\" }\nexpect = [\"out.Table.TableStatus == 'ACTIVE'\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for (user, at, part) in context.uses() {
        let (owner, path) = match (at.reference.root.as_str(), at.reference.path.as_slice()) {
            ("out", path) if part == Part::After => (&context.steps()[user], path),
            ("step", [id, path @ ..]) => {
                let Some(index) = context.index_of(id) else { continue };
                let step = &context.steps()[index];
                // A declared output may be of any shape, whatever it is called.
                let declared = path.first().is_some_and(|name| step.outputs.iter().any(|(it, _)| it.value == *name));
                if declared {
                    continue;
                }
                (step, path)
            }
            _ => continue,
        };
        let probe = owner.probe.as_ref().is_some_and(|probe| probe.done.span == at.literal);
        let StepKind::Aws(call) = owner.kind.read_by() else { continue };
        let output = call.output();
        // That the first name is known is another rule's business.
        let known = path.first().is_some_and(|name| output.member(name).is_some());
        if probe || !known {
            continue;
        }
        let parts: Vec<PathPart> = path.iter().map(|name| part_of(name)).collect();
        let Err(position) = output.walk(&parts) else { continue };
        let name = &path[position];
        let before = output.walk(&parts[..position]).ok();
        let shown = path[..position].join(".");
        let message = match before {
            Some(before) if before.item().is_some() => format!("`{shown}` is a list, which has no `{name}`"),
            Some(_) | None => format!("`{shown}` of {} has no `{name}`", call.operation.call()),
        };
        let names = before.map(OutputType::names).unwrap_or_default();
        diagnostics.push(
            Diagnostic::error(RULE.doc.code, message)
                .at(context.place(at), "unknown member")
                .maybe_help(suggest::help(name, names)),
        );
    }
}

/// A number may be the index of a list; in a map it is a name as any other.
fn part_of(name: &str) -> PathPart {
    name.parse().map_or_else(|_| PathPart::Name(name.to_owned()), PathPart::Index)
}
