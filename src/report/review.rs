//! The timeline for the review: what happened in order, with the time in UTC and since the incident was declared, or since
//! the run began. A run in which all went as it should has none.

use chrono::{DateTime, Utc};

use crate::event::{Ask, Choice, Outcome, SteadyChange};
use crate::id::Phase;
use crate::report::lines::{answer_origin, deviation_words};
use crate::report::standing::{Standing, end_words, is_bad};
use crate::report::view::{ExchangeView, Moment, RunView, SessionView, StepView};
use crate::report::words::duration;

/// The most rows. Of more, the first and the last are shown.
const ROWS_MAX: usize = 400;

/// The timeline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Review {
    /// The moment that times count from.
    pub(super) zero: DateTime<Utc>,
    /// What that is: `incident INC-42 was declared`, `the run began`.
    pub(super) since: String,
    /// What happened, in order.
    pub(super) rows: Vec<ReviewRow>,
    /// How many rows in the middle are not shown.
    pub(super) left_out: usize,
}

/// One thing that happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ReviewRow {
    pub(super) at: DateTime<Utc>,
    /// Milliseconds since the review's zero; less than none before it.
    pub(super) offset_ms: i64,
    pub(super) what: String,
    /// The person, where one did it.
    pub(super) who: Option<String>,
    /// As an outcome, for its colour.
    pub(super) outcome: Option<Outcome>,
    seq: u64,
}

impl ReviewRow {
    /// The time since the zero: `+3m 04s`, `-12s`.
    pub(super) fn offset(&self) -> String {
        let sign = if self.offset_ms < 0 { "-" } else { "+" };
        format!("{sign}{}", duration(self.offset_ms.unsigned_abs()))
    }
}

impl Review {
    /// The timeline of a run; none when there is nothing to review.
    pub(super) fn of(view: &RunView) -> Option<Self> {
        let ill = view.steps_shown().any(is_bad);
        let odd = !view.refusals.is_empty() || !view.interruptions.is_empty() || !view.deviations.is_empty();
        if !ill && !odd && view.rollback.is_none() {
            return None;
        }
        let first = view.sessions.first()?.started;
        let incident = incident(view);
        let (zero, since) = match incident {
            Some((id, declared)) => (declared, format!("incident {id} was declared")),
            None => (first.at, "the run began".to_owned()),
        };
        let mut rows = Rows { zero, rows: Vec::new() };
        rows.sessions(view);
        rows.decisions(view);
        view.steps.iter().for_each(|step| rows.step(step));
        rows.back(view);
        let mut rows = rows.rows;
        rows.sort_by_key(|row| row.seq);
        let left_out = rows.len().saturating_sub(ROWS_MAX);
        if left_out > 0 {
            rows.drain(ROWS_MAX / 2..ROWS_MAX / 2 + left_out);
        }
        Some(Self { zero, since, rows, left_out })
    }
}

/// The last incident for which the run went back, and when it was declared: at the latest, when the first session for it
/// began.
fn incident(view: &RunView) -> Option<(&str, DateTime<Utc>)> {
    let (last, _) = view.sessions.iter().rev().find_map(declared)?;
    let all = view.sessions.iter().filter_map(declared).filter(|(id, _)| *id == last);
    Some((last, all.map(|(_, at)| at).min()?))
}

fn declared(session: &SessionView) -> Option<(&str, DateTime<Utc>)> {
    let back = session.back.as_ref()?;
    Some((back.incident.as_deref()?, back.declared.unwrap_or(session.started.at)))
}

struct Rows {
    zero: DateTime<Utc>,
    rows: Vec<ReviewRow>,
}

impl Rows {
    fn add(&mut self, when: Moment, outcome: Option<Outcome>, who: Option<&str>, what: String) {
        let offset_ms = (when.at - self.zero).num_milliseconds();
        let who = who.map(str::to_owned);
        self.rows.push(ReviewRow { at: when.at, offset_ms, what, who, outcome, seq: when.seq });
    }

