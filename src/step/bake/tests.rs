//! Looks in, verdict out.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::alarm::{ALARM, INSUFFICIENT, OK};
use super::{Alarm, CheckSays, Checked, Debt, History, Next, Rules, Seen, Transition, Watch};
use crate::event::{Failure, FailureKind, Level};
use crate::step::kind::Insufficient;

fn begun() -> DateTime<Utc> {
    "2026-11-21T18:15:00Z".parse().unwrap()
}

/// A moment, in seconds after the hold began.
fn second(at: i64) -> DateTime<Utc> {
    begun() + TimeDelta::seconds(at)
}

fn rules() -> Rules {
    Rules {
        hold: Duration::from_secs(100),
        names: vec!["a".to_owned(), "b".to_owned()],
        prefixes: Vec::new(),
        allow_empty: false,
        insufficient: Insufficient::Warn,
        begun: begun(),
    }
}

fn alarm(name: &str, state: &str, since: i64) -> Alarm {
    Alarm {
        name: name.to_owned(),
        state: state.to_owned(),
        reason: format!("{name} is {state}"),
        since: Some(second(since)),
        exact: true,
        acts: true,
        rule: None,
    }
}

fn well() -> Vec<Alarm> {
    vec![alarm("a", OK, -500), alarm("b", OK, -500)]
}

fn look(alarms: Vec<Alarm>) -> Seen {
    Seen { alarms: Ok(alarms), checks: Vec::new() }
}

fn throttled() -> Seen {
    Seen { alarms: Err(Box::new(Failure::new(FailureKind::Throttled, "slow down"))), checks: Vec::new() }
}

fn checked(says: CheckSays) -> Seen {
    Seen { alarms: Ok(well()), checks: vec![Checked { name: "pitr".to_owned(), says }] }
}

fn change(at: i64, from: &str, to: &str) -> Transition {
    Transition { at: second(at), from: from.to_owned(), to: to.to_owned(), reason: format!("{from} to {to}") }
}

fn history(alarm: &str, told: Vec<Transition>) -> History {
    History { alarm: alarm.to_owned(), told: Ok(told) }
}

fn refused(alarm: &str) -> History {
    let failure = Failure::new(FailureKind::Access, "no history for you");
    History { alarm: alarm.to_owned(), told: Err(Box::new(failure)) }
}

/// The verdict after each look, in a word, and what it says.
fn verdicts(rules: Rules, looks: Vec<(u64, Seen, Vec<History>)>) -> Vec<String> {
    let mut watch = Watch::new(rules);
    let take =
        |(at, seen, histories): (u64, Seen, Vec<History>)| match watch.take(Duration::from_secs(at), &seen, &histories)
        {
            Next::Again(None) => "again".to_owned(),
            Next::Again(Some(failure)) => format!("missed: {}", failure.message),
            Next::Tripped(first, failure) => {
                assert_eq!((watch.level(), &failure.kind), (Level::Alarm, &FailureKind::Expectation), "{first}");
                format!("tripped: {} ({})", failure.message, failure.causes.join("; "))
            }
            Next::Unknown(failure) => format!("unknown: {}", failure.message),
            Next::Held(end) => format!("held: {} | {}", end.warnings.join("; "), end.notes.join("; ")),
        };
    looks.into_iter().map(take).collect()
}

/// The last verdict alone; those before are all for another look.
fn last(rules: Rules, looks: Vec<(u64, Seen, Vec<History>)>) -> String {
    let mut all = verdicts(rules, looks);
    let last = all.pop().unwrap();
    assert!(all.iter().all(|verdict| verdict == "again" || verdict.starts_with("missed")), "{all:?}");
    last
}

fn quiet(looks: Vec<(u64, Seen)>) -> Vec<(u64, Seen, Vec<History>)> {
    looks.into_iter().map(|(at, seen)| (at, seen, Vec::new())).collect()
}

#[test]
fn a_hold_over_what_is_well_passes() {
    let looks = quiet(vec![(0, look(well())), (50, look(well())), (100, look(well()))]);
    assert_eq!(verdicts(rules(), looks), ["again", "again", "held:  | held 1m 40s, 3 looks; 2 alarms watched"]);
}

