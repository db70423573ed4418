//! A row of numbers as a row of bars, and what most of them stay under.

/// The bars, the lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The same where there are none: digits say as much.
const DIGITS: [char; 8] = ['1', '2', '3', '4', '5', '6', '7', '8'];

/// A bar for each value. They stand on nought, so that twice the value is twice the bar; the greatest has the full
/// height.
pub fn spark(values: &[u64], unicode: bool) -> String {
    let signs = if unicode { BARS } else { DIGITS };
    let most = u128::from(values.iter().copied().max().unwrap_or(0).max(1));
    let bar = |value: &u64| {
        // Eighths of the greatest, rounded up: 1 to 8, and 0 for nothing at all.
        let eighths = (u128::from(*value) * 8).div_ceil(most);
        signs[usize::try_from(eighths).unwrap_or(8).clamp(1, 8) - 1]
    };
    values.iter().map(bar).collect()
}

/// The value that so many in a hundred do not exceed, by nearest rank: one of the values. None of no values.
pub fn percentile(values: &[u64], hundredths: usize) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * hundredths).div_ceil(100).clamp(1, sorted.len().max(1));
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::{percentile, spark};

    #[test]
    fn bars_stand_on_nought() {
        assert_eq!(spark(&[1, 2, 3, 4, 5, 6, 7, 8], true), "▁▂▃▄▅▆▇█");
        assert_eq!(spark(&[100, 100, 200], true), "▄▄█");
        assert_eq!(spark(&[100, 100, 200], false), "448");
        assert_eq!(spark(&[0, 0], true), "▁▁");
        assert_eq!(spark(&[u64::MAX, 0, 1], true), "█▁▁");
        assert_eq!(spark(&[], true), "");
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let ten: Vec<u64> = (1..=10).rev().collect();
        assert_eq!((percentile(&ten, 50), percentile(&ten, 90), percentile(&ten, 100)), (Some(5), Some(9), Some(10)));
        assert_eq!((percentile(&[7], 50), percentile(&[7], 90)), (Some(7), Some(7)));
        assert_eq!((percentile(&[7, 9], 50), percentile(&[7, 9], 90)), (Some(7), Some(9)));
        assert_eq!(percentile(&[], 50), None);
    }
}
