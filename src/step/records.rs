//! What earlier runs have on record of a stack.

use std::fmt;

use crate::aws::stacks::StackCapture;

/// A stack that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct StackWanted<'a> {
    /// Its name.
    pub stack: &'a str,
    /// Its account.
    pub account: &'a str,
    /// Its region.
    pub region: &'a str,
    /// The run that has it on record; none: the last that has.
    pub run: Option<&'a str>,
}

/// A stack as a run has it on record.
#[derive(Clone, Debug, PartialEq)]
pub struct StackOnRecord {
    /// The run.
    pub run: String,
    /// The step of that run.
    pub step: String,
    /// Whether the step deployed it so; else it found it so.
    pub deployed: bool,
    /// When that was put on record, RFC 3339 in UTC.
    pub at: String,
    /// The file of that run that holds the template, by its digest.
    pub artifact: String,
    /// The stack: template, parameters, tags, capabilities. Its ARN is that of then.
    pub stack: StackCapture,
}

/// Why there is no record to go by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NoRecord {
    /// Why.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

/// Where earlier runs are looked up. Whoever starts the run gives one over the project's runs; a step reads no journal.
pub trait StackRecords: Send + Sync + fmt::Debug {
    /// The newest state of a stack that is on record, of a run whose evidence is whole.
    ///
    /// # Errors
    /// There is none, or its evidence is not whole.
    fn find(&self, wanted: StackWanted<'_>) -> Result<StackOnRecord, NoRecord>;
}

/// No earlier runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRecords;

impl StackRecords for NoRecords {
    fn find(&self, wanted: StackWanted<'_>) -> Result<StackOnRecord, NoRecord> {
        Err(NoRecord {
            why: format!("no run has stack {} on record", wanted.stack),
            remedy: "deploy it by a run first, or redeploy it as it stands: `from = \"live\"`".to_owned(),
        })
    }
}
