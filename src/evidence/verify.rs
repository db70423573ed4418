//! The journal's chain, the plan, the pinned files and the artifacts, each held against what names it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::LazyLock;

use regex::bytes::Regex;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::event::RunHeader;
use crate::journal::{ReadError, Tail, Verified, verify as verify_journal};
use crate::plan::PlanRecord;

/// How an artifact is named in a record: by the SHA-256 of its bytes.
static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""(sha256-[0-9a-f]{64})""#).expect("it is well formed"));

/// What was found whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checked {
    /// How many records the journal has.
    pub records: u64,
    /// The digest of its last one: who has written it down elsewhere can hold it against this.
    pub head: String,
    /// How many pinned files are there, byte by byte as they were planned.
    pub pinned: usize,
    /// How many artifacts are there, each of the bytes that it is named by.
    pub artifacts: usize,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] ReadError),
    /// A file that cannot be read.
    #[error("{file} cannot be read")]
    Unreadable {
        /// The file, relative to the run's folder.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that is named by a record or by the plan, and is gone.
    #[error("{file} is missing: {named_by} names it")]
    Missing {
        /// The file.
        file: String,
        /// What names it.
        named_by: String,
    },
    /// A file that holds other bytes than it is named by.
    #[error("{file} was changed: its bytes have the SHA-256 {found}")]
    Changed {
        /// The file.
        file: String,
        /// What its bytes give, in hexadecimal.
        found: String,
    },
    /// The plan is none, or not the one that the journal speaks of.
    #[error("plan.json {what}")]
    Plan {
        /// What is wrong with it.
        what: String,
    },
}

/// A run's evidence, looked through.
#[derive(Debug)]
pub struct Evidence {
    /// The journal's header, if it could be read.
    pub header: Option<RunHeader>,
    /// What a crash tore off behind the last record. It is no flaw: nothing that was shown is in it.
    pub tail: Option<Tail>,
    /// What was found whole.
    pub checked: Option<Checked>,
    /// What is wrong, the journal first. None: all of it is as it was written.
    pub flaws: Vec<Flaw>,
}

/// Verifies the folder of a run. Nothing is written, and nothing but the folder is looked at.
pub fn verify(run: &Path) -> Evidence {
    let journal = run.join("journal.jsonl");
    let Verified { header, records, head, length, tail } = match verify_journal(&journal) {
        Ok(verified) => verified,
        Err(damage) => return Evidence { header: None, tail: None, checked: None, flaws: vec![damage.into()] },
    };
    let mut flaws = Vec::new();
    // What a crash tore off names nothing, nor does what somebody has added since.
    let text = beginning(&journal, length).unwrap_or_else(|source| {
        flaws.push(Flaw::Unreadable { file: "journal.jsonl".to_owned(), source });
        Vec::new()
    });
    let named: BTreeSet<&str> =
        NAME.captures_iter(&text).filter_map(|found| str::from_utf8(found.get(1)?.as_bytes()).ok()).collect();
    let mut sound: BTreeSet<String> = BTreeSet::new();
    for name in &named {
        match artifact(run, name, "a record") {
            Ok(()) => drop(sound.insert((*name).to_owned())),
            Err(flaw) => flaws.push(flaw),
        }
    }
    let pinned = match plan(run, &header, &text) {
        Ok(plan) => pinned(run, &plan, &mut sound, &mut flaws),
        Err(flaw) => {
            flaws.push(flaw);
            0
        }
    };
    flaws.extend(others(run, &sound, &named));
    let checked = Checked { records, head, pinned, artifacts: sound.len() };
    Evidence { header: Some(header), tail, checked: Some(checked), flaws }
}

/// The part of a journal that was verified: it may be written meanwhile, and only grows.
fn beginning(journal: &Path, length: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(journal)?.take(length).read_to_end(&mut text)?;
    Ok(text)
}

/// Holds an artifact against its name.
fn artifact(run: &Path, name: &str, named_by: &str) -> Result<(), Flaw> {
    let file = format!("artifacts/{name}");
    let found = match digest(&run.join(&file)) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Flaw::Missing { file, named_by: named_by.to_owned() });
        }
        Err(source) => return Err(Flaw::Unreadable { file, source }),
    };
    if name.strip_prefix("sha256-") == Some(&found) { Ok(()) } else { Err(Flaw::Changed { file, found }) }
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(hash.finalize())),
            length => hash.update(&piece[..length]),
        }
    }
}

/// The plan, if it is the one that the last session began with.
fn plan(run: &Path, header: &RunHeader, journal: &[u8]) -> Result<PlanRecord, Flaw> {
    let wrong = |what: String| Flaw::Plan { what };
    let text =
        fs::read(run.join("plan.json")).map_err(|source| Flaw::Unreadable { file: "plan.json".to_owned(), source })?;
    let plan: PlanRecord = serde_json::from_slice(&text).map_err(|error| wrong(format!("is no plan: {error}")))?;
    let computed = plan.compute_digest();
    if computed != plan.digest {
        return Err(wrong(format!("was changed: what it says gives {computed}, and it names {}", plan.digest)));
    }
    let approved = last_plan(journal).unwrap_or_else(|| header.plan.clone());
    if approved == plan.digest {
        return Ok(plan);
    }
    Err(wrong(format!("is another one ({}) than the journal says was accepted ({approved})", plan.digest)))
}

/// The digest of the plan that the last session began with: a change that was accepted has another one than the header.
fn last_plan(journal: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Line {
        event: Started,
    }
    #[derive(Deserialize)]
    struct Started {
        kind: String,
        plan: String,
    }
    journal.split(|byte| *byte == b'\n').rev().find_map(|line| {
        let line: Line = serde_json::from_slice(line).ok()?;
        (line.event.kind == "session_started").then_some(line.event.plan)
    })
}

/// The files whose bytes were planned: each has a copy among the artifacts; runbook and profile have one more beside the
/// journal. How many are as they were planned.
fn pinned(run: &Path, plan: &PlanRecord, sound: &mut BTreeSet<String>, flaws: &mut Vec<Flaw>) -> usize {
    let mut whole = 0;
    for file in &plan.files {
        let name = format!("sha256-{}", file.sha256);
        match artifact(run, &name, &format!("the plan, for {},", file.path)) {
            Ok(()) => {
                whole += 1;
                sound.insert(name);
            }
            Err(flaw) => flaws.push(flaw),
        }
    }
    for copy in ["runbook.toml", "profile.toml"] {
        match digest(&run.join(copy)) {
            Ok(found) if plan.files.iter().any(|file| file.sha256 == found) => {}
            Ok(found) => flaws.push(Flaw::Changed { file: copy.to_owned(), found }),
            // Not every run has a profile.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && (copy, &plan.profile) == ("profile.toml", &None) => {}
            Err(source) => flaws.push(Flaw::Unreadable { file: copy.to_owned(), source }),
        }
    }
    whole
}

/// Artifacts that nothing names are of no record; one that is not what its name says was changed all the same.
fn others(run: &Path, sound: &BTreeSet<String>, named: &BTreeSet<&str>) -> Vec<Flaw> {
    let entries = fs::read_dir(run.join("artifacts")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let unnamed = names.iter().filter(|name| name.starts_with("sha256-"));
    unnamed
        .filter(|name| !sound.contains(*name) && !named.contains(name.as_str()))
        .filter_map(|name| artifact(run, name, "nothing").err())
        .collect()
}
