//! A check with all its parameters known.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalog::Check;
use crate::event::{Failure, FailureKind};
use crate::step::check::asked::Record;
use crate::step::check::found::found;
use crate::step::check::held::hold;
use crate::step::{Ran, ReadAction, ReadContext, StepStop};
use crate::value::Scope;

/// A check of the catalogue with all its parameters known.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckTask {
    /// The check.
    pub check: Arc<Check>,
    /// Its parameters, with their defaults.
    pub params: Map<String, Value>,
}

impl CheckTask {
    /// What it asks, line by line; `known` has `param` and `aws`, as far as they are known.
    pub fn lines(check: &Check, known: &Scope) -> Vec<String> {
        let mut params = known.clone();
        for (root, after) in [("call", "the call before"), ("error", "the call before"), ("item", "the list")] {
            params.mark_unknown(&[root], after);
        }
        let mut lines = vec![format!("check {}: {}", check.id.value, check.title)];
        for call in &check.calls {
            let mut line = format!("  {}", call.call.value);
            let with: Vec<String> =
                call.with.iter().map(|(name, value)| format!("{name} = {}", value.preview(&params))).collect();
            if !with.is_empty() {
                line = format!("{line} {}", with.join(", "));
            }
            if let Some(list) = &call.for_each {
                line = format!("{line} for each of {}", list.value.text());
            }
            lines.push(line);
        }
        lines
    }

    /// What it asks, line by line.
    pub fn describe(&self) -> Vec<String> {
        let mut known = Scope::new();
        known.set(&["param"], Value::Object(self.params.clone()));
        Self::lines(&self.check, &known)
    }

    async fn look(&self, cx: &ReadContext) -> Ran {
        let mut base = Scope::new();
        base.set(&["param"], Value::Object(self.params.clone()));
        if let Some(aws) = cx.scope.get(&["aws"]) {
            base.set(&["aws"], aws.clone());
        }
        if let Some(door) = &cx.aws {
            // The step may look into a region of its own.
            base.set(&["aws", "region"], Value::from(door.settings().region.as_str()));
        }
        if let Some(now) = cx.scope.now() {
            base.set_now(now);
        }
        let mut record = Record { base, ..Record::default() };
        for call in &self.check.calls {
            record.ask(&self.check, call, cx).await;
        }
        let (subjects, record) = hold(&self.check, record);
        found(&self.check, &subjects, record)
    }
}

impl ReadAction for CheckTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        if cx.aws.is_none() {
            let failure = Failure::new(FailureKind::Guard, "a check needs an account");
            return Ok(Ran::failed(failure.with_remedy("give the profile an `[aws]` section")));
        }
        let looked = cx.within(Box::pin(self.look(cx))).await.unwrap_or_else(|end| {
            let id = &self.check.id.value;
            let over = format!("check {id}: not all was answered within the step's time");
            Ran::failed(end.failure(format!("check {id}: stopped by the operator"), over))
        });
        Ok(looked)
    }
}
