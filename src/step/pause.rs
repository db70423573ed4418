//! Waiting between two looks, while the operator, the clock and a drill's own criteria may say otherwise.

use std::time::Duration;

use crate::aws::{Aws, poll_delay};
use crate::event::{Failure, FailureKind};
use crate::step::ReadContext;
use crate::step::end::End;

/// The failure of a step that ends so, before it has executed anything.
pub(in crate::step) fn disturbed(end: End, doing: &str) -> Failure {
    match end {
        End::Halted => Failure::new(FailureKind::Cancelled, format!("the drill was stopped while {doing}")),
        End::Cancelled | End::Deadline => end.failure(
            format!("stopped by the operator while {doing}"),
            format!("the step's time was over while {doing}"),
        ),
    }
}

/// Waits until the next look. `failed` counts the looks in a row that gave nothing.
pub(in crate::step) async fn pause(cx: &ReadContext, aws: &Aws, failed: u32) -> Result<(), End> {
    let delay = poll_delay(aws.settings().emulator.is_some(), failed);
    rest(cx, delay.max(Duration::from_millis(1))).await
}

/// Waits so long.
pub(in crate::step) async fn rest(cx: &ReadContext, time: Duration) -> Result<(), End> {
    let mut cancel = cx.cancel.clone();
    tokio::select! {
        biased;
        () = cancel.halted() => Err(End::Halted),
        rested = cx.within(tokio::time::sleep(time)) => rested,
    }
}
