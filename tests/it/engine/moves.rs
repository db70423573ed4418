//! The table of legal moves: whatever happened before, a move that does not follow is refused, and changes nothing.

use checkride::event::{
    AfterStep, Answer, AnswerSource, Ask, Choice, Direction, EffectResult, Event, EventKind, Failure, FailureKind,
    Outcome, Question, RunState, SessionEnd, SteadyWhen, StepStatus, Verdict,
};
use checkride::id::{Phase, StepId};
use serde_json::{Map, json};

pub(super) fn id(step: &str) -> StepId {
    StepId::new(step).unwrap()
}

/// An event of the session that is under way, or of the next one if it begins one.
fn event(state: &RunState, kind: EventKind) -> Event {
    let begins = matches!(kind, EventKind::SessionStarted { .. });
    let session = state.session + u32::from(begins);
    Event { seq: state.last_seq + 1, session, at: "2026-11-21T18:15:00Z".parse().unwrap(), elapsed_ms: 0, kind }
}

/// The state after these moves; each must be legal.
pub(super) fn after(kinds: impl IntoIterator<Item = EventKind>) -> RunState {
    let mut state = RunState::default();
    for kind in kinds {
        state.apply(&event(&state, kind)).unwrap();
    }
    state
}

pub(super) fn begin() -> EventKind {
    EventKind::SessionStarted {
        user: "ana".to_owned(),
        host: "kestrel".to_owned(),
        tool: "0.1.0".to_owned(),
        pid: 1,
        terminal: true,
        plan: "sha256:test".to_owned(),
        back: None,
        after: false,
    }
}

pub(super) fn end(end: SessionEnd) -> EventKind {
    EventKind::SessionEnded { end, waits_for: None }
}

pub(super) fn enter(phase: Phase) -> EventKind {
    EventKind::PhaseStarted { phase }
}

pub(super) fn leave(phase: Phase) -> EventKind {
    EventKind::PhaseFinished { phase }
}

pub(super) fn start(step: &str, attempt: u32) -> EventKind {
    EventKind::StepStarted { step: id(step), attempt }
}

pub(super) fn intend(step: &str, attempt: u32, n: u32) -> EventKind {
    EventKind::EffectIntended {
        step: id(step),
        attempt,
        n,
        call: "test:Change".to_owned(),
        token: None,
        account: None,
        region: None,
        target: step.to_owned(),
    }
}

pub(super) fn settle(step: &str, attempt: u32, n: u32, result: EffectResult) -> EventKind {
    EventKind::EffectSettled { step: id(step), attempt, n, result, request_id: None, detail: None }
}

pub(super) fn fail(step: &str, attempt: u32, retry: bool) -> EventKind {
    EventKind::AttemptFailed {
        step: id(step),
        attempt,
        failure: Failure::new(FailureKind::Exit { code: 1 }, "it failed"),
        retry_in_ms: retry.then_some(5),
        artifacts: Vec::new(),
        requests: Vec::new(),
    }
}

fn item(step: &str, attempt: u32) -> EventKind {
    EventKind::ItemSettled {
        step: id(step),
        attempt,
        index: 0,
        item: json!("a"),
        outcome: Outcome::Passed,
        failure: None,
    }
}

fn change(step: &str, attempt: u32) -> EventKind {
    let (values, requests) = (vec![("out.x".to_owned(), json!(1))], Vec::new());
    EventKind::LookChanged {
        step: id(step),
        attempt,
        index: None,
        look: 1,
        values,
        trouble: None,
        hold: None,
        requests,
    }
}

pub(super) fn runs_on(step: &str, through: &str) -> EventKind {
    EventKind::RunsOn { step: id(step), attempt: 1, through: id(through), outputs: Map::new() }
}

pub(super) fn finish(step: &str, outcome: Outcome) -> EventKind {
    finish_then(step, outcome, AfterStep::Continue)
}

pub(super) fn finish_then(step: &str, outcome: Outcome, then: AfterStep) -> EventKind {
    EventKind::StepFinished {
        step: id(step),
        outcome,
        failure: None,
        reason: None,
        outputs: Map::new(),
        artifacts: Vec::new(),
        requests: Vec::new(),
        stays: Vec::new(),
        then,
    }
}

