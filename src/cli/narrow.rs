//! What narrows a run: a target of the profile, and what the command line leaves out together with what needs it.

use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::id::StepId;
use crate::plan::Selection;
use crate::profile::Profile;
use crate::runbook::{Runbook, StepSpec};
use crate::source::suggest;
use crate::step::kind::StepKind;

/// The profile as it is for a target.
pub(super) fn of_target(profile: Option<&Profile>, name: &str) -> Result<Profile, CommandError> {
    profile.and_then(|profile| profile.for_target(name)).ok_or_else(|| no_target(profile, name))
}

/// The names of a profile's targets, in their order.
pub(crate) fn names_of_targets(profile: Option<&Profile>) -> Vec<&str> {
    profile.into_iter().flat_map(|profile| &profile.targets).map(|target| target.name.value.as_str()).collect()
}

/// The error for a target that there is not.
pub(crate) fn no_target(profile: Option<&Profile>, name: &str) -> CommandError {
    let known = names_of_targets(profile);
    let error = CommandError::new(ExitCode::Usage, format!("the profile has no target `{name}`"));
    match (suggest::closest(name, known.iter().copied()), known.is_empty()) {
        (Some(near), _) => error.hint(format!("did you mean `{near}`?")),
        (None, false) => error.hint(format!("it has {}", known.join(", "))),
        (None, true) => error.hint("a target is a `[[target]]` of the profile"),
    }
}

/// The steps that run a program, and all that needs what they give, with the reason why they are left out.
pub(super) fn without_commands(runbook: &Runbook, selection: &Selection) -> Vec<(StepId, String)> {
    let mut left: Vec<(StepId, String)> = Vec::new();
    let wanted = |step: &&StepSpec| {
        selection.phases.contains(&step.phase) && !selection.skip.iter().any(|(id, _)| *id == step.id.value)
    };
    // File order: what a step refers to stands before it.
    for step in runbook.steps.iter().filter(wanted) {
        let gives = |id: &str| left.iter().any(|(other, _)| other.as_str() == id);
        let refs = step.refs();
        let refers = refs.iter().filter(|at| at.reference.root == "step").filter_map(|at| at.reference.path.first());
        let needs = step.needs.iter().map(|need| need.value.as_str()).chain(refers.map(String::as_str));
        let reason = if matches!(step.kind.read_by(), StepKind::Command(_)) {
            Some("no commands run (--no-commands)".to_owned())
        } else {
            needs.into_iter().find(|id| gives(id)).map(|id| format!("it needs `{id}`, which --no-commands leaves out"))
        };
        left.extend(reason.map(|reason| (step.id.value.clone(), reason)));
    }
    left
}
