//! From a path to a runbook: files, includes, limits.

use std::path::{Path, PathBuf};

use super::bind::bind;
use super::outline::{Parsed, includes};
use super::read::read_runbook;
use super::undone::bind_undone;
use super::{INCLUDE_CIRCULAR, Runbook, TOO_MANY_STEPS};
use crate::source::reader::{Document, Reader};
use crate::source::{Diagnostic, Diagnostics, Located, PATH_ESCAPES, SourceId, Sources, Span, escapes_project, load};

/// How large a runbook may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The most steps, with those of includes.
    pub max_steps: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_steps: 1000 }
    }
}

/// The most files of one runbook: each is at most 1 MiB.
const MAX_FILES: usize = 64;

/// Reads a runbook with its includes.
///
/// All faults go to `diagnostics`. There is a runbook whenever every file is TOML and within the limits, so that its rules can be checked together
/// with the faults of its keys: it can be *run* only when `diagnostics` has no errors.
pub fn load_runbook(
    path: &Path,
    project_root: &Path,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
    limits: Limits,
) -> Option<Runbook> {
    let inside = path.starts_with(project_root);
    let root = if inside { project_root } else { path.parent().unwrap_or(Path::new(".")) };
    let mut loader = Loader { root, sources, diagnostics, files: Vec::new(), open: Vec::new(), whole: true };
    let relative = path.strip_prefix(root).unwrap_or(path).to_path_buf();
    let display = if inside { relative.display().to_string() } else { path.display().to_string() };
    let id = match load(path, &display, loader.sources) {
        Ok(id) => id,
        Err(fault) => {
            loader.diagnostics.push(fault);
            return None;
        }
    };
    loader.file(id, path, &relative, false);
    let Loader { files, whole, .. } = loader;
    if !whole {
        return None;
    }
    let reader = Reader::new(sources);
    let runbook = read_runbook(&files, &reader);
    diagnostics.extend(reader.into_diagnostics());
    let mut runbook = runbook?;
    bind(&mut runbook, project_root, sources, diagnostics);
    bind_undone(&mut runbook, diagnostics);
    if runbook.steps.len() > limits.max_steps {
        let first_over = &runbook.steps[limits.max_steps];
        diagnostics.push(
            Diagnostic::error(
                TOO_MANY_STEPS,
                format!("the runbook has {} steps; {} is the limit", runbook.steps.len(), limits.max_steps),
            )
            .at(first_over.span, "the first step over the limit")
            .help("split it into several runbooks, or raise the limit with `--max-steps`"),
        );
        return None;
    }
    Some(runbook)
}

struct Loader<'a> {
    root: &'a Path,
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
    files: Vec<Parsed>,
    /// The files that are being included, outermost first.
    open: Vec<(PathBuf, SourceId)>,
    whole: bool,
}

impl Loader<'_> {
    /// Parses a loaded file, those that it includes first.
    fn file(&mut self, id: SourceId, path: &Path, relative: &Path, included: bool) {
        let document = match Document::parse(id, self.sources) {
            Ok(document) => document,
            Err(faults) => {
                self.whole = false;
                self.diagnostics.extend(faults);
                return;
            }
        };
        self.open.push((canonical(path), id));
        let folder = relative.parent().unwrap_or(Path::new("")).to_path_buf();
        for include in includes(&document) {
            self.include(&include, &folder);
        }
        self.open.pop();
        self.files.push(Parsed { document, included });
    }

    fn include(&mut self, include: &Located<String>, folder: &Path) {
        let relative = folder.join(&include.value);
        let outside = escapes_project(&include.value)
            .filter(|_| Path::new(&include.value).is_absolute() || include.value.starts_with('~'))
            .or_else(|| escapes_project(&relative.to_string_lossy()));
        if let Some(why) = outside {
            self.fault(Diagnostic::error(PATH_ESCAPES, format!("the path `{}` {why}", include.value)), include.span);
            return;
        }
        let path = self.root.join(&relative);
        let real = canonical(&path);
        if path.exists() && !real.starts_with(canonical(self.root)) {
            let message = format!("the path `{}` leads out of the project through a symbolic link", include.value);
            self.fault(Diagnostic::error(PATH_ESCAPES, message), include.span);
            return;
        }
        if let Some(at) = self.open.iter().position(|(open, _)| *open == real) {
            let ring: Vec<&str> = self.open[at..].iter().map(|(_, id)| self.sources.get(*id).path.as_str()).collect();
            let ring = format!("{} → {}", ring.join(" → "), ring[0]);
            let message = format!("`{}` includes itself", include.value);
            self.fault(Diagnostic::error(INCLUDE_CIRCULAR, message).note(ring), include.span);
            return;
        }
        if self.files.len() + self.open.len() >= MAX_FILES {
            let message = format!("a runbook is made of at most {MAX_FILES} files");
            self.fault(Diagnostic::error(INCLUDE_CIRCULAR, message), include.span);
            return;
        }
        let display = clean(&relative);
        match load(&path, &display, self.sources) {
            Ok(id) => self.file(id, &path, &relative, true),
            Err(mut fault) => {
                fault.path = None;
                self.fault(fault, include.span);
            }
        }
    }

    fn fault(&mut self, fault: Diagnostic, span: Span) {
        self.diagnostics.push(fault.at(span, "included here"));
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// A path without `.` and `..`, for messages.
fn clean(path: &Path) -> String {
    let mut parts: Vec<std::ffi::OsString> = Vec::new();
    for component in path.components() {
        match component {
            std::path::Component::ParentDir => {
                parts.pop();
            }
            std::path::Component::CurDir => {}
            other => parts.push(other.as_os_str().to_owned()),
        }
    }
    parts.iter().collect::<PathBuf>().display().to_string()
}
