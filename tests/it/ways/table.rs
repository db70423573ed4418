//! The table, made of the files: which way back was seen to lead back, from nothing and from something else.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use checkride::step::inverse::ways;

use crate::support::golden::update;
use crate::ways::sheet::{Sheet, folder};

const HEAD: &str = "# Each way back, and from where it was seen to lead back\n\n\
    Made of the files beside it by `UPDATE=1 scripts/test ways`; each cell is a test in the emulator: what is there is read, a\n\
    run changes it, its rollback puts it back, and it is read again. Each is tried with every call denied, too: then nothing is\n\
    changed. `-`: the call takes away what must be there, or changes what always is; or it has its reason below.\n\n\
    | call | read by | nothing was there | something else was there |\n|---|---|---|---|\n";

/// Calls that nothing shows, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("lambda:UpdateFunctionEventInvokeConfig", "The emulator does not know it; its way back is that of the put."),
    ("s3:DeleteBucketIntelligentTieringConfiguration", INTELLIGENT),
    ("s3:PutBucketIntelligentTieringConfiguration", INTELLIGENT),
];

const INTELLIGENT: &str = "The emulator does not know it: `kept.rs` tries it with a service of a few lines that does.";

#[test]
fn the_table_is_made_of_the_files() {
    let mut text = HEAD.to_owned();
    let (mut absent, mut set) = (BTreeSet::new(), BTreeSet::new());
    for row in Sheet::names().iter().flat_map(|name| Sheet::read(name).rows) {
        if row.first.is_empty() {
            absent.insert(row.call)
        } else {
            set.insert(row.call)
        };
    }
    let mut missing = String::new();
    let mut known: Vec<(String, String)> = Vec::new();
    for way in ways() {
        known.extend(way.calls.iter().map(|call| (format!("{}:{call}", way.service), way.read.name.clone())));
    }
    known.sort();
    let mut reasons = Vec::new();
    for (call, read) in &known {
        let cell = |seen: &BTreeSet<String>| if seen.contains(call) { "sandbox" } else { "-" };
        let exception = EXCEPTIONS.iter().find(|(of, _)| of == call);
        let shown = absent.contains(call) || set.contains(call);
        if shown == exception.is_some() {
            writeln!(missing, "{call}: {}", if shown { "is shown, and is excepted" } else { "nothing shows it" })
                .unwrap();
        }
        let note = exception.map(|(_, reason)| {
            let known = reasons.iter().position(|known| known == reason);
            known.unwrap_or_else(|| {
                reasons.push(*reason);
                reasons.len() - 1
            }) + 1
        });
        let note = note.map(|note| format!(" [{note}]")).unwrap_or_default();
        writeln!(text, "| {call}{note} | {read} | {} | {} |", cell(&absent), cell(&set)).unwrap();
    }
    for (number, reason) in reasons.iter().enumerate() {
        write!(text, "\n{}. {reason}", number + 1).unwrap();
    }
    let unknown: Vec<_> = absent.union(&set).filter(|call| known.iter().all(|(of, _)| of != *call)).collect();
    assert!(unknown.is_empty(), "rows of calls that have no way back: {unknown:?}");
    assert!(missing.is_empty(), "\n{missing}");
    let file = folder().join("TABLE.md");
    if update() {
        std::fs::write(&file, &text).unwrap();
    }
    assert!(std::fs::read_to_string(&file).unwrap_or_default() == text, "{} is not made of the files", file.display());
}

/// Every file has its test, and every service of the table has one here.
#[test]
fn every_service_is_tried() {
    let tests = include_str!("services.rs");
    let names = Sheet::names();
    for name in &names {
        assert!(tests.contains(&format!("hold(\"{name}\")")), "{name}.toml has no test");
    }
    let mut services: Vec<String> = ways().map(|way| way.service.clone()).collect();
    services.dedup();
    assert_eq!(names, services);
}
