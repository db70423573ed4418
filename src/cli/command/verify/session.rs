//! One target's run: from the guard to its last record. A target that cannot be verified does not stop the others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, Semaphore, mpsc};

use crate::aws::Pool;
use crate::cli::answers::{AnswersFile, AnswersOperator};
use crate::cli::command::begin::{git_state, header, keep, left_out, room};
use crate::cli::command::guard::guard_reads;
use crate::cli::command::lock::lock_verification;
use crate::cli::command::sitting::{SharedLines, view_of, write_report};
use crate::cli::command::work::{StepsPlace, Work, environment, work};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::load::Loaded;
use crate::cli::person::Unattended;
use crate::cli::prepare::Prepared;
use crate::cli::settings::Settings;
use crate::engine::{Engine, Opening, Recorder, Request, RunEnd, Sitting};
use crate::event::{Event, EventSink, GitState, Outcome, Progress, RunHeader, RunState, Verdict, VerificationOf};
use crate::id::{RunId, StepId};
use crate::journal::{RunFolder, RunLock, RunsFolder, Writer};
use crate::plan::{Excuse, Plan, PlanRecord};
use crate::report::RunView;
use crate::runbook::Runbook;
use crate::source::SourceRef;
use crate::step::aws::{AnswerRoom, Answers};
use crate::step::{Accepted, Befores, Doors};
use crate::world::clock::{Clock, rfc3339};

/// What the targets of a verification share.
pub(super) struct Shared<'a> {
    /// Who runs it, and where.
    pub(super) settings: &'a Settings,
    /// Where runs are kept.
    pub(super) runs: &'a RunsFolder,
    /// `-j`.
    pub(super) jobs: usize,
    /// As many places.
    pub(super) places: Arc<Semaphore>,
    /// The connections to AWS.
    pub(super) pool: Pool,
    /// The memory for answers that steps share.
    pub(super) room: AnswerRoom,
    /// The first run of the verification.
    pub(super) first: RunId,
    /// The project's folder.
    pub(super) project: &'a Path,
    /// Its commit, once somebody has asked.
    pub(super) git: OnceCell<Option<GitState>>,
    /// `--change`.
    pub(super) change: Option<&'a str>,
    /// `--reason`.
    pub(super) reason: Option<&'a str>,
    /// Where events go, those of all targets.
    pub(super) events: SharedLines,
}

impl Shared<'_> {
    /// The project's commit: asked for once, while the guards ask theirs.
    async fn git(&self) -> Option<GitState> {
        self.git.get_or_init(|| git_state(self.project, self.settings)).await.clone()
    }
}

/// A target's run, as far as it came.
pub(super) struct Held {
    /// The target's name.
    pub(super) name: Option<String>,
    /// The runbook.
    pub(super) runbook: Rc<Runbook>,
    /// Where its steps stand.
    pub(super) places: BTreeMap<StepId, SourceRef>,
    /// The plan as it is kept.
    pub(super) record: PlanRecord,
    /// Why the failure of a step would not count.
    pub(super) excuses: BTreeMap<StepId, Excuse>,
    /// What is on record of it; none: it did not begin.
    pub(super) view: Option<RunView>,
    /// How it ended.
    pub(super) codes: Vec<ExitCode>,
    /// Why it was not verified, or not to its end.
    pub(super) trouble: Option<String>,
    /// Where it is kept.
    pub(super) folder: Option<RunFolder>,
}

/// What stands on record, live.
#[derive(Clone)]
pub(super) struct Watched(Arc<Mutex<RunView>>);

impl Watched {
    /// Looks at it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&RunView) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EventSink for Watched {
    fn event(&mut self, event: &Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).apply(event);
    }
    fn progress(&mut self, _progress: &Progress) {}
}

/// A target that is about to be verified.
pub(super) struct Session {
    /// Its name.
    pub(super) name: Option<String>,
    /// Its run.
    pub(super) id: RunId,
    /// What will be done.
    pub(super) prepared: Prepared,
    /// The answers for it.
    pub(super) answers: Option<AnswersFile>,
    /// What the operator or the system wants.
    pub(super) requests: mpsc::UnboundedReceiver<Request>,
}

impl Session {
    /// Verifies the target. `began` is told of the view once there is one.
    pub(super) async fn hold(self, shared: &Shared<'_>, began: impl FnOnce(Watched)) -> Held {
        let Self { name, id, mut prepared, answers, requests } = self;
        if let Some(aws) = &mut prepared.aws {
            aws.app_name = id.short();
        }
        let plan = &prepared.plan;
        let Loaded { sources, runbook, .. } = &prepared.loaded;
        let mut held = Held {
            places: runbook.steps.iter().map(|it| (it.id.value.clone(), sources.locate(it.span))).collect(),
            runbook: Rc::new(prepared.loaded.runbook.clone()),
            record: prepared.record.clone(),
            excuses: plan.steps.iter().filter_map(|it| Some((it.id.clone(), it.excuse.clone()?))).collect(),
            view: None,
            codes: Vec::new(),
            trouble: None,
            folder: None,
            name,
        };
        // Before a format writes it in its own way: what is quoted or escaped is not found any more.
        let redactor = prepared.redactor.clone();
        let place = VerificationOf { of: shared.first.clone(), target: held.name.clone() };
        match Box::pin(begin(&id, prepared, place, shared)).await {
            Ok(begun) => {
                let watched = begun.watched.clone();
                held.folder = Some(begun.folder.clone());
                began(watched.clone());
                begun.run(answers, requests, shared, &mut held).await;
                held.view = Some(watched.look(RunView::clone));
            }
            Err(error) => {
                held.codes.push(error.kind);
                held.trouble = Some(error.sentence());
            }
        }
        held.trouble = held.trouble.map(|trouble| redactor.cut(&trouble));
        held
    }
}

