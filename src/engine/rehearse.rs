//! What an undo will need, looked for by reads alone, before the step that it undoes changes anything.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::engine::performer::Task;
use crate::engine::steps::Steps;
use crate::event::{EffectState, Need};
use crate::id::StepId;
use crate::runbook::StepSpec;
use crate::step::{Task as Work, rehearse};
use crate::value::Scope;

/// How long one undo is rehearsed, at most: a person waits for it.
const LONGEST: Duration = Duration::from_mins(2);

/// How a step's values stand before anything ran.
enum Values {
    /// They are known.
    Known(Box<Work>),
    /// A person does the step: it has none.
    ByHand,
    /// They depend on what these steps give.
    Later(Vec<StepId>),
    /// They cannot be had, and this is why.
    Fault(String),
}

impl Steps {
    /// Looks for what an undo will need once the step of `task` was made.
    pub(super) async fn look_ahead(&self, task: Task, undo: &StepId) -> Vec<Need> {
        match tokio::time::timeout(LONGEST, self.needs(&task, undo)).await {
            Ok(needs) => needs,
            Err(_) => {
                vec![Need::unknown("what it will need", format!("no answer within {} minutes", LONGEST.as_secs() / 60))]
            }
        }
    }

    async fn needs(&self, task: &Task, undo: &StepId) -> Vec<Need> {
        let (change, back) = (self.spec(&task.step), self.spec(undo));
        let (change_scope, change_later) = self.ahead(change, task).await;
        let (back_scope, back_later) = self.ahead(back, task).await;
        let what = |of: &StepSpec| format!("the values of `{}`", of.id.value);
        let later = |of: &StepSpec, after: &[StepId]| {
            let after: Vec<_> = after.iter().map(|id| format!("`{id}`")).collect();
            vec![Need::later(what(of), format!("they are known after {}", after.join(", ")))]
        };
        // What earlier attempts of the change have done is what the undo would meet.
        let made = match self.values(change, &change_scope, change_later, (&task.earlier, &[])) {
            Values::Known(made) => made,
            Values::ByHand => return Vec::new(),
            Values::Later(after) => return later(change, &after),
            Values::Fault(why) => return vec![Need::unknown(what(change), why)],
        };
        let undone = match self.values(back, &back_scope, back_later, (&[], &task.earlier)) {
            Values::Known(undone) => undone,
            Values::ByHand => return Vec::new(),
            Values::Later(after) => return later(back, &after),
            Values::Fault(why) => return vec![Need::missing(what(back), why, "mend the step in the runbook")],
        };
        self.hide_input(&made);
        self.hide_input(&undone);
        // It looks as the undo will: in its region, with its role.
        match self.read_context(back, task, &back_scope) {
            Ok((context, _)) => rehearse(&made, &undone, &context).await,
            Err(failure) => vec![Need::unknown("what it will need", failure.message)],
        }
    }

    fn values(
        &self,
        spec: &StepSpec,
        scope: &Scope,
        later: Vec<StepId>,
        (earlier, undone): (&[EffectState], &[EffectState]),
    ) -> Values {
        match self.work(spec, scope, earlier, undone) {
            Ok(Some(work)) => Values::Known(Box::new(work)),
            Ok(None) => Values::ByHand,
            Err(_) if !later.is_empty() => Values::Later(later),
            Err(failure) => Values::Fault(failure.message),
        }
    }

    /// What a step's expressions see before anything ran: of other steps what the existing system gives. What it does not
    /// give yet, and which steps will, comes with it. (What is seen here is not kept: the steps may change it.)
    async fn ahead(&self, spec: &StepSpec, task: &Task) -> (Scope, Vec<StepId>) {
        let mut scope = self.scope(spec, &task.ended.borrow());
        let named: BTreeSet<StepId> = spec
            .refs()
            .into_iter()
            .filter(|at| at.reference.root == "step")
            .filter_map(|at| StepId::new(at.reference.path.first()?).ok())
            .collect();
        let mut later = Vec::new();
        for id in named {
            let known = task.ended.borrow().get(&id).is_some_and(|(_, outputs)| !outputs.is_empty());
            let Some(target) = self.runbook.step(id.as_str()).filter(|_| !known) else { continue };
            let looked = if target.kind.observes() { Box::pin(self.look(target, task)).await.ok() } else { None };
            if let Some(outputs) = looked {
                scope.set(&["step", id.as_str()], Value::Object(outputs));
            } else if !task.ended.borrow().contains_key(&id) {
                scope.mark_unknown(&["step", id.as_str()], id.as_str());
                later.push(id);
            }
        }
        (scope, later)
    }
}
