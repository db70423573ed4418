//! Why the way of the step ends early.

use crate::aws::AwsError;
use crate::event::{Failure, FailureKind};
use crate::step::StepStop;
use crate::step::end::End;
use crate::step::stack::aws_failure;

/// Why the way of the step ends early.
#[derive(Debug)]
pub(super) enum Halt {
    /// With no result to judge.
    Stop(StepStop),
    /// With a failure.
    Failed(Box<Failure>),
}

impl From<StepStop> for Halt {
    fn from(stop: StepStop) -> Self {
        Self::Stop(stop)
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<AwsError> for Halt {
    fn from(error: AwsError) -> Self {
        let mut failure = aws_failure(&error);
        if matches!(error.code(), "PermanentRedirect" | "AuthorizationHeaderMalformed") {
            failure.remedy = Some("the bucket lies in another region: give the step its `region`".to_owned());
        }
        failure.into()
    }
}

impl From<std::io::Error> for Halt {
    fn from(error: std::io::Error) -> Self {
        Failure::new(FailureKind::Io, format!("a list of objects cannot be put on record: {error}")).into()
    }
}

impl From<End> for Halt {
    fn from(end: End) -> Self {
        let over = "the step's time was over before all objects were back";
        end.failure("stopped by the operator before all objects were back", over).into()
    }
}
