//! The resume theorem: a run that is killed at any moment and resumed ends as one that was not; no effect happens twice; no
//! step that passed starts again; undo steps come last first.

use std::collections::BTreeMap;
use std::rc::Rc;

use checkride::event::{Choice, EventKind, Need, NeedState, Outcome, RunState, Verdict};
use checkride::id::{Phase, StepId};
use checkride::journal::read_bytes;
use checkride::plan::Actor;
use checkride::step::{OnFailure, OnUnknown};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof, proptest};

use super::script::{Book, Fails, World, recover, session};
use crate::support::sweep::tried;

#[derive(Clone, Debug)]
struct Shape {
    phase: Phase,
    actor: Actor,
    fails: Fails,
    policy: Option<OnFailure>,
    unknown: Option<OnUnknown>,
    undo: bool,
    needs_previous: bool,
    /// It goes on behind those that follow it, until the next write of its phase has ended.
    runs_on: bool,
    /// What its undo needs.
    lacks: Option<NeedState>,
}

fn shape() -> impl Strategy<Value = Shape> {
    let place = prop_oneof![
        2 => Just((Phase::Checklist, Actor::Person)),
        1 => Just((Phase::Checklist, Actor::Read)),
        5 => Just((Phase::Deploy, Actor::Write)),
        1 => Just((Phase::Deploy, Actor::Person)),
        3 => Just((Phase::Verify, Actor::Read)),
    ];
    let fails = prop_oneof![
        6 => Just(Fails::Never),
        2 => Just(Fails::Once),
        1 => Just(Fails::Always),
        1 => Just(Fails::AfterEffect),
    ];
    let policy = prop_oneof![
        Just(None),
        Just(Some(OnFailure::Stop)),
        Just(Some(OnFailure::Ask)),
        Just(Some(OnFailure::Continue)),
        Just(Some(OnFailure::Rollback)),
    ];
    let unknown = prop_oneof![
        3 => Just(None),
        1 => Just(Some(OnUnknown::Probe)),
        1 => Just(Some(OnUnknown::Ask)),
        1 => Just(Some(OnUnknown::RunAgain)),
    ];
    let lacks = prop_oneof![
        6 => Just(None),
        3 => Just(Some(NeedState::There)),
        1 => Just(Some(NeedState::Later)),
        1 => Just(Some(NeedState::Missing)),
        1 => Just(Some(NeedState::Unknown)),
    ];
    let rarely = || prop::bool::weighted(0.3);
    (place, fails, policy, unknown, prop::bool::ANY, (rarely(), rarely()), lacks).prop_map(
        |((phase, actor), fails, policy, unknown, undo, (needs_previous, runs_on), lacks)| {
            // A person's word that it happened ends a step well: with a step that fails afterwards that is another end.
            let fails =
                if unknown == Some(OnUnknown::Ask) && fails == Fails::AfterEffect { Fails::Never } else { fails };
            let fails = if actor == Actor::Write {
                fails
            } else if fails == Fails::Always {
                Fails::Always
            } else {
                Fails::Never
            };
            // A try that was cut off and is made again may have happened the first time, whatever becomes of the second:
            // then its undo runs, rightly, where a run that was not killed knows that nothing happened.
            let undo = undo && !(unknown == Some(OnUnknown::RunAgain) && fails == Fails::Always);
            Shape { phase, actor, fails, policy, unknown, undo, needs_previous, runs_on, lacks }
        },
    )
}

