//! The steps of a verification, and how each stands.

use std::borrow::Cow;

use crate::catalog::Severity;
use crate::event::{Failure, Outcome};
use crate::id::Phase;
use crate::report::verified::model::{Aside, Before, Lenient, Verification, Verified, Waived};
use crate::report::view::{ItemView, RunView, StepView};
use crate::source::SourceRef;

/// How a step stands: its outcome, and what a waiver or `--fail-on` makes of it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Class {
    /// It failed, and that counts.
    Failed,
    /// It could not be decided. A waiver does not help: nobody knows what it would waive.
    Unknown,
    /// A person is needed, and none was there.
    Person,
    /// It did not run, and nobody has left it out.
    NotRun,
    /// It failed, and a waiver holds.
    Waived,
    /// It failed, and that does not decide the exit code.
    Tolerated,
    /// It passed with something to look at.
    Warned,
    /// It was left out, and the record says why.
    Skipped,
    /// It passed.
    Passed,
}

impl Class {
    /// All, worst first.
    pub const ALL: [Self; 9] = [
        Self::Failed,
        Self::Unknown,
        Self::Person,
        Self::NotRun,
        Self::Waived,
        Self::Tolerated,
        Self::Warned,
        Self::Skipped,
        Self::Passed,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Person => "needs a person",
            Self::NotRun => "not run",
            Self::Waived => "waived",
            Self::Tolerated => "tolerated",
            Self::Warned => "warned",
            Self::Skipped => "skipped",
            Self::Passed => "passed",
        }
    }

    /// The word for it in a format for programs.
    pub fn key(self) -> &'static str {
        match self {
            Self::Person => "needs_person",
            Self::NotRun => "not_run",
            Self::Failed
            | Self::Unknown
            | Self::Waived
            | Self::Tolerated
            | Self::Warned
            | Self::Skipped
            | Self::Passed => self.as_str(),
        }
    }

    /// Whether it is never green: a failure that counts, or no answer.
    pub fn is_bad(self) -> bool {
        match self {
            Self::Failed | Self::Unknown | Self::Person | Self::NotRun => true,
            Self::Waived | Self::Tolerated | Self::Warned | Self::Skipped | Self::Passed => false,
        }
    }
}

/// A step on a target.
#[derive(Clone, Copy, Debug)]
pub struct Finding<'a> {
    /// The target.
    pub target: &'a Verified<'a>,
    /// Its run.
    pub view: &'a RunView,
    /// The step.
    pub step: &'a StepView,
    /// What is known of it beside the run.
    pub aside: Option<&'a Aside>,
    /// How it stands.
    pub class: Class,
}

/// Every step of a verification, in the order of its targets and of the runbook.
pub fn findings<'a>(all: &'a Verification<'a>) -> Vec<Finding<'a>> {
    all.targets.iter().flat_map(findings_of).collect()
}

/// Every step of a target, in the order of the runbook. Phases that nothing happened in are left away, but for the
/// verification itself.
pub(super) fn findings_of<'a>(target: &'a Verified<'a>) -> Vec<Finding<'a>> {
    let Some(view) = target.view else { return Vec::new() };
    let happened = |phase: Phase| {
        phase == Phase::Verify || view.steps_of(phase).any(|step| step.outcome.is_some() || !step.attempts.is_empty())
    };
    let phases: Vec<Phase> = view.phases.iter().map(|it| it.phase).filter(|phase| happened(*phase)).collect();
    let steps = phases.into_iter().flat_map(|phase| view.steps_of(phase));
    steps.map(|step| Finding::of(target, view, step)).collect()
}

impl<'a> Finding<'a> {
    fn of(target: &'a Verified<'a>, view: &'a RunView, step: &'a StepView) -> Self {
        let aside = target.aside(&step.label.id);
        Self { target, view, step, aside, class: class(step, aside) }
    }

