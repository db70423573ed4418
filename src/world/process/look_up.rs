//! Where a program is.

use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use crate::world::process::Environment;

/// What a program's name leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Looked {
    /// A file that may be run.
    Found(PathBuf),
    /// A file that this user may not run, and none that he may.
    NotExecutable(PathBuf),
    /// No file.
    Missing,
}

/// Looks a program up as it is when it is run: a name in the child's `PATH`, not in ours; a path with a `/` starts at the
/// folder that it runs in.
pub fn look_up(program: &str, cwd: &Path, environment: &Environment) -> Looked {
    let candidates: Vec<PathBuf> = if program.contains('/') {
        vec![cwd.join(program)]
    } else {
        let path = environment.get("PATH").unwrap_or_default();
        std::env::split_paths(path).map(|folder| cwd.join(folder).join(program)).collect()
    };
    let files = || candidates.iter().filter(|path| path.is_file());
    if let Some(path) = files().find(|path| access(*path, AccessFlags::X_OK).is_ok()) {
        return Looked::Found(path.clone());
    }
    files().next().map_or(Looked::Missing, |path| Looked::NotExecutable(path.clone()))
}
