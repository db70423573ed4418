//! The picture of a run: a row a step, bars for what ran, stripes for whoever was waited for, against the budget.

use std::collections::BTreeSet;

use console::truncate_str;

use crate::event::Outcome;
use crate::report::html::scale::{Cut, Scale, as_f64};
use crate::report::html::status::Status;
use crate::report::plain::plain;
use crate::report::standing::is_bad;
use crate::report::view::{ExchangeView, Moment, RunView, StepView};
use crate::report::words::{count, duration};

/// The picture's width, in its own units.
const WIDTH: f64 = 960.0;
/// Where the plot begins; titles stand to the left of it.
const LEFT: f64 = 262.0;
/// Where the plot ends; times stand to the right of it.
const RIGHT: f64 = 880.0;
/// The height of a row.
const ROW: f64 = 22.0;
/// The height of a bar.
const BAR: f64 = 12.0;
/// The narrowest bar that can be seen.
const THIN: f64 = 2.0;
/// How many columns of a title are shown.
const TITLE: usize = 36;
/// The most rows. A picture of a thousand steps is none.
const ROWS_MAX: usize = 120;

/// A length in the picture, as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Px(pub(super) f64);

impl std::fmt::Display for Px {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.1}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// A bar, or a line, in a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) kind: BarKind,
    pub(super) x: Px,
    pub(super) end: Px,
    pub(super) width: Px,
    /// What a pointer shows.
    pub(super) title: String,
}

/// What a bar is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BarKind {
    /// Something ran, and ended so.
    Ran(&'static str),
    /// A person was waited for.
    Person,
    /// A retry was waited for.
    Retry,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) y: Px,
    pub(super) text_y: Px,
    pub(super) bar_y: Px,
    pub(super) middle: Px,
    pub(super) title: String,
    /// The heading that it leads to.
    pub(super) link: Option<String>,
    pub(super) status: Option<Status>,
    pub(super) note: String,
    pub(super) bars: Vec<Bar>,
}

/// A phase behind its rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Band {
    pub(super) y: Px,
    pub(super) text_y: Px,
    pub(super) height: Px,
    pub(super) title: String,
}

/// A line across all rows, with words at its head.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) x: Px,
    pub(super) text: String,
}

/// A place where time is drawn short.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CutPart {
    pub(super) x: Px,
    pub(super) end: Px,
    pub(super) width: Px,
    pub(super) middle: Px,
    pub(super) text: String,
    pub(super) title: String,
}

/// The budget, and how much of it was used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BudgetPart {
    pub(super) used: Px,
    pub(super) over: bool,
    pub(super) words: String,
    /// Where it was used up, if it was.
    pub(super) line: Option<Px>,
}

/// The picture, for the template.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Timeline {
    pub(super) width: Px,
    pub(super) height: Px,
    pub(super) left: Px,
    pub(super) right: Px,
    pub(super) plot: Px,
    pub(super) top: Px,
    pub(super) bottom: Px,
    pub(super) span: Px,
    pub(super) axis: Px,
    pub(super) right_icon: Px,
    pub(super) bar: Px,
    pub(super) bands: Vec<Band>,
    pub(super) rows: Vec<Row>,
    pub(super) ticks: Vec<Tick>,
    pub(super) cuts: Vec<CutPart>,
    pub(super) budget: Option<BudgetPart>,
    /// What the picture shows, in words.
    pub(super) description: String,
    /// How many steps have no row.
    pub(super) left_out: usize,
}

