//! Every form of every secret, found at once.
//!
//! An Aho–Corasick automaton of our own, because three things are needed that the crate of that name does not tell: how long
//! the text is that may still become a form (so that nothing else is held back), the state after any byte (so that a
//! backspace can go back to it), and where no form can begin (so that ordinary output is passed over at the speed of a scan).

use std::collections::VecDeque;

/// The longest form: longer ones are registered in pieces of this length that touch each other. It bounds how far a stream
/// is held back.
pub(super) const PIECE: usize = 64;

/// The shortest form, and the length of the beginnings that [`Automaton::candidate`] looks for.
pub(super) const BEGINNING: usize = 4;

/// The state in which nothing is open.
pub(super) const ROOT: u32 = 0;

/// One bit for each hash of a beginning.
const FILTER_BITS: u32 = 18;

/// One byte for each hash of a beginning, or of what stands one byte further in a form.
const PAIR_BITS: u32 = 16;

/// The states are the beginnings of forms, numbered breadth first: the children of a state stand side by side.
#[derive(Default)]
pub(super) struct Automaton {
    /// The last byte of a state's beginning.
    byte: Vec<u8>,
    /// A state's first child; its last child stands before the first child of the next state.
    first: Vec<u32>,
    /// The longest other beginning that a state's beginning ends with.
    fail: Vec<u32>,
    /// The length of a state's beginning.
    depth: Vec<u8>,
    /// The length of the longest form that a state's beginning ends with; 0 for none.
    ends: Vec<u8>,
    /// The root's children by byte: most bytes are read there.
    root: Vec<u32>,
    /// The beginnings of [`BEGINNING`] bytes, by hash.
    filter: Vec<u64>,
    /// The beginnings, and the [`BEGINNING`] bytes after a form's first one, by hash: who looks here at every other place
    /// misses no form.
    pairs: Vec<u8>,
}

impl Automaton {
    /// The automaton of some forms, each of [`BEGINNING`] to [`PIECE`] bytes.
    pub(super) fn new(mut forms: Vec<&[u8]>) -> Self {
        forms.sort_unstable();
        forms.dedup();
        let mut made = Self::default();
        if forms.is_empty() {
            return made;
        }
        made.filter = vec![0; 1 << (FILTER_BITS - 6)];
        made.pairs = vec![0; 1 << PAIR_BITS];
        for form in &forms {
            let beginning = u32::from_le_bytes([form[0], form[1], form[2], form[3]]);
            let bit = hash(beginning, FILTER_BITS);
            made.filter[(bit >> 6) as usize] |= 1 << (bit & 63);
            made.pairs[hash(beginning, PAIR_BITS) as usize] = 1;
            // Any byte may stand behind a form that is no longer than a beginning.
            let lasts = form.get(BEGINNING).map_or(0..=u8::MAX, |last| *last..=*last);
            for last in lasts {
                let second = u32::from_le_bytes([form[1], form[2], form[3], last]);
                made.pairs[hash(second, PAIR_BITS) as usize] = 1;
            }
        }
        made.grow(&forms);
        made.root = vec![ROOT; 256];
        for child in made.first[0]..made.first[1] {
            made.root[usize::from(made.byte[child as usize])] = child;
        }
        made.link();
        made
    }

    /// Makes the states.
    fn grow(&mut self, forms: &[&[u8]]) {
        let small = |n: usize| u8::try_from(n).expect("a form is at most a piece long");
        self.state(0, 0);
        // The forms that begin with a state's beginning stand side by side.
        let mut open = VecDeque::from([(0, forms.len(), 0)]);
        while let Some((mut from, to, depth)) = open.pop_front() {
            self.first.push(u32::try_from(self.byte.len()).expect("forms are far fewer than that"));
            if forms[from].len() == depth {
                let state = self.first.len() - 1;
                self.ends[state] = small(depth);
                from += 1;
            }
            while from < to {
                let byte = forms[from][depth];
                let next = from + forms[from..to].partition_point(|form| form[depth] == byte);
                self.state(byte, small(depth + 1));
                open.push_back((from, next, depth + 1));
                from = next;
            }
        }
        self.first.push(u32::try_from(self.byte.len()).expect("forms are far fewer than that"));
    }

