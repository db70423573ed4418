//! A drill that is talked through at a table: what people say of each step. Nothing is called in such a run.

use serde::{Deserialize, Serialize};

use crate::event::{Answer, Choice, RunState, StepStatus};
use crate::id::StepId;
use crate::source::reader::duration_of;

/// Whether a step would work as it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Works {
    /// It would.
    Yes,
    /// It would, and something is missing.
    Gap,
    /// It would not.
    No,
}

impl Works {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Yes, Self::Gap, Self::No];

    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "would work",
            Self::Gap => "gap",
            Self::No => "would not work",
        }
    }
}

/// What people say of a step.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Walked {
    /// Whether it would work.
    pub works: Works,
    /// What is missing, or why it would not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// How long it would take, in milliseconds: an estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_ms: Option<u64>,
    /// Who would do it: a role or a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
}

impl Walked {
    /// What an answer says of a step; none when it says nothing of it (a note, an abort).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(answer: &Answer) -> Result<Option<Self>, String> {
        let works = match answer.choice {
            Choice::Yes => Works::Yes,
            Choice::Gap => Works::Gap,
            Choice::No => Works::No,
            Choice::Done
            | Choice::NotApplicable
            | Choice::Value
            | Choice::Run
            | Choice::Execute
            | Choice::Decline
            | Choice::Skip
            | Choice::Show
            | Choice::Note
            | Choice::Retry
            | Choice::RollBack
            | Choice::Happened
            | Choice::DidNotHappen
            | Choice::Observe
            | Choice::Recommend
            | Choice::Enough
            | Choice::Abort => return Ok(None),
        };
        let says = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let missing = if works == Works::Yes { None } else { says(&answer.reason) };
        if works != Works::Yes && missing.is_none() {
            return Err("say what is missing, or why it would not work".to_owned());
        }
        let said = |key: &str| Some(answer.value.as_ref()?.get(key)?.as_str()?.to_owned());
        let takes_ms = said("takes").map(|text| Self::span(&text)).transpose()?;
        Ok(Some(Self { works, missing, takes_ms, who: says(&said("who")) }))
    }

    /// A length of time as it is typed, in milliseconds.
    ///
    /// # Errors
    /// It is none.
    pub fn span(text: &str) -> Result<u64, String> {
        let span =
            duration_of(text).ok_or_else(|| format!("`{text}` is no length of time: write 90s, 10m or 1h 30m"))?;
        u64::try_from(span.as_millis()).map_err(|_| format!("`{text}` is too long"))
    }
}

impl RunState {
    /// A step is talked through once, and only in a run in which none is done.
    pub(super) fn may_walk(&self, step: &StepId) -> Result<(), String> {
        if self.drill.walked.contains_key(step) {
            return Err(format!("step `{step}` is talked through twice"));
        }
        if self.steps.values().any(|state| state.attempt > 0) {
            return Err(format!("step `{step}` is talked through in a run whose steps run"));
        }
        match self.status(step) {
            StepStatus::Pending => Ok(()),
            StepStatus::Running
            | StepStatus::Behind
            | StepStatus::AttemptFailed
            | StepStatus::Interrupted
            | StepStatus::Finished(_) => Err(format!("step `{step}` is talked through, and has ended")),
        }
    }
}
