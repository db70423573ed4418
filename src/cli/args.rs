//! The command line as it is typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::drill_args::DrillArguments;
use crate::cli::screen::ColorWhen;
use crate::cli::verify_args::VerifyArguments;
use crate::id::{IdError, Phase, StepId};

/// checkride: deployment runbooks on AWS, step by step, with evidence.
#[derive(Debug, Parser)]
#[command(name = "checkride", version, about, long_about = None, max_term_width = 100, after_help = EXAMPLES)]
pub struct Arguments {
    /// The project: the folder that holds `runbooks` and `profiles` [default: `CHECKRIDE_DIR`, else the nearest upwards]
    #[arg(long, global = true, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorWhen,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  checkride check                         every runbook, with every profile
  checkride plan deploy-prod -p sandbox   what would be done; nothing is written
  checkride run deploy-prod -p sandbox    guided, step by step
  checkride verify verify-security -p prod   in a pipeline: reads only, nobody is asked
  checkride resume                        go on with the last run that is not over
  checkride report 7f3a                   the report of a run, as Markdown

Exit codes: 0 passed, 2 usage, 3 invalid file, 4 verification failed, 5 step failed, 6 declined, 7 interrupted, \
8 stuck, 9 journal broken, 10 changed, 11 a person is needed, 12 guard, 13 verification unknown, 1 a bug.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a runbook, step by step
    Run(RunArguments),
    /// Verify, with nobody at the keyboard: reads only, on every target, with an exact exit code
    Verify(VerifyArguments),
    /// Rehearse a disaster: restore for real, read it back, measure, remove what was made
    Drill(DrillArguments),
    /// Go on with a run that was interrupted, suspended or killed
    Resume(ResumeArguments),
    /// Go back from what a run has changed, by the run's own records
    Rollback(RollbackArguments),
    /// List the runs that are open, and what each waits for; or watch one
    Status(StatusArguments),
    /// List the runs of the project
    Runs(FormatArguments),
    /// Show a run as a report
    Report(ReportArguments),
    /// Verify what a run has left: journal, plan, files
    Evidence(EvidenceArguments),
    /// Check runbooks, profiles and the project's own checks for faults
    Check(CheckArguments),
    /// Explain a diagnostic's code, or a check of the catalogue
    Explain(ExplainArguments),
    /// List the named checks: those of checkride, and the project's own
    Checks(ChecksArguments),
    /// List the runbooks and profiles of the project
    List(FormatArguments),
    /// Show a runbook
    Show(ShowArguments),
    /// Show what a run would do; nothing is written
    Plan(PlanArguments),
    /// Look whether this machine is fit to run: project, tools, credentials, account, network, permissions
    Doctor(DoctorArguments),
    /// Call one read of the AWS API, and show its answer as JSON
    Call(CallArguments),
    /// Print a shell's completion script
    Completions(CompletionsArguments),
    /// Owns one command of a run; started by checkride itself
    #[command(hide = true)]
    Shim,
}

/// What a run is made of.
#[derive(Args, Clone, Debug)]
pub struct Target {
    /// A runbook: a name in `runbooks/`, or a path
    #[arg(value_name = "RUNBOOK")]
    pub runbook: String,
    /// The environment: a name in `profiles/`, or a path
    #[arg(short, long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Give an input; an input that the profile sets is locked
    #[arg(short, long = "input", value_name = "NAME=VALUE", value_parser = pair)]
    pub input: Vec<(String, String)>,
    /// Run these phases only
    #[arg(long, value_name = "PHASE", value_delimiter = ',', value_parser = phase)]
    pub phase: Vec<Phase>,
    /// Run these steps only; the rest is a deviation
    #[arg(long, value_name = "STEP", value_delimiter = ',', value_parser = step)]
    pub only: Vec<StepId>,
    /// Begin with this step; what stands before it is a deviation
    #[arg(long, value_name = "STEP", value_parser = step)]
    pub from: Option<StepId>,
    /// Leave a step out, with a reason: a deviation
    #[arg(long, value_name = "STEP=REASON", value_parser = skip)]
    pub skip: Vec<(StepId, String)>,
    /// The most steps that a runbook may have
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_steps: usize,
}

/// `checkride run`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  checkride run deploy-prod -p prod
  checkride run deploy-prod -p sandbox --answers profiles/sandbox.answers.toml
  checkride run deploy-prod -p prod --phase verify --no-input
  checkride run deploy-prod -p prod --skip config_backup='taken by the nightly job'
  checkride run deploy-prod -p prod --break-glass 'INC-42: the fix cannot wait for the template'")]
