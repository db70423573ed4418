//! The command: order, targets side by side, one outcome.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OnceCell, Semaphore, mpsc};
use tokio::task::{AbortHandle, LocalSet, spawn_local};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use crate::aws::Pool;
use crate::cli::args::SittingArguments;
use crate::cli::command::begin::random;
use crate::cli::command::last_look::{Leak, last_look};
use crate::cli::command::sitting::{SharedLines, open_events, read_answers, runtime};
use crate::cli::command::verify::baseline::Baselines;
use crate::cli::command::verify::order::{Ordered, order};
use crate::cli::command::verify::outcome::{Reading, code};
use crate::cli::command::verify::outputs::write;
use crate::cli::command::verify::session::{Held, Session, Shared, Watched};
use crate::cli::command::warn::warn;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::cli::verify_args::{VerifyArguments, VerifyFormat};
use crate::engine::Request;
use crate::event::Outcome;
use crate::id::{Phase, RunId};
use crate::journal::RunsFolder;
use crate::report::count;
use crate::step::aws::AnswerRoom;
use crate::world::clock::{Clock, compact};

/// How often a long verification says how far it is.
const NEWS: Duration = Duration::from_secs(10);

pub(in crate::cli::command) fn verify(
    arguments: &VerifyArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let mut order = order(arguments, settings, screen)?;
    if let Some(first) = order.targets.first() {
        warn(&first.prepared, screen);
    }
    let sitting = SittingArguments {
        answers: arguments.answers.clone(),
        no_input: true,
        jobs: arguments.jobs,
        events: arguments.events.clone(),
    };
    let mut answers = Vec::new();
    for target in &order.targets {
        answers.push(read_answers(&sitting, settings, &target.prepared)?);
    }
    let events = open_events(&sitting, settings, screen)?;
    let runs = RunsFolder::of(&order.project.root);
    let runtime = runtime()?;
    let targets = std::mem::take(&mut order.targets);
    let places: Vec<_> = targets.first().map(|it| it.prepared.loaded.sources.clone()).into_iter().collect();
    let ids = ids(&targets)?;
    let shared = Shared {
        settings,
        runs: &runs,
        jobs: arguments.jobs,
        places: Arc::new(Semaphore::new(arguments.jobs)),
        pool: Pool::new(),
        room: AnswerRoom::default(),
        first: ids[0].clone(),
        project: &order.project.root,
        git: OnceCell::new(),
        change: arguments.change.as_deref(),
        reason: arguments.reason.as_deref(),
        events: SharedLines::of(events),
    };
    let mut asked = Vec::new();
    let mut sessions = Vec::new();
    for ((Ordered { name, prepared }, id), answers) in targets.into_iter().zip(ids).zip(answers) {
        let (sender, requests) = mpsc::unbounded_channel();
        asked.push(sender);
        sessions.push(Session { name, id, prepared, answers, requests });
    }
    let (held, late) = together(&runtime, sessions, asked, &shared, arguments, screen)?;
    let mut code = code(&held, late);
    for held in &held {
        if let Some(Err(why)) = held.write_report() {
            screen.say(&[format!("the report could not be written: {why}")]);
        }
        code = ExitCode::of_all([code, look_for_secrets(held, screen)]);
    }
    let reading = Reading::of(&order, &held, |waiver| places.first().map(|it| it.locate(waiver.check.span)));
    let mut all = reading.verification(&order, &held, code);
    all.fail_on = arguments.fail_on;
    let checkout = shared.git.get().and_then(Option::as_ref);
    all.folder = checkout.and_then(|git| git.folder.as_deref());
    let compared = order.baselines.as_ref().and_then(Baselines::describe);
    all.compared = compared.as_deref();
    let junit = arguments.junit.as_deref().map(|path| (VerifyFormat::Junit, path));
    let asked = arguments.output.iter().map(|(format, path)| (*format, path.as_path()));
    // One that cannot be written does not keep the others from being.
    let all_outputs = std::iter::once((arguments.format, Path::new("-"))).chain(junit).chain(asked);
    let faults: Vec<CommandError> =
        all_outputs.filter_map(|wanted| write(&all, wanted, settings, screen).err()).collect();
    for held in &held {
        let Some(folder) = &held.folder else { continue };
        let target = held.name.as_ref().map(|name| format!(" of {name}")).unwrap_or_default();
        let page = order.project.shown(&folder.path.join("report.html"));
        screen.say(&[format!("evidence{target}: {page}")]);
    }
    if let Err(error) = shared.events.finish() {
        screen.say(&[format!("the events could not all be written: {error}")]);
    }
    let kind = ExitCode::of_all(faults.iter().map(|fault| fault.kind).chain([code]));
    let mut faults = faults.into_iter();
    let Some(first) = faults.next() else { return Ok(code) };
    screen.say(&faults.map(|fault| format!("error: {}", fault.sentence())).collect::<Vec<_>>());
    Err(CommandError { kind, ..first })
}

