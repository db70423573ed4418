//! The state of the project's git checkout, if it is one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::world::process::{Ended, Environment, Limits, Spawn, Stream, Told, run};

/// How long git may take: a slow answer is worth less than a quick start.
const PATIENCE: Duration = Duration::from_secs(5);

/// What git says of a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkout {
    /// The commit that is checked out.
    pub commit: String,
    /// Whether there are changes on top of it.
    pub dirty: bool,
    /// Where the folder stands in its repository, without a `/` at its end; none: at the top.
    pub folder: Option<String>,
}

/// The checkout around a project. `None`: there is none, or no git.
pub async fn checkout(project: &Path, variables: BTreeMap<OsString, OsString>) -> Option<Checkout> {
    let environment = Environment::new(variables);
    // Of the first, two lines, as git ends each: a commit has no line break, and what follows it to the last one is the folder.
    let (said, changes) = tokio::join!(
        git(project, &environment, &["rev-parse", "HEAD", "--show-prefix"]),
        git(project, &environment, &["status", "--porcelain", "--untracked-files=no"]),
    );
    let said = said?;
    let (commit, folder) = said.split_once('\n')?;
    let folder = folder.strip_suffix('\n').unwrap_or(folder).trim_end_matches('/');
    Some(Checkout {
        commit: commit.to_owned(),
        dirty: !changes?.trim().is_empty(),
        folder: (!folder.is_empty()).then(|| folder.to_owned()),
    })
}

async fn git(project: &Path, environment: &Environment, args: &[&str]) -> Option<String> {
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let spawn = Spawn { program: "git", args: &args, cwd: project, environment, stdin: None, terminal: None };
    let mut output = Vec::new();
    let finished = run(spawn, Limits::until(Some(Instant::now() + PATIENCE)), |told| {
        if let Told::Output(Stream::Out, bytes) = told {
            output.extend_from_slice(bytes);
        }
    })
    .await
    .ok()?;
    (finished.ended == Ended::Exited(0)).then(|| String::from_utf8_lossy(&output).into_owned())
}
