//! The text of an artifact, as much of it as a report shows: its beginning and its end. Renderers are pure, so whoever calls
//! them brings the texts along; a whole artifact is never held.

use std::fmt;

use crate::report::plain::raw_output_lines;

/// How much of an artifact is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ExcerptLimit {
    /// The most lines, beginning and end together.
    pub lines: usize,
    /// The most bytes, beginning and end together.
    pub bytes: usize,
}

impl ExcerptLimit {
    /// For a step that did not pass: here somebody looks for the reason.
    pub const LONG: Self = Self { lines: 200, bytes: 64 * 1024 };
    /// For a step that passed.
    pub const SHORT: Self = Self { lines: 60, bytes: 16 * 1024 };

    /// How many of the bytes are the beginning's; the end, where errors stand, has the others.
    pub fn head_bytes(self) -> usize {
        self.bytes / 2
    }
}

/// What stands between the beginning and the end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LeftOut {
    /// Nothing: it is all there.
    Nothing,
    /// So many whole lines.
    Lines(usize),
    /// So many bytes of a file that was not read to count its lines.
    Bytes(u64),
}

/// A part of an artifact's text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Excerpt {
    /// The first lines, as they are: whoever shows them escapes them.
    pub head: Vec<String>,
    /// What was left out after them.
    pub left_out: LeftOut,
    /// The last lines.
    pub tail: Vec<String>,
    /// It is no text.
    pub binary: bool,
    /// It begins as a page does, so a browser that opens it might run what is in it.
    pub like_a_page: bool,
    /// All of it was read, and its bytes are not those of its digest.
    pub altered: bool,
}

/// Where the texts come from.
pub trait ArtifactText {
    /// A part of the artifact's text; none when the file is not there or cannot be read.
    fn excerpt(&self, digest: &str, limit: ExcerptLimit) -> Option<Excerpt>;
}

/// No texts: a report of the events alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTexts;

impl ArtifactText for NoTexts {
    fn excerpt(&self, _: &str, _: ExcerptLimit) -> Option<Excerpt> {
        None
    }
}

impl Excerpt {
    /// Of an artifact that was read as a whole.
    pub fn of_whole(bytes: &[u8], limit: ExcerptLimit) -> Self {
        let mut excerpt = Self::blank(bytes);
        if excerpt.binary {
            return excerpt;
        }
        let (begin, end) = seams(bytes, bytes, limit);
        if bytes.len() <= limit.bytes && breaks(bytes).count() <= limit.lines || begin >= end {
            excerpt.head = lines_of(bytes);
            return excerpt;
        }
        // Both seams stand behind a line's end, if there is one: what is between them are whole lines.
        excerpt.left_out = match breaks(&bytes[begin..end]).count() {
            0 => LeftOut::Bytes((end - begin) as u64),
            lines => LeftOut::Lines(lines),
        };
        excerpt.head = lines_of(&bytes[..begin]);
        excerpt.tail = lines_of(&bytes[end..]);
        excerpt
    }

    /// Of one of which only the beginning and the end were read, with so many bytes between them.
    pub fn of_ends(head: &[u8], between: u64, tail: &[u8], limit: ExcerptLimit) -> Self {
        let mut excerpt = Self::blank(head);
        if excerpt.binary {
            return excerpt;
        }
        let (begin, end) = seams(head, tail, limit);
        excerpt.left_out = LeftOut::Bytes(between + (head.len() - begin + end) as u64);
        excerpt.head = lines_of(&head[..begin]);
        excerpt.tail = lines_of(&tail[end..]);
        excerpt
    }

    fn blank(head: &[u8]) -> Self {
        let start = head.iter().position(|byte| !byte.is_ascii_whitespace() && !b"\0\xef\xbb\xbf".contains(byte));
        Self {
            head: Vec::new(),
            left_out: LeftOut::Nothing,
            tail: Vec::new(),
            binary: head.contains(&0),
            like_a_page: start.is_some_and(|at| head[at] == b'<'),
            altered: false,
        }
    }
}

