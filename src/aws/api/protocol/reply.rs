//! An answer, and what it was read to.

use std::time::Duration;

use serde_json::Value;

use crate::aws::api::Path;

/// An answer as it came over the wire.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in order.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// A header by its name, in any case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The id under which AWS has recorded the call.
    pub(super) fn request_id(&self) -> Option<String> {
        let names = ["x-amzn-requestid", "x-amz-request-id", "x-amz-requestid"];
        names.into_iter().find_map(|name| self.header(name)).filter(|id| !id.is_empty()).map(str::to_owned)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.body.iter().all(u8::is_ascii_whitespace)
    }

    /// This answer is none of the protocol, for `reason`.
    pub(super) fn foreign(&self, reason: impl Into<String>) -> ParseFault {
        ParseFault::NotTheProtocol {
            status: self.status,
            content_type: self.header("content-type").map(str::to_owned),
            reason: reason.into(),
            excerpt: excerpt(self.body),
        }
    }
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The operation was done.
    Output(Output),
    /// The service refused or failed.
    Error(ApiError),
}

/// The output of an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The members that the answer holds, by their names in the model.
    pub value: Value,
    /// The body, where it is a blob of its own and no part of `value`.
    pub stream: Option<Stream>,
    /// The texts in `value` that the model marks as sensitive.
    pub sensitive: Vec<super::Sensitive>,
    /// The id under which AWS has recorded the call.
    pub request_id: Option<String>,
}

/// A body that is no JSON: an object of S3, the result of a function, a sequence of events as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stream {
    /// The member that it is.
    pub member: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The model marks it as sensitive.
    pub sensitive: bool,
}

/// An error of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiError {
    /// The code: `ResourceNotFoundException`, `NoSuchBucket`; the HTTP status in digits where the answer names none.
    pub code: String,
    /// The service's words. May be empty.
    pub message: String,
    /// The HTTP status. 200 is possible: S3 finds out late.
    pub status: u16,
    /// The id under which AWS has recorded the call.
    pub request_id: Option<String>,
    /// How long the service wants to be left alone.
    pub retry_after: Option<Duration>,
    /// Whether trying again makes sense, where the model says so; `Some(true)` because of the rate of calls.
    pub retryable: Option<bool>,
    /// The members of the error's own shape, where the model knows it.
    pub modeled: Option<Value>,
    /// The texts in `modeled` that the model marks as sensitive.
    pub sensitive: Vec<super::Sensitive>,
}

/// An answer that cannot be understood. Whether the operation was done is not known.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParseFault {
    /// A body of another kind: a page of HTML, a truncated document.
    #[error("the answer (HTTP {status}) is not of the service's protocol: {reason}")]
    NotTheProtocol {
        /// The HTTP status.
        status: u16,
        /// The `Content-Type`.
        content_type: Option<String>,
        /// What was missing or wrong.
        reason: String,
        /// How the body begins, with blanks for control characters. May hold what must be cut, and what acts on a reader.
        excerpt: String,
    },
    /// A value that is not what the model says.
    #[error("`{path}` in the answer (HTTP {status}): expected {expected}, found {found}")]
    Value {
        /// The HTTP status.
        status: u16,
        /// Where in the output.
        path: Path,
        /// What the model says.
        expected: &'static str,
        /// What is there.
        found: String,
    },
}

/// The first characters of a body.
fn excerpt(body: &[u8]) -> String {
    const CHARACTERS: usize = 200;
    let head = &body[..body.len().min(CHARACTERS * 4)];
    let text = String::from_utf8_lossy(head);
    let mut shown: String =
        text.chars().take(CHARACTERS).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    if shown.len() < body.len() {
        shown.push('…');
    }
    shown
}

/// The words of HTTP for a status, as RFC 9110 has them; empty for one that it does not have.
pub(super) fn reason_phrase(status: u16) -> &'static str {
    match status {
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
