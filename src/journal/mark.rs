//! The durable mark: a file of its own, which says up to which record all was on the disk.
//!
//! A record carries such a mark, too, but only of what was synced before it: the last sync would be covered by nothing until
//! the next record comes. So after each sync the mark is put into `journal.durable`, into one of two places by turns: a
//! crash that tears one leaves the other. It is not synced itself, so a write step still costs two syncs.

use serde::{Deserialize, Serialize};

use crate::journal::chain;

/// The bytes of one place; each lies in a sector of its own.
const PLACE: usize = 512;

/// The bytes of the file.
pub(crate) const FILE: usize = 2 * PLACE;

/// Up to where a journal was on the disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mark {
    /// The last record that was on the disk, 0 for the header.
    pub seq: u64,
    /// The bytes of the journal up to its end.
    pub length: u64,
    /// Its digest.
    pub head: String,
}

/// A mark as it stands in the file.
#[derive(Debug, Deserialize, Serialize)]
struct Written {
    durable: u64,
    length: u64,
    head: String,
}

impl Mark {
    /// The bytes of one place that say this.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let written = Written { durable: self.seq, length: self.length, head: self.head.clone() };
        let text = serde_json::to_string(&written).expect("a mark is data that JSON can hold");
        let (line, _) = chain::seal(&text);
        let mut bytes = line.into_bytes();
        bytes.resize(PLACE - 1, b' ');
        bytes.push(b'\n');
        bytes
    }

    /// Where the n-th mark stands in the file.
    pub(crate) fn place(n: u64) -> u64 {
        (n % 2) * PLACE as u64
    }

    /// A file that holds this mark alone.
    pub(crate) fn file(&self) -> Vec<u8> {
        let mut bytes = self.bytes();
        bytes.resize(FILE - 1, b' ');
        bytes.push(b'\n');
        bytes
    }

    /// The mark of a file: the later one of those that fit their digests. None when neither does.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        bytes.chunks(PLACE).filter_map(Self::of).max_by_key(|mark| mark.seq)
    }

    fn of(place: &[u8]) -> Option<Self> {
        let Written { durable, length, head } = serde_json::from_str(chain::open(place.trim_ascii_end())?.text).ok()?;
        Some(Self { seq: durable, length, head })
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE, Mark, PLACE};

    fn mark(seq: u64) -> Mark {
        Mark { seq, length: seq, head: "ab".repeat(32) }
    }

    #[test]
    fn the_later_of_two_marks_counts() {
        let mut file = mark(7).file();
        assert_eq!((file.len(), Mark::read(&file)), (FILE, Some(mark(7))));
        file[PLACE..].copy_from_slice(&mark(8).bytes());
        assert_eq!(Mark::read(&file), Some(mark(8)));
        file[..PLACE].copy_from_slice(&mark(u64::MAX).bytes());
        assert_eq!(Mark::read(&file), Some(mark(u64::MAX)), "the largest mark has its room");
    }

    #[test]
    fn a_mark_that_is_torn_or_flipped_leaves_the_one_before_it() {
        let mut file = mark(7).file();
        file[PLACE..].copy_from_slice(&mark(8).bytes());
        for at in PLACE..FILE {
            for bit in 0..8 {
                let mut flipped = file.clone();
                flipped[at] ^= 1 << bit;
                let found = Mark::read(&flipped);
                assert!(found == Some(mark(7)) || found == Some(mark(8)), "byte {at}, bit {bit}: {found:?}");
            }
            let mut torn = file.clone();
            torn[at..].fill(0);
            let found = Mark::read(&torn);
            assert!(found == Some(mark(7)) || found == Some(mark(8)), "torn at {at}: {found:?}");
        }
        assert_eq!(Mark::read(&[0; FILE]), None);
        assert_eq!(Mark::read(b""), None);
    }
}
