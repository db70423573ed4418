//! Reading a journal: the chain is checked before a byte of it is believed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::event::RunHeader;
use crate::journal::chain::{self, Sealed};
use crate::journal::disk::MARK_FILE;
use crate::journal::format::{Envelope, Record};
use crate::journal::mark::Mark;

/// What lies behind the last good record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tail {
    /// Where it begins, in bytes from the start of the file.
    pub offset: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// The record that would have stood there.
    pub seq: u64,
    /// How many records can be made out in it, whole or not.
    pub records: u64,
}

impl Tail {
    /// The name of the file that it is put into, beside the journal.
    pub fn file(&self) -> String {
        format!("journal.torn-{}", self.seq)
    }

    /// What it is, for people: which records, how many bytes.
    pub fn describe(&self) -> String {
        let bytes = if self.bytes == 1 { "1 byte".to_owned() } else { format!("{} bytes", self.bytes) };
        match self.records {
            0 => format!("{bytes} behind record {}, in which no record can be made out", self.seq - 1),
            1 => format!("record {}, of which {bytes} are left", self.seq),
            more => format!("records {} to {}, {bytes}", self.seq, self.seq + more - 1),
        }
    }
}

/// A journal that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// The header.
    pub header: RunHeader,
    /// The records, in order.
    pub records: Vec<Record>,
    /// The digest of the last good line.
    pub head: String,
    /// The length of the good part, in bytes.
    pub length: u64,
    /// What was cut off by a crash, if anything.
    pub tail: Option<Tail>,
    /// Up to where it is known to have been on the disk, as its mark says. None: there is no mark.
    pub mark: Option<Mark>,
}

/// A journal whose chain holds; nothing was read of its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The header.
    pub header: RunHeader,
    /// How many records it has.
    pub records: u64,
    /// The digest of the last good line.
    pub head: String,
    /// The length of the good part, in bytes.
    pub length: u64,
    /// What was cut off by a crash, if anything.
    pub tail: Option<Tail>,
}

/// What is wrong with a journal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Damage {
    /// The record, 0 for the header.
    pub seq: u64,
    /// What is wrong with it.
    pub what: String,
}

/// Why a journal was refused.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("the journal {} cannot be read", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is damaged where it was durable.
    #[error("the journal {} is damaged: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which record.
        seq: u64,
        /// What is wrong.
        what: String,
    },
    /// A later version wrote it.
    #[error("the journal {} has format {found}; this version reads format {}", .path.display(), RunHeader::FORMAT)]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
}

/// Reads a run's journal, with its durable mark. Somebody may be writing it.
pub fn read(path: &Path) -> Result<Journal, ReadError> {
    let (mark, bytes) = load(path)?;
    read_marked(&bytes, mark.as_ref()).map_err(|damage| damage.of(path))
}

/// Verifies a run's journal, with its durable mark. It reads no event, and is many times faster than [`read`].
pub fn verify(path: &Path) -> Result<Verified, ReadError> {
    let (mark, bytes) = load(path)?;
    verify_marked(&bytes, mark.as_ref()).map_err(|damage| damage.of(path))
}

impl Damage {
    pub(super) fn of(self, path: &Path) -> ReadError {
        ReadError::Damaged { path: path.to_path_buf(), seq: self.seq, what: self.what }
    }
}

fn load(path: &Path) -> Result<(Option<Mark>, Vec<u8>), ReadError> {
    // The mark first: a journal that is being written only grows.
    let mark = mark_of(path);
    let bytes = fs::read(path).map_err(|source| ReadError::Io { path: path.to_path_buf(), source })?;
    // A later format may have other headers and other records: it is named before they are looked at.
    match format_of(&bytes).filter(|found| *found > RunHeader::FORMAT) {
        Some(found) => Err(ReadError::Format { path: path.to_path_buf(), found }),
        None => Ok((mark, bytes)),
    }
}

/// The durable mark of a journal; none when there is none, or none that fits its digest.
pub(crate) fn mark_of(path: &Path) -> Option<Mark> {
    fs::read(path.with_file_name(MARK_FILE)).ok().and_then(|bytes| Mark::read(&bytes))
}

/// The format that a header's line names, if the line fits its digest.
fn format_of(bytes: &[u8]) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Head {
        format: u32,
    }
    let line = chain::open(next_line(bytes, 0)?)?;
    serde_json::from_str::<Head>(line.text).ok().map(|head| head.format)
}

/// Reads a journal's bytes of which no durable mark is known but those that its records carry.
pub fn read_bytes(bytes: &[u8]) -> Result<Journal, Damage> {
    read_marked(bytes, None)
}

/// Reads a journal's bytes. Damage behind all that is known to have been on the disk is a torn tail; before it, it is
/// refused.
///
/// A crash tears lines, loses them and fills them with zeros; it never writes a line that fits its digest in a place where
/// it does not belong. Such a line is refused wherever it stands.
pub fn read_marked(bytes: &[u8], mark: Option<&Mark>) -> Result<Journal, Damage> {
    let mut walk = Walk::begin(bytes, mark)?;
    let mut records: Vec<Record> = Vec::new();
    while let Some((envelope, line)) = walk.step(bytes)? {
        let seq = envelope.seq;
        let record = envelope.record(line.text, line.digest);
        records.push(record.map_err(|what| Damage { seq, what: format!("record {seq} {what}") })?);
    }
    let mark = walk.mark.clone();
    let Verified { header, head, length, tail, .. } = walk.end(bytes)?;
    Ok(Journal { header, records, head, length, tail, mark })
}

