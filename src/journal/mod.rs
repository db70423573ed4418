//! The run on disk.
//!
//! ```text
//! .checkride/                (0700, its own .gitignore)
//!   runs/RUN/
//!     journal.jsonl          the header, then one record a line
//!     runbook.toml profile.toml plan.json    the exact bytes that ran
//!     commands/STEP-ATTEMPT/ the lock and the state of a command under its shim
//!     artifacts/sha256-…     outputs, change sets, templates, attachments, after secrets were cut
//! ```
//!
//! A line is a JSON object whose last member is `digest`: the SHA-256 of the line's raw bytes before `,"digest":`. A record
//! holds `seq`, `session`, `time` (UTC), `elapsed` (milliseconds of the session, monotonic), `durable` (all records up to
//! this one were on disk when it was written), `prev` (the digest of the line before) and `event`. So a changed byte, and a
//! record that was taken out, put in or moved, is found and named. Records that were cut off at the end cannot be missed
//! by a bare chain; a seal does that, later.
//!
//! After a crash only what lies beyond the last durable mark may be set aside: it goes to `journal.torn-N`, and is named.

mod artifact;
mod chain;
mod folder;
mod format;
mod lock;
mod reader;
mod writer;

pub use artifact::{ArtifactDir, ArtifactWriter};
pub use folder::{FolderError, RunFolder, RunsFolder};
pub use format::{Record, RecordBody, UnknownEvent};
pub use lock::{LockError, LockHolder, RunLock};
pub use reader::{Damage, Journal, ReadError, Tail, read, read_bytes};
pub use writer::{Durability, JournalError, MemoryJournal, ResumePoint, Writer};
