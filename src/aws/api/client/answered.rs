//! An answer that is no output, as the SDK's runtime wants to have it.

use std::fmt;

use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::api::protocol::{ApiError, ParseFault};

/// The service's error, or an answer that could not be read: then there is no code.
#[derive(Debug)]
pub(super) struct Answered {
    meta: ErrorMetadata,
    /// Why the answer could not be read.
    why: Option<ParseFault>,
}

impl Answered {
    pub(super) fn error(error: &ApiError) -> Self {
        let mut meta = ErrorMetadata::builder().code(&error.code).message(&error.message);
        if let Some(id) = &error.request_id {
            meta = meta.custom("aws_request_id", id);
        }
        Self { meta: meta.build(), why: None }
    }

    pub(super) fn unread(fault: ParseFault) -> Self {
        Self { meta: ErrorMetadata::builder().build(), why: Some(fault) }
    }
}

impl ProvideErrorMetadata for Answered {
    fn meta(&self) -> &ErrorMetadata {
        &self.meta
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Some(why) => why.fmt(f),
            None => self.meta.fmt(f),
        }
    }
}

impl std::error::Error for Answered {}
