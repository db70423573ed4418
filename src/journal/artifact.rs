//! Files of a run, named by what is in them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::event::ArtifactRef;
use crate::journal::disk::sync_folder;
use crate::journal::space::begin_to_sync;
use crate::world::secret::{Cutter, Redactor};

/// After so many bytes the disk is set to work: at the end of a long output, which is waited for, most of it is there.
const AT_ONCE: u64 = 8 * 1024 * 1024;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A run's `artifacts` folder.
#[derive(Clone, Debug)]
pub struct ArtifactDir {
    folder: PathBuf,
    redactor: Redactor,
}

impl ArtifactDir {
    /// The folder, which exists, and what is cut from every file.
    pub fn new(folder: PathBuf, redactor: Redactor) -> Self {
        Self { folder, redactor }
    }

    /// Names a file that may be begun later.
    pub fn name(&self, name: &str, media: &str) -> ArtifactFile {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        ArtifactFile {
            path: self.folder.join(format!(".new-{}-{n}", std::process::id())),
            folder: self.clone(),
            name: name.to_owned(),
            media: media.to_owned(),
        }
    }

    /// Begins a file.
    pub fn create(&self, name: &str, media: &str) -> io::Result<ArtifactWriter> {
        self.name(name, media).create()
    }

    /// Writes a whole file.
    pub fn put(&self, name: &str, media: &str, bytes: &[u8]) -> io::Result<ArtifactRef> {
        let mut writer = self.create(name, media)?;
        writer.push(bytes)?;
        writer.finish()
    }

    /// Reads a file back, and checks that it is what its name says.
    pub fn get(&self, digest: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.path(digest)?)?.read_to_end(&mut bytes)?;
        let found = name_of(&Sha256::digest(&bytes));
        if found == digest {
            Ok(bytes)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, format!("{digest} holds other bytes: {found}")))
        }
    }

    fn path(&self, digest: &str) -> io::Result<PathBuf> {
        let hex = digest.strip_prefix("sha256-").unwrap_or_default();
        if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(self.folder.join(digest))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{digest}` is no artifact's name")))
        }
    }
}

/// A file that is not there yet, with the path that it will be written under.
#[derive(Debug)]
pub struct ArtifactFile {
    folder: ArtifactDir,
    path: PathBuf,
    name: String,
    media: String,
}

impl ArtifactFile {
    /// Where it will be written, until it has its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins it.
    pub fn create(self) -> io::Result<ArtifactWriter> {
        let Self { folder: ArtifactDir { folder, redactor }, path, name, media } = self;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(ArtifactWriter {
            folder,
            path: Some(path),
            file,
            hash: Sha256::new(),
            bytes: 0,
            begun: 0,
            cutter: redactor.stream(),
            name,
            media,
        })
    }
}

/// A file that is being written: cut and hashed on its way.
#[derive(Debug)]
pub struct ArtifactWriter {
    folder: PathBuf,
    path: Option<PathBuf>,
    file: File,
    hash: Sha256,
    bytes: u64,
    /// How many of them the disk was given.
    begun: u64,
    cutter: Cutter,
    name: String,
    media: String,
}

impl ArtifactWriter {
    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.cutter.is_idle() {
            return self.store(bytes);
        }
        let cut = self.cutter.push(bytes);
        self.store(&cut)
    }

    /// Ends it: on the disk, under the name of its digest.
    pub fn finish(mut self) -> io::Result<ArtifactRef> {
        let rest = self.cutter.finish();
        self.store(&rest)?;
        self.file.sync_all()?;
        let digest = name_of(&std::mem::take(&mut self.hash).finalize());
        let target = self.folder.join(&digest);
        if let Some(path) = self.path.take() {
            fs::rename(path, &target)?;
        }
        sync_folder(&target)?;
        Ok(ArtifactRef { name: self.name.clone(), digest, bytes: self.bytes, media: self.media.clone() })
    }

    fn store(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.bytes - self.begun >= AT_ONCE {
            begin_to_sync(&self.file, self.begun, self.bytes - self.begun);
            self.begun = self.bytes;
        }
        Ok(())
    }
}

impl Drop for ArtifactWriter {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // Half a file that nothing names.
            drop(fs::remove_file(path));
        }
    }
}

fn name_of(digest: &[u8]) -> String {
    format!("sha256-{}", hex::encode(digest))
}

/// Makes a folder that only its owner sees.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
