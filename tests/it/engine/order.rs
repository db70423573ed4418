//! What runs when, told in the words of the domain.

use std::rc::Rc;

use checkride::event::{Choice, EventKind, Outcome, Verdict};
use checkride::journal::read_bytes;
use checkride::step::OnFailure;

use super::script::{Book, Fails, World, session};

/// Runs a book; gives the verdict and each step's end in order: `a`, `b!` failed, `c?` unknown, `d-` skipped, `e~` warned.
fn told(book: &Book) -> (Verdict, Vec<String>, Vec<String>) {
    let world = Rc::new(World::default());
    let session = session(book, &world, None);
    let journal = read_bytes(&session.bytes).unwrap();
    let ends = journal
        .records
        .iter()
        .filter_map(|record| match &record.event.as_ref().unwrap().kind {
            EventKind::StepFinished { step, outcome, .. } => Some(match outcome {
                Outcome::Passed => step.to_string(),
                Outcome::Failed => format!("{step}!"),
                Outcome::Unknown => format!("{step}?"),
                Outcome::Skipped => format!("{step}-"),
                Outcome::Warned => format!("{step}~"),
                Outcome::Declined => format!("{step}x"),
            }),
            _ => None,
        })
        .collect();
    (session.end.unwrap().verdict, ends, world.effects())
}

#[test]
fn phases_run_in_order_and_rollback_does_not() {
    let book = Book::default().checklist("a").deploy("b").verify("c").undo("u", "b");
    assert_eq!(told(&book).0, Verdict::Passed);
    assert_eq!(told(&book).1, ["a", "b", "c"]);
}

#[test]
fn a_failed_deploy_stops_and_nothing_behind_it_runs() {
    let book =
        Book::default().deploy("a").deploy("b").fails(Fails::Always).then(OnFailure::Stop).deploy("c").verify("d");
    assert_eq!(told(&book), (Verdict::StepFailed, vec!["a".into(), "b!".into()], vec!["a".into()]));
}

#[test]
fn a_failed_verification_goes_on_and_fails_the_run() {
    let book = Book::default().deploy("a").verify("b").fails(Fails::Always).verify("c");
    let (verdict, mut ends, _) = told(&book);
    ends.sort();
    assert_eq!((verdict, ends), (Verdict::VerificationFailed, vec!["a".into(), "b!".into(), "c".into()]));
}

#[test]
fn a_rollback_undoes_what_ran_or_may_have_run_last_first() {
    let book = Book::default()
        .deploy("a")
        .deploy("b")
        .deploy("c")
        .fails(Fails::AfterEffect)
        .then(OnFailure::Rollback)
        .deploy("d")
        .undo("undo_a", "a")
        .undo("undo_c", "c")
        .undo("undo_b", "b")
        .undo("undo_d", "d")
        .undo("tell", "");
    let (verdict, ends, effects) = told(&book);
    assert_eq!(verdict, Verdict::StepFailed);
    assert_eq!(ends, ["a", "b", "c!", "undo_c", "undo_b", "undo_a", "tell"]);
    assert_eq!(effects, ["a", "b", "c", "undo_c", "undo_b", "undo_a", "tell"]);
}

#[test]
fn a_step_that_was_refused_is_not_undone() {
    let book = Book::default()
        .deploy("a")
        .deploy("b")
        .fails(Fails::Always)
        .then(OnFailure::Rollback)
        .undo("undo_a", "a")
        .undo("undo_b", "b");
    assert_eq!(told(&book).1, ["a", "b!", "undo_a"]);
}

#[test]
fn a_failed_undo_is_stuck_and_the_rest_is_left() {
    let book = Book::default()
        .deploy("a")
        .deploy("b")
        .fails(Fails::AfterEffect)
        .then(OnFailure::Rollback)
        .undo("undo_a", "a")
        .undo("undo_b", "b")
        .fails(Fails::Always)
        .then(OnFailure::Stop);
    assert_eq!(told(&book).0, Verdict::Stuck);
    assert_eq!(told(&book).1, ["a", "b!", "undo_b!"]);
}

#[test]
fn the_operator_retries_skips_rolls_back_or_aborts() {
    let book = Book::default().deploy("a").deploy("b").fails(Fails::Always).verify("c").undo("undo_a", "a");
    let skip = book.clone().operator_says(Choice::Skip);
    assert_eq!(told(&skip), (Verdict::Passed, vec!["a".into(), "b-".into(), "c".into()], vec!["a".into()]));
    let back = book.clone().operator_says(Choice::RollBack);
    assert_eq!(told(&back).1, ["a", "b!", "undo_a"]);
    let abort = book.operator_says(Choice::Abort);
    assert_eq!((told(&abort).0, told(&abort).1), (Verdict::StepFailed, vec!["a".into(), "b!".into()]));
}

#[test]
fn what_needs_a_failed_step_is_left_out_with_a_reason() {
    let book = Book::default().verify("a").fails(Fails::Always).verify("b").needs("a").verify("c");
    let (verdict, mut ends, _) = told(&book);
    ends.sort();
    assert_eq!((verdict, ends), (Verdict::VerificationFailed, vec!["a!".into(), "b-".into(), "c".into()]));
}

#[test]
fn nothing_done_is_not_success() {
    let book = Book::default().deploy("a").left_out("--skip");
    assert_eq!(told(&book).0, Verdict::NothingDone);
}