fn book(shapes: &[Shape], says: Choice, glass: bool) -> Book {
    let mut book = Book::default().operator_says(says);
    book.break_glass = glass;
    let mut previous: BTreeMap<Phase, String> = BTreeMap::new();
    for (at, shape) in shapes.iter().enumerate() {
        let id = format!("s{at}");
        let fails = if shape.actor == Actor::Person { Fails::Never } else { shape.fails };
        book = book.step(shape.phase, &id, shape.actor).fails(fails);
        if let Some(policy) = shape.policy {
            book = book.then(policy);
        }
        if let (Some(unknown), Actor::Write) = (shape.unknown, shape.actor) {
            book = book.on_unknown(unknown);
        }
        let next = shapes.iter().enumerate().skip(at + 1).find(|(_, it)| it.actor == Actor::Write);
        // How far the others have come when one behind them fails is a matter of time, and with it how the run ends.
        let runs_on = shape.runs_on && shape.fails == Fails::Never;
        if let (true, Actor::Write, Some((next, _))) = (runs_on, shape.actor, next) {
            book = book.through(&format!("s{next}"));
        }
        if let (true, Some(before)) = (shape.needs_previous, previous.get(&shape.phase)) {
            book = book.needs(before);
        }
        previous.insert(shape.phase, id);
    }
    for (at, shape) in shapes.iter().enumerate().filter(|(_, shape)| shape.undo && shape.actor == Actor::Write) {
        book = book.undo(&format!("u{at}"), &format!("s{at}"));
        if let Some(state) = shape.lacks {
            book = book.will_need(Need { what: "the previous template".to_owned(), state, detail: None, remedy: None });
        }
    }
    book
}

fn outcomes(state: &RunState) -> BTreeMap<StepId, Option<Outcome>> {
    state.steps.iter().map(|(id, step)| (id.clone(), step.outcome())).filter(|(_, outcome)| outcome.is_some()).collect()
}

/// A step that a person settled ended as warned; otherwise it would have passed.
fn same(a: Option<Outcome>, b: Option<Outcome>) -> bool {
    let plain = |outcome| if outcome == Some(Outcome::Warned) { Some(Outcome::Passed) } else { outcome };
    plain(a) == plain(b)
}

fn check(book: &Book) {
    let calm = Rc::new(World::default());
    let whole = session(book, &calm, None);
    let verdict = whole.end.as_ref().expect("nothing crashes it").verdict;
    let (end, _) = recover(&whole.bytes);
    let expected = outcomes(&end);
    for moment in 1.. {
        let world = Rc::new(World::default());
        world.crash_at(moment);
        let first = session(book, &world, None);
        if first.end.is_some() {
            break;
        }
        // What the disk holds of the last records is up to the crash; what was not acknowledged may be there or not.
        if recover(&first.bytes).0.finished.is_some() {
            continue;
        }
        world.calm();
        let resumed = session(book, &world, Some(&first.bytes));
        let said = resumed.end.expect("the second session is not killed").verdict;
        let (state, _) = recover(&resumed.bytes);
        let at = format!("killed at moment {moment} of {book:#?}");
        assert_eq!(said, verdict, "{at}");
        let found = outcomes(&state);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{at}");
        for (id, outcome) in &expected {
            assert!(same(found[id], *outcome), "{id} ended as {:?}, not as {outcome:?}; {at}", found[id]);
        }
        let mut once = world.effects();
        let effects = once.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), effects.len(), "an effect happened twice: {effects:?}; {at}");
        assert_eq!(effects, calm.effects(), "{at}");
        let passed_again = started_after_pass(&resumed.bytes);
        assert_eq!(passed_again, Vec::<String>::new(), "{at}");
    }
    if verdict != Verdict::Stuck {
        undo_in_reverse(&calm.effects());
    }
}

fn started_after_pass(bytes: &[u8]) -> Vec<String> {
    let mut passed = Vec::new();
    let mut again = Vec::new();
    for record in read_bytes(bytes).unwrap().records {
        match record.event.unwrap().kind {
            EventKind::StepFinished { step, outcome: Outcome::Passed, .. } => passed.push(step),
            EventKind::StepStarted { step, .. } if passed.contains(&step) => again.push(step.to_string()),
            _ => {}
        }
    }
    again
}

fn undo_in_reverse(effects: &[String]) {
    let forward: Vec<&str> = effects.iter().filter_map(|effect| effect.strip_prefix('s')).collect();
    let back: Vec<&str> = effects.iter().filter_map(|effect| effect.strip_prefix('u')).collect();
    let expected: Vec<&str> = forward.iter().rev().filter(|id| back.contains(id)).copied().collect();
    assert_eq!(back, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(tried(16, 96)))]
    #[test]
    fn a_run_that_is_killed_anywhere_ends_as_one_that_is_not(
        shapes in prop::collection::vec(shape(), 1..6),
        says in prop_oneof![Just(Choice::Abort), Just(Choice::Skip), Just(Choice::RollBack)],
        glass in prop::bool::ANY,
    ) {
        check(&book(&shapes, says, glass));
    }
}
