//! `checkride resume`.

use std::fs;

use crate::aws::AwsSettings;
use crate::cli::args::{ResumeArguments, SittingArguments};
use crate::cli::command::begin::keep;
use crate::cli::command::guard::{guard_patiently, guard_read_role};
use crate::cli::command::lock::{lock, lock_verification};
use crate::cli::command::sitting::{Start, open_events, plan_of, read_answers, runtime, sit};
use crate::cli::command::tabletop::resume_tabletop;
use crate::cli::command::verify::reading;
use crate::cli::command::warn::warn;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::operator::ask_now;
use crate::cli::prepare::{Prepared, Wanted, prepare, prepare_back};
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::engine::Opening;
use crate::event::{Ask, Choice, DeviationKind, Direction, Event, Question, RunState, WayBack};
use crate::id::StepId;
use crate::journal::{ArtifactDir, Journal, ReadError, ResumePoint, RunFolder, RunsFolder, Writer, read};
use crate::plan::{PlanRecord, difference};

pub(super) fn resume(
    arguments: &ResumeArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let project = Project::here(settings)?;
    let runs = RunsFolder::of(&project.root);
    let folder = match &arguments.run {
        Some(name) => runs
            .find(name)
            .map_err(|error| CommandError::of(ExitCode::Usage, &error).hint("`checkride runs` lists them"))?,
        None => last_open(&runs)?,
    };
    if !folder.began() {
        return Err(never_began(&folder));
    }
    let (journal, state, _) = recover(&folder)?;
    if state.over().is_some() {
        return Err(over(&folder));
    }
    let record = plan_of(&folder)?;
    if record.tabletop {
        return resume_tabletop(folder, project, &record, &arguments.sitting, settings, screen);
    }
    // On the way back the run's own files count: what became of the project's since does not stand in between.
    let back = state.direction == Direction::Unwinding;
    let prepared = if back {
        prepare_back(settings, screen, project, &folder, record.clone())?
    } else {
        let prepared = prepare(settings, screen, project, Wanted::again(&record))?;
        if journal.header.verification.is_some() { reading(prepared)? } else { prepared }
    };
    warn(&prepared, screen);
    let again = Again {
        folder,
        prepared,
        journal,
        sitting: &arguments.sitting,
        back: None,
        break_glass: arguments.break_glass.as_deref(),
    };
    go_on(again, settings, screen, |folder, prepared, journal, state| {
        if state.over().is_some() {
            return Err(over(folder));
        }
        if back { Ok(Vec::new()) } else { accept_changes(folder, &record, prepared, journal, settings, screen) }
    })
}

/// A run that has begun, and one more session for it.
pub(super) struct Again<'a> {
    /// Where it is kept.
    pub(super) folder: RunFolder,
    /// What will be done.
    pub(super) prepared: Prepared,
    /// Its journal, as it was seen first.
    pub(super) journal: Journal,
    /// How the session is held.
    pub(super) sitting: &'a SittingArguments,
    /// Set when the session goes back.
    pub(super) back: Option<WayBack>,
    /// `--break-glass`: why guards may be passed.
    pub(super) break_glass: Option<&'a str>,
}

/// Departures that are on record before the first step.
pub(super) type Deviations = Vec<(DeviationKind, Option<StepId>, String)>;

/// Goes on with a run: the guard, the lock, the journal's end, one session. `accept` looks at it once nobody else writes.
pub(super) fn go_on(
    again: Again<'_>,
    settings: &Settings,
    screen: &Screen,
    accept: impl FnOnce(&RunFolder, &Prepared, &Journal, &RunState) -> Result<Deviations, CommandError>,
) -> Result<ExitCode, CommandError> {
    let Again { folder, mut prepared, journal, sitting, back, break_glass } = again;
    let runs = RunsFolder::of(&prepared.project.root);
    if let Some(aws) = &mut prepared.aws {
        aws.app_name = folder.id.short();
    }
    if let (Some(before), Some(now)) = (&journal.header.target, &prepared.aws)
        && (before.account != now.account || before.region != now.region)
    {
        return Err(CommandError::new(
            ExitCode::Guarded,
            format!(
                "the run began in account {} and region {}; the profile now says {} and {}",
                before.account, before.region, now.account, now.region
            ),
        )
        .hint("a run does not move to another account or region: begin a new one"));
    }
    let answers = read_answers(sitting, settings, &prepared)?;
    let runtime = runtime()?;
    let verifies = journal.header.verification.is_some();
    let narrowed = prepared.aws.as_ref().filter(|_| verifies).and_then(AwsSettings::for_reads);
    let aws = narrowed.as_ref().or(prepared.aws.as_ref());
    let (doors, accepted) = guard_patiently(&runtime, aws, settings, screen)?;
    // Nothing but the account and the lock stands in the way back: who needs the role there learns it then.
    if back.is_none() {
        guard_read_role(&runtime, &doors, aws)?;
    }
    let doors = if verifies { doors.reading() } else { doors };
    let _lock =
        if verifies { lock_verification(&folder, settings)? } else { lock(&runs, &prepared, &folder.id, settings)? };
    // Only now is nobody else writing: what was read before may have grown.
    let (journal, state, earlier) = recover(&folder)?;
    let mut deviations = accept(&folder, &prepared, &journal, &state)?;
    if let Some(tail) = &journal.tail {
        deviations.insert(0, (DeviationKind::TornEnd, None, format!("{}: now in {}", tail.describe(), tail.file())));
    }
    let events = open_events(sitting, settings, screen)?;
    let writer = Writer::resume(&folder.journal(), &ResumePoint::from(&journal))
        .map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
    let header = journal.header;
    let start = Start {
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
        deviations,
        jobs: sitting.jobs,
        back,
        break_glass: break_glass.map(str::to_owned),
        opening: Opening::default(),
    };
    sit(start, settings, screen, &runtime)
}

