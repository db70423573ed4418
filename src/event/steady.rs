//! The steady state: what a run's probes found before it changed anything, and what they find after it went back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::event::{Direction, EventKind, Failure, Outcome, RunState};
use crate::id::StepId;

/// When a probe of the steady state looked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SteadyWhen {
    /// Before the first change of the run.
    Before,
    /// After the way back came to its end.
    After,
}

impl SteadyWhen {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq)]
pub struct SteadyLook {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not pass.
    pub failure: Option<Failure>,
    /// Its outputs.
    pub outputs: Map<String, Value>,
}

/// What one probe found before and after.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steady {
    /// Before the first change; none when it was not looked at then.
    pub before: Option<SteadyLook>,
    /// After the last way back.
    pub after: Option<SteadyLook>,
}

/// How two looks of one probe compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SteadyChange {
    /// As it was: both passed, both failed, or the same definite answer that decides neither.
    Same,
    /// It passes now, and did not.
    Better,
    /// It passed, and fails now.
    Worse,
    /// One of the two could not be told.
    Undecided,
    /// One of the two was not looked at: its `when` was false.
    NotCompared,
}

impl SteadyChange {
    /// The word for it, as in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Undecided => "undecided",
            Self::NotCompared => "not compared",
        }
    }

    /// Compares. Unknown never counts as passed: where one of the two decides nothing, nothing is decided; but what passes
    /// now is no worse than it was, and an answer that decides neither (there is no such stack) is the same when it is the
    /// same.
    pub fn of(before: &SteadyLook, after: &SteadyLook) -> Self {
        let answer = |look: &SteadyLook| look.failure.as_ref().map(|failure| failure.kind.clone());
        match (Stands::of(before.outcome), Stands::of(after.outcome)) {
            (Stands::NotLooked, _) | (_, Stands::NotLooked) => Self::NotCompared,
            (Stands::Well, Stands::Well) | (Stands::Ill, Stands::Ill) => Self::Same,
            (Stands::Ill | Stands::Untold, Stands::Well) => Self::Better,
            (Stands::Well, Stands::Ill) => Self::Worse,
            (Stands::Untold, Stands::Untold) => {
                let same = answer(before).is_some_and(|kind| kind.is_answer() && Some(kind) == answer(after));
                if same { Self::Same } else { Self::Undecided }
            }
            (Stands::Untold, Stands::Ill) | (Stands::Well | Stands::Ill, Stands::Untold) => Self::Undecided,
        }
    }
}

/// What an outcome says of the state.
#[derive(Clone, Copy)]
enum Stands {
    Well,
    Ill,
    Untold,
    NotLooked,
}

impl Stands {
    fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed | Outcome::Warned => Self::Well,
            Outcome::Failed => Self::Ill,
            Outcome::Unknown | Outcome::Declined => Self::Untold,
            Outcome::Skipped => Self::NotLooked,
        }
    }
}

impl Steady {
    /// How the two compare, once there are both.
    pub fn change(&self) -> Option<SteadyChange> {
        Some(SteadyChange::of(self.before.as_ref()?, self.after.as_ref()?))
    }
}

impl RunState {
    /// Whether a probe may have looked now.
    pub(super) fn may_look_steady(&self, when: SteadyWhen, step: &StepId) -> Result<(), String> {
        let steady = self.steady.get(step);
        let before = steady.is_some_and(|steady| steady.before.is_some());
        let after = steady.is_some_and(|steady| steady.after.is_some());
        match when {
            SteadyWhen::Before if self.direction != Direction::Forward || before => {
                Err(format!("the steady state of `{step}` before the run is looked at too late, or twice"))
            }
            SteadyWhen::After if self.direction != Direction::Unwinding || !before || after => {
                Err(format!("the steady state of `{step}` after the run is looked at without one before, or twice"))
            }
            SteadyWhen::Before | SteadyWhen::After => Ok(()),
        }
    }

    /// Takes the look of a probe in.
    pub(super) fn look_steady(&mut self, kind: &EventKind) {
        let EventKind::SteadyState { when, step, outcome, failure, outputs, .. } = kind else { return };
        let steady = self.steady.entry(step.clone()).or_default();
        let look = SteadyLook { outcome: *outcome, failure: failure.clone(), outputs: outputs.clone() };
        match when {
            SteadyWhen::Before => steady.before = Some(look),
            SteadyWhen::After => steady.after = Some(look),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::{SteadyChange, SteadyLook};
    use crate::event::{Failure, FailureKind, Outcome};

    fn look(outcome: Outcome, kind: Option<FailureKind>) -> SteadyLook {
        let failure = kind.map(|kind| Failure::new(kind, "because"));
        SteadyLook { outcome, failure, outputs: Map::new() }
    }

    #[test]
    fn unknown_never_counts_as_passed() {
        let compare = |before, after| SteadyChange::of(&look(before, None), &look(after, None)).as_str();
        let all = [Outcome::Passed, Outcome::Failed, Outcome::Unknown, Outcome::Skipped];
        let table = all.map(|before| all.map(|after| compare(before, after)));
        assert_eq!(
            table,
            [
                ["same", "worse", "undecided", "not compared"],
                ["better", "same", "undecided", "not compared"],
                ["better", "undecided", "undecided", "not compared"],
                ["not compared", "not compared", "not compared", "not compared"],
            ]
        );
        assert_eq!(compare(Outcome::Warned, Outcome::Failed), "worse");
    }

    #[test]
    fn the_same_answer_that_decides_nothing_is_the_same() {
        let no_stack = |code: &str| FailureKind::Aws {
            service: "cloudformation".to_owned(),
            operation: "DescribeStacks".to_owned(),
            code: code.to_owned(),
            status: 400,
        };
        let compare = |before, after| {
            SteadyChange::of(&look(Outcome::Unknown, Some(before)), &look(Outcome::Unknown, Some(after)))
        };
        assert_eq!(compare(no_stack("NotFound"), no_stack("NotFound")), SteadyChange::Same);
        assert_eq!(compare(no_stack("NotFound"), no_stack("Other")), SteadyChange::Undecided);
        assert_eq!(compare(FailureKind::Throttled, FailureKind::Throttled), SteadyChange::Undecided);
    }
}
