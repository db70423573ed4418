//! From the process's arguments to its exit code.

use clap::Parser;

use crate::cli::args::{Arguments, Command};
use crate::cli::command::carry_out;
use crate::cli::crash::guard_panics;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::screen::{Screen, ScreenSettings};
use crate::cli::settings::Settings;

/// The whole program: gives the exit code.
pub fn main() -> std::process::ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap prints help to stdout and faults to stderr; its codes are ours: 0 and 2.
            drop(error.print());
            return std::process::ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    std::process::ExitCode::from(act(arguments).code())
}

fn act(arguments: Arguments) -> ExitCode {
    let Arguments { dir, color, command } = arguments;
    let settings = Settings::read(dir);
    let variable = |name: &str| settings.as_ref().ok().and_then(|settings| settings.variable(name));
    let mut how = ScreenSettings::from_environment(color, no_input(&command), variable);
    // Over a bad line at three in the morning nothing may hide behind a wheel that turns.
    how.dumb |= matches!(&command, Command::Rollback(arguments) if arguments.incident.is_some());
    let screen = Screen::open(how);
    guard_panics(screen.redactor().clone());
    let result = settings.and_then(|settings| carry_out(command, &settings, &screen));
    result.unwrap_or_else(|error| say(&error, &screen))
}

fn say(error: &CommandError, screen: &Screen) -> ExitCode {
    let lines = error.cut(screen.redactor()).lines(screen.surface().look(), screen.surface().columns());
    screen.say(&lines);
    error.kind
}

fn no_input(command: &Command) -> bool {
    match command {
        Command::Run(arguments) => arguments.sitting.no_input,
        Command::Drill(arguments) => arguments.sitting.no_input,
        Command::Resume(arguments) => arguments.sitting.no_input,
        Command::Rollback(arguments) => arguments.sitting.no_input,
        Command::Plan(arguments) => arguments.no_input,
        Command::Call(arguments) => arguments.no_input,
        // It is for pipelines: nobody is asked, whoever looks on.
        Command::Verify(_) => true,
        Command::Status(_)
        | Command::Runs(_)
        | Command::Report(_)
        | Command::Evidence(_)
        | Command::Check(_)
        | Command::Explain(_)
        | Command::Checks(_)
        | Command::List(_)
        | Command::Show(_)
        | Command::Doctor(_)
        | Command::Completions(_)
        | Command::Shim => false,
    }
}
