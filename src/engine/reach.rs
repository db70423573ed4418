//! What a step can reach: the doors to AWS in its own region and role, what children see, what was told already.

use std::sync::Arc;

use tokio::time::Instant;

use crate::engine::performer::Task;
use crate::engine::read::usual_timeout;
use crate::engine::steps::Steps;
use crate::event::{Failure, FailureKind};
use crate::id::Phase;
use crate::plan::Actor;
use crate::runbook::StepSpec;
use crate::step::command::{lend, session_keys};
use crate::step::kind::StepKind;
use crate::step::{Doors, ReadContext};
use crate::value::{Scope, Template};

impl Steps {
    /// All that a step may touch of what only looks, and the doors that this was taken of.
    pub(super) fn read_context(
        &self,
        spec: &StepSpec,
        task: &Task,
        scope: &Scope,
    ) -> Result<(ReadContext, Doors), Failure> {
        let value = |template: &Template| {
            template.eval_text(scope).map_err(|error| {
                let failure = Failure::new(FailureKind::Expression, format!("`{}`: {error}", template.text()));
                self.locate(failure, template.span())
            })
        };
        let region = spec.region.as_ref().map(value).transpose()?;
        let role = spec.role.as_ref().map(value).transpose()?;
        let doors = if self.only_looks(spec) { self.doors.reading() } else { self.doors.clone() };
        let doors = doors.at(region.as_deref(), role.as_deref())?;
        let mut environment = Arc::clone(&self.environment);
        if let Some(region) = &region {
            let own = Arc::make_mut(&mut environment);
            own.set("AWS_REGION", region);
            own.set("AWS_DEFAULT_REGION", region);
        }
        let context = ReadContext {
            step: task.step.clone(),
            attempt: task.attempt,
            scope: scope.clone(),
            aws: doors.reads(),
            answers: self.answers.clone().filter(|_| task.attempt == 1 && !takes_time(&spec.kind)),
            project: self.project.clone(),
            deciding: self.deciding.clone(),
            deadline: Some(Instant::now() + spec.timeout.unwrap_or(usual_timeout(&spec.kind))),
            cancel: task.cancel.clone(),
            artifacts: Arc::clone(&self.artifacts),
            environment,
            line: task.line.clone(),
        };
        Ok((context, doors))
    }

    /// Whether a step only looks at what others have made: then it does so with the role that the profile names for it. What is
    /// read on the way of a deployment, or back, is read as the one who deploys; a program that only reads never is.
    fn only_looks(&self, spec: &StepSpec) -> bool {
        let reads = self.plan.step(&spec.id.value).is_some_and(|step| step.actor == Actor::Read);
        let program = matches!(spec.kind.read_by(), StepKind::Command(_));
        reads && (program || matches!(spec.phase, Phase::Checklist | Phase::Verify))
    }

    /// Gives a program that only reads the keys of the role for it, and no others.
    pub(super) async fn lend_keys(&self, cx: &mut ReadContext) -> Result<(), Failure> {
        let Some(keys) = session_keys(cx).await? else { return Ok(()) };
        for (name, secret) in [("the read role's key", Some(&keys.secret)), ("its session", keys.token.as_ref())] {
            let added = secret.map_or(Ok(()), |secret| self.redactor.add(name, secret));
            added.map_err(|error| Failure::new(FailureKind::Guard, format!("no keys for the program: {error}")))?;
        }
        lend(Arc::make_mut(&mut cx.environment), &keys);
        Ok(())
    }

    /// What is asked from now on is asked of AWS.
    pub(super) fn forget_answers(&self) {
        if let Some(answers) = &self.answers {
            answers.forget();
        }
    }
}

/// Whether the world may be another one after a step of this kind, although nothing of it writes to AWS by itself: a program
/// ran, a server was asked for something, something was waited for, a person was there.
pub(super) fn takes_time(kind: &StepKind) -> bool {
    match kind {
        StepKind::Confirm(_)
        | StepKind::Input(_)
        | StepKind::Command(_)
        | StepKind::Http(_)
        | StepKind::Stack(_)
        | StepKind::StackRestore(_)
        | StepKind::AwsRestore(_)
        | StepKind::S3Restore(_)
        | StepKind::Restore(_)
        | StepKind::Compare(_)
        | StepKind::Marker(_)
        | StepKind::Cleanup(_)
        | StepKind::Failover(_)
        | StepKind::Wait(_)
        | StepKind::Bake(_) => true,
        StepKind::File(_) | StepKind::Aws(_) | StepKind::Check(_) => false,
    }
}
