//! What one look gives.

use chrono::{DateTime, Utc};

use crate::event::{Failure, Outcome};
use crate::step::Ran;
use crate::step::bake::{Alarm, Transition};

/// What a check says at a look.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckSays {
    /// It passes, with what there is to say.
    Passes(String),
    /// It passes with something to look at.
    Warns(String),
    /// It fails.
    Fails(Box<Failure>),
    /// It could not be decided.
    Unknown(Box<Failure>),
}

/// A check at a look.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What it is called: its id; of several with the same id, with a number.
    pub name: String,
    /// What it says.
    pub says: CheckSays,
}

/// All that one look gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The alarms, or why they could not be looked at.
    pub alarms: Result<Vec<Alarm>, Box<Failure>>,
    /// The checks.
    pub checks: Vec<Checked>,
}

/// An alarm whose history must be looked into: its state has changed while nobody looked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Debt {
    /// The alarm.
    pub alarm: String,
    /// Since when, by the service's clock.
    pub since: DateTime<Utc>,
}

/// The history of an alarm, or why it could not be had.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The alarm.
    pub alarm: String,
    /// Its changes.
    pub told: Result<Vec<Transition>, Box<Failure>>,
}

impl Checked {
    /// What a check gave.
    pub(super) fn of(name: &str, ran: &Ran) -> Self {
        let says = match (&ran.failure, &ran.warning) {
            (Some(failure), _) if failure.kind.decides_a_read() => CheckSays::Fails(Box::new(failure.clone())),
            (Some(failure), _) => CheckSays::Unknown(Box::new(failure.clone())),
            (None, Some(warning)) => CheckSays::Warns(warning.clone()),
            (None, None) => CheckSays::Passes(ran.note.clone().unwrap_or_default()),
        };
        Self { name: name.to_owned(), says }
    }

    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        match &self.says {
            CheckSays::Passes(_) => Outcome::Passed,
            CheckSays::Warns(_) => Outcome::Warned,
            CheckSays::Fails(_) => Outcome::Failed,
            CheckSays::Unknown(_) => Outcome::Unknown,
        }
    }

    /// Why, in words.
    pub(super) fn reason(&self) -> &str {
        match &self.says {
            CheckSays::Passes(note) | CheckSays::Warns(note) => note,
            CheckSays::Fails(failure) | CheckSays::Unknown(failure) => &failure.message,
        }
    }
}
