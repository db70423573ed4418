//! What an expectation is held against: the check as a whole, or one item of a list.

use serde_json::Value;

use crate::event::{Failure, Outcome};

/// How one expectation ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Finding {
    /// It holds.
    Holds,
    /// It need not hold: the list is empty, and may be.
    Empty(String),
    /// It does not hold.
    Fails {
        /// What was expected, in words.
        expected: String,
        /// Whether it only warns.
        warns: bool,
        /// The paths in it, with their values.
        values: Vec<(String, Value)>,
    },
    /// It could not be decided.
    Unknown(Box<Failure>),
}

impl Finding {
    /// The outcome that it leads to.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Holds | Self::Empty(_) => Outcome::Passed,
            Self::Fails { warns: true, .. } => Outcome::Warned,
            Self::Fails { warns: false, .. } => Outcome::Failed,
            Self::Unknown(_) => Outcome::Unknown,
        }
    }

    /// Why, in words.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Holds => String::new(),
            Self::Empty(why) => why.clone(),
            Self::Fails { expected, .. } => expected.clone(),
            Self::Unknown(failure) => failure.message.clone(),
        }
    }
}

/// The check as a whole, or an item, with what was found of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subject {
    /// What it is called; none: the check as a whole.
    pub(super) name: Option<String>,
    /// One for each expectation.
    pub(super) findings: Vec<Finding>,
}

/// How much an outcome weighs against others: one that failed for certain says more than one that could not be told.
fn weight(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Skipped => 0,
        Outcome::Passed => 1,
        Outcome::Warned => 2,
        Outcome::Unknown => 3,
        Outcome::Declined => 4,
        Outcome::Failed => 5,
    }
}

/// The heaviest of some outcomes.
pub(super) fn worst(outcomes: impl Iterator<Item = Outcome>) -> Option<Outcome> {
    outcomes.max_by_key(|outcome| weight(*outcome))
}

impl Subject {
    /// The worst of what was found.
    pub(super) fn outcome(&self) -> Outcome {
        worst(self.findings.iter().map(Finding::outcome)).unwrap_or(Outcome::Unknown)
    }

    /// What was found that leads to its outcome.
    pub(super) fn telling(&self) -> Vec<&Finding> {
        let outcome = self.outcome();
        self.findings.iter().filter(|finding| finding.outcome() == outcome).collect()
    }

    /// Why it ended so, in words.
    pub(super) fn reason(&self) -> String {
        let reasons: Vec<String> =
            self.telling().into_iter().map(Finding::reason).filter(|reason| !reason.is_empty()).collect();
        reasons.join("; ")
    }
}
