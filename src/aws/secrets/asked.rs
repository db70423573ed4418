//! Calls to Secrets Manager, which has no typed client here.

use serde_json::Value;

use crate::aws::api::client::{ApiFailure, ApiReads, ApiWrites, resolve};
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, AwsErrorKind, Call};

/// One read.
pub(super) async fn ask(api: &ApiReads, call: Call, input: &Value) -> Result<Reply<Value>, AwsError> {
    let operation = resolve(&format!("{}:{}", call.0, call.1)).ok().and_then(|operation| operation.read());
    let operation = operation.ok_or_else(|| unknown(call))?;
    let reply = api.call(operation, input).await.map_err(|failure| failed(call, failure))?;
    Ok(Reply { value: reply.value, request_ids: reply.request_ids })
}

/// A change. It is sent once, or with a token by which the service knows a repetition.
pub(super) async fn change(
    api: &ApiWrites,
    call: Call,
    input: &Value,
    token: Option<&str>,
) -> Result<Reply<Value>, AwsError> {
    let operation = resolve(&format!("{}:{}", call.0, call.1)).map_err(|_| unknown(call))?;
    let reply = api.call(operation, input, token).await.map_err(|failure| failed(call, failure))?;
    Ok(Reply { value: reply.value, request_ids: reply.request_ids })
}

fn unknown(call: Call) -> AwsError {
    AwsError::of(call, AwsErrorKind::Request, None, vec!["the models do not know this call".to_owned()], false)
}

fn failed(call: Call, failure: ApiFailure) -> AwsError {
    match failure {
        ApiFailure::Aws(error) => error,
        // What does not fit the model could be the value itself: it is not repeated.
        ApiFailure::NotSent(_) => {
            AwsError::of(call, AwsErrorKind::Request, None, vec!["the call could not be written".to_owned()], false)
        }
        ApiFailure::Pages(fault) => AwsError::of(call, AwsErrorKind::LostReply, None, vec![fault.to_string()], false),
    }
}
