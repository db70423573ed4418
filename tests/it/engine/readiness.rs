//! The rollback rehearsal: before the first change it is known what each undo will need.

use std::rc::Rc;

use checkride::event::{Ask, Choice, DeviationKind, EventKind, Need, SessionEnd, Verdict};
use checkride::id::Phase;
use checkride::journal::read_bytes;
use checkride::plan::Actor;
use checkride::step::Effect;

use super::script::{Book, Fails, World, recover, session, way_back};

fn missing() -> Need {
    Need::missing("the previous template", "nobody kept it", "keep it")
}

fn there() -> Need {
    Need::there("the bucket", "templates-1")
}

/// Two changes with an undo each, of which the second lacks what is given.
fn book(lacks: Option<Need>) -> Book {
    let book = Book::default().checklist("look").deploy("a").deploy("b").verify("c");
    let book = book.undo("undo_a", "a").will_need(there()).undo("undo_b", "b").will_need(there());
    match lacks {
        Some(need) => book.will_need(need),
        None => book,
    }
}

fn kinds(bytes: &[u8]) -> Vec<EventKind> {
    read_bytes(bytes).unwrap().records.into_iter().map(|record| record.event.unwrap().kind).collect()
}

/// What was rehearsed, with the words of each need, in the order of the records.
fn rehearsed(bytes: &[u8]) -> Vec<String> {
    let one = |kind| match kind {
        EventKind::Rehearsed { undo, change, needs } => {
            let needs: Vec<_> = needs.iter().map(|need| format!("{} {}", need.what, need.state.as_str())).collect();
            Some(format!("{undo} for {change}: {}", needs.join(", ")))
        }
        _ => None,
    };
    kinds(bytes).into_iter().filter_map(one).collect()
}

fn refused(bytes: &[u8]) -> Vec<(String, String)> {
    let one = |kind| match kind {
        EventKind::GuardRefused { guard, message, .. } => Some((guard, message)),
        _ => None,
    };
    kinds(bytes).into_iter().filter_map(one).collect()
}

#[test]
fn a_way_back_that_is_ready_is_on_record_before_the_phase_is_approved() {
    let world = Rc::new(World::default());
    let run = session(&book(None), &world, None);
    assert_eq!(run.end.unwrap().verdict, Verdict::Passed);
    assert_eq!(rehearsed(&run.bytes), ["undo_a for a: the bucket there", "undo_b for b: the bucket there"]);
    let kinds = kinds(&run.bytes);
    let place = |is: &dyn Fn(&EventKind) -> bool| kinds.iter().position(is).unwrap();
    let looked = place(&|kind| matches!(kind, EventKind::Rehearsed { .. }));
    let asked = place(&|kind| matches!(kind, EventKind::Asked { question } if question.ask == Ask::ApprovePhase));
    let listed = place(&|kind| matches!(kind, EventKind::PhaseFinished { phase: Phase::Checklist }));
    assert!(listed < looked && looked < asked, "{listed} {looked} {asked}");
}

#[test]
fn what_is_missing_or_unknown_is_a_guard_and_nothing_was_changed() {
    for (need, words) in [
        (missing(), "the previous template is missing (`undo_b`)"),
        (Need::unknown("its drift", "no access"), "its drift could not be told (`undo_b`)"),
    ] {
        let world = Rc::new(World::default());
        let run = session(&book(Some(need)), &world, None);
        let end = run.end.unwrap();
        assert_eq!((end.verdict, end.verdict.exit_code()), (Verdict::Guarded, 12));
        assert_eq!(world.effects(), Vec::<String>::new());
        assert_eq!(refused(&run.bytes), [("readiness".to_owned(), format!("the rollback is not ready: {words}"))]);
        let (state, _) = recover(&run.bytes);
        assert_eq!(state.ended, Some((SessionEnd::Refused, None)));
        assert_eq!(state.over(), None, "it can be resumed");
        let asked = world.asked.borrow();
        assert!(asked.iter().all(|question| question.ask != Ask::ApprovePhase), "nobody approves what is refused");
    }
}

#[test]
fn the_worst_is_told_first() {
    let book = book(Some(Need::unknown("its drift", "no access"))).will_need(missing()).undo("undo_all", "a");
    let world = Rc::new(World::default());
    let run = session(&book, &world, None);
    assert_eq!(
        rehearsed(&run.bytes),
        [
            "undo_b for b: the previous template missing, its drift unknown, the bucket there",
            "undo_a for a: the bucket there",
            "undo_all for a: ",
        ]
    );
}

#[test]
fn what_is_known_later_stands_in_nobodys_way() {
    let world = Rc::new(World::default());
    let run = session(&book(Some(Need::later("the bucket", "it is known after `a`"))), &world, None);
    assert_eq!(run.end.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.effects(), ["a", "b"]);
}

