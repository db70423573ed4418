//! How many steps of a run ended how.

use crate::event::Outcome;

/// How many steps ended how.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OutcomeCounts {
    /// Passed.
    pub passed: usize,
    /// Warned.
    pub warned: usize,
    /// Failed.
    pub failed: usize,
    /// Skipped.
    pub skipped: usize,
    /// Declined.
    pub declined: usize,
    /// Unknown.
    pub unknown: usize,
    /// No outcome: not begun, or cut off.
    pub open: usize,
}

impl OutcomeCounts {
    /// Counts one more step.
    pub fn add(&mut self, outcome: Option<Outcome>) {
        match outcome {
            Some(Outcome::Passed) => self.passed += 1,
            Some(Outcome::Warned) => self.warned += 1,
            Some(Outcome::Failed) => self.failed += 1,
            Some(Outcome::Skipped) => self.skipped += 1,
            Some(Outcome::Declined) => self.declined += 1,
            Some(Outcome::Unknown) => self.unknown += 1,
            None => self.open += 1,
        }
    }
}
