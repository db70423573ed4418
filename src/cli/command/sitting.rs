//! One session at a run: sinks, operator, signals, the engine, the report.

use std::fs::File;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use nix::libc::{SIGCONT, SIGTSTP};
use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::LocalSet;

use crate::cli::answers::{AnswersFile, AnswersOperator};
use crate::cli::args::{ReportFormat, SittingArguments};
use crate::cli::command::closing::Closing;
use crate::cli::command::fence::behind_fence;
use crate::cli::command::freshness::stale_drill;
use crate::cli::command::on_record::OnRecord;
use crate::cli::command::work::{StepsPlace, Work, environment, work};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::job;
use crate::cli::keys::{take_stop, want_stop};
use crate::cli::lend::TerminalLender;
use crate::cli::operator::TerminalOperator;
use crate::cli::person::{Person, Unattended};
use crate::cli::prepare::Prepared;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::cli::tty::{TerminalGuard, Tty, put_aside, retake, take_again};
use crate::engine::{Engine, Opening, Recorder, Request, Sitting};
use crate::event::{DeviationKind, Event, EventSink, Progress, RunHeader, RunState, WayBack};
use crate::id::StepId;
use crate::journal::{RunFolder, Writer, read};
use crate::plan::PlanRecord;
use crate::profile::Tier;
use crate::report::{
    DrillPlanView, Ending, JsonLines, PlanView, RunView, ScreenDoor, Stage, StepLabel, Terminal, harmless_json,
};
use crate::source::{Diagnostics, Sources};
use crate::step::command::Host;
use crate::step::{Accepted, Befores, Doors, Lender};
use crate::world::clock::Clock;

/// Everything that a session starts from.
pub(crate) struct Start {
    /// What will be done.
    pub prepared: Prepared,
    /// Where it is kept.
    pub folder: RunFolder,
    /// The journal's first line.
    pub header: RunHeader,
    /// The journal, open.
    pub writer: Writer,
    /// Where the run stands.
    pub state: RunState,
    /// The events of earlier sessions.
    pub earlier: Vec<Event>,
    /// The caller that the guard accepted.
    pub accepted: Option<Accepted>,
    /// The doors that it was asked at.
    pub doors: Doors,
    /// The answers.
    pub answers: Option<AnswersFile>,
    /// Where events go beside the screen.
    pub events: Option<JsonLines>,
    /// What was decided before the session.
    pub deviations: Vec<(DeviationKind, Option<StepId>, String)>,
    /// How many steps run at once, at most.
    pub jobs: usize,
    /// Set when the session goes back.
    pub back: Option<WayBack>,
    /// `--break-glass`: why guards may be passed.
    pub break_glass: Option<String>,
    /// What is known of a drill when it is begun.
    pub opening: Opening,
}

/// Reads an answers file, and holds it against the plan.
pub(crate) fn read_answers(
    arguments: &SittingArguments,
    settings: &Settings,
    prepared: &Prepared,
) -> Result<Option<AnswersFile>, CommandError> {
    let production = prepared.loaded.profile.as_ref().is_some_and(|profile| profile.tier == Tier::Production);
    answers_for(arguments, settings, &prepared.record.digest, production)
}

/// Reads an answers file, and holds it against the plan of this digest.
pub(super) fn answers_for(
    arguments: &SittingArguments,
    settings: &Settings,
    plan: &str,
    production: bool,
) -> Result<Option<AnswersFile>, CommandError> {
    let Some(path) = &arguments.answers else { return Ok(None) };
    let mut sources = Sources::new();
    let display = path.display().to_string();
    match AnswersFile::read(&settings.folder.join(path), &display, &mut sources) {
        Ok(file) => match file.check_plan(plan, production) {
            Ok(()) => Ok(Some(file)),
            Err(fault) => {
                let error = CommandError::faults(Diagnostics::from(fault), sources);
                Err(CommandError { kind: ExitCode::Changed, ..error })
            }
        },
        Err(faults) => Err(CommandError::faults(faults, sources)),
    }
}

/// The runtime: one thread, waits dominate.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::of(ExitCode::Unexpected, &error))
}

/// The view of a run, from its plan and its events.
pub(crate) fn view_of(header: &RunHeader, record: &PlanRecord, events: &[Event]) -> RunView {
    let labels = record
        .steps
        .iter()
        .map(|step| StepLabel {
            id: step.id.clone(),
            phase: step.phase,
            title: step.title.clone(),
            kind: step.kind.clone(),
            action: step.action.clone(),
            guide: step.guide.clone(),
            owner: step.owner.clone(),
            due: step.due.clone(),
            controls: step.controls.clone(),
            effect: Some(step.effect.clone()),
            left_out: step.left_out.clone(),
        })
        .collect();
    // To talk takes no time of a run's.
    let budget = record.budget_ms.filter(|_| !record.tabletop).map(std::time::Duration::from_millis);
    let plan = PlanView {
        inputs: record.inputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        secrets: record.secrets.iter().map(|(name, source)| (name.clone(), source.clone())).collect(),
        files: record.files.iter().map(|file| (file.path.clone(), file.sha256.clone())).collect(),
        drill: record.drill.as_ref().map(|drill| DrillPlanView {
            covers: drill.covers.clone(),
            scenario: drill.scenario.clone(),
            objectives: drill.objectives.clone(),
            roles: drill.roles.clone(),
            rto_ms: drill.rto_ms,
            rpo_ms: drill.rpo_ms,
            budget_ms: drill.budget_ms,
        }),
    };
    let mut view = RunView::new(header.clone()).with_steps(labels).with_budget(budget).with_plan(plan);
    for event in events {
        view.apply(event);
    }
    view
}

