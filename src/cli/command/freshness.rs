//! How fresh a project's drills are: as `checkride status` shows it, and as a guard before a deployment.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::cli::command::drills::{held, runbooks};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::fresh::{DrillFact, DrillRunbook, Due, Freshness, Left, age, days, freshness, in_vain, refusal};
use crate::cli::load::read_profile;
use crate::cli::prepare::Prepared;
use crate::cli::project::Project;
use crate::cli::settings::Settings;
use crate::event::{Direction, Measured, Objective, Remark, RunState};
use crate::id::Phase;
use crate::journal::RunsFolder;
use crate::report::{Look, Tone, duration, moment, percentile, spark};
use crate::source::{Diagnostics, Sources};
use crate::step::Refused;
use crate::world::clock::{Clock, rfc3339};

/// How many lines are shown of what a run has left, at most.
const SHOWN: usize = 5;

/// The guard `drill`: whether a deployment may begin although no drill has proved anything for its profile within
/// `[policy] max_drill_age`. What has begun is not held up by it, nor is a way back.
pub(super) fn stale_drill(
    prepared: &Prepared,
    state: &RunState,
    settings: &Settings,
) -> Result<Option<Refused>, CommandError> {
    let Some(profile) = &prepared.loaded.profile else { return Ok(None) };
    let Some(limit) = profile.policy.max_drill_age else { return Ok(None) };
    let plan = &prepared.plan;
    let deploys = plan.phases.contains(&Phase::Deploy)
        && plan.of_phase(Phase::Deploy).any(|step| step.left_out.is_none())
        && !state.phase(Phase::Deploy).started;
    let forward = matches!(state.direction, Direction::Forward | Direction::Stopping);
    if !deploys || !forward {
        return Ok(None);
    }
    let facts =
        held(&RunsFolder::of(&prepared.project.root)).map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
    Ok(refusal(&facts, &runbooks(settings, &prepared.project), &profile.name, limit, Clock::System.now()))
}

/// What drills of this profile have kept for longer than they said, a line each: told before a deployment.
pub(super) fn overdue(prepared: &Prepared) -> Vec<String> {
    let plan = &prepared.plan;
    let profile = prepared.loaded.profile.as_ref().map(|profile| profile.name.clone());
    if !plan.phases.contains(&Phase::Deploy) {
        return Vec::new();
    }
    // That the runs cannot be listed, the run itself will find.
    let facts = held(&RunsFolder::of(&prepared.project.root)).unwrap_or_default();
    let now = Clock::System.now();
    let of_profile = facts.iter().filter(|fact| fact.profile == profile);
    of_profile
        .filter_map(|fact| match fact.standing(now)? {
            Left::Overdue(over) => Some(format!(
                "what drill {} restored was to be kept until {} ago: checkride drill --cleanup {}",
                fact.run,
                days(over),
                fact.run
            )),
            Left::Behind | Left::Kept(_) => None,
        })
        .collect()
}

/// The drills of a project.
pub(super) struct Drills {
    facts: Vec<DrillFact>,
    runbooks: Vec<DrillRunbook>,
    /// The greatest age of each profile that sets one.
    limits: BTreeMap<String, Duration>,
    now: DateTime<Utc>,
}

impl Drills {
    pub(super) fn of(settings: &Settings, project: &Project) -> Result<Self, CommandError> {
        let facts = held(&RunsFolder::of(&project.root)).map_err(|error| CommandError::of(ExitCode::Broken, &error))?;
        let limit = |name: &String| {
            let path = project.profile(settings, name).ok()?;
            read_profile(project, &path, &mut Sources::new(), &mut Diagnostics::new())?.policy.max_drill_age
        };
        let limits = project.profiles().into_iter().filter_map(|name| Some((name.clone(), limit(&name)?))).collect();
        Ok(Self { facts, runbooks: runbooks(settings, project), limits, now: Clock::System.now() })
    }

