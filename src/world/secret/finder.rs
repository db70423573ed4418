//! Where secrets stand in a stream, and how far back one may still be open.

use std::sync::Arc;

use crate::world::secret::automaton::{Automaton, BEGINNING, PIECE, ROOT};
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
    /// The last bytes, from which the view is made when it is needed.
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
            Some(view) => view.hold(&self.forms, self.at),
            None => self.held_plain(),
        };
        open.min(held)
    }

    /// Reads on.
    pub(super) fn push(&mut self, bytes: &[u8], found: &mut Vec<Found>) {
        if !self.forms.is_empty() {
            self.read_as_is(bytes, found);
            self.read_view(bytes, found);
            self.remember(bytes);
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
        while at < bytes.len() {
            let Some(view) = &mut self.view else {
                let Some(control) = control(&bytes[at..]) else { return };
                at += control;
                self.view = Some(self.view_at(&bytes[..at]));
                continue;
            };
            if let Some(Found { start, end }) = view.step(&self.forms, bytes[at], self.at + at as u64) {
                join(found, Found { start, end });
            }
            at += 1;
            if view.is_plain() {
                self.view = None;
            }
        }
    }

    /// The view after the tail and `bytes`, which hold no control byte.
    fn view_at(&self, bytes: &[u8]) -> View {
        let here = &bytes[bytes.len().saturating_sub(HISTORY)..];
        let before = &self.tail[self.tail.len().saturating_sub(HISTORY - here.len())..];
        let end = self.at + bytes.len() as u64;
        self.replay(before.iter().chain(here), end - (before.len() + here.len()) as u64)
    }

    /// A view of plain bytes, of which the first stands at `at`.
    fn replay<'a>(&self, bytes: impl Iterator<Item = &'a u8>, at: u64) -> View {
        let mut view = View::new(at);
        for (byte, at) in bytes.zip(at..) {
            view.step(&self.forms, *byte, at);
        }
        view
    }

    /// The place before which a backspace cannot bring back the beginning of a secret, after plain bytes.
    fn held_plain(&self) -> u64 {
        let near = &self.tail[self.tail.len().saturating_sub(HISTORY / 2)..];
        let needed = match self.forms.candidate(near, 0) {
            Some(_) => self.tail.as_slice(),
            // Then nothing longer than the beginning of a beginning is open at the last two bytes.
            None => &self.tail[self.tail.len().saturating_sub(BEGINNING)..],
        };
        self.replay(needed.iter(), self.at - needed.len() as u64).hold(&self.forms, self.at)
    }

    fn remember(&mut self, bytes: &[u8]) {
        let new = &bytes[bytes.len().saturating_sub(HISTORY)..];
        let old = (self.tail.len() + new.len()).saturating_sub(HISTORY);
        self.tail.drain(..old);
        self.tail.extend_from_slice(new);
    }
}

const _: () = assert!(HISTORY > 2 * PIECE, "the view can be made from the history");

/// The first control byte.
fn control(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte < 0x20 && is_control(*byte))
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
