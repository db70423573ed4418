//! The command line of `checkride drill`.

use clap::Args;

use crate::cli::args::{RunArguments, SittingArguments, Target, pair, said, skip};
use crate::id::{Phase, StepId};

/// `checkride drill`.
#[derive(Args, Debug)]
#[command(after_help = "\
The steps of phase `drill` run, and no others. What they restore is new, carries the run's tag, and is removed at the end by
the steps of phase `rollback`, however the drill ends: passed, failed, aborted, interrupted by Ctrl-C, or taken up by `resume`
after checkride was killed. Nothing that the run did not make is changed, but for what the runbook says that it touches.
What is read back and does not hold, and an objective (`rto`, `rpo` of `[phase.drill]`) that is missed, fails the drill.

Examples:
  checkride drill drill-dynamodb -p staging
  checkride drill drill-dynamodb -p staging --plan
  checkride drill drill-dynamodb -p staging --keep 'INC-7: the restored table is looked at by hand'
  checkride drill --cleanup 7f3a           remove what a drill has left

Exit codes: 0 passed, and all is removed; 4 the recovery does not hold, or an objective is missed; 5 a step failed; 6 aborted;
7 suspended; 8 something could not be removed: it is listed, and by `checkride status`; 13 undecided.")]
pub struct DrillArguments {
    /// A runbook: a name in `runbooks/`, or a path
    #[arg(value_name = "RUNBOOK", required_unless_present = "cleanup", conflicts_with = "cleanup")]
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
    /// Remove what this drill has left: its run's id, or the beginning or end of it
    #[arg(long, value_name = "RUN")]
    pub cleanup: Option<String>,
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

impl DrillArguments {
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
