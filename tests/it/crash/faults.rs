//! A disk that fails: at each call of the journal, with each error. Nothing begins after it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::rig::{Does, EFFECTS, Point, Rig, all, can_trace, each};

/// The journal's own calls, and the errors that they give.
const FAULTS: &[(&str, &str)] =
    &[("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("fdatasync", "EIO"), ("fdatasync", "ENOSPC")];

/// What is called once or twice before a run begins: then none does.
const BEFORE: &[(&str, &str)] =
    &[("fallocate", "ENOSPC"), ("fallocate", "EIO"), ("mkdir", "ENOSPC"), ("rename", "EIO")];

/// How often a run makes a call.
fn count(call: &str) -> usize {
    let sat = Rig::new().sit(&[], &[call]);
    assert_eq!(sat.code, 0, "{}", sat.stderr);
    sat.calls.get(call).copied().unwrap_or_default()
}

#[test]
fn a_journal_that_cannot_be_written_stops_the_run() {
    if !can_trace() {
        return;
    }
    let points = FAULTS.iter().flat_map(|(call, error)| {
        let last = count(call);
        let step = if all() { 1 } else { last / 5 };
        let point = move |n| Point { call: (*call).to_owned(), n, does: Does::Fail(error) };
        (1..=last).step_by(step.max(1)).map(point)
    });
    let tried = AtomicUsize::new(0);
    each(&points.collect::<Vec<_>>(), |point| {
        let mut rig = Rig::new();
        let sat = rig.sit(std::slice::from_ref(point), &[]);
        // The last calls of one run need not be those of the next.
        let Some(failed_at) = sat.failed_at else { return };
        tried.fetch_add(1, Ordering::Relaxed);
        rig.quiet();
        let log = rig.log();
        let after: Vec<_> = log.begun.iter().filter(|begun| begun.at > failed_at).collect();
        assert!(after.is_empty(), "{point}: {after:?} began after {failed_at}\n{}", sat.stderr);
        if sat.code == 0 {
            // All is on the disk by then, and its mark was made: that this is not synced, too, harms nobody.
            assert!(rig.is_over() && log.ended == EFFECTS, "{point}\n{}", sat.stderr);
            return;
        }
        assert_eq!(sat.code, 9, "{point}\n{}", sat.stderr);
        let words = if rig.began() { "nothing more was begun" } else { "nothing was done" };
        assert!(sat.stderr.contains(words), "{point}\n{}", sat.stderr);
        for effect in rig.open_effects() {
            let step = if matches!(effect.as_str(), "create" | "execute") { "stack" } else { &effect };
            assert!(
                sat.stderr.contains(&format!("note       `{step}`")),
                "{point}: {step} is not named\n{}",
                sat.stderr
            );
        }
        // With room again the run goes on, and each effect happens once.
        let mut next = rig.sit(&[], &[]);
        while next.code == 8 {
            rig.settle(&rig.left_at().unwrap());
            next = rig.sit(&[], &[]);
        }
        assert!(next.code == 0 || (next.code == 2 && rig.is_over()), "{point}\n{}", next.stderr);
        assert_eq!(rig.log().ended, EFFECTS, "{point}\n{}\n{}", sat.stderr, next.stderr);
    });
    assert!(tried.into_inner() > 10, "the points are not those of the run");
}

#[test]
fn a_run_that_cannot_be_kept_is_not_begun() {
    if !can_trace() {
        return;
    }
    for (call, error) in BEFORE {
        let point = Point { call: (*call).to_owned(), n: 1, does: Does::Fail(error) };
        let mut rig = Rig::new();
        let sat = rig.sit(std::slice::from_ref(&point), &[]);
        assert!(sat.failed_at.is_some(), "{point}: it is not called");
        assert!(matches!(sat.code, 9 | 12), "{point}: {}\n{}", sat.code, sat.stderr);
        assert!(rig.log().begun.is_empty(), "{point}\n{}", sat.stderr);
        let next = rig.sit(&[], &[]);
        assert_eq!(next.code, 0, "{point}\n{}", next.stderr);
        assert_eq!(rig.log().ended, EFFECTS, "{point}");
    }
}
