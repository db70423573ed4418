//! The picture of a drill: markers, the point that was restored, and the way from the disaster to the verified service, on one
//! axis of time.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::event::DrillMoment;
use crate::report::html::scale::as_f64;
use crate::report::html::timeline::Px;
use crate::report::view::RunView;
use crate::report::words::{duration, moment};

/// The picture's width, in its own units.
const WIDTH: f64 = 960.0;
/// Where the axis begins; what a row is stands to the left of it.
const LEFT: f64 = 130.0;
/// Where the axis ends.
const RIGHT: f64 = 930.0;
/// Where the axis stands.
const AXIS: f64 = 26.0;
/// Where markers stand, and the moments' names; the recovery stands between them.
const MARKERS: f64 = 56.0;
const NAMES: f64 = 118.0;
/// The height of a line of names.
const LINE: f64 = 15.0;
/// How wide a name is taken to be, for two not to stand on each other.
const NAME: f64 = 74.0;
/// The most markers that are drawn: the last ones.
const MARKERS_MAX: usize = 200;

/// A marker.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) x: Px,
    /// `good`: it came back; `bad`: it did not; `open`: nobody has looked.
    pub(super) class: &'static str,
    pub(super) title: String,
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch {
    pub(super) x: Px,
    pub(super) width: Px,
    pub(super) class: &'static str,
    pub(super) title: String,
}

/// A moment, by its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    pub(super) x: Px,
    pub(super) text_y: Px,
    pub(super) text: String,
    pub(super) title: String,
    /// It is the point that was restored, and no moment of the drill.
    pub(super) point: bool,
}

/// The picture, for the template.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clock {
    pub(super) width: Px,
    pub(super) height: Px,
    pub(super) left: Px,
    pub(super) right: Px,
    pub(super) axis: Px,
    pub(super) markers_y: Px,
    pub(super) bottom: Px,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) marks: Vec<Mark>,
    pub(super) stretches: Vec<Stretch>,
    pub(super) names: Vec<Named>,
    pub(super) description: String,
}

impl Clock {
    /// The picture of a drill; none when no time passed in it.
    pub(super) fn of(view: &RunView) -> Option<Self> {
        let written = written(view);
        let points = points(view);
        let named = view.drill.moments.iter().map(|known| known.at);
        let times: Vec<DateTime<Utc>> =
            written.iter().map(|(at, _)| *at).chain(points.iter().copied()).chain(named).collect();
        let (first, last) = (*times.iter().min()?, *times.iter().max()?);
        let span = u64::try_from((last - first).num_milliseconds()).ok().filter(|span| *span > 0)?;
        let x = |at: DateTime<Utc>| {
            let since = u64::try_from((at - first).num_milliseconds()).unwrap_or(0);
            LEFT + (RIGHT - LEFT) * as_f64(since) / as_f64(span)
        };
        let moment_at = |wanted| view.drill.moments.iter().find(|known| known.moment == wanted).map(|known| known.at);
        let begins =
            [DrillMoment::Detected, DrillMoment::Declared, DrillMoment::Started].into_iter().find_map(moment_at);
        let (restored, verified) = (moment_at(DrillMoment::Restored), moment_at(DrillMoment::Verified));
        let stretch = |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>, class, what: &str| {
            let (from, to) = (from?, to?);
            let took = u64::try_from((to - from).num_milliseconds()).unwrap_or(0);
            let width = (x(to) - x(from)).max(2.0);
            Some(Stretch { x: Px(x(from)), width: Px(width), class, title: format!("{what}: {}", duration(took)) })
        };
        let stretches = [
            stretch(begins, restored, "bad", "until it was restored"),
            stretch(restored, verified, "warn", "until it was verified"),
        ];
        let shown = written.len().saturating_sub(MARKERS_MAX);
        let marks = written.iter().skip(shown).map(|(at, present)| {
            let (class, words) = match present {
                Some(true) => ("good", "came back"),
                Some(false) => ("bad", "did not come back"),
                None => ("open", "was not looked for"),
            };
            Mark { x: Px(x(*at)), class, title: format!("marker of {}: {words}", moment(*at)) }
        });
        let mut names: Vec<(f64, String, String, bool)> = points
            .iter()
            .map(|at| (x(*at), "restored to".to_owned(), format!("what was restored: {}", moment(*at)), true))
            .chain(view.drill.moments.iter().map(|known| {
                (
                    x(known.at),
                    known.moment.as_str().to_owned(),
                    format!("{}: {}", known.moment.as_str(), moment(known.at)),
                    false,
                )
            }))
            .collect();
        names.sort_by(|one, other| one.0.total_cmp(&other.0));
        let names = lines(names);
        let bottom = names.iter().map(|name| name.text_y.0).fold(NAMES, f64::max);
        let came_back = written.iter().filter(|(_, present)| *present == Some(true)).count();
        let description = format!(
            "{} markers, of which {came_back} came back; {}",
            written.len(),
            names.iter().map(|name| name.title.clone()).collect::<Vec<_>>().join("; ")
        );
        Some(Self {
            width: Px(WIDTH),
            height: Px(bottom + 10.0),
            left: Px(LEFT),
            right: Px(RIGHT),
            axis: Px(AXIS),
            markers_y: Px(MARKERS),
            bottom: Px(NAMES - LINE),
            from: moment(first),
            to: format!("+{}", duration(span)),
            marks: marks.collect(),
            stretches: stretches.into_iter().flatten().collect(),
            names,
            description,
        })
    }
}

/// Puts names that would stand on each other below each other.
fn lines(names: Vec<(f64, String, String, bool)>) -> Vec<Named> {
    let mut ends: Vec<f64> = Vec::new();
    let mut placed = Vec::new();
    for (x, text, title, point) in names {
        let line = ends.iter().position(|end| *end <= x - NAME / 2.0).unwrap_or_else(|| {
            ends.push(0.0);
            ends.len() - 1
        });
        ends[line] = x + NAME / 2.0;
        let text_y = Px(NAMES + LINE * as_f64(line as u64));
        placed.push(Named { x: Px(x), text_y, text, title, point });
    }
    placed
}

/// A time among a step's outputs.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(value.as_str()?).ok()?.to_utc())
}

/// Each marker that was written, in order, and whether it came back.
fn written(view: &RunView) -> Vec<(DateTime<Utc>, Option<bool>)> {
    let of_markers = || view.steps.iter().filter(|step| step.label.kind == "marker");
    let output = |name: &'static str| of_markers().filter_map(move |step| step.outputs.get(name));
    let lists = output("markers").filter_map(Value::as_array).flatten();
    let mut written: Vec<DateTime<Utc>> = lists.filter_map(|marker| time(&marker["at"])).collect();
    written.sort();
    // They come back in order: what is read back says so, or has failed.
    let last = output("last_present").filter_map(time).max();
    written.into_iter().map(|at| (at, last.map(|last| at <= last))).collect()
}

/// The times that were restored.
fn points(view: &RunView) -> Vec<DateTime<Utc>> {
    let restores = view.steps.iter().filter(|step| step.label.kind == "restore");
    restores.filter_map(|step| time(step.outputs.get("at")?)).collect()
}
