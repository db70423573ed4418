//! One stream of a program: cut, stored, shown, kept.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use crate::event::ArtifactRef;
use crate::journal::{ArtifactDir, ArtifactFile, ArtifactWriter};
use crate::shim::speaker::Speaker;
use crate::world::secret::{Cutter, Redactor};

/// How much of the end is kept of a stream that is too long to be stored, in bytes.
const TAIL: usize = 64 * 1024;

/// One stream.
pub(super) struct Capture {
    error: bool,
    /// What may not be stored because outputs of it are secret may not be shown either.
    shown: bool,
    cutter: Cutter,
    /// A stream that says nothing makes no file.
    file: Option<ArtifactFile>,
    writer: Option<ArtifactWriter>,
    broken: Option<io::Error>,
    limit: u64,
    stored: u64,
    left_out: u64,
    tail: VecDeque<u8>,
    kept: Vec<u8>,
    keep: usize,
    cut_off: bool,
}

/// What came of a stream.
pub(super) struct Captured {
    pub(super) artifact: Option<ArtifactRef>,
    pub(super) broken: Option<io::Error>,
    pub(super) left_out: u64,
    pub(super) kept: Vec<u8>,
    pub(super) cut_off: bool,
}

impl Capture {
    /// A stream that is stored under this name, or not at all.
    pub(super) fn new(error: bool, redactor: &Redactor, store: Option<&ArtifactDir>, limit: u64, keep: usize) -> Self {
        let name = if error { "stderr" } else { "stdout" };
        Self {
            error,
            shown: store.is_some(),
            cutter: redactor.stream(),
            file: store.map(|folder| folder.name(name, "text/plain")),
            writer: None,
            broken: None,
            limit,
            stored: 0,
            left_out: 0,
            tail: VecDeque::new(),
            kept: Vec::new(),
            keep,
            cut_off: false,
        }
    }

    /// The file that is written meanwhile, once there is something to write.
    pub(super) fn path(&self) -> Option<PathBuf> {
        self.file.as_ref().map(|file| file.path().to_path_buf())
    }

    pub(super) fn take(&mut self, bytes: &[u8], speaker: &Speaker) {
        let room = self.keep.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(&bytes[..room]);
        self.cut_off |= room < bytes.len();
        let cut = self.cutter.push(bytes);
        self.store(cut, speaker);
    }

    fn store(&mut self, cut: Vec<u8>, speaker: &Speaker) {
        if cut.is_empty() {
            return;
        }
        let room = usize::try_from(self.limit.saturating_sub(self.stored)).unwrap_or(usize::MAX).min(cut.len());
        let (stored, rest) = cut.split_at(room);
        self.write(stored);
        self.stored += stored.len() as u64;
        if !rest.is_empty() {
            self.left_out += rest.len() as u64;
            self.tail.extend(rest);
            let over = self.tail.len().saturating_sub(TAIL);
            self.tail.drain(..over);
        }
        if self.shown {
            speaker.show(self.error, cut);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let Some(file) = self.file.take() {
            match file.create() {
                Ok(writer) => self.writer = Some(writer),
                Err(error) => drop(self.broken.get_or_insert(error)),
            }
        }
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.push(bytes)
        {
            // The program goes on, and its end counts: that its output is not whole is on record.
            self.broken.get_or_insert(error);
            self.writer = None;
        }
    }

    pub(super) fn finish(mut self, speaker: &Speaker) -> Captured {
        let rest = self.cutter.finish();
        self.store(rest, speaker);
        let tail: Vec<u8> = std::mem::take(&mut self.tail).into();
        let missing = self.left_out - tail.len() as u64;
        if missing > 0 {
            self.write(format!("\n[checkride: {missing} bytes are left out here]\n").as_bytes());
        }
        self.write(&tail);
        let artifact = match self.writer.take().filter(|_| self.stored > 0).map(ArtifactWriter::finish) {
            Some(Ok(artifact)) => Some(artifact),
            Some(Err(error)) => {
                self.broken.get_or_insert(error);
                None
            }
            None => None,
        };
        let Self { broken, kept, cut_off, .. } = self;
        Captured { artifact, broken, left_out: missing, kept, cut_off }
    }
}
