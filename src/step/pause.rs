//! Waiting between two looks, while the operator and the clock may say otherwise.

use std::time::Duration;

use crate::aws::{Aws, poll_delay};
use crate::event::Failure;
use crate::step::ReadContext;
use crate::step::end::End;

/// The failure of a step that ends so, before it has executed anything.
pub(in crate::step) fn disturbed(end: End, doing: &str) -> Failure {
    end.failure(format!("stopped by the operator while {doing}"), format!("the step's time was over while {doing}"))
}

/// Waits until the next look. `failed` counts the looks in a row that gave nothing.
pub(in crate::step) async fn pause(cx: &ReadContext, aws: &Aws, failed: u32) -> Result<(), End> {
    let delay = poll_delay(aws.settings().emulator.is_some(), failed);
    cx.within(tokio::time::sleep(delay.max(Duration::from_millis(1)))).await
}
