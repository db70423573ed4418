//! What is to be verified where: all of it is settled before anything is called.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::cli::command::verify::baseline::{Baselines, Wanted as WantedRun};
use crate::cli::command::verify::excuses::Excuses;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::load::{Loaded, load_checked};
use crate::cli::narrow::{names_of_targets, no_target};
use crate::cli::prepare::{Prepared, Wanted, assemble, choose_profile};
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::cli::verify_args::VerifyArguments;
use crate::id::Phase;
use crate::journal::RunsFolder;
use crate::plan::{ReadPlan, Selection};
use crate::profile::{Profile, Waiver};
use crate::world::clock::Clock;

/// What a command line asks for.
pub(super) struct Order {
    /// The project.
    pub(super) project: Project,
    /// The runbook's title.
    pub(super) title: String,
    /// The runbook's path.
    pub(super) runbook: String,
    /// The waivers of the profile.
    pub(super) waivers: Vec<Waiver>,
    /// The runs of `--compare`.
    pub(super) baselines: Option<Baselines>,
    /// Today, in UTC: what waivers count by.
    pub(super) today: NaiveDate,
    /// The targets.
    pub(super) targets: Vec<Ordered>,
}

/// One target, ready to be verified.
pub(super) struct Ordered {
    /// Its name, when the profile has targets.
    pub(super) name: Option<String>,
    /// What will be done there. Its plan holds no write.
    pub(super) prepared: Prepared,
}

/// Reads and checks all that is asked for. Nothing is called.
///
/// # Errors
/// As of a run: usage, faults of files; there is nothing to verify; a target that the profile does not have.
pub(super) fn order(arguments: &VerifyArguments, settings: &Settings, screen: &Screen) -> Result<Order, CommandError> {
    let project = Project::of_runbook(settings, &arguments.runbook)?;
    let load =
        |profile: Option<&str>| load_checked(settings, &project, &arguments.runbook, profile, arguments.max_steps);
    let mut loaded = load(arguments.profile.as_deref())?;
    let mut chosen = arguments.profile.clone();
    if chosen.is_none() {
        chosen = choose_profile(settings, screen, &project, loaded.runbook.profile.as_deref())?;
        if let Some(name) = &chosen {
            loaded = load(Some(name))?;
        }
    }
    if loaded.runbook.steps.iter().all(|step| step.phase != Phase::Verify) {
        let message = format!("{} has no step of phase `verify`: there is nothing to verify", loaded.runbook.path);
        return Err(CommandError::new(ExitCode::Usage, message).hint("nothing verified is not success"));
    }
    let names = targets(loaded.profile.as_ref(), &arguments.target)?;
    let waivers = loaded.profile.as_ref().map(|profile| profile.waivers.clone()).unwrap_or_default();
    let today = Clock::System.now().date_naive();
    let profile = loaded.profile.as_ref().map(|profile| profile.name.as_str());
    let wanted = |run| WantedRun { run, runbook: &loaded.runbook.path, profile };
    let runs = RunsFolder::of(&project.root);
    let baselines = arguments.compare.as_deref().map(|run| Baselines::find(&runs, wanted(run))).transpose()?;
    let mut order = Order {
        title: loaded.runbook.title.clone(),
        runbook: loaded.runbook.path.clone(),
        waivers,
        baselines,
        today,
        targets: Vec::new(),
        project,
    };
    for name in names {
        let prepared = prepared(arguments, settings, screen, &order, loaded.clone(), chosen.clone(), name.as_deref())?;
        order.targets.push(Ordered { name, prepared });
    }
    Ok(order)
}

fn prepared(
    arguments: &VerifyArguments,
    settings: &Settings,
    screen: &Screen,
    order: &Order,
    loaded: Loaded,
    profile: Option<String>,
    target: Option<&str>,
) -> Result<Prepared, CommandError> {
    let wanted = Wanted {
        runbook: arguments.runbook.clone(),
        profile,
        given: arguments.input.clone(),
        kept: BTreeMap::new(),
        selection: Selection {
            tabletop: false,
            phases: vec![Phase::Verify],
            only: arguments.only.clone(),
            from: None,
            skip: arguments.skip.clone(),
            target: target.map(str::to_owned),
        },
        max_steps: arguments.max_steps,
        lenient: false,
        back: false,
        no_commands: arguments.no_commands,
        keep: None,
        keep_until: None,
    };
    let prepared = assemble(settings, screen, order.project.clone(), None, loaded, wanted)?;
    let known = order.baselines.as_ref().filter(|_| arguments.new_only).and_then(|all| all.of(target));
    let excuses = Excuses { waivers: &order.waivers, target, today: order.today, fail_on: arguments.fail_on, known };
    with_reads(prepared, arguments.fail_fast, &excuses)
}

/// A verification that is resumed: a plan that holds no write, with the waivers that count today. What its command line said of
/// severities and other runs was for its first session.
///
/// # Errors
/// A step may change something.
pub(in crate::cli::command) fn reading(prepared: Prepared) -> Result<Prepared, CommandError> {
    let waivers = prepared.loaded.profile.as_ref().map(|profile| profile.waivers.clone()).unwrap_or_default();
    let target = prepared.record.target.clone();
    let excuses = Excuses {
        waivers: &waivers,
        target: target.as_deref(),
        today: Clock::System.now().date_naive(),
        fail_on: None,
        known: None,
    };
    with_reads(prepared, false, &excuses)
}

/// The same with a plan that holds no write.
fn with_reads(mut prepared: Prepared, fail_fast: bool, excuses: &Excuses<'_>) -> Result<Prepared, CommandError> {
    let plan = ReadPlan::of(prepared.plan, &prepared.loaded.runbook, fail_fast, |step| excuses.of(step))
        .map_err(|write| CommandError::of(ExitCode::Invalid, &write))?;
    prepared.plan = plan.into_plan();
    Ok(prepared)
}

/// The targets that are asked for, in the order of the profile; without any, the one place of the profile.
fn targets(profile: Option<&Profile>, asked: &[String]) -> Result<Vec<Option<String>>, CommandError> {
    let known = names_of_targets(profile);
    if let Some(name) = asked.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(no_target(profile, name));
    }
    let asked: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
    let chosen = known.iter().filter(|name| asked.is_empty() || asked.contains(**name));
    let names: Vec<Option<String>> = chosen.map(|name| Some((*name).to_owned())).collect();
    Ok(if names.is_empty() { vec![None] } else { names })
}
