//! One change, on record.

use serde_json::Value;

use crate::aws::api::client::{ApiFailure, ApiReply, Operation};
use crate::event::{EffectResult, Failure, FailureKind};
use crate::step::aws::answer::api_failure;
use crate::step::aws::task::{no_account, without_secrets};
use crate::step::{NewEffect, StepStop, WriteContext};

/// The longest target of an effect that is put on record, in characters.
const LONGEST_TARGET: usize = 200;

/// Makes a call that changes something: its intent is on disk before, what is known of it after.
pub(super) async fn change(
    cx: &WriteContext,
    operation: Operation,
    input: &Value,
) -> Result<Result<ApiReply, Failure>, StepStop> {
    let Some(aws) = cx.aws.clone() else { return Ok(Err(no_account())) };
    let effect = NewEffect {
        call: operation.call(),
        target: target(operation, input),
        wants_token: operation.token_member().is_some(),
        account: Some(aws.settings().account.clone()),
        region: Some(aws.settings().region.clone()),
    };
    let intent = cx.intend(effect).await?;
    let mut cancel = cx.read.cancel.clone();
    let api = aws.api();
    // A call that was sent is waited for: it has a time-out of its own, of which nobody knows less than of an answer.
    let sent = tokio::select! {
        sent = api.call(operation, input, intent.token.as_deref()) => sent,
        () = cancel.killed() => {
            let message = format!("{} was sent, and its answer was not waited for", operation.call());
            cx.settle(intent, EffectResult::Unknown, None, Some(message.clone())).await?;
            return Ok(Err(Failure::new(FailureKind::Lost, message)));
        }
    };
    match sent {
        Ok(reply) => {
            let request = reply.request_ids.last().cloned();
            cx.settle(intent, EffectResult::Done, request, None).await?;
            Ok(Ok(reply))
        }
        Err(failure) => {
            let (result, request) = match &failure {
                ApiFailure::Aws(error) if error.could_have_happened() => {
                    (EffectResult::Unknown, error.request_id.clone())
                }
                ApiFailure::Aws(error) => (EffectResult::Refused, error.request_id.clone()),
                ApiFailure::NotSent(_) => (EffectResult::Refused, None),
                // It was done: what it gave is not whole.
                ApiFailure::Pages(_) => (EffectResult::Done, None),
            };
            cx.settle(intent, result, request, Some(failure.to_string())).await?;
            Ok(Err(api_failure(&failure)))
        }
    }
}

/// What is worked on, in few words: the parameters that are plain text.
fn target(operation: Operation, input: &Value) -> String {
    let shown = without_secrets(operation, input);
    let given = shown.as_object().into_iter().flatten();
    let plain: Vec<String> = given.filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?))).collect();
    plain.join(" ").chars().take(LONGEST_TARGET).collect()
}
