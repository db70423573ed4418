//! Markers that are written on behind the steps that follow, until those are over.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use crate::event::Failure;
use crate::step::effect::Halt;
use crate::step::{Ran, StepStop, WriteContext};

/// So many markers come at the step's own pace, and as many again at half of it, and so on: a restore may take hours, and each
/// marker is three records, and a row among the outputs.
const AT_ONE_PACE: usize = 1_000;

/// The slowest pace, unless the step's own is slower.
const SLOWEST: Duration = Duration::from_mins(1);

/// More of them are not kept: the step's outputs have an end.
const MOST: usize = 6_000;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// The markers.
    pub(super) markers: Vec<Value>,
    /// The longest time between two of them.
    pub(super) pace: Duration,
    /// How many could not be written.
    missed: u32,
    /// Why the first of them could not.
    why: Option<Box<Failure>>,
}

impl Followed {
    /// What there is to say of those that could not be written.
    pub(super) fn warning(&self) -> Option<String> {
        let why = self.why.as_ref()?;
        let tried = u64::from(self.missed) + self.markers.len() as u64;
        Some(format!("{} of {tried} markers that followed could not be written: {}", self.missed, why.message))
    }
}

/// Gives what the step has so far to those that follow, and writes a marker every so often until it is called back. One that
/// cannot be written does not end the drill: it is counted, and told at the end.
pub(super) async fn write_on(
    cx: &WriteContext,
    every: Duration,
    so_far: Ran,
    mut put: impl AsyncFnMut() -> Result<Value, Halt>,
) -> Result<Followed, StepStop> {
    let mut followed = Followed { pace: every, ..Followed::default() };
    let Some(mut called) = cx.run_on(so_far).await? else { return Ok(followed) };
    let mut last = Instant::now();
    while followed.markers.len() < MOST {
        // One that was throttled, or is not allowed, is not asked for any faster.
        let slower =
            u32::try_from(followed.markers.len() / AT_ONE_PACE).unwrap_or(u32::MAX).max(followed.missed.min(4));
        let pause = every.saturating_mul(1 << slower.min(10)).min(every.max(SLOWEST));
        followed.pace = followed.pace.max(pause);
        tokio::select! {
            biased;
            () = called.back() => return Ok(followed),
            () = sleep_until(last + pause) => {}
        }
        last = Instant::now();
        match put().await {
            Ok(marker) => followed.markers.push(marker),
            Err(Halt::Stop(stop)) => return Err(stop),
            Err(Halt::Failed(failure)) => {
                followed.missed = followed.missed.saturating_add(1);
                followed.why.get_or_insert(failure);
            }
        }
    }
    called.back().await;
    Ok(followed)
}
