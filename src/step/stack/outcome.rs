//! What a stack step gives: outputs, files, and why it failed.

use serde_json::{Map, Value, json};

use crate::aws::Aws;
use crate::aws::stacks::{Readiness, StackDescription, StackEnd, StackEvent, end, readiness, root_cause};
use crate::event::{ArtifactRef, Failure, FailureKind};
use crate::step::effect::Halt;
use crate::step::stack::failure::stack_failure;
use crate::step::stack::prepare::Prepared;
use crate::step::{Ran, WriteContext};

/// How many failures beside the root cause are named.
const OTHERS: usize = 5;

/// `out` of a stack step.
pub(super) fn outputs_of(stack: &StackDescription, change_set: Option<&str>, changed: bool) -> Value {
    let outputs: Map<String, Value> =
        stack.outputs.iter().map(|output| (output.name.clone(), Value::from(output.value.as_str()))).collect();
    json!({
        "outputs": outputs,
        "status": stack.status,
        "id": stack.id,
        "name": stack.name,
        "change_set": change_set.or(stack.change_set.as_deref()),
        "changed": changed,
    })
}

/// A file of the run.
pub(super) fn file(cx: &WriteContext, name: &str, media: &str, bytes: &[u8]) -> Result<ArtifactRef, Box<Failure>> {
    cx.read.artifacts.put(name, media, bytes).map_err(|error| {
        Box::new(Failure::new(FailureKind::Io, format!("the {name} cannot be put on record: {error}")))
    })
}

/// Puts on record what the stack was.
pub(super) async fn capture(cx: &WriteContext, aws: &Aws, prepared: &Prepared) -> Result<Vec<ArtifactRef>, Halt> {
    let mut files = prepared.artifacts.clone();
    if let Some(before) = &prepared.before
        && let Some(capture) = aws.reads().stacks().capture(&before.id).await?.value
    {
        let json = serde_json::to_vec_pretty(&capture).expect("a capture is plain data");
        files.push(file(cx, "previous-stack", "application/json", &json)?);
    }
    Ok(files)
}

/// What a stack that has come to its end gives.
pub(in crate::step) fn ended(stack: &StackDescription, change_set: &str, events: &[StackEvent]) -> Ran {
    let out = outputs_of(stack, Some(change_set), true);
    match end(&stack.status) {
        StackEnd::Succeeded => Ran::well(out),
        StackEnd::RolledBack | StackEnd::Failed | StackEnd::Running => {
            Ran { out, failure: Some(failure(stack, events)), ..Ran::default() }
        }
    }
}

fn failure(stack: &StackDescription, events: &[StackEvent]) -> Failure {
    let state = match &stack.status_reason {
        Some(reason) => format!("stack {} is in {}: {reason}", stack.name, stack.status),
        None => format!("stack {} is in {}", stack.name, stack.status),
    };
    let mut causes = vec![state];
    let message = match root_cause(events) {
        Some(cause) => {
            let inside =
                if cause.stack == stack.name { String::new() } else { format!(" of nested stack {}", cause.stack) };
            let others = events.iter().filter(|event| {
                event.status.ends_with("_FAILED") && !event.is_of_stack() && event.logical_id != cause.logical_id
            });
            causes.extend(others.take(OTHERS).map(|event| {
                let reason = event.reason.as_deref().unwrap_or("no reason given");
                format!("{} {} {}: {reason}", event.logical_id, event.resource_type, event.status)
            }));
            let reason = if cause.reason.is_empty() { "no reason given" } else { &cause.reason };
            format!("{} ({}){inside} {}: {reason}", cause.logical_id, cause.resource_type, cause.status)
        }
        None => format!("stack {} ended in {}", stack.name, stack.status),
    };
    let remedy = match readiness(Some(stack), None) {
        Readiness::Refused(refusal) => refusal.remedy(),
        Readiness::Update => "the stack was put back as it was: correct the cause, then retry".to_owned(),
        Readiness::Create { .. } => "the stack is gone again: correct the cause, then retry".to_owned(),
    };
    stack_failure(&stack.status, message).caused_by(causes).with_remedy(remedy)
}
