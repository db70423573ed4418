//! Giving each `aws-restore` step the step that it undoes.

use std::sync::Arc;

use super::{Runbook, StepSpec};
use crate::id::{Phase, StepId};
use crate::source::{Diagnostic, Diagnostics, Located, suggest};
use crate::step::Effect;
use crate::step::inverse::{way_of, ways};
use crate::step::kind::{AWS_RESTORE, AWS_RESTORE_DOUBTFUL, AwsCall, StepKind, Undone};
use crate::value::Template;

/// Finds what every `aws-restore` step puts back, and takes over its region and role.
pub(super) fn bind_undone(runbook: &mut Runbook, diagnostics: &mut Diagnostics) {
    for at in 0..runbook.steps.len() {
        if !matches!(runbook.steps[at].kind, StepKind::AwsRestore(_)) {
            continue;
        }
        let found = found(runbook, &runbook.steps[at], diagnostics);
        let step = &mut runbook.steps[at];
        let (StepKind::AwsRestore(restore), Some(found)) = (&mut step.kind, found) else {
            runbook.broken.steps.insert(step.id.value.as_str().to_owned());
            continue;
        };
        restore.of = Some(found.undone);
        step.region = step.region.take().or(found.region);
        step.role = step.role.take().or(found.role);
    }
}

struct Found {
    undone: Undone,
    region: Option<Template>,
    role: Option<Template>,
}

fn found(runbook: &Runbook, step: &StepSpec, diagnostics: &mut Diagnostics) -> Option<Found> {
    let id = step.id.value.as_str();
    if step.phase != Phase::Rollback {
        let fault = Diagnostic::error(AWS_RESTORE, format!("step `{id}` of phase `{}` puts nothing back", step.phase));
        diagnostics.push(fault.at(step.id.span, "only in `rollback`").help("move the step to `[[rollback]]`"));
        return None;
    }
    let [undone] = step.undoes.as_slice() else {
        let span = step.keys.get("undoes").copied().unwrap_or(step.id.span);
        let candidates: Vec<&str> = candidates(runbook).collect();
        let help = match candidates.as_slice() {
            [] => "no step of this runbook changes a setting by `aws` that can be put back so".to_owned(),
            some => format!("`undoes = [\"{}\"]`; it can undo {}", some[0], suggest::list(some)),
        };
        let message = format!("step `{id}` undoes {} steps, and can put back what one has changed", step.undoes.len());
        diagnostics.push(Diagnostic::error(AWS_RESTORE, message).at(span, "one step").help(help));
        return None;
    };
    let target = runbook.step(undone.value.as_str())?;
    let StepKind::Aws(call) = &target.kind else {
        let message = format!(
            "step `{}` is {} step: what it changes is not put back so",
            undone.value,
            target.kind.with_article()
        );
        diagnostics.push(
            Diagnostic::error(AWS_RESTORE, message).at(undone.span, "no `aws` step").maybe_help(near(runbook, undone)),
        );
        return None;
    };
    // That a read changes nothing is another rule's business.
    match target.effect {
        Effect::None | Effect::Read | Effect::Local => return None,
        Effect::Write | Effect::Irreversible => {}
    }
    let Some(way) = way_of(call.operation) else {
        let message = format!("it is not known how what {} changes is put back", call.operation.call());
        diagnostics.push(Diagnostic::error(AWS_RESTORE, message).at(undone.span, "").help(known(call)));
        return None;
    };
    let given = || call.with.iter().map(|(name, _)| name.as_str());
    let stays = way.stays(given());
    if !stays.is_empty() {
        let message = format!("{} of {} cannot be put back", suggest::list(&stays), call.operation.call());
        let fields = way.field_names();
        let help = format!("set it by a step of its own; what can be put back is {}", suggest::list(&fields));
        diagnostics.push(Diagnostic::error(AWS_RESTORE, message).at(undone.span, "").help(help));
        return None;
    }
    if !call.capture {
        let message = format!("step `{id}` puts back what step `{}` does not put on record", undone.value);
        diagnostics.push(
            Diagnostic::warning(AWS_RESTORE_DOUBTFUL, message)
                .at(undone.span, "it says `capture = false`")
                .help("remove `capture = false`, or put it back in another way"),
        );
    }
    for secret in way.secret.iter().filter(|secret| given().any(|name| name == secret.as_str())) {
        let message = format!("`{secret}` of {} is secret, and on no record", call.operation.call());
        diagnostics.push(
            Diagnostic::warning(AWS_RESTORE_DOUBTFUL, message)
                .at(undone.span, "put back only in the session that changed it")
                .help("a later rollback stops there, and asks to put it back by hand"),
        );
    }
    let undone = Undone { step: target.id.value.clone(), call: Arc::new(call.clone()), way };
    Some(Found { undone, region: target.region.clone(), role: target.role.clone() })
}

/// The steps that can be undone so.
fn candidates(runbook: &Runbook) -> impl Iterator<Item = &str> {
    runbook.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Aws(call) if step.phase != Phase::Rollback && call.way().is_some() => Some(step.id.value.as_str()),
        _ => None,
    })
}

fn near(runbook: &Runbook, undone: &Located<StepId>) -> Option<String> {
    suggest::help(undone.value.as_str(), candidates(runbook))
}

/// The operation that was meant, or those of its service.
fn known(call: &AwsCall) -> String {
    let service = call.operation.service_name();
    let of_service = ways().filter(|way| way.service == service).flat_map(|way| way.calls.iter().map(String::as_str));
    let all: Vec<&str> = of_service.collect();
    if all.is_empty() {
        let mut services: Vec<&str> = ways().map(|way| way.service.as_str()).collect();
        services.dedup();
        return format!("it is known for operations of {}", suggest::list(&services));
    }
    let near = suggest::closest(call.operation.name(), all.iter().copied());
    let near = near.map(|near| format!("did you mean `{service}:{near}`? ")).unwrap_or_default();
    format!("{near}it is known for {}", suggest::list(&all))
}
