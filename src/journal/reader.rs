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
    // A later format may have other headers and other records: it is named before they are looked at.
    if let Some(found) = format_of(&bytes).filter(|found| *found > RunHeader::FORMAT) {
        return Err(ReadError::Format { path: path.to_path_buf(), found });
    }
    read_bytes(&bytes).map_err(|damage| ReadError::Damaged {
        path: path.to_path_buf(),
        seq: damage.seq,
        what: damage.what,
    })
}

/// The format that a header's line names, if the line fits its digest.
fn format_of(bytes: &[u8]) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Head {
        format: u32,
    }
    let (body, _) = chain::open(Lines { bytes, at: 0 }.next_line()?)?;
    serde_json::from_str::<Head>(&body).ok().map(|head| head.format)
}

/// Reads a journal's bytes. Damage behind the last durable mark is a torn tail; before it, it is refused.
///
/// A crash tears lines, loses them and fills them with zeros; it never writes a line that fits its digest in a place where
/// it does not belong. Such a line is refused wherever it stands.
pub fn read_bytes(bytes: &[u8]) -> Result<Journal, Damage> {
    let mut lines = Lines { bytes, at: 0 };
    let header = |what: &str| Damage { seq: 0, what: format!("the header {what}") };
    let first = lines.next_line().ok_or_else(|| header("is not whole"))?;
    let (body, mut head) = chain::open(first).ok_or_else(|| header("does not fit its digest"))?;
    let header: RunHeader = serde_json::from_str(&body).map_err(|error| header(&format!("cannot be read: {error}")))?;
    let mut records: Vec<Record> = Vec::new();
    let mut good = lines.at;
    while let Some(line) = lines.next_line() {
        let seq = records.len() as u64 + 1;
        let Some((body, digest)) = chain::open(line) else { break };
        let record =
            record(&body, digest, seq, &head).map_err(|what| Damage { seq, what: format!("record {seq} {what}") })?;
        head.clone_from(&record.digest);
        good = lines.at;
        records.push(record);
    }
    let seq = records.len() as u64 + 1;
    if durable_in(&bytes[good..]) >= seq {
        return Err(Damage { seq, what: format!("record {seq} does not fit its digest") });
    }
    let tail = (good < bytes.len()).then(|| Tail { offset: good as u64, bytes: (bytes.len() - good) as u64, seq });
    Ok(Journal { header, records, head, length: good as u64, tail })
}

fn record(body: &str, digest: String, seq: u64, prev: &str) -> Result<Record, String> {
    let body: RecordBody = serde_json::from_str(body).map_err(|error| format!("cannot be read: {error}"))?;
    if body.seq != seq {
        return Err(format!("is missing: record {} stands in its place", body.seq));
    }
    if body.prev != prev {
        return Err("does not follow the record before it".to_owned());
    }
    body.into_record(digest)
}

/// The highest durable mark of any record in a torn tail that fits its digest: what it covers must not be set aside. A
/// record may stand in the middle of a line, when what was damaged is the end of the line before it.
fn durable_in(tail: &[u8]) -> u64 {
    const START: &[u8] = b"{\"seq\":";
    tail.split(|byte| *byte == b'\n')
        .flat_map(|line| {
            let starts = line.windows(START.len()).enumerate().filter(|(_, window)| *window == START);
            starts.map(|(at, _)| &line[at..])
        })
        .filter_map(chain::open)
        .filter_map(|(body, _)| serde_json::from_str::<RecordBody>(&body).ok())
        .map(|body| body.durable)
        .max()
        .unwrap_or(0)
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
}
