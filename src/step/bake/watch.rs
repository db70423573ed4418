//! What looks mean to a hold. Pure: looks go in, a verdict comes out.
//!
//! | a look shows | then |
//! |---|---|
//! | an alarm in ALARM, a check that fails, an alarm that is not there or not there any more | tripped, at once |
//! | an alarm that was in ALARM since the last look, and is not now | tripped, at once |
//! | an alarm or a check without an answer | the look is missed; the next one |
//! | all else | the next look |
//!
//! The hold ends with a look that is not missed, when its time is over. Then what was missed is weighed: a hold that nobody
//! watched for more than its half is unknown.
//!
//! That an alarm changed its state while nobody looked shows in its timestamp: it is not that of the last look. Both are the
//! service's, so no two clocks are held against each other. What the alarm went through then, its history tells; where that
//! cannot be had until the end, the step is warned.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::event::{Failure, FailureKind, Level};
use crate::step::bake::alarm::{ALARM, INSUFFICIENT, OK};
use crate::step::bake::trip::tripped;
use crate::step::bake::{Alarm, CheckSays, Checked, Debt, History, Seen, Trip};
use crate::step::kind::Insufficient;
use crate::step::span_words;

/// How many alarms and checks are shown of a look before those that are well are only counted.
const SHOWN: usize = 20;

/// What is held, and what is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// How long is held.
    pub hold: Duration,
    /// The names of the alarms.
    pub names: Vec<String>,
    /// Prefixes of names.
    pub prefixes: Vec<String>,
    /// Whether a prefix may find no alarm.
    pub allow_empty: bool,
    /// What an alarm with too little data means in the end.
    pub insufficient: Insufficient,
    /// When the hold began, by the wall clock: it is held against the service's clock only where no look came before.
    pub begun: DateTime<Utc>,
}

/// What follows from a look.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// The next look. With a failure: this one was missed.
    Again(Option<Box<Failure>>),
    /// Something tripped: what the first of it is called, and all of it.
    Tripped(String, Box<Failure>),
    /// The hold is over.
    Held(Box<End>),
    /// The hold is over, and nobody knows: too much of it was not watched.
    Unknown(Box<Failure>),
}

/// A hold that is over, with nothing tripped.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// What there is to look at: it makes the step warned.
    pub warnings: Vec<String>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// An alarm whose history is not known yet.
#[derive(Clone, Debug, PartialEq)]
struct Owed {
    since: DateTime<Utc>,
    why: String,
}

/// The looks of a hold so far.
#[derive(Clone, Debug)]
pub struct Watch {
    rules: Rules,
    /// Each alarm as the last look that was not missed found it. None: there was no such look.
    known: Option<BTreeMap<String, Alarm>>,
    checks: Vec<Checked>,
    owed: BTreeMap<String, Owed>,
    looks: u32,
    missed: u32,
    /// How long nobody watched.
    blind: Duration,
    /// When the last look was made, if it was missed.
    missing_since: Option<Duration>,
    level: Level,
}

