//! What is wrong with a file.

use super::{Sources, Span};

/// The stable name of a fault, `RB0xx`; `checkride explain` tells more.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Whether the file can be used.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but something about it smells.
    Warning,
}

impl Severity {
    /// The word that is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One fault of a file: the author's to mend.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Which fault.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// The fault in one line, a lower-case fragment.
    pub message: String,
    /// Where, when there is a text to point at.
    pub span: Option<Span>,
    /// What stands under the caret. May be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What else is good to know.
    pub note: Option<String>,
    /// Other places that belong to it, each with what is there.
    pub related: Vec<(Span, String)>,
    /// The file, for a fault that has no text (a file that is missing).
    pub path: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            span: None,
            label: String::new(),
            help: None,
            note: None,
            related: Vec::new(),
            path: None,
        }
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Where it is, and what stands under the caret.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.span = Some(span);
        self.label = label.into();
        self
    }

    /// The file that it is about, when there is no text to point at.
    #[must_use]
    pub fn in_file(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What to do about it, if there is something.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// What else is good to know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Another place that belongs to it.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}

/// The most faults that are kept: nobody reads more, and a file of 1 MiB can have half a million.
const KEPT: usize = 1000;

/// All faults found so far. Of more than a thousand, those found later are counted, not kept.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    left_out: usize,
    error_left_out: bool,
}

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.len() < KEPT {
            self.list.push(diagnostic);
        } else {
            self.left_out += 1;
            self.error_left_out |= diagnostic.severity == Severity::Error;
        }
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.error_left_out || self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// How many were found beyond those that are kept.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Takes over those of another.
    pub fn extend(&mut self, others: Diagnostics) {
        self.left_out += others.left_out;
        self.error_left_out |= others.error_left_out;
        for diagnostic in others.list {
            self.push(diagnostic);
        }
    }

    /// Puts them in the order of the text: file by file in the order of reading, those with no text first.
    pub fn sort(&mut self, sources: &Sources) {
        debug_assert!(
            self.list
                .iter()
                .filter_map(|d| d.span)
                .all(|span| span.end as usize <= sources.get(span.source).text.len())
        );
        self.list.sort_by(|a, b| {
            let place = |d: &Diagnostic| d.span.map(|span| (span.source, span.start, span.end));
            (place(a), a.severity, a.code, &a.message).cmp(&(place(b), b.severity, b.code, &b.message))
        });
        self.list.dedup_by(|a, b| a.code == b.code && a.span == b.span && a.message == b.message && a.path == b.path);
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { list: vec![diagnostic], ..Self::default() }
    }
}
