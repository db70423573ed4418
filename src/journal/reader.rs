//! Reading a journal: the chain is checked before a byte of it is believed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::event::RunHeader;
use crate::journal::chain;
use crate::journal::format::{Record, RecordBody};

/// What lies behind the last good record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tail {
    /// Where it begins, in bytes from the start of the file.
    pub offset: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// The record that would have stood there.
    pub seq: u64,
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

/// Reads a run's journal.
pub fn read(path: &Path) -> Result<Journal, ReadError> {
    let bytes = fs::read(path).map_err(|source| ReadError::Io { path: path.to_path_buf(), source })?;
    let journal = read_bytes(&bytes).map_err(|damage| ReadError::Damaged {
        path: path.to_path_buf(),
        seq: damage.seq,
        what: damage.what,
    })?;
    if journal.header.format > RunHeader::FORMAT {
        return Err(ReadError::Format { path: path.to_path_buf(), found: journal.header.format });
    }
    Ok(journal)
}

/// Reads a journal's bytes. Damage behind the last durable mark is a torn tail; before it, it is refused.
pub fn read_bytes(bytes: &[u8]) -> Result<Journal, Damage> {
    let mut lines = Lines { bytes, at: 0 };
    let header = |what: &str| Damage { seq: 0, what: format!("the header {what}") };
    let first = lines.next_line().ok_or_else(|| header("is not whole"))?;
    let (body, mut head) = chain::open(first).ok_or_else(|| header("does not fit its digest"))?;
    let header: RunHeader = serde_json::from_str(&body).map_err(|error| header(&format!("cannot be read: {error}")))?;
    let mut records: Vec<Record> = Vec::new();
    let mut good = lines.at;
    loop {
        let seq = records.len() as u64 + 1;
        let Some(line) = lines.next_line() else { break };
        match record(line, seq, &head) {
            Ok(record) => {
                head.clone_from(&record.digest);
                good = lines.at;
                records.push(record);
            }
            Err(what) => {
                let durable = records.last().map_or(0, |record| record.durable).max(lines.durable_after());
                if durable >= seq {
                    return Err(Damage { seq, what: format!("record {seq} {what}") });
                }
                break;
            }
        }
    }
    let tail = (good < bytes.len()).then(|| Tail {
        offset: good as u64,
        bytes: (bytes.len() - good) as u64,
        seq: records.len() as u64 + 1,
    });
    Ok(Journal { header, records, head, length: good as u64, tail })
}

fn record(line: &[u8], seq: u64, prev: &str) -> Result<Record, String> {
    let (body, digest) = chain::open(line).ok_or("does not fit its digest")?;
    let body: RecordBody = serde_json::from_str(&body).map_err(|error| format!("cannot be read: {error}"))?;
    if body.seq != seq {
        return Err(format!("is missing: record {} stands in its place", body.seq));
    }
    if body.prev != prev {
        return Err("does not follow the record before it".to_owned());
    }
    body.into_record(digest)
}

struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// The next whole line, without its end.
    fn next_line(&mut self) -> Option<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        self.at += end + 1;
        Some(&rest[..end])
    }

    /// The highest durable mark of any later line that fits its digest: what it covers must not be set aside.
    fn durable_after(&self) -> u64 {
        self.bytes[self.at..]
            .split(|byte| *byte == b'\n')
            .filter_map(chain::open)
            .filter_map(|(body, _)| serde_json::from_str::<RecordBody>(&body).ok())
            .map(|body| body.durable)
            .max()
            .unwrap_or(0)
    }
}