pub struct RunArguments {
    /// What to run
    #[command(flatten)]
    pub target: Target,
    /// Show the plan and stop
    #[arg(long)]
    pub plan: bool,
    /// How to go on
    #[command(flatten)]
    pub sitting: SittingArguments,
    /// The change ticket, for the record
    #[arg(long, value_name = "TICKET")]
    pub change: Option<String>,
    /// Why this run is made, for the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Go on although a rollback is not ready, and say why: a deviation, to be reviewed within 48 hours
    #[arg(long, value_name = "REASON", value_parser = said)]
    pub break_glass: Option<String>,
}

/// How a session is held.
#[derive(Args, Clone, Debug)]
pub struct SittingArguments {
    /// Answers to named questions; each says who gives it and why
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Ask nobody: stop at the first question that no answers file answers, with exit code 11
    #[arg(long)]
    pub no_input: bool,
    /// How many reads run at once, at most
    #[arg(short, long, value_name = "N", default_value_t = 16, value_parser = jobs)]
    pub jobs: usize,
    /// Write every event as a JSON line to a file, or to stdout with `-`
    #[arg(long, value_name = "FILE|-")]
    pub events: Option<String>,
}

/// `checkride resume`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  checkride resume                the last run that is not over
  checkride resume 7f3a           a run by the end of its id
  checkride resume 7f3a --break-glass 'INC-42: the fix cannot wait'    without a way back")]
pub struct ResumeArguments {
    /// The run: its id, or the beginning or end of it [default: the last that is not over]
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Go on although a rollback is not ready, and say why: a deviation, to be reviewed within 48 hours
    #[arg(long, value_name = "REASON", value_parser = said)]
    pub break_glass: Option<String>,
    /// How to go on
    #[command(flatten)]
    pub sitting: SittingArguments,
}

/// `checkride rollback`.
#[derive(Args, Debug)]
#[command(after_help = "\
The run's own records say what ran, what may have run, and how to undo it; the repository is not needed. What will be \
undone is shown on one screen and confirmed once. What ran last is undone first; what may have run is looked at before. \
An undo that fails stops the rollback: what still stands is listed, with the calls to make by hand (exit code 8), and the \
same command takes it up again.

Examples:
  checkride rollback --last -p prod --incident INC-42    from the last run that changed anything
  checkride rollback --last -p prod --plan               what that would do; nothing is changed
  checkride rollback 7f3a                                a run by the end of its id
  checkride rollback deploy-prod -p prod --to stack      what ran after the step `stack`")]
pub struct RollbackArguments {
    /// The run: its id, or the beginning or end of it; or a runbook: its last run that changed something
    #[arg(value_name = "RUN|RUNBOOK")]
    pub run: Option<String>,
    /// The last run that changed something with the profile
    #[arg(long, conflicts_with = "run")]
    pub last: bool,
    /// The profile of the run that is looked for
    #[arg(short, long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// The incident, for the record. The screen is plain: no colour, nothing that moves, good over any line
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// When it was declared, HH:MM in UTC or RFC 3339: the screen counts from then [default: now]
    #[arg(long, value_name = "TIME", requires = "incident")]
    pub declared: Option<String>,
    /// Undo what ran after this step; the step itself, and what came before it, stays
    #[arg(long, value_name = "STEP", value_parser = step)]
    pub to: Option<StepId>,
    /// Show what would be undone, and stop
    #[arg(long)]
    pub plan: bool,
    /// How to go on
    #[command(flatten)]
    pub sitting: SittingArguments,
}

/// `checkride status`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  checkride status                 the open runs, what each waits for, and how to go on
  checkride status --follow 7f3a   a run as it goes on; one that nobody is at is taken up from here")]
