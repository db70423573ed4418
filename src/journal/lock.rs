//! One at a time: a lock that the system frees when its holder dies.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::journal::artifact::private_folder;

/// How often a new holder's name is looked for, and the time between two looks.
const LOOKS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(2);

/// The longest name of a holder, in bytes.
const LONGEST: usize = 4096;

/// Who holds a lock.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct LockHolder {
    /// The run.
    pub run: String,
    /// The process.
    pub pid: u32,
    /// The OS user.
    pub user: String,
    /// The machine.
    pub host: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// A lock that was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error("{}", held_by(.holder.as_ref()))]
    Held {
        /// Who, if it could be read.
        holder: Option<LockHolder>,
    },
    /// The system refused.
    #[error("the lock {} cannot be used", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

fn held_by(holder: Option<&LockHolder>) -> String {
    match holder {
        Some(LockHolder { run, pid, user, host, since }) => {
            format!("run {run} holds the lock: process {pid} of {user} on {host}, since {since}")
        }
        None => "another run holds the lock".to_owned(),
    }
}

/// A held lock; free again when it is dropped, or its process dies.
#[derive(Debug)]
pub struct RunLock {
    _file: Flock<File>,
}

impl RunLock {
    /// Takes the lock for one account, region and runbook, or one run. `key` is what it is for.
    pub fn take(folder: &Path, key: &str, holder: &LockHolder) -> Result<Self, LockError> {
        let path = path_of(folder, key);
        let refused = |source| LockError::Io { path: path.clone(), source };
        private_folder(folder).map_err(refused)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(refused)?;
        // Who only looks whether it is held holds it for an instant, too: such a one is waited for.
        for _ in 0..LOOKS {
            match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(mut lock) => {
                    lock.set_len(0).map_err(refused)?;
                    let text = serde_json::to_string(holder).expect("a holder is data that JSON can hold");
                    lock.write_all(text.as_bytes()).map_err(refused)?;
                    return Ok(Self { _file: lock });
                }
                Err((same, Errno::EWOULDBLOCK)) => file = same,
                Err((_, errno)) => return Err(refused(io::Error::from(errno))),
            }
            thread::sleep(PAUSE);
        }
        Err(LockError::Held { holder: named(&file) })
    }

    /// Who holds the lock now, if anybody does and it could be read.
    pub fn holder(folder: &Path, key: &str) -> Option<LockHolder> {
        let file = File::open(path_of(folder, key)).ok()?;
        match Flock::lock(file, FlockArg::LockSharedNonblock) {
            Err((file, Errno::EWOULDBLOCK)) => named(&file),
            Ok(_) | Err(_) => None,
        }
    }
}

/// Who a lock's file names. Whoever has just taken it writes its name a moment later: it is looked for a few times.
fn named(file: &File) -> Option<LockHolder> {
    for _ in 0..LOOKS {
        let mut text = vec![0; LONGEST];
        let length = file.read_at(&mut text, 0).ok()?;
        if let Ok(holder) = serde_json::from_slice(&text[..length]) {
            return Some(holder);
        }
        thread::sleep(PAUSE);
    }
    None
}

fn path_of(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{}.lock", &hex::encode(Sha256::digest(key.as_bytes()))[..16]))
}
