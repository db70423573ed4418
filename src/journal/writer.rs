//! Writing a journal: a thread of its own, so that a sync never stalls a poll; group commit for reads.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::event::{Event, RunHeader};
use crate::journal::chain;
use crate::journal::format::RecordBody;
use crate::journal::reader::{Journal, Tail};

/// How long a read may wait for its sync.
const LAZY: Duration = Duration::from_millis(500);

/// When an append is done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// Once it is on the disk. Intents, outcomes of writes, answers, ends.
    Synced,
    /// Once it is written; it is synced with the next one that is, or soon. Reads.
    Written,
}

/// The journal could not be written. Nothing more may be done; a sync is never tried again, because the system may have
/// dropped what it could not write.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    /// It could not be made or opened.
    #[error("the journal {} could not be opened", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
    /// A record could not be written or synced.
    #[error("the journal {} could not be written", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
    /// The writer is gone.
    #[error("the journal's writer is gone")]
    Gone,
}

/// Where a resumed journal goes on.
#[derive(Clone, Debug)]
pub struct ResumePoint {
    head: String,
    length: u64,
    last: u64,
    tail: Option<Tail>,
}

impl From<&Journal> for ResumePoint {
    fn from(journal: &Journal) -> Self {
        Self {
            head: journal.head.clone(),
            length: journal.length,
            last: journal.records.len() as u64,
            tail: journal.tail.clone(),
        }
    }
}

struct Append {
    event: Event,
    durability: Durability,
    reply: oneshot::Sender<Result<(), JournalError>>,
}

/// The writer of one run's journal. When it is dropped, what was written is synced.
#[derive(Debug)]
pub struct Writer {
    queue: Option<Sender<Append>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Makes the journal of a new run: its header is on the disk when this returns.
    pub fn create(path: &Path, header: &RunHeader) -> Result<Self, JournalError> {
        let open = |source| JournalError::Open { path: path.to_path_buf(), source: Arc::new(source) };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(open)?;
        let text = serde_json::to_string(header).expect("a header is data that JSON can hold");
        let (line, head) = chain::seal(&text);
        file.write_all(format!("{line}\n").as_bytes()).map_err(open)?;
        file.sync_all().map_err(open)?;
        sync_folder(path).map_err(open)?;
        Ok(Self::start(path, Box::new(file), head, 0))
    }

    /// Goes on with the journal of an earlier session. What a crash tore off is put into `journal.torn-SEQ` first.
    pub fn resume(path: &Path, point: &ResumePoint) -> Result<Self, JournalError> {
        let open = |source| JournalError::Open { path: path.to_path_buf(), source: Arc::new(source) };
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(open)?;
        if let Some(tail) = &point.tail {
            set_aside(path, &mut file, tail).map_err(open)?;
        }
        file.set_len(point.length).map_err(open)?;
        file.seek(SeekFrom::Start(point.length)).map_err(open)?;
        file.sync_all().map_err(open)?;
        Ok(Self::start(path, Box::new(file), point.head.clone(), point.last))
    }

    /// A journal in memory, for tests of the engine: the same bytes, no disk.
    pub fn in_memory(header: &RunHeader) -> (Self, MemoryJournal) {
        let text = serde_json::to_string(header).expect("a header is data that JSON can hold");
        let (line, head) = chain::seal(&text);
        let memory = MemoryJournal(Arc::new(std::sync::Mutex::new(format!("{line}\n").into_bytes())));
        (Self::start(Path::new("memory"), Box::new(memory.clone()), head, 0), memory)
    }

    /// Goes on with a journal in memory.
    pub fn resume_in_memory(bytes: &[u8], point: &ResumePoint) -> (Self, MemoryJournal) {
        let length = usize::try_from(point.length).expect("a journal in memory fits into memory");
        let memory = MemoryJournal(Arc::new(std::sync::Mutex::new(bytes[..length].to_vec())));
        (Self::start(Path::new("memory"), Box::new(memory.clone()), point.head.clone(), point.last), memory)
    }

