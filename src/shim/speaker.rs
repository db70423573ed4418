//! What the shim says, as long as somebody listens.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::step::command::Frame;

/// How many frames wait for a reader.
const WAITING: usize = 64;

/// How much is shown within [`SPAN`], in bytes. More than anybody reads, less than what stands in the way of other work.
const SHOWN: usize = 128 * 1024;

/// See [`SHOWN`].
const SPAN: Duration = Duration::from_millis(100);

/// How much is shown of the end of what came too fast, in bytes.
const LAST: usize = 8 * 1024;

/// Says frames to checkride: on a thread of its own, so that a reader that is slow or stopped holds up neither the program nor
/// its record. What is short and has nothing before it is said at once. Output that comes too fast is left out, but for its
/// end: what was said last is always shown.
#[derive(Debug)]
pub(super) struct Speaker {
    queue: Option<SyncSender<Frame>>,
    said: Arc<Said>,
    thread: Option<JoinHandle<()>>,
}

/// What the one who says and the thread share.
#[derive(Debug)]
struct Said {
    /// The pipe. Who holds it says all that it has taken before it lets go.
    to: Mutex<File>,
    late: Mutex<Late>,
    /// How many frames are in the queue, or on their way out of it.
    queued: AtomicUsize,
}

/// What was not shown yet.
#[derive(Debug, Default)]
struct Late {
    /// When the span began, and how much was shown in it.
    span: Option<(Instant, usize)>,
    /// Of standard output, and of standard error.
    streams: [Skipped; 2],
}

/// What came too fast.
#[derive(Debug, Default)]
struct Skipped {
    bytes: u64,
    end: Vec<u8>,
}

impl Speaker {
    pub(super) fn start(to: File) -> io::Result<Self> {
        let (queue, frames) = sync_channel::<Frame>(WAITING);
        let said = Arc::new(Said { to: Mutex::new(to), late: Mutex::default(), queued: AtomicUsize::new(0) });
        let ours = Arc::clone(&said);
        let thread = std::thread::Builder::new().name("speaker".to_owned()).spawn(move || {
            loop {
                let told = match frames.recv_timeout(SPAN) {
                    Ok(frame) => {
                        let told = frame.send(&mut *lock(&ours.to));
                        ours.queued.fetch_sub(1, Ordering::Release);
                        told
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        let mut to = lock(&ours.to);
                        let late = lock(&ours.late).take();
                        late.iter().try_for_each(|frame| frame.send(&mut *to))
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                };
                if told.is_err() {
                    // Nobody listens any more: checkride has died. The queue is closed by that, and the rest goes nowhere.
                    return;
                }
            }
        })?;
        Ok(Self { queue: Some(queue), said, thread: Some(thread) })
    }

    /// Says output, if it does not come too fast.
    pub(super) fn show(&self, error: bool, bytes: Vec<u8>) {
        let Some(queue) = &self.queue else { return };
        let mut late = lock(&self.said.late);
        for frame in late.admit(error, bytes) {
            self.said.queued.fetch_add(1, Ordering::Acquire);
            // A reader that is behind misses it, but for its end.
            if let Err(refused) = queue.try_send(frame) {
                self.said.queued.fetch_sub(1, Ordering::Release);
                if let TrySendError::Full(Frame::Shown { error, bytes }) = refused {
                    late.streams[usize::from(error)].skip(&bytes);
                }
            }
        }
    }

    /// Says what must arrive, if anybody listens. What was late comes before it.
    pub(super) fn say(&self, frame: Frame) {
        if self.say_at_once(&frame) {
            return;
        }
        if let Some(queue) = &self.queue {
            let late = lock(&self.said.late).take();
            for frame in late.into_iter().chain([frame]) {
                self.said.queued.fetch_add(1, Ordering::Acquire);
                drop(queue.send(frame));
            }
        }
    }

    /// Says it if nothing comes before it, and if that needs nobody's patience. To wake a thread takes longer than to write a
    /// few bytes.
    fn say_at_once(&self, frame: &Frame) -> bool {
        if !frame.is_short() {
            return false;
        }
        let Ok(mut to) = self.said.to.try_lock() else { return false };
        let first = self.said.queued.load(Ordering::Acquire) == 0 && lock(&self.said.late).is_empty();
        let mut room = [PollFd::new(to.as_fd(), PollFlags::POLLOUT)];
        // A pipe that is writable takes a page.
        let writable = poll(&mut room, PollTimeout::ZERO).is_ok()
            && room[0].revents().is_some_and(|is| is.contains(PollFlags::POLLOUT));
        // That nobody listens is no concern of the program's.
        first && writable && frame.send(&mut *to).is_ok()
    }

    /// Ends when all was said.
    pub(super) fn finish(mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Late {
    fn is_empty(&self) -> bool {
        self.streams.iter().all(|skipped| skipped.bytes == 0)
    }

    /// What may be said now.
    fn admit(&mut self, error: bool, bytes: Vec<u8>) -> Vec<Frame> {
        let now = Instant::now();
        let (since, shown) = self.span.filter(|(since, _)| now.duration_since(*since) < SPAN).unwrap_or((now, 0));
        if shown >= SHOWN {
            self.streams[usize::from(error)].skip(&bytes);
            return Vec::new();
        }
        self.span = Some((since, shown + bytes.len()));
        let mut frames = self.take();
        frames.push(Frame::Shown { error, bytes });
        frames
    }

    /// The end of what was skipped, with a word on how much it was.
    fn take(&mut self) -> Vec<Frame> {
        let streams = [false, true].into_iter().zip(&mut self.streams);
        streams
            .filter_map(|(error, skipped)| {
                let Skipped { bytes, end } = std::mem::take(skipped);
                let missing = bytes - end.len() as u64;
                let mut text = Vec::new();
                if missing > 0 {
                    text = format!("\n[{missing} bytes came too fast to be shown]\n").into_bytes();
                }
                text.extend(end);
                (bytes > 0).then_some(Frame::Shown { error, bytes: text })
            })
            .collect()
    }
}

impl Skipped {
    fn skip(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.end.extend_from_slice(&bytes[bytes.len().saturating_sub(LAST)..]);
        let over = self.end.len().saturating_sub(LAST);
        if over > 0 {
            // From the beginning of a line, if there is one.
            let line = self.end[over..].iter().position(|byte| *byte == b'\n').map_or(over, |at| over + at + 1);
            self.end.drain(..line);
        }
    }
}
