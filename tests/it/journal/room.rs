//! A disk with little room, and one that fills up: a real file system, in a namespace of the test's own.

use crate::support::project::Project;

/// Runs a shell's line with `.checkride` on a file system of so many mebibytes. None: the system gives no such namespace,
/// and the test says so.
#[expect(clippy::print_stderr, reason = "a test that tries nothing must not look like one that passed")]
fn on_a_disk_of(project: &Project, mebibytes: u32, line: &str) -> Option<String> {
    let mount = format!("mount -t tmpfs -o size={mebibytes}m none .checkride");
    std::fs::create_dir_all(project.path(".checkride")).unwrap();
    if project.shell(&format!("unshare -rm sh -c '{mount}'")).code != 0 {
        eprintln!("NOT TRIED: this system gives a test no file system of its own (unshare, tmpfs)");
        return None;
    }
    let said = project.shell(&format!("unshare -rm sh -c '{mount} && {{ {line}; }} 2>&1'")).exits(0);
    Some(said.stdout)
}

/// Three writes; the first fills the disk of the run to the last byte.
fn project() -> Project {
    let step = |id: &str, shell: &str| {
        format!(
            "[[deploy]]\nid = \"{id}\"\ntitle = \"Do {id}\"\nkind = \"command\"\neffect = \"write\"\nshell = \"{shell}\"\n\n"
        )
    };
    let fill = step("fill", "cat /dev/zero > .checkride/filler || true; echo fill >> log");
    let steps = [fill, step("two", "echo two >> log"), step("three", "echo three >> log")].concat();
    Project::new().local().runbook("r", &steps).answers("phase.deploy = yes")
}

const RUN: &str = "checkride run r -p local --answers answers.toml";

#[test]
fn a_run_is_not_begun_where_there_is_no_room_for_it() {
    let project = project();
    let Some(said) = on_a_disk_of(&project, 32, &format!("{RUN}; echo code $?; test ! -e .checkride/runs")) else {
        return;
    };
    assert!(said.contains("error: there is too little room in "), "{said}");
    assert!(
        said.contains(": 31 MiB are free, and a run begins with at least 64\n") || said.contains(": 32 MiB are free"),
        "{said}"
    );
    assert!(said.contains("nothing was done: what cannot be kept is not begun") && said.contains("code 9\n"), "{said}");
    assert_eq!(project.read("log"), "");
}

/// What was reserved is there when all else is full: the outcome of what filled the disk is on record, what cannot be kept
/// is not begun, and the end of the run is on record, too.
#[test]
fn a_disk_that_is_full_loses_nothing() {
    let project = project();
    let line = format!("{RUN}; echo code $?; checkride runs; cat .checkride/runs/*/journal.jsonl > journal");
    let Some(said) = on_a_disk_of(&project, 80, &line) else { return };
    assert!(said.contains("code 5\n") && said.contains("No space left on device"), "{said}");
    assert!(said.trim_end().ends_with("a step failed"), "`runs` reads the journal, and tells its end\n{said}");
    assert_eq!(project.read("log"), "fill\n");
    let journal = project.read("journal");
    let settled: Vec<&str> = journal.lines().filter(|line| line.contains("\"effect_settled\"")).collect();
    assert!(settled.len() == 1 && settled[0].contains("\"fill\"") && settled[0].contains("\"done\""), "{journal}");
    assert_eq!(journal.matches("\"effect_intended\"").count(), 1, "{journal}");
    assert!(journal.lines().last().unwrap().contains("\"run_finished\""), "{journal}");
}
