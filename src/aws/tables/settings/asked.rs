//! Calls to services that have no typed client here.

use serde_json::Value;

use crate::aws::api::client::{ApiFailure, ApiReads, ApiWrites, resolve};
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, AwsErrorKind, Call};

/// The most pages of an answer: 100 alarms a page are all that an account has by default, and more.
const PAGES: usize = 500;

/// All of an answer.
pub(super) async fn ask(api: &ApiReads, call: Call, input: &Value) -> Result<Reply<Value>, AwsError> {
    let operation = resolve(&format!("{}:{}", call.0, call.1)).ok().and_then(|operation| operation.read());
    let operation = operation.ok_or_else(|| unknown(call))?;
    let reply = api.all_pages(operation, input, PAGES).await.map_err(|failure| failed(call, failure))?;
    Ok(Reply { value: reply.value, request_ids: reply.request_ids })
}

/// A change. It is sent once.
pub(super) async fn change(api: &ApiWrites, call: Call, input: &Value) -> Result<Reply<()>, AwsError> {
    let operation = resolve(&format!("{}:{}", call.0, call.1)).map_err(|_| unknown(call))?;
    let reply = api.call(operation, input, None).await.map_err(|failure| failed(call, failure))?;
    Ok(Reply { value: (), request_ids: reply.request_ids })
}

fn unknown(call: Call) -> AwsError {
    AwsError::of(call, AwsErrorKind::Request, None, vec!["the models do not know this call".to_owned()], false)
}

fn failed(call: Call, failure: ApiFailure) -> AwsError {
    match failure {
        ApiFailure::Aws(error) => error,
        ApiFailure::NotSent(fault) => AwsError::of(call, AwsErrorKind::Request, None, vec![fault.to_string()], false),
        ApiFailure::Pages(fault) => AwsError::of(call, AwsErrorKind::LostReply, None, vec![fault.to_string()], false),
    }
}

/// A text of an answer; empty where there is none.
pub(super) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

/// A list of an answer; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value[member].as_array().into_iter().flatten()
}