/// Where the beginning ends and the end begins: behind a line's end, within half of the limit each.
fn seams(head: &[u8], tail: &[u8], limit: ExcerptLimit) -> (usize, usize) {
    let room = limit.lines / 2;
    let from_head = head.len().min(limit.head_bytes());
    let begin = breaks(&head[..from_head]).take(limit.lines - room).last().unwrap_or(from_head);
    let from_tail = tail.len().saturating_sub(limit.bytes - limit.head_bytes());
    let ends: Vec<usize> = breaks(&tail[from_tail..]).filter(|at| from_tail + at < tail.len()).collect();
    let end = ends[ends.len().saturating_sub(room)..].first().map_or(from_tail, |at| from_tail + at);
    (begin, end)
}

/// Where each line ends: behind `\n`, `\r\n`, or a `\r` alone, with which progress bars write over themselves.
fn breaks(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let ends =
        |at: usize| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1).is_some_and(|next| *next != b'\n'));
    (0..bytes.len()).filter(move |at| ends(*at)).map(|at| at + 1)
}

fn lines_of(bytes: &[u8]) -> Vec<String> {
    raw_output_lines(&String::from_utf8_lossy(bytes))
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Lines(1) => f.write_str("1 line left out here; the file has it"),
            Self::Lines(lines) => write!(f, "{} lines left out here; the file has them", grouped(*lines as u64)),
            Self::Bytes(bytes) => write!(f, "{} bytes left out here; the file has them", grouped(*bytes)),
        }
    }
}

/// A number with its thousands apart: `9,934,464`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, ExcerptLimit, LeftOut, grouped};

    fn numbered(lines: usize) -> String {
        (1..=lines).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n") + "\n"
    }

    #[test]
    fn a_short_text_is_all_there() {
        let excerpt = Excerpt::of_whole(b"\x1b[32mone\x1b[0m\r\n\ntwo", ExcerptLimit::LONG);
        assert_eq!(
            (excerpt.head, excerpt.left_out),
            (vec!["one".into(), String::new(), "two".into()], LeftOut::Nothing)
        );
    }

    #[test]
    fn what_is_left_out_is_counted() {
        for lines in [201, 500, 30_000] {
            let excerpt = Excerpt::of_whole(numbered(lines).as_bytes(), ExcerptLimit::LONG);
            let LeftOut::Lines(gone) = excerpt.left_out else { panic!("{:?}", excerpt.left_out) };
            assert_eq!(excerpt.head.len() + excerpt.tail.len() + gone, lines);
            assert_eq!(excerpt.head[0], "line 1");
            assert_eq!(excerpt.tail.last().unwrap(), &format!("line {lines}"));
            assert!(excerpt.head.len() + excerpt.tail.len() <= 200);
        }
    }

    #[test]
    fn of_a_long_file_the_bytes_are_counted() {
        let text = numbered(30_000);
        let (bytes, limit) = (text.as_bytes(), ExcerptLimit::SHORT);
        let half = limit.head_bytes();
        let between = (bytes.len() - 2 * half) as u64;
        let excerpt = Excerpt::of_ends(&bytes[..half], between, &bytes[bytes.len() - half..], limit);
        assert!(matches!(excerpt.left_out, LeftOut::Bytes(gone) if gone >= between), "{:?}", excerpt.left_out);
        assert_eq!((excerpt.head.len(), excerpt.tail.len()), (30, 30));
        assert_eq!(excerpt.tail.last().unwrap(), "line 30000");
    }

    #[test]
    fn pages_and_bytes_are_known() {
        assert!(Excerpt::of_whole(b"\xef\xbb\xbf \n<!doctype html>", ExcerptLimit::LONG).like_a_page);
        assert!(!Excerpt::of_whole(b"a < b", ExcerptLimit::LONG).like_a_page);
        assert!(Excerpt::of_whole(b"\x7fELF\0\0", ExcerptLimit::LONG).binary);
        assert_eq!([grouped(999), grouped(1000), grouped(9_934_464)], ["999", "1,000", "9,934,464"]);
    }
}
