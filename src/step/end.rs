//! Work that the operator and the clock may end before its time.

use std::future::Future;

use crate::event::{Failure, FailureKind};
use crate::step::ReadContext;

/// Why a step did not wait for something any longer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// The operator wants the step stopped.
    Cancelled,
    /// The step's time is over.
    Deadline,
    /// The drill of the step was ended before its time.
    Halted,
}

impl End {
    /// The failure of a step that ends so, in the words for the one and for the other.
    pub(super) fn failure(self, cancelled: impl Into<String>, over: impl Into<String>) -> Failure {
        match self {
            Self::Cancelled => Failure::new(FailureKind::Cancelled, cancelled),
            Self::Halted => Failure::new(FailureKind::Cancelled, "the drill was stopped"),
            Self::Deadline => Failure::new(FailureKind::Timeout, over).with_remedy("give the step a longer `timeout`"),
        }
    }
}

impl ReadContext {
    /// Waits for something, unless the operator ends it, or the step's time is over before it is there.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, End> {
        let mut cancel = self.cancel.clone();
        let over = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(End::Cancelled),
            done = work => Ok(done),
            () = over => Err(End::Deadline),
        }
    }
}
