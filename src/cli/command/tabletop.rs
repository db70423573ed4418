//! A drill that is talked through (`drill --tabletop`), and what is said of a drill afterwards (`drill --after`). No door to AWS
//! is opened here, no program is started, and nothing but the run's folder is written.

use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use crate::cli::answers::{AnswersFile, AnswersOperator};
use crate::cli::args::SittingArguments;
use crate::cli::command::begin::{header, keep, random, room};
use crate::cli::command::closing::Closing;
use crate::cli::command::lock::lock_again;
use crate::cli::command::plan::lines;
use crate::cli::command::resume::{accept_changes, over, recover};
use crate::cli::command::run::{deviations, roles};
use crate::cli::command::sitting::{
    SharedLines, answers_for, listen, open_events, plan_of, read_answers, runtime, view_of,
};
use crate::cli::drill_opening::Typed;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::kept::know_secrets;
use crate::cli::operator::TerminalOperator;
use crate::cli::person::{Person, Unattended};
use crate::cli::prepare::{Prepared, Wanted, plan_scope, prepare};
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::cli::tty::TerminalGuard;
use crate::engine::{Opening, Recorder, Sitting, StepText, Table, afterwards as hear_afterwards};
use crate::event::{DeviationKind, Event, EventSink, RunHeader, RunState};
use crate::id::{Phase, RunId, StepId};
use crate::journal::{Journal, ResumePoint, RunFolder, RunsFolder, Writer};
use crate::plan::{Plan, PlanRecord};
use crate::profile::Tier;
use crate::report::{Ending, JsonLines, Terminal};
use crate::step::Doors;
use crate::world::clock::{Clock, compact, rfc3339};
use crate::world::secret::Redactor;

/// What is talked about.
enum Talk {
    /// The steps, one after the other.
    Through(Rc<Plan>, BTreeMap<StepId, StepText>),
    /// What there is to say of a drill that is over.
    Afterwards,
}

/// A session in which people talk.
struct Session {
    talk: Talk,
    project: Project,
    folder: RunFolder,
    record: PlanRecord,
    redactor: Redactor,
    header: RunHeader,
    writer: Writer,
    state: RunState,
    earlier: Vec<Event>,
    answers: Option<AnswersFile>,
    events: Option<JsonLines>,
    deviations: Vec<(DeviationKind, Option<StepId>, String)>,
    opening: Opening,
}

/// What is said of a drill for the record: the change ticket, the reason.
pub(super) type Said<'a> = (Option<&'a str>, Option<&'a str>);

/// Talks a drill through.
#[expect(clippy::too_many_arguments, reason = "what a run begins with, and where it is held")]
pub(super) fn tabletop(
    prepared: Prepared,
    answers: Option<AnswersFile>,
    opening: Opening,
    (change, reason): Said<'_>,
    sitting: &SittingArguments,
    settings: &Settings,
    screen: &Screen,
    runtime: &Runtime,
) -> Result<ExitCode, CommandError> {
    let broken = |error: &dyn std::error::Error| {
        CommandError::of(ExitCode::Broken, error).hint("nothing was done: what cannot be kept is not begun")
    };
    let now = Clock::System.now();
    let id = RunId::make(&compact(now), &prepared.loaded.runbook.name, random()?);
    let runs = RunsFolder::of(&prepared.project.root);
    let events = open_events(sitting, settings, screen)?;
    runs.has_room(room(&prepared)).map_err(|error| broken(&error))?;
    let folder = runs.create(&id).map_err(|error| broken(&error))?;
    keep(&folder, &prepared)?;
    // To ask for the commit is to start a program.
    let header = RunHeader {
        change: change.map(|text| prepared.redactor.cut(text)),
        reason: reason.map(|text| prepared.redactor.cut(text)),
        tabletop: true,
        ..header(&prepared, &id, rfc3339(now), None, settings, None)
    };
    let _lock = lock_again(&runs, &folder, &header, settings)?;
    let writer = Writer::create(&folder.journal(), &header).map_err(|error| broken(&error))?;
    let session = Session {
        talk: through(&prepared, runtime),
        deviations: deviations(&prepared),
        project: prepared.project,
        folder,
        record: prepared.record,
        redactor: prepared.redactor,
        header,
        writer,
        state: RunState::default(),
        earlier: Vec::new(),
        answers,
        events,
        opening,
    };
    session.hold(settings, screen, runtime)
}

