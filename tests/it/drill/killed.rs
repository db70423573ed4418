//! A drill killed at every record, and resumed: nothing is left behind, and the source is untouched.

use std::time::Duration;

use serde_json::json;

use super::settings::PUT_BACK;
use super::timed::{GO, drill, outputs};
use super::world::World;
use crate::support::project::Project;

pub(super) fn records(project: &Project) -> usize {
    let run = project.runs().pop();
    run.and_then(|run| std::fs::read_to_string(run.join("journal.jsonl")).ok()).map_or(0, |text| text.lines().count())
}

/// Every so many records, or with `CHECKRIDE_SWEEP=all` each.
pub(super) fn steps() -> usize {
    #[expect(clippy::disallowed_methods, reason = "how much is tried is the runner's to say")]
    let all = std::env::var("CHECKRIDE_SWEEP").is_ok_and(|what| what == "all");
    if all { 1 } else { 6 }
}

#[test]
fn a_drill_that_was_killed_leaves_nothing_behind() {
    let runbook = drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\n", "");
    let whole = {
        let world = World::new(2).settled();
        let project = world.project(&runbook);
        project.checkride(GO).exits(0);
        records(&project)
    };
    assert!(whole > 30, "{whole} records");
    for at in (2..whole).step_by(steps()) {
        let world = World::new(2).settled();
        let before = world.everything();
        let project = world.project(&runbook).answers("phase.drill = yes\nphase.rollback = yes");
        let running = project.begin(GO);
        while records(&project) < at && !running.is_over() {
            std::thread::sleep(Duration::from_micros(200));
        }
        if running.is_over() {
            running.end();
        } else {
            running.kill();
            let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
            // A record that was half written is named, and set aside; the drill goes on, and is over.
            let said = project.checkride(&["resume", &id, "--answers", "answers.toml"]);
            assert!([0, 4, 5].contains(&said.code), "killed at {at} of {whole}: {} {}", said.code, said.stderr);
            if said.code == 0 {
                let put_back = outputs(&project, "restore")["settings"]["put_back"].clone();
                assert_eq!(put_back, json!(PUT_BACK), "killed at {at} of {whole}");
            }
        }
        assert_eq!(world.everything(), before, "killed at {at} of {whole}");
    }
}
