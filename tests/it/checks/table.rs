//! The table, made of the files: which cell is shown in the emulator, which by an answer played back, and which not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use checkride::catalog::embedded;

use crate::checks::sheet::{Outcome, Row, Sheet, folder};
use crate::support::golden::update;

const GLOBAL: &str = "The service is the same in every region.";

/// Cells that nothing shows, and why: check, column, reason. That a check passes, fails, cannot tell and can be
/// mended is always shown.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("budgets-budget", "elsewhere", GLOBAL),
    ("cloudfront-origin-access-control", "elsewhere", GLOBAL),
    ("cloudfront-viewer-protocol", "elsewhere", GLOBAL),
    ("iam-role-no-admin", "elsewhere", GLOBAL),
    ("cognito-log-delivery", "elsewhere", "The emulator does not know the operation: its answers are played back."),
    (
        "lambda-account-concurrency",
        "empty or absent",
        "It looks at the account's limit, and an account always has one.",
    ),
    ("lambda-account-concurrency", "elsewhere", "It looks at the account's limit, and an account always has one."),
];

/// Why a cell is not shown; none where it is.
pub(super) fn exception(check: &str, column: &str) -> Option<&'static str> {
    let found = EXCEPTIONS.iter().find(|(of, at, _)| *of == check && *at == column);
    found.map(|(_, _, reason)| *reason)
}

/// How a cell is shown by rows.
fn shown<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<&'static str> {
    let words: BTreeSet<&str> =
        rows.map(|row| if row.answers.is_empty() && row.afters.is_empty() { "sandbox" } else { "replay" }).collect();
    words.contains("sandbox").then_some("sandbox").or_else(|| words.first().copied())
}

fn cells(rows: &[Row]) -> [(&'static str, Option<&'static str>); 6] {
    let of = |outcome: Outcome, cases: &'static [&'static str]| {
        let is = move |row: &&Row| row.outcome == outcome && cases.iter().any(|case| row.why.starts_with(case));
        shown(rows.iter().filter(is))
    };
    let passes = of(Outcome::Passed, &["passes"]);
    // `tried.rs` denies, and looks elsewhere, with the row that passes.
    let elsewhere = passes.filter(|how| *how == "sandbox");
    [
        ("passes", passes),
        ("fails", of(Outcome::Failed, &["fails"])),
        ("empty or absent", of(Outcome::Failed, &["empty", "absent"])),
        ("denied", passes.map(|_| "replay")),
        ("elsewhere", elsewhere),
        ("remedy", shown(rows.iter().filter(|row| !row.fix.is_empty()))),
    ]
}

/// What there is to say of the way from a failing check to one that passes: why it is played back, say.
fn remark(rows: &[Row]) -> Option<&str> {
    let fixed = rows.iter().filter(|row| !row.fix.is_empty());
    fixed.map(|row| row.because.as_deref()).min().flatten()
}

const HEAD: &str = "# Each check, and what it was seen to say\n\n\
    Made of the files beside it by `UPDATE=1 scripts/test checks`; each cell is a test. `sandbox`: the emulator has what the\n\
    check looks at. `replay`: the answer is played back on loopback, in the words of the service's protocol; so is each\n\
    AccessDenied, which ends as *unknown*: once for all calls of a check, and once for each of them alone. Elsewhere is a\n\
    region where nothing is: the check fails. Remedy: what fails passes after the calls that the check's remedy names. `-`,\n\
    and a remedy that is not all of it, have their reason below.\n\n\
    | check | passes | fails | empty or absent | denied | elsewhere | remedy |\n|---|---|---|---|---|---|---|\n";

#[test]
fn the_table_is_whole() {
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for name in Sheet::names() {
        for row in Sheet::read(&name).rows {
            rows.entry(row.check.clone()).or_default().push(row);
        }
    }
    let mut text = HEAD.to_owned();
    let mut notes: Vec<String> = Vec::new();
    let mut note = |reason: &str| {
        let number = notes.iter().position(|note| note == reason).unwrap_or_else(|| {
            notes.push(reason.to_owned());
            notes.len() - 1
        });
        number + 1
    };
    let mut missing = String::new();
    let mut used = BTreeSet::new();
    for check in embedded() {
        let id = check.id.value.as_str();
        let rows = rows.remove(id).unwrap_or_default();
        write!(text, "| {id} |").unwrap();
        for (column, how) in cells(&rows) {
            let reason = exception(id, column);
            match (how, reason) {
                (_, Some(reason)) if column == "elsewhere" || how.is_none() => {
                    used.insert((id, column));
                    write!(text, " - [{}] |", note(reason)).unwrap();
                }
                (Some(how), None) if column == "remedy" && remark(&rows).is_some() => {
                    write!(text, " {how} [{}] |", note(remark(&rows).unwrap())).unwrap();
                }
                (Some(how), None) => write!(text, " {how} |").unwrap(),
                (Some(_), Some(_)) => writeln!(missing, "{id}: `{column}` is shown, and is an exception").unwrap(),
                (None, _) => writeln!(missing, "{id}: no row for `{column}`").unwrap(),
            }
        }
        text.push('\n');
    }
    text.push('\n');
    for (number, note) in notes.iter().enumerate() {
        writeln!(text, "{}. {note}", number + 1).unwrap();
    }
    assert!(rows.is_empty(), "rows of checks that are not embedded: {:?}", rows.keys());
    assert!(missing.is_empty(), "\n{missing}");
    let shown_always = |column: &str| ["passes", "fails", "denied", "remedy"].contains(&column);
    assert!(EXCEPTIONS.iter().all(|(_, column, _)| !shown_always(column)));
    let unused: Vec<_> = EXCEPTIONS.iter().filter(|(of, at, _)| !used.contains(&(*of, *at))).collect();
    assert!(unused.is_empty(), "exceptions of no cell: {unused:?}");
    let file = folder().join("TABLE.md");
    if update() {
        std::fs::write(&file, &text).unwrap();
    }
    assert!(std::fs::read_to_string(&file).unwrap_or_default() == text, "{} is not made of the files", file.display());
}

/// Every file has its test, and every file of the catalogue has one here.
#[test]
fn every_service_is_tried() {
    let tests = include_str!("services.rs");
    let names = Sheet::names();
    for name in &names {
        assert!(tests.contains(&format!("hold(\"{name}\")")), "{name}.toml has no test");
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/checks");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut services: Vec<String> = files.map(|file| file.strip_suffix(".toml").unwrap().to_owned()).collect();
    services.sort();
    assert_eq!(names, services);
}
