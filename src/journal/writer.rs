//! Writing a journal: a thread of its own, so that a sync never stalls a poll; group commit for reads.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::event::{Event, RunHeader};
use crate::journal::chain;
use crate::journal::disk::{Disk, Files, MemoryJournal};
use crate::journal::format::RecordBody;
use crate::journal::mark::Mark;
use crate::journal::reader::{Journal, Tail};
use crate::journal::space::AHEAD;

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
    /// The last good record.
    last: Mark,
    /// How much of it is known to have been on the disk, in bytes.
    known: u64,
    tail: Option<Tail>,
}

impl From<&Journal> for ResumePoint {
    fn from(journal: &Journal) -> Self {
        Self {
            last: Mark { seq: journal.records.len() as u64, length: journal.length, head: journal.head.clone() },
            known: journal.mark.as_ref().map_or(0, |mark| mark.length),
            tail: journal.tail.clone(),
        }
    }
}

/// What becomes of a record that was posted.
pub type Posted = oneshot::Receiver<Result<(), JournalError>>;

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
        let (line, mark) = first_line(header);
        let files = Files::create(path, line.as_bytes(), &mark, AHEAD)
            .map_err(|source| JournalError::Open { path: path.to_path_buf(), source: Arc::new(source) })?;
        Ok(Self::start(Loop::new(path, Box::new(files), mark)))
    }

    /// Goes on with the journal of an earlier session. What a crash tore off is put into `journal.torn-SEQ` first.
    pub fn resume(path: &Path, point: &ResumePoint) -> Result<Self, JournalError> {
        let open = |source| JournalError::Open { path: path.to_path_buf(), source: Arc::new(source) };
        let files = Files::open(path).map_err(open)?;
        Ok(Self::start(Loop::go_on(path, Box::new(files), point).map_err(open)?))
    }

    /// A journal in memory, for tests of the engine: the same bytes, no disk.
    pub fn in_memory(header: &RunHeader) -> (Self, MemoryJournal) {
        let (line, mark) = first_line(header);
        let memory = MemoryJournal::new(line.into_bytes());
        (Self::start(Loop::new(Path::new("memory"), Box::new(memory.clone()), mark)), memory)
    }

    /// Goes on with a journal in memory.
    pub fn resume_in_memory(bytes: &[u8], point: &ResumePoint) -> (Self, MemoryJournal) {
        let memory = MemoryJournal::new(bytes.to_vec());
        let next = Loop::go_on(Path::new("memory"), Box::new(memory.clone()), point);
        (Self::start(next.expect("memory never fails")), memory)
    }

    pub(super) fn start(next: Loop) -> Self {
        let (queue, appends) = channel();
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || next.run(&appends))
            .expect("a thread can be started");
        Self { queue: Some(queue), thread: Some(thread) }
    }

    /// Appends a record. An error means: nothing more may be done.
    pub async fn append(&self, event: Event, durability: Durability) -> Result<(), JournalError> {
        self.post(event, durability)?.await.map_err(|_| JournalError::Gone)?
    }

    /// Appends a record, and waits for nothing: what came of it is told in its time. If it could not be written, none that
    /// follows is.
    pub fn post(&self, event: Event, durability: Durability) -> Result<Posted, JournalError> {
        let (reply, done) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(JournalError::Gone)?;
        queue.send(Append { event, durability, reply }).map_err(|_| JournalError::Gone)?;
        Ok(done)
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

/// The first line of a journal, and the mark that it is on the disk.
pub(super) fn first_line(header: &RunHeader) -> (String, Mark) {
    let text = serde_json::to_string(header).expect("a header is data that JSON can hold");
    let (mut line, head) = chain::seal(&text);
    line.push('\n');
    let mark = Mark { seq: 0, length: line.len() as u64, head };
    (line, mark)
}

/// What the writer's thread does.
pub(super) struct Loop {
    path: PathBuf,
    disk: Box<dyn Disk>,
    /// The end of the journal as it was written.
    end: Mark,
    /// Up to which record all is on the disk.
    durable: u64,
    /// How many marks were made; each goes to the place that the last one did not.
    marks: u64,
    /// Up to where room is reserved; none when there is no more to be had.
    reserved: Option<u64>,
    failed: Option<JournalError>,
    /// Whether it was a sync that failed: then it is not known what the disk holds, and no other sync tells.
    lost: bool,
}

impl Loop {
    /// Goes on behind what is on the disk.
    pub(super) fn new(path: &Path, disk: Box<dyn Disk>, end: Mark) -> Self {
        let (durable, reserved) = (end.seq, Some(end.length.max(AHEAD)));
        Self { path: path.to_path_buf(), disk, end, durable, marks: 1, reserved, failed: None, lost: false }
    }

    /// Prepares the journal of an earlier session. What was torn is set aside. What was written and is not known to have been
    /// on the disk is written again before it is synced: after a sync that failed the system holds such bytes for clean, shows
    /// them to every reader, and never writes them.
    pub(super) fn go_on(path: &Path, mut disk: Box<dyn Disk>, point: &ResumePoint) -> io::Result<Self> {
        let end = point.last.clone();
        if let Some(tail) = &point.tail {
            let torn = disk.read(tail.offset)?;
            disk.set_aside(&tail.file(), &torn)?;
        }
        disk.cut(end.length)?;
        if point.known < end.length {
            let unsure = disk.read(point.known)?;
            disk.write(point.known, &unsure)?;
        }
        disk.reserve(end.length, AHEAD)?;
        disk.sync()?;
        // The other place holds an earlier mark, or none: what was cut off was named by neither.
        disk.mark(Mark::place(0), &end.bytes())?;
        disk.sync_mark()?;
        let reserved = Some(end.length + AHEAD);
        Ok(Self {
            path: path.to_path_buf(),
            disk,
            durable: end.seq,
            end,
            marks: 1,
            reserved,
            failed: None,
            lost: false,
        })
    }

    fn run(mut self, appends: &Receiver<Append>) {
        loop {
            let first = if self.end.seq > self.durable {
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
            self.reserve();
        }
        self.close();
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
        let body = RecordBody::of(event, self.durable, &self.end.head);
        let text = serde_json::to_string(&body).expect("a record is data that JSON can hold");
        let (mut line, head) = chain::seal(&text);
        line.push('\n');
        match self.disk.write(self.end.length, line.as_bytes()) {
            Ok(()) => {
                self.end = Mark { seq: event.seq, length: self.end.length + line.len() as u64, head };
                Ok(())
            }
            Err(source) => Err(self.fail(source)),
        }
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        self.sync_written()
    }

    fn sync_written(&mut self) -> Result<(), JournalError> {
        let place = Mark::place(self.marks);
        match self.disk.sync().and_then(|()| self.disk.mark(place, &self.end.bytes())) {
            Ok(()) => {
                self.durable = self.end.seq;
                self.marks += 1;
                Ok(())
            }
            Err(source) => {
                self.lost = true;
                Err(self.fail(source))
            }
        }
    }

    /// Reserves more room once half of it is used, while nobody waits. That there is none shows when it is needed.
    fn reserve(&mut self) {
        if let Some(reserved) = self.reserved.filter(|reserved| *reserved < self.end.length + AHEAD / 2) {
            let more = self.failed.is_none() && self.disk.reserve(reserved, AHEAD).is_ok();
            self.reserved = more.then_some(reserved + AHEAD);
        }
    }

    /// The end of a session: all of it is on the disk, its mark, too, and no room is kept. Of a journal that could not be
    /// written what was written before is synced; a sync that failed is not tried again.
    fn close(&mut self) {
        if self.lost || (self.end.seq > self.durable && self.sync_written().is_err()) {
            return;
        }
        // What counts is on the disk; these two are for later readers.
        if self.failed.is_none() {
            drop(self.disk.cut(self.end.length));
        }
        drop(self.disk.sync_mark());
    }

    fn fail(&mut self, source: io::Error) -> JournalError {
        let error = JournalError::Write { path: self.path.clone(), source: Arc::new(source) };
        self.failed = Some(error.clone());
        error
    }
}
