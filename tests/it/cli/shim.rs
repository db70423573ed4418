//! Commands under their shim: what becomes of them, and of what they say, when checkride dies.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};

use checkride::step::command::{Frame, Left, Order, Record, State, left};
use checkride::world::process::{Ended, Environment, StopCause};
use nix::sys::signal::Signal;

use crate::support::binary::{Running, Said, command, patiently};
use crate::support::project::{HOLD, Project, logged};

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];
const RESUME: &[&str] = &["resume", "--answers", "answers.toml"];

/// A write that holds until it is told to go on, and one that uses what it said. `more` are further keys of the first.
fn two(more: &str, script: &str) -> Project {
    let hold = format!("echo before\n{HOLD}echo effect >> log\necho after\n{script}");
    let first = logged("one", &hold, &format!("outputs = {{ said = \"out.stdout\" }}\n{more}"));
    let second = logged("two", "echo \"$SAID\" >> log\n", "env = { SAID = \"${step.one.said}\" }\n");
    Project::new().local().runbook("r", &[first, second].concat()).answers("phase.deploy = yes")
}

fn under_way(project: &Project) -> Running {
    let mut running = project.begin(RUN);
    running.until_there_is(&project.path("begun"));
    running
}

/// Lets the program go on, and waits until its shim has ended.
fn let_go(project: &Project) {
    project.write("go", "");
    patiently("the shim ends", || !project.is_hosted("one-1"));
}

#[test]
fn a_command_that_ended_with_nobody_watching_is_found_ended() {
    for more in ["", "on_unknown = \"run-again\"\n", "on_unknown = \"ask\"\n"] {
        let project = two(more, "");
        under_way(&project).kill();
        let_go(&project);
        let said = project.checkride(RESUME).exits(0);
        said.says("[one] done: exit code 0; found on resume").never_says("attempt 2");
        assert_eq!(project.read("log"), "one\neffect\ntwo\nbefore\nafter\n\n", "each effect once, with what it said");
    }
}

#[test]
fn a_command_that_failed_with_nobody_watching_is_found_failed() {
    let project = two("", "exit 3\n");
    under_way(&project).kill();
    let_go(&project);
    project.checkride(RESUME).exits(5).says("[one] done: exit code 3; found on resume").says("exited with 3");
    assert_eq!(project.read("log"), "one\neffect\n");
}

#[test]
fn a_command_that_still_runs_is_waited_for_and_shown_and_never_begun_again() {
    for more in ["", "on_unknown = \"run-again\"\n"] {
        let project = two(more, "");
        under_way(&project).kill();
        let mut resumed = project.begin(RESUME);
        resumed.until_it_says("waiting for it");
        project.write("go", "");
        resumed.end().exits(0).says("[one] | after").says("[one] done: exit code 0");
        assert_eq!(project.read("log"), "one\neffect\ntwo\nbefore\nafter\n\n");
    }
}

#[test]
fn a_wait_that_is_killed_is_a_wait_again() {
    let project = two("", "");
    under_way(&project).kill();
    for _ in 0..2 {
        let mut resumed = project.begin(RESUME);
        resumed.until_it_says("waiting for it");
        resumed.kill();
    }
    let_go(&project);
    project.checkride(RESUME).exits(0);
    assert_eq!(project.read("log"), "one\neffect\ntwo\nbefore\nafter\n\n");
}

#[test]
fn a_command_of_another_session_is_stopped_by_the_second_interrupt() {
    let project = two("", "");
    under_way(&project).kill();
    let mut resumed = project.begin(RESUME);
    resumed.until_it_says("waiting for it");
    resumed.signal(Signal::SIGINT);
    resumed.until_it_says("! interrupted (SIGINT)");
    resumed.signal(Signal::SIGINT);
    resumed.end().exits(8).says("it was stopped on its way");
    assert_eq!(project.read("log"), "one\n");
    assert!(!project.is_hosted("one-1"));
}

