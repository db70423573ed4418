//! Golden files. `UPDATE=1` rewrites them; look at what changed.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the corpus.
pub(crate) fn corpus(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(path)
}

/// Whether golden files are rewritten.
pub(crate) fn update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// Compares a text with a golden file of the corpus, or rewrites it.
pub(crate) fn golden(path: &str, actual: &str) {
    let file = corpus(path);
    if update() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, actual).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(expected == actual, "{path}\n--- expected\n{expected}\n--- actual\n{actual}");
}
