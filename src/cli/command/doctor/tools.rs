//! The programs of the runbooks' commands.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::cli::command::doctor::finding::Finding;
use crate::cli::command::doctor::needs::Tool;
use crate::cli::command::doctor::patience::all;
use crate::world::process::{Ended, Environment, Limits, Looked, Spawn, Told, look_up, run};

/// Programs of which it is known that they answer `--version` and do nothing else. A script of a project may take no notice of
/// its arguments, and deploy: it is not asked.
const HARMLESS: [&str; 30] = [
    "aws",
    "bash",
    "cargo",
    "cdk",
    "cmake",
    "curl",
    "docker",
    "git",
    "gradle",
    "java",
    "jq",
    "make",
    "mvn",
    "mysql",
    "node",
    "npm",
    "npx",
    "pip",
    "pip3",
    "pnpm",
    "podman",
    "psql",
    "python",
    "python3",
    "rustc",
    "sam",
    "terraform",
    "tofu",
    "uv",
    "yarn",
];

/// How long a program may think about its version, and how much of its answer is read, in bytes.
const WITHIN: Duration = Duration::from_secs(5);
const MOST: usize = 4096;

/// Looks at each of them, and at git.
pub(super) async fn tools(wanted: &[Tool], root: &Path, environment: Environment) -> Vec<Finding> {
    let mut wanted = wanted.to_vec();
    wanted.sort_by(|a, b| a.program.cmp(&b.program));
    if !wanted.iter().any(|tool| tool.program.as_deref() == Some("git")) {
        let git = Tool { program: Some("git".to_owned()), cwd: root.to_owned(), path: None, steps: Vec::new() };
        wanted.insert(0, git);
    }
    let environment = Rc::new(quiet(environment));
    all(wanted.into_iter().map(|tool| {
        let environment = Rc::clone(&environment);
        async move { look(&tool, &environment).await }
    }))
    .await
}

/// Nothing is told to anybody, looked up or kept because somebody asks for a version.
fn quiet(mut environment: Environment) -> Environment {
    for (name, value) in [
        ("CDK_DISABLE_VERSION_CHECK", "1"),
        ("CI", "1"),
        ("NO_UPDATE_NOTIFIER", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("SAM_CLI_TELEMETRY", "0"),
        ("CHECKPOINT_DISABLE", "1"),
    ] {
        environment.set(name, value);
    }
    environment
}

async fn look(tool: &Tool, environment: &Environment) -> Finding {
    let steps = match tool.steps.as_slice() {
        [] => String::new(),
        [one] => format!("; {one} runs it"),
        [one, rest @ ..] => format!("; {one} runs it, and {} more", rest.len()),
    };
    let Some(program) = &tool.program else {
        let steps = tool.steps.join(", ");
        return Finding::unknown("tool", format!("which program is run is not known before the run: {steps}"));
    };
    let mut environment = environment.clone();
    if let Some(path) = &tool.path {
        environment.set("PATH", path);
    }
    let finding = match look_up(program, &tool.cwd, &environment) {
        Looked::Found(path) => {
            let version = version(program, &path, &tool.cwd, &environment).await;
            let version = version.map_or_else(String::new, |version| format!(": {version}"));
            Finding::ok("tool", format!("{}{version}", path.display()))
        }
        Looked::NotExecutable(path) => {
            let found = format!("{} is not executable{steps}", path.display());
            Finding::failed("tool", found, format!("chmod +x {}", path.display()))
        }
        Looked::Missing if program.contains('/') => {
            let found = format!("there is no {}{steps}", tool.cwd.join(program).display());
            Finding::warn("tool", found, "an earlier step may make it; else correct `run` or `cwd` of the step")
        }
        Looked::Missing if tool.steps.is_empty() => Finding::warn(
            "tool",
            "it is not there: a journal will not say which commit ran",
            format!("install {program}"),
        ),
        Looked::Missing => {
            let found = format!("there is no program `{program}` in PATH{steps}");
            Finding::failed("tool", found, format!("install {program}, or put its folder into PATH"))
        }
    };
    finding.about(program)
}

/// What it says of its version: the first line.
async fn version(program: &str, path: &Path, cwd: &Path, environment: &Environment) -> Option<String> {
    HARMLESS.contains(&program).then_some(())?;
    let path: PathBuf = path.to_owned();
    let (args, program) = (vec!["--version".to_owned()], path.to_str()?);
    let spawn = Spawn { program, args: &args, cwd, environment, stdin: None, terminal: None };
    let end = Instant::now() + WITHIN;
    let limits = Limits { deadline: None, cancelled: std::future::pending(), killed: sleep_until(end) };
    let mut said = Vec::new();
    let finished = run(spawn, limits, |told| {
        if let Told::Output(_, bytes) = told {
            let room = MOST.saturating_sub(said.len()).min(bytes.len());
            said.extend_from_slice(&bytes[..room]);
        }
    });
    let ended = finished.await.ok()?.ended;
    let line = String::from_utf8_lossy(&said).lines().map(str::trim).find(|line| !line.is_empty())?.to_owned();
    (ended == Ended::Exited(0)).then_some(line)
}
