//! A process of this program that outlives it.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use tokio::process::Command;

/// A process of this program that outlives it, with the pipes to and from it.
#[derive(Debug)]
pub struct Shim {
    /// The process.
    pub child: tokio::process::Child,
    /// What it hears.
    pub control: std::fs::File,
    /// What it says.
    pub frames: OwnedFd,
}

/// Starts a shim. Its standard error is the lock that it holds: so it holds it from the first moment on, and gives it back
/// only by its end. It inherits nothing else, and is not ended when this process is.
#[expect(clippy::disallowed_methods, reason = "this is the one home of child processes")]
pub fn shim(program: &Path, lock: std::fs::File) -> io::Result<Shim> {
    let (heard, control) = io::pipe()?;
    let (frames, said) = io::pipe()?;
    let child = Command::new(program)
        .arg("shim")
        .env_clear()
        .current_dir("/")
        .stdin(heard)
        .stdout(said)
        .stderr(lock)
        .spawn()?;
    Ok(Shim { child, control: OwnedFd::from(control).into(), frames: frames.into() })
}

/// Leaves the session and with it the terminal: what happens to that is no concern of this process any more.
pub fn leave_terminal() {
    // A process that leads a group already cannot; it has no terminal of its own then.
    let _ = nix::unistd::setsid();
}
