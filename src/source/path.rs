//! Whether a path that a file names stays in the project.

use std::path::{Component, Path};

/// Why a path (relative to the project) leads out of it, by its text alone; none when it stays inside. A symbolic link is
/// seen only when the path is opened.
pub fn escapes_project(path: &str) -> Option<&'static str> {
    let mut depth = 0_usize;
    for component in Path::new(path).components() {
        match component {
            Component::Prefix(_) | Component::RootDir => return Some("is absolute"),
            Component::CurDir => {}
            Component::ParentDir if depth == 0 => return Some("leads out of the project"),
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
        }
    }
    path.starts_with('~').then_some("begins with `~`, which is replaced nowhere")
}

#[cfg(test)]
mod tests {
    use super::escapes_project;

    #[test]
    fn paths_that_climb_out_are_seen() {
        for inside in ["a", "a/b.yaml", "./a", "a/../b", "a/b/../../c"] {
            assert_eq!(escapes_project(inside), None, "{inside}");
        }
        for outside in ["/etc/passwd", "..", "../a", "a/../../b", "~/x"] {
            assert!(escapes_project(outside).is_some(), "{outside}");
        }
    }
}
