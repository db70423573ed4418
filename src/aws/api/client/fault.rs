//! Why a call did not succeed.

use std::error::Error;

use crate::aws::api::endpoint::EndpointFault;
use crate::aws::api::pages::PagesFault;
use crate::aws::api::protocol::InputFault;
use crate::aws::classify::unroll;
use crate::aws::{AwsError, AwsErrorKind};

/// Why nothing was sent.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotSent {
    /// The model of the service cannot be read, or speaks of what this version does not know.
    #[error("the model of the service cannot be used: {0}")]
    Model(String),
    /// The input does not fit the operation.
    #[error("{0}")]
    Input(InputFault),
    /// AWS's own rules know no endpoint for this call.
    #[error("no endpoint: {0}")]
    Endpoint(EndpointFault),
    /// The call would go past the emulator.
    #[error("the rules of the service lead to {url}, past the emulator")]
    PastEmulator {
        /// Where the rules lead.
        url: String,
    },
    /// This version cannot make such a call.
    #[error("{0}")]
    Unsupported(String),
}

impl NotSent {
    pub(super) fn model(error: &(dyn Error + 'static)) -> Self {
        Self::Model(unroll(error).join(": "))
    }
}

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ApiFailure {
    /// Nothing was sent.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// The call was sent, or would have been: what came of it.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The pages of an answer do not end as they should. What was read is not the whole.
    #[error("the answer is not whole: {0}")]
    Pages(PagesFault),
}

impl ApiFailure {
    /// Whether the service asked to slow down.
    pub(in crate::aws) fn is_throttled(&self) -> bool {
        matches!(self, Self::Aws(error) if matches!(error.kind, AwsErrorKind::Throttled { .. }))
    }
}
