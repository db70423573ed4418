//! botocore's own tests, which `scripts/test` fetches.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of botocore's tests: `functional/…`, `unit/…`.
///
/// # Panics
/// When there is none: a suite that does not run must not pass.
pub(super) fn folder() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the test runner gives the folder by the environment")]
    let folder = std::env::var("CHECKRIDE_BOTOCORE_TESTS");
    folder.expect("CHECKRIDE_BOTOCORE_TESTS names the folder of botocore's tests; run scripts/test").into()
}

/// The names in a folder, sorted.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().expect("names are UTF-8")).collect();
    names.sort();
    names
}

/// A file's bytes.
pub(super) fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file of JSON.
pub(super) fn json(path: &Path) -> Value {
    serde_json::from_slice(&bytes(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
