//! Diagnostics for a person. The only importer of the snippet renderer.

use std::fmt::Write;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Severity, Sources, Span, is_hostile};

/// The width that long lines are cut to: the text is the same on every terminal.
const WIDTH: usize = 120;

/// Related places further away than this many bytes get a snippet of their own.
const NEAR: u32 = 2_000;

/// Diagnostics in the form that compilers use, each followed by an empty line, with a count at the end.
pub fn render(diagnostics: &Diagnostics, sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&one(diagnostic, sources, &renderer));
        out.push_str("\n\n");
    }
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => {}
        (errors, 0) => out.push_str(&plural(errors, "error")),
        (0, warnings) => out.push_str(&plural(warnings, "warning")),
        (errors, warnings) => {
            let _ = write!(out, "{}, {}", plural(errors, "error"), plural(warnings, "warning"));
        }
    }
    if diagnostics.left_out() > 0 {
        let _ = write!(out, ", and {} more that are not shown", diagnostics.left_out());
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn one(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(escape(&diagnostic.message)).id(diagnostic.code.0);
    let mut group = Group::with_title(title);
    let mut far = Vec::new();
    if let Some(span) = diagnostic.span {
        let primary = mark(AnnotationKind::Primary, span, &diagnostic.label);
        let mut marks = vec![primary];
        for (other, label) in &diagnostic.related {
            if other.source == span.source && other.start.abs_diff(span.start) < NEAR {
                marks.push(mark(AnnotationKind::Context, *other, label));
            } else {
                far.push(mark(AnnotationKind::Primary, *other, label));
            }
        }
        group = add_snippet(group, &marks, sources);
    } else if let Some(path) = &diagnostic.path {
        if !diagnostic.message.contains(path.as_str()) {
            group = group.element(Origin::path(escape(path)));
        }
        far.extend(diagnostic.related.iter().map(|(span, label)| mark(AnnotationKind::Primary, *span, label)));
    }
    for mark in far {
        group = add_snippet(group, &[mark], sources);
    }
    if let Some(note) = &diagnostic.note {
        group = group.element(Level::NOTE.message(escape(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(escape(help)));
    }
    let text = renderer.render(&[group]);
    // A cut line has its origin beside it; the renderer then begins the snippet with an empty `:::`.
    let empty_origin = |line: &&str| console::strip_ansi_codes(line).trim() == ":::";
    if text.contains(":::") {
        return text.lines().filter(|line| !empty_origin(line)).collect::<Vec<_>>().join("\n");
    }
    text
}

/// A place to be marked, with what stands under it.
struct Mark {
    kind: AnnotationKind,
    span: Span,
    label: String,
}

fn mark(kind: AnnotationKind, span: Span, label: &str) -> Mark {
    Mark { kind, span, label: escape(label) }
}

/// Lines longer than this are cut to what is around the marks before they are rendered.
const LONG_LINE: usize = 2_000;

/// Adds the lines that the marks are in, and nothing else of the file: a file of 1 MiB may have a thousand faults.
fn add_snippet<'a>(group: Group<'a>, marks: &[Mark], sources: &Sources) -> Group<'a> {
    let file = sources.get(marks[0].span.source);
    let first = marks.iter().map(|mark| mark.span.start).min().unwrap_or_default();
    let last = marks.iter().map(|mark| last_shown(mark.span, &file.text)).max().unwrap_or_default();
    let mut from = file.line_range(first).start;
    let mut to = file.line_range(last).end.max(from);
    let (line, column) = file.line_col(first);
    let long = to - from > LONG_LINE && !file.text[from..to].contains('\n');
    if long {
        from = boundary(&file.text, (first as usize).saturating_sub(LONG_LINE / 2).max(from));
        to = boundary(&file.text, (last as usize + LONG_LINE / 2).min(to));
    }
    let (text, moved) = visible(&file.text[from..to]);
    let annotations = marks.iter().map(|mark| {
        let place = |offset: u32| moved[(offset as usize).clamp(from, to) - from];
        let start = place(mark.span.start);
        let end = place(mark.span.end).max(start);
        let label = if mark.label.is_empty() { None } else { Some(mark.label.clone()) };
        mark.kind.span(start..end).label(label)
    });
    let snippet = Snippet::source(text).line_start(line as usize).annotations(annotations).fold(true);
    let path = escape(&file.path);
    if long {
        // The renderer counts columns in the text that it is given, which is not the whole line.
        let origin = Origin::path(path).line(line as usize).char_column(column as usize);
        group.element(origin).element(snippet)
    } else {
        group.element(snippet.path(path))
    }
}

fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or_default()
}

