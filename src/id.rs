//! Validated names: what a run, a step and a phase are called.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// Why a name was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdError {
    /// A step id that is not a CEL name.
    #[error("a step id is a lower-case letter, then lower-case letters, digits and `_`, 64 at most; got `{0}`")]
    Step(String),
    /// A run id that this tool did not make.
    #[error("a run id looks like `20261121T181500Z-deploy-prod-7f3a`; got `{0}`")]
    Run(String),
    /// A word that names no phase.
    #[error("a phase is one of checklist, deploy, verify, drill, rollback; got `{0}`")]
    Phase(String),
}

/// The longest step id, in bytes.
pub const STEP_ID_MAX: usize = 64;

/// A step's id: `[a-z][a-z0-9_]*`, because it is a name in expressions (`step.ID.NAME`).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct StepId(String);

impl StepId {
    /// Checks and makes a step id.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let mut chars = text.chars();
        let starts = chars.next().is_some_and(|c| c.is_ascii_lowercase());
        let rest = chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if starts && rest && text.len() <= STEP_ID_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::Step(text.to_owned()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for StepId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::new(&text)
    }
}

impl From<StepId> for String {
    fn from(id: StepId) -> Self {
        id.0
    }
}

/// A part of a runbook. They run in this order; `drill` and `rollback` only when asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// What must hold before anything is changed. Holds no write.
    Checklist,
    /// What changes the target.
    Deploy,
    /// What must hold afterwards. Holds no write.
    Verify,
    /// A rehearsal of a disaster.
    Drill,
    /// The way back.
    Rollback,
}

impl Phase {
    /// Every phase, in the order in which they run.
    pub const ALL: [Self; 5] = [Self::Checklist, Self::Deploy, Self::Verify, Self::Drill, Self::Rollback];

    /// The phase's key in a runbook.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checklist => "checklist",
            Self::Deploy => "deploy",
            Self::Verify => "verify",
            Self::Drill => "drill",
            Self::Rollback => "rollback",
        }
    }

    /// Whether every step of the phase must be a read (or a question).
    pub fn reads_only(self) -> bool {
        match self {
            Self::Checklist | Self::Verify => true,
            Self::Deploy | Self::Drill | Self::Rollback => false,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Phase {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text).ok_or_else(|| IdError::Phase(text.to_owned()))
    }
}

/// A run's id, and the name of its folder: `20261121T181500Z-deploy-prod-7f3a` (start in UTC, runbook, four random
/// hexadecimal digits).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// Makes the id of a new run from its start as `20261121T181500Z`, the runbook's name and two random bytes.
    pub fn make(start: &str, runbook: &str, random: [u8; 2]) -> Self {
        let mut name: String =
            runbook.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        name.truncate(40);
        let name = name.trim_matches('-');
        let name = if name.is_empty() { "run" } else { name };
        Self(format!("{start}-{name}-{}", hex::encode(random)))
    }

    /// Checks text that a person typed or a folder carries.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let start = text.as_bytes().get(..16).unwrap_or_default();
        let dated = start.len() == 16
            && start.iter().enumerate().all(|(at, byte)| match at {
                8 => *byte == b'T',
                15 => *byte == b'Z',
                _ => byte.is_ascii_digit(),
            });
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if dated && plain && text.len() > 18 && text.len() <= 80 {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::Run(text.to_owned()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A short form that identifies the run to AWS (`checkride-20261121T181500Z-7f3a`), at most 50 characters as the
    /// SDK's app name asks.
    pub fn short(&self) -> String {
        let start = &self.0[..16];
        let random = self.0.rsplit('-').next().unwrap_or_default();
        format!("checkride-{start}-{random}")
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RunId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::new(&text)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

/// Where in a list each step stands; made when it is first asked for. The list has all its steps by then, or none is found
/// faster than by looking.
#[derive(Debug, Default)]
pub struct Places(OnceLock<HashMap<String, usize>>);

impl Places {
    /// The first item of the list with this id.
    pub fn find<'a, T>(&self, list: &'a [T], id: &str, id_of: impl Fn(&T) -> &StepId) -> Option<&'a T> {
        self.position(list, id, id_of).map(|at| &list[at])
    }

    /// Where the first item of the list with this id stands.
    pub fn position<T>(&self, list: &[T], id: &str, id_of: impl Fn(&T) -> &StepId) -> Option<usize> {
        let is_it = |item: &T| id_of(item).as_str() == id;
        let places = self.0.get_or_init(|| {
            // The first of two that have the same id: it is put in last.
            list.iter().enumerate().rev().map(|(at, item)| (id_of(item).to_string(), at)).collect()
        });
        let known = places.get(id).copied().filter(|at| list.get(*at).is_some_and(is_it));
        known.or_else(|| list.iter().position(is_it))
    }
}

impl Clone for Places {
    /// The copy's list may change: it is looked at anew.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Places {
    /// What follows from a list is no part of what it says.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, RunId, StepId};

    #[test]
    fn step_ids_are_expression_names() {
        for good in ["a", "stack", "a1_b"] {
            assert_eq!(StepId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "A", "1a", "a-b", "é", "_a", &"a".repeat(65)] {
            assert!(StepId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn run_ids_survive_a_round_trip_and_refuse_paths() {
        let id = RunId::make("20261121T181500Z", "Deploy Prod", [0x7f, 0x3a]);
        assert_eq!(id.as_str(), "20261121T181500Z-deploy-prod-7f3a");
        assert_eq!(RunId::new(id.as_str()).unwrap(), id);
        assert_eq!(id.short(), "checkride-20261121T181500Z-7f3a");
        for bad in ["", "../x", "20261121T181500Z", "20261121T181500Z-../../etc", "2026"] {
            assert!(RunId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn phases_have_names() {
        for phase in Phase::ALL {
            assert_eq!(phase.as_str().parse::<Phase>().unwrap(), phase);
        }
    }
}
