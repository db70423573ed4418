//! An outcome as the page shows it: by a word, a sign and a colour, so that no one of them has to be seen.

use crate::event::Outcome;
use crate::report::told::outcome_of;
use crate::report::view::StepView;

/// How something ended, for the templates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Status {
    /// The class of its colour.
    pub(super) class: &'static str,
    /// The id of its sign.
    pub(super) icon: &'static str,
    /// Its word.
    pub(super) word: &'static str,
}

impl Status {
    /// A step: how it ended, or what people say of it.
    pub(super) fn of_step(step: &StepView) -> Self {
        match (&step.walked, step.outcome) {
            (Some(walked), None) => Self { word: walked.works.as_str(), ..Self::of(Some(outcome_of(walked.works))) },
            (_, outcome) => Self::of(outcome),
        }
    }

    /// A step's outcome; none: it has none.
    pub(super) fn of(outcome: Option<Outcome>) -> Self {
        let (class, icon) = match outcome {
            Some(Outcome::Passed) => ("good", "i-passed"),
            Some(Outcome::Warned) => ("warn", "i-warned"),
            Some(Outcome::Failed) => ("bad", "i-failed"),
            Some(Outcome::Skipped) => ("warn", "i-skipped"),
            Some(Outcome::Declined) => ("bad", "i-declined"),
            Some(Outcome::Unknown) => ("unknown", "i-unknown"),
            None => ("open", "i-open"),
        };
        Self { class, icon, word: outcome.map_or("not run", Outcome::as_str) }
    }
}
