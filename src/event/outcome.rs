//! How things end: steps, effects, runs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a step ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it says, and what was expected held.
    Passed,
    /// It passed with something to look at.
    Warned,
    /// It ran and did not do what it says, or an expectation did not hold.
    Failed,
    /// It did not run; the record says why.
    Skipped,
    /// A person said no.
    Declined,
    /// It could not be decided. Never counts as passed.
    Unknown,
}

impl Outcome {
    /// The word for it, as in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Declined => "declined",
            Self::Unknown => "unknown",
        }
    }

    /// Whether steps that need this one may go on.
    pub fn satisfies(self) -> bool {
        match self {
            Self::Passed | Self::Warned | Self::Skipped => true,
            Self::Failed | Self::Declined | Self::Unknown => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of one effect.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectResult {
    /// It happened.
    Done,
    /// It certainly did not happen: the other side refused, or nothing was sent.
    Refused,
    /// It was found still happening when the run was resumed. The next attempt waits for it.
    UnderWay,
    /// It may have happened. Neither repeated nor passed over until a probe or a person settles it.
    Unknown,
}

/// How a run ended, or where it stands. The exit code follows from it (DESIGN 4).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All that was asked for was done and passed.
    Passed,
    /// A verification failed.
    VerificationFailed,
    /// A step failed, whether or not a rollback after it succeeded.
    StepFailed,
    /// Declined or aborted by the operator.
    Declined,
    /// Interrupted or suspended; resumable.
    Interrupted,
    /// An undo failed, or an unknown effect needs a person.
    Stuck,
    /// A person is needed and none is there.
    NeedsPerson,
    /// A verification is unknown, and none failed.
    VerificationUnknown,
    /// Refused by a guard: account, region, lock.
    Guarded,
    /// Refused: changed since it was planned or approved.
    Changed,
    /// The journal could not be written.
    JournalBroken,
    /// Every step was left out or skipped. Nothing done is not success.
    NothingDone,
    /// A rollback was asked for, and every undo went well.
    RolledBack,
    /// A drill was talked through to its end: nothing was done, and nothing is proved.
    Walked,
    /// A drill was talked through, and a step of it would not work as it is written.
    WouldNotWork,
    /// A drill was ended by a criterion of its own, and what it made is removed.
    DrillStopped,
}

impl Verdict {
    /// The process exit code (DESIGN 4).
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Passed | Self::RolledBack | Self::Walked => 0,
            Self::VerificationFailed | Self::WouldNotWork => 4,
            Self::StepFailed | Self::NothingDone | Self::DrillStopped => 5,
            Self::Declined => 6,
            Self::Interrupted => 7,
            Self::Stuck => 8,
            Self::JournalBroken => 9,
            Self::Changed => 10,
            Self::NeedsPerson => 11,
            Self::Guarded => 12,
            Self::VerificationUnknown => 13,
        }
    }

    /// A sentence for a person.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::VerificationFailed => "a verification failed",
            Self::StepFailed => "a step failed",
            Self::Declined => "declined by the operator",
            Self::Interrupted => "interrupted; it can be resumed",
            Self::Stuck => "stuck: a person must look at it",
            Self::NeedsPerson => "a person is needed and none is here",
            Self::VerificationUnknown => "a verification could not be decided",
            Self::Guarded => "refused by a guard",
            Self::Changed => "refused: it changed since it was approved",
            Self::JournalBroken => "the journal could not be written",
            Self::DrillStopped => "the drill was stopped by one of its abort criteria",
            Self::NothingDone => "nothing was done: every step was left out or skipped",
            Self::RolledBack => "rolled back",
            Self::Walked => "talked through: nothing was done, and nothing is proved",
            Self::WouldNotWork => "talked through: a step would not work as it is written",
        }
    }
}

/// What kind of departure from the runbook was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviationKind {
    /// Left out by `--only`, `--from` or `--phase`.
    LeftOut,
    /// Skipped by `--skip`, or by the operator at the prompt.
    Skipped,
    /// A person settled an unknown effect by their word.
    SettledByPerson,
    /// The plan changed between two sessions and was accepted again.
    PlanChanged,
    /// A guard was passed by `--break-glass`.
    BreakGlass,
    /// What a crash tore off the journal's end was set aside: the reason says which records, and in which file they are.
    TornEnd,
    /// A verification failed, and somebody has accepted that for a time (`[[waiver]]` of the profile).
    Waived,
    /// A verification failed, and is not as severe as `--fail-on` asks for.
    BelowSeverity,
    /// A verification failed as it had in the run that this one is held against (`--new-only`).
    KnownBefore,
}

/// A file of the run: named by the digest of its bytes, after secrets were cut.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct ArtifactRef {
    /// What it is, for people: `output`, `change-set`, `template`.
    pub name: String,
    /// `sha256-` and 64 hexadecimal digits; also the file's name in `artifacts/`.
    pub digest: String,
    /// Length in bytes.
    pub bytes: u64,
    /// The media type, for readers.
    pub media: String,
}
