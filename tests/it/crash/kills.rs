//! Killed: at the calls, at the calls of the resume, too, and at random moments.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::rig::{Does, EFFECTS, Point, Rig, Sat, all, can_trace, each};
use crate::support::binary::patiently;

/// The calls at which the program is killed: the journal's, the run's other files', the children's and the network's.
const CALLS: &[&str] = &[
    "openat",
    "mkdir",
    "pwrite64",
    "write",
    "writev",
    "fdatasync",
    "fsync",
    "rename",
    "unlink",
    "ftruncate",
    "fallocate",
    "flock",
    "pipe2",
    "clone",
    "clone3",
    "vfork",
    "socket",
    "connect",
    "sendto",
    "recvfrom",
    "kill",
];

/// How many points of each call are tried when not all are: more of the journal's own.
fn wanted(call: &str) -> usize {
    match call {
        "pwrite64" => 10,
        "fdatasync" => 8,
        "write" | "openat" => 6,
        _ => 2,
    }
}

/// What became of the runs of one row of the table.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    points: usize,
    killed: usize,
    resumed: usize,
    unknown: usize,
    /// Runs that a step ended whose program was never started.
    failed: usize,
    /// Effects that the target saw more than once.
    repeats: usize,
    /// Outcomes that were shown and are not on record, and effects that never happened.
    lost: usize,
}

impl Row {
    fn add(&mut self, other: Self) {
        let Self { points, killed, resumed, unknown, failed, repeats, lost } = other;
        self.points += points;
        self.killed += killed;
        self.resumed += resumed;
        self.unknown += unknown;
        self.failed += failed;
        self.repeats += repeats;
        self.lost += lost;
    }
}

#[expect(clippy::print_stderr, reason = "the table is what the long form is for")]
fn print(title: &str, rows: &BTreeMap<String, Row>) {
    eprintln!("\n{title}");
    eprintln!(
        "{:<12} {:>7} {:>7} {:>8} {:>8} {:>7} {:>8} {:>5}",
        "", "points", "killed", "resumed", "unknown", "failed", "repeats", "lost"
    );
    let line = |name: &str, row: &Row| {
        let Row { points, killed, resumed, unknown, failed, repeats, lost } = row;
        eprintln!("{name:<12} {points:>7} {killed:>7} {resumed:>8} {unknown:>8} {failed:>7} {repeats:>8} {lost:>5}");
    };
    let mut sum = Row::default();
    for (name, row) in rows {
        line(name, row);
        sum.add(*row);
    }
    line("all", &sum);
}

/// How often each call is made by a run that nothing disturbs, and by a resume of a run that was killed.
fn points() -> Vec<Point> {
    let mut rig = Rig::new();
    let sat = rig.sit(&[], CALLS);
    assert_eq!(sat.code, 0, "{}", sat.stderr);
    ended_well(&rig, "nothing disturbed it", &mut Row::default());
    assert!(sat.stderr.matches("] done: ").count() >= 6, "what is shown is not found:\n{}", sat.stderr);
    let points = CALLS.iter().flat_map(|call| {
        let count = sat.calls.get(*call).copied().unwrap_or_default();
        (1..=count).map(|n| Point { call: (*call).to_owned(), n, does: Does::Kill })
    });
    points.collect()
}

/// A sample of so many, spread evenly.
fn sample<T: Clone>(all: &[T], count: usize) -> Vec<T> {
    let count = count.min(all.len());
    (0..count).map(|at| all[at * all.len() / count].clone()).collect()
}

/// Some points of each call, the journal's own before all; a multiple of what is tried at least.
fn some_of_each(points: &[Point], times: usize) -> Vec<Point> {
    let of = |call: &str| points.iter().filter(|point| point.call == call).cloned().collect::<Vec<_>>();
    CALLS.iter().flat_map(|call| sample(&of(call), wanted(call) * times)).collect()
}

/// Every effect once and in order, each begun when its intent was on record.
fn ended_well(rig: &Rig, how: &str, row: &mut Row) {
    rig.quiet();
    let log = rig.log();
    for effect in EFFECTS {
        let times = log.ended.iter().filter(|ended| *ended == effect).count();
        row.repeats += times.saturating_sub(1);
        row.lost += usize::from(times == 0);
    }
    for begun in &log.begun {
        assert!(begun.intended > 0, "{how}: {begun:?} had no intent on record");
    }
    assert_eq!((log.ended.as_slice(), log.begun.len()), (&EFFECTS.map(str::to_owned)[..], EFFECTS.len()), "{how}");
}

/// Outcomes that a sitting showed, and that are not on record.
fn lost(rig: &Rig, sat: &Sat) -> Vec<String> {
    let events = rig.events();
    let told = sat.stderr.lines().filter_map(|line| line.strip_prefix('[')?.split_once("] done: "));
    let settled = |step: &str| events.iter().any(|event| event["kind"] == "effect_settled" && event["step"] == step);
    told.map(|(step, _)| step.to_owned()).filter(|step| !settled(step)).collect()
}

/// An effect is called unknown only if the kill fell between its intent and its outcome: both by the journal and by the
/// target's log, in which all before it had ended and nothing behind it had begun.
fn is_justified(rig: &Rig, question: &str, how: &str) {
    let step = question.strip_suffix(".unknown").unwrap_or_else(|| panic!("{how}: it is left at {question}"));
    let of_step = |name: &str| name == step || (step == "stack" && matches!(name, "create" | "execute"));
    let open = rig.open_effects();
    assert!(open.iter().any(|name| of_step(name)), "{how}: {question} is asked, and {open:?} are open");
    let log = rig.log();
    let at = EFFECTS.iter().position(|name| of_step(name)).unwrap();
    assert!(EFFECTS[..at].iter().all(|name| log.happened(name)), "{how}: {question}; {log:?}");
    let begun = |name: &&str| log.begun.iter().any(|begun| begun.name == **name);
    assert!(!EFFECTS[at..].iter().filter(|name| !of_step(name)).any(begun), "{how}: {question}; {log:?}");
}