    /// Each drill with each profile that it covers; one that covers none yet stands alone.
    fn each(&self) -> Vec<(&DrillRunbook, Option<String>, Freshness<'_>)> {
        let mut each = Vec::new();
        for book in &self.runbooks {
            let mut covered: Vec<Option<String>> = book.covered(&self.facts).into_iter().map(Some).collect();
            if covered.is_empty() {
                covered.push(None);
            }
            for profile in covered {
                let name = profile.as_deref().unwrap_or_default();
                // One that recovers nothing is never due.
                let limit = self.limits.get(name).copied().filter(|_| book.recovers);
                let fresh = freshness(&self.facts, &book.path, name, limit, self.now);
                each.push((book, profile, fresh));
            }
        }
        each
    }

    /// As data.
    pub(super) fn rows(&self) -> Vec<Value> {
        self.each().into_iter().map(|(book, profile, fresh)| self.row(book, profile.as_deref(), &fresh)).collect()
    }

    fn row(&self, book: &DrillRunbook, profile: Option<&str>, fresh: &Freshness<'_>) -> Value {
        let last = fresh.proved.last().map(|fact| {
            json!({
                "run": fact.run.as_str(),
                "profile": fact.profile,
                "finished": fact.finished.map(rfc3339),
                "age_s": fact.finished.map(|at| age(at, self.now).as_secs()),
                "rto": fact.of(Objective::Rto).map(objective),
                "rpo": fact.of(Objective::Rpo).map(objective),
            })
        });
        let rto = times(fresh);
        let since: Vec<Value> = fresh.in_vain.iter().map(|(why, runs)| json!({ "why": why, "runs": runs })).collect();
        json!({
            "runbook": book.path,
            "title": book.title,
            "profile": profile,
            "proved": last,
            "trend": {
                "rto_ms": rto,
                "rto_p50_ms": percentile(&rto, 50),
                "rto_p90_ms": percentile(&rto, 90),
            },
            "proved_nothing_since": since,
            "max_age_s": profile.and_then(|name| self.limits.get(name)).map(Duration::as_secs),
            "due": fresh.due.map(|due| match due {
                Due::Never => json!({ "stands": "never_proved" }),
                Due::In(left) => json!({ "stands": "due", "in_s": left.as_secs() }),
                Due::Overdue(over) => json!({ "stands": "overdue", "by_s": over.as_secs() }),
            }),
        })
    }

    /// The runs that have left something, as data.
    pub(super) fn left_behind(&self) -> Vec<Value> {
        let left = self.facts.iter().rev().filter(|fact| !fact.left.is_empty());
        left.map(|fact| {
            let overdue = match fact.standing(self.now) {
                Some(Left::Overdue(over)) => Some(over.as_secs()),
                Some(Left::Behind | Left::Kept(_)) | None => None,
            };
            let until = fact.kept_until.map(rfc3339);
            json!({ "run": fact.run.as_str(), "left": fact.left, "kept_until": until, "overdue_s": overdue })
        })
        .collect()
    }

    /// What was recommended after a drill and is overdue, the longest first.
    fn overdue(&self) -> Vec<(&DrillFact, &Remark)> {
        let mut all: Vec<_> =
            self.facts.iter().flat_map(|fact| fact.overdue(self.now).map(move |remark| (fact, remark))).collect();
        all.sort_by_key(|(_, remark)| remark.due);
        all
    }

    /// The same as data.
    pub(super) fn overdue_rows(&self) -> Vec<Value> {
        let row = |(fact, remark): (&DrillFact, &Remark)| json!({ "run": fact.run.as_str(), "text": remark.text, "owner": remark.owner, "due": remark.due });
        self.overdue().into_iter().map(row).collect()
    }

