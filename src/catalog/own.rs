//! The checks that a project can use: the embedded ones, and its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalog::codes::CHECK_DUPLICATE;
use crate::catalog::embedded::{embedded, embedded_check, embedded_ids};
use crate::catalog::model::{Check, Origin};
use crate::catalog::read::read_file;
use crate::source::reader::{Document, Reader};
use crate::source::{Diagnostic, Diagnostics, PATH_ESCAPES, SourceId, Sources, load, suggest};

/// The folder of a project's own checks.
const FOLDER: &str = "checks";

/// The most files in it: each is at most 1 MiB.
const MOST_FILES: usize = 64;

/// The checks that a project can use.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    own: Vec<Arc<Check>>,
    broken: BTreeSet<String>,
}

impl Catalog {
    /// The embedded checks alone.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// The embedded checks and those of `checks/*.toml` in a project's folder. What is wrong in those goes to `diagnostics`;
    /// a check with a fault is no check. A file that `sources` has already is not read again.
    pub fn of_project(root: &Path, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Self {
        let mut catalog = Self::default();
        let mut faults = Diagnostics::new();
        for path in files(root) {
            let display = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let Some(id) = open(&path, &display, root, sources, &mut faults) else { continue };
            match Document::parse(id, sources) {
                Ok(document) => {
                    let reader = Reader::new(sources);
                    let read = read_file(&document, &Origin::Own(display), true, &reader);
                    faults.extend(reader.into_diagnostics());
                    catalog.broken.extend(read.broken);
                    for check in read.checks {
                        catalog.add(check, &mut faults);
                    }
                }
                Err(syntax) => faults.extend(syntax),
            }
        }
        diagnostics.extend(faults);
        catalog
    }

    fn add(&mut self, check: Check, faults: &mut Diagnostics) {
        let id = &check.id;
        if embedded_check(&id.value).is_some() {
            let message = format!("checkride has a check `{}` already", id.value);
            faults.push(
                Diagnostic::error(CHECK_DUPLICATE, message)
                    .at(id.span, "taken")
                    .help(format!("`checkride explain {}` tells what that one is", id.value)),
            );
        } else if let Some(first) = self.own.iter().find(|known| known.id == *id) {
            let fault = Diagnostic::error(CHECK_DUPLICATE, format!("there are two checks `{}`", id.value));
            faults.push(fault.at(id.span, "a second one").related(first.id.span, "the first one"));
        } else {
            self.own.push(Arc::new(check));
        }
    }

    /// A check by its id.
    pub fn get(&self, id: &str) -> Option<&Arc<Check>> {
        embedded_check(id).or_else(|| self.own.iter().find(|check| check.id.value == id))
    }

    /// Every check: the embedded ones, then the project's own.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Check>> {
        let embedded = embedded().map(|check| -> &Arc<Check> { check });
        embedded.chain(&self.own)
    }

    /// Whether one of the project's own checks of this id has faults.
    pub fn is_broken(&self, id: &str) -> bool {
        self.broken.contains(id)
    }

    /// How many checks of its own the project has, with those that have faults.
    pub fn own(&self) -> usize {
        self.own.len() + self.broken.len()
    }

    /// *Did you mean*.
    pub fn near(&self, id: &str) -> Option<&str> {
        let embedded = embedded_ids().map(|id| -> &str { id });
        suggest::closest(id, embedded.chain(self.own.iter().map(|check| check.id.value.as_str())))
    }
}

/// The files of a project's own checks, sorted.
fn files(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join(FOLDER)).into_iter().flatten().flatten().map(|entry| entry.path());
    let hidden = |path: &PathBuf| path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let toml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml");
    let mut files: Vec<PathBuf> = entries.filter(|path| toml(path) && !hidden(path)).collect();
    files.sort();
    files.truncate(MOST_FILES);
    files
}

fn open(path: &Path, display: &str, root: &Path, sources: &mut Sources, faults: &mut Diagnostics) -> Option<SourceId> {
    if let Some((id, _)) = sources.iter().find(|(_, file)| file.path == display) {
        return Some(id);
    }
    let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if !real.starts_with(root.canonicalize().unwrap_or_else(|_| root.to_path_buf())) {
        let message = format!("the path `{display}` leads out of the project through a symbolic link");
        faults.push(Diagnostic::error(PATH_ESCAPES, message).in_file(display));
        return None;
    }
    match load(path, display, sources) {
        Ok(id) => Some(id),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}