    fn sessions(&mut self, view: &RunView) {
        for session in &view.sessions {
            let what = match (&session.back, session.number) {
                _ if session.after => "what there is to say of the drill is added".to_owned(),
                (Some(back), _) => match &back.incident {
                    Some(incident) => format!("a rollback is asked for, for incident {incident}"),
                    None => "a rollback is asked for".to_owned(),
                },
                (None, 1) => "the run begins".to_owned(),
                (None, number) => format!("session {number}: the run is taken up again"),
            };
            self.add(session.started, None, Some(&session.user), what);
            let last = view.sessions.last().is_some_and(|it| it.number == session.number);
            match &session.end {
                Some((end, waits)) if !(last && view.verdict.is_some()) => {
                    let waits = waits.as_ref().map(|waits| format!(", and waits for `{waits}`")).unwrap_or_default();
                    self.add(session.last, None, None, format!("the session ends: {}{waits}", end_words(*end)));
                }
                Some(_) => {}
                None => {
                    let what = "the last record of the session".to_owned();
                    self.add(session.last, Some(Outcome::Unknown), None, what);
                }
            }
        }
        let over = view.sessions.iter().rev().find(|session| !session.after).map(|session| session.last);
        if let (Some(last), Some(_)) = (over, view.verdict) {
            let standing = Standing::of(view);
            self.add(last, Some(standing.outcome), None, format!("the run is over: {}", standing.words()));
        }
    }

    fn decisions(&mut self, view: &RunView) {
        for it in &view.deviations {
            let words = deviation_words(it.what, it.step.as_ref(), &it.reason);
            self.add(it.when, Some(Outcome::Warned), None, format!("deviation: {words}"));
        }
        for it in &view.refusals {
            let what = format!("refused by the {} guard: {}", it.guard, it.message);
            self.add(it.when, Some(Outcome::Failed), None, what);
        }
        for it in &view.interruptions {
            let what = if it.stopping { "what ran was stopped" } else { "no further step began" };
            self.add(it.when, Some(Outcome::Warned), None, format!("{}: {what}", it.signal));
        }
        for exchange in view.questions() {
            self.exchange(exchange);
        }
    }

    fn exchange(&mut self, exchange: &ExchangeView) {
        let Some((answer, when)) = &exchange.answer else { return };
        // An item of a checklist is in its section; here are decisions.
        if exchange.question.ask == Ask::Confirm && answer.choice != Choice::No {
            return;
        }
        let waited = exchange.asked.until(*when).filter(|ms| *ms >= 1000);
        let waited = waited.map(|ms| format!(", after {}", duration(ms))).unwrap_or_default();
        let reason = answer.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let what = format!(
            "“{}” is answered `{}` {}{waited}{reason}",
            exchange.question.title,
            answer.choice,
            answer_origin(answer)
        );
        self.add(*when, None, Some(&answer.by), what);
    }

    /// What failed, what was changed, and each undo.
    fn step(&mut self, step: &StepView) {
        let title = &step.label.title;
        for attempt in &step.attempts {
            let Some((failure, when)) = attempt.failure.as_ref().zip(attempt.ended) else { continue };
            let again = attempt.retry_in_ms.map(|ms| format!("; the next attempt follows in {}", duration(ms)));
            let what = format!("“{title}” failed: {}{}", failure.message, again.unwrap_or_default());
            self.add(when, Some(Outcome::Failed), None, what);
        }
        let (Some(outcome), Some(finished)) = (step.outcome, step.finished) else { return };
        let changes = matches!(step.label.effect.as_deref(), Some("write" | "irreversible"));
        let undo = step.label.phase == Phase::Rollback;
        let told = step.attempts.iter().any(|attempt| attempt.failure.is_some() && attempt.failure == step.failure);
        if !(changes || undo || is_bad(step)) || (told && is_bad(step) && !undo) {
            return;
        }
        let spent = step.spent_ms().map(|ms| format!(", in {}", duration(ms))).unwrap_or_default();
        let why = step.failure.as_ref().map(|failure| &failure.message).or(step.reason.as_ref());
        let why = why.filter(|_| outcome != Outcome::Passed).map(|why| format!(": {why}")).unwrap_or_default();
        let kind = if undo { "undo " } else { "" };
        self.add(finished, Some(outcome), None, format!("{kind}“{title}” {outcome}{spent}{why}"));
    }

    fn back(&mut self, view: &RunView) {
        if let Some(rollback) = &view.rollback {
            self.add(rollback.started, None, None, format!("the way back begins: {}", rollback.cause));
        }
        for it in view.compared() {
            let ill_before = !it.before.look.outcome.satisfies();
            if let Some(when) = it.before.when.filter(|_| ill_before) {
                let what = format!("steady state, before the first change: “{}” {}", it.title, it.before.look.outcome);
                self.add(when, Some(it.before.look.outcome), None, what);
            }
            let after = it.now.as_ref().filter(|_| view.rollback.is_some()).and_then(|now| now.when);
            if let (Some(when), Some(change)) = (after, it.change) {
                let outcome = if change == SteadyChange::Same { None } else { it.standing() };
                self.add(when, outcome, None, format!("steady state: “{}” {}", it.title, it.words()));
            }
        }
    }
}
