//! The command line: arguments, prompts, commands, exit codes.
//!
//! The only room that ties `engine`, `report` and `aws` together. `screen.rs` is the one home of stdout and stderr; the
//! terminal device is set, and set back, in `tty.rs` alone.

mod answers;
mod dialog;
mod error;
mod exit;
mod operator;
mod person;
mod screen;
mod tty;

pub use answers::{AnswersFile, AnswersOperator};
pub use error::{CommandError, ErrorSource};
pub use exit::ExitCode;
pub use operator::{TerminalOperator, ask_now, ask_secret};
pub use person::{Person, Unattended};
pub use screen::{ColorWhen, Screen, ScreenError, ScreenSettings};
pub use tty::{TerminalGuard, Tty, restore};
