//! The way back, asked for by itself: whatever became of the run, what happened is undone, last first, once, and nothing else
//! is; killed at any moment and taken up again, too.

use std::rc::Rc;

use checkride::event::{Choice, EventKind, Outcome, SteadyWhen, Verdict, WayBack};
use checkride::id::{Phase, StepId};
use checkride::journal::read_bytes;
use checkride::plan::{Actor, WhyItStays, way_back as plan_of_way_back};
use checkride::step::{OnFailure, OnUnknown};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof, proptest};

use super::script::{Book, Fails, World, recover, session, way_back, way_back_to};
use crate::support::sweep::tried;

/// What the undo steps of a book left: what happened forward and was not undone.
fn still_stands(book: &Book, effects: &[String]) -> Vec<String> {
    let undone = |id: &str| effects.iter().any(|effect| *effect == format!("undo_{id}"));
    let has_undo = |id: &str| book.steps.iter().any(|script| script.planned.id.as_str() == format!("undo_{id}"));
    let forward = effects.iter().filter(|effect| !effect.starts_with("undo_"));
    forward.filter(|id| has_undo(id) && !undone(id)).cloned().collect()
}

/// What happened forward and has an undo, last first, and then what the undo steps did: they must be the same.
fn is_undone_last_first(book: &Book, effects: &[String], at: &str) {
    let has_undo = |id: &str| book.steps.iter().any(|script| script.planned.id.as_str() == format!("undo_{id}"));
    let mut forward: Vec<&str> = effects.iter().map(String::as_str).filter(|id| !id.starts_with("undo_")).collect();
    forward.retain(|id| has_undo(id));
    forward.reverse();
    let mut back: Vec<&str> = effects.iter().filter_map(|effect| effect.strip_prefix("undo_")).collect();
    assert_eq!(back.len(), forward.len(), "{back:?} {at}");
    // Neighbours that share nothing have no order among themselves.
    let mut from = 0;
    for together in forward.chunk_by(|one, next| is_independent(book, one) && is_independent(book, next)) {
        let (mut expected, to) = (together.to_vec(), from + together.len());
        expected.sort_unstable();
        back[from..to].sort_unstable();
        assert_eq!(back[from..to], expected, "{at}");
        from = to;
    }
}

fn is_independent(book: &Book, step: &str) -> bool {
    let undo = format!("undo_{step}");
    book.steps.iter().any(|script| script.planned.id.as_str() == undo && script.planned.independent)
}

/// Writes are under way together only where all of them share nothing.
fn is_alone_or_independent(book: &Book, world: &World, at: &str) {
    for together in world.abreast.borrow().iter().filter(|together| together.len() > 1) {
        let fits = |id: &StepId| book.steps.iter().any(|script| script.planned.id == *id && script.planned.independent);
        assert!(together.iter().all(fits), "{together:?} {at}");
    }
}

/// Each probe looked once before anything was changed, and once after the last way back.
fn is_compared(book: &Book, bytes: &[u8], at: &str) {
    let kinds: Vec<_> =
        read_bytes(bytes).unwrap().records.into_iter().map(|record| record.event.unwrap().kind).collect();
    let changed = kinds.iter().position(|kind| matches!(kind, EventKind::EffectIntended { .. })).unwrap_or(kinds.len());
    let turned =
        kinds.iter().rposition(|kind| matches!(kind, EventKind::RollbackStarted { .. })).unwrap_or(kinds.len());
    let looks = |of: &StepId, wanted: SteadyWhen| -> Vec<usize> {
        let it = kinds.iter().enumerate();
        let it = it.filter(
            |(_, kind)| matches!(kind, EventKind::SteadyState { when, step, .. } if *when == wanted && step == of),
        );
        it.map(|(place, _)| place).collect()
    };
    for probe in book.steps.iter().filter(|script| script.planned.steady) {
        let id = &probe.planned.id;
        let (before, after) = (looks(id, SteadyWhen::Before), looks(id, SteadyWhen::After));
        assert!(before.len() == 1 && before[0] < changed, "{id}: {before:?} {at}");
        let last = after.iter().filter(|place| **place > turned).count();
        assert_eq!(last, 1, "{id}: {after:?} {at}");
    }
}