    /// The waiver for it, whether or not it still holds.
    pub fn waiver(&self) -> Option<&'a Waived> {
        self.aside?.waiver.as_ref()
    }

    /// How bad a failure of it is.
    pub fn severity(&self) -> Option<Severity> {
        self.aside?.severity
    }

    /// The line to look at: the one that asked, else the step's own.
    pub fn place(&self) -> Option<&'a SourceRef> {
        let asked = self.step.failure.as_ref().and_then(|failure| failure.at.as_ref());
        asked.or_else(|| self.bad_items().find_map(|item| item.failure.as_ref()?.at.as_ref())).or_else(|| self.home())
    }

    /// Where the step stands.
    pub fn home(&self) -> Option<&'a SourceRef> {
        self.aside?.place.as_ref()
    }

    /// Why it did not pass, with the line and the remedy that the failure itself may lack.
    pub fn failure(&self) -> Option<Cow<'a, Failure>> {
        let failure = self.step.failure.as_ref()?;
        let at = self.home().filter(|_| failure.at.is_none());
        let remedy = self.aside.and_then(|aside| aside.remedy.as_ref()).filter(|_| failure.remedy.is_none());
        if at.is_none() && remedy.is_none() {
            return Some(Cow::Borrowed(failure));
        }
        let mut whole = failure.clone();
        whole.at = whole.at.or_else(|| at.cloned());
        whole.remedy = whole.remedy.or_else(|| remedy.cloned());
        Some(Cow::Owned(whole))
    }

    /// What to do.
    pub fn remedy(&self) -> Option<&'a str> {
        let said = self.step.failure.as_ref().and_then(|failure| failure.remedy.as_deref());
        said.or_else(|| self.aside?.remedy.as_deref())
    }

    /// The items of its last attempt that did not pass, in their order.
    pub fn bad_items(&self) -> impl Iterator<Item = &'a ItemView> + use<'a> {
        let items = self.step.attempts.last().map(|attempt| attempt.items.as_slice()).unwrap_or_default();
        let mut bad: Vec<&ItemView> = items.iter().filter(|item| !item.outcome.satisfies()).collect();
        bad.sort_by_key(|item| item.index);
        bad.into_iter()
    }

    /// One line: why it stands as it does. Empty when it passed.
    pub fn why(&self) -> String {
        let step = self.step;
        let reason = step.reason.as_deref().or(step.label.left_out.as_deref());
        match (&step.failure, reason) {
            (Some(failure), _) => failure.message.clone(),
            (None, Some(reason)) => reason.to_owned(),
            (None, None) => match self.class {
                Class::Person => "a person must answer, and none was there".to_owned(),
                Class::NotRun => "the run ended before it".to_owned(),
                Class::Unknown => "nobody knows whether its effect happened".to_owned(),
                Class::Failed | Class::Waived | Class::Tolerated | Class::Warned | Class::Skipped | Class::Passed => {
                    String::new()
                }
            },
        }
    }

    /// What has changed since the compared run; none when nothing was compared.
    pub(super) fn change(&self) -> Option<Change> {
        let before = match self.aside?.before? {
            Before::Absent => return Some(Change::New),
            Before::Was(before) => Side::of(Some(before)),
        };
        let left_out = self.class == Class::Skipped;
        let now = if left_out { Side::None } else { Side::of(self.step.outcome) };
        let same = matches!(self.aside?.before?, Before::Was(before) if Some(before) == self.step.outcome);
        Some(match (before, now) {
            _ if same => Change::Same,
            (Side::Good, Side::Good) | (Side::None, Side::None) => Change::Same,
            (Side::Good | Side::None, Side::Bad) => Change::Worse,
            (Side::Bad, Side::Good) => Change::Mended,
            // What is left out has not been mended.
            (Side::Bad, Side::Bad | Side::None) | (Side::Good, Side::None) | (Side::None, Side::Good) => Change::Other,
        })
    }
}

/// An outcome, for a comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    Good,
    Bad,
    /// Left out: neither.
    None,
}

impl Side {
    fn of(outcome: Option<Outcome>) -> Self {
        match outcome {
            Some(Outcome::Passed | Outcome::Warned) => Self::Good,
            Some(Outcome::Failed | Outcome::Declined | Outcome::Unknown) | None => Self::Bad,
            Some(Outcome::Skipped) => Self::None,
        }
    }
}

/// What has become of a step since the compared run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// It was not there.
    New,
    /// It stands as it stood.
    Same,
    /// It passed, and does no more.
    Worse,
    /// It did not pass, and now does.
    Mended,
    /// It did not pass, and does not pass in another way.
    Other,
}

impl Change {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Worse => "worse",
            Self::Mended => "mended",
            Self::Other => "other",
        }
    }
}

fn class(step: &StepView, aside: Option<&Aside>) -> Class {
    if step.unknown_effects().next().is_some() {
        return Class::Unknown;
    }
    let waived = aside.and_then(|aside| aside.waiver.as_ref()).is_some_and(|waiver| !waiver.expired);
    let lenient = aside.and_then(|aside| aside.lenient);
    match step.outcome {
        Some(Outcome::Failed | Outcome::Declined) if waived => Class::Waived,
        Some(Outcome::Failed | Outcome::Declined) => match lenient {
            Some(Lenient::Below | Lenient::Known) => Class::Tolerated,
            None => Class::Failed,
        },
        Some(Outcome::Unknown) => Class::Unknown,
        Some(Outcome::Warned) => Class::Warned,
        Some(Outcome::Skipped) => Class::Skipped,
        Some(Outcome::Passed) => Class::Passed,
        None if step.label.left_out.is_some() => Class::Skipped,
        None if step.exchanges.iter().any(|exchange| exchange.answer.is_none()) => Class::Person,
        None => Class::NotRun,
    }
}
