//! The run's folder of artifacts, as steps see it.

use std::io;

use crate::event::ArtifactRef;
use crate::journal::{ArtifactDir, ArtifactWriter};
use crate::step::{ArtifactSink, ArtifactStore};

/// The run's artifacts, as steps see them.
pub(super) struct Files(pub(super) ArtifactDir);

struct Sink(ArtifactWriter);

impl ArtifactStore for Files {
    fn get(&self, digest: &str) -> io::Result<Vec<u8>> {
        self.0.get(digest)
    }
    fn create(&self, name: &str, media: &str) -> io::Result<Box<dyn ArtifactSink>> {
        Ok(Box::new(Sink(self.0.create(name, media)?)))
    }
}

impl ArtifactSink for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.push(bytes)
    }
    fn finish(self: Box<Self>) -> io::Result<ArtifactRef> {
        self.0.finish()
    }
}