#[test]
fn a_run_that_is_over_is_gone_back_from_and_only_once() {
    let book = Book::default().deploy("a").deploy("b").verify("c").undo("undo_a", "a").undo("undo_b", "b");
    let world = Rc::new(World::default());
    let run = session(&book, &world, None);
    assert_eq!(run.end.unwrap().verdict, Verdict::Passed);
    let back = way_back(&book, &world, &run.bytes);
    assert_eq!(back.end.unwrap().verdict, Verdict::RolledBack);
    assert_eq!(world.effects(), ["a", "b", "undo_b", "undo_a"]);
    let (state, _) = recover(&back.bytes);
    assert!(plan_of_way_back(&book.plan(), &state, None).is_empty());
    assert_eq!(state.over(), Some(Verdict::RolledBack));
}

#[test]
fn what_was_refused_or_never_began_is_not_undone() {
    let book = Book::default()
        .deploy("a")
        .deploy("b")
        .fails(Fails::Always)
        .then(OnFailure::Stop)
        .deploy("c")
        .undo("undo_a", "a")
        .undo("undo_b", "b")
        .undo("undo_c", "c")
        .undo("undo_tell", "");
    let world = Rc::new(World::default());
    let run = session(&book, &world, None);
    assert_eq!(run.end.unwrap().verdict, Verdict::StepFailed);
    assert_eq!(way_back(&book, &world, &run.bytes).end.unwrap().verdict, Verdict::RolledBack);
    assert_eq!(world.effects(), ["a", "undo_a", "undo_tell"]);
}

#[test]
fn an_undo_that_failed_is_tried_again_and_those_that_passed_are_not() {
    let fails = |fails| {
        let book = Book::default().deploy("a").deploy("b").deploy("c");
        let book = book.undo("undo_a", "a").undo("undo_b", "b").fails(fails).then(OnFailure::Stop);
        book.undo("undo_c", "c")
    };
    let world = Rc::new(World::default());
    let run = session(&fails(Fails::Never), &world, None);
    let stuck = way_back(&fails(Fails::Always), &world, &run.bytes);
    assert_eq!(stuck.end.unwrap().verdict, Verdict::Stuck);
    assert_eq!(world.effects(), ["a", "b", "c", "undo_c"]);
    let left =
        read_bytes(&stuck.bytes).unwrap().records.into_iter().find_map(|record| match record.event.unwrap().kind {
            EventKind::ResidualState { left } => Some(left),
            _ => None,
        });
    let left = left.unwrap();
    let whys: Vec<_> =
        left.iter().map(|left| format!("{} {}: {}", left.step, left.effects.join(", "), left.why)).collect();
    assert_eq!(
        whys,
        [
            "b test:Change on b: its undo `undo_b` failed: it failed",
            "a test:Change on a: its undo `undo_a` did not run",
        ]
    );
    let done = way_back(&fails(Fails::Never), &world, &stuck.bytes);
    assert_eq!(done.end.unwrap().verdict, Verdict::RolledBack);
    assert_eq!(world.effects(), ["a", "b", "c", "undo_c", "undo_b", "undo_a"]);
}

#[test]
fn a_step_can_be_kept_and_the_reasons_are_told_for_what_stays() {
    let book = Book::default().deploy("a").deploy("b").deploy("c").deploy("d").left_out("--skip");
    let book = book.undo("undo_a", "a").undo("undo_b", "b");
    let world = Rc::new(World::default());
    let run = session(&book, &world, None);
    let (state, _) = recover(&run.bytes);
    let found = plan_of_way_back(&book.plan(), &state, Some(&StepId::new("a").unwrap()));
    let undo: Vec<_> = found.undo.iter().map(|undo| undo.step.as_str()).collect();
    assert_eq!(undo, ["undo_b"]);
    let stays: Vec<_> = found.stays.iter().map(|stays| (stays.step.as_str(), stays.why.clone())).collect();
    assert_eq!(stays, [("a", WhyItStays::Kept), ("c", WhyItStays::NoUndo)]);
}

/// The last `residual_state` of a journal: step and why.
fn remains(bytes: &[u8]) -> Vec<String> {
    let kinds = read_bytes(bytes).unwrap().records.into_iter().map(|record| record.event.unwrap().kind);
    let mut left =
        kinds.filter_map(|kind| if let EventKind::ResidualState { left } = kind { Some(left) } else { None });
    left.next_back().unwrap().iter().map(|left| format!("{}: {}", left.step, left.why)).collect()
}

#[test]
fn what_stays_is_told_with_the_reason_of_the_plan() {
    let book = Book::default().deploy("a").deploy("b").deploy("c").undo("undo_a", "a").undo("undo_b", "b");
    let book = book.left_out("--skip: it is late").undo("undo_c", "c");
    let world = Rc::new(World::default());
    let run = session(&book, &world, None);
    let way = WayBack { to: Some(StepId::new("a").unwrap()), ..WayBack::default() };
    let back = way_back_to(&book, &world, &run.bytes, way);
    assert_eq!(back.end.unwrap().verdict, Verdict::RolledBack);
    assert_eq!(world.effects(), ["a", "b", "c", "undo_c"]);
    let expected = ["b: its undo `undo_b` is left out: --skip: it is late", "a: kept by --to"];
    assert_eq!(remains(&back.bytes), expected);
}

