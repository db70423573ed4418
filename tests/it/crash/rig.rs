//! A project with eight effects of four kinds, and the real program under a tracer that kills it or fails its calls.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::cloud::Cloud;
use super::target::{self, Log};
use crate::support::binary::{Said, command as program, patiently};
use crate::support::project::Project;
use crate::support::sandbox::account;

/// The effects, in the order in which they happen.
pub(super) const EFFECTS: [&str; 8] =
    ["argv_one", "probed_one", "again_one", "create", "execute", "argv_two", "probed_two", "again_two"];

const RUN: &[&str] = &["run", "r", "-p", "rig", "--answers", "answers.toml"];
const RESUME: &[&str] = &["resume", "--answers", "answers.toml"];

/// After how long a traced program that should have ended is a failed test.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the tracer does at the n-th such call of a thread.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Point {
    pub(super) call: String,
    pub(super) n: usize,
    pub(super) does: Does,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Does {
    /// The program is killed before the call.
    Kill,
    /// The call fails, with this error.
    Fail(&'static str),
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.does {
            Does::Kill => write!(f, "killed at {} {}", self.call, self.n),
            Does::Fail(error) => write!(f, "{error} at {} {}", self.call, self.n),
        }
    }
}

/// How a sitting ended.
#[derive(Debug)]
pub(super) struct Sat {
    /// The exit code; 137 when it was killed.
    pub(super) code: i32,
    pub(super) stderr: String,
    /// The calls that were traced: name by name, how many the busiest thread made.
    pub(super) calls: BTreeMap<String, usize>,
    /// How many calls were traced in all threads together.
    pub(super) all_calls: usize,
    /// When the first call was made to fail, in seconds since 1970.
    pub(super) failed_at: Option<f64>,
}

impl Sat {
    /// A sitting that nobody traced.
    pub(super) fn untraced(said: Said) -> Self {
        Self { code: said.code, stderr: said.stderr, calls: BTreeMap::new(), all_calls: 0, failed_at: None }
    }
}

/// One project with its own account.
#[derive(Debug)]
pub(super) struct Rig {
    pub(super) project: Project,
    account: String,
    sittings: usize,
}

/// Whether the tracer is there and may trace. Why not, otherwise: then the tests of this room say so, and try nothing.
pub(super) fn tracer() -> Result<(), String> {
    static FOUND: OnceLock<Result<(), String>> = OnceLock::new();
    let look = || {
        let output = command("strace").args(["-f", "-o", "/dev/null", "-b", "execve", "true"]).output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(format!("strace may not trace: {}", String::from_utf8_lossy(&output.stderr).trim())),
            Err(error) => Err(format!("strace is not there: {error}")),
        }
    };
    FOUND.get_or_init(look).clone()
}

