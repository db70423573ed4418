//! A step of a drill with all its values known.

use crate::event::{EffectState, Failure, FailureKind};
use crate::step::drill::{CleanupTask, CompareTask, FailoverTask, MarkerTask, RestoreTask};
use crate::step::kind::StepKind;
use crate::step::{Probed, Ran, ReadAction, ReadContext, StepStop, TaskFault, WriteAction, WriteContext};
use crate::value::Scope;

/// What a step of a drill is asked to do.
#[derive(Clone, Debug)]
pub enum DrillTask {
    /// Restore something into something new.
    Restore(RestoreTask),
    /// Compare two places.
    Compare(CompareTask),
    /// Write markers, or read them back.
    Marker(MarkerTask),
    /// Remove what other steps have made.
    Cleanup(CleanupTask),
    /// Have another instance of a cluster write.
    Failover(FailoverTask),
}

impl DrillTask {
    /// Evaluates a kind's templates. `undone`: the effects of the steps that it undoes. None: the kind is another one.
    ///
    /// # Errors
    /// A value that could not be had.
    pub fn of(kind: &StepKind, scope: &Scope, undone: &[EffectState]) -> Result<Option<Self>, TaskFault> {
        Ok(Some(match kind {
            StepKind::Restore(restore) => Self::Restore(RestoreTask::of(restore, scope)?),
            StepKind::Compare(compare) => Self::Compare(CompareTask::of(compare, scope)?),
            StepKind::Marker(marker) => Self::Marker(MarkerTask::of(marker, scope)?),
            StepKind::Cleanup(_) => Self::Cleanup(CleanupTask::of(undone, scope)),
            StepKind::Failover(failover) => Self::Failover(FailoverTask::of(failover, scope, undone)?),
            StepKind::Confirm(_)
            | StepKind::Input(_)
            | StepKind::Command(_)
            | StepKind::File(_)
            | StepKind::Http(_)
            | StepKind::Stack(_)
            | StepKind::StackRestore(_)
            | StepKind::Aws(_)
            | StepKind::AwsRestore(_)
            | StepKind::S3Restore(_)
            | StepKind::Wait(_)
            | StepKind::Check(_)
            | StepKind::Bake(_) => return Ok(None),
        }))
    }

    /// What a step will do, as far as its values are known; nothing for another kind.
    pub fn outline(kind: &StepKind, scope: &Scope) -> Vec<String> {
        match kind {
            StepKind::Restore(restore) => RestoreTask::preview(restore, scope),
            StepKind::Compare(compare) => CompareTask::preview(compare, scope),
            StepKind::Marker(marker) => MarkerTask::preview(marker, scope),
            StepKind::Cleanup(_) => CleanupTask::outline(),
            StepKind::Failover(failover) => FailoverTask::preview(failover, scope),
            StepKind::Confirm(_)
            | StepKind::Input(_)
            | StepKind::Command(_)
            | StepKind::File(_)
            | StepKind::Http(_)
            | StepKind::Stack(_)
            | StepKind::StackRestore(_)
            | StepKind::Aws(_)
            | StepKind::AwsRestore(_)
            | StepKind::S3Restore(_)
            | StepKind::Wait(_)
            | StepKind::Check(_)
            | StepKind::Bake(_) => Vec::new(),
        }
    }
}

impl ReadAction for DrillTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        match self {
            Self::Compare(compare) => compare.run(cx).await,
            Self::Marker(marker) => ReadAction::run(marker, cx).await,
            // A write by its kind: the rules refuse it where only reads may be.
            Self::Restore(_) | Self::Cleanup(_) | Self::Failover(_) => Ok(Ran::failed(Failure::new(
                FailureKind::Guard,
                "what restores or removes something, or fails it over, is a write",
            ))),
        }
    }
}

impl WriteAction for DrillTask {
    fn describe(&self, scope: &Scope) -> Vec<String> {
        match self {
            Self::Restore(restore) => restore.describe(scope),
            Self::Compare(compare) => compare.describe(),
            Self::Marker(marker) => marker.describe(scope),
            Self::Cleanup(cleanup) => cleanup.describe(scope),
            Self::Failover(failover) => failover.describe(scope),
        }
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match self {
            Self::Restore(restore) => restore.run(cx).await,
            Self::Compare(compare) => compare.run(&mut cx.read).await,
            Self::Marker(marker) => WriteAction::run(marker, cx).await,
            Self::Cleanup(cleanup) => cleanup.run(cx).await,
            Self::Failover(failover) => failover.run(cx).await,
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    async fn probe(&self, cx: &mut ReadContext, effect: &EffectState) -> Probed {
        match self {
            Self::Restore(restore) => restore.probe(cx, effect).await,
            Self::Compare(_) => Probed::NotDone,
            Self::Marker(marker) => marker.probe(cx, effect).await,
            Self::Cleanup(cleanup) => cleanup.probe(cx, effect).await,
            Self::Failover(failover) => failover.probe(cx, effect).await,
        }
    }
}