/// Nobody can say whether it happened, and nothing undoes it: that is no success.
#[test]
fn what_may_have_happened_and_is_not_undone_needs_a_person() {
    let book = Book::default().deploy("a").deploy("b").silent().undo("undo_a", "a");
    let mut stuck = 0;
    for moment in 1.. {
        let world = Rc::new(World::default());
        world.crash_at(moment);
        let run = session(&book, &world, None);
        world.calm();
        if run.end.is_some() {
            break;
        }
        let (state, _) = recover(&run.bytes);
        if plan_of_way_back(&book.plan(), &state, None).is_empty() {
            continue;
        }
        let open = state.step(&StepId::new("b").unwrap()).unsettled().next().is_some();
        let back = way_back(&book, &world, &run.bytes);
        let verdict = back.end.unwrap().verdict;
        let expected = if open { Verdict::Stuck } else { Verdict::RolledBack };
        assert_eq!(verdict, expected, "killed at {moment}");
        if open {
            stuck += 1;
            assert_eq!(remains(&back.bytes), ["b: it may have happened; the runbook has no undo step for it"]);
        }
    }
    assert!(stuck > 0, "it was killed while nobody knew");
}

/// All is undone, and it is no better for it: that is a verification that failed. What failed before, too, is as it was.
#[test]
fn a_way_back_that_leaves_it_worse_is_a_failed_verification() {
    let book = Book::default().deploy("a").undo("undo_a", "a");
    let verdict = |book: &Book| {
        let world = Rc::new(World::default());
        let run = session(book, &world, None);
        way_back(book, &world, &run.bytes).end.unwrap().verdict
    };
    assert_eq!(verdict(&book.clone().verify("v").then(OnFailure::Continue).steady()), Verdict::RolledBack);
    assert_eq!(verdict(&book.clone().verify("v").steady().sickens()), Verdict::VerificationFailed);
    assert_eq!(verdict(&book.clone().verify("v").sickens()), Verdict::RolledBack, "no probe");
    assert_eq!(verdict(&book.verify("v").steady().fails(Fails::Always)), Verdict::RolledBack);
    // What is stuck is stuck first of all.
    let stuck = Book::default().deploy("a").undo("undo_a", "a").fails(Fails::Always).verify("v").steady().sickens();
    assert_eq!(verdict(&stuck), Verdict::Stuck);
}

/// Two that fail beside each other are both named, and a third that did well beside them is not.
#[test]
fn undo_steps_that_fail_together_are_named_together() {
    let book = Book::default().deploy("a").deploy("b").deploy("c").deploy("d");
    let book = book.undo("undo_a", "a").undo("undo_b", "b").independent().fails(Fails::Always).then(OnFailure::Stop);
    let book = book.undo("undo_c", "c").independent().undo("undo_d", "d").independent();
    let book = book.fails(Fails::Always).then(OnFailure::Stop);
    let world = Rc::new(World::default());
    let run = session(&book, &world, None);
    let stuck = way_back(&book, &world, &run.bytes);
    assert_eq!(stuck.end.unwrap().verdict, Verdict::Stuck);
    assert_eq!(world.effects(), ["a", "b", "c", "d", "undo_c"]);
    let together = [["undo_b", "undo_c", "undo_d"].map(|id| StepId::new(id).unwrap()).to_vec()];
    assert!(together.iter().all(|together| world.abreast.borrow().contains(together)), "{:?}", world.abreast);
    let expected = [
        "d: its undo `undo_d` failed: it failed",
        "b: its undo `undo_b` failed: it failed",
        "a: its undo `undo_a` did not run",
    ];
    assert_eq!(remains(&stuck.bytes), expected);
}

#[derive(Clone, Debug)]
struct Shape {
    actor: Actor,
    fails: Fails,
    unknown: Option<OnUnknown>,
    undo: bool,
    independent: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    let actor = prop_oneof![5 => Just(Actor::Write), 1 => Just(Actor::Read), 1 => Just(Actor::Person)];
    let fails = prop_oneof![
        6 => Just(Fails::Never),
        2 => Just(Fails::Once),
        1 => Just(Fails::Always),
        1 => Just(Fails::AfterEffect),
    ];
    let unknown = prop_oneof![3 => Just(None), 1 => Just(Some(OnUnknown::Ask)), 1 => Just(Some(OnUnknown::Probe))];
    let flags = (prop::bool::weighted(0.8), prop::bool::weighted(0.6));
    (actor, fails, unknown, flags).prop_map(|(actor, fails, unknown, (undo, independent))| {
        let fails = if actor == Actor::Write { fails } else { Fails::Never };
        Shape { actor, fails, unknown, undo: undo && actor == Actor::Write, independent }
    })
}