pub struct StatusArguments {
    /// Watch a run: its id, or the beginning or end of it
    #[arg(long, value_name = "RUN")]
    pub follow: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Commands that only have a format.
#[derive(Args, Debug)]
pub struct FormatArguments {
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `checkride report`.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// The run: its id, or the beginning or end of it
    #[arg(value_name = "RUN")]
    pub run: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Where to write it [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `checkride evidence`.
#[derive(Args, Debug)]
pub struct EvidenceArguments {
    /// What is done with it
    #[command(subcommand)]
    pub command: EvidenceCommand,
}

/// What is done with evidence.
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Hold the journal's chain, the plan, pinned files and artifacts against what names them; offline
    Verify(EvidenceVerifyArguments),
}

/// `checkride evidence verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  checkride evidence verify 7f3a                  a run of this project, by the end of its id
  checkride evidence verify /mnt/audit/2026-11    the folder of a run, wherever it is

Exit codes: 0 all of it is as it was written, 9 something was lost, damaged or changed: the first fault is named.")]
pub struct EvidenceVerifyArguments {
    /// The run: its id, the beginning or end of it, or its folder
    #[arg(value_name = "RUN|DIR")]
    pub run: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `checkride check`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  checkride check                      every runbook, with every profile
  checkride check deploy-prod -p prod  one runbook with one profile
  checkride check runbooks/            each runbook in a folder; not in those below it")]
pub struct CheckArguments {
    /// Runbooks, profiles, or folders with them, by name or path [default: all of the project]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Check the runbooks with this profile only [default: each without, and with every profile]
    #[arg(short, long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The most steps that a runbook may have
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_steps: usize,
}

/// `checkride explain`.
#[derive(Args, Debug)]
pub struct ExplainArguments {
    /// A code, such as RB012, or a check, such as dynamodb-pitr [default: list all codes]
    #[arg(value_name = "CODE|CHECK")]
    pub code: Option<String>,
}

/// `checkride checks`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  checkride checks                 all of them
  checkride checks s3 encryption   those that are about both
  checkride checks CKV_AWS_28      by a control's id
  checkride explain dynamodb-pitr  one of them, in full")]
pub struct ChecksArguments {
    /// Words that stand in the id, the title, the controls or the calls [default: all checks]
    #[arg(value_name = "SEARCH")]
    pub search: Vec<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `checkride show`.
#[derive(Args, Debug)]
pub struct ShowArguments {
    /// A runbook: a name in `runbooks/`, or a path
    #[arg(value_name = "RUNBOOK")]
    pub runbook: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: ShowFormat,
}

/// `checkride plan`.
#[derive(Args, Debug)]
pub struct PlanArguments {
    /// What to plan
    #[command(flatten)]
    pub target: Target,
    /// Show the IAM policy that checkride's own calls need, phase by phase, as JSON; nothing is called
    #[arg(long)]
    pub iam_policy: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Ask nobody
    #[arg(long)]
    pub no_input: bool,
}

/// `checkride doctor`.
#[derive(Args, Debug)]
#[command(after_help = "\
Nothing is changed, on this machine or at AWS. Each look is a line: ok, warn, FAILED or unknown, \
what was found, and what to do about it. Programs are asked for `--version` only where that is \
known to do nothing else. Permissions are what IAM's simulation says of the caller's policies and \
boundary; the policies of resources, sessions and organizations may decide otherwise. For the root \
user, also that of an emulator, they are not known.

With --format json: `format` is 1, `state` the whole, `looks` a list of `look`, `about`, `state` \
(ok, warn, failed, unknown), `found`, `details` and `remedy`.

Examples:
  checkride doctor                          the project, the tools of all runbooks, the terminal
  checkride doctor -p dev                   and the account of a profile, and the way there
  checkride doctor -p prod deploy-prod      for one runbook: its tools, calls and budget
  checkride doctor -p dev --format json | jq '.looks[] | select(.state == \"failed\")'

Exit codes: 0 all is well, or a warning; 4 something failed; 13 something is not known, and nothing \
failed; 2 usage; 3 the profile is invalid.")]
pub struct DoctorArguments {
    /// A runbook: a name in `runbooks/`, or a path [default: all of the project that fit the profile]
    #[arg(value_name = "RUNBOOK")]
    pub runbook: Option<String>,
    /// The environment: a name in `profiles/`, or a path [default: the runbook's, else `CHECKRIDE_PROFILE`]
    #[arg(short, long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `checkride call`.
#[derive(Args, Debug)]
#[command(after_help = "\
Values are text, numbers or JSON, as the parameter wants them; a list may be given item by item, a part of a structure by \
its path. The answer is JSON as the AWS CLI shows it; what AWS's models mark as sensitive is cut.

Examples:
  checkride call sts:GetCallerIdentity -p prod
  checkride call dynamodb:DescribeContinuousBackups TableName=mte-sessions -p prod
  checkride call cloudwatch:DescribeAlarms AlarmNames=errors -p prod --query out.MetricAlarms
  checkride call ec2:DescribeVpcs -p prod --with '{\"Filters\": [{\"Name\": \"tag:a\", \"Values\": [\"b\"]}]}'
  checkride call lambda:list-functions -p prod --all-pages --query 'out.Functions.size()'
  checkride call s3:HeadBucket Bucket=a-name -p prod --query 'error.status == 404'
  checkride call s3:GetObject Bucket=a-name Key=report.html -p prod -o report.html

Exit codes: 0 answered, 2 usage (a write, too), 4 the service answered with an error, 12 account, region or credentials, \
13 not known: access denied, throttled, no answer, not supported by the endpoint, no such path in the answer.")]
pub struct CallArguments {
    /// The operation, such as `dynamodb:DescribeTable`; case and hyphens do not matter
    #[arg(value_name = "SERVICE:OPERATION", required_unless_present = "complete")]
    pub call: Option<String>,
    /// A parameter; `A.B=VALUE` is a part of one
    #[arg(value_name = "NAME=VALUE", value_parser = pair, conflicts_with = "with")]
    pub values: Vec<(String, String)>,
    /// All parameters, as a JSON object, or as `@FILE` that holds one
    #[arg(long, value_name = "JSON|@FILE")]
    pub with: Option<String>,
    /// The environment: a name in `profiles/`, or a path
    #[arg(short, long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Show what a CEL expression makes of the answer, `out`, or of the service's error, `error`
    #[arg(long, value_name = "CEL")]
    pub query: Option<String>,
    /// Turn all pages of the answer, and put them together
    #[arg(long)]
    pub all_pages: bool,
    /// The most pages that are turned
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_pages: usize,
    /// Write the body of the answer (an object of S3) to a file, byte by byte
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Show what AWS's models mark as sensitive
    #[arg(long)]
    pub show_sensitive: bool,
    /// How to show it: `json` adds who was asked, and errors
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Ask nobody
    #[arg(long)]
    pub no_input: bool,
    /// List the calls that begin like this: for completion scripts
    #[arg(long, value_name = "PREFIX", hide = true, allow_hyphen_values = true, conflicts_with = "call")]
    pub complete: Option<String>,
}

/// `checkride completions`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  source <(checkride completions bash)
  checkride completions zsh > ~/.zfunc/_checkride
  checkride completions fish > ~/.config/fish/completions/checkride.fish")]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: CompletionShell,
}

/// A shell that completion scripts are made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum CompletionShell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// For programs; versioned
    Json,
}

/// How a report is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ReportFormat {
    /// Markdown
    #[default]
    Md,
    /// One HTML page that needs nothing else
    Html,
    /// `JUnit` XML, for pipelines
    Junit,
    /// JSON; versioned
    Json,
    /// The checks as text, what failed last
    Text,
    /// Annotations of GitHub Actions, at most ten of a kind
    Github,
    /// Markdown for the summary of a GitHub job, at most 1 MiB
    Summary,
    /// Markdown for a comment, at most 65,536 characters
    Comment,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// How a runbook is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ShowFormat {
    /// Markdown
    #[default]
    Md,
    /// JSON; versioned
    Json,
}

pub(super) fn jobs(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|jobs| (1..=1000).contains(jobs)).ok_or_else(|| "a number from 1 to 1000".to_owned())
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("write NAME=VALUE".to_owned()),
    }
}

