//! A golden file for each kind of event, and one journal that must stay readable for ever.

use std::collections::BTreeMap;

use checkride::event::{Direction, EventKind, Outcome, Verdict};
use checkride::id::Phase;
use checkride::journal::{Writer, read, read_bytes};
use serde_json::Value;

use crate::support::golden::{corpus, golden, update};
use crate::support::later::later_events;
use crate::support::story::{append, events, fold, header, step};

/// Lists every kind once: the compiler refuses a list that lacks one, and the test one with no example.
macro_rules! kinds {
    ($($variant:ident $name:literal)*) => {
        const NAMES: &[&str] = &[$($name),*];

        fn name(kind: &EventKind) -> &'static str {
            match kind {
                $(EventKind::$variant { .. } => $name,)*
            }
        }
    };
}

kinds! {
    SessionStarted "session_started"
    IdentityVerified "identity_verified"
    GuardRefused "guard_refused"
    Deviation "deviation"
    PhaseStarted "phase_started"
    PhaseFinished "phase_finished"
    Asked "asked"
    Answered "answered"
    StepStarted "step_started"
    EffectIntended "effect_intended"
    EffectSettled "effect_settled"
    AttemptFailed "attempt_failed"
    ItemSettled "item_settled"
    LookChanged "look_changed"
    Captured "captured"
    RunsOn "runs_on"
    StepFinished "step_finished"
    Rehearsed "rehearsed"
    SteadyState "steady_state"
    DrillMoment "drill_moment"
    DrillStopped "drill_stopped"
    ObjectiveMeasured "objective_measured"
    Participant "participant"
    StepWalked "step_walked"
    Remarked "remarked"
    RollbackStarted "rollback_started"
    ResidualState "residual_state"
    Interrupted "interrupted"
    SessionEnded "session_ended"
    RunFinished "run_finished"
}

#[test]
fn every_kind_of_event_is_written_as_it_always_was() {
    let mut examples: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    // What later versions brought is not in the first journal.
    for event in events().into_iter().chain(later_events()) {
        let value = serde_json::to_value(&event.kind).unwrap();
        assert_eq!(value["kind"], name(&event.kind));
        examples.entry(name(&event.kind)).or_default().push(value);
    }
    assert_eq!(examples.keys().copied().collect::<Vec<_>>(), sorted(NAMES), "an example for every kind");
    for (name, examples) in &examples {
        golden(&format!("events/{name}.json"), &(serde_json::to_string_pretty(examples).unwrap() + "\n"));
    }
}

#[test]
fn every_golden_event_is_read_and_written_back() {
    let mut found: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(corpus("events")).unwrap() {
        let path = entry.unwrap().path();
        let values: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(!values.is_empty(), "{}", path.display());
        for value in values {
            let kind: EventKind = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(Some(name(&kind)), path.file_stem().unwrap().to_str());
            assert_eq!(serde_json::to_value(&kind).unwrap(), value);
        }
        found.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
    }
    found.sort();
    assert_eq!(found, sorted(NAMES), "no golden file is left over");
}

fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}

/// `first.jsonl` is never rewritten, not by `UPDATE` either: it was written by the first version.
#[test]
fn the_first_journal_stays_readable() {
    let path = corpus("journals/first.jsonl");
    if update() && !path.exists() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        append(Writer::create(&path, &header()).unwrap(), &events());
    }
    let journal = read(&path).unwrap();
    assert_eq!(journal.header, header());
    assert_eq!(journal.tail, None);
    let found: Vec<_> = journal.records.iter().map(|record| record.event.clone().unwrap()).collect();
    assert_eq!(found, events());

    let state = fold(&journal);
    let outcomes: Vec<(&str, Option<Outcome>)> =
        state.steps.iter().map(|(id, step)| (id.as_str(), step.outcome())).collect();
    assert_eq!(
        outcomes,
        [
            ("build", Some(Outcome::Passed)),
            ("config_backup", Some(Outcome::Passed)),
            ("limits", Some(Outcome::Failed)),
            ("previous_stack", Some(Outcome::Passed)),
            ("smoke", Some(Outcome::Skipped)),
            ("stack", Some(Outcome::Warned)),
        ]
    );
    assert_eq!((state.session, state.finished), (3, Some(Verdict::StepFailed)));
    assert_eq!((state.direction, state.rollback_wanted), (Direction::Unwinding, Some(step("limits"))));
    let stack = &state.steps[&step("stack")];
    assert_eq!((stack.attempt, stack.cut_off, stack.effects.len()), (2, Some(2), 2));
    assert_eq!(state.steps[&step("build")].outputs["version"], "1.4.2");
    assert!(state.phases[&Phase::Deploy].finished && !state.phases[&Phase::Verify].finished);
}

/// The same run is written as the same bytes. Who changes the format on purpose raises its version and adds a journal.
#[test]
fn the_first_journal_is_what_is_still_written() {
    let (writer, memory) = Writer::in_memory(&header());
    append(writer, &events());
    let bytes = memory.bytes();
    assert_eq!(
        String::from_utf8(bytes.clone()).unwrap(),
        std::fs::read_to_string(corpus("journals/first.jsonl")).unwrap()
    );
    assert_eq!(read_bytes(&bytes).unwrap().records.len(), events().len());
}