/// What a program does whose shim was killed is asked about only when it has ended: before, a probe would say what is soon
/// untrue.
#[test]
fn a_shim_that_is_killed_leaves_an_unknown_effect() {
    let project = two("", "");
    let mut running = under_way(&project);
    project.kill_shim("one-1");
    running.until_it_says("the process that watched over it was killed, and it still runs; waiting for it");
    project.write("go", "");
    running.until_it_says("it may have happened; nobody knows");
    running.end().exits(8).says("the process that watched over it was killed, and its end was not seen");
}

#[test]
fn a_program_whose_shim_was_killed_is_waited_for_before_its_probe_is_asked() {
    let probe =
        "on_unknown = \"probe\"\nprobe = { run = [\"cat\", \"log\"], done = \"out.stdout.contains('effect')\" }\n";
    let step = logged("one", &format!("{HOLD}echo effect >> log\n"), probe);
    let project = Project::new().local().runbook("r", &step).answers("phase.deploy = yes");
    under_way(&project).kill();
    project.kill_shim("one-1");
    let mut resumed = project.begin(RESUME);
    resumed.until_it_says("waiting for it");
    project.write("go", "");
    resumed.end().exits(0).says("found done by a probe");
    assert_eq!(project.read("log").matches("effect").count(), 1, "{}", project.read("log"));
}

#[test]
fn a_third_interrupt_ends_a_program_that_does_not_listen() {
    let project = two("", "").runbook("r", &logged("one", &format!("trap 'echo deaf' TERM\n{DEAF}"), ""));
    let mut running = under_way(&project);
    running.signal(Signal::SIGINT);
    running.until_it_says("! interrupted (SIGINT)");
    running.signal(Signal::SIGINT);
    running.until_it_says("[one] | deaf");
    running.signal(Signal::SIGINT);
    running.end().exits(8).says("it was stopped on its way");
    let Some(State::Ended(record)) = project.states("one-1").pop() else { panic!("it has no end") };
    assert_eq!((record.ended, record.stopped), (Ended::Signalled(9), Some(StopCause::Cancelled)));
}

#[test]
fn what_a_command_leaves_running_is_named_though_it_left_its_group() {
    let script = "setsid sh -c 'touch begun; until [ -e go ] || [ ! -e runbooks ]; do sleep 0.02; done; touch gone' \
                  >/dev/null 2>&1 &\nuntil [ -e begun ]; do sleep 0.02; done\n";
    let project = Project::new().local().runbook("r", &logged("one", script, "")).answers("phase.deploy = yes");
    project.checkride(RUN).exits(0).says("processes that it started are still running: sh (");
    project.write("go", "");
    project.until_there_is("gone");
}

/// [`HOLD`], for a script whose children are ended.
const DEAF: &str = "touch begun\nuntil [ -e go ] || [ ! -e runbooks ]; do sleep 0.02 || true; done\n";

const TOKEN: &str = "tk-55-Walnut-Harbor";

/// A write that says a secret, in pieces, and then holds.
fn telling(more: &str) -> Project {
    let script = format!("printf 'begin tk-55-Wal'; printf 'nut-Harbor end\\n'; printf '%s' \"$TOKEN\" >&2\n{HOLD}");
    let inputs = "[inputs]\ntoken = { secret = { env = \"TOKEN\" } }\n\n";
    let env = format!("env = {{ TOKEN = \"${{input.token}}\" }}\n{more}");
    let project = Project::new().local().runbook("r", &format!("{inputs}{}", logged("one", &script, &env)));
    project.answers("phase.deploy = yes").variable("TOKEN", TOKEN)
}

#[test]
fn a_secret_is_cut_though_checkride_died_before_it_was_said() {
    let project = telling("");
    under_way(&project).kill().never_says(TOKEN);
    assert_eq!(project.kept_with(TOKEN), Vec::<std::path::PathBuf>::new(), "while it runs");
    let_go(&project);
    assert_eq!(project.kept_with(TOKEN), Vec::<std::path::PathBuf>::new(), "after its end");
    project.checkride(RESUME).exits(0).never_says(TOKEN);
    assert_eq!(project.kept_with(TOKEN), Vec::<std::path::PathBuf>::new(), "after the run");
    let kept = project.kept_with("begin [secret] end");
    assert!(
        kept.iter().any(|path| path.parent().is_some_and(|folder| folder.ends_with("artifacts"))),
        "it is kept, cut"
    );
}

