//! The command line of `checkride drill`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;

use crate::cli::args::{RunArguments, SittingArguments, Target, pair, said, skip};
use crate::cli::drill_opening::Typed;
use crate::id::{Phase, StepId};
use crate::source::reader::duration_of;

/// `checkride drill`.
#[derive(Args, Debug)]
#[command(after_help = "\
The steps of phase `drill` run, and no others. What they restore is new, carries the run's tag, and is removed at the end by \
the steps of phase `rollback`, however the drill ends: passed, failed, aborted, interrupted by Ctrl-C, or taken up by `resume` \
after checkride was killed. Nothing that the run did not make is changed, but for what the runbook says that it touches. \
What is read back and does not hold, and an objective (`rto`, `rpo` of `[phase.drill]`) that is missed, fails the drill.

Examples:
  checkride drill drill-dynamodb -p staging
  checkride drill drill-dynamodb -p staging --plan
  checkride drill drill-dynamodb -p staging --keep 'INC-7: the restored table is looked at by hand'
  checkride drill drill-dynamodb --detected -20m --declared -15m --participant 'Ana=operator'
  checkride drill drill-dynamodb -p prod --tabletop        talk it through: nothing is called
  checkride drill --after 7f3a             say what was seen, and what is to be done
  checkride drill --cleanup 7f3a           remove what a drill has left

With --tabletop people are asked of each step whether it would work as it is written, how long it would take and who would do \
it: `STEP.walk` in an answers file (`choose` yes, gap or no; `takes`, `who`). Such a run proves nothing and meets no objective. \
At the end of a drill, and with --after, people are asked what they saw and what is to be done: `drill.observation.1`, 2, … \
(`choose` observe) and `drill.recommendation.1`, 2, … (`recommend`, with `owner` and `due`); the text is the `reason`.

Exit codes: 0 passed, and all is removed (or talked through, with its gaps listed); 4 the recovery does not hold, an objective is \
missed, or a step would not work; 5 a step failed; 6 aborted; \
7 suspended; 8 something could not be removed: it is listed, and by `checkride status`; 13 undecided.")]
pub struct DrillArguments {
    /// A runbook: a name in `runbooks/`, or a path
    #[arg(value_name = "RUNBOOK", required_unless_present_any = ["cleanup", "after"], conflicts_with_all = ["cleanup", "after"])]
    pub runbook: Option<String>,
    /// The environment: a name in `profiles/`, or a path
    #[arg(short, long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Give an input; an input that the profile sets is locked
    #[arg(short, long = "input", value_name = "NAME=VALUE", value_parser = pair)]
    pub input: Vec<(String, String)>,
    /// Leave a step out, with a reason: a deviation
    #[arg(long, value_name = "STEP=REASON", value_parser = skip)]
    pub skip: Vec<(StepId, String)>,
    /// Show the plan and stop
    #[arg(long)]
    pub plan: bool,
    /// Do not remove what was restored, and say why: a deviation. `drill --cleanup` removes it later
    #[arg(long, value_name = "REASON", value_parser = said)]
    pub keep: Option<String>,
    /// Until when it is kept: a time (RFC 3339) or a span such as `8h`, seven days at most. `status` says when it is overdue
    #[arg(long, value_name = "TIME|SPAN", value_parser = expiry, requires = "keep", default_value = "24h")]
    pub keep_until: Expiry,
    /// Remove what this drill has left: its run's id, or the beginning or end of it
    #[arg(long, value_name = "RUN", conflicts_with_all = ["input", "skip", "keep", "change", "reason"])]
    pub cleanup: Option<String>,
    /// Talk it through at a table, and call nothing
    #[arg(long, conflicts_with_all = ["keep", "cleanup", "after", "detected", "declared"])]
    pub tabletop: bool,
    /// When it was detected, RFC 3339 or so long ago (-15m): the recovery time counts from then
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with_all = ["cleanup", "after"])]
    pub detected: Option<String>,
    /// When it was declared a disaster: the recovery time counts from then when --detected is not known
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with_all = ["cleanup", "after"])]
    pub declared: Option<String>,
    /// Somebody who takes part, with a role that the runbook names; may be repeated
    #[arg(long, value_name = "NAME=ROLE", value_parser = participant, conflicts_with = "cleanup")]
    pub participant: Vec<(String, String)>,
    /// Add people, observations and recommendations to this drill, which is over: its run's id, or the beginning or end of it
    #[arg(long, value_name = "RUN", conflicts_with_all = ["cleanup", "keep", "plan", "profile", "input", "skip", "change", "reason"])]
    pub after: Option<String>,
    /// The change ticket, for the record
    #[arg(long, value_name = "TICKET")]
    pub change: Option<String>,
    /// Why this drill is held, for the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How to go on
    #[command(flatten)]
    pub sitting: SittingArguments,
    /// The most steps that a runbook may have
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_steps: usize,
}

