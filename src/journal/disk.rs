//! What a writer asks of a disk: the one seam between the journal and the system, so that a disk that lies, tears and fills up
//! can stand in its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::journal::mark::Mark;
use crate::journal::space::reserve;

/// The name of the mark's file, beside the journal.
pub(crate) const MARK_FILE: &str = "journal.durable";

/// A journal's bytes, its mark, and what was set aside.
pub(crate) trait Disk: Send {
    /// Puts bytes at a place of the journal.
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// The journal's bytes from a place to its end.
    fn read(&mut self, from: u64) -> io::Result<Vec<u8>>;
    /// Cuts the journal to a length, and gives back what was reserved beyond it.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Waits until the journal is on the disk. After an error nothing is known of what was written since the last time.
    fn sync(&mut self) -> io::Result<()>;
    /// Puts bytes at a place of the mark's file. Nothing waits for the disk.
    fn mark(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Waits until the mark is on the disk.
    fn sync_mark(&mut self) -> io::Result<()>;
    /// Adds bytes to a file beside the journal. They are on the disk when this returns.
    fn set_aside(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Reserves room behind a place of the journal, so that what is written there cannot fail for lack of it.
    fn reserve(&mut self, from: u64, bytes: u64) -> io::Result<()>;
}

/// Files of a run's folder.
#[derive(Debug)]
pub(crate) struct Files {
    path: PathBuf,
    journal: File,
    mark: File,
}

impl Files {
    /// Makes a journal with its first line and its mark. It has its name only when all of it is on the disk: who dies before
    /// leaves a run that never began.
    pub(crate) fn create(path: &Path, line: &[u8], mark: &Mark, reserved: u64) -> io::Result<Self> {
        if path.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let new = path.with_file_name(".journal.new");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true).mode(0o600);
        let journal = options.open(&new)?;
        reserve(&journal, 0, reserved)?;
        journal.write_all_at(line, 0)?;
        journal.sync_all()?;
        let beside = options.open(path.with_file_name(MARK_FILE))?;
        beside.write_all_at(&mark.file(), 0)?;
        beside.sync_all()?;
        fs::rename(new, path)?;
        sync_folder(path)?;
        Ok(Self { path: path.to_path_buf(), journal, mark: beside })
    }

    /// Opens a journal that is there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let journal = OpenOptions::new().read(true).write(true).open(path)?;
        // A run of an earlier version has no mark; it is made.
        let mark = path.with_file_name(MARK_FILE);
        let known = mark.exists();
        let mark = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(mark)?;
        if !known {
            sync_folder(path)?;
        }
        Ok(Self { path: path.to_path_buf(), journal, mark })
    }
}

impl Disk for Files {
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.journal.write_all_at(bytes, at)
    }
    fn read(&mut self, from: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.journal.seek(SeekFrom::Start(from))?;
        self.journal.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.journal.set_len(length)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.journal.sync_data()
    }
    fn mark(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.mark.write_all_at(bytes, at)
    }
    fn sync_mark(&mut self) -> io::Result<()> {
        self.mark.sync_data()
    }
    fn set_aside(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let aside = self.path.with_file_name(name);
        let mut copy = OpenOptions::new().create(true).append(true).mode(0o600).open(aside)?;
        copy.write_all(bytes)?;
        copy.sync_all()?;
        sync_folder(&self.path)
    }
    fn reserve(&mut self, from: u64, bytes: u64) -> io::Result<()> {
        reserve(&self.journal, from, bytes)
    }
}

/// A new name is on the disk only when its folder is.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// The bytes of a journal in memory, and its mark.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    journal: Vec<u8>,
    mark: Vec<u8>,
    marks: Vec<Mark>,
}

impl MemoryJournal {
    pub(crate) fn new(journal: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Memory { journal, ..Memory::default() })))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.0.lock().expect("no holder of the lock panics"))
    }

    /// What was written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.with(|memory| memory.journal.clone())
    }

    /// Every durable mark that was made, in order.
    pub fn marks(&self) -> Vec<Mark> {
        self.with(|memory| memory.marks.clone())
    }
}

impl Disk for MemoryJournal {
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|memory| put(&mut memory.journal, at, bytes));
        Ok(())
    }
    fn read(&mut self, from: u64) -> io::Result<Vec<u8>> {
        Ok(self.with(|memory| memory.journal[place(from)..].to_vec()))
    }
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.with(|memory| memory.journal.truncate(place(length)));
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn mark(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|memory| {
            put(&mut memory.mark, at, bytes);
            memory.marks.extend(Mark::read(&memory.mark));
        });
        Ok(())
    }
    fn sync_mark(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn set_aside(&mut self, _: &str, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn reserve(&mut self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// Writes into bytes as into a file: a gap is filled with zeros.
fn put(bytes: &mut Vec<u8>, at: u64, new: &[u8]) {
    let (from, to) = (place(at), place(at) + new.len());
    if bytes.len() < to {
        bytes.resize(to, 0);
    }
    bytes[from..to].copy_from_slice(new);
}

fn place(at: u64) -> usize {
    usize::try_from(at).expect("a journal in memory fits into memory")
}