/// A run that has begun.
struct Begun {
    _lock: RunLock,
    folder: RunFolder,
    header: RunHeader,
    writer: Writer,
    prepared: Prepared,
    doors: Doors,
    accepted: Option<Accepted>,
    watched: Watched,
}

/// The guard, and the run's folder.
async fn begin(
    id: &RunId,
    prepared: Prepared,
    place: VerificationOf,
    shared: &Shared<'_>,
) -> Result<Begun, CommandError> {
    // From here on there is no door that writes.
    let who = async {
        // To ask who calls is a call, too: `-j` bounds them all.
        let _place = shared.places.acquire().await;
        guard_reads(&shared.pool, prepared.aws.as_ref()).await
    };
    let (guarded, git) = tokio::join!(who, shared.git());
    let (doors, accepted) = guarded?;
    let broken = |error: &dyn std::error::Error| CommandError::of(ExitCode::Broken, error);
    shared.runs.has_room(room(&prepared)).map_err(|error| broken(&error))?;
    let folder = shared.runs.create(id).map_err(|error| broken(&error))?;
    let lock = lock_verification(&folder, shared.settings)?;
    keep(&folder, &prepared)?;
    let started = rfc3339(Clock::System.now());
    let cut = |text: &str| prepared.redactor.cut(text);
    let header = RunHeader {
        change: shared.change.map(cut),
        reason: shared.reason.map(cut),
        verification: Some(place),
        ..header(&prepared, id, started, accepted.as_ref(), shared.settings, git)
    };
    let writer = Writer::create(&folder.journal(), &header).map_err(|error| broken(&error))?;
    let watched = Watched(Arc::new(Mutex::new(view_of(&header, &prepared.record, &[]))));
    Ok(Begun { _lock: lock, folder, header, writer, prepared, doors, accepted, watched })
}

impl Begun {
    async fn run(
        self,
        answers: Option<AnswersFile>,
        requests: mpsc::UnboundedReceiver<Request>,
        shared: &Shared<'_>,
        held: &mut Held,
    ) {
        let Self { _lock, folder, header, writer, prepared, doors, accepted, watched } = self;
        let settings = shared.settings;
        let environment = match environment(&prepared, &folder, settings) {
            Ok(environment) => environment,
            Err(error) => {
                held.codes.push(error.kind);
                held.trouble = Some(error.sentence());
                return;
            }
        };
        let deviations = left_out(&prepared);
        let (started, user) = (&header.started, &settings.user);
        let told = Some(Arc::new(Answers::within(&shared.room)));
        let place = StepsPlace { folder: &folder, started, user, doors, answers: told, environment };
        // What is declared a read needs no shim, and nothing else is in the plan.
        let Work { steps, redactor, .. } = work(prepared, place, None, Befores::default());
        let sitting = Sitting {
            user: settings.user.clone(),
            host: settings.host.clone(),
            terminal: false,
            identity: accepted,
            deviations,
            jobs: shared.jobs,
            places: Some(Arc::clone(&shared.places)),
            back: None,
            break_glass: false,
            refused: None,
            opening: Opening::default(),
        };
        let sinks: Vec<Box<dyn EventSink>> =
            vec![Box::new(watched.clone()), Box::new(shared.events.about(held.name.as_deref()))];
        let recorder = Recorder::new(RunState::default(), writer, redactor, Clock::System, sinks);
        let plan = Rc::clone(&steps.plan);
        let engine = Engine::new(&folder.id, Rc::clone(&plan), Rc::new(steps), recorder, requests);
        let mut operator = AnswersOperator::new(answers, Unattended);
        match Box::pin(engine.run(sitting, &mut operator)).await {
            Ok(RunEnd { verdict, waits_for, why }) => {
                held.codes.push(ExitCode::from(verdict));
                held.codes.extend(watched.look(|view| found(&plan, view)));
                let person = waits_for.filter(|_| verdict == Verdict::NeedsPerson);
                let person = person.map(|question| format!("a person is needed for `{question}`"));
                let interrupted = (verdict == Verdict::Interrupted).then(|| "it was interrupted".to_owned());
                held.trouble = person.or(interrupted).or(why);
            }
            Err(error) => {
                held.codes.push(ExitCode::Broken);
                held.trouble = Some(error.to_string());
            }
        }
    }
}

/// What was found, also when the run did not come to its end: a failure that counts is one however the rest ended.
fn found(plan: &Plan, view: &RunView) -> Vec<ExitCode> {
    let ended = |wanted: Outcome| view.steps.iter().filter(move |step| step.outcome == Some(wanted));
    let counts = |id: &StepId| plan.step(id).is_some_and(|step| step.excuse.is_none());
    let failed = ended(Outcome::Failed).any(|step| counts(&step.label.id));
    let unknown = ended(Outcome::Unknown).next().is_some();
    let codes = [(failed, ExitCode::VerificationFailed), (unknown, ExitCode::VerificationUnknown)];
    codes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, code)| code).collect()
}

impl Held {
    /// Renders the reports of the run. Gives the path of the page.
    pub(super) fn write_report(&self) -> Option<Result<PathBuf, String>> {
        Some(write_report(self.folder.as_ref()?, &self.record))
    }
}
