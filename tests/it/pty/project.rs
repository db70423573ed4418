//! A folder with a runbook, as a person has one before them.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::pty::support::PATIENCE;

/// A project folder of its own.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// A project with the given files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the only run.
    pub(crate) fn run(&self) -> PathBuf {
        let runs = self.path().join(".checkride/runs");
        let mut folders = std::fs::read_dir(runs).unwrap().map(|entry| entry.unwrap().path());
        let run = folders.next().unwrap();
        assert_eq!(folders.next(), None, "one run was made");
        run
    }

    /// The journal of the only run, as far as there is one.
    pub(crate) fn journal(&self) -> String {
        let runs = std::fs::read_dir(self.path().join(".checkride/runs")).into_iter().flatten();
        let journals = runs.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("journal.jsonl")).ok());
        journals.collect()
    }

    /// Waits until the journal holds a text.
    pub(crate) fn records(&self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.journal().contains(text) {
            assert!(Instant::now() < until, "the journal never held `{text}`:\n{}", self.journal());
            thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Adds to a file.
    pub(crate) fn append(&self, name: &str, text: &str) {
        File::options()
            .append(true)
            .create(true)
            .open(self.path().join(name))
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    /// Waits until a file is there and is not empty.
    pub(crate) fn holds(&self, name: &str) {
        self.holds_text(name, "\n");
    }

    /// Waits until a file holds a text.
    pub(crate) fn holds_text(&self, name: &str, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !std::fs::read_to_string(self.path().join(name)).unwrap_or_default().contains(text) {
            assert!(Instant::now() < until, "{name} never held `{text}`");
            thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Waits until no process stands in the project's folder: one that was ended may take a moment to be gone.
    pub(crate) fn is_left_alone(&self) {
        let folder = self.path().canonicalize().unwrap();
        let here = |entry: std::fs::DirEntry| {
            let stands = std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder));
            stands.then(|| std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default())
        };
        let until = Instant::now() + PATIENCE;
        loop {
            let left: Vec<String> = std::fs::read_dir("/proc").unwrap().flatten().filter_map(here).collect();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < until, "left behind: {left:?}");
            thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Every file that checkride wrote, as bytes.
    pub(crate) fn written(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut folders = vec![self.path().join(".checkride")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), std::fs::read(&path).unwrap()));
                }
            }
        }
        files
    }
}
