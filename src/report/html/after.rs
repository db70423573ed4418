//! What comes after a run, on the page: the steady state compared, what is left to do, the timeline for the review.

use crate::id::StepId;
use crate::report::follow_up::{FollowUp, follow_up};
use crate::report::html::page::StepLink;
use crate::report::html::status::Status;
use crate::report::review::{Review, ReviewRow};
use crate::report::steady::Compared;
use crate::report::view::RunView;
use crate::report::words::moment;

/// One probe of the steady state.
pub(super) struct SteadyPart {
    pub(super) step: StepLink,
    pub(super) before: Status,
    pub(super) now: Option<Status>,
    pub(super) words: String,
}

/// One thing that is left to do.
pub(super) struct FollowUpPart {
    pub(super) item: FollowUp,
    pub(super) step: Option<StepLink>,
}

/// The timeline.
pub(super) struct ReviewPart {
    pub(super) zero: String,
    pub(super) since: String,
    pub(super) rows: Vec<ReviewRowPart>,
    pub(super) left_out: usize,
}

/// One thing that happened.
pub(super) struct ReviewRowPart {
    pub(super) at: String,
    pub(super) offset: String,
    pub(super) what: String,
    pub(super) who: Option<String>,
    pub(super) status: Option<Status>,
}

pub(super) fn steady(view: &RunView) -> Vec<SteadyPart> {
    let part = |it: &Compared<'_>| SteadyPart {
        step: StepLink::of(view, it.step),
        before: Status::of(Some(it.before.look.outcome)),
        now: it.now.as_ref().map(|now| Status::of(Some(now.look.outcome))),
        words: it.words(),
    };
    view.compared().iter().map(part).collect()
}

pub(super) fn follow_ups(view: &RunView) -> Vec<FollowUpPart> {
    // The sentence has the title.
    let link = |step: &StepId| StepLink { title: step.to_string(), ..StepLink::of(view, step) };
    let part = |item: FollowUp| FollowUpPart { step: item.step.as_ref().map(link), item };
    follow_up(view).into_iter().map(part).collect()
}

pub(super) fn review(view: &RunView) -> Option<ReviewPart> {
    let Review { zero, since, rows, left_out } = Review::of(view)?;
    let part = |it: &ReviewRow| ReviewRowPart {
        at: moment(it.at),
        offset: it.offset(),
        what: it.what.clone(),
        who: it.who.clone(),
        status: it.outcome.map(|outcome| Status::of(Some(outcome))),
    };
    Some(ReviewPart { zero: moment(zero), since, rows: rows.iter().map(part).collect(), left_out })
}
