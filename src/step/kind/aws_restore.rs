//! `aws-restore`: what an `aws` step has changed is put back as it was before.

use std::sync::Arc;

use crate::id::StepId;
use crate::source::reader::KeySpec;
use crate::step::inverse::Way;
use crate::step::kind::AwsCall;

/// The keys of `aws-restore`: what it puts back, `undoes` says.
pub(super) static KEYS: &[KeySpec] = &[];

/// What an `aws` step has changed, put back as it was before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AwsRestore {
    /// The step that it undoes; none until it was found in the runbook.
    pub of: Option<Undone>,
}

/// A step that can be undone so.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// Its id.
    pub step: StepId,
    /// What it does.
    pub call: Arc<AwsCall>,
    /// How that is put back.
    pub way: &'static Way,
}
