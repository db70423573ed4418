//! One look, made: the alarms in as few calls as they fit in, each check, and the history of an alarm.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::aws::api::client::resolve;
use crate::event::{ArtifactRef, Failure, FailureKind};
use crate::source::Span;
use crate::step::aws::AwsTask;
use crate::step::bake::{Alarm, Checked, Debt, History, Seen, Transition};
use crate::step::check::CheckTask;
use crate::step::{Hidden, Ran, ReadAction, ReadContext, StepStop};

/// How many names one call takes, as the service's model says.
const NAMES: usize = 100;

/// How many pages of alarms or of a history are read, at most: a hundred entries each.
const PAGES: usize = 100;

/// The types of alarms: without them the service tells of metric alarms alone.
const TYPES: [&str; 2] = ["MetricAlarm", "CompositeAlarm"];

/// Something that is watched, and where the runbook asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched<T> {
    /// What it is.
    pub what: T,
    /// The line that asks.
    pub span: Span,
}

/// A hold with all its values known.
#[derive(Clone, Debug, PartialEq)]
pub struct BakeTask {
    /// The names of the alarms, each once.
    pub names: Vec<Watched<String>>,
    /// Prefixes of names.
    pub prefixes: Vec<Watched<String>>,
    /// The checks, by the names that they are told by.
    pub checks: Vec<(String, Watched<CheckTask>)>,
}

/// What calls leave beside their answers.
#[derive(Debug, Default)]
pub struct Left {
    /// The ids under which AWS has recorded the calls.
    pub requests: Vec<String>,
    /// Files that belong to the answers.
    pub artifacts: Vec<ArtifactRef>,
    /// What the models call sensitive.
    pub hidden: Vec<Hidden>,
}

impl BakeTask {
    /// Looks at everything once.
    ///
    /// # Errors
    /// Only when the engine is gone: what has no answer is a part of what was seen.
    pub async fn look(&self, cx: &mut ReadContext, left: &mut Left) -> Result<Seen, StepStop> {
        let alarms = self.alarms(cx, left).await.map_err(Box::new);
        let mut checks = Vec::new();
        for (name, check) in &self.checks {
            let ran = ReadAction::run(&check.what, cx).await?;
            let refused = ran.failure.as_ref().and_then(|failure| failure.request_id.clone());
            let known = refused.filter(|id| !ran.requests.contains(id));
            checks.push(Checked::of(name, &ran));
            left.requests.extend(ran.requests.into_iter().chain(known));
            left.artifacts.extend(ran.artifacts);
            left.hidden.extend(ran.hidden);
        }
        Ok(Seen { alarms, checks })
    }

    /// All alarms that are watched, each once, by name.
    async fn alarms(&self, cx: &mut ReadContext, left: &mut Left) -> Result<Vec<Alarm>, Failure> {
        let names: Vec<&str> = self.names.iter().map(|name| name.what.as_str()).collect();
        let by_name = names.chunks(NAMES).map(|names| json!({ "AlarmNames": names, "AlarmTypes": TYPES }));
        let by_prefix =
            self.prefixes.iter().map(|prefix| json!({ "AlarmNamePrefix": prefix.what, "AlarmTypes": TYPES }));
        let mut found = BTreeSet::new();
        let mut alarms = Vec::new();
        for input in by_name.chain(by_prefix).collect::<Vec<_>>() {
            let out = ask("cloudwatch:DescribeAlarms", input, cx, left).await?;
            let entries = ["MetricAlarms", "CompositeAlarms"].into_iter().filter_map(|kind| out[kind].as_array());
            let all = entries.flatten().map(Alarm::of);
            alarms.extend(all.filter(|alarm| found.insert(alarm.name.clone())));
        }
        Ok(alarms)
    }

    /// What became of the states of an alarm while nobody looked.
    pub async fn history(&self, debt: &Debt, cx: &mut ReadContext, left: &mut Left) -> History {
        let input = json!({
            "AlarmName": debt.alarm,
            "AlarmTypes": TYPES,
            "HistoryItemType": "StateUpdate",
            "StartDate": debt.since.to_rfc3339(),
        });
        let told = ask("cloudwatch:DescribeAlarmHistory", input, cx, left).await;
        let told = told.map(|out| {
            let entries = out["AlarmHistoryItems"].as_array();
            entries.into_iter().flatten().filter_map(Transition::of).collect()
        });
        History { alarm: debt.alarm.clone(), told: told.map_err(Box::new) }
    }

    /// Where the runbook asks for an alarm, a prefix or a check.
    pub fn asked(&self, name: &str) -> Option<Span> {
        let exact = self.names.iter().chain(&self.prefixes).find(|asked| asked.what == name).map(|asked| asked.span);
        let check = || self.checks.iter().find(|(own, _)| own == name).map(|(_, check)| check.span);
        let prefix = || self.prefixes.iter().find(|prefix| name.starts_with(&prefix.what)).map(|asked| asked.span);
        exact.or_else(check).or_else(prefix)
    }

    /// What it watches, line by line.
    pub fn describe(&self) -> Vec<String> {
        let names = self.names.iter().map(|name| format!("alarm {}", name.what));
        let prefixes = self.prefixes.iter().map(|prefix| format!("each alarm whose name begins with {}", prefix.what));
        let checks = self.checks.iter().flat_map(|(_, check)| check.what.describe());
        names.chain(prefixes).chain(checks).collect()
    }
}

/// One call, every page of its answer.
async fn ask(call: &str, input: Value, cx: &mut ReadContext, left: &mut Left) -> Result<Value, Failure> {
    let operation = resolve(call).map_err(|fault| Failure::new(FailureKind::Guard, fault.to_string()))?;
    let task = AwsTask { operation, input, pages: PAGES, written: Vec::new(), way: None };
    let Ran { out, failure, requests, hidden, .. } = ReadAction::run(&task, cx).await.unwrap_or_else(|_| {
        // A read asks nobody anything.
        Ran::failed(Failure::new(FailureKind::Cancelled, format!("{call}: stopped by the operator")))
    });
    left.requests.extend(requests);
    left.hidden.extend(hidden);
    match failure {
        Some(failure) => {
            left.requests.extend(failure.request_id.clone());
            Err(failure)
        }
        None => Ok(out),
    }
}
