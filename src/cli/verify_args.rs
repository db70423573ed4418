//! The command line of `checkride verify`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::catalog::Severity;
use crate::cli::args::{jobs, pair, skip, step};
use crate::id::StepId;
use crate::source::reader::duration_of;

/// `checkride verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
The steps of phase `verify` run, and no others. Nothing can be changed: the plan holds no write, and neither does the door to \
AWS. Nobody is asked; what a person must do comes last, and is answered by --answers or ends with exit code 11. Steps run as \
soon as what they look at has ended. Each target of the profile (`[[target]]`) is a run of its own, with its own evidence.

A finding that is waived (`[[waiver]]` of the profile), below --fail-on, or known from --compare with --new-only is shown and \
counted, and does not decide the exit code. What could not be decided is never green: 13.

Examples:
  checkride verify verify-security -p prod
  checkride verify verify-security -p prod --junit results.xml -o github=- --fail-on high
  checkride verify verify-security -p fleet --target eu --target us -j 32 --deadline 10m
  checkride verify verify-security -p prod --compare last --new-only

Exit codes: 0 all passed; 4 failed; 13 unknown, and none failed; 11 a person is needed; 12 account, region, credentials; \
7 interrupted; 5 every step was left out; 2 usage, nothing to verify; 3 a file is invalid; 9 the journal could not be written.")]
pub struct VerifyArguments {
    /// A runbook: a name in `runbooks/`, or a path
    #[arg(value_name = "RUNBOOK")]
    pub runbook: String,
    /// The environment: a name in `profiles/`, or a path
    #[arg(short, long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Give an input; an input that the profile or a target sets is locked
    #[arg(short, long = "input", value_name = "NAME=VALUE", value_parser = pair)]
    pub input: Vec<(String, String)>,
    /// Look at these targets of the profile only [default: all of them]
    #[arg(long, value_name = "TARGET", value_delimiter = ',')]
    pub target: Vec<String>,
    /// Run these steps only; the rest is a deviation
    #[arg(long, value_name = "STEP", value_delimiter = ',', value_parser = step)]
    pub only: Vec<StepId>,
    /// Leave a step out, with a reason: a deviation
    #[arg(long, value_name = "STEP=REASON", value_parser = skip)]
    pub skip: Vec<(StepId, String)>,
    /// Run no program: its steps, and what needs them, are left out, on record
    #[arg(long)]
    pub no_commands: bool,
    /// How many steps run at once, over all targets
    #[arg(short, long, value_name = "N", default_value_t = 16, value_parser = jobs)]
    pub jobs: usize,
    /// After how long what is not decided is unknown: `90s`, `10m`
    #[arg(long, value_name = "DURATION", value_parser = span)]
    pub deadline: Option<Duration>,
    /// Fail only on findings at least so severe; one that says nothing counts
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub fail_on: Option<Severity>,
    /// Stop at the first finding that counts, on every target
    #[arg(long)]
    pub fail_fast: bool,
    /// Hold the findings against an earlier run: its id, the beginning or end of it, or `last`
    #[arg(long, value_name = "RUN|last")]
    pub compare: Option<String>,
    /// Fail only on what had not failed in the run of --compare
    #[arg(long, requires = "compare")]
    pub new_only: bool,
    /// Answers to named questions; each says who gives it and why
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// What goes to stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: VerifyFormat,
    /// Write a `JUnit` file, too
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write another format to a file, too, or to stdout with `-`; may be given several times
    #[arg(short, long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<(VerifyFormat, PathBuf)>,
    /// Write every event as a JSON line to a file, or to stdout with `-`; each names its target when the profile has any
    #[arg(long, value_name = "FILE|-")]
    pub events: Option<String>,
    /// The change ticket, for the record
    #[arg(long, value_name = "TICKET")]
    pub change: Option<String>,
    /// Why this verification is made, for the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The most steps that a runbook may have
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_steps: usize,
}

/// How a verification is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum VerifyFormat {
    /// For people; what is wrong comes last
    #[default]
    Human,
    /// JSON; versioned
    Json,
    /// `JUnit` XML
    Junit,
    /// GitHub's annotations; the job summary goes to `GITHUB_STEP_SUMMARY`
    Github,
    /// Markdown for a comment at a change
    Markdown,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Nothing
    None,
}

fn span(text: &str) -> Result<Duration, String> {
    duration_of(text).filter(|it| !it.is_zero()).ok_or_else(|| "a number with a unit: 90s, 15m, 2h".to_owned())
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::of(text).ok_or_else(|| "low, medium, high or critical".to_owned())
}

fn output(text: &str) -> Result<(VerifyFormat, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("write FORMAT=FILE, such as sarif=findings.sarif")?;
    if path.is_empty() {
        return Err("the file is missing".to_owned());
    }
    Ok((VerifyFormat::from_str(format, false)?, PathBuf::from(path)))
}
