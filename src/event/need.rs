//! What an undo will need: the words of a rollback rehearsal.

use serde::{Deserialize, Serialize};

/// Whether something that an undo will need is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NeedState {
    /// It is there.
    There,
    /// It is not: the undo would fail.
    Missing,
    /// It could not be told: throttled, no access, no answer.
    Unknown,
    /// It is known only when the step runs: it depends on what an earlier step gives. Nobody can rehearse it now.
    Later,
}

/// One thing that an undo will need.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Need {
    /// What, in a few words: "the previous template", "the code of Lambda function `Orders`".
    pub what: String,
    /// Whether it is there.
    pub state: NeedState,
    /// What was found, or why it cannot be told.
    pub detail: Option<String>,
    /// What a person does to get ready; always given when it is missing.
    pub remedy: Option<String>,
}

impl Need {
    /// Something that is there, with what was found.
    pub fn there(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { what: what.into(), state: NeedState::There, detail: Some(detail.into()), remedy: None }
    }

    /// Something that is not there: what was found instead, and what a person does about it.
    pub fn missing(what: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), state: NeedState::Missing, detail: Some(detail.into()), remedy: Some(remedy.into()) }
    }

    /// Something that could not be told, and why.
    pub fn unknown(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), state: NeedState::Unknown, detail: Some(why.into()), remedy: None }
    }

    /// Something that is known only when the step runs, and why.
    pub fn later(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), state: NeedState::Later, detail: Some(why.into()), remedy: None }
    }

    /// Whether a deploy may begin with it.
    pub fn is_ready(&self) -> bool {
        match self.state {
            NeedState::There | NeedState::Later => true,
            NeedState::Missing | NeedState::Unknown => false,
        }
    }
}
