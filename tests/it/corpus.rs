//! Golden pairs: every runbook in `tests/corpus/invalid` with what is said about it, every one in `tests/corpus/valid` with
//! nothing said. `UPDATE=1` rewrites the golden files; look at what changed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use checkride::catalog::Catalog;
use checkride::id::Phase;
use checkride::profile::Profile;
use checkride::runbook::{CheckContext, Limits, Runbook, all_codes, check, load_runbook};
use checkride::source::{Diagnostics, FILE_LIMIT, Sources, load, render, render_json};
use checkride::step::kind::{Parse, StepKind};
use checkride::step::{Confirmation, Effect, OnUnknown};
use chrono::NaiveDate;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, proptest};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

struct Checked {
    runbook: Option<Runbook>,
    diagnostics: Diagnostics,
    sources: Sources,
}

impl Checked {
    fn text(&self) -> String {
        render(&self.diagnostics, &self.sources, false)
    }
}

/// Everything that `checkride check` does, with the date standing still.
fn check_file(path: &Path, root: &Path) -> Checked {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let runbook = load_runbook(path, root, &mut sources, &mut diagnostics, Limits::default());
    let profile_path = path.with_extension("profile.toml");
    let mut profile = None;
    if profile_path.exists() {
        let display = profile_path.strip_prefix(root).unwrap_or(&profile_path).display().to_string();
        match load(&profile_path, &display, &mut sources) {
            Ok(id) => profile = Profile::read(id, &sources, &mut diagnostics),
            Err(fault) => diagnostics.push(fault),
        }
    }
    if let Some(runbook) = &runbook {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let context = CheckContext { root: root.to_path_buf(), today };
        diagnostics.extend(check(runbook, profile.as_ref(), &sources, &context));
    }
    diagnostics.sort(&sources);
    Checked { runbook, diagnostics, sources }
}

/// The runbooks of a folder, by name.
fn cases(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(corpus().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let profile = path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with(".profile"));
            path.extension().is_some_and(|ending| ending == "toml") && !profile
        })
        .collect();
    paths.sort();
    paths
}

/// Compares a text with a golden file, or rewrites the file.
fn golden(path: &Path, actual: &str, failures: &mut Vec<String>) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected != actual {
        failures.push(format!("{}\n--- expected\n{expected}\n--- actual\n{actual}", path.display()));
    }
}