#[test]
fn secret_output_is_not_stored_and_its_loss_is_named() {
    let more = "outputs = { made = \"out.stdout\" }\nsensitive = [\"made\"]\n";
    let project =
        Project::new().local().runbook("r", &logged("one", &format!("echo walnut-\"harbor-77\"\n{HOLD}"), more));
    let project = project.answers("phase.deploy = yes");
    under_way(&project).kill().never_says("walnut-harbor-77");
    let_go(&project);
    project.checkride(RESUME).exits(5).says("its output is not stored: it is secret");
    assert_eq!(project.kept_with("walnut-harbor-77"), Vec::<std::path::PathBuf>::new());
}

/// A shim by itself, with nobody but the test at its other end.
struct Alone {
    folder: tempfile::TempDir,
    child: Child,
}

impl Alone {
    fn begin(change: impl FnOnce(&mut Order)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["command", "artifacts"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mut order = Order {
            program: "/bin/sh".to_owned(),
            args: Vec::new(),
            cwd: folder.path().to_owned(),
            environment: Order::encode(&Environment::new([("PATH".into(), "/usr/bin:/bin".into())])),
            stdin: None,
            secrets: Vec::new(),
            folder: folder.path().join("command"),
            artifacts: folder.path().join("artifacts"),
            timeout_ms: None,
            store_stdout: true,
            terminal: false,
            keep: 1024,
            limit: 1024 * 1024,
        };
        change(&mut order);
        let mut text = serde_json::to_vec(&order).unwrap();
        text.push(b'\n');
        Self::tell(folder, &text)
    }

    /// Begins a shim that is told this.
    fn tell(folder: tempfile::TempDir, text: &[u8]) -> Self {
        let path = folder.path().join("command").join("lock");
        let mut lock = fs::OpenOptions::new().create_new(true).read(true).append(true).open(path).unwrap();
        lock.try_lock().unwrap();
        writeln!(lock, "{}", checkride::world::process::boot()).unwrap();
        let mut shim = command(&["shim"], Path::new("/"), []);
        let mut child = shim.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(lock).spawn().unwrap();
        child.stdin.as_mut().unwrap().write_all(text).unwrap();
        Self { folder, child }
    }

    /// What it says to its end.
    fn listen(&mut self) -> Vec<Frame> {
        let mut from = self.child.stdout.take().unwrap();
        std::iter::from_fn(|| Frame::receive(&mut from).unwrap()).collect()
    }

    fn end(&mut self) -> Left {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
        left(&self.folder.path().join("command"))
    }

    #[track_caller]
    fn record(&mut self) -> Record {
        match self.end() {
            Left::Ended(record) => record,
            other => panic!("{other:?}"),
        }
    }

    fn artifact(&self, record: &Record, name: &str) -> Vec<u8> {
        let found = record.artifacts.iter().find(|artifact| artifact.name == name).unwrap();
        let bytes = fs::read(self.folder.path().join("artifacts").join(&found.digest)).unwrap();
        assert_eq!(bytes.len() as u64, found.bytes);
        bytes
    }
}

fn script(text: &str) -> Vec<String> {
    vec!["-c".to_owned(), text.to_owned()]
}

#[test]
fn an_order_that_is_cut_off_begins_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("command")).unwrap();
    let mut alone = Alone::tell(folder, b"{\"program\":\"/bin/sh\"");
    assert_eq!(alone.end(), Left::NeverStarted);
    assert!(!alone.folder.path().join("command/state").exists());
}

