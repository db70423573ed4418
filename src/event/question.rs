//! Questions and answers as data. They are records: who was asked what, and who answered what, from where.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::ArtifactRef;
use crate::id::{Phase, StepId};

/// What a question is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// A checklist item: done, not applicable, no.
    Confirm,
    /// A value.
    Value,
    /// The items of a do-confirm phase are shown; the person does them, then says so.
    ReadyPhase,
    /// A do-confirm phase is called complete.
    CompletePhase,
    /// A phase that writes is about to begin.
    ApprovePhase,
    /// One write is about to be made.
    ApproveWrite,
    /// A change set was shown; execute just that one.
    ApproveChange,
    /// A step failed.
    AfterFailure,
    /// An effect may have happened.
    SettleUnknown,
    /// The plan is not the one that the run began with.
    AcceptPlan,
    /// The credentials expired; the person logs in elsewhere.
    LogIn,
    /// Would a step work as it is written? Nothing is done.
    Walk,
    /// What was seen in a drill.
    Observe,
    /// What is to be done after a drill.
    Recommend,
    /// Whether what was recommended is done.
    FollowedUp,
}

/// An answer's word. In answers files it is written as in [`Choice::as_str`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Yes.
    Yes,
    /// No.
    No,
    /// The item is done.
    Done,
    /// The item does not apply; needs a reason.
    NotApplicable,
    /// A value was given.
    Value,
    /// Run the step.
    Run,
    /// Execute the change that was shown.
    Execute,
    /// Do not execute it.
    Decline,
    /// Leave the step out; needs a reason.
    Skip,
    /// Show the exact call.
    Show,
    /// Put a note on record.
    Note,
    /// Try again.
    Retry,
    /// Begin the rollback.
    RollBack,
    /// The effect happened; needs a reason.
    Happened,
    /// The effect did not happen; needs a reason.
    DidNotHappen,
    /// It would work, and something is missing; says what.
    Gap,
    /// Something was seen.
    Observe,
    /// Something is to be done.
    Recommend,
    /// Nothing more.
    Enough,
    /// Stop the run.
    Abort,
}

impl Choice {
    /// Every choice.
    pub const ALL: [Self; 20] = [
        Self::Yes,
        Self::No,
        Self::Done,
        Self::NotApplicable,
        Self::Value,
        Self::Run,
        Self::Execute,
        Self::Decline,
        Self::Skip,
        Self::Show,
        Self::Note,
        Self::Retry,
        Self::RollBack,
        Self::Happened,
        Self::DidNotHappen,
        Self::Gap,
        Self::Observe,
        Self::Recommend,
        Self::Enough,
        Self::Abort,
    ];

    /// The word, as typed in an answers file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Done => "done",
            Self::NotApplicable => "not-applicable",
            Self::Value => "value",
            Self::Run => "run",
            Self::Execute => "execute",
            Self::Decline => "decline",
            Self::Skip => "skip",
            Self::Show => "show",
            Self::Note => "note",
            Self::Retry => "retry",
            Self::RollBack => "roll-back",
            Self::Happened => "happened",
            Self::DidNotHappen => "did-not-happen",
            Self::Gap => "gap",
            Self::Observe => "observe",
            Self::Recommend => "recommend",
            Self::Enough => "enough",
            Self::Abort => "abort",
        }
    }

    /// The words on the menu.
    pub fn label(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Done => "done",
            Self::NotApplicable => "not applicable (with a reason)",
            Self::Value => "enter a value",
            Self::Run => "run it",
            Self::Execute => "execute this change set",
            Self::Decline => "decline: do not execute it",
            Self::Skip => "skip it (with a reason)",
            Self::Show => "show exactly what will be called",
            Self::Note => "put a note on record",
            Self::Retry => "retry",
            Self::RollBack => "roll back what ran",
            Self::Happened => "it happened (with a reason)",
            Self::DidNotHappen => "it did not happen (with a reason)",
            Self::Gap => "it would, but something is missing (say what)",
            Self::Observe => "an observation",
            Self::Recommend => "a recommendation",
            Self::Enough => "nothing more",
            Self::Abort => "abort the run",
        }
    }

    /// Whether the answer must say why.
    pub fn needs_reason(self) -> bool {
        match self {
            Self::NotApplicable
            | Self::Skip
            | Self::Happened
            | Self::DidNotHappen
            | Self::Note
            | Self::Gap
            | Self::Observe
            | Self::Recommend => true,
            Self::Yes
            | Self::No
            | Self::Done
            | Self::Value
            | Self::Run
            | Self::Execute
            | Self::Decline
            | Self::Show
            | Self::Retry
            | Self::RollBack
            | Self::Enough
            | Self::Abort => false,
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the operator attaches evidence to a confirmation.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceNeed {
    /// None is asked for.
    #[default]
    None,
    /// It may be given.
    Optional,
    /// The item is not done without it.
    Required,
}

/// One question to a person.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Question {
    /// Its name, the same in every run of the runbook: `config_backup`, `phase.deploy`, `stack.change_set`.
    pub id: String,
    /// What it is about.
    pub ask: Ask,
    /// The step that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// The phase that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// One line.
    pub title: String,
    /// The author's guide, Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guide: Option<String>,
    /// What is about to be decided, line by line: a change set, a failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<String>,
    /// What `show` shows: the exact call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detail: Vec<String>,
    /// The digest of what was shown, when the answer is bound to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The answers that are possible, in menu order. None is a default.
    pub choices: Vec<Choice>,
    /// A text that must be typed in full to say yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed: Option<String>,
    /// Whether evidence is attached.
    #[serde(default)]
    pub evidence: EvidenceNeed,
    /// What a value must be like, in words: `a whole number from 1 to 1000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expects: Option<String>,
    /// The words of a closed choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// What was wrong with the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Question {
    /// A question with its name, subject, title and choices; the rest empty.
    pub fn new(id: impl Into<String>, ask: Ask, title: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self {
            id: id.into(),
            ask,
            step: None,
            phase: None,
            title: title.into(),
            guide: None,
            body: Vec::new(),
            detail: Vec::new(),
            shown: None,
            choices,
            typed: None,
            evidence: EvidenceNeed::None,
            expects: None,
            options: Vec::new(),
            problem: None,
        }
    }
}

/// What a person attaches to an answer.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Attachment {
    /// Some words.
    Note {
        /// The words.
        text: String,
    },
    /// A link.
    Url {
        /// The link.
        url: String,
    },
    /// A file, copied into the run and hashed.
    File {
        /// Where it was.
        path: String,
        /// The copy; absent until the engine has made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        artifact: Option<ArtifactRef>,
    },
}

/// Where an answer came from.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AnswerSource {
    /// A person at a terminal.
    Terminal {
        /// The terminal's device.
        tty: String,
    },
    /// A file of answers.
    File {
        /// Its path.
        path: String,
    },
    /// The runbook and profile say that nobody is asked.
    Policy,
}

/// An answer, with who gave it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Answer {
    /// What was chosen.
    pub choice: Choice,
    /// Who answered: an OS user, or the `by` of an answers file.
    pub by: String,
    /// Where it came from.
    pub from: AnswerSource,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The value given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What was attached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Attachment>,
}
