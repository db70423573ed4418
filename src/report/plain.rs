//! Text from outside, made harmless for a screen or a page.
//!
//! A title, a note, a program's output, a status reason of AWS: each may hold bytes that move a cursor, hide a line, or
//! turn the reading order around (kubectl CVE-2021-25743, git CVE-2024-52005, "Trojan source"). They are shown as escapes,
//! never sent. Nothing is dropped but colour sequences in [`output_lines`]; the artifact keeps every byte.

use std::fmt::Write as _;

use crate::source::is_hostile;

/// The most characters of one line that are kept for a screen; a "line" of megabytes is cut here, and says so.
const LINE_MAX: usize = 4096;

/// One line: every hostile character as an escape (`\x1b`, `\u{202e}`), a line end as `\n`, a tab as a space.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        if at == LINE_MAX {
            out.push_str(" [cut]");
            break;
        }
        push(&mut out, c);
    }
    out
}

/// Lines: as [`plain`], but line ends (`\n`, `\r\n`) divide, and a tab is four spaces.
pub fn plain_lines(text: &str) -> Vec<String> {
    text.lines().map(|line| plain(&line.replace('\t', "    "))).collect()
}

/// A program's output for a screen. Colour sequences go, because every build tool writes them and they say nothing that
/// the words do not; a carriage return divides, because that is how progress bars write over themselves; all else is
/// escaped.
pub fn output_lines(text: &str) -> Vec<String> {
    let text = without_colour(text);
    text.split(['\n', '\r']).filter(|line| !line.trim().is_empty()).flat_map(plain_lines).collect()
}

/// A program's output as lines that are not escaped yet, for renderers that do so themselves: colour is gone, tabs are
/// spaces, a carriage return divides, a line of megabytes is cut and says so.
pub(super) fn raw_output_lines(text: &str) -> Vec<String> {
    let text = without_colour(text);
    let mut lines = Vec::new();
    for line in text.lines() {
        let before = lines.len();
        for part in line.split('\r').filter(|part| !part.is_empty()) {
            let part = part.replace('\t', "    ");
            lines.push(match part.char_indices().nth(LINE_MAX) {
                Some((at, _)) => format!("{} [cut]", &part[..at]),
                None => part,
            });
        }
        if lines.len() == before {
            lines.push(String::new());
        }
    }
    lines
}

/// A hostile character as the page shows it.
pub(super) fn escaped(c: char) -> String {
    let mut out = String::new();
    push(&mut out, c);
    out
}

/// JSON in which no character acts on a screen. JSON has none of them outside its strings but the line ends between its
/// parts, so each can become an escape without a change of meaning.
pub fn harmless_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hostile(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("writing to a string does not fail");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The same text in ASCII, for a terminal that does not read UTF-8: there, the second byte of a letter may be a control.
pub(super) fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2018}' | '\u{2019}' => out.push('\''),
            '\u{201c}' | '\u{201d}' => out.push('"'),
            '\u{2010}'..='\u{2015}' => out.push('-'),
            '\u{2026}' => out.push_str("..."),
            '\u{a0}' => out.push(' '),
            c if c.is_ascii() => out.push(c),
            c => escape(&mut out, c),
        }
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push(' '),
        c if is_hostile(c) => escape(out, c),
        c => out.push(c),
    }
}

fn escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let written = if code < 0x80 { write!(out, "\\x{code:02x}") } else { write!(out, "\\u{{{code:x}}}") };
    written.expect("writing to a string does not fail");
}

/// Takes `ESC [ digits ; m` out, and only that.
fn without_colour(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let body = &rest[at + 2..];
        let end = body.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':')).unwrap_or(body.len());
        out.push_str(&rest[..at]);
        if body[end..].starts_with('m') {
            rest = &body[end + 1..];
        } else {
            out.push_str("\u{1b}[");
            rest = body;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::{ascii, output_lines, plain, plain_lines};
    use crate::source::is_hostile;

    #[test]
    fn hostile_text_is_shown_and_not_sent() {
        assert_eq!(plain("a\u{1b}[2Jb\rc\u{7f}\u{9b}31m"), "a\\x1b[2Jb\\rc\\x7f\\u{9b}31m");
        assert_eq!(plain("user\u{202e}txt.exe\u{2066}"), "user\\u{202e}txt.exe\\u{2066}");
        assert_eq!(plain("two\nlines\tand a tab"), "two\\nlines and a tab");
        assert_eq!(plain("Zürich ✓ 東京 नमस्ते"), "Zürich ✓ 東京 नमस्ते");
        assert_eq!(plain_lines("a\r\nb\tc\n"), ["a", "b    c"]);
    }

    #[test]
    fn output_loses_colour_and_nothing_else() {
        assert_eq!(output_lines("\u{1b}[1;32mok\u{1b}[0m 10%\r20%\r\n"), ["ok 10%", "20%"]);
        assert_eq!(output_lines("\u{1b}]0;title\u{7}x"), ["\\x1b]0;title\\x07x"]);
        assert_eq!(output_lines("\u{1b}[3"), ["\\x1b[3"]);
    }

    #[test]
    fn a_line_of_megabytes_is_cut_and_says_so() {
        let cut = plain(&"x".repeat(5_000_000));
        assert!(cut.len() < 5000 && cut.ends_with(" [cut]"));
    }

    #[test]
    fn ascii_is_ascii() {
        assert_eq!(ascii("“Zürich” – …"), "\"Z\\u{fc}rich\" - ...");
    }

    proptest! {
        #[test]
        fn nothing_hostile_comes_through(text in prop::collection::vec(any::<char>(), 0..200)) {
            let text: String = text.into_iter().collect();
            assert!(!plain(&text).contains(is_hostile));
            for line in plain_lines(&text).iter().chain(&output_lines(&text)) {
                assert!(!line.contains(is_hostile), "{line:?}");
            }
            assert!(ascii(&plain(&text)).is_ascii());
        }
    }
}
