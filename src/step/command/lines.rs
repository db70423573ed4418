//! Output as lines for the screen.

use std::time::Duration;

use tokio::time::Instant;

use crate::event::{OutputStream, Progress};
use crate::step::ReadContext;

/// The longest line that is shown as one, in bytes.
const LONGEST: usize = 4096;

/// How much of a stream is shown within [`SPAN`], in bytes. More than anybody reads, less than what stands in the way of
/// other work: what is not shown is in the run's files.
const SHOWN: usize = 128 * 1024;

/// See [`SHOWN`].
const SPAN: Duration = Duration::from_millis(100);

/// One stream, told line by line. A carriage return ends a line as well: a progress bar is a line that is told anew.
#[derive(Debug)]
pub(super) struct Lines {
    stream: OutputStream,
    line: Vec<u8>,
    /// When the span began, and what was taken in it.
    span: Option<(Instant, usize)>,
    /// How many bytes were not shown since the last line that was.
    left_out: u64,
}

impl Lines {
    pub(super) fn new(stream: OutputStream) -> Self {
        Self { stream, line: Vec::new(), span: None, left_out: 0 }
    }

    /// Takes bytes, tells the lines that they end.
    pub(super) fn take(&mut self, cx: &ReadContext, bytes: &[u8]) {
        let now = Instant::now();
        let (since, taken) = self.span.filter(|(since, _)| now.duration_since(*since) < SPAN).unwrap_or((now, 0));
        self.span = Some((since, taken + bytes.len()));
        if taken >= SHOWN {
            self.left_out += bytes.len() as u64;
            return;
        }
        self.tell_left_out(cx);
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (text, ended) = match piece.split_last() {
                Some((b'\n' | b'\r', text)) => (text, true),
                Some(_) | None => (piece, false),
            };
            for part in text.chunks(LONGEST) {
                if self.line.len() + part.len() > LONGEST {
                    self.tell_line(cx);
                }
                self.line.extend_from_slice(part);
            }
            if ended {
                self.tell_line(cx);
            }
        }
    }

    /// Tells what is left.
    pub(super) fn tell(&mut self, cx: &ReadContext) {
        self.tell_left_out(cx);
        self.tell_line(cx);
    }

    fn tell_left_out(&mut self, cx: &ReadContext) {
        if self.left_out > 0 {
            self.tell_line(cx);
            self.line = format!("[{} bytes came too fast to be shown]", self.left_out).into_bytes();
            self.left_out = 0;
            self.tell_line(cx);
        }
    }

    fn tell_line(&mut self, cx: &ReadContext) {
        if !self.line.is_empty() {
            let line = String::from_utf8_lossy(&self.line).into_owned();
            cx.progress(Progress::Output { step: cx.step.clone(), stream: self.stream, line });
            self.line.clear();
        }
    }
}
