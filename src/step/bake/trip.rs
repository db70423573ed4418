//! What ends a hold as failed.

use crate::event::{Failure, FailureKind};
use crate::step::bake::{Alarm, Transition};
use crate::world::clock::rfc3339;

/// How many trips are told one by one; the rest is counted.
const TOLD: usize = 20;

/// How many stand in the sentence about all of them.
const NAMED: usize = 5;

/// What ends a hold as failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Trip {
    /// There is no alarm of that name.
    Missing(String),
    /// No alarm's name begins so.
    NoneOf(String),
    /// The alarm was there, and is gone.
    Gone(String),
    /// The alarm is in ALARM.
    Alarm {
        /// The alarm.
        alarm: Alarm,
        /// Whether it was so before the hold began.
        before: bool,
    },
    /// The alarm was in ALARM between two looks.
    Flicker {
        /// The alarm, as it is now.
        alarm: Alarm,
        /// Its way through ALARM: the last change that tells.
        change: Transition,
    },
    /// The alarm has too little data in the end, and that was to be a failure.
    Insufficient(Alarm),
    /// A check fails.
    Check {
        /// What it is called.
        name: String,
        /// Why.
        failure: Box<Failure>,
    },
}

impl Trip {
    /// The name of the alarm, the prefix or the check.
    pub fn name(&self) -> &str {
        match self {
            Self::Missing(name) | Self::NoneOf(name) | Self::Gone(name) | Self::Check { name, .. } => name,
            Self::Alarm { alarm, .. } | Self::Flicker { alarm, .. } | Self::Insufficient(alarm) => &alarm.name,
        }
    }

    /// What happened, in a few words.
    fn short(&self) -> String {
        match self {
            Self::Missing(name) => format!("there is no alarm {name}"),
            Self::NoneOf(prefix) => format!("no alarm's name begins with {prefix}"),
            Self::Gone(name) => format!("alarm {name} is gone: what was watched is not there any more"),
            Self::Alarm { alarm, .. } => format!("alarm {} is in ALARM", alarm.name),
            Self::Flicker { alarm, .. } => format!("alarm {} was in ALARM between two looks", alarm.name),
            Self::Insufficient(alarm) => format!("alarm {} has too little data at the end of the hold", alarm.name),
            Self::Check { name, failure } => format!("check {name}: {}", failure.message),
        }
    }

    /// What more there is to say.
    fn details(&self) -> Vec<String> {
        let reason = |reason: &str| (!reason.is_empty()).then(|| format!("reason: {reason}"));
        let rule = |alarm: &Alarm| alarm.rule.as_ref().map(|rule| format!("rule: {rule}"));
        match self {
            Self::Missing(_) | Self::NoneOf(_) | Self::Gone(_) => Vec::new(),
            Self::Alarm { alarm, before } => {
                let when = if *before { ", before the hold began" } else { ", after the hold began" };
                let since = alarm.since.map(|since| format!("since {}{when}", rfc3339(since)));
                let since = since.or_else(|| before.then(|| "since before the hold began".to_owned()));
                since.into_iter().chain(reason(&alarm.reason)).chain(rule(alarm)).collect()
            }
            Self::Flicker { alarm, change } => {
                let told = format!("from {} to {} at {}, says its history", change.from, change.to, rfc3339(change.at));
                std::iter::once(told).chain(reason(&change.reason)).chain(rule(alarm)).collect()
            }
            Self::Insufficient(alarm) => reason(&alarm.reason).into_iter().chain(rule(alarm)).collect(),
            Self::Check { failure, .. } => failure.causes.clone(),
        }
    }

    /// All of it in one line.
    fn line(&self) -> String {
        let details = self.details();
        if details.is_empty() { self.short() } else { format!("{}, {}", self.short(), details.join("; ")) }
    }
}

/// The failure of all that tripped at one look. `when` says how long it was held until then.
pub(super) fn tripped(trips: &[Trip], when: &str) -> Failure {
    let named: Vec<String> = trips.iter().take(NAMED).map(Trip::short).collect();
    let more = if trips.len() > NAMED { format!("; and {} more", trips.len() - NAMED) } else { String::new() };
    let mut failure = Failure::new(FailureKind::Expectation, format!("{}{more}; {when}", named.join("; ")));
    if let [one] = trips {
        failure.causes = one.details();
    } else {
        failure.causes = trips.iter().take(TOLD).map(Trip::line).collect();
        if trips.len() > TOLD {
            failure.causes.push(format!("and {} more", trips.len() - TOLD));
        }
    }
    for trip in trips.iter().take(TOLD) {
        if let Trip::Check { name, failure: of_check } = trip {
            let label = if trips.len() > 1 { format!("{name}: ") } else { String::new() };
            failure.values.extend(of_check.values.iter().map(|(path, it)| (format!("{label}{path}"), it.clone())));
            failure.remedy = failure.remedy.or_else(|| of_check.remedy.clone());
        }
    }
    failure
}
