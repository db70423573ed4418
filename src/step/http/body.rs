//! The body of an answer: into memory as far as expressions need it, into a file as a whole.

use crate::event::{ArtifactRef, Failure, FailureKind};
use crate::step::http::exchange::{given_up, trouble};
use crate::step::{ArtifactSink, ReadContext};
use crate::world::http::Answer;

/// A body that is longer than this goes to a file of the run, in bytes.
const SMALL: usize = 8 * 1024;

/// How much of a body is kept in memory, to be read as JSON; in bytes.
pub(super) const KEPT: usize = 8 * 1024 * 1024;

/// How much of a body is read at all, in bytes.
const READ: u64 = 256 * 1024 * 1024;

/// What was read of a body.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Its beginning.
    pub(super) kept: Vec<u8>,
    /// How long it is, as far as it was read.
    pub(super) length: u64,
    /// The file that holds it.
    pub(super) artifact: Option<ArtifactRef>,
    /// Why it was not read to its end.
    pub(super) failure: Option<Failure>,
    /// Whether it was longer than what is read.
    pub(super) too_long: bool,
}

impl Taken {
    /// Whether all of it is in memory.
    pub(super) fn is_whole(&self) -> bool {
        self.failure.is_none() && !self.too_long && self.length == self.kept.len() as u64
    }
}

/// Reads the body of an answer. `store`: whether it may stand in the run's files.
pub(super) async fn take(cx: &ReadContext, answer: &mut Answer, shown: &str, store: bool) -> Taken {
    let mut taken = Taken::default();
    let mut sink: Option<Box<dyn ArtifactSink>> = None;
    let media = answer.header("content-type").and_then(media).unwrap_or("application/octet-stream").to_owned();
    loop {
        let piece = match cx.within(answer.piece()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => break,
            Ok(Err(error)) => {
                taken.failure = Some(trouble(shown, &error));
                break;
            }
            Err(end) => {
                taken.failure = Some(given_up(end, shown));
                break;
            }
        };
        taken.length += piece.len() as u64;
        if store
            && taken.length > SMALL as u64
            && let Err(error) = write(cx, &mut sink, &media, &taken.kept, &piece)
        {
            taken.failure = Some(unwritten(&error));
            break;
        }
        let room = KEPT.saturating_sub(taken.kept.len()).min(piece.len());
        taken.kept.extend_from_slice(&piece[..room]);
        if taken.length > READ {
            taken.too_long = true;
            break;
        }
    }
    match sink.map(ArtifactSink::finish).transpose() {
        Ok(artifact) => taken.artifact = artifact,
        Err(error) => taken.failure = Some(unwritten(&error)),
    }
    taken
}

/// Adds a piece to the file, which begins with what came before it.
fn write(
    cx: &ReadContext,
    sink: &mut Option<Box<dyn ArtifactSink>>,
    media: &str,
    before: &[u8],
    piece: &[u8],
) -> std::io::Result<()> {
    if let Some(sink) = sink {
        return sink.write(piece);
    }
    let sink = sink.insert(cx.artifacts.create("body", media)?);
    sink.write(before)?;
    sink.write(piece)
}

fn unwritten(error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Io, "the answer could not be written to the run's files")
        .caused_by(vec![error.to_string()])
}

/// The media type of a header, when it is one: a server may write there what it likes.
fn media(header: &str) -> Option<&str> {
    let media = header.split([';', ',']).next()?.trim();
    let part = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    let (kind, of) = media.split_once('/')?;
    (part(kind) && part(of) && media.len() <= 100).then_some(media)
}

#[cfg(test)]
mod tests {
    use super::media;

    #[test]
    fn a_media_type_is_believed_when_it_is_one() {
        assert_eq!(media("text/html; charset=utf-8"), Some("text/html"));
        assert_eq!(media("application/problem+json"), Some("application/problem+json"));
        for wrong in ["", "text", "text/", "a b/c", "<b>/x", &format!("a/{}", "b".repeat(100))] {
            assert_eq!(media(wrong), None, "{wrong}");
        }
    }
}
