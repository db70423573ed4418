//! From the clock to the picture: session after session, with what would make the rest too small to see drawn short.

use crate::report::view::{Moment, RunView};

/// The width of something drawn short.
const SHORT: f64 = 30.0;

/// The most waits that are drawn short: the longest.
const SHORT_MAX: usize = 6;

/// A wait shorter than this is drawn as it is, in milliseconds.
const LONG_WAIT: u64 = 30_000;

/// A stretch of a session's clock and where it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    session: u32,
    from: u64,
    to: u64,
    x: f64,
    width: f64,
    short: bool,
}

/// Something drawn short, or not at all.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cut {
    /// Where it begins.
    pub(super) x: f64,
    /// Its width.
    pub(super) width: f64,
    /// How long it was, in milliseconds.
    pub(super) length: u64,
    /// Between two sessions, and which begins; none: a wait for a person.
    pub(super) session: Option<u32>,
}

/// The scale of a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    stretches: Vec<Stretch>,
    /// What is drawn short.
    pub(super) cuts: Vec<Cut>,
    /// Milliseconds of all sessions together.
    pub(super) clock: u64,
    /// Pixels a millisecond.
    pub(super) rate: f64,
}

impl Scale {
    /// A scale for a run, `width` pixels wide, from `x`.
    pub(super) fn of(view: &RunView, x: f64, width: f64) -> Self {
        let waits = long_waits(view);
        let clock: u64 = view.spent_ms();
        let gaps = view.sessions.len().saturating_sub(1);
        let hidden: u64 = waits.iter().map(|(_, from, to)| to.saturating_sub(*from)).sum();
        let cuts = as_f64((gaps + waits.len()) as u64) * SHORT;
        let rate = (width - cuts).max(width / 4.0) / as_f64(clock.saturating_sub(hidden).max(1));
        let mut scale = Self { stretches: Vec::new(), cuts: Vec::new(), clock, rate };
        let mut at = x;
        for (number, session) in view.sessions.iter().enumerate() {
            if let Some(before) = number.checked_sub(1).map(|before| &view.sessions[before]) {
                let apart = (session.started.at - before.last.at).num_milliseconds();
                let length = u64::try_from(apart).unwrap_or(0);
                scale.cuts.push(Cut { x: at, width: SHORT, length, session: Some(session.number) });
                at += SHORT;
            }
            let mut from = 0;
            for (_, begin, end) in waits.iter().filter(|(of, ..)| *of == session.number) {
                at = scale.stretch(session.number, from, *begin, at, false);
                at = scale.stretch(session.number, *begin, *end, at, true);
                from = *end;
            }
            at = scale.stretch(session.number, from, session.last.elapsed_ms, at, false);
        }
        scale
    }

    fn stretch(&mut self, session: u32, from: u64, to: u64, x: f64, short: bool) -> f64 {
        // A clock that went back is a broken one: nothing is drawn of that.
        let to = to.max(from);
        let width = if short { SHORT } else { as_f64(to - from) * self.rate };
        if short {
            self.cuts.push(Cut { x, width, length: to - from, session: None });
        }
        self.stretches.push(Stretch { session, from, to, x, width, short });
        x + width
    }

    /// Where a moment is drawn.
    pub(super) fn x(&self, when: Moment) -> f64 {
        let of_session = self.stretches.iter().filter(|stretch| stretch.session == when.session);
        let mut end = 0.0;
        for stretch in of_session {
            if when.elapsed_ms <= stretch.to {
                return stretch.x + stretch.share(when.elapsed_ms.saturating_sub(stretch.from));
            }
            end = stretch.x + stretch.width;
        }
        end
    }

    /// Where a time on the clock of all sessions is drawn, if it is drawn in full.
    pub(super) fn x_of_clock(&self, ms: u64) -> Option<f64> {
        let mut before = 0;
        for stretch in &self.stretches {
            let length = stretch.to - stretch.from;
            if ms <= before + length {
                return (!stretch.short).then(|| stretch.x + stretch.share(ms - before));
            }
            before += length;
        }
        None
    }
}

impl Stretch {
    fn share(&self, ms: u64) -> f64 {
        let length = self.to - self.from;
        if length == 0 { 0.0 } else { self.width * as_f64(ms.min(length)) / as_f64(length) }
    }
}

/// The waits for a person that are so long that all else would be too small beside them, and during which nothing ran:
/// session, begin and end, in order.
fn long_waits(view: &RunView) -> Vec<(u32, u64, u64)> {
    let mut busy: Vec<(u32, u64, u64)> = Vec::new();
    for step in &view.steps {
        for attempt in &step.attempts {
            let end = attempt.ended.unwrap_or(attempt.started);
            let asked = step.exchanges.iter().filter(|it| it.asked.seq > attempt.started.seq && it.asked.seq < end.seq);
            let mut from = attempt.started.elapsed_ms;
            for exchange in asked {
                busy.push((attempt.started.session, from, exchange.asked.elapsed_ms));
                from = exchange.answer.as_ref().map_or(exchange.asked, |(_, when)| *when).elapsed_ms;
            }
            busy.push((attempt.started.session, from, end.elapsed_ms));
        }
    }
    let asked = view.questions().into_iter().filter_map(|exchange| {
        let answered = exchange.answer.as_ref()?.1;
        (answered.session == exchange.asked.session).then_some((
            exchange.asked.session,
            exchange.asked.elapsed_ms,
            answered.elapsed_ms,
        ))
    });
    let mut waits: Vec<(u32, u64, u64)> = Vec::new();
    for (session, from, to) in asked {
        let ran = busy.iter().any(|(of, begin, end)| *of == session && *begin < to && *end > from);
        let overlaps = waits.iter().any(|(of, begin, end)| *of == session && *begin < to && *end > from);
        let length = to.saturating_sub(from);
        if length >= LONG_WAIT && length > view.spent_ms() / 8 && !ran && !overlaps {
            waits.push((session, from, to));
        }
    }
    waits.sort_by_key(|(_, from, to)| std::cmp::Reverse(to.saturating_sub(*from)));
    waits.truncate(SHORT_MAX);
    waits.sort_unstable();
    waits
}

/// A number for drawing. Exact up to 2^53, which is far more than a picture shows.
#[expect(clippy::cast_precision_loss, reason = "a picture needs no more precision")]
pub(super) fn as_f64(number: u64) -> f64 {
    number as f64
}
