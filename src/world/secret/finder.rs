//! Where secrets stand in a stream, and how far back one may still be open.

use std::sync::Arc;

use crate::world::secret::automaton::{Automaton, BEGINNING, ROOT};
use crate::world::secret::view::{HISTORY, View, is_control};

/// A place in a stream that is a secret, in bytes from the stream's beginning.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Found {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Finds secrets in a stream that comes in pieces.
pub(super) struct Finder {
    forms: Arc<Automaton>,
    /// How many bytes have been read.
    at: u64,
    /// The automaton's state after the bytes as they are.
    state: u32,
    /// The view, where it may differ from the bytes.
    view: Option<View>,
    /// The last bytes, from which the view is made when it is needed; none from before a view was let go.
    tail: Vec<u8>,
}

impl Finder {
    /// A finder whose first byte is the stream's byte `at`.
    pub(super) fn new(forms: Arc<Automaton>, at: u64) -> Self {
        Self { forms, at, state: ROOT, view: None, tail: Vec::new() }
    }

    /// What it looks for.
    pub(super) fn forms(&self) -> &Arc<Automaton> {
        &self.forms
    }

    /// How many bytes have been read.
    pub(super) fn read(&self) -> u64 {
        self.at
    }

    /// The place before which every secret has been found that begins there.
    pub(super) fn settled(&self) -> u64 {
        if self.forms.is_empty() {
            return self.at;
        }
        let open = self.at - self.forms.depth(self.state) as u64;
        let held = match &self.view {
            Some(view) => view.hold(),
            None => self.plain_view(self.at).hold(),
        };
        open.min(held)
    }

    /// Reads on.
    pub(super) fn push(&mut self, bytes: &[u8], found: &mut Vec<Found>) {
        if !self.forms.is_empty() {
            self.read_as_is(bytes, found);
            self.read_view(bytes, found);
        }
        self.at += bytes.len() as u64;
    }

    fn read_as_is(&mut self, bytes: &[u8], found: &mut Vec<Found>) {
        let forms = &*self.forms;
        let mut state = self.state;
        let mut at = 0;
        loop {
            // What is open is followed. What began in this piece and is shorter than a beginning is left to the scan.
            while at < bytes.len() && (forms.depth(state) >= BEGINNING || forms.depth(state) > at) {
                state = forms.next(state, bytes[at]);
                at += 1;
                note(found, forms.ends(state), self.at + at as u64);
            }
            if at >= bytes.len() {
                break;
            }
            let from = at - forms.depth(state);
            state = ROOT;
            if let Some(candidate) = forms.candidate(bytes, from) {
                at = candidate + BEGINNING;
                for byte in &bytes[candidate..at] {
                    state = forms.next(state, *byte);
                }
                note(found, forms.ends(state), self.at + at as u64);
            } else {
                for byte in &bytes[from.max(bytes.len().saturating_sub(BEGINNING - 1))..] {
                    state = forms.next(state, *byte);
                }
                break;
            }
        }
        self.state = state;
    }

    fn read_view(&mut self, bytes: &[u8], found: &mut Vec<Found>) {
        let mut at = 0;
        // Where the bytes begin that are plain, and not in the tail.
        let mut plain = 0;
        while at < bytes.len() {
            let Some(view) = &mut self.view else {
                let Some(control) = control(&bytes[at..]) else { break };
                at += control;
                self.remember(&bytes[plain..at]);
                self.view = Some(self.plain_view(self.at + at as u64));
                continue;
            };
            if let Some(place) = view.step(&self.forms, bytes[at], self.at + at as u64) {
                join(found, place);
            }
            at += 1;
            if view.holds_nothing(self.at + at as u64) {
                self.view = None;
                self.tail.clear();
                plain = at;
            }
        }
        if self.view.is_none() {
            self.remember(&bytes[plain..]);
        }
    }

    /// The view after the tail, which ends at `end`.
    fn plain_view(&self, end: u64) -> View {
        // What follows a beginning may be taken back.
        let needed = if self.forms.begins(&self.tail) {
            self.tail.as_slice()
        } else {
            // Then nothing longer than the beginning of a beginning is open at the last two bytes.
            &self.tail[self.tail.len().saturating_sub(BEGINNING)..]
        };
        View::of_plain(&self.forms, needed, end - needed.len() as u64)
    }

    fn remember(&mut self, bytes: &[u8]) {
        let new = &bytes[bytes.len().saturating_sub(HISTORY)..];
        let old = (self.tail.len() + new.len()).saturating_sub(HISTORY);
        self.tail.drain(..old);
        self.tail.extend_from_slice(new);
    }
}

/// The first control byte.
fn control(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        if below_space(u64::from_le_bytes(*eight)) && eight.iter().any(|byte| is_control(*byte)) {
            break;
        }
        at += 8;
    }
    bytes[at..].iter().position(|byte| is_control(*byte)).map(|place| at + place)
}

/// Whether one of eight bytes is below a space (Mycroft's test for a byte below n).
fn below_space(eight: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    eight.wrapping_sub(ONES * 0x20) & !eight & (ONES * 0x80) != 0
}

fn note(found: &mut Vec<Found>, length: usize, end: u64) {
    if length > 0 {
        join(found, Found { start: end - length as u64, end });
    }
}

/// Adds a place. One that touches the last one makes it larger.
fn join(found: &mut Vec<Found>, new: Found) {
    match found.last_mut() {
        Some(last) if new.start <= last.end && last.start <= new.end => {
            last.start = last.start.min(new.start);
            last.end = last.end.max(new.end);
        }
        Some(_) | None => found.push(new),
    }
}