impl Timeline {
    /// The picture of a run; none when nothing began.
    pub(super) fn of(view: &RunView) -> Option<Self> {
        let scale = Scale::of(view, LEFT, RIGHT - LEFT);
        let steps: Vec<&StepView> = view.steps_shown().filter(|step| has_begun(step)).collect();
        if steps.is_empty() {
            return None;
        }
        let shown = chosen(&steps);
        let top = if view.budget.is_some() { 64.0 } else { 34.0 };
        let mut y = top;
        let (mut bands, mut rows) = (Vec::new(), Vec::new());
        for phase in view.phases_shown() {
            let begin = y;
            let mut inside = Vec::new();
            if !phase.exchanges.is_empty() {
                inside.push(approval(&phase.exchanges, &scale));
            }
            let steps = view.steps_of(phase.phase).filter(|step| shown.contains(step.label.id.as_str()));
            inside.extend(steps.map(|step| row(step, &scale)));
            if inside.is_empty() {
                continue;
            }
            y += ROW;
            for mut row in inside {
                row.place(y);
                rows.push(row);
                y += ROW;
            }
            let title = capital(phase.phase.as_str());
            bands.push(Band { y: Px(begin), text_y: Px(begin + 15.0), height: Px(y - begin - 2.0), title });
            y += 6.0;
        }
        Some(Self {
            width: Px(WIDTH),
            height: Px(y + 4.0),
            left: Px(LEFT),
            right: Px(RIGHT),
            plot: Px(RIGHT - LEFT),
            top: Px(top),
            bottom: Px(y - 6.0),
            span: Px(y - 6.0 - top),
            axis: Px(top - 6.0),
            right_icon: Px(RIGHT + 8.0),
            bar: Px(BAR),
            bands,
            rows,
            ticks: ticks(&scale),
            cuts: cuts(&scale),
            budget: budget(view, &scale),
            description: description(view, steps.len()),
            left_out: steps.len() - shown.len(),
        })
    }
}

impl Row {
    fn place(&mut self, y: f64) {
        self.y = Px(y);
        self.text_y = Px(y + 15.0);
        self.bar_y = Px(y + (ROW - BAR) / 2.0);
        self.middle = Px(y + ROW / 2.0);
    }
}

fn has_begun(step: &StepView) -> bool {
    !step.attempts.is_empty() || !step.exchanges.is_empty()
}

/// The steps that have a row: all, or those that did not pass and those that took longest.
fn chosen<'a>(steps: &[&'a StepView]) -> BTreeSet<&'a str> {
    let mut order: Vec<&&StepView> = steps.iter().collect();
    order.sort_by_key(|step| (!is_bad(step), std::cmp::Reverse(step.spent_ms())));
    order.iter().take(ROWS_MAX).map(|step| step.label.id.as_str()).collect()
}

fn bar(kind: BarKind, from: f64, to: f64, title: String) -> Bar {
    let width = (to - from).max(THIN);
    Bar { kind, x: Px(from), end: Px(from + width), width: Px(width), title }
}

fn blank(title: String) -> Row {
    let zero = Px(0.0);
    Row {
        y: zero,
        text_y: zero,
        bar_y: zero,
        middle: zero,
        title,
        link: None,
        status: None,
        note: String::new(),
        bars: Vec::new(),
    }
}

/// The row for what was asked about a phase as a whole.
fn approval(exchanges: &[ExchangeView], scale: &Scale) -> Row {
    let mut row = blank("asked about the phase".to_owned());
    row.bars = exchanges.iter().filter_map(|exchange| waited(exchange, scale)).collect();
    row.note = duration(exchanges.iter().filter_map(waited_ms).sum());
    row
}

fn row(step: &StepView, scale: &Scale) -> Row {
    let label = &step.label;
    let mut row = blank(truncate_str(&plain(&label.title), TITLE, "…").into_owned());
    row.link = Some(label.id.to_string());
    row.status = Some(Status::of(step.outcome));
    row.note = step.spent_ms().map(duration).unwrap_or_default();
    let last = step.attempts.len().saturating_sub(1);
    for (at, attempt) in step.attempts.iter().enumerate() {
        let ended = attempt.ended.unwrap_or(attempt.started);
        // An earlier attempt was followed by another: it did not do what it should.
        let outcome =
            if at == last { step.outcome } else { Some(if attempt.cut { Outcome::Unknown } else { Outcome::Failed }) };
        let outcome = if at == last && attempt.cut && outcome.is_none() { Some(Outcome::Unknown) } else { outcome };
        let status = Status::of(outcome);
        let took = attempt.started.until(ended).map(duration).unwrap_or_default();
        let title = format!("{}: attempt {}, {}, {took}", label.id, attempt.number, status.word);
        row.bars.push(bar(BarKind::Ran(status.class), scale.x(attempt.started), scale.x(ended), title));
        if let Some(next) = step.attempts.get(at + 1).filter(|next| next.started.session == ended.session) {
            let title = format!("{}: waits for attempt {}", label.id, next.number);
            row.bars.push(bar(BarKind::Retry, scale.x(ended), scale.x(next.started), title));
        }
    }
    row.bars.extend(step.exchanges.iter().filter_map(|exchange| waited(exchange, scale)));
    row
}

