//! Cuts secrets from a stream.

use std::fmt;
use std::sync::Arc;

use crate::world::secret::finder::{Finder, Found};
use crate::world::secret::registry::{CUT, Redactor};

/// So much is worked on at a time: what is given at once does not make the memory grow.
const SLICE: usize = 64 * 1024;

/// Cuts secrets from a stream. What it gives does not depend on where the pieces were cut. It holds back only what may still
/// become a secret: bytes that a secret begins with, and what a terminal's control sequences put between them.
pub struct Cutter {
    redactor: Redactor,
    finder: Finder,
    /// Secrets that were found and are not settled.
    found: Vec<Found>,
    /// What was read and not given.
    held: Vec<u8>,
    /// How much was given or cut.
    given: u64,
    /// Where the last mark's secret ends: one that touches it needs no mark of its own.
    marked: Option<u64>,
}

impl fmt::Debug for Cutter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is held may be half a secret.
        f.debug_struct("Cutter").field("held", &self.held.len()).finish_non_exhaustive()
    }
}

impl Cutter {
    /// A cutter of a stream that begins.
    pub(super) fn new(redactor: Redactor) -> Self {
        let finder = Finder::new(redactor.forms(), 0);
        Self { redactor, finder, found: Vec::new(), held: Vec::new(), given: 0, marked: None }
    }

    /// Whether there is nothing to look for yet: then what would be pushed next is given as it is, and need not be pushed.
    pub(crate) fn is_idle(&self) -> bool {
        // Secrets are only added: nothing was ever held or cut.
        self.redactor.forms().is_empty()
    }

    /// Takes bytes, gives those that are surely not part of a secret.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        self.push_into(bytes, &mut out);
        out
    }

    /// As [`Cutter::push`], adding to `out`.
    pub fn push_into(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for slice in bytes.chunks(SLICE) {
            self.renew();
            self.held.extend_from_slice(slice);
            self.finder.push(slice, &mut self.found);
            self.give(self.finder.settled(), out);
        }
    }

    /// Gives the rest.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.renew();
        self.give(self.finder.read(), &mut out);
        out
    }

    /// When a secret was added meanwhile, what is held is searched for it too. (What was given cannot be taken back.)
    fn renew(&mut self) {
        let forms = self.redactor.forms();
        if !Arc::ptr_eq(&forms, self.finder.forms()) {
            self.finder = Finder::new(forms, self.given);
            self.finder.push(&self.held, &mut self.found);
        }
    }

    /// Gives everything before `settled`.
    fn give(&mut self, mut settled: u64, out: &mut Vec<u8>) {
        self.found.sort_unstable();
        // What begins inside a secret that is cut makes its mark longer, and needs no bytes to be held.
        settled = settled.max(self.marked.unwrap_or(0));
        for found in &self.found {
            if found.start <= settled {
                settled = settled.max(found.end);
            }
        }
        let open = self.found.partition_point(|found| found.start < settled);
        let mut at = self.given;
        if let Some(end) = self.marked {
            at = at.max(end.min(settled));
        }
        for Found { start, end } in self.found.drain(..open) {
            match &mut self.marked {
                Some(marked) if start <= *marked => *marked = end.max(*marked),
                marked => {
                    out.extend_from_slice(slice(&self.held, self.given, at, start));
                    out.extend_from_slice(CUT.as_bytes());
                    *marked = Some(end);
                }
            }
            at = at.max(end.min(settled));
        }
        out.extend_from_slice(slice(&self.held, self.given, at, settled));
        self.held.drain(..offset(self.given, settled));
        self.given = settled;
    }
}

fn slice(held: &[u8], given: u64, from: u64, to: u64) -> &[u8] {
    &held[offset(given, from)..offset(given, to)]
}

fn offset(given: u64, at: u64) -> usize {
    usize::try_from(at - given).expect("what is held is in memory")
}
