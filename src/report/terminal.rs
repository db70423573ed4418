//! One thread owns the screen.
//!
//! ```text
//!  engine ── TerminalSink ──▶ ┌──────────────────────────────┐
//!  operator ── ScreenDoor ──▶ │ terminal thread              │──▶ Surface
//!  command ── end ──────────▶ │ RunView, News, the live area │
//!                             └──────────────────────────────┘
//! ```
//!
//! The sink only sends, so a slow screen or an unanswered question never stalls the engine. Whoever asks a person borrows
//! the screen for as long as it takes: the live area is gone meanwhile, and what happens elsewhere waits in the queue.
//! After `bg` the screen is a shell's: lines that stay are added to it, as any program in the background does, and there is
//! no live area until `fg`.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::event::{Event, EventKind, EventSink, Progress};
use crate::id::StepId;
use crate::report::frame::{News, frame};
use crate::report::lines::{Layout, event_lines, progress_lines};
use crate::report::summary::{Ending, summary};
use crate::report::surface::Surface;
use crate::report::view::RunView;
use crate::report::words::duration;

/// How often the live area is drawn again: the wheel turns, the clock goes on.
const TICK: Duration = Duration::from_millis(100);
/// Without a live area: how often a long step is said to be running still.
const STILL_RUNNING: Duration = Duration::from_secs(30);
/// News beyond this many unread ones is dropped, the last [`LATE_MAX`] of it left out; events never are.
const NEWS_MAX: usize = 2000;
/// How much of the news is kept that came when too much was unread: what a program said last tells where it stands.
const LATE_MAX: usize = 50;
/// The most messages taken in before the screen is drawn again.
const BATCH: usize = 500;

type OnStage = Box<dyn FnOnce(&Stage<'_>) + Send>;

enum Message {
    Event(Box<Event>),
    News(Progress),
    Borrow(OnStage),
    End(Box<Ending>),
}

/// The screen while it is borrowed: nobody else writes, and the live area is gone.
#[derive(Debug)]
pub struct Stage<'a> {
    /// Where to write.
    pub surface: &'a Surface,
    /// The run as it stands.
    pub view: &'a RunView,
}

/// The terminal thread.
#[derive(Debug)]
pub struct Terminal {
    sender: Sender<Message>,
    flood: Arc<Flood>,
    thread: JoinHandle<RunView>,
}

/// News that is not shown yet.
#[derive(Debug, Default)]
struct Flood {
    /// How much of it is in the queue.
    waiting: AtomicUsize,
    /// The last that came when the queue was full.
    late: Mutex<VecDeque<Progress>>,
}