/// A question and its answer.
pub(super) fn exchange(name: &str, about: Ask, of: Option<&str>, on: Option<Phase>, choice: Choice) -> [EventKind; 2] {
    let mut question = Question::new(name, about, "Is it so?", vec![choice]);
    question.step = of.map(id);
    question.phase = on;
    let answer = Answer {
        choice,
        by: "ana".to_owned(),
        from: AnswerSource::Policy,
        reason: None,
        value: None,
        evidence: Vec::new(),
    };
    let answered = EventKind::Answered { question: name.to_owned(), step: of.map(id), phase: on, answer };
    [EventKind::Asked { question }, answered]
}

/// The operator's first Ctrl-C.
pub(super) fn interrupt() -> EventKind {
    EventKind::Interrupted { signal: "SIGINT".to_owned(), stopping: false }
}

pub(super) fn roll_back(steps: &[&str]) -> EventKind {
    EventKind::RollbackStarted { cause: "test".to_owned(), steps: steps.iter().map(|step| id(step)).collect() }
}

pub(super) fn rehearse(undo: &str, change: &str) -> EventKind {
    EventKind::Rehearsed { undo: id(undo), change: id(change), needs: Vec::new() }
}

pub(super) fn look(when: SteadyWhen, step: &str, outcome: Outcome) -> EventKind {
    let (outputs, artifacts, requests) = (Map::new(), Vec::new(), Vec::new());
    EventKind::SteadyState { when, step: id(step), outcome, failure: None, reason: None, outputs, artifacts, requests }
}

fn over() -> EventKind {
    EventKind::RunFinished { verdict: Verdict::Passed, code: 0 }
}

