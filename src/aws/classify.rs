//! From the SDK's errors to [`AwsErrorKind`]. The one place that looks inside an `SdkError`.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::error::AwsErrorKind;
use super::fence::OutOfBounds;

/// Codes by which services say "too fast" (AWS's own list, as in the SDK's retry classifier).
const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

const EXPIRED: &[&str] = &["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "NotAuthorized",
    "UnauthorizedOperation",
    "OptInRequired",
];

const UNKNOWN_CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Codes by which an endpoint says that it has no such operation: nothing is said about what was asked.
const UNKNOWN_OPERATION: &[&str] =
    &["InvalidAction", "NotImplemented", "UnknownOperation", "UnknownOperationException"];

/// What happened, and whether the effect may have happened.
pub(in crate::aws) fn classify<E>(error: &SdkError<E, HttpResponse>) -> (AwsErrorKind, bool)
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => (AwsErrorKind::Request, false),
        SdkError::TimeoutError(_) => {
            if never_connected(error) {
                (AwsErrorKind::Connect, false)
            } else {
                (AwsErrorKind::Timeout, true)
            }
        }
        SdkError::DispatchFailure(failure) => {
            if let Some(out) = chain(error).find_map(|cause| cause.downcast_ref::<OutOfBounds>()) {
                (AwsErrorKind::Fenced { why: out.to_string() }, false)
            } else if let Some(kind) = credentials_fault(error) {
                (kind, false)
            } else if never_connected(error) {
                (AwsErrorKind::Connect, false)
            } else if failure.is_user() {
                (AwsErrorKind::Request, false)
            } else if failure.is_timeout() {
                (AwsErrorKind::Timeout, true)
            } else {
                (AwsErrorKind::LostReply, true)
            }
        }
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            if status >= 500 { (AwsErrorKind::Unsupported { status }, true) } else { (AwsErrorKind::LostReply, true) }
        }
        SdkError::ServiceError(answer) => {
            let meta = answer.err().meta();
            answered(
                meta.code().unwrap_or_default(),
                meta.message().unwrap_or_default(),
                answer.raw().status().as_u16(),
            )
        }
        // `SdkError` is non-exhaustive: what a later SDK adds cannot be called definite.
        _ => (AwsErrorKind::LostReply, true),
    }
}

/// The service answered: its code decides.
fn answered(code: &str, message: &str, status: u16) -> (AwsErrorKind, bool) {
    let (owned_code, owned_message) = (code.to_owned(), message.to_owned());
    // `LimitExceededException` is a throttle in the SDK's list, and a quota in CloudFormation ("too many stacks").
    let rate = message.is_empty() || message.to_ascii_lowercase().contains("rate");
    if THROTTLING.contains(&code) && (code != "LimitExceededException" || rate) {
        return (AwsErrorKind::Throttled { code: owned_code, message: owned_message }, false);
    }
    if status == 429 {
        return (AwsErrorKind::Throttled { code: owned_code, message: owned_message }, false);
    }
    if EXPIRED.contains(&code) {
        return (AwsErrorKind::Expired { message: owned_message }, false);
    }
    if DENIED.contains(&code) {
        return (AwsErrorKind::AccessDenied { code: owned_code, message: owned_message }, false);
    }
    if UNKNOWN_CREDENTIALS.contains(&code) {
        return (AwsErrorKind::Credentials { message: format!("{code}: {message}") }, false);
    }
    if UNKNOWN_OPERATION.contains(&code) {
        return (AwsErrorKind::Unsupported { status }, false);
    }
    if status >= 500 && code.is_empty() {
        return (AwsErrorKind::Unsupported { status }, true);
    }
    // An inner error of the service may come after it has begun to act.
    let ambiguous = status >= 500;
    // A success status with an error in it is an answer that could not be read.
    if status < 300 {
        return (AwsErrorKind::LostReply, true);
    }
    (AwsErrorKind::Service { code: owned_code, message: owned_message, status }, ambiguous)
}

/// The messages of an error and all its sources, outermost first, without repetitions.
pub(in crate::aws) fn unroll(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    for cause in chain(error) {
        let text = cause.to_string();
        if !text.is_empty() && causes.last() != Some(&text) {
            causes.push(text);
        }
    }
    causes
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn Error + 'static)| (*cause).source())
}

/// Credentials are looked up while a call is sent: a failure there means that nothing left this machine.
pub(in crate::aws) fn credentials_fault(error: &(dyn Error + 'static)) -> Option<AwsErrorKind> {
    let found = chain(error).find(|cause| cause.downcast_ref::<CredentialsError>().is_some())?;
    let texts = unroll(found);
    // The default chain lists what it tried, one a line; a message is one line.
    let message = texts.join(": ").lines().map(str::trim).collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    // SSO says "the session … has expired or is otherwise invalid"; providers have no kind of their own for it.
    if message.to_ascii_lowercase().contains("expired") {
        return Some(AwsErrorKind::Expired { message });
    }
    Some(AwsErrorKind::Credentials { message })
}

/// Whether the connection was never made. hyper's own error types are not public: it is told by the kind of the I/O
/// error, or by the words of the layers that connect (held by a test against a closed port and an unknown name).
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|cause| {
        if let Some(io) = cause.downcast_ref::<io::Error>()
            && matches!(
                io.kind(),
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::AddrNotAvailable
            )
        {
            return true;
        }
        let text = cause.to_string();
        text.contains("(Connect)")
            || text.contains("dns error")
            || text.contains("failed to lookup address")
            || text.contains("HTTP connect timeout")
    })
}
