//! What the steps of one session work with.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::cli::child::child_environment;
use crate::cli::command::files::Files;
use crate::cli::command::stacks::RunsOnRecord;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::prepare::{Prepared, with_run};
use crate::cli::project::Project;
use crate::cli::settings::Settings;
use crate::engine::Steps;
use crate::journal::{ArtifactDir, RunFolder};
use crate::plan::PlanRecord;
use crate::step::aws::Answers;
use crate::step::command::Host;
use crate::step::{Befores, Doors};
use crate::world::clock::Clock;
use crate::world::process::Environment;
use crate::world::secret::Redactor;

/// Where a session works.
pub(super) struct StepsPlace<'a> {
    /// The run's folder.
    pub(super) folder: &'a RunFolder,
    /// When the run began.
    pub(super) started: &'a str,
    /// Who sits at it.
    pub(super) user: &'a str,
    /// The doors to AWS.
    pub(super) doors: Doors,
    /// What reads were told, where they are shared.
    pub(super) answers: Option<Arc<Answers>>,
    /// What children see.
    pub(super) environment: Environment,
}

/// The steps, and what a session needs beside them.
pub(super) struct Work {
    /// The steps.
    pub(super) steps: Steps,
    /// The plan as it is kept.
    pub(super) record: PlanRecord,
    /// The project.
    pub(super) project: Project,
    /// What is cut.
    pub(super) redactor: Redactor,
}

/// What children of the session see; the files that it names are written into the run's folder.
pub(super) fn environment(
    prepared: &Prepared,
    folder: &RunFolder,
    settings: &Settings,
) -> Result<Environment, CommandError> {
    let (environment, files) =
        child_environment(settings, prepared.aws.as_ref(), prepared.tools.as_deref(), &folder.path);
    for file in &files {
        folder.write(file.name, file.text.as_bytes()).map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
    }
    Ok(environment)
}

/// The steps of a prepared run. `host` is where commands run that may change something.
pub(super) fn work(prepared: Prepared, place: StepsPlace<'_>, host: Option<Arc<Host>>, befores: Befores) -> Work {
    let open = prepared.in_the_open();
    let Prepared { project, kept, loaded, plan, record, aws, redactor, scope, .. } = prepared;
    let StepsPlace { folder, started, user, doors, answers, environment } = place;
    let kept_until = record.drill.as_ref().and_then(|drill| drill.kept_until);
    let steps = Steps {
        used: loaded.runbook.outputs_used(),
        runbook: Rc::new(loaded.runbook),
        sources: Rc::new(loaded.sources),
        plan: Rc::new(plan),
        base: with_run(&scope, &folder.id, started, user, kept_until),
        doors,
        target: aws.as_ref().map(|aws| (aws.account.clone(), aws.region.clone())),
        profile: loaded.profile.as_ref().map(|profile| profile.name.clone()),
        deciding: kept.as_ref().unwrap_or(&project).root.clone(),
        project: project.root.clone(),
        environment: Arc::new(environment),
        artifacts: Arc::new(Files(ArtifactDir::new(folder.artifacts(), redactor.clone()))),
        host,
        redactor: redactor.clone(),
        open,
        clock: Clock::System,
        planned: record.files.iter().map(|file| (file.path.clone(), file.sha256.clone())).collect(),
        observed: RefCell::default(),
        befores: Arc::new(befores),
        records: Arc::new(RunsOnRecord::of(&project.root, &folder.id)),
        answers,
    };
    Work { steps, record, project, redactor }
}
