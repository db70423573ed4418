//! A call that did not succeed: its exit code, its words, its JSON.

use serde_json::Value;

use crate::aws::api::client::{ApiFailure, NotSent};
use crate::aws::{AwsError, AwsErrorKind};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::value::error_value;

/// What a failure says about what was asked. Of a service that answered, it is an answer (4). No answer, or one that says
/// nothing about what was asked (access denied, throttled, a 5xx), leaves it unknown (13).
pub(super) fn exit_code(failure: &ApiFailure) -> ExitCode {
    match failure {
        ApiFailure::NotSent(NotSent::Input(_)) => ExitCode::Usage,
        ApiFailure::NotSent(
            NotSent::Model(_) | NotSent::Endpoint(_) | NotSent::PastEmulator { .. } | NotSent::Unsupported(_),
        )
        | ApiFailure::Pages(_) => ExitCode::VerificationUnknown,
        ApiFailure::Aws(error) => match &error.kind {
            AwsErrorKind::Service { status, .. } if *status < 500 => ExitCode::VerificationFailed,
            AwsErrorKind::Service { .. }
            | AwsErrorKind::Throttled { .. }
            | AwsErrorKind::AccessDenied { .. }
            | AwsErrorKind::Connect
            | AwsErrorKind::Timeout
            | AwsErrorKind::LostReply
            | AwsErrorKind::Unsupported { .. }
            | AwsErrorKind::Request => ExitCode::VerificationUnknown,
            AwsErrorKind::Expired { .. }
            | AwsErrorKind::Credentials { .. }
            | AwsErrorKind::EndpointNotLoopback { .. }
            | AwsErrorKind::EndpointOverridden { .. }
            | AwsErrorKind::RegionInvalid { .. }
            | AwsErrorKind::Fenced { .. }
            | AwsErrorKind::Settings { .. } => ExitCode::Guarded,
        },
    }
}

/// `error` as expressions see it.
pub(super) fn error_map(failure: &ApiFailure) -> Value {
    let ApiFailure::Aws(error) = failure else {
        return error_value("", 0, &failure.to_string());
    };
    let message = if error.message().is_empty() { error.kind.to_string() } else { error.message().to_owned() };
    error_value(error.code(), i64::from(status(error)), &message)
}

fn status(error: &AwsError) -> u16 {
    match &error.kind {
        AwsErrorKind::Service { status, .. } | AwsErrorKind::Unsupported { status } => *status,
        AwsErrorKind::Throttled { .. }
        | AwsErrorKind::Expired { .. }
        | AwsErrorKind::AccessDenied { .. }
        | AwsErrorKind::Credentials { .. }
        | AwsErrorKind::Connect
        | AwsErrorKind::Timeout
        | AwsErrorKind::LostReply
        | AwsErrorKind::Request
        | AwsErrorKind::EndpointNotLoopback { .. }
        | AwsErrorKind::EndpointOverridden { .. }
        | AwsErrorKind::RegionInvalid { .. }
        | AwsErrorKind::Fenced { .. }
        | AwsErrorKind::Settings { .. } => 0,
    }
}

/// The failure for a person.
pub(super) fn words(failure: &ApiFailure) -> CommandError {
    let code = exit_code(failure);
    let (message, remedy) = match failure {
        ApiFailure::Aws(error) => {
            let status = match status(error) {
                0 => String::new(),
                status => format!(" (HTTP {status})"),
            };
            (format!("{error}{status}"), error.remedy())
        }
        ApiFailure::NotSent(_) => (failure.to_string(), None),
        ApiFailure::Pages(_) => (failure.to_string(), Some("raise --max-pages, or ask for less")),
    };
    let error = CommandError::new(code, message);
    remedy.into_iter().fold(error, CommandError::hint)
}
