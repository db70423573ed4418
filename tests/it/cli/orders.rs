//! A shim by itself: what it makes of its orders.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};

use checkride::step::command::{Frame, Left, Order, Record, State, left};
use checkride::world::process::{Ended, Environment, StopCause};
use nix::sys::signal::Signal;

use crate::support::binary::{command, patiently};

/// A shim by itself, with nobody but the test at its other end.
struct Alone {
    folder: tempfile::TempDir,
    child: Child,
}

impl Alone {
    fn begin(change: impl FnOnce(&mut Order)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("artifacts")).unwrap();
        let mut order = Self::plain(folder.path());
        change(&mut order);
        Self::tell(folder, &line(&order))
    }

    fn plain(folder: &Path) -> Order {
        Order {
            program: "/bin/sh".to_owned(),
            args: Vec::new(),
            cwd: folder.to_owned(),
            environment: Order::encode(&Environment::new([("PATH".into(), "/usr/bin:/bin".into())])),
            stdin: None,
            secrets: Vec::new(),
            place: folder.join("command"),
            artifacts: folder.join("artifacts"),
            timeout_ms: None,
            store_stdout: true,
            terminal: false,
            keep: 1024,
            limit: 1024 * 1024,
        }
    }

    /// Begins a shim that is told this.
    fn tell(folder: tempfile::TempDir, text: &[u8]) -> Self {
        let path = folder.path().join("command.lock");
        let mut lock = fs::OpenOptions::new().create_new(true).read(true).append(true).open(path).unwrap();
        lock.try_lock().unwrap();
        writeln!(lock, "{}", checkride::world::process::boot()).unwrap();
        let mut shim = command(&["shim"], Path::new("/"), []);
        let mut child = shim.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(lock).spawn().unwrap();
        child.stdin.as_mut().unwrap().write_all(text).unwrap();
        Self { folder, child }
    }

    /// What it says of its order, up to its end or until it is ready for another one.
    fn listen(&mut self) -> Vec<Frame> {
        let from = self.child.stdout.as_mut().unwrap();
        let (mut frames, mut bytes, mut byte) = (Vec::new(), Vec::new(), [0]);
        // One by one: what follows is said of another order.
        while from.read(&mut byte).unwrap() == 1 {
            bytes.extend(byte);
            match Frame::parse(&bytes).unwrap() {
                Some((Frame::Ready, _)) => break,
                Some((frame, length)) => {
                    assert_eq!(length, std::mem::take(&mut bytes).len());
                    frames.push(frame);
                }
                None => {}
            }
        }
        frames
    }

    /// Gives it one more order: for a command of this name.
    fn order(&mut self, name: &str, text: &str) {
        let folder = self.folder.path();
        fs::hard_link(folder.join("command.lock"), folder.join(format!("{name}.lock"))).unwrap();
        let mut order = Self::plain(folder);
        order.place = folder.join(name);
        order.args = script(text);
        self.say(&line(&order));
    }

    fn say(&mut self, text: &[u8]) {
        self.child.stdin.as_mut().unwrap().write_all(text).unwrap();
    }

    fn left(&self, name: &str) -> Left {
        left(&self.folder.path().join(name))
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

fn line(order: &Order) -> Vec<u8> {
    let mut text = serde_json::to_vec(order).unwrap();
    text.push(b'\n');
    text
}

fn script(text: &str) -> Vec<String> {
    vec!["-c".to_owned(), text.to_owned()]
}

#[test]
fn an_order_that_is_cut_off_begins_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut alone = Alone::tell(folder, b"{\"program\":\"/bin/sh\"");
    assert_eq!(alone.end(), Left::NeverStarted);
    assert!(!alone.folder.path().join("command.state").exists());
}

#[test]
fn a_shim_carries_out_one_order_after_the_other() {
    let mut alone = Alone::begin(|order| order.args = script("echo $$ > first.pid"));
    assert_eq!(alone.listen().last(), Some(&Frame::Over));
    assert!(matches!(alone.left("command"), Left::Ended(_)), "it ended, though its lock is held");
    alone.order("second", "echo $$ > second.pid; exit 3");
    assert_eq!(alone.listen().last(), Some(&Frame::Over));
    let Left::Ended(second) = alone.left("second") else { panic!("it ended") };
    assert_eq!((second.ended, second.stopped), (Ended::Exited(3), None));
    // The third is cut off: nothing is begun.
    let folder = alone.folder.path();
    fs::hard_link(folder.join("command.lock"), folder.join("third.lock")).unwrap();
    assert!(matches!(alone.left("third"), Left::Running(_)), "nobody can tell as long as its shim lives");
    alone.say(b"{\"program\":");
    alone.end();
    assert_eq!(alone.left("third"), Left::NeverStarted);
    let pids = ["first.pid", "second.pid"].map(|name| fs::read_to_string(alone.folder.path().join(name)).unwrap());
    assert_ne!(pids[0], pids[1]);
}

#[test]
fn a_shim_that_stopped_a_program_or_left_one_behind_takes_no_other_order() {
    let mut stopped = Alone::begin(|order| order.args = script("touch begun; exec sleep 600"));
    patiently("it begins", || stopped.folder.path().join("begun").exists());
    stopped.say(b"s");
    assert_eq!(stopped.listen().last(), Some(&Frame::Over));
    let mut leaving = Alone::begin(|order| order.args = script("sleep 600 > /dev/null 2>&1 & echo $! > left"));
    assert_eq!(leaving.listen().last(), Some(&Frame::Over));
    let Left::Ended(record) = leaving.left("command") else { panic!("it ended") };
    assert_eq!(record.survivors.len(), 1);
    for alone in [&mut stopped, &mut leaving] {
        // It ends by itself: its other end is still open.
        assert!(alone.child.wait().unwrap().success());
    }
    let pid = fs::read_to_string(leaving.folder.path().join("left")).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

#[test]
fn an_idle_shim_ends_when_it_is_asked_to() {
    let [mut signalled, mut told] = [(); 2].map(|()| {
        let mut alone = Alone::begin(|order| order.args = script("true"));
        alone.listen();
        alone
    });
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(signalled.child.id().cast_signed()), Signal::SIGTERM).unwrap();
    told.say(b"s");
    for alone in [&mut signalled, &mut told] {
        assert!(alone.child.wait().unwrap().success());
    }
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
        let states = State::open(&fs::read(alone.folder.path().join("command.state")).unwrap_or_default());
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
        Frame::Kept { error: true, .. } | Frame::Shown { .. } | Frame::Running(_) | Frame::Over | Frame::Ready => None,
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
