//! What a `wait` and a `bake` have in common: looks that are made, told, and put on record when they show something new.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::engine::attempt::Judged;
use crate::engine::performer::Task;
use crate::engine::shelf::Shelf;
use crate::engine::steps::Steps;
use crate::event::{Failure, FailureKind, Hold, Level, Progress};
use crate::runbook::StepSpec;
use crate::step::{AttemptMessage, CancelHandle, Ran, ReadContext, StepStop, span_words};

/// The longest pause that throttling makes of a shorter one.
pub(super) const SLOWEST: Duration = Duration::from_mins(1);

/// What a look that begins in the last moment may take beyond the end: a look that is cut off at once would leave unknown
/// what the one before has seen.
pub(super) const LAST_LOOK: Duration = Duration::from_secs(5);

/// How many changes are put on record.
pub(super) const MOST_CHANGES: u32 = 200;

/// The longest value that is shown and kept of a look, in bytes of JSON.
pub(super) const LONGEST_VALUE: usize = 1024;

/// What a look shows: it is compared with what the last one showed.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    /// What is looked at, with its values.
    pub(super) values: Vec<(String, Value)>,
    /// Why the look decides nothing.
    pub(super) trouble: Option<String>,
    /// Where the hold stands.
    pub(super) hold: Option<Hold>,
}

impl Sight {
    /// Whether it shows the same; that time has passed is nothing new.
    fn same(&self, other: &Self) -> bool {
        let level = |sight: &Self| sight.hold.map(|hold| hold.level);
        self.values == other.values && self.trouble == other.trouble && level(self) == level(other)
    }
}

/// How the looking went so far.
pub(super) struct Count {
    /// When it ends at the latest; none: it is a hold, and tells where it stands.
    pub(super) limit: Option<Duration>,
    pub(super) began: Instant,
    pub(super) looks: u32,
    pub(super) changes: u32,
    pub(super) throttled: u32,
    pub(super) last: Option<Sight>,
}

impl Count {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, began: Instant::now(), looks: 0, changes: 0, throttled: 0, last: None }
    }

    /// `3 looks in 10s`.
    pub(super) fn words(&self) -> String {
        let looks = if self.looks == 1 { "look" } else { "looks" };
        let spent = self.began.elapsed();
        // Beside a second its parts say nothing.
        let spent = if spent.as_secs() > 0 { Duration::from_secs(spent.as_secs()) } else { spent };
        format!("{} {looks} in {}", self.looks, span_words(spent))
    }

    /// `; 205 changes, the first 200 of them on record`, or nothing.
    pub(super) fn changes_words(&self) -> String {
        match self.changes {
            ..=MOST_CHANGES => String::new(),
            many => format!("; {many} changes, the first {MOST_CHANGES} of them on record"),
        }
    }

    /// Counts looks in a row that were throttled, and gives the time until the next one: twice as long for each of them.
    pub(super) fn pause(&mut self, every: Duration, failure: Option<&Failure>) -> Duration {
        self.throttled = match failure.map(|failure| &failure.kind) {
            Some(FailureKind::Throttled) => self.throttled + 1,
            Some(_) | None => 0,
        };
        every.saturating_mul(1 << self.throttled.min(10)).min(every.max(SLOWEST))
    }

    /// Tells of a look, and puts it on record when it shows something new.
    pub(super) fn tell(
        &mut self,
        task: &Task,
        item: Option<u32>,
        sight: Sight,
        requests: Vec<String>,
    ) -> Result<(), StepStop> {
        let Sight { values, trouble, hold } = sight.clone();
        let look = Progress::Look {
            step: task.step.clone(),
            look: self.looks,
            values: values.clone(),
            trouble: trouble.clone(),
            limit_ms: self.limit.map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)),
        };
        let send = |message| task.line.send((task.step.clone(), message)).map_err(|_| StepStop::EngineGone);
        if !self.last.as_ref().is_some_and(|last| last.same(&sight)) {
            self.changes = self.changes.saturating_add(1);
            // What trips a hold is its last look, and the strip ends with it.
            let trips = hold.is_some_and(|hold| hold.level == Level::Alarm);
            if self.changes <= MOST_CHANGES || trips {
                send(AttemptMessage::Change { index: item, look: self.looks, values, trouble, hold, requests })?;
            }
            self.last = Some(sight);
        }
        send(AttemptMessage::Progress(look))
    }
}

