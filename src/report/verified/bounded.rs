//! Text within a limit: whole pieces or none, and a last line that says what is missing.

/// Text that does not grow over a limit. What does not fit is left out as a whole, so that no row and no fence is cut.
pub(super) struct Bounded {
    text: String,
    /// In bytes, what the last line needs not counted.
    room: usize,
    left_out: usize,
    full: bool,
}

impl Bounded {
    /// What the last line may need.
    pub(super) const NOTE: usize = 400;

    /// Text of at most so many bytes. (There are never more characters than bytes.)
    pub(super) fn new(limit: usize) -> Self {
        Self { text: String::new(), room: limit.saturating_sub(Self::NOTE), left_out: 0, full: false }
    }

    /// Adds a piece that the text has no meaning without, or gives up the rest.
    pub(super) fn push(&mut self, piece: &str) -> bool {
        let fits = !self.full && self.text.len() + piece.len() <= self.room;
        if fits {
            self.text.push_str(piece);
        }
        fits
    }

    /// Adds pieces under a head, as many as fit, in their order: after one that does not fit comes no other. No head without
    /// a piece.
    pub(super) fn list(&mut self, head: &str, pieces: impl IntoIterator<Item = String>, tail: &str) {
        let mut pieces = pieces.into_iter().peekable();
        let mut open = false;
        while let Some(piece) = pieces.next() {
            let before = if open { "" } else { head };
            let needed = before.len() + piece.len() + tail.len();
            if self.full || self.text.len() + needed > self.room {
                self.full = true;
                self.left_out += 1 + pieces.count();
                break;
            }
            self.text.push_str(before);
            self.text.push_str(&piece);
            open = true;
        }
        if open {
            self.text.push_str(tail);
        }
    }

    /// The text, and what is missing of it.
    pub(super) fn end(self, where_all_is: &str) -> String {
        let Self { mut text, left_out, .. } = self;
        if left_out > 0 {
            let entries = if left_out == 1 { "entry was" } else { "entries were" };
            let what = format!("{left_out} {entries} left out to keep within the limit of this page.");
            text = format!("{text}\n**{what}** {where_all_is}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    #[test]
    fn what_does_not_fit_is_left_out_whole_and_counted() {
        let mut page = Bounded::new(Bounded::NOTE + 20);
        assert!(page.push("title\n"));
        page.list("head\n", ["one\n".to_owned(), "four\n".to_owned(), "five\n".to_owned()], "");
        page.list("another\n", ["x\n".to_owned()], "");
        assert_eq!(
            page.end("Look there."),
            "title\nhead\none\nfour\n\n**2 entries were left out to keep within the limit of this page.** Look there.\n"
        );
    }
}
