//! Outputs of steps that do not run, had by reading; and reads that are made once for each item of a list.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::engine::attempt::Judged;
use crate::engine::performer::{Ended, Task};
use crate::engine::steps::Steps;
use crate::event::{Failure, FailureKind, Outcome};
use crate::id::StepId;
use crate::runbook::StepSpec;
use crate::source::Located;
use crate::step::{AttemptMessage, ReadAction, StepStop, Task as Work, WriteAction, error_map};
use crate::value::{Expr, Scope};

impl Steps {
    /// Reads the outputs of steps that do not run and that this one refers to.
    pub(super) async fn observe(&self, spec: &StepSpec, task: &Task) -> Result<(), Failure> {
        let wanted: Vec<StepId> = spec
            .refs()
            .into_iter()
            .filter(|at| at.reference.root == "step")
            .filter_map(|at| StepId::new(at.reference.path.first()?).ok())
            .collect();
        for id in wanted {
            let given = task
                .ended
                .borrow()
                .get(&id)
                .is_some_and(|(outcome, outputs)| !outputs.is_empty() || !matches!(outcome, Outcome::Skipped));
            if given || self.observed.borrow().contains_key(&id) {
                continue;
            }
            let Some(target) = self.runbook.step(id.as_str()) else { continue };
            if !target.kind.observes() {
                continue;
            }
            let outputs = Box::pin(self.look(target, task)).await?;
            self.observed.borrow_mut().insert(id, outputs);
        }
        Ok(())
    }

    /// A step's outputs, by reading alone.
    pub(super) async fn look(&self, target: &StepSpec, task: &Task) -> Result<Map<String, Value>, Failure> {
        let scope = self.scope(target, &task.ended.borrow());
        let (mut context, _) = self.read_context(target, task, &scope)?;
        let ran = match self.work(target, &scope, &[], &[])? {
            Some(Work::Stack(stack)) => stack.observe(&mut context).await,
            Some(Work::File(file)) => ReadAction::run(&file, &mut context).await.ok(),
            Some(Work::Aws(call)) => match call.observe(&mut context).await {
                Some(ran) => self.hide(Ok(ran)).ok(),
                None => None,
            },
            Some(
                Work::StackRestore(_)
                | Work::Command(_)
                | Work::Http(_)
                | Work::Check(_)
                | Work::Bake(_)
                | Work::AwsRestore(_)
                | Work::S3Restore(_)
                | Work::Drill(_),
            )
            | None => None,
        };
        let id = &target.id.value;
        let unseen = || Failure::new(FailureKind::Lost, format!("step `{id}` does not run, and cannot be observed"));
        let ran = ran.ok_or_else(unseen)?;
        if let Some(mut failure) = ran.failure {
            failure.message = format!("step `{id}` does not run, and could not be observed: {}", failure.message);
            return Err(failure);
        }
        let scope = scope.with("out", ran.out.clone()).with("error", error_map(None));
        self.outputs(target, &scope, &ran.out, &ran.hidden)
    }

    /// A read, once for each item.
    pub(super) async fn each(
        &self,
        spec: &StepSpec,
        task: &Task,
        list: &Located<Expr>,
        scope: &Scope,
    ) -> Result<Judged, StepStop> {
        let items = match list.value.eval(scope) {
            Ok(Value::Array(items)) => items,
            Ok(other) => {
                let message = format!("`{}` is no list: {other}", list.value.text());
                return Ok(self.failed(spec, self.locate(Failure::new(FailureKind::Expression, message), list.span)));
            }
            Err(error) => return Ok(self.failed(spec, self.expression(&error, list))),
        };
        if items.is_empty() && !spec.allow_empty {
            let message = format!("`{}` is empty: nothing was looked at", list.value.text());
            let failure = Failure::new(FailureKind::Expectation, message)
                .with_remedy("an empty list passes only with `allow_empty = true`");
            return Ok(self.failed(spec, self.locate(failure, list.span)));
        }
        let mut whole = Judged::of(Outcome::Passed);
        let mut failures: Vec<Failure> = Vec::new();
        let mut gathered: Map<String, Value> = Map::new();
        for (name, _) in &spec.outputs {
            gathered.insert(name.value.clone(), json!([]));
        }
        for (index, item) in items.iter().enumerate() {
            let scope = scope.with("item", item.clone());
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let judged = self.once(spec, task, &scope, Some(number)).await?;
            let outcome = match &judged.failure {
                Some(failure) if !failure.kind.decides_a_read() => Outcome::Unknown,
                Some(_) | None => judged.outcome,
            };
            let message =
                AttemptMessage::Item { index: number, item: item.clone(), outcome, failure: judged.failure.clone() };
            task.line.send((task.step.clone(), message)).map_err(|_| StepStop::EngineGone)?;
            whole.artifacts.extend(judged.artifacts);
            whole.requests.extend(judged.requests);
            whole.shared += judged.shared;
            failures.extend(judged.failure);
            for (name, value) in judged.outputs {
                if let Some(Value::Array(values)) = gathered.get_mut(&name) {
                    values.push(value);
                }
            }
        }
        whole.outputs = gathered;
        if let Some(first) = failures.first() {
            // One that failed for certain says more than one that could not be told.
            let mut worst = failures.iter().find(|failure| failure.kind.decides_a_read()).unwrap_or(first).clone();
            if items.len() > 1 {
                worst.message = format!("{} of {} items: {}", failures.len(), items.len(), worst.message);
            }
            whole.outcome = Outcome::Failed;
            whole.failure = Some(worst);
        }
        Ok(whole)
    }
}

/// What `step.ID` holds: how the step ended, and its outputs; or its outputs, had by reading.
pub(super) fn stands(
    id: &StepId,
    ended: &Ended,
    observed: &BTreeMap<StepId, Map<String, Value>>,
) -> Option<Map<String, Value>> {
    let Some((outcome, outputs)) = ended.get(id) else { return observed.get(id).cloned() };
    let mut values = outputs.clone();
    if let (true, Some(observed)) = (outputs.is_empty(), observed.get(id)) {
        values.clone_from(observed);
    }
    values.insert("outcome".to_owned(), Value::from(outcome.as_str()));
    Some(values)
}
