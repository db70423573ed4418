//! The whole of it, in order.

use serde_json::Value;

use crate::aws::AwsReads;
use crate::aws::stacks::{Readiness, StackDescription, readiness};
use crate::event::{EffectResult, EffectState, Need};
use crate::step::calls::{calls_of_deletion, calls_of_restore};
use crate::step::rehearse::{permissions, told};
use crate::step::stack::execute::EXECUTE;
use crate::step::stack::rehearse::bucket::bucket;
use crate::step::stack::rehearse::new::new_template;
use crate::step::stack::rehearse::{existing, first};
use crate::step::stack::restore::StackRestoreTask;
use crate::step::stack::task::StackTask;
use crate::step::{ReadContext, Target};

/// Looks for what the undo of a stack step will need.
pub(in crate::step) async fn rehearse(change: &StackTask, undo: &StackRestoreTask, cx: &ReadContext) -> Vec<Need> {
    let name = &change.stack;
    let whole = format!("stack {name}");
    let Some(aws) = &cx.aws else { return vec![Need::unknown(whole, "the run has no account to ask")] };
    let found = match told(cx, aws.stacks().describe(name)).await {
        Ok(found) => found.filter(|stack| stack.status != "DELETE_COMPLETE"),
        Err(untold) => return vec![untold.need(whole)],
    };
    let mut needs = Vec::new();
    let there = found.as_ref().filter(|stack| stack.status != "REVIEW_IN_PROGRESS");
    let was_absent = match (on_record(change, undo, found.as_ref()), there) {
        // What is there now is not what was: an earlier attempt has begun to change it.
        (Some(exists), _) => {
            let detail = "on record since the step began to change it";
            needs.push(Need::there(format!("what stack {name} was"), detail));
            if let Some(template) = undo.undone.captured.iter().flat_map(|captured| &captured.artifacts).next() {
                needs.extend(bucket(name, template.bytes, undo, cx, aws).await);
            }
            !exists
        }
        (None, Some(stack)) => {
            needs.extend(existing::needs(change, undo, stack, aws, cx).await);
            false
        }
        (None, None) => {
            needs.extend(first::needs(name, new_template(change, aws, cx).await, found.as_ref()));
            true
        }
    };
    needs.push(allowed(change, undo, found.as_ref(), was_absent, aws, cx).await);
    needs
}

/// Whether there was a stack before the step, where that is on record and an earlier attempt may have changed it since:
/// one that was executed, or that the stack is still busy with.
fn on_record(change: &StackTask, undo: &StackRestoreTask, found: Option<&StackDescription>) -> Option<bool> {
    let executed = |effect: &EffectState| effect.call == EXECUTE && effect.result != Some(EffectResult::Refused);
    let begun = change.earlier.iter().any(executed)
        || match readiness(found, None) {
            Readiness::Create { .. } | Readiness::Update => false,
            Readiness::Refused(_) => true,
        };
    let captured = undo.undone.captured.as_ref().filter(|_| begun)?;
    Some(captured.before.get("exists") != Some(&Value::from(false)))
}

async fn allowed(
    change: &StackTask,
    undo: &StackRestoreTask,
    found: Option<&StackDescription>,
    was_absent: bool,
    aws: &AwsReads,
    cx: &ReadContext,
) -> Need {
    let target = match found {
        Some(stack) => Target::Arn(stack.id.clone()),
        None => Target::Stack(change.stack.clone()),
    };
    let calls = if was_absent {
        calls_of_deletion(&target)
    } else {
        let role = found.and_then(|stack| stack.role_arn.as_deref());
        calls_of_restore(&target, undo.upload_bucket.as_deref(), role)
    };
    permissions(cx, aws, &calls, &format!("stack {}", change.stack)).await
}
