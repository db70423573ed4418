//! A drill on the page: its after-action report.

use crate::report::drill::{DrillPlanView, ObjectiveRow};
use crate::report::exercise::{AfterAction, Recommended, TargetRow, TimelineRow, WalkRow};
use crate::report::html::clock::Clock;
use crate::report::html::status::Status;
use crate::report::told::outcome_of;
use crate::report::view::RunView;
use crate::report::words::moment;
use crate::world::clock::rfc3339;

/// A drill, for the templates.
pub(super) struct DrillPart {
    pub(super) plan: DrillPlanView,
    pub(super) scope: Vec<(&'static str, String)>,
    pub(super) roles: Vec<(String, String)>,
    pub(super) walk: Vec<WalkPart>,
    pub(super) estimate: Option<String>,
    pub(super) stopped: Option<(String, String)>,
    pub(super) clock: Option<Clock>,
    pub(super) timeline: Vec<TimelinePart>,
    pub(super) targets: Vec<TargetPart>,
    pub(super) observations: Vec<(String, Option<String>)>,
    pub(super) recommendations: Vec<RecommendedPart>,
    pub(super) conclusion: String,
}

/// A step that was talked through.
pub(super) struct WalkPart {
    pub(super) row: WalkRow,
    pub(super) status: Status,
}

/// Something that happened.
pub(super) struct TimelinePart {
    pub(super) at: String,
    pub(super) offset: String,
    pub(super) what: String,
    /// A moment of the drill stands out.
    pub(super) is_moment: bool,
}

/// An objective, with the times that were used.
pub(super) struct TargetPart {
    pub(super) row: ObjectiveRow,
    pub(super) status: Option<Status>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// A recommendation.
pub(super) struct RecommendedPart {
    pub(super) number: u32,
    pub(super) text: String,
    pub(super) by: String,
    pub(super) owner: String,
    pub(super) due: String,
    pub(super) done: Option<String>,
}

pub(super) fn drill(view: &RunView) -> Option<DrillPart> {
    let after = AfterAction::of(view)?;
    let named = |names: Vec<String>| if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    Some(DrillPart {
        scope: after.scope,
        roles: after.roles.into_iter().map(|(role, names)| (role, named(names))).collect(),
        walk: after.walk.into_iter().map(WalkPart::of).collect(),
        estimate: after.estimate.map(|it| it.words()),
        stopped: after.stopped.map(|(at, by)| (moment(at), by)),
        clock: Clock::of(view),
        timeline: after.timeline.into_iter().map(TimelinePart::of).collect(),
        targets: after.targets.into_iter().map(TargetPart::of).collect(),
        observations: after.observations,
        recommendations: after.recommendations.into_iter().map(RecommendedPart::of).collect(),
        conclusion: after.conclusion,
        plan: after.plan,
    })
}

impl WalkPart {
    fn of(row: WalkRow) -> Self {
        let status = row.works.map_or(Status { word: "not come to", ..Status::of(None) }, |works| Status {
            word: works.as_str(),
            ..Status::of(Some(outcome_of(works)))
        });
        Self { row, status }
    }
}

impl TimelinePart {
    fn of(row: TimelineRow) -> Self {
        Self { at: moment(row.at), offset: row.offset, what: row.what, is_moment: row.is_moment }
    }
}

impl TargetPart {
    fn of(target: TargetRow) -> Self {
        let status = target.row.outcome.map(|outcome| Status::of(Some(outcome)));
        Self { row: target.row, status, from: target.from.map(rfc3339), to: target.to.map(rfc3339) }
    }
}

impl RecommendedPart {
    fn of(Recommended { number, remark, done }: Recommended) -> Self {
        let said = |done: &str| if done.is_empty() { String::new() } else { format!(": {done}") };
        Self {
            number,
            text: remark.text,
            by: remark.by,
            owner: remark.owner.unwrap_or_else(|| "nobody yet".to_owned()),
            due: remark.due.map_or_else(|| "not set".to_owned(), |due| due.to_string()),
            done: done.map(|done| format!("done, says {}{}", done.by, said(&done.text))),
        }
    }
}