/// Goes on with a drill that is talked through.
pub(super) fn resume_tabletop(
    folder: RunFolder,
    project: Project,
    before: &PlanRecord,
    sitting: &SittingArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let prepared = prepare(settings, screen, project, Wanted::again(before))?;
    let answers = read_answers(sitting, settings, &prepared)?;
    let runtime = runtime()?;
    let (journal, ..) = recover(&folder)?;
    let _lock = lock_again(&RunsFolder::of(&prepared.project.root), &folder, &journal.header, settings)?;
    let (journal, state, earlier) = recover(&folder)?;
    if state.over().is_some() {
        return Err(over(&folder));
    }
    let mut deviations = accept_changes(&folder, before, &prepared, &journal, settings, screen)?;
    deviations.splice(0..0, torn(&journal));
    let session = Session {
        talk: through(&prepared, &runtime),
        events: open_events(sitting, settings, screen)?,
        writer: again(&folder, &journal)?,
        project: prepared.project,
        folder,
        record: prepared.record,
        redactor: prepared.redactor,
        header: journal.header,
        state,
        earlier,
        answers,
        deviations,
        opening: Opening::default(),
    };
    session.hold(settings, screen, &runtime)
}

/// Adds what people have to say of a drill that is over.
pub(super) fn afterwards(
    run: &str,
    typed: &Typed,
    sitting: &SittingArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let project = Project::here(settings)?;
    let runs = RunsFolder::of(&project.root);
    let folder = runs
        .find(run)
        .map_err(|error| CommandError::of(ExitCode::Usage, &error).hint("`checkride runs` lists them"))?;
    let usage = |message: String| CommandError::new(ExitCode::Usage, message);
    if !folder.began() {
        return Err(usage(format!("run {} never began: there is nothing to say of it", folder.id)));
    }
    let record = plan_of(&folder)?;
    if !record.phases.contains(&Phase::Drill) {
        return Err(usage(format!("run {} is no drill", folder.id)).hint("`checkride status` lists the drills"));
    }
    let opening = typed.opening(&roles(&record), Clock::System.now())?;
    let (journal, ..) = recover(&folder)?;
    let production = journal.header.tier.as_deref() == Some(Tier::Production.as_str());
    let answers = answers_for(sitting, settings, &record.digest, production)?;
    let _lock = lock_again(&runs, &folder, &journal.header, settings)?;
    let (journal, state, earlier) = recover(&folder)?;
    if state.over().is_none() {
        return Err(usage(format!("drill {} is not over", folder.id))
            .hint(format!("`checkride resume {}` goes on with it, and asks at its end", folder.id)));
    }
    for name in know_secrets(settings, screen, &project, &folder, &record)? {
        screen.say(&[format!("secret `{name}` is not at hand: what is typed is not held against it")]);
    }
    let session = Session {
        talk: Talk::Afterwards,
        events: open_events(sitting, settings, screen)?,
        writer: again(&folder, &journal)?,
        redactor: screen.redactor().clone(),
        project,
        folder,
        record,
        header: journal.header,
        state,
        earlier,
        answers,
        deviations: Vec::new(),
        opening,
    };
    session.hold(settings, screen, &runtime()?)
}

/// What a crash tore off the journal's end.
fn torn(journal: &Journal) -> Option<(DeviationKind, Option<StepId>, String)> {
    let tail = journal.tail.as_ref()?;
    Some((DeviationKind::TornEnd, None, format!("{}: now in {}", tail.describe(), tail.file())))
}

