//! A disk that fails: at each call of the journal, with each error. Nothing begins after it.

use super::rig::{Does, EFFECTS, Point, Rig, can_trace};

/// The journal's own calls, and the errors that they give.
const FAULTS: &[(&str, &str)] =
    &[("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("fdatasync", "EIO"), ("fdatasync", "ENOSPC")];

/// What is called once or twice before a run begins: then none does.
const BEFORE: &[(&str, &str)] =
    &[("fallocate", "ENOSPC"), ("fallocate", "EIO"), ("mkdir", "ENOSPC"), ("rename", "EIO")];

fn all() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the script says by the environment how much is tried")]
    let all = std::env::var("CHECKRIDE_CRASH_RIG");
    all.is_ok_and(|all| all == "all")
}

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
    for (call, error) in FAULTS {
        let last = count(call);
        let step = if all() { 1 } else { last / 4 };
        for n in (1..=last).step_by(step.max(1)) {
            let point = Point { call: (*call).to_owned(), n, does: Does::Fail(error) };
            let mut rig = Rig::new();
            let sat = rig.sit(std::slice::from_ref(&point), &[]);
            let Some(failed_at) = sat.failed_at else { continue };
            rig.quiet();
            let log = rig.log();
            let after: Vec<_> = log.begun.iter().filter(|begun| begun.at > failed_at).collect();
            assert!(after.is_empty(), "{point}: {after:?} began after {failed_at}\n{}", sat.stderr);
            // The last mark is made when all is on the disk: that it fails harms nobody.
            if sat.code != 0 || log.ended.len() < EFFECTS.len() {
                assert_eq!(sat.code, 9, "{point}\n{}", sat.stderr);
                assert!(sat.stderr.contains("nothing"), "{point}\n{}", sat.stderr);
            }
            // With room again the run goes on, and each effect happens once.
            let mut next = rig.sit(&[], &[]);
            while next.code == 8 {
                let question = rig.left_at().unwrap();
                rig.settle(&question);
                next = rig.sit(&[], &[]);
            }
            let over = next.code == 2 && next.stderr.contains("there is no run to go on with");
            assert!(next.code == 0 || (over && sat.code == 0), "{point}\n{}", next.stderr);
            assert_eq!(rig.log().ended, EFFECTS, "{point}\n{}\n{}", sat.stderr, next.stderr);
        }
    }
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
