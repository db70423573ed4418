//! From text to a tree. The only importer of `toml`.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::{Entry, Node, NodeValue, Tree};
use crate::source::{DUPLICATE_KEY, Diagnostic, Diagnostics, Located, SYNTAX, SourceId, Sources, Span};

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file.
    pub source: SourceId,
    /// Its top table.
    pub root: Tree,
}

impl Document {
    /// Parses a file.
    ///
    /// # Errors
    ///
    /// The syntax errors, one for each line, and nothing else: after one, the rest may not mean what it seems to mean.
    pub fn parse(source: SourceId, sources: &Sources) -> Result<Self, Diagnostics> {
        let text = &sources.get(source).text;
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self { source, root: tree(source, table.into_inner()) });
        }
        let mut lines = BTreeSet::new();
        let mut faults = Diagnostics::new();
        let mut errors: Vec<(Range<usize>, Error)> =
            errors.into_iter().map(|error| (place(text, error.span()), error)).collect();
        errors.sort_by_key(|(range, _)| (range.start, range.end));
        for (range, error) in errors {
            let span = Span::new(source, range.start, range.end);
            if lines.insert(sources.get(source).line_number(span.start)) {
                faults.push(fault(error.message(), span, sources));
            }
        }
        Err(faults)
    }
}

/// Reads a TOML text as JSON: for a `file` step, or a file of answers. `display` is its name in messages.
///
/// # Errors
///
/// The first syntax error.
pub fn to_json(text: &str, display: &str) -> Result<serde_json::Value, Diagnostic> {
    let mut sources = Sources::new();
    let id = sources.add(display.to_owned(), text.to_owned());
    match Document::parse(id, &sources) {
        Ok(document) => Ok(document.root.to_json()),
        Err(faults) => {
            let mut fault = faults.iter().next().expect("a failed parse has a fault").clone();
            let place = fault.span.take().map(|span| sources.locate(span));
            // The text is not in the caller's sources: the place goes into the message.
            fault.path = Some(place.map_or_else(|| display.to_owned(), |place| place.to_string()));
            Err(fault)
        }
    }
}

fn place(text: &str, span: Option<Range<usize>>) -> Range<usize> {
    let range = span.unwrap_or(text.len()..text.len());
    let start = floor(text, range.start);
    start..floor(text, range.end).max(start)
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The parser's message in our words.
fn fault(message: &str, span: Span, sources: &Sources) -> Diagnostic {
    if message.starts_with("duplicate key") {
        let key = sources.text(span);
        return Diagnostic::error(DUPLICATE_KEY, format!("key `{}` stands twice in one table", key.trim()))
            .at(span, "again here")
            .help("remove one of the two, or give the second table a name of its own");
    }
    let (message, expected) = match message.split_once(", expected ") {
        Some((message, expected)) => (message, format!("expected {expected}")),
        None => (message, String::new()),
    };
    let help = if message.contains("string") && expected.contains(['"', '\'']) {
        Some(
            "close the string with the quotes that opened it; text over several lines stands between `\"\"\"`"
                .to_owned(),
        )
    } else if message.contains("extra") && message.contains("assignment") {
        Some("a string that holds quotes or `=` needs quotes of another sort around it".to_owned())
    } else {
        None
    };
    Diagnostic::error(SYNTAX, message.to_owned()).at(span, expected).maybe_help(help)
}

fn tree(source: SourceId, table: DeTable<'_>) -> Tree {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| {
            let at = Span::new(source, key.span().start, key.span().end);
            Entry { key: Located::new(key.into_inner().into_owned(), at), node: node(source, value) }
        })
        .collect();
    entries.sort_by_key(|entry| entry.key.span.start);
    Tree { entries }
}

fn node(source: SourceId, value: Spanned<DeValue<'_>>) -> Node {
    let range = value.span();
    let span = Span::new(source, range.start, range.end);
    let value = match value.into_inner() {
        DeValue::String(text) => NodeValue::Text(text.into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => NodeValue::Integer(number),
            Err(_) => NodeValue::Float(number.as_str().parse().unwrap_or(f64::INFINITY)),
        },
        DeValue::Float(number) => NodeValue::Float(number.as_str().parse().unwrap_or(f64::INFINITY)),
        DeValue::Boolean(truth) => NodeValue::Boolean(truth),
        DeValue::Datetime(moment) => NodeValue::Datetime(moment.to_string()),
        DeValue::Array(items) => NodeValue::List(items.into_iter().map(|item| node(source, item)).collect()),
        DeValue::Table(table) => NodeValue::Table(tree(source, table)),
    };
    Node { value, span }
}