/// Each row: what happened, the move that does not follow, and what the refusal says.
#[test]
fn each_illegal_move_is_refused_and_changes_nothing() {
    let [ask, answer] = exchange("a", Ask::Confirm, Some("a"), None, Choice::Done);
    let [ask_b, answer_b] = exchange("b", Ask::Confirm, Some("b"), None, Choice::Done);
    let before = |step| look(SteadyWhen::Before, step, Outcome::Passed);
    let later = |step| look(SteadyWhen::After, step, Outcome::Failed);
    let running = vec![begin(), start("a", 1)];
    let with = |before: &[EventKind], more: Vec<EventKind>| [before, &more].concat();
    let changed = with(&running, vec![intend("a", 1, 1)]);
    let done = with(&changed, vec![settle("a", 1, 1, EffectResult::Done)]);
    let passed = with(&running, vec![finish("a", Outcome::Passed)]);
    let checklist = vec![begin(), enter(Phase::Checklist)];
    let table: Vec<(Vec<EventKind>, EventKind, &str)> = vec![
        (vec![], start("a", 1), "the session is 0"),
        (vec![begin(), end(SessionEnd::Interrupted)], start("a", 1), "the session has ended"),
        (vec![begin(), over()], begin(), "the run is over"),
        (vec![begin(), over()], start("a", 1), "the run is over"),
        (vec![begin()], leave(Phase::Deploy), "phase deploy is not under way"),
        (vec![begin(), rehearse("u", "a")], rehearse("u", "a"), "`u` is rehearsed twice for `a`"),
        (vec![begin(), rehearse("u", "a"), roll_back(&[])], rehearse("u", "b"), "`u` is rehearsed on the way back"),
        (passed.clone(), rehearse("u", "a"), "`u` is rehearsed after `a` ran"),
        (changed.clone(), rehearse("u", "a"), "`u` is rehearsed after `a` ran"),
        (with(&checklist, vec![leave(Phase::Checklist)]), leave(Phase::Checklist), "is not under way"),
        (with(&checklist, vec![leave(Phase::Checklist)]), enter(Phase::Checklist), "phase checklist has ended"),
        (vec![begin(), ask.clone()], ask_b.clone(), "while another question is open"),
        (vec![begin()], answer.clone(), "`a` was not asked"),
        (vec![begin(), ask.clone()], answer_b, "`b` was not asked"),
        (vec![begin(), ask.clone(), answer.clone()], answer.clone(), "`a` was not asked"),
        (vec![begin(), ask, begin()], answer, "`a` was not asked"),
        (vec![begin()], start("a", 2), "attempt 2 is out of order"),
        (running.clone(), start("a", 2), "starts while it is Running"),
        (with(&running, vec![fail("a", 1, true)]), start("a", 1), "attempt 1 is out of order"),
        (with(&changed, vec![begin()]), start("a", 2), "starts while an effect of it is not settled"),
        (with(&changed, vec![fail("a", 1, true)]), start("a", 2), "starts while an effect of it is not settled"),
        (passed.clone(), start("a", 2), "starts while it is Finished(Passed)"),
        (vec![begin()], intend("a", 1, 1), "has an effect and does not run"),
        (with(&running, vec![begin()]), intend("a", 1, 1), "has an effect and does not run"),
        (passed.clone(), intend("a", 1, 1), "has an effect and does not run"),
        (running.clone(), intend("a", 2, 1), "effect 1 of attempt 2 is out of order"),
        (running.clone(), intend("a", 1, 2), "effect 2 of attempt 1 is out of order"),
        (done.clone(), intend("a", 1, 1), "effect 1 of attempt 1 is out of order"),
        (running.clone(), settle("a", 1, 1, EffectResult::Done), "effect 1 of attempt 1 is not open"),
        (changed.clone(), settle("a", 1, 2, EffectResult::Done), "effect 2 of attempt 1 is not open"),
        (changed.clone(), settle("b", 1, 1, EffectResult::Done), "step `b`: effect 1 of attempt 1 is not open"),
        (done, settle("a", 1, 1, EffectResult::Refused), "effect 1 of attempt 1 is not open"),
        (vec![begin()], item("a", 1), "attempt 1 is not under way"),
        (vec![begin()], change("a", 1), "attempt 1 is not under way"),
        (running.clone(), change("a", 2), "attempt 2 is not under way"),
        (passed.clone(), change("a", 1), "attempt 1 is not under way"),
        (running.clone(), item("a", 2), "attempt 2 is not under way"),
        (passed.clone(), item("a", 1), "attempt 1 is not under way"),
        (vec![begin()], fail("a", 1, false), "attempt 1 is not under way"),
        (running.clone(), fail("a", 2, false), "attempt 2 is not under way"),
        (passed.clone(), fail("a", 1, false), "attempt 1 is not under way"),
        (passed, finish("a", Outcome::Failed), "step `a` ends twice"),
        (vec![begin()], finish("a", Outcome::Passed), "passed and never began"),
        (vec![begin()], finish("a", Outcome::Warned), "passed and never began"),
        (changed.clone(), finish("a", Outcome::Passed), "ends as passed while an effect of it is not settled"),
        (changed.clone(), finish("a", Outcome::Failed), "ends as failed while an effect of it is not settled"),
        (changed.clone(), finish("a", Outcome::Skipped), "ends as skipped while an effect of it is not settled"),
        (vec![begin(), roll_back(&["u"])], roll_back(&["u"]), "the rollback begins twice"),
        (vec![begin(), before("v")], before("v"), "too late, or twice"),
        (vec![begin(), roll_back(&["u"])], before("v"), "too late, or twice"),
        (vec![begin(), before("v")], later("v"), "without one before, or twice"),
        (vec![begin(), before("v"), roll_back(&["u"])], later("w"), "without one before, or twice"),
        (vec![begin(), before("v"), roll_back(&["u"]), later("v")], later("v"), "without one before, or twice"),
    ];
    for (before, kind, why) in table {
        let mut state = after(before.clone());
        let untouched = state.clone();
        let refused = state.apply(&event(&state, kind.clone()));
        let said = refused.map_or_else(|illegal| illegal.why, |()| "nothing".to_owned());
        assert!(said.contains(why), "after {before:?}\n{kind:?}\nsays `{said}`, not `{why}`");
        assert_eq!(state, untouched, "{kind:?} was refused and changed something");
    }
}

