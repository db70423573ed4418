//! A program to run, and what became of it.

use std::future::{Pending, pending};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::world::process::Environment;
#[cfg(doc)]
use crate::world::process::GRACE;

/// A program to run.
#[derive(Debug)]
pub struct Spawn<'a> {
    /// The program: a path, or a name looked up in the environment's `PATH`.
    pub program: &'a str,
    /// Its arguments.
    pub args: &'a [String],
    /// Where it runs.
    pub cwd: &'a Path,
    /// All that it sees of the environment.
    pub environment: &'a Environment,
    /// What it reads; nothing when none.
    pub stdin: Option<&'a [u8]>,
    /// A terminal that is its standard input, output and error: nothing of its output is seen then.
    pub terminal: Option<&'a OwnedFd>,
}

/// What ends a program before its time.
#[derive(Debug)]
pub struct Limits<C, K> {
    /// When it must be over.
    pub deadline: Option<Instant>,
    /// Ends when it is to be stopped: SIGTERM, and SIGKILL after [`GRACE`].
    pub cancelled: C,
    /// Ends when it is to be ended at once: SIGKILL.
    pub killed: K,
}

impl Limits<Pending<()>, Pending<()>> {
    /// Nothing but a deadline.
    pub fn until(deadline: Option<Instant>) -> Self {
        Self { deadline, cancelled: pending(), killed: pending() }
    }
}

/// What is told of a program while it runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Told<'a> {
    /// It was started: its process, which is also its group.
    Started(u32),
    /// It wrote.
    Output(Stream, &'a [u8]),
}

/// Which of the two streams.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// By itself, with a code.
    Exited(i32),
    /// By a signal.
    Signalled(i32),
}

/// Why it was made to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// Its deadline passed.
    Deadline,
    /// The operator wanted it stopped.
    Cancelled,
}

/// A process that a program left behind.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Survivor {
    /// The process.
    pub pid: i32,
    /// The name of its program, as the kernel keeps it (15 bytes at most).
    pub name: String,
}

/// What became of a program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub ended: Ended,
    /// Whether it was made to.
    pub stopped: Option<StopCause>,
    /// How long it ran.
    pub took: Duration,
    /// Processes that it started and that are still there.
    pub survivors: Vec<Survivor>,
}

/// A program that could not be started, or not be waited for.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// There is no such program.
    #[error("there is no program `{program}`")]
    NotFound {
        /// The program.
        program: String,
    },
    /// There is no such folder.
    #[error("there is no folder {} to run it in", .cwd.display())]
    NoFolder {
        /// The folder.
        cwd: PathBuf,
    },
    /// The system refused.
    #[error("`{program}` could not be started")]
    Refused {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It was started, and lost.
    #[error("lost sight of `{program}`")]
    Lost {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}
