//! What an earlier verification had found.

use std::collections::BTreeMap;

use crate::cli::command::resume::recover;
use crate::cli::command::sitting::plan_of;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::event::{Outcome, RunHeader, RunState};
use crate::id::{Phase, StepId};
use crate::journal::{RunFolder, RunsFolder};
use crate::plan::PlanRecord;

/// How the steps of a run had ended.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Baseline {
    /// The run.
    pub(super) run: String,
    /// Each step that had come to an end.
    pub(super) outcomes: BTreeMap<StepId, Outcome>,
}

/// The runs that a verification is held against, by the target that they are about.
#[derive(Clone, Debug, Default)]
pub(super) struct Baselines {
    by_target: BTreeMap<Option<String>, Baseline>,
}

/// Which runs are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// `--compare`: a run, or `last`.
    pub(super) run: &'a str,
    /// The runbook's path.
    pub(super) runbook: &'a str,
    /// The profile.
    pub(super) profile: Option<&'a str>,
}

impl Baselines {
    /// Finds the runs. A run of one target brings those of the others, which the same command made; `last` is the last run
    /// of each target whose session came to its end, also one that waits for a person.
    ///
    /// # Errors
    /// There is no such run, or it is about another runbook or profile.
    pub(super) fn find(runs: &RunsFolder, wanted: Wanted<'_>) -> Result<Self, CommandError> {
        let list = || runs.list().map_err(|error| CommandError::of(ExitCode::Broken, &error));
        let mut found = Self::default();
        if wanted.run == "last" {
            // The list is in the order of time; what is broken or open is no measure.
            for folder in list()?.iter().rev() {
                let Ok((header, state, record)) = read(folder) else { continue };
                if (state.ended.is_some() || state.over().is_some()) && is_of(&header, &record, wanted) {
                    found.add(&header, &state);
                }
            }
            if found.by_target.is_empty() {
                let message = format!("there is no earlier run of {}", wanted.runbook);
                return Err(CommandError::new(ExitCode::Usage, message)
                    .hint("run it once without --compare; `checkride runs` lists what there is"));
            }
            return Ok(found);
        }
        let folder = runs
            .find(wanted.run)
            .map_err(|error| CommandError::of(ExitCode::Usage, &error).hint("`checkride runs` lists them"))?;
        let (header, state, record) = read(&folder)?;
        if !is_of(&header, &record, wanted) {
            let of = header.profile.as_deref().map(|it| format!(" with profile {it}")).unwrap_or_default();
            let message = format!("{} is a run of {}{of}", folder.id, header.runbook);
            return Err(CommandError::new(ExitCode::Usage, message).hint("only a run of the same is a measure"));
        }
        found.add(&header, &state);
        if let Some(group) = &header.verification {
            for other in list()? {
                let Ok((header, state, _)) = read(&other) else { continue };
                if header.verification.as_ref().is_some_and(|it| it.of == group.of) {
                    found.add(&header, &state);
                }
            }
        }
        Ok(found)
    }

    /// The run of a target, if there is one.
    pub(super) fn of(&self, target: Option<&str>) -> Option<&Baseline> {
        self.by_target.get(&target.map(str::to_owned))
    }

    /// The runs, for people.
    pub(super) fn describe(&self) -> Option<String> {
        let mut runs: Vec<&str> = self.by_target.values().map(|it| it.run.as_str()).collect();
        runs.sort_unstable();
        runs.dedup();
        (!runs.is_empty()).then(|| runs.join(", "))
    }

    fn add(&mut self, header: &RunHeader, state: &RunState) {
        let target = header.verified_target().map(str::to_owned);
        let ended = state.steps.iter().filter_map(|(id, step)| Some((id.clone(), step.outcome()?)));
        let baseline = || Baseline { run: header.run.to_string(), outcomes: ended.collect() };
        self.by_target.entry(target).or_insert_with(baseline);
    }
}

fn is_of(header: &RunHeader, record: &PlanRecord, wanted: Wanted<'_>) -> bool {
    let verifies = record.phases.contains(&Phase::Verify);
    verifies && header.runbook == wanted.runbook && header.profile.as_deref() == wanted.profile
}

fn read(folder: &RunFolder) -> Result<(RunHeader, RunState, PlanRecord), CommandError> {
    let (journal, state, _) = recover(folder)?;
    Ok((journal.header, state, plan_of(folder)?))
}
