//! `checkride shim`: owns one command of a run. Nobody types it.

use std::os::fd::AsFd;

use crate::cli::exit::ExitCode;
use crate::shim::serve;

/// It has no screen: its standard error is the lock that it holds, and nothing may be written there. What it has to say is
/// on disk, where whoever started it looks.
#[expect(clippy::disallowed_methods, reason = "its standard output is a pipe to checkride, not a screen")]
pub(crate) fn own_a_command() -> ExitCode {
    std::panic::set_hook(Box::new(|_| ()));
    let input = std::io::stdin().as_fd().try_clone_to_owned();
    let output = std::io::stdout().as_fd().try_clone_to_owned();
    let served = match (input, output) {
        (Ok(input), Ok(output)) => serve(input, output),
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    if served.is_ok() { ExitCode::Success } else { ExitCode::Unexpected }
}