fn again(folder: &RunFolder, journal: &Journal) -> Result<Writer, CommandError> {
    Writer::resume(&folder.journal(), &ResumePoint::from(journal))
        .map_err(|error| CommandError::of(ExitCode::Broken, &error))
}

/// What is said of each step before people are asked: what its plan shows, made without a door.
fn through(prepared: &Prepared, runtime: &Runtime) -> Talk {
    let mut all = lines(prepared, &Doors::none(), runtime);
    let scope = plan_scope(&prepared.scope, &prepared.loaded.runbook);
    let mut texts = BTreeMap::new();
    for step in &prepared.loaded.runbook.steps {
        let mut does = all.remove(&step.id.value).unwrap_or_default();
        let when = step.when.as_ref().map(|when| (when.value.text(), when.value.eval_bool(&scope)));
        let left_out = match when {
            Some((text, Ok(false))) => Some(format!("`when` is false: {text}")),
            Some((text, Err(_))) => {
                does.insert(0, format!("when {text} (not known yet)"));
                None
            }
            Some((_, Ok(true))) | None => None,
        };
        let text = StepText { title: step.title.clone(), guide: step.guide.clone(), does, left_out };
        texts.insert(step.id.value.clone(), text);
    }
    Talk::Through(Rc::new(prepared.plan.clone()), texts)
}

impl Session {
    fn hold(self, settings: &Settings, screen: &Screen, runtime: &Runtime) -> Result<ExitCode, CommandError> {
        let Self { talk, project, folder, record, redactor, header, writer, .. } = self;
        let Self { state, earlier, answers, events, deviations, opening, .. } = self;
        let unexpected = |error: &dyn std::error::Error| CommandError::of(ExitCode::Unexpected, error);
        let view = view_of(&header, &record, &earlier);
        let guard = screen.tty().map(TerminalGuard::hold);
        let terminal = Terminal::start(screen.surface().clone(), view).map_err(|error| unexpected(&error))?;
        let events = SharedLines::of(events);
        let sinks: Vec<Box<dyn EventSink>> = vec![Box::new(terminal.sink()), Box::new(events.clone())];
        let person = match screen.tty() {
            Some(tty) => Person::AtTerminal(TerminalOperator::new(terminal.door(), tty.clone(), &settings.user)),
            None => Person::Nobody(Unattended),
        };
        let mut operator = AnswersOperator::new(answers, person);
        let sitting = Sitting {
            user: settings.user.clone(),
            host: settings.host.clone(),
            terminal: screen.tty().is_some(),
            identity: None,
            deviations,
            jobs: 1,
            places: None,
            back: None,
            break_glass: false,
            refused: None,
            opening,
        };
        let again = matches!(talk, Talk::Afterwards).then(|| format!("checkride drill --after {}", folder.id));
        let recorder = Recorder::new(state, writer, redactor.clone(), Clock::System, sinks);
        let end: std::io::Result<_> = LocalSet::new().block_on(runtime, async {
            let requests = listen(screen.tty(), &terminal)?;
            Ok(match talk {
                Talk::Through(plan, texts) => {
                    Box::pin(Table::new(plan, texts, recorder, requests).run(sitting, &mut operator)).await
                }
                Talk::Afterwards => {
                    let plan = record.digest.as_str();
                    Box::pin(hear_afterwards(recorder, requests, plan, sitting, &mut operator)).await
                }
            })
        });
        let end = match end {
            Ok(end) => end,
            Err(error) => {
                terminal.end(Ending::default());
                return Err(unexpected(&error));
            }
        };
        let unused: Vec<String> = operator.unused().into_iter().map(str::to_owned).collect();
        drop(operator);
        let closing =
            Closing { folder: &folder, record: &record, project: &project, redactor: &redactor, back: false, again };
        let (code, ending) = closing.of(&end, &unused);
        terminal.end(ending);
        drop(guard);
        if let Err(error) = events.finish() {
            screen.say(&[format!("the events could not all be written: {error}")]);
        }
        Ok(code)
    }
}