    /// For a person; empty where there is no drill.
    pub(super) fn text(&self, look: Look) -> String {
        let mut text = String::new();
        let left: Vec<&DrillFact> = self.facts.iter().rev().filter(|fact| !fact.left.is_empty()).collect();
        if !left.is_empty() {
            let _ = writeln!(text, "\n{}", look.paint(Tone::Strong, "Left behind"));
        }
        for fact in left {
            let run = fact.run.as_str();
            let _ = writeln!(text, "  {run}  {}", look.plain(&fact.runbook));
            for line in fact.left.iter().take(SHOWN) {
                let _ = writeln!(text, "    {}", look.paint(Tone::Warn, &look.plain(line)));
            }
            if fact.left.len() > SHOWN {
                let _ = writeln!(text, "    and {} more: checkride report {run}", fact.left.len() - SHOWN);
            }
            match fact.standing(self.now) {
                Some(Left::Kept(until)) => {
                    let _ = writeln!(text, "    kept until {}", moment(until));
                }
                Some(Left::Overdue(over)) => {
                    let words = format!("overdue by {}: it was to be kept no longer", days(over));
                    let _ = writeln!(text, "    {}", look.paint(Tone::Bad, &words));
                }
                Some(Left::Behind) | None => {}
            }
            let _ = writeln!(text, "    remove it: checkride drill --cleanup {run}");
        }
        let overdue = self.overdue();
        if !overdue.is_empty() {
            let _ = writeln!(text, "\n{}", look.paint(Tone::Strong, "Recommendations that are overdue"));
        }
        for (fact, remark) in overdue {
            let due = remark.due.map(|due| due.to_string()).unwrap_or_default();
            let owner = remark.owner.as_deref().unwrap_or("nobody yet");
            let line = look.plain(&format!("due {due}: {} ({owner})", remark.text));
            let _ = writeln!(text, "  {}", look.paint(Tone::Warn, &line));
            let _ = writeln!(text, "    of {}; when it is done: checkride drill --after {}", fact.run, fact.run);
        }
        let each = self.each();
        if !each.is_empty() {
            let _ = writeln!(text, "\n{}", look.paint(Tone::Strong, "Drills"));
        }
        for (book, profile, fresh) in each {
            let covers = profile.as_ref().map(|name| format!("  for {name}")).unwrap_or_default();
            let _ = writeln!(text, "  {}", look.plain(&format!("{}{covers}", book.name)));
            for (tone, line) in self.lines(profile.as_deref(), &fresh, look) {
                let line = look.ours(&line);
                let line = tone.map_or_else(|| line.clone(), |tone| look.paint(tone, &line));
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }

    fn lines(&self, profile: Option<&str>, fresh: &Freshness<'_>, look: Look) -> Vec<(Option<Tone>, String)> {
        let mut lines = Vec::new();
        match fresh.proved.last() {
            Some(fact) => {
                let ago = fact.finished.map(|at| days(age(at, self.now))).unwrap_or_default();
                lines.push((None, format!("proved {ago} ago, by {}", fact.run)));
                let met: Vec<String> =
                    [Objective::Rto, Objective::Rpo].into_iter().filter_map(|it| Some(words(fact.of(it)?))).collect();
                if !met.is_empty() {
                    lines.push((None, met.join(", ")));
                }
            }
            None => lines.push((None, "never proved".to_owned())),
        }
        let rto = times(fresh);
        if let (true, Some(half), Some(most)) = (rto.len() > 1, percentile(&rto, 50), percentile(&rto, 90)) {
            let bars = spark(&rto, look.unicode);
            let (half, most) = (duration(half), duration(most));
            lines.push((None, format!("RTO of the last {}: {bars}  p50 {half}, p90 {most}", rto.len())));
        }
        if let Some(words) = in_vain(&fresh.in_vain) {
            let since = if fresh.proved.is_empty() { "" } else { "since then " };
            lines.push((Some(Tone::Dim), format!("{since}{words}")));
        }
        let limit = profile.and_then(|name| self.limits.get(name));
        if let (Some(due), Some(limit)) = (fresh.due, limit) {
            let tone = match due {
                Due::In(_) => Tone::Good,
                Due::Never | Due::Overdue(_) => Tone::Bad,
            };
            lines.push((Some(tone), format!("{}: the profile wants one every {}", due.words(), days(*limit))));
        }
        lines
    }
}

/// The recovery times that were measured, oldest first.
fn times(fresh: &Freshness<'_>) -> Vec<u64> {
    fresh.proved.iter().filter_map(|fact| fact.of(Objective::Rto)?.measured_ms).collect()
}

fn objective(measured: &Measured) -> Value {
    json!({ "measured_ms": measured.measured_ms, "target_ms": measured.target_ms, "met": measured.met() })
}

/// `RTO 12m 03s of 30m 00s`.
fn words(measured: &Measured) -> String {
    let name = measured.objective.as_str();
    let value = measured.measured_ms.map_or_else(|| "not measured".to_owned(), duration);
    let target = measured.target_ms.map(|target| format!(" of {}", duration(target))).unwrap_or_default();
    format!("{name} {value}{target}")
}