/// Verifies a journal's bytes: what [`read_marked`] refuses is refused, and no event is read.
pub fn verify_marked(bytes: &[u8], mark: Option<&Mark>) -> Result<Verified, Damage> {
    let mut walk = Walk::begin(bytes, mark)?;
    while walk.step(bytes)?.is_some() {}
    walk.end(bytes)
}

/// A walk along the lines of a journal. A copy of it can go on with other bytes that begin as these do.
#[derive(Clone, Debug)]
pub struct Walk {
    header: Arc<RunHeader>,
    mark: Option<Mark>,
    /// The last good record.
    seq: u64,
    /// Its digest.
    head: String,
    /// Where the next line begins.
    at: usize,
}

impl Walk {
    /// Begins with the header.
    pub fn begin(bytes: &[u8], mark: Option<&Mark>) -> Result<Self, Damage> {
        let fault = |what: &str| Damage { seq: 0, what: format!("the header {what}") };
        let first = next_line(bytes, 0).ok_or_else(|| fault("is not whole"))?;
        let line = chain::open(first).ok_or_else(|| fault("does not fit its digest"))?;
        let header: RunHeader =
            serde_json::from_str(line.text).map_err(|error| fault(&format!("cannot be read: {error}")))?;
        let header = Arc::new(header);
        let walk = Self { header, mark: mark.cloned(), seq: 0, head: line.digest.to_owned(), at: first.len() + 1 };
        walk.hold_against_mark()?;
        Ok(walk)
    }

    /// The header.
    pub fn header(&self) -> &RunHeader {
        &self.header
    }

    /// Takes the next record, if it is whole. A record that is whole and does not belong there is refused.
    pub(crate) fn step<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<(Envelope<'a>, Sealed<'a>)>, Damage> {
        let seq = self.seq + 1;
        let Some(whole) = next_line(bytes, self.at) else { return Ok(None) };
        let Some(line) = chain::open(whole) else { return Ok(None) };
        let damage = |what: &str| Damage { seq, what: format!("record {seq} {what}") };
        let envelope: Envelope<'a> =
            serde_json::from_str(line.text).map_err(|error| damage(&format!("cannot be read: {error}")))?;
        if envelope.seq != seq {
            return Err(damage(&format!("is missing: record {} stands in its place", envelope.seq)));
        }
        if envelope.prev != self.head {
            return Err(damage("does not follow the record before it"));
        }
        self.seq = seq;
        line.digest.clone_into(&mut self.head);
        self.at += whole.len() + 1;
        self.hold_against_mark()?;
        Ok(Some((envelope, line)))
    }

    /// Takes the next record, if it is whole; false at the end of what is.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<bool, Damage> {
        Ok(self.step(bytes)?.is_some())
    }

    /// The record that the mark names is the one that was on the disk.
    fn hold_against_mark(&self) -> Result<(), Damage> {
        match &self.mark {
            Some(mark) if mark.seq == self.seq && mark.head != self.head => {
                let seq = self.seq;
                Err(Damage { seq, what: format!("record {seq} is not the one that was on the disk") })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Judges what lies behind the last good record: it may be set aside only when nothing says that it was on the disk.
    pub fn end(self, bytes: &[u8]) -> Result<Verified, Damage> {
        let seq = self.seq + 1;
        let rest = &bytes[self.at..];
        if self.mark.as_ref().is_some_and(|mark| mark.seq >= seq) || is_durable(seq, rest) {
            let what = if rest.is_empty() { "is missing: it was on the disk" } else { "does not fit its digest" };
            return Err(Damage { seq, what: format!("record {seq} {what}") });
        }
        let (offset, bytes) = (self.at as u64, rest.len() as u64);
        let tail = (bytes > 0).then(|| Tail { offset, bytes, seq, records: beginnings(rest) });
        let header = Arc::unwrap_or_clone(self.header);
        Ok(Verified { header, records: self.seq, head: self.head, length: offset, tail })
    }
}

/// How every record begins.
const START: &[u8] = b"{\"seq\":";

/// Whether any record in a torn tail that fits its digest says that a record was on the disk. It may stand in the middle of
/// a line, when what was damaged is the end of the line before it.
fn is_durable(seq: u64, tail: &[u8]) -> bool {
    let says = |line| {
        let envelope = chain::open(line).and_then(|line| serde_json::from_str::<Envelope<'_>>(line.text).ok());
        envelope.is_some_and(|envelope| envelope.durable >= seq)
    };
    let lines = || tail.split(|byte| *byte == b'\n');
    lines().any(says)
        || lines().any(|line| {
            let starts = line.windows(START.len()).enumerate().skip(1).filter(|(_, window)| *window == START);
            starts.map(|(at, _)| &line[at..]).any(says)
        })
}

/// How many records begin in a torn tail; the first may have lost its beginning.
fn beginnings(tail: &[u8]) -> u64 {
    let lines = tail.split(|byte| *byte == b'\n').filter(|line| line.iter().any(|byte| *byte != 0));
    lines.count() as u64
}

/// The line that begins at a place, without its end; none when it has no end.
fn next_line(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    rest.iter().position(|byte| *byte == b'\n').map(|end| &rest[..end])
}
