//! What a step does, with all its values known.

use crate::engine::steps::Steps;
use crate::event::{EffectState, Failure};
use crate::runbook::StepSpec;
use crate::step::{Given, Task as Work};
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
}
