//! Killed between two records, and gone back from: what is there is what was there before, and no call is made twice.
//!
//! A tracer kills the program before the n-th write of a thread; those of the journal's thread are records, and the marks
//! that what was written is on the disk. So it dies right after a record, with nothing done since, and right before one,
//! with all done that it tells of. Each third write is tried. With `CHECKRIDE_SWEEP=all` each one is, until the program
//! outlives all of its writes; then every record must have been the last one at least once, but for those that are written
//! together with the next. Without a tracer nothing is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Mutex;

use serde_json::Value;

use crate::crash::rig::{can_trace, command};
use crate::eight::fails::wrong_behind;
use crate::eight::state::{State, assert_same};
use crate::eight::world::{BACK, RESUME, RUN, World, last_run, share};
use crate::support::binary::{Said, command as program};
use crate::support::project::Project;

/// Whether each write is tried.
fn all() -> bool {
    #[expect(clippy::disallowed_methods, reason = "whoever wants more says so by the environment")]
    let all = std::env::var("CHECKRIDE_SWEEP");
    all.is_ok_and(|all| all == "all")
}

/// The events on record.
fn events(project: &Project) -> Vec<Value> {
    let journal = last_run(project).map(|run| fs::read(run.join("journal.jsonl")).unwrap_or_default());
    let text = journal.unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').skip(1);
    lines.filter_map(|line| Some(serde_json::from_slice::<Value>(line).ok()?["event"].clone())).collect()
}

/// One sitting, killed before the n-th write of a thread.
fn sit(project: &Project, arguments: &[&str], n: usize) -> Said {
    let mut strace = command("strace");
    strace.args(["-f", "-b", "execve", "-qq", "-o"]).arg(project.home().join("trace"));
    strace.args(["-e", "trace=pwrite64", "-e", &format!("inject=pwrite64:signal=KILL:when={n}")]);
    let it = program(arguments, &project.path(""), project.variables());
    strace.arg(it.get_program()).args(it.get_args()).current_dir(project.path(""));
    strace.env_clear().envs(project.variables());
    project.carries_out(strace)
}

/// How many writes the busiest thread of the last sitting made.
fn writes(project: &Project) -> usize {
    let trace = fs::read_to_string(project.home().join("trace")).unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in trace.lines().filter(|line| line.contains(" pwrite64(")) {
        *counts.entry(line.split(' ').next().unwrap()).or_default() += 1;
    }
    counts.into_values().max().unwrap()
}

/// The calls that were made more than once, since so many.
fn twice(project: &Project, since: usize) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for call in project.watch().writes().into_iter().skip(since) {
        *counts.entry(call).or_default() += 1;
    }
    let twice = counts.into_iter().filter(|(_, count)| *count > 1).map(|(call, _)| call);
    twice.filter(|call| !is_made_once(call)).collect()
}

/// A change set has a name of its step, and is made once whoever asks for it again.
fn is_made_once(call: &str) -> bool {
    call == "cloudformation:CreateChangeSet"
}

/// Tries the points. `one` gives how many records there were at the death, or none when it was no such death any more.
fn sweep(
    points: impl DoubleEndedIterator<Item = usize> + Send,
    one: impl Fn(&World, &State, usize) -> Option<usize> + Sync,
) {
    let met: Mutex<BTreeSet<usize>> = Mutex::default();
    share(points.step_by(if all() { 1 } else { 3 }), |world, before, n| {
        let records = one(world, before, n);
        met.lock().unwrap().extend(records);
        records.is_some()
    });
    let met = met.into_inner().unwrap();
    let (first, last) = (*met.first().unwrap(), *met.last().unwrap());
    let missing: Vec<usize> = (first..=last).filter(|count| !met.contains(count)).collect();
    assert!(met.len() > if all() { 30 } else { 10 }, "the points are not those of the run: {met:?}");
    // Two records that come at once are one write: nothing can happen between them, and the first is never the last.
    assert!(missing.len() <= 3 || !all(), "never the last record: {missing:?}, of {first} to {last}");
}

/// Rolled back until it is over: what is there must be what was there.
fn back(world: &World, before: &State, project: &Project, since: usize, how: &str) {
    let said = project.checkride(BACK);
    let over = events(project).iter().any(|event| event["verdict"] == "rolled_back");
    // Nothing was changed yet, or all was put back already.
    assert!(said.code == 0 && over || said.code == 2, "{how}: {}\n{}", said.code, said.stderr);
    assert_same(before, &world.state(), &format!("{how}\n{}", said.stderr));
    assert_eq!(twice(project, since), Vec::<String>::new(), "{how}\n{}", said.stderr);
}

#[test]
fn a_deploy_that_was_killed_between_two_records_is_undone() {
    if !can_trace() {
        return;
    }
    sweep(1..1000, |world, before, n| {
        let project = world.project(|text| text);
        let sat = sit(&project, RUN, n);
        let records = events(&project).len();
        let how = format!("the deploy was killed at write {n}, {records} records\n{}", sat.stderr);
        assert_eq!(twice(&project, 0), Vec::<String>::new(), "{how}");
        let since = project.watch().writes().len();
        back(world, before, &project, since, &how);
        (sat.code != 0).then(|| sat.exits(137)).map(|_| records)
    });
}

#[test]
fn a_rollback_that_was_killed_between_two_records_goes_on() {
    if !can_trace() {
        return;
    }
    sweep(1..1000, |world, before, n| {
        let project = world.project(|text| text);
        project.checkride(RUN).exits(0);
        let since = project.watch().writes().len();
        let sat = sit(&project, BACK, n);
        let records = events(&project).len();
        let how = format!("the rollback was killed at write {n}, {records} records\n{}", sat.stderr);
        if n.is_multiple_of(2) {
            let said = project.checkride(RESUME);
            assert!(matches!(said.code, 0 | 2), "{how}: {}\n{}", said.code, said.stderr);
        }
        back(world, before, &project, since, &how);
        (sat.code != 0).then(|| sat.exits(137)).map(|_| records)
    });
}

#[test]
fn a_rollback_of_its_own_that_was_killed_between_two_records_goes_on() {
    if !can_trace() {
        return;
    }
    let runbook = |text: String| wrong_behind(&text, 7, "rollback");
    let world = World::new();
    let whole = world.project(runbook);
    sit(&whole, RUN, usize::from(u16::MAX)).exits(5);
    // From its end to where it began: the deploy before it is the other test's.
    sweep((1..=writes(&whole)).rev(), |world, before, n| {
        let project = world.project(runbook);
        let sat = sit(&project, RUN, n);
        let on_record = events(&project);
        let began = on_record.iter().any(|event| event["kind"] == "rollback_started");
        let how = format!("killed at write {n}, {} records\n{}", on_record.len(), sat.stderr);
        if n.is_multiple_of(2) {
            let said = project.checkride(RESUME);
            assert!(matches!(said.code, 2 | 5), "{how}: {}\n{}", said.code, said.stderr);
        }
        back(world, before, &project, project.watch().writes().len(), &how);
        // What the deploy has called, its undo calls with other values.
        let calls = project.watch().writes();
        let often = |call: &String| calls.iter().filter(|it| *it == call).count() > 2;
        assert!(!calls.iter().any(|call| !is_made_once(call) && often(call)), "{how}: {calls:?}");
        (began && matches!(sat.code, 5 | 137)).then_some(on_record.len())
    });
}
