//! Names of the clean stack that something else has: told before anything is made.

use std::collections::BTreeMap;

use crate::aws::Aws;
use crate::aws::stacks::{Names, StackCapture, StackResource, TemplateText};
use crate::event::{Failure, FailureKind};
use crate::step::effect::Halt;

/// How many names are told.
const TOLD: usize = 10;

/// Refuses a clean stack whose resources would be named like others. What no read tells, the creation says.
pub(super) async fn refuse_taken(
    aws: &Aws,
    arn: &str,
    source: &StackCapture,
    parameters: &BTreeMap<String, String>,
) -> Result<(), Halt> {
    let reads = aws.reads().stacks();
    let text = TemplateText::new(source.template.as_str());
    let declared = text.parameters().unwrap_or_default().into_iter();
    let mut values: BTreeMap<String, String> =
        declared.filter_map(|parameter| Some((parameter.name, parameter.default?))).collect();
    values.extend(parameters.clone());
    let name = arn.rsplit('/').next().unwrap_or_default();
    let names = Names::to_be(name, arn, &values);
    // Of the stack itself, when it stands in this region, all names are known.
    let standing = match reads.resources(&source.id).await {
        Ok(reply) => reply.value,
        Err(_) => Vec::new(),
    };
    let mut taken = Vec::new();
    for one in text.explicit_names(&names) {
        let Ok(name) = &one.name else { continue };
        let of_source = standing.iter().any(|resource| is_named(resource, &one.resource_type, name));
        if of_source || reads.is_taken(&one.resource_type, name).await == Some(true) {
            taken.push(format!("{name} ({}, {})", one.logical_id, one.resource_type));
        }
    }
    if let Ok(found) = reads.describe(&source.id).await {
        let outputs = found.value.into_iter().flat_map(|stack| stack.outputs);
        let exported: Vec<String> = outputs.filter_map(|output| output.export).collect();
        let exports = text.exports(&names).into_iter().filter(|name| exported.contains(name));
        taken.extend(exports.map(|name| format!("{name} (an export)")));
    }
    if taken.is_empty() {
        return Ok(());
    }
    let count = taken.len();
    let more = if count > TOLD { format!(" and {} more", count - TOLD) } else { String::new() };
    taken.truncate(TOLD);
    let names = if count == 1 { "a name of the clean stack is taken" } else { "names of the clean stack are taken" };
    let message = format!("{names}: {}{more}", taken.join(", "));
    let remedy =
        "give `parameters` by which they become others, or redeploy it in another region (`region`) or account";
    Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into())
}

/// Whether a resource that stands has a name: a physical id is the name, or ends with it (an ARN, a queue's URL).
fn is_named(resource: &StackResource, kind: &str, name: &str) -> bool {
    let gone = matches!(resource.status.as_str(), "DELETE_COMPLETE" | "CREATE_FAILED");
    let id = resource.physical_id.as_deref().unwrap_or_default();
    let ends = id.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with(['/', ':']));
    resource.resource_type == kind && !gone && ends
}
