//! From what was typed to the command that does it.

use crate::cli::args::Command;
use crate::cli::command::{
    call, check, checks, completions, doctor, drill, evidence, explain, list, plan, report, resume, rollback, run,
    runs, shim, show, status, verify,
};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;

/// Carries a command out.
pub(crate) fn carry_out(command: Command, settings: &Settings, screen: &Screen) -> Result<ExitCode, CommandError> {
    match command {
        Command::Run(arguments) => run::run(&arguments, settings, screen),
        Command::Verify(arguments) => verify::verify(&arguments, settings, screen),
        Command::Drill(arguments) => drill::drill(&arguments, settings, screen),
        Command::Resume(arguments) => resume::resume(&arguments, settings, screen),
        Command::Rollback(arguments) => rollback::rollback(&arguments, settings, screen),
        Command::Status(arguments) => status::status(&arguments, settings, screen),
        Command::Runs(arguments) => runs::runs(&arguments, settings, screen),
        Command::Report(arguments) => report::report(&arguments, settings, screen),
        Command::Evidence(arguments) => evidence::evidence(&arguments, settings, screen),
        Command::Check(arguments) => check::check(&arguments, settings, screen),
        Command::Explain(arguments) => explain::explain(&arguments, settings, screen),
        Command::Checks(arguments) => checks::checks(&arguments, settings, screen),
        Command::List(arguments) => list::list(&arguments, settings, screen),
        Command::Show(arguments) => show::show(&arguments, settings, screen),
        Command::Plan(arguments) => plan::plan(&arguments, settings, screen),
        Command::Call(arguments) => call::call(&arguments, settings, screen),
        Command::Doctor(arguments) => doctor::doctor(&arguments, settings, screen),
        Command::Completions(arguments) => completions::completions(&arguments, screen),
        Command::Shim => Ok(shim::own_a_command()),
    }
}
