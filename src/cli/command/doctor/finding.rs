//! What one look found.

use crate::report::Tone;

/// How it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// A run can begin, and may not end well.
    Warn,
    /// A run would fail.
    Failed,
    /// It could not be found out.
    Unknown,
}

impl State {
    /// The word for a person: only a failure is loud.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok | Self::Warn | Self::Unknown => self.name(),
            Self::Failed => "FAILED",
        }
    }

    /// The word for a program.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn tone(self) -> Tone {
        match self {
            Self::Ok => Tone::Good,
            Self::Warn | Self::Unknown => Tone::Warn,
            Self::Failed => Tone::Bad,
        }
    }

    /// The state of several.
    pub(super) fn of_all(states: impl IntoIterator<Item = Self>) -> Self {
        let rank = |state: &Self| match state {
            Self::Ok => 0,
            Self::Warn => 1,
            Self::Unknown => 2,
            Self::Failed => 3,
        };
        states.into_iter().max_by_key(rank).unwrap_or(Self::Ok)
    }
}

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// What was looked at: `credentials`.
    pub(super) look: &'static str,
    /// Which of several: `sam`.
    pub(super) about: Option<String>,
    pub(super) state: State,
    /// What was found.
    pub(super) found: String,
    /// More of it, item by item.
    pub(super) details: Vec<String>,
    /// What to do.
    pub(super) remedy: Option<String>,
}

impl Finding {
    fn new(look: &'static str, state: State, found: impl Into<String>) -> Self {
        Self { look, about: None, state, found: found.into(), details: Vec::new(), remedy: None }
    }

    pub(super) fn ok(look: &'static str, found: impl Into<String>) -> Self {
        Self::new(look, State::Ok, found)
    }

    pub(super) fn warn(look: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(look, State::Warn, found).remedy(remedy)
    }

    pub(super) fn failed(look: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(look, State::Failed, found).remedy(remedy)
    }

    pub(super) fn unknown(look: &'static str, found: impl Into<String>) -> Self {
        Self::new(look, State::Unknown, found)
    }

    pub(super) fn about(mut self, about: impl Into<String>) -> Self {
        self.about = Some(about.into());
        self
    }

    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(super) fn details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }
}