impl Flood {
    fn take_late(&self) -> VecDeque<Progress> {
        std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Terminal {
    /// Starts it. `view` has the plan's steps; for a resumed run it has taken in the earlier sessions, too.
    /// Fails when the system gives no thread.
    pub fn start(surface: Surface, view: RunView) -> io::Result<Self> {
        let (sender, receiver) = channel();
        let flood = Arc::new(Flood::default());
        let owner = Owner {
            surface,
            view,
            flood: Arc::clone(&flood),
            news: News::default(),
            under_way: false,
            bar: None,
            anchor: (0, Instant::now()),
            said: BTreeMap::new(),
        };
        let thread = thread::Builder::new().name("terminal".to_owned()).spawn(move || owner.run(&receiver))?;
        Ok(Self { sender, flood, thread })
    }

    /// A listener for the engine.
    pub fn sink(&self) -> TerminalSink {
        TerminalSink { sender: self.sender.clone(), flood: Arc::clone(&self.flood) }
    }

    /// A way to the screen for whoever asks.
    pub fn door(&self) -> ScreenDoor {
        ScreenDoor { sender: self.sender.clone() }
    }

    /// Says the summary, and gives the screen back. Waits until all that was sent is shown; a borrower must have left, or
    /// must be about to.
    pub fn end(self, ending: Ending) -> RunView {
        // A send fails only when the thread is gone, and then `join` tells why.
        drop(self.sender.send(Message::End(Box::new(ending))));
        match self.thread.join() {
            Ok(view) => view,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// The engine's listener: it sends, and never waits.
#[derive(Clone, Debug)]
pub struct TerminalSink {
    sender: Sender<Message>,
    flood: Arc<Flood>,
}

impl EventSink for TerminalSink {
    fn event(&mut self, event: &Event) {
        // What came before the event is shown before it.
        for news in self.flood.take_late() {
            self.flood.waiting.fetch_add(1, Ordering::Relaxed);
            drop(self.sender.send(Message::News(news)));
        }
        drop(self.sender.send(Message::Event(Box::new(event.clone()))));
    }

    fn progress(&mut self, progress: &Progress) {
        let mut late = self.flood.late.lock().unwrap_or_else(PoisonError::into_inner);
        // While some is late, what comes after it is, too.
        if late.is_empty() && self.flood.waiting.load(Ordering::Relaxed) < NEWS_MAX {
            self.flood.waiting.fetch_add(1, Ordering::Relaxed);
            drop(self.sender.send(Message::News(progress.clone())));
            return;
        }
        if late.len() == LATE_MAX {
            late.pop_front();
        }
        late.push_back(progress.clone());
    }
}

/// A way to the screen.
#[derive(Clone, Debug)]
pub struct ScreenDoor {
    sender: Sender<Message>,
}

impl ScreenDoor {
    /// Runs `on_stage` on the terminal thread with the screen to itself, after all that was sent before. Returns at once;
    /// when the thread is gone, `on_stage` is dropped without being run.
    pub fn borrow(&self, on_stage: impl FnOnce(&Stage<'_>) + Send + 'static) {
        drop(self.sender.send(Message::Borrow(Box::new(on_stage))));
    }
}

/// What the thread holds.
struct Owner {
    surface: Surface,
    view: RunView,
    flood: Arc<Flood>,
    news: News,
    /// Between a session's first and last event.
    under_way: bool,
    /// The live area, while it is on the screen.
    bar: Option<ProgressBar>,
    /// The session's clock at the last event, and when that was.
    anchor: (u64, Instant),
    /// When a running step was last heard of or spoken of.
    said: BTreeMap<StepId, Instant>,
}

impl Owner {
    fn run(mut self, receiver: &Receiver<Message>) -> RunView {
        loop {
            let mut next = match receiver.recv_timeout(TICK) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return self.finish(None),
            };
            let mut lines = Vec::new();
            let mut taken = 0;
            while let Some(message) = next {
                match message {
                    Message::Event(event) => self.event(&event, &mut lines),
                    Message::News(news) => {
                        self.flood.waiting.fetch_sub(1, Ordering::Relaxed);
                        self.heard(&news, &mut lines);
                    }
                    Message::Borrow(on_stage) => {
                        self.say(&std::mem::take(&mut lines));
                        self.lend(on_stage);
                    }
                    Message::End(ending) => {
                        self.say(&lines);
                        return self.finish(Some(&ending));
                    }
                }
                taken += 1;
                next = if taken < BATCH { receiver.try_recv().ok() } else { None };
            }
            if self.flood.waiting.load(Ordering::Relaxed) == 0 {
                for news in self.flood.take_late() {
                    self.heard(&news, &mut lines);
                }
            }
            self.still_running(&mut lines);
            self.say(&lines);
            self.draw();
        }
    }

    fn layout(&self) -> Layout {
        Layout { look: self.surface.look(), width: self.surface.columns(), mode: self.surface.mode() }
    }

    /// Milliseconds since the session began.
    fn now_ms(&self) -> u64 {
        let since = u64::try_from(self.anchor.1.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.anchor.0.saturating_add(since)
    }

    fn event(&mut self, event: &Event, lines: &mut Vec<String>) {
        self.anchor = (event.elapsed_ms, Instant::now());
        self.view.apply(event);
        lines.extend(event_lines(event, &self.view, self.layout()));
        match &event.kind {
            EventKind::SessionStarted { .. } => self.under_way = true,
            EventKind::SessionEnded { .. } | EventKind::RunFinished { .. } => {
                self.under_way = false;
                self.clear();
            }
            EventKind::StepStarted { step, .. } => {
                self.news.forget(step);
                self.said.insert(step.clone(), Instant::now());
            }
            EventKind::StepFinished { step, .. } | EventKind::AttemptFailed { step, .. } => {
                self.news.forget(step);
                self.said.remove(step);
            }
            EventKind::EffectSettled { step, .. } => self.news.turn(step),
            EventKind::Rehearsed { change, .. } => self.news.forget(change),
            EventKind::IdentityVerified { .. }
            | EventKind::GuardRefused { .. }
            | EventKind::Deviation { .. }
            | EventKind::PhaseStarted { .. }
            | EventKind::PhaseFinished { .. }
            | EventKind::Asked { .. }
            | EventKind::Answered { .. }
            | EventKind::EffectIntended { .. }
            | EventKind::ItemSettled { .. }
            | EventKind::LookChanged { .. }
            | EventKind::Captured { .. }
            | EventKind::RunsOn { .. }
            | EventKind::SteadyState { .. }
            | EventKind::DrillMoment { .. }
            | EventKind::DrillStopped { .. }
            | EventKind::ObjectiveMeasured { .. }
            | EventKind::Participant { .. }
            | EventKind::StepWalked { .. }
            | EventKind::Remarked { .. }
            | EventKind::RollbackStarted { .. }
            | EventKind::ResidualState { .. }
            | EventKind::Interrupted { .. } => {}
        }
    }

    fn heard(&mut self, news: &Progress, lines: &mut Vec<String>) {
        if self.surface.is_live() {
            self.news.note(news);
            return;
        }
        let step = match news {
            // It leaves no line, so the step is not spoken of by it.
            Progress::Look { .. } => return,
            Progress::Output { step, .. }
            | Progress::Message { step, .. }
            | Progress::Resource { step, .. }
            | Progress::Silent { step, .. } => step,
        };
        self.said.insert(step.clone(), Instant::now());
        lines.extend(progress_lines(news, self.layout()));
    }

    /// Writes lines that stay, above the live area.
    fn say(&self, lines: &[String]) {
        match &self.bar {
            _ if lines.is_empty() => {}
            Some(bar) => bar.suspend(|| self.surface.lines(lines)),
            None => self.surface.lines(lines),
        }
    }

    fn lend(&mut self, on_stage: OnStage) {
        self.clear();
        on_stage(&Stage { surface: &self.surface, view: &self.view });
    }

    /// Takes the live area off the screen.
    fn clear(&mut self) {
        let Some(bar) = self.bar.take() else { return };
        if self.surface.is_taken() {
            // What stands where it stood is somebody else's.
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        bar.finish_and_clear();
    }

    fn draw(&mut self) {
        if !self.under_way || !self.surface.is_live() {
            return;
        }
        if self.surface.is_taken() {
            return self.clear();
        }
        // What was said and answered last stays in view: a live area that fills the screen would scroll it away.
        let rows = (self.surface.rows() * 2 / 3).max(2);
        let columns = self.surface.columns() - 1;
        let lines = frame(&self.view, &self.news, self.surface.look(), self.now_ms(), columns, rows);
        let bar = self.bar.get_or_insert_with(|| {
            let target = ProgressDrawTarget::term_like(Box::new(self.surface.clone()));
            let bar = ProgressBar::with_draw_target(None, target);
            bar.set_style(ProgressStyle::with_template("{msg}").expect("the template has one known key"));
            bar
        });
        bar.set_message(lines.join("\n"));
    }

    fn still_running(&mut self, lines: &mut Vec<String>) {
        if self.surface.is_live() {
            return;
        }
        let now_ms = self.now_ms();
        for step in self.view.running().filter(|step| step.behind.is_none()) {
            let id = &step.label.id;
            let quiet = self.said.get(id).is_none_or(|said| said.elapsed() >= STILL_RUNNING);
            if let Some(attempt) = step.running().filter(|_| quiet) {
                let spent = duration(now_ms.saturating_sub(attempt.started.elapsed_ms));
                let title = self.surface.look().plain(&step.label.title);
                lines.push(format!("[{id}] still running after {spent}: {title}"));
                self.said.insert(id.clone(), Instant::now());
            }
        }
    }

    fn finish(mut self, ending: Option<&Ending>) -> RunView {
        self.clear();
        if let Some(ending) = ending {
            let layout = self.layout();
            self.surface.lines(&summary(&self.view, ending, layout.look, layout.width));
        }
        self.view
    }
}
