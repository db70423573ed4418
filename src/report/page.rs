//! A page of Markdown that is being written, and what makes text from outside harmless in it.

use serde_json::Value;

use crate::event::{Attachment, GitState};
use crate::report::failure::value_text;
use crate::report::plain::{plain, plain_lines};
use crate::report::view::ChangeView;

/// The text so far.
pub(super) struct Page(pub(super) String);

impl Page {
    pub(super) fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// An empty line, unless there is one.
    pub(super) fn gap(&mut self) {
        if !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    pub(super) fn heading(&mut self, level: usize, title: &str) {
        self.gap();
        self.line(&format!("{} {title}", "#".repeat(level)));
        self.gap();
    }

    pub(super) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        self.line(&format!("| {} |", head.join(" | ")));
        self.line(&format!("|{}", " --- |".repeat(head.len())));
        for row in rows {
            self.line(&format!("| {} |", row.join(" | ")));
        }
    }

    pub(super) fn fence(&mut self, lines: &[String]) {
        let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
        let fence = "`".repeat((longest + 1).max(3));
        self.line(&format!("{fence}text"));
        for line in lines {
            self.line(line);
        }
        self.line(&fence);
    }
}

/// What a look showed, and why it decides nothing.
pub(super) fn sight(change: &ChangeView) -> String {
    let value = |(path, value): &(String, Value)| format!("{} = {}", code(path), code(&value_text(value)));
    let mut parts: Vec<String> = change.values.iter().map(value).collect();
    parts.extend(change.trouble.as_deref().map(text));
    parts.join(", ")
}

/// Lines as a block of code, which none of them can end.
pub fn fenced(lines: &[String]) -> String {
    let mut page = Page(String::new());
    page.fence(&lines.iter().flat_map(|line| plain_lines(line)).collect::<Vec<_>>());
    page.0
}

fn longest_run(line: &str) -> usize {
    line.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text from outside, as text: no mark of Markdown, no HTML, no link, no mention, one line.
pub fn text(from_outside: &str) -> String {
    let mut out = String::new();
    for c in plain(from_outside).chars() {
        match c {
            // Braces hold attributes, where a renderer knows them: of a heading, they would not be shown.
            '\\' | '`' | '*' | '_' | '[' | ']' | '{' | '}' | '#' | '|' | '~' | '^' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            c => out.push(c),
        }
    }
    // These become links without any mark. (A name that is no link is not harmed by the entity.)
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A name, an id, a path, as code; or as text where code cannot hold it.
pub fn code(from_outside: &str) -> String {
    let harmless = plain(from_outside);
    if harmless.is_empty() || harmless.contains(['`', '|']) || harmless.trim() != harmless {
        text(from_outside)
    } else {
        format!("`{harmless}`")
    }
}

pub(super) fn maybe_code(from_outside: Option<&str>) -> String {
    from_outside.map(code).unwrap_or_default()
}

/// The commit, with where the project stands in it and whether it was changed.
pub(super) fn git_code(git: &GitState) -> String {
    let GitState { commit, dirty, folder } = git;
    let folder = folder.as_ref().map(|folder| format!(", folder {}", code(folder))).unwrap_or_default();
    format!("{}{folder}{}", code(commit), if *dirty { ", with changes on top of it" } else { "" })
}

pub(super) fn value_code(value: &Value) -> String {
    match value {
        Value::String(it) => code(&value_text_of(it)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            code(&value_text(value))
        }
    }
}

/// A string without its quotes, cut as any value.
fn value_text_of(it: &str) -> String {
    let quoted = value_text(&Value::String(it.to_owned()));
    if quoted.len() == it.len() + 2 { it.to_owned() } else { quoted }
}

/// What is attached, in words.
pub(super) fn attachment_words(attachment: &Attachment) -> String {
    match attachment {
        Attachment::Note { text: note } => format!("note: {}", text(note)),
        Attachment::Url { url } => format!("link: {}", code(url)),
        Attachment::File { path, artifact } => {
            let digest = artifact.as_ref().map(|it| format!(", {}, {} bytes", code(&it.digest), it.bytes));
            format!("file: {}{}", code(path), digest.unwrap_or_default())
        }
    }
}
