//! `checkride rollback`: back from what a run has changed, by the run's own records.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::cli::args::RollbackArguments;
use crate::cli::command::resume::{Again, go_on, never_began, recover};
use crate::cli::command::sitting::plan_of;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::prepare::prepare_back;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::event::{DeviationKind, RunState, Verdict, WayBack};
use crate::id::{Phase, StepId};
use crate::journal::{Journal, RunFolder, RunsFolder};
use crate::plan::{PlanRecord, WayBackPlan, WhyItStays, way_back};
use crate::step::Effect;
use crate::world::clock::Clock;

pub(super) fn rollback(
    arguments: &RollbackArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let project = Project::here(settings)?;
    let folder = wanted(arguments, settings, &RunsFolder::of(&project.root))?;
    let (journal, state, _) = recover(&folder)?;
    let record = plan_of(&folder)?;
    if record.tabletop {
        return Err(CommandError::new(
            ExitCode::Usage,
            format!("run {} was only talked through: nothing was done", folder.id),
        )
        .hint("there is nothing to go back from"));
    }
    let to = arguments.to.as_ref();
    if let Some(step) = to.filter(|step| record.steps.iter().all(|known| known.id != **step)) {
        return Err(CommandError::new(ExitCode::Usage, format!("--to {step}: the run has no such step"))
            .hint(format!("`checkride report {}` lists its steps", folder.id)));
    }
    let mut prepared = prepare_back(settings, screen, project, &folder, record.clone())?;
    if prepared.plan.is_drill() {
        // What a drill was told to keep is removed by whoever asks for it.
        prepared
            .plan
            .steps
            .iter_mut()
            .filter(|step| step.phase == Phase::Rollback)
            .for_each(|step| step.left_out = None);
    }
    let found = way_back(&prepared.plan, &state, to);
    let title = |id: &StepId| title_of(&record, id);
    refuse_nothing(&folder, &state, &found, title)?;
    if arguments.plan {
        let mut text = head(&folder, &journal).join("\n");
        text.push('\n');
        for line in found.lines(title) {
            text.push_str(&screen.stdout_look().plain(&prepared.redactor.cut(&line)));
            text.push('\n');
        }
        screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
        return Ok(ExitCode::Success);
    }
    let declared = arguments.declared.as_deref().map(|text| declared(text, Clock::System.now())).transpose()?;
    let back = Some(WayBack { incident: arguments.incident.clone(), declared, to: arguments.to.clone() });
    let again = Again { folder, prepared, journal, sitting: &arguments.sitting, back, break_glass: None };
    go_on(again, settings, screen, |folder, prepared, _, state| {
        // Somebody else may have been quicker.
        let found = way_back(&prepared.plan, state, to);
        refuse_nothing(folder, state, &found, title)?;
        let kept = found.stays.iter().filter(|stays| matches!(stays.why, WhyItStays::Kept));
        let kept = kept.map(|stays| (DeviationKind::LeftOut, Some(stays.step.clone()), "kept by --to".to_owned()));
        Ok(kept.collect())
    })
}

/// When an incident was declared: a time of the last 24 hours in UTC, or a moment.
fn declared(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, CommandError> {
    let of_day = || {
        let time = NaiveTime::parse_from_str(text, "%H:%M").ok()?;
        let today = now.date_naive().and_time(time).and_utc();
        Some(if today > now { today - TimeDelta::days(1) } else { today })
    };
    let moment = || Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc());
    of_day().or_else(moment).filter(|at| *at <= now).ok_or_else(|| {
        CommandError::new(ExitCode::Usage, format!("--declared {text}: this is no time that was"))
            .hint("write HH:MM in UTC, or 2026-11-21T03:12:00Z")
    })
}

/// What run it is, in a line or two.
fn head(folder: &RunFolder, journal: &Journal) -> Vec<String> {
    let header = &journal.header;
    let place = header.target.as_ref().map(|target| {
        let emulator = target.emulator.as_ref().map(|url| format!(", EMULATOR at {url}")).unwrap_or_default();
        format!(", account {} in {}{emulator}", target.account, target.region)
    });
    let profile = header.profile.as_ref().map(|name| format!(", profile {name}")).unwrap_or_default();
    vec![
        format!("Rollback of {}: {}", folder.id, header.title),
        format!("begun {} by {}{profile}{}", header.started, header.user, place.unwrap_or_default()),
    ]
}

fn title_of(record: &PlanRecord, id: &StepId) -> String {
    record.steps.iter().find(|step| step.id == *id).map_or_else(|| id.to_string(), |step| step.title.clone())
}

