//! How much is tried by a test that goes through many moments, sizes or generated cases: a part of them, or with
//! `CHECKRIDE_SWEEP=all` the whole. And what such a sweep does: it kills the program behind a record.

use std::fs;
use std::ops::Range;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::binary::{Running, Said};
use super::project::Project;

/// Whether the whole is tried.
pub(crate) fn all() -> bool {
    #[expect(clippy::disallowed_methods, reason = "how much is tried is the runner's to say")]
    let all = std::env::var("CHECKRIDE_SWEEP");
    all.is_ok_and(|all| all == "all")
}

/// What is tried usually, or the whole.
pub(crate) fn tried<T>(usually: T, whole: T) -> T {
    if all() { whole } else { usually }
}

/// So many moments out of all, as far apart as can be and always the same; or each one.
pub(crate) fn moments(of: &Range<usize>, usually: usize) -> Vec<usize> {
    let parts = tried(usually, of.len()).min(of.len());
    (0..parts).map(|part| of.start + (2 * part + 1) * of.len() / (2 * parts)).collect()
}

/// How many records the last run has.
pub(crate) fn records(project: &Project) -> usize {
    lines(project, project.runs().len().saturating_sub(1))
}

/// How many lines the journal of the n-th run has.
fn lines(project: &Project, run: usize) -> usize {
    let journal = project.runs().get(run).map(|run| fs::read_to_string(run.join("journal.jsonl")).unwrap_or_default());
    journal.map_or(0, |text| text.lines().count())
}

/// Begins a run, and waits until it has so many records. With it comes the run's id; none: it was over before.
pub(crate) fn begin_until(project: &Project, words: &[&str], records: usize) -> (Running, Option<String>) {
    let run = project.runs().len();
    let running = project.begin(words);
    while lines(project, run) < records && !running.is_over() {
        std::thread::sleep(Duration::from_micros(200));
    }
    let id = || project.runs()[run].file_name().unwrap().to_str().unwrap().to_owned();
    let id = (!running.is_over()).then(id);
    (running, id)
}

/// Takes a run up again, with the answers of the project: what was said then; none: its last record was written.
pub(crate) fn resume(project: &Project, run: &str) -> Option<Said> {
    let said = project.checkride(&["resume", run, "--answers", "answers.toml"]);
    let over = said.code == 2 && said.stderr.contains(&format!("run {run} is over"));
    (!over).then_some(said)
}

/// Kills a run, and takes it up again: what was said then; none: its last record was written.
pub(crate) fn kill_and_resume(running: Running, project: &Project, run: &str) -> Option<Said> {
    running.signal(Signal::SIGKILL);
    let ended = running.end();
    let said = resume(project, run)?;
    assert_eq!(ended.code, 128 + 9, "it ended by itself, and is not over: {}", ended.stderr);
    Some(said)
}

/// Begins a run, kills it once it has so many records, and takes it up again: what was said then; none: it was over before.
pub(crate) fn killed_at(project: &Project, words: &[&str], records: usize) -> Option<Said> {
    let (running, run) = begin_until(project, words, records);
    let Some(run) = run else {
        running.end();
        return None;
    };
    kill_and_resume(running, project, &run)
}
