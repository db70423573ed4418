//! Durations, counts and moments as words.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::report::view::ChangeView;

/// Which look of a `wait` it was: `3`, or `3 of item 0`.
pub(super) fn look_words(change: &ChangeView) -> String {
    match change.index {
        Some(index) => format!("{} of item {index}", change.look),
        None => change.look.to_string(),
    }
}

/// A time span for a person: `0.4s`, `12s`, `3m 04s`, `1h 02m`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("0.{}s", ms / 100),
        1..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A number with its noun: `1 step`, `2 steps`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// An effect's call and target: `cloudformation:ExecuteChangeSet on mte-prod`; of a program, its command line.
pub(super) fn effect_words(call: &str, target: &str) -> String {
    if call == "command" { format!("`{target}`") } else { format!("{call} on {target}") }
}

/// A moment in UTC, to the second.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::{count, duration};

    #[test]
    fn spans_read_well() {
        let cases =
            [(0, "0.0s"), (450, "0.4s"), (999, "0.9s"), (12_345, "12s"), (184_000, "3m 04s"), (3_720_000, "1h 02m")];
        for (ms, text) in cases {
            assert_eq!(duration(ms), text);
        }
        assert_eq!((count(1, "step"), count(0, "step")), ("1 step".to_owned(), "0 steps".to_owned()));
    }
}
