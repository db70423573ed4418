//! How a hold stands, and the strip that it is shown as: a fixed count of cells, each with the worst that was seen in its
//! slice of the time.

use serde::{Deserialize, Serialize};

/// How many cells a strip has.
pub const CELLS: u64 = 30;

/// How bad a look of a hold was; the later, the worse.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// All is well.
    Well,
    /// There is not enough data, something warns, or there was no answer.
    Dim,
    /// Something is wrong.
    Alarm,
}

/// Where a hold stood at a look.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Hold {
    /// How long is held in all, in milliseconds.
    pub length_ms: u64,
    /// When it was looked, in milliseconds since the hold began.
    pub at_ms: u64,
    /// What was seen.
    pub level: Level,
}

impl Level {
    /// The level in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Well => "all well",
            Self::Dim => "not all is known to be well",
            Self::Alarm => "alarm",
        }
    }
}

/// The strip of a hold: what was seen when, oldest first, up to a time. What was seen lasts until the next. A cell with
/// none: its time is still to come, or was not held.
pub fn cells(length_ms: u64, seen: &[(u64, Level)], until_ms: u64) -> Vec<Option<Level>> {
    let edge = |cell: u64| cell.saturating_mul(length_ms) / CELLS;
    // The last look comes when all the time is over: it is the last cell's.
    let inside = |at: u64| at.min(length_ms.saturating_sub(1));
    (0..CELLS)
        .map(|cell| {
            let (from, to) = (edge(cell), edge(cell + 1).min(inside(until_ms) + 1));
            let lasts = seen.iter().enumerate().filter(|(at, (began, _))| {
                let ended = seen.get(at + 1).map_or(u64::MAX, |(next, _)| inside(*next));
                let began = inside(*began);
                began < to && (ended > from || began >= from)
            });
            if from < to { lasts.map(|(_, (_, level))| *level).max() } else { None }
        })
        .collect()
}

/// A strip as text, in signs of UTF-8 or in ASCII.
pub fn strip(cells: &[Option<Level>], unicode: bool) -> String {
    let sign = |cell: &Option<Level>| match (cell, unicode) {
        (None, true) => '·',
        (None, false) => '.',
        (Some(Level::Well), true) => '▁',
        (Some(Level::Well), false) => '_',
        (Some(Level::Dim), true) => '▄',
        (Some(Level::Dim), false) => '=',
        (Some(Level::Alarm), true) => '█',
        (Some(Level::Alarm), false) => '#',
    };
    cells.iter().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::{Level, cells, strip};

    fn shown(length_ms: u64, seen: &[(u64, Level)], until_ms: u64) -> String {
        strip(&cells(length_ms, seen, until_ms), true)
    }

    #[test]
    fn each_cell_shows_the_worst_of_its_slice() {
        use Level::{Alarm, Dim, Well};
        for (seen, until, strip) in [
            (vec![], 0, "······························"),
            (vec![(0, Well)], 0, "▁·····························"),
            (vec![(0, Well)], 1500, "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁··············"),
            (vec![(0, Well), (1000, Dim), (1010, Well)], 1500, "▁▁▁▁▁▁▁▁▁▁▄▁▁▁▁▁··············"),
            (vec![(0, Dim), (200, Well), (2950, Alarm)], 2950, "▄▄▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█"),
            (vec![(0, Well), (3004, Alarm)], 3004, "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█"),
            (vec![(0, Well), (3004, Dim), (9000, Well)], 9000, "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▄"),
            (vec![(0, Alarm)], 3, "█·····························"),
        ] {
            assert_eq!(shown(3000, &seen, until), strip, "{seen:?} until {until}");
        }
    }

    #[test]
    fn a_hold_of_nearly_nothing_has_a_strip() {
        for length in [0, 1, 7, 29, 31] {
            assert_eq!(cells(length, &[(0, Level::Well)], length).len(), 30, "{length}");
        }
    }

    #[test]
    fn a_plain_screen_gets_ascii() {
        let all = [None, Some(Level::Well), Some(Level::Dim), Some(Level::Alarm)];
        assert_eq!((strip(&all, false).as_str(), strip(&all, true).as_str()), ("._=#", "·▁▄█"));
    }
}
