//! From an answer of AWS to a result, and from what went wrong to a failure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde_json::Value;

use crate::aws::api::PathPart;
use crate::aws::api::client::{ApiFailure, ApiReply};
use crate::aws::api::protocol::Sensitive;
use crate::event::{Failure, FailureKind};
use crate::step::stack::aws_failure;
use crate::step::{ArtifactStore, Hidden, Ran};

/// The longest body that becomes a part of `out`, in bytes. The whole of it is in its file.
const LONGEST_TEXT: usize = 1024 * 1024;

/// The result that an answer is.
pub(super) fn ran(reply: ApiReply, artifacts: &dyn ArtifactStore) -> Result<Ran, Failure> {
    let ApiReply { mut value, stream, sensitive, request_ids, pages: _, part } = reply;
    let mut result = Ran { requests: request_ids, part, ..Ran::default() };
    if part {
        result.note = Some("this is one page of the answer, and there are more".to_owned());
    }
    result.hidden.extend(sensitive.into_iter().map(hidden));
    if let Some(stream) = stream {
        let text = match String::from_utf8(stream.bytes) {
            Ok(text) => text,
            Err(bytes) => STANDARD.encode(bytes.into_bytes()),
        };
        if stream.sensitive {
            result.hidden.push(Hidden { path: vec![stream.member.clone()], text: SecretString::from(text.clone()) });
        } else if !text.is_empty() {
            let stored =
                artifacts.put(&stream.member, "application/octet-stream", text.as_bytes()).map_err(|error| {
                    Failure::new(
                        FailureKind::Io,
                        format!("`{}` could not be written to the run's files", stream.member),
                    )
                    .caused_by(vec![error.to_string()])
                })?;
            result.artifacts.push(stored);
        }
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= LONGEST_TEXT).last().unwrap_or(0);
        let whole = text.len() <= LONGEST_TEXT;
        if !whole {
            result.warning = Some(format!("`{}` is longer than what expressions see", stream.member));
        }
        if let Value::Object(members) = &mut value {
            let text = if whole { text } else { text[..end].to_owned() };
            members.insert(stream.member, Value::String(text));
        }
    }
    result.out = value;
    Ok(result)
}

/// A text that the model calls sensitive.
pub(super) fn hidden(it: Sensitive) -> Hidden {
    let path = it.path.0.into_iter().map(|part| match part {
        PathPart::Name(name) => name,
        PathPart::Index(index) => index.to_string(),
    });
    Hidden { path: path.collect(), text: SecretString::from(it.text.expose()) }
}

/// The failure that a call which did not succeed is.
pub(super) fn api_failure(failure: &ApiFailure) -> Failure {
    match failure {
        ApiFailure::Aws(error) => aws_failure(error),
        ApiFailure::NotSent(fault) => Failure::new(FailureKind::Guard, format!("nothing was sent: {fault}")),
        ApiFailure::Pages(fault) => Failure::new(FailureKind::Lost, format!("the answer is not whole: {fault}"))
            .with_remedy("raise `pages`, or ask for less"),
    }
}
