//! Output as lines for the screen.

use crate::event::{OutputStream, Progress};
use crate::step::ReadContext;

/// The longest line that is shown as one, in bytes.
const LONGEST: usize = 4096;

/// One stream, told line by line. A carriage return ends a line as well: a progress bar is a line that is told anew.
#[derive(Debug)]
pub(super) struct Lines {
    stream: OutputStream,
    line: Vec<u8>,
}

impl Lines {
    pub(super) fn new(stream: OutputStream) -> Self {
        Self { stream, line: Vec::new() }
    }

    /// Takes bytes, tells the lines that they end.
    pub(super) fn take(&mut self, cx: &ReadContext, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (text, ended) = match piece.split_last() {
                Some((b'\n' | b'\r', text)) => (text, true),
                Some(_) | None => (piece, false),
            };
            for part in text.chunks(LONGEST) {
                if self.line.len() + part.len() > LONGEST {
                    self.tell(cx);
                }
                self.line.extend_from_slice(part);
            }
            if ended {
                self.tell(cx);
            }
        }
    }

    /// Tells what is left.
    pub(super) fn tell(&mut self, cx: &ReadContext) {
        if !self.line.is_empty() {
            let line = String::from_utf8_lossy(&self.line).into_owned();
            cx.progress(Progress::Output { step: cx.step.clone(), stream: self.stream, line });
            self.line.clear();
        }
    }
}
