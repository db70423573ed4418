//! What an undo will need: the words of a rollback rehearsal.

use serde::{Deserialize, Serialize};

use crate::event::{Direction, RunState};
use crate::id::StepId;

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

impl NeedState {
    /// The word for it, as in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::Later => "later",
        }
    }

    /// Its place when the worst comes first.
    pub fn rank(self) -> u8 {
        match self {
            Self::Missing => 0,
            Self::Unknown => 1,
            Self::Later => 2,
            Self::There => 3,
        }
    }
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

/// What one undo will need, as this session found it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rehearsal {
    /// The undo step.
    pub undo: StepId,
    /// The step that it undoes.
    pub change: StepId,
    /// What it will need, worst first.
    pub needs: Vec<Need>,
}

impl Rehearsal {
    /// What stands in the way of a deploy.
    pub fn not_ready(&self) -> impl Iterator<Item = &Need> {
        self.needs.iter().filter(|need| !need.is_ready())
    }
}

impl RunState {
    /// Whether it was looked for what an undo will need, in this session.
    pub fn rehearsed(&self, undo: &StepId, change: &StepId) -> bool {
        self.rehearsals.iter().any(|one| one.undo == *undo && one.change == *change)
    }

    /// Refuses a rehearsal that comes too late to be one.
    pub(super) fn may_rehearse(&self, undo: &StepId, change: &StepId) -> Result<(), String> {
        let state = self.step(change);
        if self.direction != Direction::Forward {
            return Err(format!("`{undo}` is rehearsed on the way back"));
        }
        if self.rehearsed(undo, change) {
            return Err(format!("`{undo}` is rehearsed twice for `{change}`"));
        }
        if state.may_have_run() || state.outcome().is_some() {
            return Err(format!("`{undo}` is rehearsed after `{change}` ran"));
        }
        Ok(())
    }

    pub(super) fn keep_rehearsal(&mut self, undo: &StepId, change: &StepId, needs: &[Need]) {
        let rehearsal = Rehearsal { undo: undo.clone(), change: change.clone(), needs: needs.to_vec() };
        self.rehearsals.push(rehearsal);
    }
}
