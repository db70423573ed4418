//! Giving each `check` step, and each check of a `bake`, its check: from the catalogue, or from the project's own in `checks/`.

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
}
