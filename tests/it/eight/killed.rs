//! Killed between each two records, and gone back from: what is there is what was there before, and no call is made twice.
//!
//! A tracer kills the program before the n-th write of a thread; those of the journal's thread are records, and the marks
//! that what was written is on the disk. So it dies right after a record, with nothing done since, and right before one,
//! with all done that it tells of. A test goes on until the program outlives all of its writes; then every record must have
//! been the last one at least once. Without a tracer nothing is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::crash::rig::{can_trace, command};
use crate::eight::state::{State, assert_same};
use crate::eight::world::{BACK, RESUME, RUN, World, last_run};
use crate::support::binary::{Said, command as program};
use crate::support::project::Project;

/// Those who try points side by side: most of the time goes in waiting.
const HANDS: usize = 6;

/// The events on record, and how many records there are with the header.
fn events(project: &Project) -> Vec<Value> {
    let journal = last_run(project).map(|run| fs::read(run.join("journal.jsonl")).unwrap_or_default());
    let text = journal.unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').skip(1);
    lines.filter_map(|line| Some(serde_json::from_slice::<Value>(line).ok()?["event"].clone())).collect()
}

/// One sitting, killed before the n-th write of a thread.
fn sit(project: &Project, arguments: &[&str], n: usize) -> Said {
    let mut strace = command("strace");
    strace.args(["-f", "-qq", "-o"]).arg(project.home().join("trace"));
    strace.args(["-e", "trace=pwrite64", "-e", &format!("inject=pwrite64:signal=KILL:when={n}")]);
    let it = program(arguments, &project.path(""), project.variables());
    strace.arg(it.get_program()).args(it.get_args()).current_dir(project.path(""));
    strace.env_clear().envs(project.variables());
    project.carries_out(strace)
}

/// The calls that were made more than once, since so many. A change set has a name of its step, and is made once whoever asks
/// for it again.
fn twice(project: &Project, since: usize) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for call in project.watch().writes().into_iter().skip(since) {
        *counts.entry(call).or_default() += 1;
    }
    let twice = counts.into_iter().filter(|(_, count)| *count > 1).map(|(call, _)| call);
    twice.filter(|call| call != "cloudformation:CreateChangeSet").collect()
}

/// Tries all points, several side by side, each hand with a system of its own, until the program outlives them. `one` gives
/// how many records there were at the death, or none when nobody died.
fn sweep(first: usize, one: impl Fn(&World, &State, usize) -> Option<usize> + Sync) -> BTreeSet<usize> {
    let next = AtomicUsize::new(first);
    let met: Mutex<BTreeSet<usize>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..HANDS {
            scope.spawn(|| {
                let world = World::new();
                let before = world.state();
                let t = std::time::Instant::now();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(records) = one(&world, &before, n) else { break };
                    eprintln!("{n} {records} {:?}", t.elapsed());
                    met.lock().unwrap().insert(records);
                }
            });
        }
    });
    met.into_inner().unwrap()
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
    let met = sweep(1, |world, before, n| {
        let project = world.project(|text| text);
        let sat = sit(&project, RUN, n);
        let how = format!("the deploy was killed at write {n}");
        let records = events(&project).len();
        assert_eq!(twice(&project, 0), Vec::<String>::new(), "{how}");
        let since = project.watch().writes().len();
        if sat.code == 0 {
            back(world, before, &project, since, "nothing was killed");
            return None;
        }
        let sat = sat.exits(137);
        back(world, before, &project, since, &format!("{how}, {records} records\n{}", sat.stderr));
        Some(records)
    });
    all_were_met(&met);
}

/// Each record from the first to the last one was the last one once.
fn all_were_met(met: &BTreeSet<usize>) {
    let (first, last) = (*met.first().unwrap(), *met.last().unwrap());
    let missing: Vec<usize> = (first..=last).filter(|count| !met.contains(count)).collect();
    assert!(missing.is_empty() && last - first > 30, "never the last one: {missing:?}, of {first} to {last}");
}

#[test]
fn a_rollback_that_was_killed_between_two_records_goes_on() {
    if !can_trace() {
        return;
    }
    let met = sweep(1, |world, before, n| {
        let project = world.project(|text| text);
        project.checkride(RUN).exits(0);
        let since = project.watch().writes().len();
        let sat = sit(&project, BACK, n);
        if sat.code == 0 {
            assert_same(before, &world.state(), "nothing was killed");
            return None;
        }
        let sat = sat.exits(137);
        let records = events(&project).len();
        let how = format!("the rollback was killed at write {n}, {records} records\n{}", sat.stderr);
        if n.is_multiple_of(2) {
            let said = project.checkride(RESUME);
            assert!(matches!(said.code, 0 | 2), "{how}: {}\n{}", said.code, said.stderr);
        }
        back(world, before, &project, since, &how);
        Some(records)
    });
    all_were_met(&met);
}
