//! What a person at a terminal reads: the bytes without escape sequences, carriage returns, NULs, and without what a
//! backspace takes back.
//!
//! The view is kept as a stack: a character is put on it, a backspace takes one off, and each entry knows the automaton's
//! state after it, so that after a backspace the search goes on as if the character had never been there. A secret is found
//! when it stands at the top, at any moment. What cannot be found for ever must not be held back for ever, so the search has
//! bounds, all of them counted in bytes of the stream: see [`REACH`], [`SEQUENCE`], [`ERASED`].

use crate::world::secret::automaton::{Automaton, BEGINNING, PIECE, ROOT};
use crate::world::secret::finder::Found;

/// A secret that is spread over more bytes than this by control sequences is not found.
pub(super) const REACH: usize = PIECE + SEQUENCE;

/// An escape sequence that is longer than this is text from there on.
const SEQUENCE: usize = 4096;

/// How many bytes after the beginning of a secret may be taken back again by backspaces, and it is still found. After its
/// first bytes (fewer than [`BEGINNING`]) only one: else a few letters at the end of any prompt would be held back.
const ERASED: usize = 8;

/// From so many plain bytes the view can be made as if it had always been kept: a form, and what may have been erased behind
/// it. (Of plain bytes, what is held never goes back; so what began earlier was released, and nobody asks for it.)
pub(super) const HISTORY: usize = PIECE + ERASED + 2;

/// Whether a byte is one that the view leaves out.
pub(super) fn is_control(byte: u8) -> bool {
    matches!(byte, 0x00 | 0x08 | b'\r' | 0x1b)
}

/// Where in an escape sequence the stream is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Escape {
    None,
    /// After ESC.
    Begun,
    /// After ESC and an intermediate byte.
    Intermediate,
    /// In a control sequence, ESC `[`.
    Control,
    /// In a string: a title, a hyperlink, a device's own.
    Text,
}

struct Entry {
    at: u64,
    state: u32,
    byte: u8,
}

pub(super) struct View {
    stack: Vec<Entry>,
    escape: Escape,
    /// Bytes of the escape sequence so far.
    length: usize,
    /// Below this height of the stack alone, long beginnings may be open.
    deep: usize,
    /// Before this place everything was given out: nothing that begins there can be cut any more.
    released: u64,
    /// What [`View::hold`] tells.
    hold: u64,
}

impl View {
    /// The view of plain bytes, of which the first stands at `at`.
    pub(super) fn of_plain(forms: &Automaton, bytes: &[u8], at: u64) -> Self {
        let mut view = Self { stack: Vec::new(), escape: Escape::None, length: 0, deep: 0, released: at, hold: at };
        let mut end = at;
        for byte in bytes {
            view.put(forms, *byte, end);
            end += 1;
        }
        view.hold = view.held(forms, end);
        view.released = view.hold;
        view
    }

    /// Whether nothing that was read can become a part of a secret: then a new view sees the same.
    pub(super) fn holds_nothing(&self, end: u64) -> bool {
        self.escape == Escape::None && self.hold == end
    }

    /// The place before which nothing that was read can become a part of a secret any more.
    pub(super) fn hold(&self) -> u64 {
        self.hold
    }

    /// Takes the byte that stands at `at`, and gives the range of the secret that it completes.
    pub(super) fn step(&mut self, forms: &Automaton, byte: u8, at: u64) -> Option<Found> {
        let mut found = None;
        if self.leaves_out(byte) {
        } else if byte == 0x08 {
            self.erase();
        } else {
            found = self.put(forms, byte, at);
        }
        self.hold = self.held(forms, at + 1);
        self.released = self.released.max(self.hold);
        found
    }

    fn held(&self, forms: &Automaton, end: u64) -> u64 {
        let top = self.stack.len();
        let reach = if self.deep + ERASED < top { 2 } else { ERASED + 1 };
        // What is open further down began no later than what is open above it: the first one counts.
        (top.saturating_sub(reach)..top)
            .find_map(|index| {
                let depth = forms.depth(self.stack[index].state);
                let counts = depth >= BEGINNING || (depth > 0 && index + 2 >= top);
                let start = self.stack[(index + 1).checked_sub(depth).filter(|_| counts)?].at;
                (start >= self.released && end - start <= REACH as u64).then_some(start)
            })
            .unwrap_or(end)
    }

    fn put(&mut self, forms: &Automaton, byte: u8, at: u64) -> Option<Found> {
        let before = self.stack.last().map_or(ROOT, |entry| entry.state);
        let mut state = forms.next(before, byte);
        while state != ROOT && !self.reaches(forms.depth(state), at) {
            state = forms.shorter(state);
        }
        if byte == b'\n' && state == ROOT {
            // A backspace goes to the beginning of a line and no further: a line that has ended is never held back.
            self.stack.clear();
            self.deep = 0;
            return None;
        }
        if self.stack.len() >= 4 * HISTORY {
            self.stack.drain(..2 * HISTORY);
            self.deep = self.deep.saturating_sub(2 * HISTORY);
        }
        self.stack.push(Entry { at, state, byte });
        if forms.depth(state) >= BEGINNING {
            self.deep = self.stack.len();
        }
        let length = forms.ends(state);
        (length > 0).then(|| Found { start: self.stack[self.stack.len() - length].at, end: at + 1 })
    }

    /// Whether what begins `depth` characters before and with the one at `at` may still be cut.
    fn reaches(&self, depth: usize, at: u64) -> bool {
        let start = match depth {
            1 => Some(at),
            _ => (self.stack.len() + 1).checked_sub(depth).map(|index| self.stack[index].at),
        };
        start.is_some_and(|start| start >= self.released && at + 1 - start <= REACH as u64)
    }

    /// Takes the last character off: in UTF-8 that may be several bytes.
    fn erase(&mut self) {
        while self.stack.pop().is_some_and(|entry| matches!(entry.byte, 0x80..=0xbf)) {}
        self.deep = self.deep.min(self.stack.len());
    }

    /// Whether a byte is left out: it belongs to an escape sequence, or moves nothing but the cursor.
    fn leaves_out(&mut self, byte: u8) -> bool {
        if byte == 0x1b {
            self.escape = Escape::Begun;
            self.length = 1;
            return true;
        }
        self.length += 1;
        let next = if self.length > SEQUENCE { None } else { self.escape.after(byte) };
        self.escape = next.unwrap_or(Escape::None);
        next.is_some() || byte == b'\r' || byte == 0
    }
}

impl Escape {
    /// Where the sequence stands after a byte; none when the byte is not a part of it, and it ends without it.
    fn after(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Begun, b'[') => Some(Self::Control),
            (Self::Begun, b']' | b'P' | b'X' | b'^' | b'_') => Some(Self::Text),
            (Self::Begun | Self::Intermediate, 0x20..=0x2f) => Some(Self::Intermediate),
            (Self::Control, 0x20..=0x3f) => Some(self),
            (Self::Begun | Self::Intermediate, 0x30..=0x7e)
            | (Self::Control, 0x40..=0x7e)
            | (Self::Text, 0x07 | 0x18 | 0x1a) => Some(Self::None),
            // A line's end ends a string that nobody ended, so that it cannot hide all that follows.
            (Self::Text, b'\n') | (Self::None | Self::Begun | Self::Intermediate | Self::Control, _) => None,
            (Self::Text, _) => Some(self),
        }
    }
}
