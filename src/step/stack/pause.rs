//! Waiting between two looks, while the operator and the clock may say otherwise.

use std::time::Duration;

use crate::aws::{Aws, poll_delay};
use crate::event::{Failure, FailureKind};
use crate::step::ReadContext;

/// Why a wait ended before its time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Disturbed {
    /// The operator wants the step stopped.
    Cancelled,
    /// The step's deadline has passed.
    Deadline,
}

impl Disturbed {
    /// The failure of a step that ends so, before it has executed anything.
    pub(super) fn failure(self, doing: &str) -> Failure {
        match self {
            Disturbed::Cancelled => {
                Failure::new(FailureKind::Cancelled, format!("stopped by the operator while {doing}"))
            }
            Disturbed::Deadline => {
                Failure::new(FailureKind::Timeout, format!("the step's time was over while {doing}"))
                    .with_remedy("give the step a longer `timeout`")
            }
        }
    }
}

/// Waits until the next look. `failed` counts the looks in a row that gave nothing.
pub(super) async fn pause(cx: &ReadContext, aws: &Aws, failed: u32) -> Result<(), Disturbed> {
    let delay = poll_delay(aws.settings().emulator.is_some(), failed);
    let mut cancel = cx.cancel.clone();
    let end = async {
        match cx.deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Disturbed::Cancelled),
        () = end => Err(Disturbed::Deadline),
        () = tokio::time::sleep(delay.max(Duration::from_millis(1))) => Ok(()),
    }
}
