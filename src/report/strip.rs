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

#[cfg(test)]
mod tests {
    use crate::event::{Event, EventKind, Hold, Level};
    use crate::report::frame::{News, frame};
    use crate::report::lines::{Layout, event_lines};
    use crate::report::look::Look;
    use crate::report::sample::{events, step, view_after};
    use crate::report::strip::strips;
    use crate::report::surface::Mode;

    const MINUTE: u64 = 60_000;

    /// The sample up to where the stack begins, and then looks of a hold of half an hour: minute, item, level.
    fn held(looks: &[(u64, Option<u32>, Level)]) -> Vec<Event> {
        let all = events("");
        let began = |it: &Event| matches!(&it.kind, EventKind::StepStarted { step: id, .. } if *id == step("stack"));
        let upto = all.iter().position(began).unwrap() + 1;
        let mut told = all[..upto].to_vec();
        let start = told[upto - 1].clone();
        for (number, (minute, index, level)) in (1..).zip(looks) {
            let kind = EventKind::LookChanged {
                step: step("stack"),
                attempt: 1,
                index: *index,
                look: number,
                values: Vec::new(),
                trouble: None,
                hold: Some(Hold { length_ms: 30 * MINUTE, at_ms: minute * MINUTE, level: *level }),
                requests: Vec::new(),
            };
            let elapsed_ms = start.elapsed_ms + minute * MINUTE;
            told.push(Event { seq: start.seq + u64::from(number), elapsed_ms, kind, ..start.clone() });
        }
        told
    }

    #[test]
    fn the_live_area_shows_where_a_hold_stands() {
        let all = held(&[(0, None, Level::Dim), (2, None, Level::Well)]);
        let now = all[all.len() - 1].elapsed_ms + 5 * MINUTE + 1000;
        for (unicode, wanted) in [
            (true, "22m 59s left, not all is known to be well · ▄▄▁▁▁▁▁▁······················"),
            (false, "22m 59s left, not all is known to be well - ==______......................"),
        ] {
            let look = Look { color: false, unicode };
            let shown = frame(&view_after(&all, ""), &News::default(), look, now, 100, 24).join("\n");
            assert!(shown.contains(wanted), "{shown}");
        }
    }

    #[test]
    fn a_log_has_the_strip_at_each_change() {
        let all = held(&[(0, None, Level::Well), (12, None, Level::Alarm)]);
        let layout = Layout { look: Look { color: false, unicode: true }, width: 100, mode: Mode::Log };
        let lines = event_lines(&all[all.len() - 1], &view_after(&all, ""), layout);
        assert_eq!(lines[1], "    ▁▁▁▁▁▁▁▁▁▁▁▁█·················  18m 00s left, alarm");
    }

    #[test]
    fn each_item_has_a_strip_of_its_own() {
        let all = held(&[
            (0, Some(0), Level::Well),
            (0, Some(1), Level::Well),
            (3, Some(1), Level::Alarm),
            (0, Some(2), Level::Dim),
        ]);
        let view = view_after(&all, "");
        let attempt = view.step(&step("stack")).and_then(|step| step.attempts.last()).unwrap();
        let words: Vec<String> =
            strips(attempt, None).iter().map(|strip| strip.text(true) + " " + &strip.words()).collect();
        assert_eq!(
            words,
            [
                "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ item 0: held 30m 00s of 30m 00s, all well",
                "▁▁▁█·························· item 1: held 3m 00s of 30m 00s, alarm",
                "▄····························· item 2: held 0.0s of 30m 00s, not all is known to be well",
            ]
        );
    }
}
