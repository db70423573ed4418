//! The clock of this machine against that of AWS.
//!
//! A signature holds for five minutes: "in most cases, a request must reach AWS within five minutes of the time stamp in the
//! request" (IAM User Guide, "AWS Signature Version 4 for API requests",
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>).

use chrono::{DateTime, Utc};

use crate::cli::command::doctor::endpoints::Probe;
use crate::cli::command::doctor::finding::Finding;

/// What is refused, in seconds.
const REFUSED: i64 = 300;
/// What is worth a word, in seconds.
const WORTH_A_WORD: i64 = 60;

/// The first answer that names a time decides; STS stands first.
pub(super) fn clock<'a>(probes: impl IntoIterator<Item = &'a Probe>) -> Finding {
    let clocks = probes.into_iter().find_map(|probe| probe.got.as_ref().ok()?.clocks);
    let Some((theirs, ours)) = clocks else {
        return Finding::unknown("clock", "no answer named a time to hold it against");
    };
    judge(theirs, ours)
}

fn judge(theirs: DateTime<Utc>, ours: DateTime<Utc>) -> Finding {
    let ahead = (ours - theirs).num_seconds();
    let found = match ahead {
        -1..=1 => "as AWS's, to the second".to_owned(),
        2.. => format!("{ahead} s ahead of AWS's"),
        _ => format!("{} s behind AWS's", -ahead),
    };
    if ahead.abs() <= WORTH_A_WORD {
        return Finding::ok("clock", found);
    }
    if ahead.abs() <= REFUSED {
        return Finding::warn("clock", found, "set it by NTP: beyond 5 minutes AWS refuses every signature");
    }
    let found = format!("{found}: AWS refuses signatures beyond 5 minutes");
    Finding::failed("clock", found, "set it by NTP (`timedatectl set-ntp true`)")
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};

    use super::judge;
    use crate::cli::command::doctor::finding::State;
    use crate::world::clock::Clock;

    #[test]
    fn a_clock_may_be_a_minute_off_and_not_five() {
        let ours = Clock::Fixed(chrono::DateTime::<Utc>::UNIX_EPOCH).now();
        for (seconds, state) in
            [(0, State::Ok), (60, State::Ok), (61, State::Warn), (300, State::Warn), (301, State::Failed)]
        {
            for seconds in [seconds, -seconds] {
                assert_eq!(judge(ours + TimeDelta::seconds(seconds), ours).state, state, "{seconds}");
            }
        }
        let behind = judge(ours + TimeDelta::seconds(90), ours).found;
        assert_eq!(behind, "90 s behind AWS's");
    }
}
