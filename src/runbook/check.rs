//! Holding a runbook against its rules.

use std::path::PathBuf;

use chrono::NaiveDate;

use super::Runbook;
use super::context::Context;
use super::rules::RULES;
use crate::profile::Profile;
use crate::source::{Diagnostics, Sources};

/// What rules know beside the files.
#[derive(Clone, Debug)]
pub struct CheckContext {
    /// The project's folder: paths in the runbook start there.
    pub root: PathBuf,
    /// The date in UTC: a review can be stale.
    pub today: NaiveDate,
}

/// Checks a runbook, with a profile if there is one. Both must come from `sources`. The result is in the order of the text.
pub fn check(runbook: &Runbook, profile: Option<&Profile>, sources: &Sources, context: &CheckContext) -> Diagnostics {
    let context = Context::new(runbook, profile, sources, context);
    let mut diagnostics = Diagnostics::new();
    for rule in RULES {
        (rule.check)(&context, &mut diagnostics);
    }
    diagnostics.sort(sources);
    diagnostics
}
