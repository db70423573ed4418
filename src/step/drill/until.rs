//! Waiting for a service, look by look.

use crate::aws::{Aws, AwsError};
use crate::event::{Failure, FailureKind};
use crate::step::effect::Halt;
use crate::step::pause::{disturbed, pause};
use crate::step::{ReadContext, WriteContext};

/// Looks until there is something. A look that fails and may well succeed in a moment is none. `doing`: what the step is
/// about, for whoever is told that it was stopped.
pub(super) async fn until<T>(
    cx: &ReadContext,
    aws: &Aws,
    doing: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>, AwsError>,
) -> Result<T, Halt> {
    let mut failed = 0;
    loop {
        match look().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => failed = 0,
            Err(error) if error.is_transient() => failed += 1,
            Err(error) => return Err(error.into()),
        }
        let mut cancel = cx.cancel.clone();
        tokio::select! {
            biased;
            () = cancel.halted() => {
                let message = format!("the drill was stopped while {doing}");
                return Err(Failure::new(FailureKind::Cancelled, message).into());
            }
            paused = pause(cx, aws, failed) => paused.map_err(|end| disturbed(end, doing))?,
        }
    }
}

/// Makes a change again that was throttled, or that what depends on it keeps for a moment. Each try is an effect of its own.
pub(super) async fn repeated<T>(
    cx: &WriteContext,
    aws: &Aws,
    doing: &str,
    mut change: impl AsyncFnMut() -> Result<T, Halt>,
) -> Result<(), Halt> {
    until(&cx.read, aws, doing, async || match change().await {
        Ok(_) => Ok(Some(Ok(()))),
        Err(Halt::Failed(failure)) if passes(&failure) => {
            cx.read.say(format!("not yet: {}", failure.message));
            Ok(None)
        }
        Err(halt) => Ok(Some(Err(halt))),
    })
    .await?
}

/// Whether a refusal is one that passes: too many calls, or something that is still busy.
fn passes(failure: &Failure) -> bool {
    match &failure.kind {
        FailureKind::Throttled => true,
        FailureKind::Aws { code, .. } => matches!(
            code.as_str(),
            "BackupInUseException"
                | "InvalidDBClusterSnapshotStateFault"
                | "InvalidDBClusterStateFault"
                | "InvalidDBInstanceState"
                | "InvalidDBInstanceStateFault"
                | "InvalidDBSnapshotState"
                | "LimitExceededException"
                | "ResourceInUseException"
                | "TableInUseException"
        ),
        FailureKind::Expectation
        | FailureKind::Exit { .. }
        | FailureKind::Signal { .. }
        | FailureKind::Spawn
        | FailureKind::Timeout
        | FailureKind::Cancelled
        | FailureKind::Declined
        | FailureKind::Http { .. }
        | FailureKind::Access
        | FailureKind::Expired
        | FailureKind::Transport
        | FailureKind::Unsupported
        | FailureKind::Guard
        | FailureKind::Expression
        | FailureKind::Io
        | FailureKind::Format
        | FailureKind::Lost => false,
    }
}