/// The last byte that is worth showing: a fault that goes over many lines is shown by its first.
fn last_shown(span: Span, text: &str) -> u32 {
    let body = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    match body.find('\n') {
        Some(first) if body.lines().count() > 6 => span.start + u32::try_from(first).unwrap_or(u32::MAX),
        _ => span.end.max(span.start + 1) - 1,
    }
}

/// Text of a file as it may be printed, and for each byte of it (and the end) its place in what is printed.
fn visible(text: &str) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(text.len());
    let mut moved = Vec::with_capacity(text.len() + 1);
    for c in text.chars() {
        moved.extend(std::iter::repeat_n(out.len(), c.len_utf8()));
        push_visible(&mut out, c, c == '\n' || c == '\t');
    }
    moved.push(out.len());
    (out, moved)
}

/// Text with every control character written out (`\u{1b}`), so that it can be printed on one line: no escape sequence of
/// a terminal and no change of direction comes through.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push_visible(&mut out, c, false);
    }
    out
}

fn push_visible(out: &mut String, c: char, keep: bool) {
    if keep || !is_hostile(c) {
        out.push(c);
    } else {
        let _ = write!(out, "{}", c.escape_unicode());
    }
}

#[cfg(test)]
mod tests {
    use super::{escape, render};
    use crate::source::{Diagnostic, Diagnostics, INVALID_VALUE, SYNTAX, Sources, Span};

    #[test]
    fn one_fault_reads_like_a_compilers() {
        let mut sources = Sources::new();
        let id = sources.add("a.toml".into(), "format = 1\ntitel = \"x\"\n".into());
        let fault = Diagnostic::error(INVALID_VALUE, "no key `titel`")
            .at(Span::new(id, 11, 16), "unknown key")
            .help("did you mean `title`?");
        let text = render(&Diagnostics::from(fault), &sources, false);
        let expected = "\
error[RB015]: no key `titel`
 --> a.toml:2:1
  |
2 | titel = \"x\"
  | ^^^^^ unknown key
  |
  = help: did you mean `title`?

1 error
";
        assert_eq!(text, expected);
    }

    #[test]
    fn nothing_of_the_file_reaches_the_terminal_raw() {
        let mut sources = Sources::new();
        let id = sources.add("a\u{1b}[2J.toml".into(), "x = \u{1b}]0;evil\u{7}\u{202e} # \r y\n".into());
        let fault = Diagnostic::error(SYNTAX, "bad \u{1b}[31m").at(Span::new(id, 4, 5), "\u{9b}31m").help("\u{2066}");
        let text = render(&Diagnostics::from(fault), &sources, false);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}') && !text.contains('\u{2066}'), "{text:?}");
        assert!(text.contains("\\u{1b}]0;evil"), "{text}");
    }

    #[test]
    fn a_very_long_line_is_cut_and_keeps_its_column() {
        let mut sources = Sources::new();
        let id = sources.add("a.toml".into(), format!("x = \"{}é!\"\n", "a".repeat(900_000)));
        let fault = Diagnostic::error(SYNTAX, "bad").at(Span::new(id, 900_007, 900_008), "here");
        let text = render(&Diagnostics::from(fault), &sources, false);
        assert!(text.contains("a.toml:1:900007"), "{text}");
        assert!(text.contains("^ here") && !text.contains(":::") && text.len() < 1000, "{text}");
    }

    #[test]
    fn a_thousand_faults_are_kept_and_the_rest_counted() {
        let mut faults = Diagnostics::new();
        for number in 0..1500 {
            faults.push(Diagnostic::error(SYNTAX, format!("fault {number}")));
        }
        assert_eq!((faults.len(), faults.left_out()), (1000, 500));
        assert!(render(&faults, &Sources::new(), false).ends_with("1000 errors, and 500 more that are not shown\n"));
    }

    #[test]
    fn escapes_keep_ordinary_text() {
        assert_eq!(escape("tür \u{1f6a6} ok"), "tür \u{1f6a6} ok");
        assert_eq!(escape("a\nb"), "a\\u{a}b");
    }
}
