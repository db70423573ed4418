//! Input that nobody meant to write: from bytes to a plan, answers files, journals. Nothing panics, every fault has a place in
//! its file, and what is accepted is what was written. (`corpus.rs` does the same for runbooks alone, `value` for expressions,
//! `world::secret` for the redactor; `scripts/fuzz` goes on where these stop.)

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use checkride::cli::AnswersFile;
use checkride::journal::{Journal, read_bytes};
use checkride::plan::{Material, Selection, build, needed_inputs, resolve};
use checkride::runbook::{Limits, load_runbook};
use checkride::source::{Diagnostics, Sources};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, proptest};
use proptest::strategy::Union;

use crate::support::golden::corpus;
use crate::support::story::{bytes_of, events};

/// One change of some bytes: where, how many, how, and a byte to do it with.
type Edit = (prop::sample::Index, usize, u8, u8);

fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0_usize..60, 0_u8..6, any::<u8>()), 1..most)
}

/// The bytes with pieces cut out, doubled, moved to the end, overwritten, and the like.
fn mutated(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    const MARKS: &[u8] = b"\"'[]{}=\n$(.\\#,-0e";
    let mut bytes = bytes.to_vec();
    for (at, length, how, byte) in edits {
        let from = at.index(bytes.len() + 1);
        let to = (from + length).min(bytes.len());
        match how {
            0 => drop(bytes.drain(from..to)),
            1 => {
                let piece = bytes[from..to].to_vec();
                bytes.splice(from..from, piece);
            }
            2 => {
                let piece: Vec<u8> = bytes.drain(from..to).collect();
                bytes.extend(piece);
            }
            3 => bytes.insert(from, *byte),
            4 => bytes.insert(from, MARKS[usize::from(*byte) % MARKS.len()]),
            _ => bytes[from..to].fill(*byte),
        }
    }
    bytes
}

/// Every file of a folder of the corpus, changed.
fn changed_files(folder: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let entries = fs::read_dir(corpus(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    paths.sort();
    let files = Union::new(paths.into_iter().map(|path| Just(fs::read(path).unwrap())));
    (files, edits(4)).prop_map(|(bytes, edits)| mutated(&bytes, &edits))
}

/// Each fault stands in its file.
fn hold_faults(faults: &Diagnostics, sources: &Sources) {
    for fault in faults {
        for span in fault.span.into_iter().chain(fault.related.iter().map(|(span, _)| *span)) {
            let text = &sources.get(span.source).text;
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{fault:?}");
        }
    }
}

/// From bytes to a plan, as far as it goes: twice, with the same end.
fn plans(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    fs::write(&path, bytes).unwrap();
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let runbook = load_runbook(&path, folder.path(), &mut sources, &mut faults, Limits::default());
    hold_faults(&faults, &sources);
    let Some(runbook) = runbook else {
        assert!(faults.has_errors(), "no runbook, and nothing is said about it");
        return;
    };
    let needed = needed_inputs(&runbook.steps);
    let Ok(resolved) = resolve(&runbook, None, &[], &needed) else { return };
    let material = Material {
        runbook: &runbook,
        profile: None,
        selection: Selection::default(),
        inputs: &resolved.values,
        secrets: &resolved.secrets,
        files: Vec::new(),
        actions: BTreeMap::new(),
    };
    match (build(&material), build(&material)) {
        (Ok((plan, record)), Ok((_, again))) => {
            assert_eq!(record.digest, again.digest);
            assert!(plan.steps.len() <= runbook.steps.len());
        }
        (Err(errors), Err(again)) => assert_eq!(errors, again),
        (Ok(_), Err(errors)) | (Err(errors), Ok(_)) => panic!("planned once of two times: {errors:?}"),
    }
}

const ANSWERS: &str = "format = 1\nplan = \"sha256:00\"\n\n[answer.config_backup]\nchoose = \"done\"\nby = \"ana\"\n\
    reason = \"the nightly job\"\nnote = \"s3://backups\"\n\n[answer.phase.deploy]\nchoose = \"yes\"\nby = \"ana\"\n\
    reason = \"CHG-1024\"\n\n[answer.size]\nchoose = \"value\"\nvalue = [1, {a = 2.5}]\nby = \"ana\"\nreason = \"so\"\n";

fn answers(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.toml");
    fs::write(&path, bytes).unwrap();
    let mut sources = Sources::new();
    match AnswersFile::read(&path, "answers.toml", &mut sources) {
        Ok(file) => {
            for (id, span) in file.questions() {
                let text = &sources.get(span.source).text;
                assert!(!id.is_empty() && text.get(span.start as usize..span.end as usize).is_some(), "{id}");
            }
        }
        Err(faults) => {
            assert!(faults.has_errors());
            hold_faults(&faults, &sources);
        }
    }
}

/// A journal, and what is read of it.
static WHOLE: LazyLock<(Vec<u8>, Journal)> = LazyLock::new(|| {
    let bytes = bytes_of(&events());
    let journal = read_bytes(&bytes).unwrap();
    (bytes, journal)
});

/// What is read of a changed journal is the beginning of what was written; the rest is accounted for, or it is refused.
fn recovers(bytes: &[u8]) {
    let (_, whole) = &*WHOLE;
    match read_bytes(bytes) {
        Ok(journal) => {
            assert_eq!(journal.header, whole.header);
            assert_eq!(journal.records, whole.records[..journal.records.len()]);
            let torn = journal.tail.as_ref().map_or(0, |tail| tail.bytes);
            assert_eq!(journal.length + torn, bytes.len() as u64);
        }
        Err(damage) => assert!(!damage.what.is_empty()),
    }
}

#[test]
fn what_is_not_changed_is_accepted() {
    for entry in fs::read_dir(corpus("valid")).unwrap() {
        plans(&fs::read(entry.unwrap().path()).unwrap());
    }
    answers(ANSWERS.as_bytes());
    recovers(&WHOLE.0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_runbooks_are_planned_or_refused(bytes in changed_files("valid")) {
        plans(&bytes);
    }

    #[test]
    fn changed_bad_runbooks_are_refused_in_peace(bytes in changed_files("invalid")) {
        plans(&bytes);
    }

    #[test]
    fn changed_answers_are_read_or_refused(edits in edits(6)) {
        answers(&mutated(ANSWERS.as_bytes(), &edits));
    }

    #[test]
    fn any_bytes_are_no_answers(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        answers(&bytes);
    }

    #[test]
    fn changed_journals_are_recovered_or_refused(edits in edits(5)) {
        recovers(&mutated(&WHOLE.0, &edits));
    }

    #[test]
    fn any_bytes_are_no_journal(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        recovers(&bytes);
    }
}
