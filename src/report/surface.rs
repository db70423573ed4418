//! A screen as something to write on: its stream, its size, what it can show. The cli makes one of the real screen; tests
//! make one of a buffer.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::TermLike;

use crate::report::look::Look;

/// The width that lines are wrapped to where there is no screen: wide, so that one fact stays one line for `grep`.
const WIDTH_OF_A_LOG: usize = 1000;

/// What the other end of a surface is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// A terminal: the cursor can be moved, and a person answers there.
    Live,
    /// A terminal that knows no cursor (`TERM=dumb`); a person answers there.
    Dumb,
    /// A file, a pipe, the log of a pipeline; nobody answers.
    Log,
}

/// Columns and rows, when the stream is a screen that says so.
pub type SizeOf = Box<dyn Fn() -> Option<(u16, u16)> + Send + Sync>;

/// Whether somebody else has the screen just now: a shell, after Ctrl-Z and `bg`.
pub type TakenBySomebody = Box<dyn Fn() -> bool + Send + Sync>;

/// Where words go. A copy is the same surface.
#[derive(Clone)]
pub struct Surface {
    inner: Arc<Inner>,
}

/// The stream, and what was written and not yet sent: a frame goes out in one piece, so that it does not flicker.
struct Out {
    stream: Box<dyn Write + Send>,
    held: String,
}

struct Inner {
    out: Mutex<Out>,
    size: SizeOf,
    taken: TakenBySomebody,
    look: Look,
    mode: Mode,
    lost: AtomicBool,
}

impl fmt::Debug for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { look, mode, lost, .. } = &*self.inner;
        f.debug_struct("Surface").field("look", look).field("mode", mode).field("lost", lost).finish_non_exhaustive()
    }
}

impl Surface {
    /// A surface that is always ours.
    pub fn new(out: Box<dyn Write + Send>, look: Look, mode: Mode, size: SizeOf) -> Self {
        Self::shared(out, look, mode, size, Box::new(|| false))
    }

    /// A surface that somebody else may have at times.
    pub fn shared(out: Box<dyn Write + Send>, look: Look, mode: Mode, size: SizeOf, taken: TakenBySomebody) -> Self {
        let out = Mutex::new(Out { stream: out, held: String::new() });
        let inner = Inner { out, size, taken, look, mode, lost: AtomicBool::new(false) };
        Self { inner: Arc::new(inner) }
    }

    /// What it can show.
    pub fn look(&self) -> Look {
        self.inner.look
    }

    /// What the other end is.
    pub fn mode(&self) -> Mode {
        self.inner.mode
    }

    /// Whether the cursor can be moved.
    pub fn is_live(&self) -> bool {
        self.inner.mode == Mode::Live
    }

    /// Whether somebody else has the screen just now. Lines may still be added to it; where the cursor is nobody knows.
    pub fn is_taken(&self) -> bool {
        (self.inner.taken)()
    }

    /// Whether a write has failed: the terminal is gone. What is written after that goes nowhere, and the run goes on.
    pub fn is_lost(&self) -> bool {
        self.inner.lost.load(Ordering::Relaxed)
    }

    /// Columns. A log has many.
    pub fn columns(&self) -> usize {
        if self.inner.mode == Mode::Log {
            return WIDTH_OF_A_LOG;
        }
        (self.inner.size)().map_or(80, |(columns, _)| usize::from(columns).max(20))
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        (self.inner.size)().map_or(24, |(_, rows)| usize::from(rows).max(4))
    }

    /// Writes lines. They hold no text from outside that was not made harmless.
    pub fn lines(&self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let mut text = String::new();
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        self.text(&text);
    }

    /// Writes text as it is.
    pub fn text(&self, text: &str) {
        self.hold(text);
        self.send();
    }

    fn hold(&self, text: &str) {
        if !self.is_lost() {
            self.inner.out.lock().unwrap_or_else(PoisonError::into_inner).held.push_str(text);
        }
    }

    fn send(&self) {
        let mut out = self.inner.out.lock().unwrap_or_else(PoisonError::into_inner);
        let held = std::mem::take(&mut out.held);
        if !self.is_lost() && out.stream.write_all(held.as_bytes()).and_then(|()| out.stream.flush()).is_err() {
            self.inner.lost.store(true, Ordering::Relaxed);
        }
    }
}

/// The live area's way to the screen. A lost screen is no error here: see [`Surface::is_lost`].
impl TermLike for Surface {
    fn width(&self) -> u16 {
        u16::try_from(self.columns()).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        u16::try_from(self.rows()).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'D')
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.hold(&format!("{s}\n"));
        Ok(())
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.hold(s);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.hold("\r\u{1b}[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        self.send();
        Ok(())
    }
}

impl Surface {
    #[expect(clippy::unnecessary_wraps, reason = "the shape that `TermLike` asks for")]
    fn moved(&self, n: usize, way: char) -> io::Result<()> {
        if n > 0 {
            self.hold(&format!("\u{1b}[{n}{way}"));
        }
        Ok(())
    }
}
