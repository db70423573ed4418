//! Files of a look that may not be the last: of many looks only the last one's files belong to the run.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::event::ArtifactRef;
use crate::step::{ArtifactSink, ArtifactStore};

/// Keeps the files of one look back. What is not kept in the end goes with it, and never had a name.
#[derive(Clone)]
pub(super) struct Shelf {
    over: Arc<dyn ArtifactStore>,
    /// By the names that they have here.
    held: Arc<Mutex<BTreeMap<String, Box<dyn ArtifactSink>>>>,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").finish_non_exhaustive()
    }
}

impl Shelf {
    pub(super) fn over(over: &Arc<dyn ArtifactStore>) -> Self {
        Self { over: Arc::clone(over), held: Arc::default() }
    }

    /// Gives the files their names after all. `files` are those of the look, as this shelf named them.
    pub(super) fn keep(&self, files: &mut [ArtifactRef]) -> io::Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for file in files {
            let sink = held.remove(&file.digest).ok_or_else(|| io::Error::other("a file of the look is not there"))?;
            *file = sink.finish()?;
        }
        Ok(())
    }
}

impl ArtifactStore for Shelf {
    fn create(&self, name: &str, media: &str) -> io::Result<Box<dyn ArtifactSink>> {
        let sink = self.over.create(name, media)?;
        let shelf = self.clone();
        Ok(Box::new(Held { sink, name: name.to_owned(), media: media.to_owned(), bytes: 0, shelf }))
    }

    fn get(&self, digest: &str) -> io::Result<Vec<u8>> {
        self.over.get(digest)
    }
}

struct Held {
    sink: Box<dyn ArtifactSink>,
    name: String,
    media: String,
    bytes: u64,
    shelf: Shelf,
}

impl ArtifactSink for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.sink.write(bytes)
    }

    fn finish(self: Box<Self>) -> io::Result<ArtifactRef> {
        let Self { sink, name, media, bytes, shelf } = *self;
        let mut held = shelf.held.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = format!("held-{}", held.len());
        held.insert(digest.clone(), sink);
        Ok(ArtifactRef { name, digest, bytes, media })
    }
}
