//! Giving each `check` step, and each check of a `bake`, its check: from the catalogue, or from the project's own in `checks/`;
//! and each `stack-restore` the stack that it puts back.

use std::path::Path;

use super::Runbook;
use crate::catalog::Catalog;
use crate::source::reader::Reader;
use crate::source::{Diagnostics, Sources};
use crate::step::kind::{CheckStep, StepKind};

/// Finds every check that a runbook uses, and takes over from it what the step does not say itself: severity and controls.
/// The project's own checks are read only for a runbook that may use one.
pub(super) fn bind(runbook: &mut Runbook, root: &Path, sources: &mut Sources, diagnostics: &mut Diagnostics) {
    let embedded = Catalog::embedded();
    let mut unknown = false;
    for step in &runbook.steps {
        unknown |= step.kind.checks().iter().any(|own| embedded.get(&own.id.value).is_none());
    }
    let catalog = if unknown { Catalog::of_project(root, sources, diagnostics) } else { embedded };
    for step in &mut runbook.steps {
        let reader = Reader::new(sources);
        for own in step.kind.checks_mut() {
            own.find(&catalog, &reader);
        }
        if let StepKind::Check(CheckStep { check: Some(check), .. }) = &step.kind {
            step.severity.get_or_insert(check.severity);
            if step.controls.is_empty() {
                step.controls.clone_from(&check.controls);
            }
        }
        if step.kind.checks().iter().any(|own| own.check.is_none()) || reader.has_errors() {
            runbook.broken.steps.insert(step.id.value.as_str().to_owned());
        }
        diagnostics.extend(reader.into_diagnostics());
    }
    for at in 0..runbook.steps.len() {
        put_back(runbook, at);
    }
}

/// A stack is put back where it was changed: in the region and by the role of the step that is undone, unless the undo says
/// otherwise.
fn put_back(runbook: &mut Runbook, at: usize) {
    let step = &runbook.steps[at];
    let (StepKind::StackRestore(_), [undone]) = (&step.kind, step.undoes.as_slice()) else { return };
    let Some(target) = runbook.step(undone.value.as_str()) else { return };
    let StepKind::Stack(stack) = &target.kind else { return };
    let found = (target.id.value.clone(), Box::new(stack.clone()));
    let (region, role) = (target.region.clone(), target.role.clone());
    let step = &mut runbook.steps[at];
    step.region = step.region.take().or(region);
    step.role = step.role.take().or(role);
    if let StepKind::StackRestore(restore) = &mut step.kind {
        restore.undone = Some(found);
    }
}
