//! `.checkride/` and the folders of its runs.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::id::RunId;
use crate::journal::artifact::private_folder;
use crate::journal::disk::sync_folder;
use crate::journal::reader::mark_of;
use crate::journal::space::{LEAST_ROOM, free};

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused.
    #[error("{} cannot be used", .path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is not enough room for a run.
    #[error("there is too little room in {}: {} MiB are free, and a run begins with at least {}", .folder.display(), mebibytes(*.free), mebibytes(*.wanted))]
    NoRoom {
        /// Where.
        folder: PathBuf,
        /// How many bytes are free.
        free: u64,
        /// How many are wanted.
        wanted: u64,
    },
    /// There is no such run.
    #[error("there is no run `{name}` in {}", .folder.display())]
    NoSuchRun {
        /// What was asked for.
        name: String,
        /// Where.
        folder: PathBuf,
    },
    /// Several runs fit.
    #[error("`{name}` fits several runs: {}", .runs.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Which fit.
        runs: Vec<String>,
    },
}

/// How much of a run's id tells its second: `20261121T181500Z`.
const SECOND: usize = 16;

/// The longest first line of a journal that is looked at, in bytes.
const LONGEST_HEADER: u64 = 1024 * 1024;

/// Whole mebibytes, rounded down.
fn mebibytes(bytes: u64) -> u64 {
    bytes / (1024 * 1024)
}

/// All runs of a project.
#[derive(Clone, Debug)]
pub struct RunsFolder {
    root: PathBuf,
}

impl RunsFolder {
    /// The runs of the project at `project`, in its `.checkride`.
    pub fn of(project: &Path) -> Self {
        Self { root: project.join(".checkride") }
    }

    /// Where locks are.
    pub fn locks(&self) -> PathBuf {
        self.root.join("locks")
    }

    /// Refuses a run that would have less room than [`LEAST_ROOM`], or than it is thought to need, in bytes. A system that does
    /// not say how much is free refuses nothing.
    pub fn has_room(&self, needed: u64) -> Result<(), FolderError> {
        let wanted = needed.max(LEAST_ROOM);
        match free(&self.root) {
            Some(free) if free < wanted => Err(FolderError::NoRoom { folder: self.root.clone(), free, wanted }),
            Some(_) | None => Ok(()),
        }
    }

    /// The folder, `.checkride`.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// How many bytes are free where the runs are, or will be. None when the system does not say.
    pub fn room(&self) -> Option<u64> {
        free(&self.root)
    }

    /// Makes a new run's folder.
    pub fn create(&self, id: &RunId) -> Result<RunFolder, FolderError> {
        let path = self.root.join("runs").join(id.as_str());
        let refused = |source| FolderError::Io { path: path.clone(), source };
        private_folder(&self.root.join("runs")).map_err(refused)?;
        let ignore = self.root.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*\n").map_err(refused)?;
        }
        fs::create_dir(&path).map_err(refused)?;
        private_folder(&path).map_err(refused)?;
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(refused)?;
        private_folder(&path.join("artifacts")).map_err(refused)?;
        sync_folder(&path).map_err(refused)?;
        Ok(RunFolder { path, id: id.clone() })
    }

    /// Every run, oldest first.
    pub fn list(&self) -> Result<Vec<RunFolder>, FolderError> {
        let folder = self.root.join("runs");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(FolderError::Io { path: folder, source }),
        };
        let mut runs: Vec<RunFolder> = entries
            .flatten()
            .filter_map(|entry| {
                let id = RunId::new(entry.file_name().to_str()?).ok()?;
                Some(RunFolder { path: entry.path(), id })
            })
            .collect();
        runs.sort_by(|a, b| a.id.cmp(&b.id));
        // An id tells the second; of runs that began in the same one their journals tell more.
        let second = |run: &RunFolder| run.id.as_str().get(..SECOND).map(str::to_owned);
        for same in runs.chunk_by_mut(|a, b| second(a) == second(b)).filter(|same| same.len() > 1) {
            same.sort_by_cached_key(|run| (run.started(), run.id.clone()));
        }
        Ok(runs)
    }

    /// The run with this id, or the only one whose id begins or ends with it.
    pub fn find(&self, name: &str) -> Result<RunFolder, FolderError> {
        let mut fits: Vec<RunFolder> = self.list()?;
        if let Some(exact) = fits.iter().find(|run| run.id.as_str() == name) {
            return Ok(exact.clone());
        }
        fits.retain(|run| {
            !name.is_empty() && (run.id.as_str().starts_with(name) || run.id.as_str().ends_with(&format!("-{name}")))
        });
        match fits.len() {
            1 => Ok(fits.remove(0)),
            0 => Err(FolderError::NoSuchRun { name: name.to_owned(), folder: self.root.join("runs") }),
            _ => Err(FolderError::Ambiguous {
                name: name.to_owned(),
                runs: fits.iter().map(|run| run.id.to_string()).collect(),
            }),
        }
    }
}

/// One run's folder.
#[derive(Clone, Debug)]
pub struct RunFolder {
    /// Where it is.
    pub path: PathBuf,
    /// The run.
    pub id: RunId,
}

impl RunFolder {
    /// The journal's path.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// When the run began, as its journal's first line says it: RFC 3339 in UTC. None: there is no such line.
    fn started(&self) -> Option<String> {
        let mut line = String::new();
        BufReader::new(fs::File::open(self.journal()).ok()?).take(LONGEST_HEADER).read_line(&mut line).ok()?;
        let header: serde_json::Value = serde_json::from_str(&line).ok()?;
        header["started"].as_str().map(str::to_owned)
    }

    /// Whether the run ever began: its journal has its name once its first line is on the disk, and nothing is done before. A
    /// journal that is gone, and of which there is a mark, did begin.
    pub fn began(&self) -> bool {
        self.journal().exists() || mark_of(&self.journal()).is_some_and(|mark| mark.seq > 0)
    }

    /// The artifacts' folder.
    pub fn artifacts(&self) -> PathBuf {
        self.path.join("artifacts")
    }

    /// The folder of its commands.
    pub fn commands(&self) -> PathBuf {
        self.path.join("commands")
    }

    /// Writes one of the run's own files: on the disk under its name, or not at all.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.path.join(name);
        let refused = |source| FolderError::Io { path: path.clone(), source };
        let new = self.path.join(format!(".{name}.new"));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(refused)?;
        file.write_all(bytes).map_err(refused)?;
        file.sync_all().map_err(refused)?;
        fs::rename(&new, &path).map_err(refused)?;
        sync_folder(&path).map_err(refused)
    }

    /// Reads one of the run's own files.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, FolderError> {
        let path = self.path.join(name);
        fs::read(&path).map_err(|source| FolderError::Io { path, source })
    }
}
