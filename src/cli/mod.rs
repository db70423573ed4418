//! The command line: arguments, prompts, commands, exit codes.
//!
//! The only room that ties `engine`, `report` and `aws` together. `screen.rs` is the one home of stdout and stderr; the
//! terminal device is set, and set back, in `tty.rs` alone.

mod answers;
mod args;
mod asker;
mod child;
mod command;
mod crash;
mod dialog;
mod dispatch;
mod drill_args;
mod drill_opening;
mod error;
mod exit;
mod farewell;
mod fresh;
mod job;
mod kept;
mod keys;
mod lend;
mod line;
mod load;
mod narrow;
mod operator;
mod person;
mod pin;
mod prepare;
mod project;
mod screen;
mod settings;
mod told;
mod tty;
mod verify_args;

#[cfg(test)]
mod tests;

pub use answers::{AnswersFile, AnswersOperator};
pub use args::Arguments;
pub use child::{ChildFile, child_environment};
pub use dispatch::main;
pub use error::{CommandError, ErrorSource};
pub use exit::ExitCode;
pub use lend::TerminalLender;
pub use operator::{TerminalOperator, ask_now, ask_secret};
pub use person::{Person, Unattended};
pub use screen::{ColorWhen, Screen, ScreenError, ScreenSettings};
pub use settings::Settings;
pub use tty::{TerminalGuard, Tty, restore};
