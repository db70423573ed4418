//! How long to wait before the next look.

use std::time::Duration;

/// CDK polls every 2 s and saturates accounts (aws-cdk-cli#1709): 5 s is the floor on AWS.
const ON_AWS: Duration = Duration::from_secs(5);
const ON_EMULATOR: Duration = Duration::from_millis(200);
const SLOWEST: Duration = Duration::from_mins(1);

/// The time until the next poll. `throttled` counts the throttled or failed polls in a row: each doubles the wait, up to
/// a minute. Half a period of jitter keeps many runs apart.
pub fn poll_delay(emulated: bool, throttled: u32) -> Duration {
    let base = if emulated { ON_EMULATOR } else { ON_AWS };
    let slowed = base.saturating_mul(1 << throttled.min(8)).min(SLOWEST);
    slowed + jitter(slowed / 2)
}

/// A random time below `limit`; none when the system gives no randomness, for then nothing is lost but the spread.
pub(in crate::aws) fn jitter(limit: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0);
    limit.mul_f64(f64::from(random) / (f64::from(u32::MAX) + 1.0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ON_AWS, ON_EMULATOR, SLOWEST, poll_delay};

    #[test]
    fn aws_is_never_polled_faster_than_every_five_seconds() {
        for throttled in 0..40 {
            for _ in 0..50 {
                let delay = poll_delay(false, throttled);
                assert!(delay >= ON_AWS && delay <= SLOWEST + SLOWEST / 2, "{delay:?}");
            }
        }
    }

    #[test]
    fn throttling_slows_the_poll() {
        assert!(poll_delay(false, 3) >= ON_AWS * 8);
        assert!(poll_delay(true, 0) < Duration::from_millis(301));
        assert!(poll_delay(true, 3) >= ON_EMULATOR * 8);
    }
}
