//! What a drill changes although it did not make it: each ARN, the steps that change it, and those that undo it.

use serde_json::{Value, json};

use crate::id::{Phase, StepId};
use crate::plan::{Plan, PlannedStep};
use crate::runbook::Runbook;
use crate::step::kind::StepKind;
use crate::step::outline;
use crate::value::{EvalError, Scope};

/// Something that a drill touches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Touched {
    /// Its ARN.
    pub arn: String,
    /// The steps that name it, of those that change something.
    pub by: Vec<StepId>,
    /// The steps of the rollback that undo those.
    pub undone_by: Vec<StepId>,
}

impl Touched {
    /// It in a line.
    pub fn words(&self) -> String {
        let list = |steps: &[StepId]| steps.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let Self { arn, by, undone_by } = self;
        match (by.as_slice(), undone_by.as_slice()) {
            ([], _) => format!("touches {arn}: no step that changes something names it"),
            (by, []) => format!("touches {arn}, by {}: not undone", list(by)),
            (by, undone) => format!("touches {arn}, by {}: undone by {}", list(by), list(undone)),
        }
    }

    /// It as data.
    pub fn data(&self) -> Value {
        json!({ "arn": self.arn, "by": self.by, "undone_by": self.undone_by })
    }
}

/// What a drill touches. `scope`: inputs and `aws`; what steps give is not known in it.
///
/// # Errors
/// A template that cannot be evaluated, with its text.
pub fn touched(runbook: &Runbook, plan: &Plan, scope: &Scope) -> Result<Vec<Touched>, (String, EvalError)> {
    let changes = |step: &&PlannedStep| step.effect.changes_target() && step.left_out.is_none();
    let steps: Vec<(&PlannedStep, Vec<String>)> = plan
        .of_phase(Phase::Drill)
        .filter(changes)
        .filter_map(|step| {
            let kind = &runbook.step(step.id.as_str())?.kind;
            // What is restored from is only read.
            (!matches!(kind, StepKind::Restore(_))).then(|| (step, outline(kind, scope)))
        })
        .collect();
    let one = |arn: String| {
        let name = arn.trim_end_matches("/*").rsplit([':', '/']).next().unwrap_or_default();
        let names = |lines: &[String]| lines.iter().any(|line| stands_in(name, line));
        let by: Vec<StepId> = steps.iter().filter(|(_, lines)| names(lines)).map(|(step, _)| step.id.clone()).collect();
        let undoes = |undo: &&PlannedStep| undo.left_out.is_none() && undo.undoes.iter().any(|id| by.contains(id));
        let undone_by = plan.of_phase(Phase::Rollback).filter(undoes).map(|undo| undo.id.clone()).collect();
        Touched { arn, by, undone_by }
    };
    let evaluated = runbook.drill.touches.iter().map(|touched| {
        let arn = touched.eval_text(scope).map_err(|error| (touched.text().to_owned(), error))?;
        Ok(one(arn))
    });
    evaluated.collect()
}

/// Whether a name stands in a line as a whole.
fn stands_in(name: &str, line: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && line.split(|c: char| !part(c)).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::{Touched, stands_in};
    use crate::id::StepId;

    #[test]
    fn a_name_is_found_as_a_whole() {
        assert!(stands_in("orders", "writes 3 markers into DynamoDB table orders, one every 1s"));
        assert!(!stands_in("orders", "writes 3 markers into DynamoDB table orders-2, one every 1s"));
        assert!(!stands_in("", "writes"));
    }

    #[test]
    fn what_is_touched_is_told_with_its_undo() {
        let id = |name: &str| StepId::new(name).unwrap();
        let touched = |by: &[&str], undone: &[&str]| Touched {
            arn: "arn:x".to_owned(),
            by: by.iter().map(|name| id(name)).collect(),
            undone_by: undone.iter().map(|name| id(name)).collect(),
        };
        assert_eq!(
            touched(&["mark", "late"], &["remove"]).words(),
            "touches arn:x, by `mark`, `late`: undone by `remove`"
        );
        assert_eq!(touched(&["mark"], &[]).words(), "touches arn:x, by `mark`: not undone");
        assert!(touched(&[], &[]).words().contains("no step"));
    }
}