    fn start(path: &Path, disk: Box<dyn Disk>, head: String, durable: u64) -> Self {
        let (queue, appends) = channel();
        let path = path.to_path_buf();
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || Loop { path, disk, head, durable, written: durable, failed: None }.run(&appends))
            .expect("a thread can be started");
        Self { queue: Some(queue), thread: Some(thread) }
    }

    /// Appends a record. An error means: nothing more may be done.
    pub async fn append(&self, event: Event, durability: Durability) -> Result<(), JournalError> {
        let (reply, done) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(JournalError::Gone)?;
        queue.send(Append { event, durability, reply }).map_err(|_| JournalError::Gone)?;
        done.await.map_err(|_| JournalError::Gone)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has told so through its replies.
            drop(thread.join());
        }
    }
}

/// Where the bytes go.
trait Disk: Send {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
}

impl Disk for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// The bytes of a journal in memory.
#[derive(Clone, Debug)]
pub struct MemoryJournal(Arc<std::sync::Mutex<Vec<u8>>>);

impl MemoryJournal {
    /// What was written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no holder of the lock panics").clone()
    }
}

impl Disk for MemoryJournal {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().expect("no holder of the lock panics").extend_from_slice(bytes);
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Loop {
    path: PathBuf,
    disk: Box<dyn Disk>,
    head: String,
    durable: u64,
    written: u64,
    failed: Option<JournalError>,
}

impl Loop {
    fn run(mut self, appends: &Receiver<Append>) {
        loop {
            let first = if self.written > self.durable {
                match appends.recv_timeout(LAZY) {
                    Ok(append) => Some(append),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            } else {
                match appends.recv() {
                    Ok(append) => Some(append),
                    Err(_) => break,
                }
            };
            match first {
                Some(first) => self.batch(first, appends),
                None => drop(self.sync()),
            }
        }
        if self.written > self.durable {
            drop(self.sync());
        }
    }

    /// Writes all that waits, and syncs once if any of it asks for it.
    fn batch(&mut self, first: Append, appends: &Receiver<Append>) {
        let mut waiting = Vec::new();
        let mut sync = false;
        let mut next = Some(first);
        while let Some(append) = next {
            let result = self.write(&append.event);
            match (result, append.durability) {
                (Ok(()), Durability::Synced) => {
                    sync = true;
                    waiting.push(append.reply);
                }
                // Whoever asked may be gone; the record stands all the same.
                (result, _) => drop(append.reply.send(result)),
            }
            next = appends.try_recv().ok();
        }
        if sync {
            let result = self.sync();
            for reply in waiting {
                drop(reply.send(result.clone()));
            }
        }
    }

    fn write(&mut self, event: &Event) -> Result<(), JournalError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let body = RecordBody::of(event, self.durable, &self.head);
        let text = serde_json::to_string(&body).expect("a record is data that JSON can hold");
        let (mut line, digest) = chain::seal(&text);
        line.push('\n');
        match self.disk.append(line.as_bytes()) {
            Ok(()) => {
                self.head = digest;
                self.written = event.seq;
                Ok(())
            }
            Err(source) => Err(self.fail(source)),
        }
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        match self.disk.sync() {
            Ok(()) => {
                self.durable = self.written;
                Ok(())
            }
            Err(source) => Err(self.fail(source)),
        }
    }

    fn fail(&mut self, source: io::Error) -> JournalError {
        let error = JournalError::Write { path: self.path.clone(), source: Arc::new(source) };
        self.failed = Some(error.clone());
        error
    }
}

/// Copies a torn tail into a file of its own. The same record may be torn twice: what is there already is kept.
fn set_aside(path: &Path, file: &mut File, tail: &Tail) -> io::Result<()> {
    let aside = path.with_file_name(format!("journal.torn-{}", tail.seq));
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(tail.offset))?;
    io::Read::read_to_end(file, &mut bytes)?;
    let mut copy = OpenOptions::new().create(true).append(true).mode(0o600).open(aside)?;
    copy.write_all(&bytes)?;
    copy.sync_all()?;
    sync_folder(path)
}

/// A new name is on the disk only when its folder is.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