#[test]
fn every_alarm_that_tripped_is_named() {
    let one = vec![alarm("a", OK, -500), alarm("b", ALARM, 30)];
    assert_eq!(
        last(rules(), quiet(vec![(0, look(well())), (50, look(one))])),
        "tripped: alarm b is in ALARM; held 50s of 1m 40s, 2 looks \
         (since 2026-11-21T18:15:30.000Z, after the hold began; reason: b is ALARM)"
    );
    let composite = Alarm { rule: Some("ALARM(a)".to_owned()), ..alarm("b", ALARM, 20) };
    let both = last(rules(), quiet(vec![(0, look(well())), (50, look(vec![alarm("a", ALARM, 20), composite]))]));
    assert!(
        both.starts_with("tripped: alarm a is in ALARM; alarm b is in ALARM; held 50s of 1m 40s, 2 looks"),
        "{both}"
    );
    assert!(both.contains("reason: b is ALARM; rule: ALARM(a)"), "{both}");
}

#[test]
fn an_alarm_that_was_so_before_is_told_as_such() {
    let so = |since: i64| look(vec![alarm("a", ALARM, since), alarm("b", OK, -500)]);
    assert!(last(rules(), quiet(vec![(0, so(-60))])).contains("18:14:00.000Z, before the hold began"));
    // The first look is the hold's beginning, whatever the service's clock says.
    assert!(last(rules(), quiet(vec![(0, so(3))])).contains("before the hold began"));
    assert!(last(rules(), quiet(vec![(0, throttled()), (50, so(-1))])).contains("before the hold began"));
    assert!(last(rules(), quiet(vec![(0, throttled()), (50, so(20))])).contains("after the hold began"));
}

#[test]
fn what_is_not_there_or_not_there_any_more_fails_at_once() {
    let missing = vec![alarm("a", OK, -500)];
    assert!(
        last(rules(), quiet(vec![(0, look(missing.clone()))])).starts_with("tripped: there is no alarm b; held 0ms")
    );
    let gone = last(rules(), quiet(vec![(0, look(well())), (50, look(missing))]));
    assert!(gone.starts_with("tripped: alarm b is gone: what was watched is not there any more; held 50s"), "{gone}");
    let by_prefix = Rules { names: Vec::new(), prefixes: vec!["a".to_owned(), "x-".to_owned()], ..rules() };
    let none = last(by_prefix.clone(), quiet(vec![(0, look(vec![alarm("a", OK, -500)]))]));
    assert!(none.starts_with("tripped: no alarm's name begins with x-; held"), "{none}");
    let allowed = Rules { allow_empty: true, prefixes: vec!["x-".to_owned()], ..by_prefix };
    let empty = last(allowed.clone(), quiet(vec![(0, look(Vec::new())), (100, look(Vec::new()))]));
    assert_eq!(empty, "held:  | held 1m 40s, 2 looks; no alarm was there to be watched, which is allowed");
    // One that comes in the middle is watched from then on.
    let new = || look(vec![alarm("x-new", OK, 10)]);
    let gone = last(allowed, quiet(vec![(0, look(Vec::new())), (40, new()), (80, look(Vec::new()))]));
    assert!(gone.starts_with("tripped: alarm x-new is gone"), "{gone}");
}

#[test]
fn what_went_off_between_two_looks_is_found_in_the_history() {
    let back = || look(vec![alarm("a", OK, 40), alarm("b", OK, -500)]);
    let told = vec![change(40, ALARM, OK), change(30, OK, ALARM), change(-900, ALARM, OK)];
    assert_eq!(
        last(rules(), vec![(0, look(well()), vec![]), (50, back(), vec![history("a", told)])]),
        "tripped: alarm a was in ALARM between two looks; held 50s of 1m 40s, 2 looks \
         (from OK to ALARM at 2026-11-21T18:15:30.000Z, says its history; reason: OK to ALARM)"
    );
    // A clock of whole seconds: the way in is as old as the last look, the way out is not.
    let told = vec![change(40, ALARM, OK), change(-500, OK, ALARM)];
    let out = last(rules(), vec![(0, look(well()), vec![]), (50, back(), vec![history("a", told)])]);
    assert!(out.contains("from ALARM to OK"), "{out}");
    // It had too little data, and has it again.
    let told = vec![change(40, INSUFFICIENT, OK), change(30, OK, INSUFFICIENT)];
    let looks = vec![(0, look(well()), vec![]), (50, back(), vec![history("a", told)]), (100, back(), vec![])];
    assert!(last(rules(), looks).starts_with("held:  |"));
}

