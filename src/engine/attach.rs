//! Evidence that the operator attaches: looked at, and a file copied into the run.

use std::{fs, io};

use crate::engine::steps::Steps;
use crate::event::Attachment;

/// The largest file that is attached as evidence, in bytes.
const LARGEST_EVIDENCE: u64 = 64 * 1024 * 1024;

impl Steps {
    /// Copies an attached file into the run. An error says what is wrong with it.
    pub(super) fn put_aside(&self, attachment: Attachment) -> Result<Attachment, String> {
        match attachment {
            Attachment::Note { ref text } if text.trim().is_empty() => Err("the note is empty".to_owned()),
            Attachment::Url { ref url } if !(url.starts_with("https://") || url.starts_with("http://")) => {
                Err(format!("`{url}` is no link: it begins with https://"))
            }
            Attachment::File { path, artifact: None } => {
                let place = self.project.join(&path);
                let length = fs::metadata(&place).map_err(|error| format!("{path}: {error}"))?.len();
                if length > LARGEST_EVIDENCE {
                    return Err(format!("{path} has {length} bytes; {LARGEST_EVIDENCE} is the limit"));
                }
                let bytes = fs::read(&place).map_err(|error| format!("{path}: {error}"))?;
                let stored = |error: io::Error| format!("{path} could not be copied: {error}");
                let artifact = self.artifacts.put("evidence", "application/octet-stream", &bytes).map_err(stored)?;
                Ok(Attachment::File { path, artifact: Some(artifact) })
            }
            other @ (Attachment::Note { .. } | Attachment::Url { .. } | Attachment::File { .. }) => Ok(other),
        }
    }
}