    fn state(&mut self, byte: u8, depth: u8) {
        self.byte.push(byte);
        self.depth.push(depth);
        self.ends.push(0);
        self.fail.push(ROOT);
    }

    /// Finds where each state goes on when none of its children fits. A state's comes before its children's.
    fn link(&mut self) {
        for state in 0..self.byte.len() {
            let back = self.fail[state];
            self.ends[state] = self.ends[state].max(self.ends[back as usize]);
            for child in self.first[state]..self.first[state + 1] {
                if state != 0 {
                    self.fail[child as usize] = self.next(back, self.byte[child as usize]);
                }
            }
        }
    }

    /// Whether there is nothing to find.
    pub(super) fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// The state after one more byte.
    pub(super) fn next(&self, mut state: u32, byte: u8) -> u32 {
        while state != ROOT {
            let (from, to) = (self.first[state as usize], self.first[state as usize + 1]);
            let children = &self.byte[from as usize..to as usize];
            if let Some(child) = children.iter().position(|it| *it == byte) {
                return from + u32::try_from(child).expect("a state has at most 256 children");
            }
            state = self.fail[state as usize];
        }
        self.root[usize::from(byte)]
    }

    /// The next shorter beginning that the text ends with.
    pub(super) fn shorter(&self, state: u32) -> u32 {
        self.fail[state as usize]
    }

    /// How many of the last bytes may be the beginning of a form.
    pub(super) fn depth(&self, state: u32) -> usize {
        usize::from(self.depth[state as usize])
    }

    /// The length of the longest form that ends here; 0 for none.
    pub(super) fn ends(&self, state: u32) -> usize {
        usize::from(self.ends[state as usize])
    }

    /// The first place, from `from` on, where a form may begin whose first [`BEGINNING`] bytes are there, and the next one if
    /// there are more bytes. There may be none at that place all the same; there is none before it.
    pub(super) fn candidate(&self, text: &[u8], from: usize) -> Option<usize> {
        let pairs: &[u8; 1 << PAIR_BITS] = self.pairs.as_slice().try_into().ok()?;
        let hit = |bytes: u32| pairs[hash(bytes, PAIR_BITS) as usize];
        let text = text.get(from..)?;
        let mut at = 0;
        // Three looks for six places, each for a form that begins there or one byte before: this loop is what all output goes
        // through.
        while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let eight = u64::from_le_bytes(*eight);
            if hit(low(eight)) | hit(low(eight >> 16)) | hit(low(eight >> 32)) != 0
                && let Some(place) = self.beginning(text, at.saturating_sub(1), at + 5)
            {
                return Some(from + place);
            }
            at += 6;
        }
        self.beginning(text, at.saturating_sub(1), text.len()).map(|place| from + place)
    }

    /// Whether a form may begin somewhere whose first [`BEGINNING`] bytes are there, whatever follows.
    pub(super) fn begins(&self, text: &[u8]) -> bool {
        self.beginning(text, 0, text.len()).is_some()
    }

    /// The first place from one on, before another one, where a form may begin whose first [`BEGINNING`] bytes are there.
    fn beginning(&self, text: &[u8], from: usize, to: usize) -> Option<usize> {
        let filter: &[u64; 1 << (FILTER_BITS - 6)] = self.filter.as_slice().try_into().ok()?;
        let hit = |beginning: u32| {
            let hash = hash(beginning, FILTER_BITS);
            filter[(hash >> 6) as usize] & (1 << (hash & 63)) != 0
        };
        let bytes = text.get(from..text.len().min(to + BEGINNING - 1))?;
        let place = bytes.windows(BEGINNING).position(|it| hit(u32::from_le_bytes([it[0], it[1], it[2], it[3]])))?;
        Some(from + place)
    }
}

/// The first four bytes of eight.
fn low(eight: u64) -> u32 {
    let [a, b, c, d, ..] = eight.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Multiplicative hashing: the upper bits are the well mixed ones.
fn hash(bytes: u32, bits: u32) -> u32 {
    bytes.wrapping_mul(0x9e37_79b1) >> (u32::BITS - bits)
}
