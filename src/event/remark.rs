//! People in a drill: who takes part, and what they have to say of it at its end, or afterwards.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::event::{Answer, Choice, DrillState, EventKind};

/// Somebody who takes part in a drill.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Participant {
    /// The name.
    pub name: String,
    /// The role: one of those that the runbook names.
    pub role: String,
}

/// What a remark is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RemarkKind {
    /// Something that was seen.
    Observation,
    /// Something that is to be done, by somebody, by a day.
    Recommendation,
    /// A recommendation was followed: it is done.
    Done,
}

/// What somebody has to say of a drill.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Remark {
    /// What it is.
    pub remark: RemarkKind,
    /// The words.
    pub text: String,
    /// Who says it.
    pub by: String,
    /// Of a recommendation: who is to see to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Of a recommendation: by when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// Of what is done: which recommendation, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u32>,
}

impl Remark {
    /// What an answer says; none when it says that there is nothing more.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(answer: &Answer) -> Result<Option<Self>, String> {
        let remark = match answer.choice {
            Choice::Observe => RemarkKind::Observation,
            Choice::Recommend => RemarkKind::Recommendation,
            Choice::Yes
            | Choice::No
            | Choice::Done
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
            | Choice::Gap
            | Choice::Enough
            | Choice::Abort => return Ok(None),
        };
        let text = answer.reason.clone().unwrap_or_default();
        let said = |key: &str| Some(answer.value.as_ref()?.get(key)?.as_str()?.to_owned());
        let due = said("due").map(|text| Self::day(&text)).transpose()?;
        Ok(Some(Self { remark, text, by: answer.by.clone(), owner: said("owner"), due, of: None }))
    }

    /// A day as it is typed.
    ///
    /// # Errors
    /// It is none.
    pub fn day(text: &str) -> Result<NaiveDate, String> {
        text.parse().map_err(|_| format!("`{text}` is no day: write it like 2026-12-01"))
    }
}

/// What people have said of a drill.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Remarks {
    /// All of it, in order.
    pub all: Vec<Remark>,
}

impl Remarks {
    /// Those of one kind, in order.
    pub fn of(&self, kind: RemarkKind) -> impl Iterator<Item = &Remark> {
        self.all.iter().filter(move |remark| remark.remark == kind)
    }

    /// The number that the next one of a kind has.
    pub fn next(&self, kind: RemarkKind) -> u32 {
        u32::try_from(self.of(kind).count()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The recommendations, each with its number, and with what was said when it was done.
    pub fn recommendations(&self) -> impl Iterator<Item = (u32, &Remark, Option<&Remark>)> {
        (1..).zip(self.of(RemarkKind::Recommendation)).map(|(number, remark)| {
            let done = self.of(RemarkKind::Done).find(|done| done.of == Some(number));
            (number, remark, done)
        })
    }
}

impl DrillState {
    /// What is done must be a recommendation, and is done once.
    pub(super) fn may_remark(&self, remark: &Remark) -> Result<(), String> {
        match (remark.remark, remark.of) {
            (RemarkKind::Observation | RemarkKind::Recommendation, None) => Ok(()),
            (RemarkKind::Observation | RemarkKind::Recommendation, Some(of)) => {
                Err(format!("recommendation {of} is done by a remark that is none"))
            }
            (RemarkKind::Done, None) => Err("something is done, and nobody knows what".to_owned()),
            (RemarkKind::Done, Some(of)) => match self.remarks.recommendations().find(|(number, ..)| *number == of) {
                Some((_, _, None)) => Ok(()),
                Some((_, _, Some(_))) => Err(format!("recommendation {of} is done twice")),
                None => Err(format!("recommendation {of} is done, and there is none")),
            },
        }
    }
}

impl EventKind {
    /// Whether it may follow the end of a run, in a session that only adds what people have to say.
    pub(super) fn is_said_afterwards(&self) -> bool {
        match self {
            Self::Asked { .. }
            | Self::Answered { .. }
            | Self::Participant { .. }
            | Self::Remarked { .. }
            | Self::Interrupted { .. }
            | Self::SessionEnded { .. } => true,
            Self::SessionStarted { .. }
            | Self::IdentityVerified { .. }
            | Self::GuardRefused { .. }
            | Self::Deviation { .. }
            | Self::PhaseStarted { .. }
            | Self::PhaseFinished { .. }
            | Self::StepStarted { .. }
            | Self::Captured { .. }
            | Self::EffectIntended { .. }
            | Self::EffectSettled { .. }
            | Self::AttemptFailed { .. }
            | Self::ItemSettled { .. }
            | Self::LookChanged { .. }
            | Self::RunsOn { .. }
            | Self::StepFinished { .. }
            | Self::StepWalked { .. }
            | Self::Rehearsed { .. }
            | Self::SteadyState { .. }
            | Self::DrillMoment { .. }
            | Self::DrillStopped { .. }
            | Self::ObjectiveMeasured { .. }
            | Self::RollbackStarted { .. }
            | Self::ResidualState { .. }
            | Self::RunFinished { .. } => false,
        }
    }
}