/// Says on the test's stderr that something was left out, and why; true when the tracer is there.
#[expect(clippy::print_stderr, reason = "a test that tries nothing must not look like one that passed")]
pub(crate) fn can_trace() -> bool {
    match tracer() {
        Ok(()) => true,
        Err(why) => {
            eprintln!(
                "NOT TRIED: {why}. Install strace (Debian: apt-get install strace) to kill the program at its calls."
            );
            false
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test starts programs as a person's shell does")]
pub(crate) fn command(program: &str) -> Command {
    Command::new(program)
}

pub(super) fn cloud() -> &'static Cloud {
    static CLOUD: OnceLock<Cloud> = OnceLock::new();
    CLOUD.get_or_init(Cloud::start)
}

impl Rig {
    /// A project with the eight effects.
    pub(super) fn new() -> Self {
        let step = |id: &str, what: &str| {
            format!("[[deploy]]\nid = \"{id}\"\ntitle = \"Do {id}\"\nkind = \"command\"\neffect = \"write\"\n{what}\n")
        };
        let argv = |id: &str| step(id, &format!("run = [\"sh\", \"tools/witness\", \"{id}\"]\n"));
        let probed = |id: &str| {
            let probe =
                format!("{{ run = [\"sh\", \"tools/happened\", \"{id}\"], done = \"out.stdout == 'yes\\\\n'\" }}");
            step(id, &format!("shell = \"sh tools/witness {id}\"\non_unknown = \"probe\"\nprobe = {probe}\n"))
        };
        let again = |id: &str| {
            step(id, &format!("run = [\"sh\", \"tools/witness\", \"{id}\", \"once\"]\non_unknown = \"run-again\"\n"))
        };
        let stack = "[[deploy]]\nid = \"stack\"\ntitle = \"Deploy the stack\"\nkind = \"stack\"\nstack = \"rig\"\n\
                     template = \"rig.yaml\"\n\n";
        let steps = [
            &argv("argv_one"),
            &probed("probed_one"),
            &again("again_one"),
            stack,
            &argv("argv_two"),
            &probed("probed_two"),
            &again("again_two"),
        ];
        Self::of(&steps.map(str::to_owned).concat())
    }

    /// A project with these steps.
    pub(super) fn of(steps: &str) -> Self {
        let account = account();
        // No watch before it: a request of one sitting could then be heard after those of the next one.
        let project = Project::new()
            .emulated_unwatched("rig", &account, &cloud().endpoint)
            .runbook("r", steps)
            .file("rig.yaml", "Resources:\n  Queue: { Type: 'AWS::SQS::Queue' }\n")
            .file("answers.toml", &answers(&[]));
        target::build(&project.path(""));
        cloud().open(&account, &project.path(""));
        Self { project, account, sittings: 0 }
    }

    pub(super) fn log(&self) -> Log {
        Log::of(&self.project.path(""))
    }

    /// The next sitting: a run when none began yet, otherwise a resume.
    pub(super) fn sit(&mut self, points: &[Point], traced: &[&str]) -> Sat {
        let arguments = if self.began() { RESUME } else { RUN };
        self.sittings += 1;
        if points.is_empty() && traced.is_empty() {
            let said = self.project.checkride(arguments);
            return Sat::untraced(said);
        }
        let trace = self.trace();
        let mut strace = command("strace");
        // Children are let go when they become another program: what is killed is checkride, and nothing else.
        strace.args(["-f", "-b", "execve", "-qq", "-ttt", "-o"]).arg(&trace);
        let mut names: Vec<&str> = traced.to_vec();
        names.extend(points.iter().map(|point| point.call.as_str()));
        strace.args(["-e", &format!("trace={}", names.join(","))]);
        for Point { call, n, does } in points {
            let does = match does {
                Does::Kill => "signal=KILL".to_owned(),
                Does::Fail(error) => format!("error={error}"),
            };
            strace.args(["-e", &format!("inject={call}:{does}:when={n}")]);
        }
        let checkride = program(arguments, &self.project.path(""), self.project.variables());
        strace.arg(checkride.get_program()).args(checkride.get_args()).current_dir(self.project.path(""));
        strace.env_clear().envs(self.project.variables()).stdin(Stdio::null());
        let output = assert_cmd::Command::from_std(strace).timeout(PATIENCE).output().expect("it starts and ends");
        let code = output.status.code().or_else(|| output.status.signal().map(|signal| 128 + signal)).unwrap();
        let text = fs::read_to_string(&trace).unwrap_or_default();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let all_calls = calls(&text).count();
        Sat { code, stderr, calls: counted(&text), all_calls, failed_at: failed_at(&text) }
    }

    fn trace(&self) -> PathBuf {
        self.project.home().join(format!("trace-{}", self.sittings))
    }

    /// Whether a run has a journal.
    pub(super) fn began(&self) -> bool {
        self.project.runs().iter().any(|run| run.join("journal.jsonl").exists())
    }

    /// The events on record, as JSON.
    pub(super) fn events(&self) -> Vec<Value> {
        let began = self.project.runs().into_iter().find(|run| run.join("journal.jsonl").exists());
        let text = began.map(|run| fs::read(run.join("journal.jsonl")).unwrap()).unwrap_or_default();
        let lines = text.split(|byte| *byte == b'\n').skip(1);
        lines.filter_map(|line| Some(serde_json::from_slice::<Value>(line).ok()?["event"].clone())).collect()
    }

    /// The effects of which an intent is on record, and no outcome but that it is unknown, or still under way.
    pub(super) fn open_effects(&self) -> Vec<String> {
        let mut open: Vec<(Value, Value, Value, String)> = Vec::new();
        for event in self.events() {
            let key = (event["step"].clone(), event["attempt"].clone(), event["n"].clone());
            if event["kind"] == "effect_intended" {
                let name = match event["call"].as_str().unwrap() {
                    "cloudformation:CreateChangeSet" => "create",
                    "cloudformation:ExecuteChangeSet" => "execute",
                    _ => event["step"].as_str().unwrap(),
                };
                open.push((key.0, key.1, key.2, name.to_owned()));
            } else if event["kind"] == "effect_settled"
                && event["result"] != "unknown"
                && event["result"] != "under_way"
            {
                open.retain(|known| (&known.0, &known.1, &known.2) != (&key.0, &key.1, &key.2));
            }
        }
        open.into_iter().map(|known| known.3).collect()
    }

    /// Answers the question that the last sitting left, by the truth: what the target's log says once all is quiet.
    pub(super) fn settle(&self, question: &str) {
        let step = question.strip_suffix(".unknown").expect("an unknown effect");
        self.quiet();
        let word = if self.log().happened(step) { "happened" } else { "did-not-happen" };
        self.project.write("answers.toml", &answers(&[question, word]));
    }

    /// The question that the last sitting left.
    pub(super) fn left_at(&self) -> Option<String> {
        let events = self.events();
        let end = events.iter().rev().find(|event| event["kind"] == "session_ended")?;
        end["waits_for"].as_str().map(str::to_owned)
    }

    /// Whether a run's end is on record.
    pub(super) fn is_over(&self) -> bool {
        self.events().iter().any(|event| event["kind"] == "run_finished")
    }

    /// Waits until no process works in the project any more.
    pub(super) fn quiet(&self) {
        patiently("quiet", || self.processes().is_empty());
    }

    /// The processes that work in the project, and their command lines; a shim works elsewhere, and holds a lock there.
    pub(super) fn processes(&self) -> Vec<(i32, String)> {
        let project = self.project.path("").canonicalize().unwrap();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        entries
            .filter_map(|entry| {
                let pid = entry.file_name().to_str()?.parse().ok()?;
                let place =
                    |of: &str| fs::read_link(entry.path().join(of)).is_ok_and(|path| path.starts_with(&project));
                let there = place("cwd") || place("fd/2");
                let line = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default().replace('\0', " ");
                there.then_some((pid, line))
            })
            .collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        cloud().close(&self.account);
    }
}

/// The answers file, with one more answer if there is one.
fn answers(more: &[&str]) -> String {
    let all = [&["phase.deploy", "yes", "stack.change_set", "execute"][..], more].concat();
    let entries = all.chunks(2).map(|pair| {
        format!("[answer.\"{}\"]\nchoose = \"{}\"\nby = \"ana\"\nreason = \"the rig\"\n", pair[0], pair[1])
    });
    format!("format = 1\n{}", entries.collect::<String>())
}

/// Whether all points are tried, as `scripts/crash-rig` wants it.
pub(super) fn all() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the script says by the environment how much is tried")]
    let all = std::env::var("CHECKRIDE_CRASH_RIG");
    all.is_ok_and(|all| all == "all")
}

/// Does the same with each of many, several at a time: most of the time goes in waiting for the disk.
pub(super) fn each<T: Sync>(all: &[T], what: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(2, |cores| cores.get() * 2);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    what(one);
                }
            });
        }
    });
}

/// Each call of a trace: the thread that made it, and its name.
fn calls(trace: &str) -> impl Iterator<Item = (&str, &str)> {
    trace.lines().filter(|line| !line.contains("resumed>")).filter_map(|line| {
        let mut words = line.split_whitespace();
        let (thread, _, rest) = (words.next()?, words.next()?, words.next()?);
        Some((thread, rest.split_once('(')?.0))
    })
}

/// How often each call was made by the thread that made it most.
fn counted(trace: &str) -> BTreeMap<String, usize> {
    let mut by_thread: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for call in calls(trace) {
        *by_thread.entry(call).or_default() += 1;
    }
    let mut most: BTreeMap<String, usize> = BTreeMap::new();
    for ((_, call), count) in by_thread {
        let known = most.entry(call.to_owned()).or_default();
        *known = count.max(*known);
    }
    most
}

fn failed_at(trace: &str) -> Option<f64> {
    let line = trace.lines().find(|line| line.contains("(INJECTED)"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
