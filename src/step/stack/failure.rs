//! What went wrong on AWS, as a failure of the step.

use crate::aws::stacks::StackRefusal;
use crate::aws::{AwsError, AwsErrorKind};
use crate::event::{Failure, FailureKind};

/// The failure that an error of a call is.
pub fn aws_failure(error: &AwsError) -> Failure {
    let kind = match &error.kind {
        AwsErrorKind::Service { code, status, .. } => FailureKind::Aws {
            service: error.service.to_owned(),
            operation: error.operation.to_owned(),
            code: code.clone(),
            status: *status,
        },
        AwsErrorKind::Throttled { .. } => FailureKind::Throttled,
        AwsErrorKind::Expired { .. } => FailureKind::Expired,
        AwsErrorKind::AccessDenied { .. } | AwsErrorKind::Credentials { .. } => FailureKind::Access,
        AwsErrorKind::Connect | AwsErrorKind::Timeout | AwsErrorKind::LostReply => FailureKind::Transport,
        AwsErrorKind::Unsupported { .. } => FailureKind::Unsupported,
        AwsErrorKind::Request => FailureKind::Format,
        AwsErrorKind::EndpointNotLoopback { .. }
        | AwsErrorKind::EndpointOverridden { .. }
        | AwsErrorKind::RegionInvalid { .. }
        | AwsErrorKind::Fenced { .. }
        | AwsErrorKind::Settings { .. } => FailureKind::Guard,
    };
    let mut failure = Failure::new(kind, error.to_string()).caused_by(error.causes.clone());
    failure.remedy = error.remedy().map(str::to_owned);
    failure.request_id.clone_from(&error.request_id);
    failure
}

/// The failure that a refusal before the call is.
pub fn refusal_failure(refusal: &StackRefusal) -> Failure {
    stack_failure(refusal_code(refusal), refusal.to_string()).with_remedy(refusal.remedy())
}

/// A failure of a stack that is not that of one call.
pub(super) fn stack_failure(code: &str, message: String) -> Failure {
    let kind = FailureKind::Aws {
        service: "cloudformation".to_owned(),
        operation: String::new(),
        code: code.to_owned(),
        status: 0,
    };
    Failure::new(kind, message)
}

fn refusal_code(refusal: &StackRefusal) -> &str {
    match refusal {
        StackRefusal::InProgress { status, .. }
        | StackRefusal::MustBeDeleted { status, .. }
        | StackRefusal::LeftFailed { status, .. }
        | StackRefusal::UnknownStatus { status, .. } => status,
        StackRefusal::UpdateRollbackFailed { .. } => "UPDATE_ROLLBACK_FAILED",
        StackRefusal::DeleteFailed { .. } => "DELETE_FAILED",
        StackRefusal::MissingCapabilities { .. } => "MissingCapabilities",
        StackRefusal::NeedsBucket { .. } => "TemplateNeedsBucket",
        StackRefusal::TooLarge { .. } => "TemplateTooLarge",
        StackRefusal::ParametersMissing { .. } => "ParametersMissing",
        StackRefusal::ParametersUnknown { .. } => "ParametersUnknown",
    }
}
