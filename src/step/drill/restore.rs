//! A `restore` step with all its values known: what it restores decides who does it.

use crate::event::EffectState;
use crate::step::drill::{
    BucketRestoreTask, DatabaseRestoreTask, SecretRecoveryTask, StackRedeployTask, TableRestoreTask,
};
use crate::step::kind::Restore;
use crate::step::{Probed, Ran, ReadContext, StepStop, TaskFault, WriteAction, WriteContext};
use crate::value::Scope;

/// What a `restore` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum RestoreTask {
    /// Restore a table.
    Table(TableRestoreTask),
    /// Restore a cluster or an instance of RDS.
    Database(DatabaseRestoreTask),
    /// Redeploy a stack.
    Stack(StackRedeployTask),
    /// Recover a secret.
    Secret(SecretRecoveryTask),
    /// Restore objects.
    Bucket(BucketRestoreTask),
}

impl RestoreTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, or that is not what its key takes.
    pub fn of(restore: &Restore, scope: &Scope) -> Result<Self, TaskFault> {
        match restore {
            Restore::Table(restore) => TableRestoreTask::of(restore, scope).map(Self::Table),
            Restore::Database(restore) => DatabaseRestoreTask::of(restore, scope).map(Self::Database),
            Restore::Stack(restore) => StackRedeployTask::of(restore, scope).map(Self::Stack),
            Restore::Secret(restore) => SecretRecoveryTask::of(restore, scope).map(Self::Secret),
            Restore::Bucket(restore) => BucketRestoreTask::of(restore, scope).map(Self::Bucket),
        }
    }

    /// What it will do, as far as its values are known.
    pub fn preview(restore: &Restore, scope: &Scope) -> Vec<String> {
        match restore {
            Restore::Table(restore) => TableRestoreTask::preview(restore, scope),
            Restore::Database(restore) => DatabaseRestoreTask::preview(restore, scope),
            Restore::Stack(restore) => StackRedeployTask::preview(restore, scope),
            Restore::Secret(restore) => SecretRecoveryTask::preview(restore, scope),
            Restore::Bucket(restore) => BucketRestoreTask::preview(restore, scope),
        }
    }
}

impl WriteAction for RestoreTask {
    fn describe(&self, scope: &Scope) -> Vec<String> {
        match self {
            Self::Table(restore) => restore.describe(scope),
            Self::Database(restore) => restore.describe(scope),
            Self::Stack(restore) => restore.describe(scope),
            Self::Secret(restore) => restore.describe(scope),
            Self::Bucket(restore) => restore.describe(scope),
        }
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match self {
            Self::Table(restore) => restore.run(cx).await,
            Self::Database(restore) => restore.run(cx).await,
            Self::Stack(restore) => restore.run(cx).await,
            Self::Secret(restore) => restore.run(cx).await,
            Self::Bucket(restore) => restore.run(cx).await,
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    async fn probe(&self, cx: &mut ReadContext, known: &EffectState) -> Probed {
        match self {
            Self::Table(restore) => restore.probe(cx, known).await,
            Self::Database(restore) => restore.probe(cx, known).await,
            Self::Stack(restore) => restore.probe(cx, known).await,
            Self::Secret(restore) => restore.probe(cx, known).await,
            Self::Bucket(restore) => restore.probe(cx, known).await,
        }
    }
}
