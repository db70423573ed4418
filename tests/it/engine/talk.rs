//! The moves of a drill that is talked through, and of what is said of one when it is over.

use checkride::event::{
    Ask, Choice, Event, EventKind, Outcome, Participant, Remark, RemarkKind, RunState, SessionEnd, Verdict, Walked,
    Works,
};
use checkride::id::Phase;

use super::moves::{after, begin, end, enter, exchange, finish, id, start};

fn walk(step: &str) -> EventKind {
    EventKind::StepWalked {
        step: id(step),
        walked: Walked { works: Works::Yes, missing: None, takes_ms: None, who: None },
    }
}

fn remark(kind: RemarkKind, of: Option<u32>) -> EventKind {
    let (text, by) = ("It was dark".to_owned(), "ana".to_owned());
    EventKind::Remarked { remark: Remark { remark: kind, text, by, owner: None, due: None, of } }
}

fn over() -> EventKind {
    EventKind::RunFinished { verdict: Verdict::Walked, code: 0 }
}

fn afterwards() -> EventKind {
    match begin() {
        EventKind::SessionStarted { user, host, tool, pid, terminal, plan, back, .. } => {
            EventKind::SessionStarted { user, host, tool, pid, terminal, plan, back, after: true }
        }
        other => other,
    }
}

/// Why a move is refused; the state is then as it was.
fn refused(state: &RunState, kind: EventKind) -> String {
    let begins = matches!(kind, EventKind::SessionStarted { .. });
    let session = state.session + u32::from(begins);
    let at = "2026-11-21T18:15:00Z".parse().unwrap();
    let mut tried = state.clone();
    let why = tried.apply(&Event { seq: state.last_seq + 1, session, at, elapsed_ms: 0, kind }).unwrap_err().why;
    assert_eq!(tried, *state, "nothing has changed");
    why
}

#[test]
fn a_step_is_talked_through_once_and_then_none_runs() {
    let state = after([begin(), enter(Phase::Drill), walk("a")]);
    assert!(refused(&state, walk("a")).contains("talked through twice"));
    assert!(refused(&state, start("b", 1)).contains("starts in a run that is talked through"));
    let ran = after([begin(), start("a", 1)]);
    for step in ["a", "b"] {
        assert!(refused(&ran, walk(step)).contains("in a run whose steps run"));
    }
    let left_out = after([begin(), finish("a", Outcome::Skipped), walk("b")]);
    assert!(refused(&left_out, walk("a")).contains("has ended"));
}

#[test]
fn what_is_done_was_recommended_and_is_done_once() {
    let state = after([begin(), remark(RemarkKind::Observation, None)]);
    assert!(refused(&state, remark(RemarkKind::Done, Some(1))).contains("there is none"));
    assert!(refused(&state, remark(RemarkKind::Done, None)).contains("nobody knows what"));
    assert!(refused(&state, remark(RemarkKind::Observation, Some(1))).contains("by a remark that is none"));
    let state = after([begin(), remark(RemarkKind::Recommendation, None), remark(RemarkKind::Done, Some(1))]);
    assert!(refused(&state, remark(RemarkKind::Done, Some(1))).contains("done twice"));
    assert!(refused(&state, remark(RemarkKind::Done, Some(2))).contains("there is none"));
}

#[test]
fn when_a_run_is_over_only_what_is_said_of_it_may_follow() {
    assert!(
        refused(&after([begin(), end(SessionEnd::Interrupted)]), afterwards()).contains("follows the end of a run")
    );
    let state = after([begin(), over()]);
    assert!(refused(&state, begin()).contains("only a rollback may follow"));
    assert!(refused(&state, remark(RemarkKind::Observation, None)).contains("nothing may follow"));

    let person = EventKind::Participant { participant: Participant { name: "Ana".to_owned(), role: "x".to_owned() } };
    let [asked, answered] = exchange("drill.observation.1", Ask::Observe, None, None, Choice::Observe);
    let state = after([begin(), over(), afterwards(), person, asked, answered, remark(RemarkKind::Observation, None)]);
    assert_eq!((state.over(), state.drill.remarks.all.len()), (Some(Verdict::Walked), 1));
    for kind in [walk("a"), start("a", 1), enter(Phase::Drill), over(), finish("a", Outcome::Skipped)] {
        assert!(refused(&state, kind).contains("nothing may follow"));
    }
    // And once more, and then nothing again.
    let more = [begin(), over(), afterwards(), end(SessionEnd::Interrupted), afterwards(), end(SessionEnd::Finished)];
    let state = after(more);
    assert_eq!(state.over(), Some(Verdict::Walked));
    assert!(refused(&state, remark(RemarkKind::Observation, None)).contains("the session has ended"));
}