/// Holds one session, to its end.
pub(crate) fn sit(
    start: Start,
    settings: &Settings,
    screen: &Screen,
    runtime: &tokio::runtime::Runtime,
) -> Result<ExitCode, CommandError> {
    let Start {
        prepared,
        folder,
        header,
        writer,
        state,
        earlier,
        accepted,
        doors,
        answers,
        events,
        mut deviations,
        jobs,
        back,
        break_glass,
        opening,
    } = start;
    let unexpected = |error: &dyn std::error::Error| CommandError::of(ExitCode::Unexpected, error);
    let view = view_of(&header, &prepared.record, &earlier);
    let guard = screen.tty().map(TerminalGuard::hold);
    let terminal = Terminal::start(screen.surface().clone(), view).map_err(|error| unexpected(&error))?;
    let events = SharedLines::of(events);
    let sinks: Vec<Box<dyn EventSink>> = vec![Box::new(terminal.sink()), Box::new(events.clone())];

    let person = match screen.tty() {
        Some(tty) => Person::AtTerminal(TerminalOperator::new(terminal.door(), tty.clone(), &settings.user)),
        None => Person::Nobody(Unattended),
    };
    let mut operator = AnswersOperator::new(answers, person);
    let host = Host {
        program: this_program(),
        commands: folder.commands(),
        artifacts: folder.artifacts(),
        redactor: prepared.redactor.clone(),
        terminal: screen.tty().map(|tty| {
            let lender = TerminalLender::new(terminal.door(), tty.clone());
            let lender: Arc<dyn Lender> = Arc::new(lender);
            lender
        }),
        idle: std::sync::Mutex::default(),
    };
    let befores = Befores::of(state.steps.iter().filter_map(|(id, step)| Some((id.clone(), step.captured.clone()?))));
    let refused = if back.is_none() { stale_drill(&prepared, &state, settings)? } else { None };
    let doors = behind_fence(&prepared, &state, doors)?;
    let environment = environment(&prepared, &folder, settings)?;
    // Between two reads of a run that writes, anything may have been written.
    let (started, user) = (&header.started, &settings.user);
    let place = StepsPlace { folder: &folder, started, user, doors, answers: None, environment };
    let Work { steps, record, project, redactor } = work(prepared, place, Some(Arc::new(host)), befores);
    let plan = Rc::clone(&steps.plan);
    // It is on record from the beginning, whether or not a guard is in the way: what it passes is said when it passes it.
    deviations.extend(break_glass.iter().map(|reason| (DeviationKind::BreakGlass, None, reason.clone())));
    let sitting = Sitting {
        user: settings.user.clone(),
        host: settings.host.clone(),
        terminal: screen.tty().is_some(),
        identity: accepted,
        deviations,
        jobs,
        places: None,
        back,
        break_glass: break_glass.is_some(),
        refused,
        opening,
    };
    let back = sitting.back.is_some();
    let recorder = Recorder::new(state, writer, redactor.clone(), Clock::System, sinks);
    let local = LocalSet::new();
    let end: std::io::Result<_> = local.block_on(runtime, async {
        let requests = listen(screen.tty(), &terminal)?;
        let engine = Engine::new(&folder.id, plan, Rc::new(steps), recorder, requests);
        Ok(Box::pin(engine.run(sitting, &mut operator)).await)
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
        Closing { folder: &folder, record: &record, project: &project, redactor: &redactor, back, again: None };
    let (code, ending) = closing.of(&end, &unused);
    terminal.end(ending);
    drop(guard);
    if let Err(error) = events.finish() {
        screen.say(&[format!("the events could not all be written: {error}")]);
    }
    Ok(code)
}

/// This program, as it was started: also when an upgrade has put another one in its place.
fn this_program() -> PathBuf {
    // The system says "(deleted)" behind the path of a program that was replaced; this one leads to it all the same.
    let running = || PathBuf::from("/proc/self/exe");
    std::env::current_exe().ok().filter(|path| path.exists()).unwrap_or_else(running)
}

/// Renders the reports from the journal, as anyone can at any later time. Gives the path of the page.
pub(super) fn write_report(folder: &RunFolder, record: &PlanRecord) -> Result<std::path::PathBuf, String> {
    let journal = read(&folder.journal()).map_err(|error| error.to_string())?;
    let run = OnRecord::of(folder, journal, record);
    for (name, format) in [("report.md", ReportFormat::Md), ("report.html", ReportFormat::Html)] {
        folder.write(name, run.rendered(format, true).as_bytes()).map_err(|error| error.to_string())?;
    }
    Ok(folder.path.join("report.html"))
}

/// Opens `--events`, before a run is begun or gone on with: a file that cannot be written leaves no run behind.
pub(crate) fn open_events(
    arguments: &SittingArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<Option<JsonLines>, CommandError> {
    let Some(target) = &arguments.events else { return Ok(None) };
    let started = if target == "-" {
        JsonLines::start(screen.stdout())
    } else {
        let path = settings.folder.join(target);
        let file = File::create(&path).map_err(|error| {
            CommandError::of(ExitCode::Usage, &error).hint(format!("--events {target} cannot be written"))
        })?;
        JsonLines::start(file)
    };
    started.map(Some).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))
}

/// Signals as requests.
pub(super) fn listen(tty: Option<&Tty>, terminal: &Terminal) -> std::io::Result<mpsc::UnboundedReceiver<Request>> {
    if let Some(tty) = tty {
        listen_to_stops(tty, terminal.door())?;
    }
    let (sender, requests) = mpsc::unbounded_channel();
    let heard: [(SignalKind, Request); 3] = [
        (SignalKind::interrupt(), Request::Interrupt("SIGINT")),
        (SignalKind::terminate(), Request::Interrupt("SIGTERM")),
        (SignalKind::hangup(), Request::Hangup),
    ];
    for (kind, request) in heard {
        let mut stream: Signal = signal(kind)?;
        let sender = sender.clone();
        tokio::task::spawn_local(async move {
            while stream.recv().await.is_some() {
                if sender.send(request).is_err() {
                    break;
                }
            }
        });
    }
    Ok(requests)
}

/// Hears Ctrl-Z (SIGTSTP) while nothing is asked, and `fg` or `bg` (SIGCONT). An open prompt hears the key itself.
fn listen_to_stops(tty: &Tty, door: ScreenDoor) -> std::io::Result<()> {
    let mut stops = signal(SignalKind::from_raw(SIGTSTP))?;
    let mut returns = signal(SignalKind::from_raw(SIGCONT))?;
    let tty = tty.clone();
    tokio::task::spawn_local(async move {
        while stops.recv().await.is_some() {
            let tty = tty.clone();
            want_stop();
            door.borrow(move |stage| suspend(stage, &tty));
        }
    });
    tokio::task::spawn_local(async move {
        while returns.recv().await.is_some() {
            retake();
        }
    });
    Ok(())
}

/// Stops while the screen is ours. (A prompt that was open may have stopped in the meantime.)
fn suspend(stage: &Stage<'_>, tty: &Tty) {
    if !take_stop() || tty.in_background() || !job::has_shell() {
        return;
    }
    let goes_on = stage.view.running().next().is_some();
    let goes_on = if goes_on { "; the running step goes on, and so does its time-out" } else { "" };
    stage.surface.lines(&[format!("suspended{goes_on}. `fg` to come back")]);
    put_aside(tty);
    job::stop();
    take_again(tty);
}

/// The event lines, shared so that they can be ended after the engine is gone, and by all targets of a verification.
#[derive(Clone, Default)]
pub(super) struct SharedLines {
    lines: Arc<std::sync::Mutex<Option<JsonLines>>>,
    target: Option<String>,
}

impl SharedLines {
    /// Lines to share, if there are any.
    pub(super) fn of(lines: Option<JsonLines>) -> Self {
        Self { lines: Arc::new(std::sync::Mutex::new(lines)), target: None }
    }

    /// The same lines, for one of several targets: each names it.
    pub(super) fn about(&self, target: Option<&str>) -> Self {
        Self { lines: Arc::clone(&self.lines), target: target.map(str::to_owned) }
    }

    /// Ends them. The error, if any, is the one at which writing stopped.
    pub(super) fn finish(&self) -> std::io::Result<()> {
        let lines = self.lines.lock().ok().and_then(|mut lines| lines.take());
        lines.map_or(Ok(()), JsonLines::finish)
    }

    fn write(&self, write: impl FnOnce(&JsonLines, Option<&str>)) {
        if let Ok(lines) = self.lines.lock()
            && let Some(lines) = lines.as_ref()
        {
            write(lines, self.target.as_deref());
        }
    }
}

impl EventSink for SharedLines {
    fn event(&mut self, event: &Event) {
        self.write(|lines, target| lines.event_of(target, event));
    }
    fn progress(&mut self, progress: &Progress) {
        self.write(|lines, target| lines.progress_of(target, progress));
    }
}

/// `plan.json` of a run.
pub(crate) fn plan_of(folder: &RunFolder) -> Result<PlanRecord, CommandError> {
    let bytes = folder.read("plan.json").map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        CommandError::of(ExitCode::Broken, &error)
            .hint(format!("{} cannot be read", folder.path.join("plan.json").display()))
    })
}

/// JSON as people read it, on a screen, too: no character in it acts there.
pub(crate) fn pretty(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|_| Value::Null.to_string());
    text = harmless_json(&text);
    text.push('\n');
    text
}
