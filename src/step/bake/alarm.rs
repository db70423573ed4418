//! An alarm of `CloudWatch` as a look found it, and what its history tells.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::world::clock::rfc3339;

/// The state of an alarm that has tripped.
pub(super) const ALARM: &str = "ALARM";

/// The state of an alarm that all is well with.
pub(super) const OK: &str = "OK";

/// The state of an alarm with too little data.
pub(super) const INSUFFICIENT: &str = "INSUFFICIENT_DATA";

/// An alarm as a look found it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Its state, as the service says.
    pub state: String,
    /// Why it is in that state, as the service says.
    pub reason: String,
    /// Since when it is, by the service's clock. None: the service does not say.
    pub since: Option<DateTime<Utc>>,
    /// Whether `since` is a change of the state for certain. Else it may be that of the reason alone.
    pub exact: bool,
    /// Whether it acts when its state changes.
    pub acts: bool,
    /// The rule of a composite alarm.
    pub rule: Option<String>,
}

/// A change of an alarm's state, from its history.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// When, by the service's clock.
    pub at: DateTime<Utc>,
    /// The state before.
    pub from: String,
    /// The state after.
    pub to: String,
    /// Why, as the service says.
    pub reason: String,
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn moment(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|at| at.with_timezone(&Utc))
}

impl Alarm {
    /// An entry of `MetricAlarms` or `CompositeAlarms` of `DescribeAlarms`.
    pub(super) fn of(entry: &Value) -> Self {
        let exact = moment(&entry["StateTransitionedTimestamp"]);
        Self {
            name: text(entry, "AlarmName"),
            state: text(entry, "StateValue"),
            reason: text(entry, "StateReason"),
            since: exact.or_else(|| moment(&entry["StateUpdatedTimestamp"])),
            exact: exact.is_some(),
            // Alarms act unless they are told not to.
            acts: entry["ActionsEnabled"].as_bool().unwrap_or(true),
            rule: entry["AlarmRule"].as_str().map(str::to_owned),
        }
    }

    /// Whether it has tripped.
    pub fn is_in_alarm(&self) -> bool {
        self.state == ALARM
    }

    /// The alarm as a part of `out`.
    pub(super) fn value(&self) -> Value {
        json!({
            "name": self.name,
            "state": self.state,
            "reason": self.reason,
            "since": self.since.map(rfc3339),
            "actions_enabled": self.acts,
            "rule": self.rule,
        })
    }
}

impl Transition {
    /// An entry of `AlarmHistoryItems` of `DescribeAlarmHistory`; none where it does not tell of two states.
    pub(super) fn of(entry: &Value) -> Option<Self> {
        let at = moment(&entry["Timestamp"])?;
        let data: Value = serde_json::from_str(entry["HistoryData"].as_str().unwrap_or_default()).unwrap_or_default();
        let summary = entry["HistorySummary"].as_str().and_then(|text| text.strip_prefix("Alarm updated from "));
        let summary = summary.and_then(|states| states.split_once(" to "));
        let state = |when: &str, told: Option<&str>| data[when]["stateValue"].as_str().or(told).map(str::to_owned);
        let from = state("oldState", summary.map(|(from, _)| from))?;
        let to = state("newState", summary.map(|(_, to)| to))?;
        Some(Self { at, from, to, reason: text(&data["newState"], "stateReason") })
    }
}