#[test]
fn invalid_runbooks_are_told_what_is_wrong() {
    let mut failures = Vec::new();
    let cases = cases("invalid");
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    for path in &cases {
        let checked = check_file(path, &corpus());
        let warns = path.file_name().unwrap().to_str().unwrap().starts_with("warn_");
        assert!(!checked.diagnostics.is_empty(), "{} has nothing wrong", path.display());
        assert_eq!(checked.diagnostics.has_errors(), !warns, "{}:\n{}", path.display(), checked.text());
        golden(&path.with_extension("stderr"), &checked.text(), &mut failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Each file of faulty checks, alone in a project of its own.
#[test]
fn invalid_checks_are_told_what_is_wrong() {
    let mut failures = Vec::new();
    let cases = cases("invalid_checks");
    assert!(cases.len() >= 8, "only {} cases", cases.len());
    for path in &cases {
        let folder = tempfile::tempdir().unwrap();
        let name = path.file_name().unwrap();
        std::fs::create_dir(folder.path().join("checks")).unwrap();
        std::fs::copy(path, folder.path().join("checks").join(name)).unwrap();
        let mut sources = Sources::new();
        let mut diagnostics = Diagnostics::new();
        let catalog = Catalog::of_project(folder.path(), &mut sources, &mut diagnostics);
        diagnostics.sort(&sources);
        let warns = name.to_str().unwrap().starts_with("warn_");
        let text = render(&diagnostics, &sources, false);
        assert!(!diagnostics.is_empty() && diagnostics.has_errors() != warns, "{}:\n{text}", path.display());
        assert_eq!(catalog.all().count() > Catalog::embedded().all().count(), warns || name == "duplicates.toml");
        golden(&path.with_extension("stderr"), &text, &mut failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_golden_file_has_its_case() {
    let names: BTreeSet<PathBuf> = cases("invalid").iter().map(|path| path.with_extension("stderr")).collect();
    for entry in std::fs::read_dir(corpus().join("invalid")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "stderr") && !path.to_str().unwrap().contains("generated_") {
            assert!(names.contains(&path), "{} belongs to no case", path.display());
        }
    }
}

#[test]
fn valid_runbooks_are_told_nothing() {
    for path in cases("valid") {
        let checked = check_file(&path, &corpus());
        assert!(checked.diagnostics.is_empty(), "{}", checked.text());
        assert!(checked.runbook.is_some_and(|runbook| !runbook.steps.is_empty()), "{}", path.display());
    }
}

#[test]
fn every_code_has_a_case() {
    let goldens: String = ["invalid", "invalid_checks"]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(corpus().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "stderr"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    // No test can make a file that root cannot read.
    let without = ["RB003"];
    for doc in all_codes() {
        let shown = goldens.contains(&format!("[{}]", doc.code));
        assert!(shown || without.contains(&doc.code.0), "{} ({}) has no golden case", doc.code, doc.name);
    }
}

/// A file that no one would commit, in a project of its own.
fn generated(name: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.toml"));
    std::fs::write(&path, bytes).unwrap();
    check_file(&path, folder.path()).text()
}

const HEAD: &str = "format = 1\n\n[runbook]\ntitle = \"A case\"\nowner = \"platform\"\n\n";

fn with_steps(count: usize) -> String {
    let mut text = HEAD.to_owned();
    for number in 0..count {
        write!(text, "[[checklist]]\nid = \"s{number}\"\ntitle = \"Step\"\nkind = \"confirm\"\n\n").unwrap();
    }
    text
}

fn of_length(length: usize) -> Vec<u8> {
    let mut bytes = with_steps(1).into_bytes();
    bytes.resize(length - 1, b'#');
    bytes.push(b'\n');
    bytes
}

#[test]
fn files_that_nobody_commits_are_told_what_is_wrong() {
    let mut failures = Vec::new();
    let mut compare = |name: &str, actual: &str| {
        golden(&corpus().join(format!("invalid/generated_{name}.stderr")), actual, &mut failures);
    };
    assert_eq!(generated("largest", &of_length(FILE_LIMIT)), "", "1 MiB is read");
    compare("too_large", &generated("too_large", &of_length(FILE_LIMIT + 1)));
    assert_eq!(generated("most_steps", with_steps(1000).as_bytes()), "", "1,000 steps are read");
    compare("too_many_steps", &generated("too_many_steps", with_steps(1001).as_bytes()));
    compare("nul", &generated("nul", format!("{HEAD}# a\0b\n").as_bytes()));
    compare("invalid_utf8", &generated("invalid_utf8", &[HEAD.as_bytes(), b"# caf\xe9\n"].concat()));
    let utf16: Vec<u8> = "\u{feff}format = 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    compare("utf16", &generated("utf16", &utf16));

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("project");
    std::fs::create_dir_all(root.join("deploy.toml")).unwrap();
    std::fs::write(root.join("deploy.toml/prod.toml"), "").unwrap();
    compare("directory", &check_file(&root.join("deploy.toml"), &root).text());
    compare("missing", &check_file(&root.join("depoly.toml"), &root).text());
    std::fs::write(folder.path().join("outside.toml"), with_steps(1)).unwrap();
    std::os::unix::fs::symlink(folder.path().join("outside.toml"), root.join("inside.toml")).unwrap();
    let text = with_steps(1).replace("format = 1", "format = 1\ninclude = [\"inside.toml\"]");
    std::fs::write(root.join("symlink.toml"), text).unwrap();
    compare("symlink", &check_file(&root.join("symlink.toml"), &root).text());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn what_is_written_is_what_is_read() {
    let checked = check_file(&corpus().join("valid/command.toml"), &corpus());
    let runbook = checked.runbook.unwrap();
    let ids: Vec<&str> = runbook.steps.iter().map(|step| step.id.value.as_str()).collect();
    let file_order = ["from_common", "region", "build", "migrate", "publish", "concurrency", "unpublish"];
    assert_eq!(ids, file_order, "the steps of includes come first, then those of the file in its order");
    assert_eq!(runbook.name, "command");
    assert_eq!(runbook.path, "valid/command.toml");
    assert_eq!(runbook.included.len(), 1);
    assert_eq!(
        (runbook.env.as_slice(), runbook.files.as_slice()),
        (&["CI".to_owned()][..], &["templates/stack.yaml".to_owned()][..])
    );
    assert_eq!(runbook.input("stage").unwrap().default, Some("dev".into()));
    let region = runbook.step("region").unwrap();
    assert_eq!(region.effect, Effect::Read);
    assert_eq!(region.phase, Phase::Checklist);
    assert_eq!((region.retry.attempts, region.retry.max), (3, Duration::from_secs(10)));
    assert_eq!(region.outputs[0].0.value, "status");
    let migrate = runbook.step("migrate").unwrap();
    assert_eq!(migrate.effect, Effect::Irreversible);
    assert_eq!(migrate.on_unknown, Some(OnUnknown::Probe));
    assert_eq!(migrate.confirm, Some(Confirmation::Type));
    assert_eq!(migrate.probe.as_ref().unwrap().done.value.text(), "out.json.version == step.build.version");
    assert_eq!(migrate.needs[0].value.as_str(), "build");
    let publish = runbook.step("publish").unwrap();
    assert_eq!(publish.effect, Effect::Write, "a command is a write unless it says otherwise");
    assert_eq!(publish.on_failure, None);
    let StepKind::Command(build) = &runbook.step("build").unwrap().kind else { panic!("a command") };
    assert_eq!((build.output, build.exit_codes.as_slice()), (Parse::Lines, &[0, 3][..]));
    assert!(build.run.is_none() && build.shell.as_ref().is_some_and(|shell| shell.value.contains("${OUT:-build}")));
    assert_eq!(runbook.step("unpublish").unwrap().undoes[0].value.as_str(), "publish");
    let place = checked.sources.locate(migrate.id.span);
    assert_eq!(checked.sources.line_text(migrate.id.span), "id = \"migrate\"");
    assert_eq!((place.path.as_str(), place.column), ("valid/command.toml", 6));
}

#[test]
fn the_json_form_says_the_same() {
    let checked = check_file(&corpus().join("invalid/unknown_key.toml"), &corpus());
    let json = render_json(&checked.diagnostics, &checked.sources);
    assert_eq!(json["format"], 1);
    let list = json["diagnostics"].as_array().unwrap();
    assert_eq!(list.len(), checked.diagnostics.len());
    for entry in list {
        let at = &entry["at"];
        let place = format!("{}:{}:{}", at["path"].as_str().unwrap(), at["line"], at["column"]);
        assert!(checked.text().contains(&place), "{place}");
    }
}

#[test]
fn color_changes_nothing_but_the_color() {
    for path in cases("invalid") {
        let checked = check_file(&path, &corpus());
        let colored = render(&checked.diagnostics, &checked.sources, true);
        assert_eq!(console::strip_ansi_codes(&colored), checked.text(), "{}", path.display());
    }
}

/// Loads and checks bytes as a runbook; the result must be in bounds whatever they are.
fn survives(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    std::fs::write(&path, bytes).unwrap();
    let checked = check_file(&path, folder.path());
    for diagnostic in &checked.diagnostics {
        let spans = diagnostic.span.into_iter().chain(diagnostic.related.iter().map(|(span, _)| *span));
        for span in spans {
            let text = &checked.sources.get(span.source).text;
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(start <= end && end <= text.len(), "{diagnostic:?}");
            assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{diagnostic:?}");
        }
    }
    let text = checked.text();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}

fn valid_texts() -> Vec<String> {
    cases("valid").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// A valid runbook with a few of its bytes cut out, doubled or replaced.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let texts = valid_texts();
    let edit = (any::<prop::sample::Index>(), 0_usize..40, prop::sample::select(vec![0_u8, 1, 2, 3]), any::<char>());
    (0..texts.len(), prop::collection::vec(edit, 1..4)).prop_map(move |(which, edits)| {
        let mut text: Vec<char> = texts[which].chars().collect();
        for (at, length, how, c) in edits {
            let at = at.index(text.len().max(1)).min(text.len());
            let end = (at + length).min(text.len());
            match how {
                0 => drop(text.drain(at..end)),
                1 => {
                    let piece: Vec<char> = text[at..end].to_vec();
                    text.splice(at..at, piece);
                }
                2 => text.insert(at, c),
                _ => {
                    let marks = ['"', '\'', '[', ']', '{', '}', '=', '\n', '$', '(', '.', '\\'];
                    text.insert(at, marks[(c as usize) % marks.len()]);
                }
            }
        }
        text.into_iter().collect::<String>().into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_loader_survives_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }

    #[test]
    fn the_loader_survives_any_text(text in "\\PC{0,200}") {
        survives(text.as_bytes());
    }

    #[test]
    fn the_loader_survives_mutated_runbooks(bytes in mutated()) {
        survives(&bytes);
    }

    #[test]
    fn reading_is_the_same_every_time(bytes in mutated()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        std::fs::write(&path, &bytes).unwrap();
        let once = check_file(&path, folder.path()).text();
        prop_assert!(once == check_file(&path, folder.path()).text());
    }
}
