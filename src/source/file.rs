//! The files that were read, and places in them.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::literal;

/// A file in a [`Sources`].
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SourceId(pub u32);

/// A range of bytes in a file. The default is the empty range at the start of the first file.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// The first byte, counted from the start of the file.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of a file.
    ///
    /// # Panics
    ///
    /// When an offset does not fit 32 bits: a file is at most [`FILE_LIMIT`](super::FILE_LIMIT) bytes long.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let fit = |offset| u32::try_from(offset).expect("a file is at most 1 MiB long");
        Self { source, start: fit(start), end: fit(end) }
    }
}

/// A value, and where it was written. Two are equal when their values are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was written, with its quotes if it has any.
    pub span: Span,
}

impl<T> Located<T> {
    /// A value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), span: self.span }
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}

impl<T: Hash> Hash for Located<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

/// A place in a file as it is written down: in events, in the journal, in messages.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SourceRef {
    /// The file as it was named on the way in.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl std::fmt::Display for SourceRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// One file: its name and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The file as it is named in messages.
    pub path: String,
    /// The whole text.
    pub text: Arc<str>,
    /// The offset of the first byte of each line.
    lines: Vec<u32>,
}

impl SourceFile {
    fn new(path: String, text: String) -> Self {
        let mut lines = vec![0];
        lines.extend(text.bytes().zip(1_u32..).filter(|&(byte, _)| byte == b'\n').map(|(_, next)| next));
        Self { path, text: text.into(), lines }
    }

    /// The line and the column of a byte, both from 1, the column in characters. An offset past the end is the end.
    pub fn line_col(&self, offset: u32) -> (u32, u32) {
        let offset = floor_char_boundary(&self.text, offset as usize);
        let index = self.line_index(offset);
        let start = self.lines[index] as usize;
        let column = self.text[start..offset].chars().count() + 1;
        let fit = |n| u32::try_from(n).unwrap_or(u32::MAX);
        (fit(index + 1), fit(column))
    }

    /// The line of a byte, from 0.
    pub(super) fn line_number(&self, offset: u32) -> usize {
        self.line_index(offset as usize)
    }

    /// The bytes of the line that holds `offset`, without its end of line.
    pub fn line_range(&self, offset: u32) -> std::ops::Range<usize> {
        let offset = (offset as usize).min(self.text.len());
        let index = self.line_index(offset);
        let start = self.lines[index] as usize;
        let end = self.lines.get(index + 1).map_or(self.text.len(), |next| *next as usize);
        let line = self.text[start..end].trim_end_matches(['\n', '\r']);
        start..start + line.len()
    }

    fn line_index(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start as usize <= offset).saturating_sub(1)
    }
}

/// Every file that was read, in the order of reading.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a file under the name that messages use for it.
    pub fn add(&mut self, path_for_display: String, text: String) -> SourceId {
        let id = u32::try_from(self.files.len()).expect("fewer than four billion files");
        self.files.push(SourceFile::new(path_for_display, text));
        SourceId(id)
    }

    /// A file.
    ///
    /// # Panics
    ///
    /// When the id comes from another `Sources`.
    pub fn get(&self, id: SourceId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Every file with its id.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &SourceFile)> {
        (0_u32..).map(SourceId).zip(&self.files)
    }

    /// The place of the first byte of a span.
    pub fn locate(&self, span: Span) -> SourceRef {
        let file = self.get(span.source);
        let (line, column) = file.line_col(span.start);
        SourceRef { path: file.path.clone(), line, column }
    }

    /// The line in which a span begins; of one that is longer than 4 KiB, its beginning.
    pub fn line_text(&self, span: Span) -> String {
        let file = self.get(span.source);
        let line = &file.text[file.line_range(span.start)];
        line[..floor_char_boundary(line, 4096)].to_owned()
    }

    /// The bytes of a span.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The place of the bytes `start..end` of a TOML string's *value*, given the span of the literal with its quotes:
    /// escapes and the line break after an opening `"""` are seen through.
    pub fn within(&self, literal: Span, start: usize, end: usize) -> Span {
        let raw = self.text(literal);
        let (from, to) = literal::raw_range(raw, start, end);
        let base = literal.start as usize;
        Span::new(literal.source, base + from, base + to)
    }
}

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::{Located, SourceFile, Sources, Span};

    #[test]
    fn columns_are_characters_and_lines_start_at_one() {
        let file = SourceFile::new("x".into(), "aé\n\nb".into());
        assert_eq!(file.line_col(0), (1, 1));
        assert_eq!(file.line_col(1), (1, 2));
        assert_eq!(file.line_col(2), (1, 2), "the middle of a character is its start");
        assert_eq!(file.line_col(3), (1, 3), "the line break belongs to its line");
        assert_eq!(file.line_col(4), (2, 1));
        assert_eq!(file.line_col(5), (3, 1));
        assert_eq!(file.line_col(99), (3, 2));
    }

    #[test]
    fn a_line_has_no_line_break() {
        let mut sources = Sources::new();
        let id = sources.add("x".into(), "one\r\ntwo\nthree".into());
        assert_eq!(sources.line_text(Span::new(id, 1, 2)), "one");
        assert_eq!(sources.line_text(Span::new(id, 6, 7)), "two");
        assert_eq!(sources.line_text(Span::new(id, 14, 14)), "three");
    }

    #[test]
    fn located_values_compare_by_value() {
        let mut sources = Sources::new();
        let id = sources.add("x".into(), "aa".into());
        assert_eq!(Located::new(1, Span::new(id, 0, 1)), Located::new(1, Span::new(id, 1, 2)));
    }
}
