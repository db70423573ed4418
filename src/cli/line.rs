//! A line that is being typed or pasted, and what may be in it.

use crate::cli::keys::Paste;
use crate::source::is_hostile;

/// The longest line that can be typed, in characters.
const LINE_MAX: usize = 2000;

/// A line that is being typed.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) typed: String,
    /// How many characters that is.
    length: usize,
    /// More was typed than a line may hold.
    too_long: bool,
    /// Something was pasted that does not fit into one line of plain text, and must not be changed so that it does.
    unfit: bool,
}

/// What a key did to a line.
pub(super) enum Change {
    None,
    More,
    /// This went from its end.
    Less(String),
}

impl Line {
    /// Adds a character. One that acts on screens is not taken, however it was typed or pasted.
    pub(super) fn add(&mut self, c: char) -> Change {
        if is_hostile(c) {
            return Change::None;
        }
        if self.length == LINE_MAX {
            self.too_long = true;
            return Change::None;
        }
        self.typed.push(c);
        self.length += 1;
        Change::More
    }

    /// Adds what was pasted. Line ends become spaces in what shows; a secret is never changed.
    pub(super) fn paste(&mut self, paste: &Paste, shows: bool) -> Change {
        self.too_long |= paste.cut;
        let before = self.typed.len();
        for c in paste.text.replace("\r\n", "\n").chars() {
            let fits = !is_hostile(c) && c != char::REPLACEMENT_CHARACTER;
            if !shows && !fits {
                self.unfit = true;
            } else {
                drop(self.add(if matches!(c, '\r' | '\n' | '\t') { ' ' } else { c }));
            }
        }
        if self.typed.len() > before { Change::More } else { Change::None }
    }

    /// Takes away what stands behind a byte.
    pub(super) fn cut_to(&mut self, at: usize) -> Change {
        let gone = self.typed.split_off(at);
        self.length -= gone.chars().count();
        self.too_long = false;
        if self.typed.is_empty() {
            self.unfit = false;
        }
        if gone.is_empty() { Change::None } else { Change::Less(gone) }
    }

    /// Why it cannot be taken as it is.
    pub(super) fn fault(&self) -> Option<String> {
        if self.too_long {
            return Some(format!("this is longer than {LINE_MAX} characters: nothing of it was taken"));
        }
        self.unfit.then(|| "this is not one line of plain text: nothing of it was taken".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_MAX, Line};
    use crate::cli::keys::Paste;

    fn pasted(text: &str, shows: bool) -> Line {
        let mut line = Line::default();
        let _ = line.paste(&Paste { text: text.to_owned(), cut: false }, shows);
        line
    }

    #[test]
    fn a_paste_becomes_one_line_that_says_what_it_is() {
        let line = pasted("two\r\nlines\tand\u{1b}[2J \u{202e}more", true);
        assert_eq!((line.typed.as_str(), line.fault()), ("two lines and[2J more", None));
    }

    #[test]
    fn a_secret_is_taken_as_it_is_or_not_at_all() {
        assert_eq!(pasted("s3cret word", false).fault(), None);
        for unfit in ["two\nlines", "a\ttab", "no\u{fffd}text", "\u{1b}[A"] {
            let mut line = pasted(unfit, false);
            assert!(line.fault().unwrap().contains("not one line"), "{unfit:?}");
            let _ = line.cut_to(0);
            assert_eq!(line.fault(), None, "an erased line is a new one");
        }
    }

    #[test]
    fn what_is_too_long_is_not_taken_in_part() {
        let mut line = pasted(&"x".repeat(LINE_MAX), true);
        assert_eq!(line.fault(), None);
        let _ = line.add('x');
        assert!(line.fault().unwrap().contains("longer than 2000"));
        assert_eq!(line.typed.len(), LINE_MAX);
        let _ = line.cut_to(10);
        assert_eq!((line.typed.len(), line.fault()), (10, None));
        let mut cut = Line::default();
        let _ = cut.paste(&Paste { text: "x".to_owned(), cut: true }, true);
        assert!(cut.fault().is_some());
    }
}