pub(super) fn never_began(folder: &RunFolder) -> CommandError {
    let message = format!("run {} never began: it was ended before its first record, and nothing was done", folder.id);
    CommandError::new(ExitCode::Usage, message).hint("`checkride run` begins a new one")
}

pub(super) fn over(folder: &RunFolder) -> CommandError {
    CommandError::new(ExitCode::Usage, format!("run {} is over", folder.id))
        .hint(format!("`checkride report {}` shows it; `checkride run` begins a new one", folder.id))
}

/// The last run that is not over.
fn last_open(runs: &RunsFolder) -> Result<RunFolder, CommandError> {
    let all = runs.list().map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
    let mut broken = None;
    for folder in all.into_iter().rev().filter(RunFolder::began) {
        match recover(&folder) {
            Ok((_, state, _)) if state.over().is_some() => {}
            Ok(_) if broken.is_none() => return Ok(folder),
            // It may be the one that was meant: an older one is not taken in its place.
            Ok(_) => break,
            Err(error) => broken = broken.or(Some(error)),
        }
    }
    Err(match broken {
        Some(error) => error.hint("another run is gone on with by its name: `checkride runs` lists them all"),
        None => {
            CommandError::new(ExitCode::Usage, "there is no run to go on with").hint("`checkride runs` lists them all")
        }
    })
}

/// Reads the journal, checks its chain, and folds it.
pub(super) fn recover(folder: &RunFolder) -> Result<(Journal, RunState, Vec<Event>), CommandError> {
    let journal = read(&folder.journal()).map_err(|error| {
        let hint = match &error {
            ReadError::Io { .. } => "is it a run of this project?",
            ReadError::Damaged { .. } => {
                "a damaged journal is not resumed: look at what the run had done, then begin a new one"
            }
            ReadError::Format { .. } => "use the version of checkride that began the run, or a later one",
        };
        CommandError::of(ExitCode::Broken, &error).hint(hint)
    })?;
    let mut state = RunState::default();
    let mut events = Vec::new();
    for record in &journal.records {
        let event = record.event.as_ref().map_err(|unknown| {
            CommandError::new(
                ExitCode::Broken,
                format!("record {} is of a kind that this version does not know: {}", record.seq, unknown.kind),
            )
            .hint("the run can be verified, but not resumed, by this version: use a later one")
        })?;
        state.apply(event).map_err(|illegal| {
            CommandError::of(ExitCode::Broken, &illegal).hint("the journal was not written by checkride alone")
        })?;
        events.push(event.clone());
    }
    Ok((journal, state, events))
}

/// What was approved is what runs: a plan that changed is shown, and must be accepted again.
pub(super) fn accept_changes(
    folder: &RunFolder,
    before: &PlanRecord,
    prepared: &Prepared,
    journal: &Journal,
    settings: &Settings,
    screen: &Screen,
) -> Result<Deviations, CommandError> {
    let now = &prepared.record;
    if before.digest == now.digest {
        return Ok(Vec::new());
    }
    let artifacts = ArtifactDir::new(folder.artifacts(), prepared.redactor.clone());
    let old =
        |digest: &str| artifacts.get(&format!("sha256-{digest}")).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let new = |digest: &str| prepared.pinned.get(digest).and_then(|bytes| String::from_utf8(bytes.clone()).ok());
    let lines = difference(before, now, &old, &new);
    let lines: Vec<String> = lines.iter().map(|line| prepared.redactor.cut(line)).collect();
    let refused = || {
        let error = CommandError::new(ExitCode::Changed, "the plan is not the one that the run began with");
        error.hint("resume it at a terminal to accept the change, or put the files back")
    };
    let Some(tty) = screen.tty() else {
        screen.say(&lines);
        return Err(refused());
    };
    let mut question = Question::new(
        "plan.changed",
        Ask::AcceptPlan,
        "The plan changed since the run began. Go on with the new one?",
        vec![Choice::Yes, Choice::No],
    );
    question.body = lines;
    let answer = ask_now(screen.surface(), tty, &settings.user, &question)
        .map_err(|none| CommandError::of(ExitCode::Interrupted, &none))?;
    if answer.choice != Choice::Yes {
        return Err(refused());
    }
    let session = journal.records.len();
    let old_plan = fs::read(folder.path.join("plan.json")).unwrap_or_default();
    folder
        .write(&format!("plan-until-{session}.json"), &old_plan)
        .map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
    keep(folder, prepared)?;
    let reason = format!("accepted by {}: plan {} instead of {}", settings.user, now.digest, before.digest);
    Ok(vec![(DeviationKind::PlanChanged, None, reason)])
}