/// Goes on until the run is over. Each kill is followed by a sitting of the given kind, the last ones undisturbed.
fn go_on(rig: &mut Rig, first: Sat, later: &[Point], how: &str, row: &mut Row) {
    let mut sat = first;
    let mut later = later.iter();
    for _ in 0..12 {
        let gone = lost(rig, &sat);
        row.lost += gone.len();
        assert!(gone.is_empty(), "{how}: {gone:?} were shown, and are not on record");
        match sat.code {
            0 => {
                ended_well(rig, how, row);
                return;
            }
            // Killed when its end was on record already.
            2 if rig.is_over() => {
                ended_well(rig, how, row);
                return;
            }
            137 => row.killed += 1,
            // Its shim was killed before the program was started, and a step that failed ends this run.
            5 if how.starts_with("its shim") => {
                rig.quiet();
                let ended = rig.log().ended;
                assert_eq!(ended, EFFECTS[..ended.len()], "{how}");
                assert!(sat.stderr.contains("was not started"), "{how}\n{}", sat.stderr);
                row.failed += 1;
                return;
            }
            8 => {
                let question = rig.left_at().unwrap_or_else(|| panic!("{how}: {}", sat.stderr));
                is_justified(rig, &question, how);
                rig.settle(&question);
                row.unknown += 1;
            }
            code => panic!("{how}: it ended with {code}\n{}", sat.stderr),
        }
        let next = later.next();
        row.resumed += usize::from(rig.began());
        sat = rig.sit(next.map_or(&[], std::slice::from_ref), &[]);
    }
    panic!("{how}: it does not end\n{}", sat.stderr);
}

fn try_all(title: &str, points: &[Vec<Point>]) {
    let rows: Mutex<BTreeMap<String, Row>> = Mutex::default();
    each(points, |points| {
        let how = points.iter().map(ToString::to_string).collect::<Vec<_>>().join(", then ");
        let mut row = Row { points: 1, ..Row::default() };
        let mut rig = Rig::new();
        let sat = rig.sit(&points[..1], &[]);
        go_on(&mut rig, sat, &points[1..], &how, &mut row);
        rows.lock().unwrap().entry(points[0].call.clone()).or_default().add(row);
    });
    let rows = rows.into_inner().unwrap();
    let killed: usize = rows.values().map(|row| row.killed).sum();
    assert!(killed * 2 > points.len(), "{rows:?}: the points are not those of the run");
    print(title, &rows);
}

#[test]
fn killed_at_every_call_each_effect_happens_once() {
    if !can_trace() {
        return;
    }
    let points = points();
    assert!(points.len() > 100, "{points:?}");
    let tried = if all() { points } else { some_of_each(&points, 1) };
    let tried: Vec<Vec<Point>> = tried.into_iter().map(|point| vec![point]).collect();
    try_all("killed at a call", &tried);
}

#[test]
fn killed_again_while_it_is_resumed_each_effect_happens_once() {
    if !can_trace() {
        return;
    }
    let points = points();
    let (first, third) = (some_of_each(&points, 1), some_of_each(&points, 1));
    let second = some_of_each(&points, 6);
    let second = sample(&second, if all() { second.len() } else { 16 });
    // Each second kill meets another first one; a third comes now and then.
    let tried = second.iter().enumerate().map(|(at, point)| {
        let mut points = vec![first[at * 17 % first.len()].clone(), point.clone()];
        if at % 3 == 0 {
            points.push(third[at * 7 % third.len()].clone());
        }
        points
    });
    try_all("killed at a call, and again while it was resumed", &tried.collect::<Vec<_>>());
}

/// Kills checkride itself, its shim, or both. Gives how many it found.
fn strike(rig: &Rig, whom: usize) -> usize {
    let meant = |line: &str| (line.contains(" shim") && whom >= 1) || (line.contains("answers.toml") && whom != 1);
    let struck = rig.processes().into_iter().filter(|(_, line)| meant(line));
    struck.filter(|(pid, _)| kill(Pid::from_raw(*pid), Signal::SIGKILL).is_ok()).count()
}

#[test]
fn killed_at_random_moments_each_effect_happens_once() {
    let rows: Mutex<BTreeMap<String, Row>> = Mutex::default();
    let kills: Vec<usize> = (0..if all() { 200 } else { 12 }).collect();
    each(&kills, |number| {
        let whom = number % 3;
        let moment = Duration::from_millis(getrandom::u64().unwrap() % 500);
        let name = ["checkride", "its shim", "both"][whom];
        let how = format!("{name} killed {moment:?} after the run began");
        let mut row = Row { points: 1, ..Row::default() };
        let mut rig = Rig::new();
        let sat = thread::scope(|scope| {
            let project = &rig.project;
            let sitting = scope.spawn(|| project.checkride(&["run", "r", "-p", "rig", "--answers", "answers.toml"]));
            patiently("a journal", || rig.began() || sitting.is_finished());
            thread::sleep(moment);
            // A shim lives for a few milliseconds: it is waited for.
            let mut struck = strike(&rig, whom);
            while struck == 0 && !sitting.is_finished() {
                struck = strike(&rig, whom);
            }
            row.killed += usize::from(whom == 1 && struck > 0);
            Sat::untraced(sitting.join().unwrap())
        });
        go_on(&mut rig, sat, &[], &how, &mut row);
        rows.lock().unwrap().entry(name.to_owned()).or_default().add(row);
    });
    print("killed at a random moment", &rows.into_inner().unwrap());
}
