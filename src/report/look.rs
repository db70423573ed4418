//! How things look: colour or none, UTF-8 or ASCII. Words always carry the meaning; colour and signs only help to find it.

use console::{Style, measure_text_width, truncate_str};

use crate::event::{Level, Outcome};
use crate::report::plain::{ascii, plain};

/// What the screen can show.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Look {
    /// Colours may be used.
    pub color: bool,
    /// The terminal reads UTF-8.
    pub unicode: bool,
}

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Look at this.
    Warn,
    /// This is wrong.
    Bad,
    /// A heading.
    Strong,
    /// Beside the point.
    Dim,
    /// Something to act on: a key, a command.
    Act,
}

impl Look {
    /// Text in its colour, or as it is.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let style = Style::new().force_styling(self.color);
        let style = match tone {
            Tone::Good => style.green(),
            Tone::Warn => style.yellow(),
            Tone::Bad => style.red().bold(),
            Tone::Strong => style.bold(),
            Tone::Dim => style.dim(),
            Tone::Act => style.cyan(),
        };
        style.apply_to(text).to_string()
    }

    /// Text from outside as one harmless line that this screen can show.
    pub fn plain(self, text: &str) -> String {
        self.ours(&plain(text))
    }

    /// Text that is harmless already, in what this screen can show.
    pub fn ours(self, text: &str) -> String {
        if self.unicode { text.to_owned() } else { ascii(text) }
    }

    /// One of two signs.
    pub fn sign(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    /// An outcome's sign. Its word always stands beside it.
    pub fn mark(self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Passed => self.sign("✓", "+"),
            Outcome::Warned => "!",
            Outcome::Failed => self.sign("✗", "x"),
            Outcome::Skipped => self.sign("↷", ">"),
            Outcome::Declined => self.sign("⊘", "-"),
            Outcome::Unknown => "?",
        }
    }

    /// What stands between two facts on a line.
    pub fn dot(self) -> &'static str {
        self.sign("·", "-")
    }

    /// What stands for text that was cut.
    pub fn ellipsis(self) -> &'static str {
        self.sign("…", "...")
    }

    /// The wheel's position at a time in milliseconds.
    pub fn spinner(self, now_ms: u64) -> &'static str {
        const DOTS: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        const BARS: [&str; 4] = ["|", "/", "-", "\\"];
        let frames: &[&str] = if self.unicode { &DOTS } else { &BARS };
        let turns = usize::try_from(now_ms / 100).unwrap_or(0);
        frames[turns % frames.len()]
    }

    /// A line cut to a width in columns.
    pub fn fit(self, line: &str, width: usize) -> String {
        truncate_str(line, width, self.ellipsis()).into_owned()
    }
}

/// The tone of an outcome.
pub(super) fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Warned | Outcome::Skipped | Outcome::Declined => Tone::Warn,
        Outcome::Failed | Outcome::Unknown => Tone::Bad,
    }
}

/// The tone of how bad a look of a hold was.
pub(super) fn level_tone(level: Level) -> Tone {
    match level {
        Level::Well => Tone::Good,
        Level::Dim => Tone::Warn,
        Level::Alarm => Tone::Bad,
    }
}

/// Breaks harmless text at spaces into lines of at most so many columns; a longer word is broken where it must be.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word;
        if !line.is_empty() && measure_text_width(&line) + 1 + measure_text_width(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        while measure_text_width(word) > width {
            let at = break_at(word, width);
            lines.push(word[..at].to_owned());
            word = &word[at..];
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A harmless line as it is where it fits, so that columns stay columns; else wrapped under its own indentation.
pub fn fold_line(text: &str, width: usize) -> Vec<String> {
    if measure_text_width(text) <= width {
        return vec![text.to_owned()];
    }
    let indent = text.chars().take_while(|c| *c == ' ').count().min(width / 2);
    let room = width.saturating_sub(indent + 2);
    let lines = wrap(text, room).into_iter().enumerate();
    lines.map(|(at, line)| format!("{}{line}", " ".repeat(if at == 0 { indent } else { indent + 2 }))).collect()
}

/// The byte at which a word's first `width` columns end; always past the first character.
fn break_at(word: &str, width: usize) -> usize {
    let mut end = 0;
    for (at, c) in word.char_indices() {
        let next = at + c.len_utf8();
        if end > 0 && measure_text_width(&word[..next]) > width {
            break;
        }
        end = next;
    }
    end
}

#[cfg(test)]
mod tests {
    use console::measure_text_width;

    use super::{Look, Tone, fold_line, wrap};

    #[test]
    fn no_colour_is_no_escape() {
        let look = Look { color: false, unicode: true };
        assert_eq!(look.paint(Tone::Bad, "failed"), "failed");
        assert_eq!(Look { color: true, unicode: true }.paint(Tone::Good, "ok"), "\u{1b}[32mok\u{1b}[0m");
    }

    #[test]
    fn ascii_screens_get_ascii() {
        let look = Look::default();
        assert_eq!(look.plain("Zürich\u{1b}"), "Z\\u{fc}rich\\x1b");
        assert_eq!(look.fit("a long line", 8), "a lon...");
    }

    #[test]
    fn columns_stay_columns_where_they_fit() {
        assert_eq!(fold_line("  Remove   Table", 20), ["  Remove   Table"]);
        assert_eq!(fold_line("  Remove   Table  Queue", 16), ["  Remove Table", "    Queue"]);
    }

    #[test]
    fn wrapping_counts_columns() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("abcdefghijklmnop q", 8), ["abcdefgh", "ijklmnop", "q"]);
        for line in wrap("東京東京東京東京 x", 9) {
            assert!(measure_text_width(&line) <= 9);
        }
    }
}
