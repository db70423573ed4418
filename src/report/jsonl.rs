//! Events as JSON lines (`--events FILE|-`), for programs that watch a run.
//!
//! One object a line, as in the journal but without its chain (`prev`, `digest`) and its `durable`
//! mark; `elapsed` is in milliseconds since the session began:
//!
//! ```json
//! {"seq":1,"session":1,"time":"2026-11-21T18:15:00.000Z","elapsed":0,"event":{"kind":"session_started", …}}
//! {"progress":{"kind":"output","step":"build","stream":"stdout","line":"…"}}
//! ```
//!
//! Those of a target of `checkride verify` name it: `{"target":"eu","seq":1, …}`. The lines of several targets stand in one
//! file in the order in which they came; `seq` counts those of each.
//!
//! `event` lines are complete and in order. `progress` lines (`output`, `message`, `resource`, `look`, `silent`) are a
//! courtesy: they may be missing. Characters that act on a terminal are written as JSON escapes, so the lines may be looked at.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};

use crate::event::{Event, EventSink, OutputStream, Progress};
use crate::report::plain::harmless_json;
use crate::world::clock::rfc3339;

/// News beyond this many unwritten lines is dropped; events never are.
const NEWS_MAX: usize = 10_000;

/// A listener that writes JSON lines on a thread of its own.
#[derive(Debug)]
pub struct JsonLines {
    sender: Sender<(Value, bool)>,
    waiting: Arc<AtomicUsize>,
    thread: JoinHandle<io::Result<()>>,
}

impl JsonLines {
    /// Starts writing to `out`. Each line is flushed, so that a reader sees it at once. Fails when the
    /// system gives no thread.
    pub fn start(mut out: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = channel::<(Value, bool)>();
        let waiting = Arc::new(AtomicUsize::new(0));
        let written = Arc::clone(&waiting);
        let write = move || {
            for (value, is_news) in receiver {
                if is_news {
                    written.fetch_sub(1, Ordering::Relaxed);
                }
                let mut line = harmless_json(&value.to_string());
                line.push('\n');
                out.write_all(line.as_bytes())?;
                out.flush()?;
            }
            Ok(())
        };
        let thread = thread::Builder::new().name("events".to_owned()).spawn(write)?;
        Ok(Self { sender, waiting, thread })
    }

    /// Waits until all is written. The error, if any, is the one at which writing stopped; the run went on without it.
    pub fn finish(self) -> io::Result<()> {
        drop(self.sender);
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Writes an event, of a target when there are several.
    pub fn event_of(&self, target: Option<&str>, event: &Event) {
        // A send fails only when writing has stopped, and `finish` tells why.
        drop(self.sender.send((of(target, event_value(event)), false)));
    }

    /// Writes news, of a target when there are several.
    pub fn progress_of(&self, target: Option<&str>, progress: &Progress) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= NEWS_MAX {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        } else {
            drop(self.sender.send((of(target, progress_value(progress)), true)));
        }
    }
}

impl EventSink for JsonLines {
    fn event(&mut self, event: &Event) {
        self.event_of(None, event);
    }

    fn progress(&mut self, progress: &Progress) {
        self.progress_of(None, progress);
    }
}

/// A line with the target that it is about.
fn of(target: Option<&str>, mut line: Value) -> Value {
    if let (Some(target), Value::Object(fields)) = (target, &mut line) {
        fields.insert("target".to_owned(), json!(target));
    }
    line
}

fn event_value(event: &Event) -> Value {
    json!({
        "seq": event.seq,
        "session": event.session,
        "time": rfc3339(event.at),
        "elapsed": event.elapsed_ms,
        "event": serde_json::to_value(&event.kind).expect("an event has string keys only"),
    })
}

fn progress_value(progress: &Progress) -> Value {
    let news = match progress {
        Progress::Output { step, stream, line } => {
            let stream = match stream {
                OutputStream::Stdout => "stdout",
                OutputStream::Stderr => "stderr",
            };
            json!({ "kind": "output", "step": step, "stream": stream, "line": line })
        }
        Progress::Message { step, text } => json!({ "kind": "message", "step": step, "text": text }),
        Progress::Resource { step, stack, logical_id, resource_type, status, reason, at } => json!({
            "kind": "resource", "step": step, "stack": stack, "logical_id": logical_id,
            "resource_type": resource_type, "status": status, "reason": reason, "at": at,
        }),
        Progress::Look { step, look, values, trouble, limit_ms } => json!({
            "kind": "look", "step": step, "look": look, "values": values, "trouble": trouble, "limit_ms": limit_ms,
        }),
        Progress::Silent { step, seconds } => json!({ "kind": "silent", "step": step, "seconds": seconds }),
    };
    json!({ "progress": news })
}
