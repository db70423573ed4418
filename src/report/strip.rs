//! The hold of a `bake` as a strip: a cell for each slice of the time, with the worst that was seen in it.

use crate::event::{Level, cells, strip};
use crate::report::view::{AttemptView, ChangeView};
use crate::report::words::duration;

/// The strip of one hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strip {
    /// Which item of a `for_each` it was held for, from 0.
    pub(super) index: Option<u32>,
    /// How long is held in all, in milliseconds.
    pub(super) length_ms: u64,
    /// How much of that is over.
    pub(super) until_ms: u64,
    /// What was seen in each slice.
    pub(super) cells: Vec<Option<Level>>,
}

/// The holds of an attempt, each with its strip. `now_ms`: the time, where the attempt is under way.
pub(super) fn strips(attempt: &AttemptView, now_ms: Option<u64>) -> Vec<Strip> {
    let held: Vec<&ChangeView> = attempt.changes.iter().filter(|change| change.hold.is_some()).collect();
    let groups: Vec<&[&ChangeView]> = held.chunk_by(|a, b| a.index == b.index).collect();
    let last = groups.len().saturating_sub(1);
    let end_ms = attempt.ended.map(|ended| ended.elapsed_ms).or(now_ms);
    let one = |(at, group): (usize, &&[&ChangeView])| {
        let newest = group.last()?;
        let hold = newest.hold?;
        let until_ms = if at == last {
            let since = end_ms.map_or(0, |end| end.saturating_sub(newest.when.elapsed_ms));
            hold.at_ms.saturating_add(since)
        } else if hold.level == Level::Alarm {
            hold.at_ms
        } else {
            // Another one followed: this one was held to its end.
            hold.length_ms
        };
        let until_ms = until_ms.min(hold.length_ms);
        let seen: Vec<(u64, Level)> =
            group.iter().filter_map(|change| change.hold.map(|hold| (hold.at_ms, hold.level))).collect();
        let cells = cells(hold.length_ms, &seen, until_ms);
        Some(Strip { index: newest.index, length_ms: hold.length_ms, until_ms, cells })
    };
    groups.iter().enumerate().filter_map(one).collect()
}

impl Strip {
    /// The worst that was seen.
    pub(super) fn worst(&self) -> Level {
        self.cells.iter().flatten().copied().max().unwrap_or(Level::Well)
    }

    /// The strip as text.
    pub(super) fn text(&self, unicode: bool) -> String {
        strip(&self.cells, unicode)
    }

    /// `held 12m 03s of 30m 00s, all well`, or the same of an item.
    pub(super) fn words(&self) -> String {
        let item = self.index.map(|index| format!("item {index}: ")).unwrap_or_default();
        let (held, length) = (duration(self.until_ms), duration(self.length_ms));
        format!("{item}held {held} of {length}, {}", self.worst().words())
    }

    /// `17m 57s left, all well`.
    pub(super) fn words_left(&self) -> String {
        format!("{} left, {}", duration(self.length_ms.saturating_sub(self.until_ms)), self.worst().words())
    }
}
