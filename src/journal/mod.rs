//! The run on disk.
//!
//! ```text
//! .checkride/                (0700, its own .gitignore)
//!   runs/RUN/
//!     journal.jsonl          the header, then one record a line
//!     journal.durable        up to which record all of it was on the disk
//!     journal.torn-SEQ       what a crash tore off, from that record on
//!     runbook.toml profile.toml plan.json    the exact bytes that ran
//!     commands/STEP-ATTEMPT.lock  .state     the lock and the state of a command under its shim
//!     artifacts/sha256-…     outputs, change sets, templates, attachments, after secrets were cut
//! ```
//!
//! A line is a JSON object whose last member is `digest`: the SHA-256 of the line's raw bytes before `,"digest":`. A record
//! holds `seq`, `session`, `time` (UTC), `elapsed` (milliseconds of the session, monotonic), `durable` (all records up to
//! this one were on disk when it was written), `prev` (the digest of the line before) and `event`. So a changed byte, and a
//! record that was taken out, put in or moved, is found and named. Records that were cut off at the end are missed by the mark
//! beside the journal, as long as nobody takes that away, too; a seal does that, later.
//!
//! # What is promised, and against what
//!
//! After each sync `journal.durable` says up to which record all was on the disk: its number, its digest, and the length
//! of the journal. Such a mark is held against the journal by every reader.
//!
//! | what happened | what is there afterwards |
//! |---|---|
//! | checkride was killed, or died | every record that was acknowledged, and its mark. Damage or loss of any of them is refused, with the record named |
//! | the machine lost power, on a disk that keeps what it says it has synced | every record that was acknowledged. The mark may be an older one, of the sync before or of some seconds ago; then the records' own marks count, and a later damage of the very last records cannot be told from a torn end: it is set aside, by name |
//! | the disk was full, or failed | nothing new began. What was acknowledged is there. A failed sync is never tried again: on resume, what is not known to have been on the disk is written anew |
//! | the disk lied about a sync, and lost power | what is gone is refused by name as long as any mark of it is left. No record is ever taken for another |
//!
//! What lies beyond every mark may be set aside after a crash: it goes to `journal.torn-SEQ`, and is named on the screen, in
//! the journal as a deviation, and so in every report.
//!
//! Room is reserved ahead of what is written, where the file system can do so. A journal has its name only once its header
//! is on the disk: a run's folder without one is of a run that never began.

mod artifact;
mod chain;
mod disk;
mod folder;
mod follow;
mod format;
mod lock;
mod mark;
mod reader;
mod space;
mod writer;

#[cfg(test)]
mod model;

pub use artifact::{ArtifactDir, ArtifactFile, ArtifactWriter};
pub use disk::MemoryJournal;
pub use folder::{FolderError, RunFolder, RunsFolder};
pub use follow::Follower;
pub use format::{Record, RecordBody, UnknownEvent};
pub use lock::{LockError, LockHolder, RunLock};
pub use mark::Mark;
pub use reader::{
    Damage, Journal, ReadError, Tail, Verified, Walk, read, read_bytes, read_marked, verify, verify_marked,
};
pub use space::LEAST_ROOM;
pub use writer::{Durability, JournalError, Posted, ResumePoint, Writer};