/// One look. It is stopped when the operator leaves: a program gets the time to end.
pub(super) async fn attended<T>(
    cx: &ReadContext,
    shelf: &Shelf,
    deadline: Instant,
    look: impl AsyncFnOnce(&mut ReadContext) -> Result<T, StepStop>,
) -> Result<T, StepStop> {
    let (handle, cancel) = CancelHandle::new();
    // What a program says at each look is not told: what it comes to is.
    let (line, _) = mpsc::unbounded_channel();
    let artifacts = Arc::new(shelf.clone());
    let mut own = ReadContext { deadline: Some(deadline), cancel, artifacts, line, ..cx.clone() };
    let (mut leaving, mut hurry) = (cx.cancel.clone(), cx.cancel.clone());
    let (mut left, mut hurried) = (false, false);
    let look = look(&mut own);
    tokio::pin!(look);
    loop {
        tokio::select! {
            biased;
            () = leaving.leaving(), if !left => {
                left = true;
                handle.cancel();
            }
            () = hurry.cancelled(), if left && !hurried => {
                hurried = true;
                handle.cancel();
            }
            ran = &mut look => return if left { Err(StepStop::Left) } else { ran },
        }
    }
}

/// Waits until the next look; ends when the operator leaves.
pub(super) async fn until(next: Instant, cx: &mut ReadContext) -> Result<(), StepStop> {
    tokio::select! {
        () = tokio::time::sleep_until(next) => Ok(()),
        () = cx.cancel.leaving() => Err(StepStop::Left),
    }
}

impl Steps {
    /// A judgement with the files and the requests of the last look.
    pub(super) fn with_files(&self, judged: Judged, spec: &StepSpec, shelf: &Shelf, mut ran: Ran) -> Judged {
        match kept(shelf, &mut ran) {
            Ok(()) => Judged { artifacts: ran.artifacts, requests: ran.requests, ..judged },
            Err(failure) => self.failed(spec, failure),
        }
    }
}

/// What went wrong, without the id of the request: that is another one at each look.
pub(super) fn without_request(failure: &Failure) -> String {
    match &failure.request_id {
        Some(id) => failure.message.replace(&format!(" [request {id}]"), ""),
        None => failure.message.clone(),
    }
}

/// The files of the last look are files of the run.
pub(super) fn kept(shelf: &Shelf, ran: &mut Ran) -> Result<(), Failure> {
    shelf.keep(&mut ran.artifacts).map_err(|error| {
        Failure::new(FailureKind::Io, "what the last look gave could not be written to the run's files")
            .caused_by(vec![error.to_string()])
    })
}

/// A value that is not too long to be kept.
pub(super) fn short(value: Value, most: usize) -> Value {
    let text = value.to_string();
    if text.len() <= most {
        return value;
    }
    let end = text.floor_char_boundary(most);
    json!(format!("{} … ({} bytes)", &text[..end], text.len()))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use serde_json::json;
    use tokio::sync::mpsc;

    use super::{Count, MOST_CHANGES, Sight};
    use crate::engine::performer::Task;
    use crate::event::{Hold, Level};
    use crate::id::StepId;
    use crate::step::{AttemptMessage, CancelHandle};

    /// Tells looks, and gives the numbers of those that go on record.
    fn on_record(sights: impl IntoIterator<Item = Sight>) -> Vec<u32> {
        let (line, mut told) = mpsc::unbounded_channel();
        let (_handle, cancel) = CancelHandle::new();
        let step = StepId::new("bake").unwrap();
        let task = Task {
            step,
            attempt: 1,
            ended: Rc::default(),
            earlier: Vec::new(),
            undone: Vec::new(),
            forward_until: None,
            line,
            cancel,
        };
        let mut count = Count::new(None);
        for sight in sights {
            count.looks += 1;
            count.tell(&task, None, sight, Vec::new()).unwrap();
        }
        let mut numbers = Vec::new();
        while let Ok((_, message)) = told.try_recv() {
            if let AttemptMessage::Change { look, .. } = message {
                numbers.push(look);
            }
        }
        numbers
    }

    fn sight(value: u32, at_ms: u64, level: Level) -> Sight {
        let hold = Some(Hold { length_ms: 1000, at_ms, level });
        Sight { values: vec![("errors".to_owned(), json!(value))], trouble: None, hold }
    }

    #[test]
    fn that_time_passes_is_no_change() {
        let looks = [(0, Level::Well), (10, Level::Well), (20, Level::Dim), (30, Level::Dim), (40, Level::Well)];
        assert_eq!(on_record(looks.map(|(at, level)| sight(1, at, level))), [1, 3, 5]);
    }

    #[test]
    fn what_trips_a_hold_is_on_record_whatever_came_before() {
        let many = (0..2 * MOST_CHANGES).map(|n| sight(n, u64::from(n), Level::Well));
        let numbers = on_record(many.chain([sight(0, 900, Level::Alarm)]));
        assert_eq!(numbers.len(), 201);
        assert_eq!(numbers[199..], [MOST_CHANGES, 2 * MOST_CHANGES + 1]);
    }
}
