//! What a write step costs: two syncs, counted.

use super::rig::{Rig, can_trace};

/// The syncs that checkride itself makes in a run of so many writes.
fn syncs(writes: usize, shell: &str) -> usize {
    let step = |n| {
        format!(
            "[[deploy]]\nid = \"s{n}\"\ntitle = \"Do it\"\nkind = \"command\"\neffect = \"write\"\nshell = \"{shell}\"\n\n"
        )
    };
    let mut rig = Rig::of(&(0..writes).map(step).collect::<String>());
    let sat = rig.sit(&[], &["fsync", "fdatasync", "sync_file_range", "msync", "sync", "syncfs"]);
    assert_eq!(sat.code, 0, "{}", sat.stderr);
    sat.all_calls
}

#[test]
fn a_write_step_costs_two_syncs() {
    if !can_trace() {
        return;
    }
    for shell in ["true", "echo said"] {
        let (some, more) = (syncs(2, shell), syncs(7, shell));
        assert_eq!(more - some, 5 * 2, "`{shell}`: {some} syncs with two writes, {more} with seven");
    }
}
