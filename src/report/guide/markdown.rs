//! A guide as Markdown again: what was understood of it, and nothing else. What its author wrote as HTML, as a picture or as
//! a link stands there as text.

use crate::report::guide::parse::{Block, Span, Style, parse};
use crate::report::page::{Page, code, text};
use crate::report::plain::plain;

/// A guide as lines of Markdown.
pub fn guide_markdown(markdown: &str) -> String {
    let mut page = Page(String::new());
    let mut in_list = false;
    for block in parse(markdown) {
        let item = matches!(block, Block::Item { .. });
        if !(page.0.is_empty() || item && in_list) {
            page.gap();
        }
        in_list = item;
        match &block {
            Block::Heading(spans) => page.line(&format!("**{}**", words(spans, true))),
            Block::Paragraph(spans) => page.line(&words(spans, false)),
            Block::Item { marker, indent, text } => {
                let (marker, task) = match marker.strip_prefix('[') {
                    Some(_) => ("-", format!("{marker} ")),
                    None => (marker.as_str(), String::new()),
                };
                page.line(&format!("{}{marker} {task}{}", " ".repeat(*indent), words(text, false)));
            }
            Block::Quote(spans) => page.line(&format!("> {}", words(spans, false))),
            Block::Code(lines) => page.fence(&lines.iter().map(|line| plain(line)).collect::<Vec<_>>()),
            Block::Gap => {}
        }
    }
    page.0
}

/// Words between stars must not begin or end with a space, or the stars are shown.
fn words(spans: &[Span], all_strong: bool) -> String {
    let mut out = String::new();
    for span in spans {
        let words = match span.style {
            Style::Plain => text(&span.text),
            Style::Code | Style::Url => code(&span.text),
        };
        if span.strong && !all_strong && words.trim() == words {
            out.extend(["**", &words, "**"]);
        } else {
            out.push_str(&words);
        }
    }
    out
}