impl Watch {
    /// Nothing was looked at yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            known: None,
            checks: Vec::new(),
            owed: BTreeMap::new(),
            looks: 0,
            missed: 0,
            blind: Duration::ZERO,
            missing_since: None,
            level: Level::Well,
        }
    }

    /// The alarms whose history a look makes needed, those of earlier looks included.
    pub fn debts(&self, seen: &Seen) -> Vec<Debt> {
        let Ok(alarms) = &seen.alarms else { return Vec::new() };
        let debt = |alarm: &Alarm| {
            // What is in ALARM trips as it is.
            if alarm.state == ALARM {
                return None;
            }
            let owed = self.owed.get(&alarm.name).map(|owed| owed.since);
            let since = owed.or_else(|| self.changed(alarm))?;
            Some(Debt { alarm: alarm.name.clone(), since })
        };
        alarms.iter().filter_map(debt).collect()
    }

    /// Since when an alarm may have gone through states that no look has seen.
    fn changed(&self, alarm: &Alarm) -> Option<DateTime<Utc>> {
        let since = alarm.since?;
        match self.known.as_ref().and_then(|known| known.get(&alarm.name)) {
            Some(last) => last.since.filter(|last| *last != since),
            // The first look is the beginning of the hold, unless others before it were missed.
            None if self.looks == 0 => None,
            None => (since > self.rules.begun).then_some(self.rules.begun),
        }
    }

    /// Takes a look in. `at`: when it was made, since the hold began.
    pub fn take(&mut self, at: Duration, seen: &Seen, histories: &[History]) -> Next {
        if let Some(since) = self.missing_since.take() {
            self.blind += at.saturating_sub(since);
        }
        let mut trips = Vec::new();
        let mut trouble = match &seen.alarms {
            Ok(alarms) => {
                self.absent(alarms, &mut trips);
                for alarm in alarms {
                    trips.extend(self.trip(alarm, histories));
                }
                self.known = Some(alarms.iter().map(|alarm| (alarm.name.clone(), alarm.clone())).collect());
                alarms.iter().find_map(odd)
            }
            Err(failure) => Some(failure.clone()),
        };
        for check in &seen.checks {
            match &check.says {
                CheckSays::Fails(failure) => {
                    trips.push(Trip::Check { name: check.name.clone(), failure: failure.clone() });
                }
                CheckSays::Unknown(failure) => {
                    let mut failure = failure.clone();
                    failure.message = format!("check {}: {}", check.name, failure.message);
                    trouble.get_or_insert(failure);
                }
                CheckSays::Passes(_) | CheckSays::Warns(_) => {}
            }
        }
        self.checks.clone_from(&seen.checks);
        self.looks = self.looks.saturating_add(1);
        if trouble.is_some() {
            self.missed = self.missed.saturating_add(1);
            self.missing_since = Some(at);
        }
        self.level = self.level_of(!trips.is_empty(), trouble.is_some());
        if !trips.is_empty() {
            let held = format!("{} of {}", span_words(whole_seconds(at)), span_words(self.rules.hold));
            return of_trips(&trips, &format!("held {held}, {}", self.looks_words()));
        }
        match trouble {
            Some(failure) => Next::Again(Some(failure)),
            None if at < self.rules.hold => Next::Again(None),
            None => {
                let next = self.end(at);
                if matches!(next, Next::Tripped(..)) {
                    self.level = Level::Alarm;
                }
                next
            }
        }
    }

    /// What is named and not there, or not there any more.
    fn absent(&self, alarms: &[Alarm], trips: &mut Vec<Trip>) {
        let there = |name: &str| alarms.iter().any(|alarm| alarm.name == name);
        let known = self.known.as_ref();
        for name in self.rules.names.iter().filter(|name| !there(name)) {
            if !known.is_some_and(|known| known.contains_key(name)) {
                trips.push(Trip::Missing(name.clone()));
            }
        }
        for name in known.into_iter().flat_map(BTreeMap::keys).filter(|name| !there(name)) {
            trips.push(Trip::Gone(name.clone()));
        }
        // One that had some and has none is told by what is gone.
        if known.is_none() && !self.rules.allow_empty {
            let empty = |prefix: &&String| !alarms.iter().any(|alarm| alarm.name.starts_with(prefix.as_str()));
            trips.extend(self.rules.prefixes.iter().filter(empty).cloned().map(Trip::NoneOf));
        }
    }

    /// Whether an alarm trips, by its state or by its history.
    fn trip(&mut self, alarm: &Alarm, histories: &[History]) -> Option<Trip> {
        if alarm.state == ALARM {
            let seen_before = self.known.as_ref().is_some_and(|known| known.contains_key(&alarm.name));
            let before =
                !seen_before && (self.looks == 0 || alarm.since.is_some_and(|since| since <= self.rules.begun));
            return Some(Trip::Alarm { alarm: alarm.clone(), before });
        }
        let owed = self.owed.remove(&alarm.name).map(|owed| owed.since);
        let since = owed.or_else(|| self.changed(alarm))?;
        let history = histories.iter().find(|history| history.alarm == alarm.name);
        let owe = |why: String| Owed { since, why };
        match history.map(|history| &history.told) {
            Some(Ok(told)) => {
                let told = || told.iter().filter(|change| change.at > since);
                let through = told().filter(|change| change.from == ALARM || change.to == ALARM);
                // What led into ALARM says why; where it is too old for the history, what led out of it.
                let telling = through.max_by_key(|change| (change.to == ALARM, change.at));
                if let Some(change) = telling {
                    return Some(Trip::Flicker { alarm: alarm.clone(), change: change.clone() });
                }
                if alarm.exact && told().next().is_none() {
                    let why = "its history does not tell of it".to_owned();
                    self.owed.insert(alarm.name.clone(), owe(why));
                }
            }
            Some(Err(failure)) => {
                let why = format!("its history could not be had: {}", failure.message);
                self.owed.insert(alarm.name.clone(), owe(why));
            }
            None => {
                self.owed.insert(alarm.name.clone(), owe("its history was not looked into".to_owned()));
            }
        }
        None
    }

    fn level_of(&self, tripped: bool, missed: bool) -> Level {
        let short = |alarm: &Alarm| alarm.state == INSUFFICIENT && self.rules.insufficient != Insufficient::Pass;
        let warns = |check: &Checked| matches!(check.says, CheckSays::Warns(_));
        if tripped {
            Level::Alarm
        } else if missed || self.alarms().any(short) || self.checks.iter().any(warns) {
            Level::Dim
        } else {
            Level::Well
        }
    }

    /// The time is over, and the last look was not missed.
    fn end(&self, at: Duration) -> Next {
        if self.blind > self.rules.hold / 2 {
            let why = format!(
                "nobody watched for {} of {}: {} of {} looks had no answer",
                span_words(whole_seconds(self.blind)),
                span_words(self.rules.hold),
                self.missed,
                self.looks
            );
            return Next::Unknown(Box::new(Failure::new(FailureKind::Lost, why)));
        }
        let short: Vec<&Alarm> = self.alarms().filter(|alarm| alarm.state == INSUFFICIENT).collect();
        if self.rules.insufficient == Insufficient::Fail && !short.is_empty() {
            let trips: Vec<Trip> = short.into_iter().cloned().map(Trip::Insufficient).collect();
            let held = format!("held {}, {}", span_words(whole_seconds(at)), self.looks_words());
            return of_trips(&trips, &held);
        }
        let mut warnings = Vec::new();
        if self.rules.insufficient == Insufficient::Warn && !short.is_empty() {
            warnings.push(format!("too little data: {}", names(&short)));
        }
        warnings.extend(
            self.owed.iter().map(|(name, owed)| format!("{name} changed its state between two looks: {}", owed.why)),
        );
        for check in &self.checks {
            if let CheckSays::Warns(why) = &check.says {
                warnings.push(format!("check {}: {why}", check.name));
            }
        }
        Next::Held(Box::new(End { warnings, notes: self.notes() }))
    }

    /// What there is to say of a hold that is over.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!("held {}, {}", span_words(self.rules.hold), self.looks_words())];
        if self.missed > 0 {
            let blind = span_words(whole_seconds(self.blind));
            notes.push(format!("{} of them had no answer, nobody watched for {blind}", self.missed));
        }
        let all = self.alarms().count();
        if all > 0 {
            notes.push(format!("{all} {} watched", if all == 1 { "alarm" } else { "alarms" }));
        } else if !self.rules.prefixes.is_empty() {
            notes.push("no alarm was there to be watched, which is allowed".to_owned());
        }
        let idle: Vec<&Alarm> = self.alarms().filter(|alarm| !alarm.acts).collect();
        if !idle.is_empty() {
            notes.push(format!("actions are disabled of {}: it tells nobody", names(&idle)));
        }
        notes
    }

    fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.known.iter().flat_map(BTreeMap::values)
    }

    /// `3 looks`.
    fn looks_words(&self) -> String {
        format!("{} {}", self.looks, if self.looks == 1 { "look" } else { "looks" })
    }

    /// How bad the last look was.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Why no look that is not missed can be had any more: the time for it is over.
    pub fn too_late(&self, at: Duration, why: &Failure) -> Failure {
        let missing = self.missing_since.map_or(Duration::ZERO, |since| at.saturating_sub(since));
        let message = format!(
            "held {}, and the last look had no answer; nobody watched for {}: {}",
            span_words(self.rules.hold),
            span_words(whole_seconds(self.blind + missing)),
            why.message
        );
        let mut failure = Failure { message, ..why.clone() };
        if failure.kind.decides_a_read() {
            failure.kind = FailureKind::Lost;
        }
        failure
    }

    /// What the last look showed, by name. Of many, those that are well are counted.
    pub fn sight(&self) -> Vec<(String, Value)> {
        let alarms =
            self.alarms().map(|alarm| (alarm.name.clone(), Value::from(alarm.state.as_str()), alarm.state == OK));
        let checks = self.checks.iter().map(|check| {
            let outcome = check.outcome().as_str();
            (format!("check {}", check.name), Value::from(outcome), outcome == "passed")
        });
        let all: Vec<(String, Value, bool)> = alarms.chain(checks).collect();
        let few = all.len() <= SHOWN;
        let well = all.iter().filter(|(_, _, well)| *well).count();
        let shown = all.iter().filter(|(_, _, well)| few || !well).take(SHOWN);
        let mut sight: Vec<(String, Value)> = shown.map(|(name, value, _)| (name.clone(), value.clone())).collect();
        if !few {
            let rest = all.len() - well - sight.len();
            sight.extend((rest > 0).then(|| ("and not well".to_owned(), json!(rest))));
            sight.push(("all well".to_owned(), json!(well)));
        }
        sight
    }

    /// `out` of the step, but for the strip.
    pub fn out(&self, at: Duration) -> Value {
        let check = |check: &Checked| json!({ "name": check.name, "outcome": check.outcome().as_str(), "reason": check.reason() });
        json!({
            "held": at.as_secs(),
            "looks": self.looks,
            "missed": self.missed,
            "alarms": self.alarms().map(Alarm::value).collect::<Vec<_>>(),
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
        })
    }
}

fn of_trips(trips: &[Trip], when: &str) -> Next {
    let first = trips.first().map(|trip| trip.name().to_owned());
    Next::Tripped(first.unwrap_or_default(), Box::new(tripped(trips, when)))
}

/// An alarm in a state that is none of the three: what it means is not known.
fn odd(alarm: &Alarm) -> Option<Box<Failure>> {
    if [OK, ALARM, INSUFFICIENT].contains(&alarm.state.as_str()) {
        return None;
    }
    let message = format!("alarm {} is in a state that is not known: `{}`", alarm.name, alarm.state);
    Some(Box::new(Failure::new(FailureKind::Lost, message)))
}

/// Beside a second its parts say nothing.
fn whole_seconds(span: Duration) -> Duration {
    if span.as_secs() > 0 { Duration::from_secs(span.as_secs()) } else { span }
}

/// The names of some alarms, the first five of many.
fn names(alarms: &[&Alarm]) -> String {
    let named: Vec<&str> = alarms.iter().take(5).map(|alarm| alarm.name.as_str()).collect();
    let more = if alarms.len() > 5 { format!(" and {} more", alarms.len() - 5) } else { String::new() };
    format!("{}{more}", named.join(", "))
}
