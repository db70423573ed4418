//! One at a time: a lock that the system frees when its holder dies.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::journal::artifact::private_folder;

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
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(refused)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut lock) => {
                lock.set_len(0).map_err(refused)?;
                let text = serde_json::to_string(holder).expect("a holder is data that JSON can hold");
                lock.write_all(text.as_bytes()).map_err(refused)?;
                Ok(Self { _file: lock })
            }
            Err((mut file, Errno::EWOULDBLOCK)) => {
                let mut text = String::new();
                // Who it is is a courtesy.
                drop(file.read_to_string(&mut text));
                Err(LockError::Held { holder: serde_json::from_str(&text).ok() })
            }
            Err((_, errno)) => Err(refused(io::Error::from(errno))),
        }
    }

    /// Who holds the lock now, if anybody does and it could be read.
    pub fn holder(folder: &Path, key: &str) -> Option<LockHolder> {
        let mut file = File::open(path_of(folder, key)).ok()?;
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        match Flock::lock(file, FlockArg::LockSharedNonblock) {
            Err((_, Errno::EWOULDBLOCK)) => serde_json::from_str(&text).ok(),
            Ok(_) | Err(_) => None,
        }
    }
}

fn path_of(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{}.lock", &hex::encode(Sha256::digest(key.as_bytes()))[..16]))
}