#[test]
fn histories_are_asked_for_once_where_the_state_has_changed() {
    let mut watch = Watch::new(rules());
    let back = look(vec![alarm("a", OK, 40), alarm("b", OK, -500)]);
    assert_eq!(watch.debts(&look(well())), []);
    watch.take(Duration::ZERO, &look(well()), &[]);
    let debt = Debt { alarm: "a".to_owned(), since: second(-500) };
    assert_eq!(watch.debts(&back), std::slice::from_ref(&debt));
    watch.take(Duration::from_secs(30), &back, &[refused("a")]);
    // It is still owed, from where nobody looked on.
    assert_eq!(watch.debts(&back), [debt]);
    watch.take(Duration::from_mins(1), &back, &[history("a", vec![change(40, INSUFFICIENT, OK)])]);
    assert_eq!(watch.debts(&back), []);
    // Before the first answer nothing is known: since the hold began.
    let mut watch = Watch::new(rules());
    watch.take(Duration::ZERO, &throttled(), &[]);
    assert_eq!(watch.debts(&back), [Debt { alarm: "a".to_owned(), since: begun() }]);
}

#[test]
fn a_history_that_cannot_be_had_or_does_not_tell_is_said() {
    let back = || look(vec![alarm("a", OK, 40), alarm("b", OK, -500)]);
    for (history, says) in [
        (refused("a"), "its history could not be had: no history for you"),
        (history("a", vec![change(-600, ALARM, OK)]), "its history does not tell of it"),
    ] {
        let looks = vec![(0, look(well()), vec![]), (50, back(), vec![history.clone()]), (100, back(), vec![history])];
        let held = last(rules(), looks);
        assert!(held.starts_with(&format!("held: a changed its state between two looks: {says} |")), "{held}");
    }
    // Where the service does not tell changes of the state from those of the reason, an empty history is an answer.
    let vague = |since| Alarm { exact: false, ..alarm("a", OK, since) };
    let looks = vec![
        (0, look(vec![vague(-500), alarm("b", OK, -500)]), vec![]),
        (100, look(vec![vague(40), alarm("b", OK, -500)]), vec![history("a", vec![])]),
    ];
    assert!(last(rules(), looks).starts_with("held:  |"));
}

#[test]
fn too_little_data_is_what_the_runbook_says() {
    let short = || look(vec![alarm("a", INSUFFICIENT, -500), alarm("b", OK, -500)]);
    let looks = || quiet(vec![(0, short()), (100, short())]);
    let ruled = |insufficient| Rules { insufficient, ..rules() };
    assert!(last(ruled(Insufficient::Warn), looks()).starts_with("held: too little data: a |"));
    assert!(last(ruled(Insufficient::Pass), looks()).starts_with("held:  |"));
    assert_eq!(
        last(ruled(Insufficient::Fail), looks()),
        "tripped: alarm a has too little data at the end of the hold; held 1m 40s, 2 looks (reason: a is INSUFFICIENT_DATA)"
    );
    // What it was in the middle is not asked in the end.
    let mended = vec![(0, short(), vec![]), (100, look(well()), vec![history("a", vec![change(9, INSUFFICIENT, OK)])])];
    assert!(last(ruled(Insufficient::Fail), mended).starts_with("held:  |"));
}

#[test]
fn a_check_trips_warns_or_leaves_a_look_missed() {
    let failure = |kind| Box::new(Failure::new(kind, "expected `on`"));
    let fails = checked(CheckSays::Fails(failure(FailureKind::Expectation)));
    let looks = quiet(vec![(0, checked(CheckSays::Passes(String::new()))), (30, fails)]);
    assert!(last(rules(), looks).starts_with("tripped: check pitr: expected `on`; held 30s"));
    let warns = || checked(CheckSays::Warns("hm".to_owned()));
    assert!(last(rules(), quiet(vec![(0, warns()), (100, warns())])).starts_with("held: check pitr: hm |"));
    let lost = checked(CheckSays::Unknown(failure(FailureKind::Transport)));
    assert_eq!(last(rules(), quiet(vec![(0, lost)])), "missed: check pitr: expected `on`");
}