fn participant(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, role)| (name.trim().to_owned(), role.trim().to_owned()));
    pair.filter(|(name, role)| !name.is_empty() && !role.is_empty()).ok_or_else(|| "write NAME=ROLE".to_owned())
}

/// For how long a drill may keep what it made, at most.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// Until when what a drill made is kept, as it was typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expiry {
    /// For so long from now on.
    In(Duration),
    /// Until then.
    At(DateTime<Utc>),
}

impl Expiry {
    /// The time. An error says why it cannot be that one.
    pub(crate) fn time(self, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
        let at = match self {
            Self::In(span) => now + span,
            Self::At(at) => at,
        };
        if at <= now {
            return Err("--keep-until is over already".to_owned());
        }
        if at > now + LONGEST {
            return Err("--keep-until is more than seven days away".to_owned());
        }
        Ok(at)
    }
}

fn expiry(text: &str) -> Result<Expiry, String> {
    if let Some(span) = duration_of(text) {
        return Ok(Expiry::In(span));
    }
    let at = DateTime::parse_from_rfc3339(text);
    at.map(|at| Expiry::At(at.to_utc())).map_err(|_| "write a span, `8h`, or a time, `2026-11-23T08:00:00Z`".to_owned())
}

impl DrillArguments {
    /// What is known of it when it is begun, as it was typed.
    pub(crate) fn typed(&self) -> Typed {
        Typed { detected: self.detected.clone(), declared: self.declared.clone(), people: self.participant.clone() }
    }

    /// The run that it is: of its phase alone.
    pub(crate) fn as_run(&self, runbook: &str) -> RunArguments {
        RunArguments {
            target: Target {
                runbook: runbook.to_owned(),
                profile: self.profile.clone(),
                input: self.input.clone(),
                phase: vec![Phase::Drill],
                only: Vec::new(),
                from: None,
                skip: self.skip.clone(),
                max_steps: self.max_steps,
            },
            plan: self.plan,
            sitting: self.sitting.clone(),
            change: self.change.clone(),
            reason: self.reason.clone(),
            break_glass: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Expiry, expiry};

    #[test]
    fn what_is_kept_is_kept_for_a_week_at_most() {
        let now = "2026-11-22T08:00:00Z".parse().unwrap();
        let until = |text: &str| expiry(text).unwrap().time(now);
        assert_eq!(expiry("8h"), Ok(Expiry::In(Duration::from_hours(8))));
        assert_eq!(until("8h"), Ok("2026-11-22T16:00:00Z".parse().unwrap()));
        assert_eq!(until("7d"), Ok("2026-11-29T08:00:00Z".parse().unwrap()));
        assert_eq!(until("2026-11-23T09:30:00+01:00"), Ok("2026-11-23T08:30:00Z".parse().unwrap()));
        assert!(until("8d").unwrap_err().contains("seven days"));
        assert!(until("2026-11-22T07:59:59Z").unwrap_err().contains("over already"));
        assert!(expiry("tomorrow").is_err());
    }
}
