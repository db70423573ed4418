//! A journal that is read while somebody writes it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::event::RunHeader;
use crate::journal::Record;
use crate::journal::reader::{ReadError, Walk};

/// Reads what is added to a journal, as it is added. Each record is held against the one before it.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    bytes: Vec<u8>,
    walk: Walk,
    /// The last record that was given out.
    given: u64,
}

impl Follower {
    /// Begins with the first record of a run's journal.
    ///
    /// # Errors
    /// It cannot be read, or its header is damaged.
    pub fn of(path: &Path) -> Result<Self, ReadError> {
        let bytes = std::fs::read(path).map_err(|source| refused(path, source))?;
        let walk = Walk::begin(&bytes, None).map_err(|damage| damage.of(path))?;
        Ok(Self { path: path.to_path_buf(), bytes, walk, given: 0 })
    }

    /// The journal's header.
    pub fn header(&self) -> &RunHeader {
        self.walk.header()
    }

    /// The records that are new since the last call. Those that a crash tore off may have been given out before.
    ///
    /// # Errors
    /// It cannot be read, or what was added does not follow what was there.
    pub fn news(&mut self) -> Result<Vec<Record>, ReadError> {
        let path = self.path.clone();
        let io = |source| refused(&path, source);
        let mut file = File::open(&self.path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        if length < self.bytes.len() as u64 {
            // A later session has set a torn end aside: what is behind it now is another.
            self.bytes.clear();
            file.read_to_end(&mut self.bytes).map_err(io)?;
            self.walk = Walk::begin(&self.bytes, None).map_err(|damage| damage.of(&self.path))?;
        } else {
            file.seek(SeekFrom::Start(self.bytes.len() as u64)).map_err(io)?;
            file.read_to_end(&mut self.bytes).map_err(io)?;
        }
        let mut news = Vec::new();
        while let Some((envelope, line)) = self.walk.step(&self.bytes).map_err(|damage| damage.of(&self.path))? {
            if envelope.seq > self.given {
                self.given = envelope.seq;
                let seq = envelope.seq;
                let record = envelope.record(line.text, line.digest).map_err(|what| ReadError::Damaged {
                    path: self.path.clone(),
                    seq,
                    what: format!("record {seq} {what}"),
                })?;
                news.push(record);
            }
        }
        Ok(news)
    }
}

fn refused(path: &Path, source: io::Error) -> ReadError {
    ReadError::Io { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Follower;
    use crate::event::{Event, EventKind, RunHeader};
    use crate::id::{Phase, RunId};
    use crate::journal::{Durability, Writer};

    fn header() -> RunHeader {
        RunHeader {
            checkride: "journal".to_owned(),
            format: RunHeader::FORMAT,
            tool: "0.1.0".to_owned(),
            run: RunId::new("20261121T181500Z-test-0000").unwrap(),
            started: "2026-11-21T18:15:00.000Z".to_owned(),
            runbook: "r".to_owned(),
            title: "R".to_owned(),
            profile: None,
            tier: None,
            plan: "sha256:feed".to_owned(),
            target: None,
            user: "ana".to_owned(),
            host: "kestrel".to_owned(),
            git: None,
            change: None,
            reason: None,
            verification: None,
            tabletop: false,
        }
    }

    fn event(seq: u64) -> Event {
        let at = "2026-11-21T18:15:00Z".parse().unwrap();
        Event { seq, session: 1, at, elapsed_ms: seq, kind: EventKind::PhaseStarted { phase: Phase::Deploy } }
    }

    #[test]
    fn what_is_added_is_given_out_once_and_a_torn_end_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let writer = Writer::create(&path, &header()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let append = |seq| runtime.block_on(writer.append(event(seq), Durability::Written)).unwrap();
        let mut follower = Follower::of(&path).unwrap();
        let mut seqs = || follower.news().unwrap().iter().map(|record| record.seq).collect::<Vec<_>>();
        assert_eq!(seqs(), [0; 0]);
        append(1);
        append(2);
        assert_eq!(seqs(), [1, 2]);
        append(3);
        assert_eq!((seqs(), seqs()), (vec![3], vec![]));
        // Half a record is no news; it goes when it is set aside.
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole[..], b"{\"seq\":4,"].concat()).unwrap();
        assert_eq!(seqs(), [0; 0]);
        fs::write(&path, &whole).unwrap();
        assert_eq!(seqs(), [0; 0]);
        drop(writer);
        let damaged = String::from_utf8(whole).unwrap() + "{\"seq\":9}\n";
        fs::write(&path, damaged).unwrap();
        assert_eq!(follower.news().unwrap(), []);
    }
}
