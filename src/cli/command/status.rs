//! `checkride status`: the runs that are open, how fresh the drills are, and one run as it goes on.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::args::{Format, ResumeArguments, SittingArguments, StatusArguments};
use crate::cli::command::freshness::Drills;
use crate::cli::command::lock::is_under_way;
use crate::cli::command::resume::{never_began, recover, resume};
use crate::cli::command::runs::row;
use crate::cli::command::sitting::{plan_of, pretty, runtime, view_of};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::operator::ask_now;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::cli::tty::TerminalGuard;
use crate::event::{Ask, Choice, EventSink, Question};
use crate::journal::{Follower, RunFolder, RunsFolder};
use crate::report::{Ending, Terminal};

/// How often a journal is looked at that is followed.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn status(
    arguments: &StatusArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let project = Project::here(settings)?;
    let runs = RunsFolder::of(&project.root);
    if let Some(name) = &arguments.follow {
        let folder = runs.find(name).map_err(|error| {
            CommandError::of(ExitCode::Usage, &error).hint("`checkride status` lists the open runs")
        })?;
        if !folder.began() {
            return Err(never_began(&folder));
        }
        return follow(&folder, &runs, settings, screen);
    }
    let all = runs.list().map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
    let rows: Vec<Value> =
        all.iter().rev().filter(|run| run.began()).map(|run| row(run, &runs.locks())).filter(is_open).collect();
    let drills = Drills::of(settings, &project)?;
    let text = match arguments.format {
        Format::Json => pretty(&json!({
            "format": 1, "open": rows, "left_behind": drills.left_behind(), "overdue": drills.overdue_rows(),
            "drills": drills.rows(),
        })),
        Format::Human => {
            let open: String = rows.iter().map(|row| lines(row, screen)).collect();
            let open = if open.is_empty() { "no run is open\n".to_owned() } else { open };
            open + &drills.text(screen.stdout_look())
        }
    };
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    Ok(ExitCode::Success)
}

fn is_open(row: &Value) -> bool {
    row["code"].is_null()
}

/// A run, where it stands, and what to do about it.
fn lines(row: &Value, screen: &Screen) -> String {
    let look = screen.stdout_look();
    let text = |key: &str| look.plain(row[key].as_str().unwrap_or_default());
    let run = text("run");
    let next = match (row["stands"].as_str(), row["resumable"].as_bool()) {
        (Some("under way"), _) => format!("watch it: checkride status --follow {run}"),
        // What was only talked through has no way back.
        (_, Some(true)) if row["tabletop"] == true => format!("go on: checkride resume {run}"),
        (_, Some(true)) => format!("go on: checkride resume {run}; go back: checkride rollback {run}"),
        _ => format!("look at it: checkride evidence verify {run}"),
    };
    let problem = text("problem");
    let problem = if problem.is_empty() { problem } else { format!("\n    {problem}") };
    format!("{run}  {}  {}\n    {}{problem}\n    {next}\n", text("profile"), text("title"), text("stands"))
}

/// Shows a run as it goes on, until its session ends or is gone; then whoever watches may take it up.
fn follow(
    folder: &RunFolder,
    runs: &RunsFolder,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let broken = |error: &dyn std::error::Error| CommandError::of(ExitCode::Broken, error);
    let unexpected = |error: &dyn std::error::Error| CommandError::of(ExitCode::Unexpected, error);
    let record = plan_of(folder)?;
    let mut follower = Follower::of(&folder.journal()).map_err(|error| broken(&error))?;
    let header = follower.header().clone();
    let alive = || is_under_way(&runs.locks(), folder, &header);
    let guard = screen.tty().map(TerminalGuard::hold);
    let terminal = Terminal::start(screen.surface().clone(), view_of(&header, &record, &[]))
        .map_err(|error| unexpected(&error))?;
    let mut sink = terminal.sink();
    let runtime = runtime()?;
    let watched = runtime.block_on(async {
        let mut interrupts = signal(SignalKind::interrupt()).map_err(|error| unexpected(&error))?;
        let mut terminations = signal(SignalKind::terminate()).map_err(|error| unexpected(&error))?;
        loop {
            // Whoever writes is asked for first: what it wrote last is then there.
            let under_way = alive();
            for record in follower.news().map_err(|error| broken(&error))? {
                if let Ok(event) = &record.event {
                    sink.event(event);
                }
            }
            if !under_way {
                return Ok(true);
            }
            tokio::select! {
                _ = interrupts.recv() => return Ok(false),
                _ = terminations.recv() => return Ok(false),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    });
    let (_, state, _) = recover(folder)?;
    let open = state.over().is_none();
    let mut ending = Ending::default();
    match &watched {
        Ok(true) if open => ending.notes.push("nobody is at the run any more".to_owned()),
        Ok(false) => ending.notes.push("no longer watched; the run goes on".to_owned()),
        Ok(true) | Err(_) => {}
    }
    if open && !alive() {
        ending.resume = Some(format!("checkride resume {}", folder.id));
    }
    terminal.end(ending);
    drop(guard);
    if !watched? || !open {
        return Ok(state.over().map_or(ExitCode::Success, ExitCode::from));
    }
    let Some(tty) = screen.tty() else { return Ok(ExitCode::Interrupted) };
    let title = format!("Nobody is at run {} any more. Take it up?", folder.id);
    let question = Question::new("take_up", Ask::AcceptPlan, title, vec![Choice::Yes, Choice::No]);
    let answer = ask_now(screen.surface(), tty, &settings.user, &question)
        .map_err(|none| CommandError::of(ExitCode::Interrupted, &none))?;
    if answer.choice != Choice::Yes {
        return Ok(ExitCode::Interrupted);
    }
    let sitting = SittingArguments { answers: None, no_input: false, jobs: 16, events: None };
    resume(&ResumeArguments { run: Some(folder.id.to_string()), break_glass: None, sitting }, settings, screen)
}
