//! The state of the project's git checkout, if it is one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::world::process::{Ended, Environment, Limits, Spawn, Stream, Told, run};

/// How long git may take: a slow answer is worth less than a quick start.
const PATIENCE: Duration = Duration::from_secs(5);

/// The commit that is checked out, and whether there are changes on top of it. `None`: no checkout, or no git.
pub async fn git_state(project: &Path, variables: BTreeMap<OsString, OsString>) -> Option<(String, bool)> {
    let environment = Environment::new(variables);
    let (commit, changes) = tokio::join!(
        git(project, &environment, &["rev-parse", "HEAD"]),
        git(project, &environment, &["status", "--porcelain", "--untracked-files=no"]),
    );
    Some((commit?.trim().to_owned(), !changes?.trim().is_empty()))
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
