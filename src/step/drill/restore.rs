//! A `restore` step with all its values known: what it restores decides who does it.

use crate::event::EffectState;
use crate::step::drill::{SecretRecoveryTask, StackRedeployTask, TableRestoreTask};
use crate::step::kind::Restore;
use crate::step::{Probed, Ran, ReadContext, StepStop, TaskFault, WriteAction, WriteContext};
use crate::value::Scope;

/// What a `restore` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum RestoreTask {
    /// Restore a table.
    Table(TableRestoreTask),
    /// Redeploy a stack.
    Stack(StackRedeployTask),
    /// Recover a secret.
    Secret(SecretRecoveryTask),
}

impl RestoreTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, or that is not what its key takes.
    pub fn of(restore: &Restore, scope: &Scope) -> Result<Self, TaskFault> {
        match restore {
            Restore::Table(restore) => TableRestoreTask::of(restore, scope).map(Self::Table),
            Restore::Stack(restore) => StackRedeployTask::of(restore, scope).map(Self::Stack),
            Restore::Secret(restore) => SecretRecoveryTask::of(restore, scope).map(Self::Secret),
        }
    }

    /// What it will do, as far as its values are known.
    pub fn preview(restore: &Restore, scope: &Scope) -> Vec<String> {
        match restore {
            Restore::Table(restore) => TableRestoreTask::preview(restore, scope),
            Restore::Stack(restore) => StackRedeployTask::preview(restore, scope),
            Restore::Secret(restore) => SecretRecoveryTask::preview(restore, scope),
        }
    }
}

impl WriteAction for RestoreTask {
    fn describe(&self, scope: &Scope) -> Vec<String> {
        match self {
            Self::Table(restore) => restore.describe(scope),
            Self::Stack(restore) => restore.describe(scope),
            Self::Secret(restore) => restore.describe(scope),
        }
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match self {
            Self::Table(restore) => restore.run(cx).await,
            Self::Stack(restore) => restore.run(cx).await,
            Self::Secret(restore) => restore.run(cx).await,
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    async fn probe(&self, cx: &mut ReadContext, known: &EffectState) -> Probed {
        match self {
            Self::Table(restore) => restore.probe(cx, known).await,
            Self::Stack(restore) => restore.probe(cx, known).await,
            Self::Secret(restore) => restore.probe(cx, known).await,
        }
    }
}