#[test]
fn the_glass_is_broken_on_record_and_the_approval_says_what_has_no_way_back() {
    let world = Rc::new(World::default());
    let run = session(&book(Some(missing())).break_glass(), &world, None);
    assert_eq!(run.end.unwrap().verdict, Verdict::Passed);
    assert_eq!(refused(&run.bytes), []);
    let deviations: Vec<_> = kinds(&run.bytes)
        .into_iter()
        .filter_map(|kind| match kind {
            EventKind::Deviation { what: DeviationKind::BreakGlass, step, reason } => {
                Some(format!("{}: {reason}", step.unwrap()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(deviations, ["b: its undo `undo_b` is not ready: the previous template is missing"]);
    let asked = world.asked.borrow();
    let approval = asked.iter().find(|question| question.ask == Ask::ApprovePhase).unwrap();
    assert_eq!(approval.body, ["a", "b", "! no way back from b: the previous template is missing"]);
}

#[test]
fn the_glass_holds_for_its_session_only() {
    let mut broken = book(Some(missing())).break_glass();
    broken.interrupts_rehearsal = true;
    let world = Rc::new(World::default());
    let run = session(&broken, &world, None);
    assert_eq!(run.end.unwrap().verdict, Verdict::Interrupted);
    let run = session(&book(Some(missing())), &world, Some(&run.bytes));
    assert_eq!(run.end.unwrap().verdict, Verdict::Guarded);
    assert_eq!(world.effects(), Vec::<String>::new());
}

#[test]
fn a_resumed_run_looks_again_at_what_is_left() {
    let world = Rc::new(World::default());
    let run = session(&book(Some(missing())), &world, None);
    assert_eq!(run.end.unwrap().verdict, Verdict::Guarded);
    let run = session(&book(None), &world, Some(&run.bytes));
    assert_eq!(run.end.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.effects(), ["a", "b"]);
    assert_eq!(world.rehearsed.borrow().len(), 4, "both, twice");
}

#[test]
fn what_ran_before_a_crash_is_not_looked_at_again() {
    let book = book(None);
    let mut seen = 0;
    for moment in 1.. {
        let world = Rc::new(World::default());
        world.crash_at(moment);
        let first = session(&book, &world, None);
        if first.end.is_some() {
            break;
        }
        world.calm();
        let (state, _) = recover(&first.bytes);
        if state.finished.is_some() {
            continue;
        }
        let left: Vec<String> = ["a", "b"]
            .into_iter()
            .filter(|id| !state.steps.iter().any(|(step, stands)| step.as_str() == *id && stands.may_have_run()))
            .map(|id| format!("undo_{id} for {id}"))
            .collect();
        world.rehearsed.borrow_mut().clear();
        assert_eq!(session(&book, &world, Some(&first.bytes)).end.unwrap().verdict, Verdict::Passed);
        let mut again = world.rehearsed.borrow().clone();
        again.sort();
        // The probe of what was under way may find that it did not happen: then it is looked at like one that never began.
        assert!(left.iter().all(|one| again.contains(one)), "killed at {moment}: {again:?}, not {left:?}");
        seen += usize::from(left.len() == 1);
    }
    assert!(seen > 3, "it was killed between the two steps, too");
}

#[test]
fn ctrl_c_ends_the_rehearsal_with_nothing_on_record() {
    let mut interrupted = book(Some(missing()));
    interrupted.interrupts_rehearsal = true;
    let world = Rc::new(World::default());
    let run = session(&interrupted, &world, None);
    assert_eq!(run.end.unwrap().verdict, Verdict::Interrupted);
    assert_eq!(rehearsed(&run.bytes), Vec::<String>::new());
    let run = session(&book(None), &world, Some(&run.bytes));
    assert_eq!(run.end.unwrap().verdict, Verdict::Passed);
}

#[test]
fn a_step_that_does_not_run_needs_no_way_back() {
    let book = Book::default().deploy("a").when_false().deploy("b").left_out("--skip: not today").deploy("c");
    let book = book.undo("undo_a", "a").will_need(missing()).undo("undo_b", "b").will_need(missing());
    let book = book.undo("undo_c", "c").left_out("--skip: it is late").will_need(missing());
    let book = book.undo("undo_all", "").will_need(missing());
    let world = Rc::new(World::default());
    let run = session(&book, &world, None);
    assert_eq!(run.end.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.rehearsed.borrow().len(), 0);
    assert_eq!(rehearsed(&run.bytes), ["undo_a for a: "], "that it will not run is on record");
}

#[test]
fn local_work_and_reads_are_not_rehearsed() {
    let mut book = Book::default().verify("c").deploy("a").undo("undo_a", "a").will_need(missing());
    book.steps[1].planned.effect = Effect::Local;
    let world = Rc::new(World::default());
    assert_eq!(session(&book, &world, None).end.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.rehearsed.borrow().len(), 0);
}

#[test]
fn a_rollback_rehearses_nothing() {
    let world = Rc::new(World::default());
    let failing =
        book(None).operator_says(Choice::RollBack).step(Phase::Deploy, "d", Actor::Write).fails(Fails::Always);
    let run = session(&failing, &world, None);
    assert_eq!(world.effects(), ["a", "b", "undo_b", "undo_a"]);
    let before = world.rehearsed.borrow().len();
    way_back(&failing, &world, &run.bytes);
    assert_eq!(world.rehearsed.borrow().len(), before);
    assert_eq!(before, 2);
}

#[test]
fn nobody_approves_a_phase_and_it_is_rehearsed_all_the_same() {
    let mut book = book(Some(missing()));
    book.phase_confirmation = Some(checkride::step::Confirmation::Never);
    let world = Rc::new(World::default());
    assert_eq!(session(&book, &world, None).end.unwrap().verdict, Verdict::Guarded);
    assert_eq!(world.effects(), Vec::<String>::new());
}
