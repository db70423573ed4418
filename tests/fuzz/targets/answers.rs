//! Answers files.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use checkride::cli::AnswersFile;
use checkride::source::Sources;
use libfuzzer_sys::fuzz_target;

/// A file of this process; `scripts/fuzz` removes it.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("answers-{}.toml", std::process::id())));

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).expect("there is room for a file");
    let mut sources = Sources::new();
    match AnswersFile::read(&FILE, "answers.toml", &mut sources) {
        Ok(file) => {
            for (id, span) in file.questions() {
                let text = &sources.get(span.source).text;
                assert!(text.get(span.start as usize..span.end as usize).is_some(), "{id}");
            }
        }
        Err(faults) => {
            assert!(faults.has_errors());
            for span in faults.iter().filter_map(|fault| fault.span) {
                let text = &sources.get(span.source).text;
                assert!(text.get(span.start as usize..span.end as usize).is_some());
            }
        }
    }
});