#[test]
fn output_beyond_the_limit_is_counted_and_its_end_is_kept() {
    let mut alone = Alone::begin(|order| {
        order.args = script("head -c 300000 /dev/zero | tr '\\0' x; echo; echo the end");
        order.limit = 1000;
    });
    alone.listen();
    let record = alone.record();
    let text = String::from_utf8(alone.artifact(&record, "stdout")).unwrap();
    let missing: u64 = 300_009 - 1000 - 64 * 1024;
    assert_eq!(record.left_out, missing);
    assert!(text.starts_with(&"x".repeat(1000)), "its beginning");
    assert!(text.contains(&format!("\n[checkride: {missing} bytes are left out here]\nx")), "what is missing is named");
    assert!(text.ends_with("x\nthe end\n"), "its end");
    assert!(record.cut_off, "what is handed back is the beginning");
}

#[test]
fn a_reader_that_does_not_read_holds_up_nothing() {
    // A pipe holds 64 KiB: without a thread of its own the shim would hang.
    let mut alone = Alone::begin(|order| order.args = script("head -c 3000000 /dev/zero | tr '\\0' x; touch done"));
    patiently("the program ends", || alone.folder.path().join("done").exists());
    patiently("its end is on disk", || {
        let states = State::open(&fs::read(alone.folder.path().join("command/state")).unwrap_or_default());
        matches!(states.last(), Some(State::Ended(_)))
    });
    let frames = alone.listen();
    assert!(matches!(frames.last(), Some(Frame::Over)));
    assert_eq!(
        alone.record().artifacts[0].bytes,
        1024 * 1024 + 64 * 1024 + marker(3_000_000 - 1024 * 1024 - 64 * 1024)
    );
}

fn marker(missing: usize) -> u64 {
    format!("\n[checkride: {missing} bytes are left out here]\n").len() as u64
}

#[test]
fn bytes_that_are_no_text_are_stored_as_they_are() {
    let bytes = b"\xff\xfe\x00 50%\r 100%\r\n\x1b[31mred\x1b[0m\x08 \xf0\x28\n";
    let octal: Vec<String> = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
    let octal = octal.concat();
    let mut alone = Alone::begin(|order| order.args = script(&format!("printf '{octal}'")));
    let frames = alone.listen();
    let record = alone.record();
    assert_eq!(alone.artifact(&record, "stdout"), bytes);
    let kept = frames.iter().filter_map(|frame| match frame {
        Frame::Kept { error: false, bytes } => Some(bytes.as_slice()),
        Frame::Kept { error: true, .. } | Frame::Shown { .. } | Frame::Running(_) | Frame::Over => None,
    });
    assert_eq!(kept.collect::<Vec<_>>().concat(), bytes);
}

#[test]
fn a_program_that_is_not_there_was_never_started() {
    let mut alone = Alone::begin(|order| order.program = "no-such-program".to_owned());
    alone.listen();
    let Left::Refused(why) = alone.end() else { panic!("it was refused") };
    assert_eq!(why.message, "there is no program `no-such-program`");
    assert!(why.remedy.is_some_and(|remedy| remedy.starts_with("install")));
}

#[test]
fn a_deadline_outlives_checkride() {
    let mut alone = Alone::begin(|order| {
        order.args = script("exec sleep 600");
        order.timeout_ms = Some(50);
    });
    // Nobody listens and nobody speaks.
    drop(alone.child.stdin.take());
    let mut rest = Vec::new();
    alone.child.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
    let record = alone.record();
    assert_eq!((record.ended, record.stopped), (Ended::Signalled(15), Some(StopCause::Deadline)));
}

#[test]
fn a_disk_that_is_full_takes_no_end_away() {
    // The artifacts' folder is not there: nothing can be stored. The end counts all the same, and says so.
    let mut alone = Alone::begin(|order| {
        order.args = script("echo said; exit 4");
        order.artifacts = order.artifacts.join("missing");
    });
    alone.listen();
    let record = alone.record();
    assert_eq!(record.ended, Ended::Exited(4));
    assert!(record.broken.is_some() && record.artifacts.is_empty());
}

#[test]
fn the_shim_is_no_command_of_a_persons() {
    let said: Said = Project::new().checkride(&["--help"]);
    assert!(!said.stdout.contains("shim"), "{}", said.stdout);
}
