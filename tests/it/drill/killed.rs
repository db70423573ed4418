//! A drill killed, or interrupted, at some records, with `CHECKRIDE_SWEEP=all` at every one, and resumed: nothing is left
//! behind, and the source is untouched.

use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::json;

use super::settings::PUT_BACK;
use super::timed::{drill, outputs};
use super::world::World;
use crate::support::project::Project;
use crate::support::sweep::{begin_until, kill_and_resume, moments, records, resume};

/// How a drill is disturbed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum By {
    /// `kill -9`.
    Kill,
    /// Ctrl-C.
    Interrupt,
}

const GO: &[&str] = &["drill", "s", "-p", "sandbox", "-i", "table=orders", "--answers", "answers.toml"];

/// Holds a drill again and again, disturbed at this record and the next so many, and looks what is left. Gives how often.
fn sweep(runbook: &str, by: By, usually: usize, looks: impl Fn(&Project)) -> usize {
    let held = |world: &World| world.project("").file("runbooks/s.toml", runbook);
    let everything = |world: &World| (world.everything(), world.kept("orders"));
    let whole = {
        let world = World::new(2).settled();
        let before = everything(&world);
        let project = held(&world).answers("phase.drill = yes");
        project.checkride(GO).exits(0);
        assert_eq!(everything(&world), before);
        records(&project)
    };
    assert!(whole > 30, "{whole} records");
    let mut disturbed = 0;
    for at in moments(&(2..whole), usually) {
        let world = World::new(2).settled();
        let before = everything(&world);
        let project = held(&world).answers("phase.drill = yes\nphase.rollback = yes");
        let (running, run) = begin_until(&project, GO, at);
        if let Some(run) = run {
            disturbed += 1;
            let resumed = match by {
                By::Kill => kill_and_resume(running, &project, &run),
                By::Interrupt => {
                    running.signal(Signal::SIGINT);
                    let code = running.end().code;
                    assert!([0, 4, 5, 6, 7].contains(&code), "interrupted at {at} of {whole}: {code}");
                    // Before its first step there is nothing to go back from: it is suspended.
                    if code == 7 { resume(&project, &run) } else { None }
                }
            };
            if let Some(said) = resumed {
                // A record that was half written is named, and set aside; the drill goes on, and is over.
                let told = format!("{by:?} at {at} of {whole}: {} {}", said.code, said.stderr);
                assert!([0, 4, 5].contains(&said.code), "{told}");
                if said.code == 0 {
                    looks(&project);
                }
            }
        } else {
            running.end();
        }
        assert_eq!(everything(&world), before, "{by:?} at {at} of {whole}");
    }
    disturbed
}

const HEAD: &str = "format = 1\n\n[runbook]\ntitle = \"A drill\"\nowner = \"platform\"\nreviewed = 2026-11-01\n\n\
                    [inputs]\ntable = { text = true }\n\n";

/// A restore from a backup, with every setting put back.
fn from_backup() -> String {
    let text = drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\n", "");
    HEAD.to_owned() + &text.replace("\"orders\"", "\"${input.table}\"")
}

/// The drill that is shipped, at a quicker pace: its markers go on through the restore.
fn shipped() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/drill-dynamodb.toml");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("through = \"restore\"") && text.contains("every = \"2s\""));
    text.replace("every = \"2s\"", "every = \"100ms\"")
}

#[test]
fn a_drill_that_was_killed_leaves_nothing_behind() {
    let disturbed = sweep(&from_backup(), By::Kill, 8, |project| {
        let put_back = outputs(project, "restore")["settings"]["put_back"].clone();
        assert_eq!(put_back, json!(PUT_BACK));
    });
    assert!(disturbed > 4, "{disturbed}");
}

#[test]
fn the_shipped_drill_that_was_killed_leaves_nothing_behind() {
    assert!(sweep(&shipped(), By::Kill, 3, |_| {}) > 1);
}

#[test]
fn the_shipped_drill_that_was_interrupted_leaves_nothing_behind() {
    assert!(sweep(&shipped(), By::Interrupt, 3, |_| {}) > 1);
}