/// An id for each target's run, no two alike.
fn ids(targets: &[Ordered]) -> Result<Vec<RunId>, CommandError> {
    let now = compact(Clock::System.now());
    let mut known = BTreeSet::new();
    let mut ids = Vec::new();
    for target in targets {
        let id = loop {
            let id = RunId::make(&now, &target.prepared.loaded.runbook.name, random()?);
            if known.insert(id.to_string()) {
                break id;
            }
        };
        ids.push(id);
    }
    Ok(ids)
}

/// Verifies all targets side by side. Gives how they were held, in their order, and whether the deadline passed.
fn together(
    runtime: &Runtime,
    sessions: Vec<Session>,
    asked: Vec<mpsc::UnboundedSender<Request>>,
    shared: &Shared<'_>,
    arguments: &VerifyArguments,
    screen: &Screen,
) -> Result<(Vec<Held>, bool), CommandError> {
    let asked = Rc::new(asked);
    let watched: Rc<RefCell<Vec<Watched>>> = Rc::default();
    let local = LocalSet::new();
    let run = async {
        let listening = listen(&asked).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
        let all = join_all(sessions.into_iter().map(|session| async {
            let stops = arguments.fail_fast.then(|| Rc::clone(&asked));
            let held = Box::pin(session.hold(shared, |view| watched.borrow_mut().push(view))).await;
            let bad = held.codes.iter().any(|code| *code != ExitCode::Success);
            if let Some(others) = stops.filter(|_| bad) {
                ask_all(&others, Request::Interrupt("--fail-fast"));
            }
            held
        }));
        tokio::pin!(all);
        let deadline = arguments.deadline.map(|span| Instant::now() + span);
        let mut news = interval_at(Instant::now() + NEWS, NEWS);
        news.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut late, mut passed) = (false, deadline.is_none());
        let held = loop {
            let until = deadline.unwrap_or_else(Instant::now);
            tokio::select! {
                held = &mut all => break held,
                _ = news.tick() => screen.say(&[far(&watched.borrow())]),
                () = sleep_until(until), if !passed => {
                    (late, passed) = (true, true);
                    screen.say(&["the deadline has passed: what is not decided is unknown".to_owned()]);
                    // No new step, and those that run are stopped.
                    ask_all(&asked, Request::Interrupt("--deadline"));
                    ask_all(&asked, Request::Interrupt("--deadline"));
                }
            }
        };
        drop(listening);
        Ok((held, late))
    };
    local.block_on(runtime, run)
}

fn ask_all(asked: &[mpsc::UnboundedSender<Request>], request: Request) {
    for sender in asked {
        // A target that is over hears nothing.
        let _ = sender.send(request);
    }
}

/// Signals as requests to every target.
fn listen(asked: &Rc<Vec<mpsc::UnboundedSender<Request>>>) -> std::io::Result<Vec<AbortHandle>> {
    let heard =
        [(SignalKind::interrupt(), "SIGINT"), (SignalKind::terminate(), "SIGTERM"), (SignalKind::hangup(), "SIGHUP")];
    let mut listening = Vec::new();
    for (kind, name) in heard {
        let mut stream = signal(kind)?;
        let asked = Rc::clone(asked);
        let task = spawn_local(async move {
            while stream.recv().await.is_some() {
                ask_all(&asked, Request::Interrupt(name));
            }
        });
        listening.push(task.abort_handle());
    }
    Ok(listening)
}

/// How far it is: a line for a log.
fn far(watched: &[Watched]) -> String {
    let (mut steps, mut decided, mut failed, mut unknown) = (0, 0, 0, 0);
    for view in watched {
        view.look(|view| {
            for step in view.steps.iter().filter(|step| step.label.phase == Phase::Verify) {
                steps += 1;
                decided += usize::from(step.outcome.is_some());
                failed += usize::from(step.outcome == Some(Outcome::Failed));
                unknown += usize::from(step.outcome == Some(Outcome::Unknown));
            }
        });
    }
    let words = |number: usize, word: &str| if number > 0 { format!(", {number} {word}") } else { String::new() };
    format!("{decided} of {}{}{}", count(steps, "step"), words(failed, "failed"), words(unknown, "unknown"))
}

/// A last look at what a run leaves behind. Evidence that holds a secret is broken.
fn look_for_secrets(held: &Held, screen: &Screen) -> ExitCode {
    let Some(folder) = &held.folder else { return ExitCode::Success };
    match last_look(folder, screen.redactor()) {
        Ok(leaks) => {
            screen.say(&leaks.iter().map(Leak::note).collect::<Vec<_>>());
            if leaks.iter().all(|leak| leak.cut) { ExitCode::Success } else { ExitCode::Broken }
        }
        Err(error) => {
            screen.say(&[format!("whether a secret stands in the run's files is not known: {error}")]);
            ExitCode::Broken
        }
    }
}
