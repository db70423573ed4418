//! Killed between two records, and gone back from: what is there is what was there before, and no call is made twice.
//!
//! A tracer kills the program before the n-th write of a thread; those of the journal's thread are records, and the marks
//! that what was written is on the disk. So it dies right after a record, with nothing done since, and right before one,
//! with all done that it tells of. Each sixth write is tried. With `CHECKRIDE_SWEEP=all` each one is, until the program
//! outlives all of its writes; then every record of such a sitting must have been the last one at least once. Without a tracer nothing is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::RangeInclusive;
use std::sync::Mutex;

use serde_json::Value;

use crate::crash::rig::{can_trace, command};
use crate::eight::fails::wrong_behind;
use crate::eight::state::{State, assert_same};
use crate::eight::world::{BACK, RESUME, RUN, World, last_run, share};
use crate::support::binary::{Said, command as program};
use crate::support::project::Project;
use crate::support::sweep::{all, tried};

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

/// How often a record that was never the last one is aimed at again.
const AGAIN: usize = 8;

/// Tries the points. `one` gives how many records there were at the death, or none when it was no such death any more.
/// `expected`: how many records there can be at a death, by a sitting that nobody killed.
fn sweep(
    expected: RangeInclusive<usize>,
    points: impl DoubleEndedIterator<Item = usize> + Send,
    one: impl Fn(&World, &State, usize) -> Option<usize> + Sync,
) {
    let met: Mutex<BTreeMap<usize, usize>> = Mutex::default();
    let aim = |world: &World, before: &State, n| {
        let records = one(world, before, n);
        met.lock().unwrap().extend(records.map(|records| (records, n)));
        records.is_some()
    };
    share(points.step_by(tried(6, 1)), aim);
    let missing = |met: &BTreeMap<usize, usize>| -> Vec<usize> {
        expected.clone().filter(|count| !met.contains_key(count)).collect()
    };
    // Two records that come at once are one write in one sitting, and two in another: it is aimed around such a pair again.
    for _ in 0..tried(0, AGAIN) {
        let near: BTreeSet<usize> = {
            let met = met.lock().unwrap();
            let beside = |count: &usize| met.range(..*count).next_back().into_iter().chain(met.range(count..).next());
            let writes = missing(&met).iter().flat_map(beside).map(|(_, n)| *n).collect::<Vec<_>>();
            writes.into_iter().flat_map(|n| n.saturating_sub(1).max(1)..=n + 1).collect()
        };
        share(near.into_iter(), |world, before, n| {
            aim(world, before, n);
            true
        });
    }
    let met = met.into_inner().unwrap();
    assert!(met.len() > tried(6, 12), "the points are not those of the run: {met:?}");
    assert!(!all() || missing(&met).is_empty(), "never the last record: {:?}, of {expected:?}", missing(&met));
}

/// A deploy that nobody killed, and how many records it has.
fn whole(change: impl Fn(String) -> String) -> (Project, usize) {
    let project = World::new().project(change);
    project.checkride(RUN).exits(0);
    let records = events(&project).len();
    (project, records)
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
    let (_, whole) = whole(|text| text);
    sweep(0..=whole - 1, 1..1000, |world, before, n| {
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
    let (project, deployed) = whole(|text| text);
    project.checkride(BACK).exits(0);
    sweep(deployed..=events(&project).len() - 1, 1..1000, |world, before, n| {
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
    let on_record = events(&whole);
    let began = on_record.iter().position(|event| event["kind"] == "rollback_started").unwrap() + 1;
    // From its end to where it began: the deploy before it is the other test's.
    sweep(began..=on_record.len() - 1, (1..=writes(&whole)).rev(), |world, before, n| {
        let project = world.project(runbook);
        let sat = sit(&project, RUN, n);
        let on_record = events(&project);
        let began = on_record.iter().any(|event| event["kind"] == "rollback_started");
        let how = format!("killed at write {n}, {} records\n{}", on_record.len(), sat.stderr);
        // Before it began, a call of the deploy may be unknown, which nobody is there to settle.
        if began && n.is_multiple_of(2) {
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
