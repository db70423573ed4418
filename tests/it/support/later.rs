//! What may stand in a journal since later versions.

use checkride::event::{
    AfterStep, Captured, Criterion, DeviationKind, DrillMoment, DrillStop, Event, EventKind, Hold, LeftOver, Level,
    Measured, Need, Objective, Outcome, Participant, Remark, RemarkKind, SteadyWhen, Walked, WayBack, Works,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::story::{artifact, failure, session, step};

fn remark(kind: RemarkKind, text: &str, of: Option<u32>) -> EventKind {
    let (text, by) = (text.to_owned(), "ana".to_owned());
    EventKind::Remarked { remark: Remark { remark: kind, text, by, owner: None, due: None, of } }
}

/// What may stand in a journal since a later version than that of [`events`]: an example of each kind.
pub(crate) fn later_events() -> Vec<Event> {
    let change = |look: u32, index: Option<u32>, values: Vec<(String, Value)>, trouble: Option<&str>| {
        let requests = if trouble.is_none() { vec!["7c21".to_owned()] } else { Vec::new() };
        let trouble = trouble.map(str::to_owned);
        let hold = None;
        EventKind::LookChanged { step: step("limits"), attempt: 1, index, look, values, trouble, hold, requests }
    };
    let held = EventKind::LookChanged {
        step: step("limits"),
        attempt: 1,
        index: None,
        look: 4,
        values: vec![("mte-prod-errors".to_owned(), json!("ALARM"))],
        trouble: None,
        hold: Some(Hold { length_ms: 1_800_000, at_ms: 90_012, level: Level::Alarm }),
        requests: vec!["7c22".to_owned()],
    };
    let back = |way: WayBack| match session(42, true) {
        EventKind::SessionStarted { user, host, tool, pid, terminal, plan, .. } => {
            EventKind::SessionStarted { user, host, tool, pid, terminal, plan, back: Some(way), after: false }
        }
        other => other,
    };
    let status = |word: &str| vec![("out.Table.TableStatus".to_owned(), json!(word))];
    let kinds = [
        change(1, None, Vec::new(), Some("there is no `out.Table.TableStatus`")),
        change(2, None, status("CREATING"), None),
        change(7, Some(1), status("ACTIVE"), None),
        EventKind::Captured {
            step: step("limits"),
            attempt: 1,
            captured: Captured { before: json!({ "ReservedConcurrentExecutions": 10 }), ..Captured::default() },
        },
        EventKind::Captured {
            step: step("stack"),
            attempt: 1,
            captured: Captured {
                before: json!({ "name": "mte" }),
                artifacts: vec![artifact("previous-stack", 7)],
                ..Captured::default()
            },
        },
        EventKind::ResidualState {
            left: vec![LeftOver {
                step: step("limits"),
                effects: vec!["lambda:PutFunctionConcurrency on mte-api".to_owned()],
                stays: Vec::new(),
                why: "its undo `limits_back` failed: it was throttled".to_owned(),
                undo: Some(step("limits_back")),
                by_hand: vec!["lambda:DeleteFunctionConcurrency".to_owned(), "  FunctionName mte-api".to_owned()],
            }],
        },
        EventKind::ResidualState {
            left: vec![LeftOver {
                step: step("stack"),
                effects: Vec::new(),
                stays: vec!["Data (AWS::S3::Bucket) arn:aws:s3:::mte-data".to_owned()],
                why: "its undo `previous_stack` went well, and leaves this".to_owned(),
                undo: Some(step("previous_stack")),
                by_hand: Vec::new(),
            }],
        },
        EventKind::StepFinished {
            step: step("previous_stack"),
            outcome: Outcome::Warned,
            failure: None,
            reason: Some("these stay".to_owned()),
            outputs: Map::new(),
            artifacts: Vec::new(),
            requests: Vec::new(),
            stays: vec!["Data (AWS::S3::Bucket) arn:aws:s3:::mte-data".to_owned()],
            then: AfterStep::Continue,
        },
        EventKind::RunsOn {
            step: step("build"),
            attempt: 1,
            through: step("stack"),
            outputs: Map::from_iter([("written".to_owned(), json!("2026-11-22T08:15:00.125Z"))]),
        },
        match session(43, false) {
            EventKind::SessionStarted { user, host, tool, pid, terminal, plan, back, .. } => {
                EventKind::SessionStarted { user, host, tool, pid, terminal, plan, back, after: true }
            }
            other => other,
        },
        EventKind::Participant { participant: Participant { name: "Ana".to_owned(), role: "operator".to_owned() } },
        EventKind::StepWalked {
            step: step("restore"),
            walked: Walked { works: Works::Yes, missing: None, takes_ms: None, who: None },
        },
        EventKind::StepWalked {
            step: step("restore"),
            walked: Walked {
                works: Works::Gap,
                missing: Some("nobody may assume the role".to_owned()),
                takes_ms: Some(600_000),
                who: Some("operator".to_owned()),
            },
        },
        remark(RemarkKind::Observation, "The page is long.", None),
        EventKind::Remarked {
            remark: Remark {
                remark: RemarkKind::Recommendation,
                text: "Give the role to the night shift".to_owned(),
                by: "ana".to_owned(),
                owner: Some("platform".to_owned()),
                due: "2026-12-01".parse().ok(),
                of: None,
            },
        },
        remark(RemarkKind::Done, "CHG-7", Some(1)),
        EventKind::DrillMoment { moment: DrillMoment::Started, at: None, step: None },
        EventKind::DrillMoment {
            moment: DrillMoment::Detected,
            at: Some("2026-11-22T08:15:00Z".parse().expect("it is a time")),
            step: Some(step("restore")),
        },
        EventKind::DrillStopped {
            stop: DrillStop {
                criterion: Criterion::Alarm,
                what: "alarm orders-errors is in ALARM: 3 datapoints were greater than 5".to_owned(),
            },
        },
        EventKind::ObjectiveMeasured {
            measured: Measured {
                objective: Objective::Rpo,
                target_ms: Some(600_000),
                measured_ms: Some(1_500),
                by: "by the markers that `back` read back".to_owned(),
            },
        },
        EventKind::SteadyState {
            when: SteadyWhen::Before,
            step: step("limits"),
            outcome: Outcome::Passed,
            failure: None,
            reason: None,
            outputs: Map::from_iter([("limit".to_owned(), json!(10))]),
            artifacts: vec![artifact("stdout", 7)],
            requests: vec!["7c23".to_owned()],
        },
        EventKind::SteadyState {
            when: SteadyWhen::After,
            step: step("limits"),
            outcome: Outcome::Failed,
            failure: Some(failure()),
            reason: None,
            outputs: Map::new(),
            artifacts: Vec::new(),
            requests: Vec::new(),
        },
        back(WayBack {
            incident: Some("INC-42".to_owned()),
            declared: Some("2026-11-21T18:11:00Z".parse().unwrap()),
            to: Some(step("limits")),
        }),
        back(WayBack::default()),
        EventKind::AttemptFailed {
            step: step("limits"),
            attempt: 1,
            failure: failure(),
            retry_in_ms: None,
            artifacts: vec![artifact("stdout", 7)],
            requests: vec!["7c21".to_owned()],
        },
        held,
        EventKind::Rehearsed {
            undo: step("previous_stack"),
            change: step("stack"),
            needs: vec![
                Need::missing("the value of parameter `Token`", "it is NoEcho: nobody can read it back", "keep it"),
                Need::unknown("its drift", "access was denied"),
                Need::later("the bucket", "it is known after `bucket`"),
                Need::there("the previous template", "12,204 bytes"),
            ],
        },
        EventKind::Rehearsed { undo: step("limits_back"), change: step("limits"), needs: Vec::new() },
        EventKind::GuardRefused {
            guard: "readiness".to_owned(),
            message: "the rollback is not ready: the value of parameter `Token` is missing (`previous_stack`)"
                .to_owned(),
            remedy: Some("make it ready, then resume the run: it looks again".to_owned()),
        },
        EventKind::Deviation {
            what: DeviationKind::BreakGlass,
            step: Some(step("stack")),
            reason: "its undo `previous_stack` is not ready".to_owned(),
        },
    ];
    let at: DateTime<Utc> = "2026-11-21T18:15:00Z".parse().unwrap();
    let numbered = kinds.into_iter().zip(1..);
    numbered.map(|(kind, seq)| Event { seq, session: 1, at, elapsed_ms: seq, kind }).collect()
}