#[test]
fn a_hold_ends_with_a_look_that_has_an_answer() {
    let looks = quiet(vec![(0, look(well())), (100, throttled()), (105, throttled()), (110, look(well()))]);
    assert_eq!(
        verdicts(rules(), looks),
        [
            "again",
            "missed: slow down",
            "missed: slow down",
            "held:  | held 1m 40s, 4 looks; 2 of them had no answer, nobody watched for 10s; 2 alarms watched"
        ]
    );
    let mut watch = Watch::new(rules());
    watch.take(Duration::ZERO, &look(well()), &[]);
    watch.take(Duration::from_secs(100), &throttled(), &[]);
    let why = watch.too_late(Duration::from_mins(2), &Failure::new(FailureKind::Format, "no XML"));
    assert_eq!(why.kind, FailureKind::Lost, "what nobody could read has not failed");
    assert_eq!(why.message, "held 1m 40s, and the last look had no answer; nobody watched for 20s: no XML");
}

#[test]
fn a_hold_that_nobody_watched_for_more_than_its_half_is_unknown() {
    let looks =
        |blind: u64| quiet(vec![(0, look(well())), (10, throttled()), (10 + blind, look(well())), (100, look(well()))]);
    assert!(last(rules(), looks(50)).starts_with("held: "));
    assert_eq!(last(rules(), looks(51)), "unknown: nobody watched for 51s of 1m 40s: 1 of 4 looks had no answer");
}

#[test]
fn a_state_that_nobody_knows_is_no_answer() {
    let odd = look(vec![alarm("a", "MAYBE", -500), alarm("b", OK, -500)]);
    assert_eq!(last(rules(), quiet(vec![(0, odd)])), "missed: alarm a is in a state that is not known: `MAYBE`");
}

#[test]
fn an_alarm_that_tells_nobody_is_named() {
    let idle = || look(vec![Alarm { acts: false, ..alarm("a", OK, -500) }, alarm("b", OK, -500)]);
    let held = last(rules(), quiet(vec![(0, idle()), (100, idle())]));
    assert!(held.ends_with("2 alarms watched; actions are disabled of a: it tells nobody"), "{held}");
}

#[test]
fn of_many_alarms_those_that_are_well_are_counted() {
    let mut watch = Watch::new(Rules { names: Vec::new(), prefixes: vec!["n".to_owned()], ..rules() });
    let state = |n: i64| if n % 40 == 0 { INSUFFICIENT } else { OK };
    let many = (0..120).map(|n| alarm(&format!("n{n:03}"), state(n), -500)).collect();
    watch.take(Duration::ZERO, &look(many), &[]);
    let sight = watch.sight();
    assert_eq!(sight.len(), 4);
    assert_eq!(sight[1], ("n040".to_owned(), json!(INSUFFICIENT)));
    assert_eq!(sight[3], ("all well".to_owned(), json!(117)));
}

#[test]
fn entries_of_the_service_are_read_as_they_are() {
    let entry = json!({
        "AlarmName": "c", "StateValue": "OK", "StateReason": "fine", "ActionsEnabled": false, "AlarmRule": "ALARM(a)",
        "StateUpdatedTimestamp": "2026-11-21T18:15:09.250Z", "StateTransitionedTimestamp": "2026-11-21T18:15:08Z",
    });
    let read = Alarm::of(&entry);
    assert_eq!((read.since, read.exact, read.acts), (Some(second(8)), true, false));
    assert_eq!(read.rule.as_deref(), Some("ALARM(a)"));
    let vague = Alarm::of(&json!({ "AlarmName": "c", "StateUpdatedTimestamp": "2026-11-21T18:15:09+00:00" }));
    assert_eq!((vague.since, vague.exact, vague.acts), (Some(second(9)), false, true));
    let item = |data: &str| {
        let at = "2026-11-21T18:15:30Z";
        Transition::of(
            &json!({ "Timestamp": at, "HistoryData": data, "HistorySummary": "Alarm updated from OK to ALARM" }),
        )
    };
    let data =
        r#"{"oldState":{"stateValue":"INSUFFICIENT_DATA"},"newState":{"stateValue":"ALARM","stateReason":"why"}}"#;
    let told = item(data).unwrap();
    assert_eq!((told.from.as_str(), told.to.as_str(), told.reason.as_str()), (INSUFFICIENT, ALARM, "why"));
    let summary = item("no JSON").unwrap();
    assert_eq!((summary.from.as_str(), summary.to.as_str()), (OK, ALARM));
    assert_eq!(Transition::of(&json!({ "Timestamp": "yesterday", "HistorySummary": "Alarm created" })), None);
}
