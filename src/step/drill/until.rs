//! Waiting for a service, look by look.

use crate::aws::{Aws, AwsError, AwsReads, poll_delay};
use crate::event::{Failure, FailureKind};
use crate::step::effect::Halt;
use crate::step::pause::{disturbed, pause};
use crate::step::{Probed, ReadContext, WriteContext};

/// How often it is looked before something that is not there has never been made, or has not begun.
pub(super) const LOOKS: u32 = 5;

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
        pause(cx, aws, failed).await.map_err(|end| disturbed(end, doing))?;
    }
}

/// What became of a call whose answer nobody has. That it did not happen is believed after several looks only, ever further
/// apart: one may come before what was made is known everywhere. A look that fails, or that is not waited for, tells nothing.
pub(super) async fn looked_for(
    cx: &ReadContext,
    aws: &AwsReads,
    mut look: impl AsyncFnMut() -> Result<Probed, AwsError>,
) -> Probed {
    for earlier in 0..LOOKS {
        if earlier > 0 {
            let wait = tokio::time::sleep(poll_delay(aws.is_emulated(), earlier - 1));
            if let Err(end) = cx.within(wait).await {
                return Probed::CannotTell { why: disturbed(end, "it was looked for").message };
            }
        }
        match look().await {
            Ok(Probed::NotDone) => {}
            Ok(found) => return found,
            Err(error) => return Probed::CannotTell { why: error.to_string() },
        }
    }
    Probed::NotDone
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