fn waited(exchange: &ExchangeView, scale: &Scale) -> Option<Bar> {
    let (answer, when) = exchange.answer.as_ref()?;
    let ms = waited_ms(exchange)?;
    let title = format!("{}: {} after {}", exchange.question.id, answer.choice, duration(ms));
    Some(bar(BarKind::Person, scale.x(exchange.asked), scale.x(*when), title))
}

fn waited_ms(exchange: &ExchangeView) -> Option<u64> {
    exchange.asked.until(exchange.answer.as_ref()?.1)
}

/// How long persons were waited for, in all.
pub(super) fn waited_for(exchanges: &[ExchangeView]) -> Option<String> {
    let sum: u64 = exchanges.iter().filter_map(waited_ms).sum();
    (sum > 0).then(|| duration(sum))
}

/// When a step began, on the clock of all sessions.
pub(super) fn clock_of(view: &RunView, when: Moment) -> String {
    let before: u64 = view.sessions.iter().filter(|it| it.number < when.session).map(|it| it.last.elapsed_ms).sum();
    duration(before + when.elapsed_ms)
}

/// Round times at which there is a line: about one every ninety units.
fn ticks(scale: &Scale) -> Vec<Tick> {
    const STEPS: [u64; 20] = [
        100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
        1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 86_400_000,
    ];
    let step = STEPS.into_iter().find(|step| as_f64(*step) * scale.rate >= 85.0).unwrap_or(scale.clock.max(1));
    let mut ticks: Vec<Tick> = Vec::new();
    let mut ms = 0;
    while ms <= scale.clock && ticks.len() < 40 {
        let free = |x: &f64| {
            let after = ticks.last().is_none_or(|last| x - last.x.0 >= 50.0);
            after && scale.cuts.iter().all(|cut| *x < cut.x - 22.0 || *x > cut.x + cut.width + 22.0)
        };
        if let Some(x) = scale.x_of_clock(ms).filter(free) {
            ticks.push(Tick { x: Px(x), text: if ms == 0 { "0".to_owned() } else { tick_words(ms) } });
        }
        ms += step;
    }
    ticks
}

/// A round time, short: `30s`, `2m`, `1m 30s`, `1h`.
fn tick_words(ms: u64) -> String {
    let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    match (h, m, s) {
        (0, 0, _) => duration(ms),
        (0, m, 0) => format!("{m}m"),
        (0, m, s) => format!("{m}m {s:02}s"),
        (h, 0, _) => format!("{h}h"),
        (h, m, _) => format!("{h}h {m:02}m"),
    }
}

fn cuts(scale: &Scale) -> Vec<CutPart> {
    let part = |cut: &Cut| {
        let long = duration(cut.length);
        let title = match cut.session {
            Some(session) => format!("session {session} began {long} after the last record of the one before it"),
            None => format!("a wait of {long} for a person"),
        };
        CutPart {
            x: Px(cut.x),
            end: Px(cut.x + cut.width),
            width: Px(cut.width),
            middle: Px(cut.x + cut.width / 2.0),
            text: tick_words(cut.length / 1000 * 1000),
            title,
        }
    };
    scale.cuts.iter().map(part).collect()
}

fn budget(view: &RunView, scale: &Scale) -> Option<BudgetPart> {
    let budget = u64::try_from(view.budget?.as_millis()).unwrap_or(u64::MAX).max(1);
    let share = as_f64(scale.clock) / as_f64(budget);
    let over = scale.clock > budget;
    let rest = if over {
        format!("{} over", duration(scale.clock - budget))
    } else {
        format!("{} left", duration(budget - scale.clock))
    };
    Some(BudgetPart {
        used: Px((share.min(1.0) * (RIGHT - LEFT)).max(THIN)),
        over,
        words: format!("{} of {}, {rest}", duration(scale.clock), duration(budget)),
        line: if over { scale.x_of_clock(budget).map(Px) } else { None },
    })
}

fn description(view: &RunView, steps: usize) -> String {
    let sessions = count(view.sessions.len(), "session");
    let budget = view.budget.and_then(|budget| u64::try_from(budget.as_millis()).ok());
    let budget = budget.map(|budget| format!(", of a budget of {}", duration(budget))).unwrap_or_default();
    format!(
        "{} over {} on the clock{budget}, in {sessions}. The table of steps below says the same in words.",
        count(steps, "step"),
        duration(view.spent_ms())
    )
}

/// A word with a capital letter.
pub(super) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
