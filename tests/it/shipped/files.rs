//! The shipped files, in a project of a test's own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::project::Project;
use crate::support::sandbox;

/// What is installed or made beside the CDK application: it is not shipped.
const MADE: [&str; 3] = ["runbooks/cdk/build", "runbooks/cdk/cdk.out", "runbooks/cdk/node_modules"];

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The names of the TOML files in a folder, sorted.
pub(crate) fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// A project that is a copy of what is shipped.
pub(crate) fn shipped() -> Project {
    let mut project = Project::new();
    let mut folders: Vec<PathBuf> = vec!["runbooks".into(), "profiles".into()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if root().join(&path).is_dir() {
                folders.extend((!MADE.contains(&path.to_str().unwrap())).then_some(path));
            } else {
                let path = path.to_str().unwrap();
                project = project.file(path, &read(path));
            }
        }
    }
    project.file("samconfig.toml", &read("samconfig.toml"))
}

/// The same with the emulator that the test runner started as its sandbox.
pub(super) fn with_sandbox() -> Project {
    let mut project = shipped();
    let endpoint = project.watched(&sandbox::endpoint());
    project.file(".sandbox/endpoints.toml", &format!("default = \"{endpoint}\"\n"))
}
