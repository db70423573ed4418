//! Calls by model, to services that have no typed client here.

use serde_json::Value;

use super::api::client::{ApiFailure, ApiReads, ApiWrites, NotSent, resolve};
use super::clients::Reply;
use super::error::{AwsError, AwsErrorKind, Call};

/// The most pages of an answer: 100 alarms a page are all that an account has by default, and more.
const PAGES: usize = 500;

/// All of an answer.
pub(in crate::aws) async fn ask(api: &ApiReads, call: Call, input: &Value) -> Result<Reply<Value>, AwsError> {
    let operation = resolve(&name(call)).ok().and_then(|operation| operation.read()).ok_or_else(|| unknown(call))?;
    let reply = api.all_pages(operation, input, PAGES).await.map_err(|failure| failed(call, failure))?;
    Ok(Reply { value: reply.value, request_ids: reply.request_ids })
}

/// A change. It is sent once, or with a token by which the service knows a repetition.
pub(in crate::aws) async fn change(
    api: &ApiWrites,
    call: Call,
    input: &Value,
    token: Option<&str>,
) -> Result<Reply<Value>, AwsError> {
    let operation = resolve(&name(call)).map_err(|_| unknown(call))?;
    let reply = api.call(operation, input, token).await.map_err(|failure| match failure {
        // What does not fit the model could be a secret value: it is not repeated.
        ApiFailure::NotSent(NotSent::Input(_)) => unsent(call, "the call could not be written".to_owned()),
        ApiFailure::Aws(_) | ApiFailure::NotSent(_) | ApiFailure::Pages(_) => failed(call, failure),
    })?;
    Ok(Reply { value: reply.value, request_ids: reply.request_ids })
}

fn name(call: Call) -> String {
    format!("{}:{}", call.0, call.1)
}

fn unknown(call: Call) -> AwsError {
    unsent(call, "the models do not know this call".to_owned())
}

fn unsent(call: Call, why: String) -> AwsError {
    AwsError::of(call, AwsErrorKind::Request, None, vec![why], false)
}

fn failed(call: Call, failure: ApiFailure) -> AwsError {
    match failure {
        ApiFailure::Aws(error) => error,
        ApiFailure::NotSent(fault) => unsent(call, fault.to_string()),
        ApiFailure::Pages(fault) => AwsError::of(call, AwsErrorKind::LostReply, None, vec![fault.to_string()], false),
    }
}
