//! The fence of a drill: what it made in earlier sessions, and what its runbook says that it touches, may be changed.

use crate::aws::Fence;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::prepare::{Prepared, plan_scope};
use crate::event::RunState;
use crate::plan::{Touched, touched};
use crate::step::Doors;
use crate::step::drill::Made;

/// What a drill changes although it did not make it; nothing where the run is none.
pub(super) fn touched_by(prepared: &Prepared) -> Result<Vec<Touched>, CommandError> {
    if !prepared.plan.is_drill() {
        return Ok(Vec::new());
    }
    let runbook = &prepared.loaded.runbook;
    touched(runbook, &prepared.plan, &plan_scope(&prepared.scope, runbook)).map_err(|(text, error)| {
        CommandError::new(ExitCode::Usage, format!("`touches`: `{text}`: {error}"))
            .hint("it names inputs and `aws` only: it is known before the drill begins")
    })
}

/// The doors of a run: behind a fence, when it is a drill. The fence knows what the run has made so far.
pub(super) fn behind_fence(prepared: &Prepared, state: &RunState, doors: Doors) -> Result<Doors, CommandError> {
    let Some(aws) = prepared.aws.as_ref().filter(|_| prepared.plan.is_drill()) else { return Ok(doors) };
    let fence = Fence::around(&aws.account);
    for Touched { arn, .. } in touched_by(prepared)? {
        let one = arn.strip_suffix("/*").filter(|_| arn.contains(":s3:")).unwrap_or(&arn);
        if !arn.starts_with("arn:") || one.contains('*') {
            let why = format!("`touches` names `{arn}`, which is no ARN of one thing");
            return Err(CommandError::new(ExitCode::Usage, why).hint("arn:aws:dynamodb:REGION:ACCOUNT:table/NAME"));
        }
        fence.let_in(arn);
    }
    // A call that was refused has made nothing: what bears that name is somebody's.
    let made = state.steps.values().flat_map(|step| Made::all(&step.effects));
    for arn in made.filter_map(|made| made.lets_in()) {
        fence.let_in(arn);
    }
    doors.fenced(&fence).map_err(|failure| CommandError::new(ExitCode::Guarded, failure.message))
}
