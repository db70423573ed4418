//! The small words of a step: what it may change, and what follows when it does not go well.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a step may change.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing is run: a question to a person.
    None,
    /// It only looks.
    Read,
    /// It changes the working folder only. Never confirmed.
    Local,
    /// It changes the target.
    Write,
    /// It changes the target, and there is no way back.
    Irreversible,
}

impl Effect {
    /// The word in a runbook.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Local => "local",
            Self::Write => "write",
            Self::Irreversible => "irreversible",
        }
    }

    /// Whether it changes the target.
    pub fn changes_target(self) -> bool {
        match self {
            Self::Write | Self::Irreversible => true,
            Self::None | Self::Read | Self::Local => false,
        }
    }
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// No further step starts.
    Stop,
    /// The operator decides.
    Ask,
    /// The run goes on; the failure stays on record.
    Continue,
    /// The rollback begins.
    Rollback,
}

/// How a write is confirmed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// Not at all.
    Never,
    /// With a yes.
    Ask,
    /// With the profile's name, typed.
    Type,
}

/// What resume does with an effect that may have happened.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnUnknown {
    /// A person decides.
    Ask,
    /// The step's probe decides.
    Probe,
    /// It is declared idempotent: run it again with the same token.
    RunAgain,
}

/// How an attempt is repeated by itself.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Retry {
    /// How many attempts in all, at least 1.
    pub attempts: u32,
    /// Before the second attempt.
    pub delay: Duration,
    /// What the delay is multiplied with each time, at least 1.
    pub backoff: f64,
    /// The longest delay.
    pub max: Duration,
}

impl Default for Retry {
    /// One attempt.
    fn default() -> Self {
        Self { attempts: 1, delay: Duration::from_secs(2), backoff: 2.0, max: Duration::from_mins(1) }
    }
}

impl Retry {
    /// How long to wait after attempt `attempt` failed; none when it was the last.
    pub fn delay_after(&self, attempt: u32) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.delay.as_secs_f64() * self.backoff.max(1.0).powi(exponent);
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(self.max).min(self.max))
    }
}