#[test]
fn numbers_and_sessions_have_no_gap() {
    let state = after([begin(), start("a", 1)]);
    let next = event(&state, finish("a", Outcome::Passed));
    for (seq, session) in [(2, 1), (4, 1), (3, 0), (3, 2)] {
        let wrong = Event { seq, session, ..next.clone() };
        let refused = state.clone().apply(&wrong).unwrap_err();
        assert_eq!(refused.seq, seq, "{refused}");
    }
    let skipped = Event { session: 3, ..event(&state, begin()) };
    assert!(state.clone().apply(&skipped).unwrap_err().why.contains("session 2 should begin here"));
    state.clone().apply(&next).unwrap();
}

#[test]
fn a_new_session_cuts_off_what_ran_and_forgets_who_pressed_what() {
    let [asked, _] = exchange("a", Ask::Confirm, Some("a"), None, Choice::Done);
    let interrupted = EventKind::Interrupted { signal: "SIGINT".to_owned(), stopping: true };
    let before = after([begin(), start("a", 1), intend("a", 1, 1), asked, interrupted]);
    assert!(before.interrupted && before.question.is_some());
    let mut state = before.clone();
    state.apply(&event(&before, begin())).unwrap();
    assert_eq!((state.session, state.interrupted, state.question.as_ref()), (2, false, None));
    assert_eq!((state.status(&id("a")), state.step(&id("a")).cut_off), (StepStatus::Interrupted, Some(1)));
    assert_eq!(state.step(&id("a")).unsettled().count(), 1);
    assert!(state.step(&id("a")).may_have_run());
}

/// What is not known may end a step, and only as what is not known.
#[test]
fn an_effect_that_is_not_settled_ends_as_unknown_only() {
    let state = after([begin(), start("a", 1), intend("a", 1, 1), finish("a", Outcome::Unknown)]);
    assert_eq!(state.step(&id("a")).outcome(), Some(Outcome::Unknown));
    let refused = after([begin(), start("a", 1), intend("a", 1, 1), settle("a", 1, 1, EffectResult::Refused)]);
    assert!(!refused.step(&id("a")).may_have_run(), "what was refused did not happen");
}

#[test]
fn a_step_turns_the_run_only_forward_to_stopping_and_back_to_stuck() {
    let turned = |then| after([begin(), start("a", 1), finish_then("a", Outcome::Failed, then)]);
    assert_eq!(turned(AfterStep::Continue).direction, Direction::Forward);
    assert_eq!(turned(AfterStep::Stop).direction, Direction::Stopping);
    assert_eq!(turned(AfterStep::Stop).rollback_wanted, None);
    assert_eq!(turned(AfterStep::RollBack).rollback_wanted, Some(id("a")));
    let unwinding = |then, outcome| after([begin(), roll_back(&["u"]), start("u", 1), finish_then("u", outcome, then)]);
    assert_eq!(unwinding(AfterStep::Stop, Outcome::Passed).direction, Direction::Unwinding);
    assert_eq!(unwinding(AfterStep::Continue, Outcome::Failed).direction, Direction::Unwinding);
    assert_eq!(unwinding(AfterStep::Stop, Outcome::Failed).direction, Direction::Stuck);
}

/// What an attempt that was cut off had done is gone on with by the next one, also when that is cut off before it has come so
/// far; after an attempt that failed by itself nothing of that is left.
#[test]
fn attempts_in_a_row_that_were_cut_off_are_one_try() {
    let failed = || {
        let failure = Failure::new(FailureKind::Expectation, "it does not hold");
        EventKind::AttemptFailed {
            step: id("a"),
            attempt: 2,
            failure,
            retry_in_ms: Some(0),
            artifacts: Vec::new(),
            requests: Vec::new(),
        }
    };
    let done = || [intend("a", 1, 1), settle("a", 1, 1, EffectResult::Done)];
    let [intended, settled] = done();
    let twice = after([begin(), start("a", 1), intended, settled, begin(), start("a", 2), begin()]);
    let step = twice.step(&id("a"));
    assert_eq!([1, 2, 3].map(|attempt| step.was_cut_off(attempt)), [true, true, false]);
    let [intended, settled] = done();
    let moves = [begin(), start("a", 1), intended, settled, begin(), start("a", 2), failed(), start("a", 3), begin()];
    let state = after(moves);
    let step = state.step(&id("a"));
    assert_eq!([1, 2, 3].map(|attempt| step.was_cut_off(attempt)), [false, false, true]);
}
