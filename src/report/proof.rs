//! Whether a drill proves that the recovery works. Its report, its freshness and the guard of deployments say the same.

use crate::event::{DrillMoment, Outcome, Verdict};
use crate::id::{Phase, StepId};
use crate::report::view::{RunView, StepView};

/// How the reason of a step begins that `--keep` has left out.
const KEPT: &str = "--skip: kept: ";

/// Why a drill proves nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WhyNot {
    /// It was talked through at a table: nothing was restored.
    Tabletop,
    /// An emulator answered: whether AWS restores anything is not known.
    Emulator,
    /// What it restored was kept: that it can be removed was not shown.
    Kept,
    /// The operator left out a step.
    LeftOut(StepId),
    /// It is not over.
    NotOver,
    /// It did not pass.
    Ended(Verdict),
    /// The recovery was not verified.
    NotVerified,
    /// It only looked: none of its steps changes anything.
    NothingRecovered,
    /// What is on record of it cannot be read.
    Unreadable,
}

impl WhyNot {
    /// The words for it.
    pub fn words(&self) -> String {
        match self {
            Self::Tabletop => "tabletop only".to_owned(),
            Self::Emulator => "sandbox only".to_owned(),
            Self::Kept => "kept what was restored".to_owned(),
            Self::LeftOut(step) => format!("`{step}` was left out"),
            Self::NotOver => "not over".to_owned(),
            Self::Ended(verdict) => verdict.describe().to_owned(),
            Self::NotVerified => "the recovery was not verified".to_owned(),
            Self::NothingRecovered => "it only looked, and recovered nothing".to_owned(),
            Self::Unreadable => "its record cannot be read".to_owned(),
        }
    }
}

/// Why a drill proves nothing; none: it proves that the recovery works.
pub fn why_not(view: &RunView) -> Option<WhyNot> {
    if view.header.tabletop {
        return Some(WhyNot::Tabletop);
    }
    if view.header.target.as_ref().is_some_and(|target| target.emulator.is_some()) {
        return Some(WhyNot::Emulator);
    }
    let mut steps = [Phase::Drill, Phase::Rollback].into_iter().flat_map(|phase| view.steps_of(phase));
    if let Some((step, reason)) = steps.find_map(|step| Some((step, step.label.left_out.as_ref()?))) {
        let kept = step.label.phase == Phase::Rollback && reason.starts_with(KEPT);
        return Some(if kept { WhyNot::Kept } else { WhyNot::LeftOut(step.label.id.clone()) });
    }
    let verified = view.drill.moments.iter().any(|it| it.moment == DrillMoment::Verified);
    match view.verdict {
        None => Some(WhyNot::NotOver),
        Some((Verdict::Passed, _)) if !verified => Some(WhyNot::NotVerified),
        Some((Verdict::Passed, _)) if !view.steps_of(Phase::Drill).any(has_changed) => Some(WhyNot::NothingRecovered),
        Some((Verdict::Passed, _)) => None,
        Some((verdict, _)) => Some(WhyNot::Ended(verdict)),
    }
}

/// Whether a step did what changes something.
fn has_changed(step: &StepView) -> bool {
    matches!(step.label.effect.as_deref(), Some("write" | "irreversible"))
        && matches!(step.outcome, Some(Outcome::Passed | Outcome::Warned))
}