fn book(shapes: &[Shape], probed: bool) -> Book {
    let mut book = Book::default().operator_says(Choice::Abort);
    for (at, shape) in shapes.iter().enumerate() {
        book = book.step(Phase::Deploy, &format!("s{at}"), shape.actor).fails(shape.fails);
        if let (Some(unknown), Actor::Write) = (shape.unknown, shape.actor) {
            book = book.on_unknown(unknown);
        }
    }
    for (at, shape) in shapes.iter().enumerate() {
        if shape.undo {
            book = book.undo(&format!("undo_s{at}"), &format!("s{at}"));
            book = if shape.independent { book.independent() } else { book };
        }
    }
    if probed { book.verify("probe").steady() } else { book }
}

/// Whether a step of the run began once the way back had.
fn began_after(bytes: &[u8]) -> Vec<String> {
    let mut back = false;
    let mut began = Vec::new();
    for record in read_bytes(bytes).unwrap().records {
        match record.event.unwrap().kind {
            EventKind::RollbackStarted { .. } => back = true,
            EventKind::StepStarted { step, .. } if back && !step.as_str().starts_with("undo_") => {
                began.push(step.to_string());
            }
            _ => {}
        }
    }
    began
}

/// A run killed at each moment, gone back from; the rollback killed at every `stride`th moment, and taken up again by
/// `resume` or by another rollback.
fn check(book: &Book, stride: u32) {
    for moment in 1.. {
        let world = Rc::new(World::default());
        world.crash_at(moment);
        let run = session(book, &world, None);
        let over = run.end.is_some();
        world.calm();
        let before = world.effects();
        let mut undone_at = None;
        for killed_at in (1..).step_by(stride as usize) {
            let world = Rc::new(World::default());
            world.done.replace(before.iter().map(|id| (StepId::new(id).unwrap(), format!("kept {id}"))).collect());
            let at = format!("run killed at {moment}, rollback at {killed_at}, of {book:#?}");
            let (state, _) = recover(&run.bytes);
            if plan_of_way_back(&book.plan(), &state, None).is_empty() {
                break;
            }
            world.crash_at(killed_at);
            let mut last = way_back(book, &world, &run.bytes);
            let whole = last.end.is_some();
            world.calm();
            if !whole {
                let (state, _) = recover(&last.bytes);
                if state.over().is_some() && !state.awaits_rollback() {
                    continue;
                }
                let going_back = state.back.as_ref().is_some_and(|back| back.begun);
                last = if going_back && killed_at % 2 == 0 {
                    session(book, &world, Some(&last.bytes))
                } else {
                    way_back(book, &world, &last.bytes)
                };
            }
            let verdict = last.end.as_ref().expect("nothing kills it").verdict;
            assert!(matches!(verdict, Verdict::RolledBack | Verdict::NothingDone), "{verdict:?} {at}");
            let effects = world.effects();
            assert_eq!(still_stands(book, &effects), Vec::<String>::new(), "{effects:?} {at}");
            is_undone_last_first(book, &effects, &at);
            is_alone_or_independent(book, &world, &at);
            is_compared(book, &last.bytes, &at);
            assert_eq!(began_after(&last.bytes), Vec::<String>::new(), "{at}");
            let (state, _) = recover(&last.bytes);
            let open = state.steps.values().filter(|step| step.attempt > 0 && step.outcome().is_none()).count();
            assert_eq!(open, 0, "{at}");
            let unknown = state.steps.values().filter(|step| step.outcome() == Some(Outcome::Unknown)).count();
            assert_eq!(unknown, 0, "the world can be asked about all of them: {at}");
            if whole {
                undone_at = Some(killed_at);
                break;
            }
        }
        let _ = undone_at;
        if over {
            break;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(tried(8, 48)))]
    #[test]
    fn what_happened_is_undone_whenever_the_run_and_its_rollback_are_killed(
        shapes in prop::collection::vec(shape(), 1..5),
        stride in 1_u32..4,
        probed in prop::bool::weighted(0.3),
    ) {
        check(&book(&shapes, probed), stride);
    }
}