fn phase(text: &str) -> Result<Phase, String> {
    text.parse().map_err(|error: IdError| error.to_string())
}

pub(super) fn step(text: &str) -> Result<StepId, String> {
    StepId::new(text).map_err(|error| error.to_string())
}

pub(super) fn skip(text: &str) -> Result<(StepId, String), String> {
    let (id, reason) = text.split_once('=').ok_or("write STEP=REASON: a step is skipped with a reason")?;
    if reason.trim().is_empty() {
        return Err("the reason is empty: a step is skipped with a reason".to_owned());
    }
    Ok((step(id)?, reason.to_owned()))
}

pub(super) fn said(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("the reason is empty: a guard is passed with a reason".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    /// A paragraph is one line, which is wrapped to the terminal's width; an example is one that need not be.
    #[test]
    fn the_examples_fit_and_paragraphs_are_wrapped_once() {
        let mut left = vec![Arguments::command()];
        while let Some(command) = left.pop() {
            left.extend(command.get_subcommands().cloned());
            let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            for line in lines.iter().filter(|line| line.starts_with(' ')) {
                assert!(line.len() <= 100, "{}: {line}", command.get_name());
            }
            let prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
            for pair in lines.windows(2) {
                assert!(!(prose(pair[0]) && prose(pair[1])), "{}: {}", command.get_name(), pair[1]);
            }
        }
    }
}
