//! The clock of a drill: when what was known and done, and how that compares with its objectives.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::{Remarks, Walked};
use crate::id::StepId;

/// A moment of a drill.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillMoment {
    /// Somebody, or an alarm, has seen that something is wrong.
    Detected,
    /// It was called a disaster.
    Declared,
    /// The recovery began.
    Started,
    /// What was lost is there again: the last `restore` step has ended well.
    Restored,
    /// The service is verified: every step of the drill has ended well.
    Verified,
}

impl DrillMoment {
    /// Every moment, in its order.
    pub const ALL: [Self; 5] = [Self::Detected, Self::Declared, Self::Started, Self::Restored, Self::Verified];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Detected => "detected",
            Self::Declared => "declared",
            Self::Started => "started",
            Self::Restored => "restored",
            Self::Verified => "verified",
        }
    }
}

/// What a drill is held to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The recovery time: how long it took until the service was verified.
    Rto,
    /// The recovery point: how much of the last data was lost.
    Rpo,
}

impl Objective {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rto => "RTO",
            Self::Rpo => "RPO",
        }
    }
}

/// An objective, and what was measured.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Measured {
    /// Which.
    pub objective: Objective,
    /// The target in milliseconds, if the runbook has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_ms: Option<u64>,
    /// What was measured, in milliseconds; none: it could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_ms: Option<u64>,
    /// How it was measured, or why it was not.
    pub by: String,
}

impl Measured {
    /// Whether the target was met; none without a target. What could not be measured has met none.
    pub fn met(&self) -> Option<bool> {
        let target = self.target_ms?;
        Some(self.measured_ms.is_some_and(|measured| measured <= target))
    }
}

/// What ends a drill before its time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// An alarm that its runbook names.
    Alarm,
    /// Such alarms could not be looked at for too long.
    Unwatched,
    /// The time that it may take.
    Budget,
}

impl Criterion {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Unwatched => "unwatched alarms",
            Self::Budget => "budget",
        }
    }
}

/// That a drill was ended before its time.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct DrillStop {
    /// By which criterion.
    pub criterion: Criterion,
    /// What was found, in a sentence.
    pub what: String,
}

impl DrillStop {
    /// The words for it.
    pub fn words(&self) -> String {
        format!("by its {}: {}", self.criterion.as_str(), self.what)
    }
}

/// Where a drill stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrillState {
    /// The moments that have come, the last of each.
    pub moments: BTreeMap<DrillMoment, DateTime<Utc>>,
    /// What was measured, once its steps were over.
    pub measured: Vec<Measured>,
    /// What people say of each step, when it is talked through.
    pub walked: BTreeMap<StepId, Walked>,
    /// What people have to say of it.
    pub remarks: Remarks,
    /// It was ended before its time.
    pub stopped: Option<DrillStop>,
    /// It is over, and this session only adds what people have to say of it.
    pub afterwards: bool,
}

impl DrillState {
    /// The moment from which the recovery time counts: the earliest that is known.
    pub fn began(&self) -> Option<(DrillMoment, DateTime<Utc>)> {
        let (moment, at) = self.moments.iter().next()?;
        (*moment <= DrillMoment::Started).then_some((*moment, *at))
    }
}