/// A rollback that would do nothing is no success.
fn refuse_nothing(
    folder: &RunFolder,
    state: &RunState,
    found: &WayBackPlan,
    title: impl Fn(&StepId) -> String,
) -> Result<(), CommandError> {
    if !found.is_empty() {
        return Ok(());
    }
    if state.over() == Some(Verdict::RolledBack) {
        return Err(CommandError::new(ExitCode::Usage, format!("run {} is rolled back", folder.id))
            .hint(format!("`checkride report {}` shows how", folder.id)));
    }
    let message = format!("there is nothing of run {} that its rollback would undo", folder.id);
    Err(found.lines(title).into_iter().fold(CommandError::new(ExitCode::Usage, message), CommandError::hint))
}

/// The run that is meant.
fn wanted(arguments: &RollbackArguments, settings: &Settings, runs: &RunsFolder) -> Result<RunFolder, CommandError> {
    let profile = arguments.profile.clone().or_else(|| settings.variable("CHECKRIDE_PROFILE"));
    let folder = match (&arguments.run, arguments.last) {
        (Some(name), _) => match runs.find(name) {
            Ok(folder) => folder,
            Err(no_run) => match last(runs, Some(name), profile.as_deref())? {
                Some(folder) => folder,
                None => {
                    return Err(CommandError::of(ExitCode::Usage, &no_run)
                        .hint("nor is it a runbook that ever changed anything here")
                        .hint("`checkride runs` lists the runs"));
                }
            },
        },
        (None, true) => {
            let Some(profile) = &profile else {
                return Err(CommandError::new(ExitCode::Usage, "--last of which profile?").hint("name it: -p PROFILE"));
            };
            last(runs, None, Some(profile))?.ok_or_else(|| {
                let message = format!("no run here has changed anything with profile {profile}");
                CommandError::new(ExitCode::Usage, message).hint("`checkride runs` lists the runs")
            })?
        }
        (None, false) => {
            return Err(CommandError::new(ExitCode::Usage, "which run is to be rolled back?")
                .hint("the last one that changed something: `checkride rollback --last -p PROFILE`")
                .hint("another one by its id, or the end of it: `checkride runs` lists them"));
        }
    };
    if folder.began() { Ok(folder) } else { Err(never_began(&folder)) }
}

/// The last run that changed something, of a runbook and of a profile, where they are named. A run that cannot be read may be
/// the one that is meant: an older one is not taken in its place.
fn last(runs: &RunsFolder, runbook: Option<&str>, profile: Option<&str>) -> Result<Option<RunFolder>, CommandError> {
    let all = runs.list().map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
    for folder in all.into_iter().rev().filter(RunFolder::began) {
        let (journal, state, _) = recover(&folder).map_err(|error| {
            error.hint(format!("run {} may be the one that is meant; another one is named by its id", folder.id))
        })?;
        let header = &journal.header;
        let of_runbook = runbook.is_none_or(|name| {
            header.runbook == name || header.runbook.strip_suffix(".toml").is_some_and(|path| ends_with(path, name))
        });
        let of_profile = profile.is_none_or(|name| header.profile.as_deref() == Some(name));
        if of_runbook && of_profile && changed(&plan_of(&folder)?, &state) {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

fn ends_with(path: &str, name: &str) -> bool {
    path == name || path.strip_suffix(name).is_some_and(|before| before.ends_with('/'))
}

/// Whether the run changed something outside, or may have.
fn changed(record: &PlanRecord, state: &RunState) -> bool {
    let writes = [Effect::Write.as_str(), Effect::Irreversible.as_str()];
    record.steps.iter().any(|step| writes.contains(&step.effect.as_str()) && state.step(&step.id).may_have_run())
}

#[cfg(test)]
mod tests {
    use super::declared;

    #[test]
    fn an_incident_was_declared_in_the_past() {
        let now = "2026-11-22T03:30:00Z".parse().unwrap();
        let read = |text| declared(text, now).map(|at| at.to_rfc3339()).ok();
        assert_eq!(read("03:12").as_deref(), Some("2026-11-22T03:12:00+00:00"));
        assert_eq!(read("23:50").as_deref(), Some("2026-11-21T23:50:00+00:00"));
        assert_eq!(read("2026-11-22T04:12:00+01:00").as_deref(), Some("2026-11-22T03:12:00+00:00"));
        assert_eq!((read("2026-11-22T03:31:00Z"), read("soon")), (None, None));
    }
}
