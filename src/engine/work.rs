//! What a step does, with all its values known.

use crate::engine::steps::Steps;
use crate::event::{EffectState, Failure, FailureKind};
use crate::runbook::StepSpec;
use crate::step::{Given, Ran, ReadAction, StepStop, Task as Work, WriteAction, WriteContext};
use crate::value::{Scope, Template};

impl Steps {
    /// The digest of a file that decides what the step does, as it was planned.
    fn planned_file(&self, file: Option<&Template>, scope: &Scope) -> Option<String> {
        let path = file?.eval_text(scope).ok()?;
        self.planned.get(&path).cloned()
    }

    pub(super) fn work(
        &self,
        spec: &StepSpec,
        scope: &Scope,
        earlier: &[EffectState],
        undone: &[EffectState],
    ) -> Result<Option<Work>, Failure> {
        let planned = self.planned_file(spec.kind.deciding_file(), scope);
        let captured = match spec.undoes.as_slice() {
            [undone] => self.befores.with_secrets(&undone.value),
            _ => None,
        };
        let given = Given { sensitive: !spec.sensitive.is_empty(), earlier, planned, captured, undone };
        Work::of(&spec.kind, scope, &given).map_err(|fault| self.task_failure(fault))
    }

    /// Makes one write.
    pub(super) async fn write(&self, work: Work, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match work {
            Work::Command(command) => WriteAction::run(&command, cx).await,
            Work::Stack(stack) => WriteAction::run(&*stack, cx).await,
            Work::StackRestore(restore) => WriteAction::run(&*restore, cx).await,
            Work::Http(http) => WriteAction::run(&*http, cx).await,
            Work::File(file) => ReadAction::run(&file, &mut cx.read).await,
            Work::Check(check) => self.hide(ReadAction::run(&check, &mut cx.read).await),
            Work::Bake(_) => Ok(Ran::failed(Failure::new(FailureKind::Guard, "a bake is no write"))),
            Work::Aws(call) => self.hide(Box::pin(WriteAction::run(&call, cx)).await),
            Work::AwsRestore(restore) => Box::pin(WriteAction::run(&*restore, cx)).await,
            Work::S3Restore(restore) => WriteAction::run(&restore, cx).await,
            Work::Drill(drill) => Box::pin(WriteAction::run(&*drill, cx)).await,
        }
    }
}
