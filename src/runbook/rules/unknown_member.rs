//! A member that an answer of AWS, or the result of a check, does not have.

use crate::aws::api::PathPart;
use crate::aws::api::validate::OutputType;
use crate::runbook::context::{Context, Rule};
use crate::runbook::model::Part;
use crate::source::{Code, Diagnostic, Diagnostics, Doc, suggest};
use crate::step::kind::{ITEM_FIELDS, StepKind};
use crate::value::ITEM;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB050"),
        name: "unknown-member",
        meaning: "An expression goes into the answer of an `aws` step, or into the result of a `check` step, by a name that is not there (the model of the service tells), or by a name into a list or a number by a text.",
        why: "The expression would have no value on the day it matters, and the check would be unknown.",
        wrong: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\nwith = { TableName = \"orders\" }\nexpect = [\"out.Table.Status == 'ACTIVE'\"]",
        right: "kind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\nwith = { TableName = \"orders\" }\nexpect = [\"out.Table.TableStatus == 'ACTIVE'\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    check_items(context, diagnostics);
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
        if let StepKind::Check(_) = owner.kind
            && let Some(fault) = beyond_result(path)
        {
            diagnostics.push(fault.at(context.place(at), "unknown member"));
        }
        let StepKind::Aws(call) = owner.kind.read_by() else { continue };
        if let (true, Some(names), [first, field, ..]) = (at.reference.root == "step", owner.kind.before(), path)
            && first == "before"
            && !names.contains(field)
        {
            let message = format!("what was there before {} has no `{field}`", call.operation.call());
            diagnostics.push(
                Diagnostic::error(RULE.doc.code, message)
                    .at(context.place(at), "unknown member")
                    .maybe_help(suggest::help(field, names.iter().map(String::as_str))),
            );
            continue;
        }
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

/// What macros ask of the items of a check's result.
fn check_items(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps() {
        let conditions = step.when.iter().chain(&step.for_each).chain(&step.expect);
        for expr in conditions.chain(step.outputs.iter().map(|(_, expr)| expr)) {
            for member in expr.value.members() {
                let (owner, path) = match member.path.as_slice() {
                    [root, path @ ..] if root == "out" => (Some(step), path),
                    [root, id, path @ ..] if root == "step" => {
                        (context.index_of(id).map(|index| &context.steps()[index]), path)
                    }
                    _ => continue,
                };
                let is_check = owner.is_some_and(|owner| {
                    matches!(owner.kind, StepKind::Check(_))
                        && owner.outputs.iter().all(|(name, _)| Some(&name.value) != path.first())
                });
                if let Some(fault) = is_check.then(|| beyond_result(path)).flatten() {
                    let span = context.sources.within(expr.span, member.start, member.end);
                    diagnostics.push(fault.at(span, "unknown member"));
                }
            }
        }
    }
}

/// What is wrong with a way into the result of a check: `items` is a list of maps of texts, all else is a number.
fn beyond_result(path: &[String]) -> Option<Diagnostic> {
    let (first, rest) = path.split_first()?;
    let fault = |message: String| Diagnostic::error(RULE.doc.code, message);
    match (first.as_str(), rest) {
        ("items", [item, name, ..]) if item == ITEM && !ITEM_FIELDS.contains(&name.as_str()) => {
            let help = suggest::help(name, ITEM_FIELDS.iter().copied());
            Some(fault(format!("an item of a check has no `{name}`")).maybe_help(help))
        }
        ("items", [name, ..]) if name != ITEM => Some(fault(format!("`items` is a list, which has no `{name}`"))),
        ("passed" | "warned" | "failed" | "unknown", [name, ..]) => {
            Some(fault(format!("`{first}` is a number, which has no `{name}`")))
        }
        _ => None,
    }
}

/// A number may be the index of a list; in a map it is a name as any other.
fn part_of(name: &str) -> PathPart {
    name.parse().map_or_else(|_| PathPart::Name(name.to_owned()), PathPart::Index)
}
