//! What is decided when: tables of where a run stands and what comes next. No clock, no thread, no file.

use checkride::engine::schedule::{Decision, Schedule, needs_approval};
use checkride::event::{AfterStep, Ask, Choice, EffectResult, EventKind, Outcome, RunState, SessionEnd, SteadyWhen};
use checkride::id::Phase::{self, Checklist, Deploy, Rollback, Verify};
use checkride::plan::{Plan, together};
use checkride::step::{Confirmation, Effect};

use super::moves::{
    after, begin, end, enter, exchange, fail, finish, finish_then, id, intend, interrupt, leave, look, rehearse,
    roll_back, runs_on, settle, start,
};
use super::script::Book;

/// What is decided with no limit to what runs at once.
fn next(plan: &Plan, state: &RunState) -> Decision {
    Schedule::new(usize::MAX).next(plan, state)
}

/// Goes through a story: what is decided before each part of it, and at its end.
fn story(plan: &Plan, parts: Vec<(Decision, Vec<EventKind>)>) {
    let mut told = vec![begin()];
    let mut schedule = Schedule::new(usize::MAX);
    for (at, (expected, happens)) in parts.into_iter().enumerate() {
        let state = after(told.clone());
        assert_eq!(next(plan, &state), expected, "part {at}, after {:?}", told.last());
        assert_eq!(schedule.next(plan, &state), expected, "one that has seen all of it decides the same");
        told.extend(happens);
    }
}

fn yes(name: &str, about: Ask, phase: Phase) -> Vec<EventKind> {
    exchange(name, about, None, Some(phase), Choice::Yes).to_vec()
}

fn ran(step: &str) -> Vec<EventKind> {
    vec![start(step, 1), finish(step, Outcome::Passed)]
}

fn starts(steps: &[&str]) -> Decision {
    Decision::Start(steps.iter().map(|step| id(step)).collect())
}

#[test]
fn a_plain_run() {
    let plan = Book::default().checklist("item").deploy("write").verify("read").plan();
    story(
        &plan,
        vec![
            (Decision::EnterPhase(Checklist), vec![enter(Checklist)]),
            (starts(&["item"]), ran("item")),
            (Decision::LeavePhase(Checklist), vec![leave(Checklist)]),
            (Decision::EnterPhase(Deploy), vec![enter(Deploy)]),
            (Decision::ApprovePhase(Deploy), yes("phase.deploy", Ask::ApprovePhase, Deploy)),
            (starts(&["write"]), vec![start("write", 1)]),
            (Decision::Wait, vec![finish("write", Outcome::Passed)]),
            (Decision::LeavePhase(Deploy), vec![leave(Deploy)]),
            (Decision::EnterPhase(Verify), vec![enter(Verify)]),
            (starts(&["read"]), ran("read")),
            (Decision::LeavePhase(Verify), vec![leave(Verify)]),
            (Decision::Finish, vec![]),
        ],
    );
}

/// A write is a barrier, unless it says that it goes on behind the others. It is called back with the end of what it
/// accompanies, however that ends, and is waited for before anything else begins.
#[test]
fn a_step_goes_on_behind_the_others_until_what_it_accompanies_has_ended() {
    let book = Book::default().deploy("mark").through("restore").deploy("restore").deploy("more").verify("read");
    let plan = book.plan();
    let back = || Decision::CallBack(vec![id("mark")]);
    let mut begun = vec![enter(Checklist), leave(Checklist), enter(Deploy)];
    begun.extend(yes("phase.deploy", Ask::ApprovePhase, Deploy));
    story(
        &plan,
        vec![
            (Decision::EnterPhase(Checklist), begun.clone()),
            (starts(&["mark"]), vec![start("mark", 1), intend("mark", 1, 1), settle("mark", 1, 1, EffectResult::Done)]),
            (Decision::Wait, vec![runs_on("mark", "restore")]),
            // Its own effects are intended and settled as ever.
            (starts(&["restore"]), vec![start("restore", 1), intend("mark", 1, 2)]),
            (Decision::Wait, vec![settle("mark", 1, 2, EffectResult::Done), finish("restore", Outcome::Passed)]),
            (back(), vec![]),
            (back(), vec![finish("mark", Outcome::Passed)]),
            (starts(&["more"]), ran("more")),
            (Decision::LeavePhase(Deploy), vec![leave(Deploy)]),
        ],
    );
    let behind = |more: Vec<EventKind>| {
        let told = std::iter::once(begin()).chain(begun.clone());
        after(told.chain([start("mark", 1), runs_on("mark", "restore")]).chain(more))
    };
    let table = [
        (vec![fail("mark", 1, false)], Decision::AfterFailure(id("mark"))),
        (vec![finish("mark", Outcome::Passed)], starts(&["restore"])),
        (vec![start("restore", 1), fail("restore", 1, false)], Decision::AfterFailure(id("restore"))),
        (vec![start("restore", 1), finish("restore", Outcome::Failed)], back()),
        (vec![finish("restore", Outcome::Skipped)], back()),
        (vec![start("restore", 1), finish_then("restore", Outcome::Failed, AfterStep::Stop)], back()),
        (vec![start("restore", 1), finish_then("restore", Outcome::Failed, AfterStep::RollBack)], back()),
        (vec![interrupt()], back()),
        (vec![start("restore", 1), interrupt()], back()),
        (vec![interrupt(), finish("mark", Outcome::Passed)], Decision::Suspend),
        (exchange("restore.run", Ask::ApproveWrite, Some("restore"), None, Choice::Abort).to_vec(), back()),
        // It died with its session, and is taken up.
        (vec![begin()], Decision::Resolve(id("mark"))),
    ];
    for (more, expected) in table {
        assert_eq!(next(&plan, &behind(more.clone())), expected, "after {more:?}");
    }
}

/// Each undo is looked at ahead before the phase is approved; a new session looks again at what is left.
#[test]
fn a_way_back_is_rehearsed_once_a_session() {
    let book = Book::default().checklist("item").deploy("a").deploy("b").deploy("c").left_out("--skip");
    let plan = book.undo("undo_a", "a").undo("undo_b", "b").undo("undo_c", "c").undo("undo_all", "").plan();
    let again = begin();
    story(
        &plan,
        vec![
            (Decision::EnterPhase(Checklist), vec![enter(Checklist)]),
            (starts(&["item"]), ran("item")),
            (Decision::LeavePhase(Checklist), vec![leave(Checklist)]),
            (Decision::EnterPhase(Deploy), vec![enter(Deploy)]),
            (Decision::Rehearse(Deploy), vec![rehearse("undo_a", "a")]),
            (Decision::Rehearse(Deploy), vec![rehearse("undo_b", "b")]),
            (Decision::ApprovePhase(Deploy), yes("phase.deploy", Ask::ApprovePhase, Deploy)),
            (starts(&["a"]), ran("a")),
            (starts(&["b"]), vec![]),
        ],
    );
    let told = [
        vec![begin(), enter(Checklist)],
        ran("item"),
        vec![leave(Checklist), enter(Deploy), rehearse("undo_a", "a"), rehearse("undo_b", "b")],
        yes("phase.deploy", Ask::ApprovePhase, Deploy),
        ran("a"),
    ];
    let mut told = told.concat();
    told.push(again);
    assert_eq!(next(&plan, &after(told.clone())), Decision::Rehearse(Deploy));
    told.push(rehearse("undo_b", "b"));
    assert_eq!(next(&plan, &after(told)), Decision::ApprovePhase(Deploy), "`a` has run: nothing is looked for");
}

#[test]
fn what_only_looks_has_nothing_to_rehearse() {
    let mut plan = Book::default().deploy("a").verify("read").undo("undo_a", "a").plan();
    plan.phases = vec![Verify];
    assert_eq!(next(&plan, &after([begin(), enter(Verify)])), starts(&["read"]));
}

/// Read all, do all, then say so item by item, then call it complete.
#[test]
fn a_do_confirm_phase() {
    let mut plan = Book::default().checklist("one").checklist("two").plan();
    plan.do_confirm = vec![Checklist];
    plan.phases = vec![Checklist];
    story(
        &plan,
        vec![
            (Decision::EnterPhase(Checklist), vec![enter(Checklist)]),
            (Decision::ReadyPhase(Checklist), yes("ready", Ask::ReadyPhase, Checklist)),
            (starts(&["one"]), ran("one")),
            (starts(&["two"]), ran("two")),
            (Decision::CompletePhase(Checklist), yes("complete", Ask::CompletePhase, Checklist)),
            (Decision::LeavePhase(Checklist), vec![leave(Checklist)]),
            (Decision::Finish, vec![]),
        ],
    );
    let no = exchange("complete", Ask::CompletePhase, None, Some(Checklist), Choice::No);
    let told = [vec![begin(), enter(Checklist)], yes("ready", Ask::ReadyPhase, Checklist), ran("one"), ran("two")];
    assert_eq!(next(&plan, &after(told.concat().into_iter().chain(no))), Decision::Finish, "not complete: aborted");
}

#[test]
fn a_do_confirm_phase_without_a_person_s_step_asks_nobody() {
    let mut plan = Book::default().verify("read").plan();
    plan.do_confirm = vec![Verify];
    let before = vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy), leave(Deploy), enter(Verify)];
    assert_eq!(next(&plan, &after(before.clone())), starts(&["read"]));
    assert_eq!(next(&plan, &after([before, ran("read")].concat())), Decision::LeavePhase(Verify));
}

/// An approval holds for the session in which it was given.
#[test]
fn approvals_are_given_again_in_each_session() {
    let plan = Book::default().deploy("a").deploy("b").plan();
    let approve = || yes("phase.deploy", Ask::ApprovePhase, Deploy);
    let first = [vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy)], approve(), ran("a")].concat();
    assert_eq!(next(&plan, &after(first.clone())), starts(&["b"]));
    let second = [first, vec![end(SessionEnd::TerminalLost), begin()]].concat();
    assert_eq!(next(&plan, &after(second.clone())), Decision::ApprovePhase(Deploy));
    assert_eq!(next(&plan, &after([second, approve()].concat())), starts(&["b"]));
}

#[test]
fn a_write_that_is_confirmed_by_itself_is_asked_for_again_too() {
    let mut plan = Book::default().deploy("a").plan();
    plan.steps[0].confirmation = Confirmation::Ask;
    plan.phase_confirmation = Confirmation::Never;
    let run = exchange("a.run", Ask::ApproveWrite, Some("a"), Some(Deploy), Choice::Run);
    let entered = vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy)];
    assert_eq!(next(&plan, &after(entered.clone())), Decision::ApproveStep(id("a")));
    let approved = [entered, run.to_vec()].concat();
    assert_eq!(next(&plan, &after(approved.clone())), starts(&["a"]));
    let again = [approved, vec![end(SessionEnd::Interrupted), begin()]].concat();
    assert_eq!(next(&plan, &after(again)), Decision::ApproveStep(id("a")));
}

#[test]
fn who_must_be_asked_before_a_write() {
    let step = Book::default().deploy("a").plan().steps.remove(0);
    for (effect, confirmation, itself, expected) in [
        (Effect::Write, Confirmation::Ask, false, true),
        (Effect::Write, Confirmation::Type, false, true),
        (Effect::Irreversible, Confirmation::Ask, false, true),
        (Effect::Write, Confirmation::Never, false, false),
        (Effect::Write, Confirmation::Ask, true, false),
        (Effect::Local, Confirmation::Ask, false, false),
        (Effect::Read, Confirmation::Ask, false, false),
        (Effect::None, Confirmation::Ask, false, false),
    ] {
        let mut step = step.clone();
        (step.effect, step.confirmation, step.confirms_itself) = (effect, confirmation, itself);
        assert_eq!(needs_approval(&step), expected, "{effect:?} {confirmation:?} {itself}");
    }
}

#[test]
fn a_phase_without_writes_is_not_approved() {
    let mut plan = Book::default().deploy("a").plan();
    plan.steps[0].effect = Effect::Local;
    let entered = vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy)];
    assert_eq!(next(&plan, &after(entered.clone())), starts(&["a"]));
    let left_out = Book::default().deploy("a").left_out("--skip: not today").plan();
    assert_eq!(next(&left_out, &after(entered)), Decision::LeaveOut(id("a"), "--skip: not today".to_owned()));
}

/// `needs` holds a step back until the other ended well; what ended badly leaves it out.
#[test]
fn what_a_step_needs() {
    let plan = Book::default().verify("a").verify("b").needs("a").verify("c").plan();
    let entered = vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy), leave(Deploy), enter(Verify)];
    let decided = |more: Vec<EventKind>| next(&plan, &after([entered.clone(), more].concat()));
    assert_eq!(decided(vec![]), starts(&["a"]), "`b` needs `a`, and `c` stands behind `b`");
    assert_eq!(decided(vec![start("a", 1)]), Decision::Wait);
    assert_eq!(decided(ran("a")), starts(&["b", "c"]), "neighbouring reads run together");
    for (outcome, expected) in [
        (Outcome::Warned, starts(&["b", "c"])),
        (Outcome::Skipped, starts(&["b", "c"])),
        (Outcome::Failed, Decision::LeaveOut(id("b"), "it needs `a`, which failed".to_owned())),
        (Outcome::Declined, Decision::LeaveOut(id("b"), "it needs `a`, which was declined".to_owned())),
        (Outcome::Unknown, Decision::LeaveOut(id("b"), "it needs `a`, which is unknown".to_owned())),
    ] {
        assert_eq!(decided(vec![start("a", 1), finish("a", outcome)]), expected, "{outcome}");
    }
}

#[test]
fn no_more_reads_run_at_once_than_there_are_jobs() {
    let plan = Book::default().verify("a").verify("b").verify("c").plan();
    let entered = vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy), leave(Deploy), enter(Verify)];
    let mut schedule = Schedule::new(2);
    let mut decided = |more: &[EventKind]| schedule.next(&plan, &after([entered.as_slice(), more].concat()));
    assert_eq!(decided(&[]), starts(&["a", "b"]));
    let mut told = vec![start("a", 1), start("b", 1)];
    assert_eq!(decided(&told), Decision::Wait);
    told.push(finish("b", Outcome::Failed));
    assert_eq!(decided(&told), starts(&["c"]), "whichever of them ended");
    told.extend([start("c", 1), finish("a", Outcome::Passed)]);
    assert_eq!(decided(&told), Decision::Wait);
    told.push(finish("c", Outcome::Passed));
    assert_eq!(decided(&told), Decision::LeavePhase(Verify));
    assert_eq!(Schedule::new(0).next(&plan, &after(entered.clone())), starts(&["a"]), "less than one is one");
}

#[test]
fn a_write_waits_for_its_neighbours_and_they_for_it() {
    let plan = Book::default().deploy("a").deploy("b").plan();
    let entered =
        [vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy)], yes("p", Ask::ApprovePhase, Deploy)]
            .concat();
    assert_eq!(next(&plan, &after(entered.clone())), starts(&["a"]));
    assert_eq!(next(&plan, &after([entered, vec![start("a", 1)]].concat())), Decision::Wait);
}

/// What was begun and has not ended comes before anything new.
#[test]
fn loose_ends_come_first() {
    let plan = Book::default().deploy("a").deploy("b").plan();
    let running = [
        vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy)],
        yes("p", Ask::ApprovePhase, Deploy),
        vec![start("a", 1)],
    ]
    .concat();
    let decided = |more: Vec<EventKind>| next(&plan, &after([running.clone(), more].concat()));
    let answered = |choice| exchange("a.failure", Ask::AfterFailure, Some("a"), Some(Deploy), choice).to_vec();
    assert_eq!(decided(vec![begin()]), Decision::Resolve(id("a")), "a session died over it");
    assert_eq!(decided(vec![fail("a", 1, true)]), starts(&["a"]), "it is tried again");
    assert_eq!(decided(vec![fail("a", 1, false)]), Decision::AfterFailure(id("a")));
    assert_eq!(decided([vec![fail("a", 1, false)], answered(Choice::Retry)].concat()), starts(&["a"]));
    let unknown = vec![intend("a", 1, 1), settle("a", 1, 1, EffectResult::Unknown), fail("a", 1, true)];
    assert_eq!(decided(unknown), Decision::Resolve(id("a")), "it may have happened: it is not tried again");
    assert_eq!(decided(vec![finish_then("a", Outcome::Failed, AfterStep::Stop)]), Decision::Finish);
    assert_eq!(
        decided(vec![finish_then("a", Outcome::Failed, AfterStep::RollBack)]),
        Decision::BeginRollback(Some(id("a")))
    );
}

/// A read that was cut off is begun again before a person is asked about its neighbour: an abort waits for what runs, and
/// does not forget what ran.
#[test]
fn reads_that_were_cut_off_come_before_questions() {
    let plan = Book::default().verify("a").verify("b").plan();
    let both = vec![
        begin(),
        enter(Checklist),
        leave(Checklist),
        enter(Deploy),
        leave(Deploy),
        enter(Verify),
        start("a", 1),
        start("b", 1),
        fail("a", 1, false),
    ];
    assert_eq!(next(&plan, &after(both.clone())), Decision::AfterFailure(id("a")), "while `b` runs");
    let died = [both, vec![begin()]].concat();
    assert_eq!(next(&plan, &after(died.clone())), Decision::Resolve(id("b")));
    assert_eq!(next(&plan, &after([died, vec![start("b", 2)]].concat())), Decision::AfterFailure(id("a")));
}

#[test]
fn interruptions_and_aborts_wait_for_what_runs_and_start_nothing() {
    let plan = Book::default().deploy("a").deploy("b").plan();
    let running = [
        vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy)],
        yes("p", Ask::ApprovePhase, Deploy),
        vec![start("a", 1)],
    ]
    .concat();
    let interrupted = EventKind::Interrupted { signal: "SIGINT".to_owned(), stopping: false };
    let pressed = [running.clone(), vec![interrupted]].concat();
    assert_eq!(next(&plan, &after(pressed.clone())), Decision::Wait);
    let ended = [pressed, vec![finish("a", Outcome::Passed)]].concat();
    assert_eq!(next(&plan, &after(ended)), Decision::Suspend);
    let abort = exchange("a.failure", Ask::AfterFailure, Some("a"), Some(Deploy), Choice::Abort);
    let aborted = [running, vec![fail("a", 1, false)], abort.to_vec()].concat();
    assert_eq!(next(&plan, &after(aborted.clone())), Decision::Settle(id("a")), "what failed beside it ends, too");
    assert_eq!(next(&plan, &after([aborted, vec![finish("a", Outcome::Failed)]].concat())), Decision::Finish);
}

#[test]
fn an_open_question_holds_everything() {
    let plan = Book::default().checklist("a").plan();
    let [asked, _] = exchange("a", Ask::Confirm, Some("a"), Some(Checklist), Choice::Done);
    assert_eq!(next(&plan, &after([begin(), enter(Checklist), start("a", 1), asked])), Decision::Wait);
}

/// The way back runs in the order that was recorded when it began, one after the other.
#[test]
fn the_way_back() {
    let mut plan = Book::default().deploy("a").deploy("b").undo("undo_a", "a").undo("undo_b", "b").plan();
    let turned = [
        vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy)],
        yes("p", Ask::ApprovePhase, Deploy),
        vec![start("a", 1), intend("a", 1, 1), settle("a", 1, 1, EffectResult::Done), finish("a", Outcome::Passed)],
        vec![start("b", 1), intend("b", 1, 1), settle("b", 1, 1, EffectResult::Done)],
        vec![finish_then("b", Outcome::Failed, AfterStep::RollBack)],
    ]
    .concat();
    assert_eq!(next(&plan, &after(turned.clone())), Decision::BeginRollback(Some(id("b"))));
    let begun = [turned, vec![roll_back(&["undo_b", "undo_a"])]].concat();
    assert_eq!(next(&plan, &after(begun.clone())), Decision::EnterPhase(Rollback));
    let entered = [begun, vec![enter(Rollback)]].concat();
    assert_eq!(next(&plan, &after(entered.clone())), starts(&["undo_b"]));
    let one = [entered.clone(), vec![start("undo_b", 1)]].concat();
    assert_eq!(next(&plan, &after(one.clone())), Decision::Wait);
    let two = [one.clone(), vec![finish("undo_b", Outcome::Passed)]].concat();
    assert_eq!(next(&plan, &after(two.clone())), starts(&["undo_a"]));
    let three = [two, ran("undo_a")].concat();
    assert_eq!(next(&plan, &after(three.clone())), Decision::LeavePhase(Rollback));
    assert_eq!(next(&plan, &after([three, vec![leave(Rollback)]].concat())), Decision::Finish);
    let stuck = [one, vec![finish_then("undo_b", Outcome::Failed, AfterStep::Stop)]].concat();
    assert_eq!(next(&plan, &after(stuck)), Decision::Finish, "a failed undo stops the way back");

    plan.steps.iter_mut().find(|step| step.id == id("undo_b")).unwrap().effect = Effect::Irreversible;
    assert_eq!(next(&plan, &after(entered)), Decision::ApproveStep(id("undo_b")), "a point of no return is asked for");
}

/// Neighbours of the recorded order that share nothing run together, within the limit; all others wait for them.
#[test]
fn undo_steps_that_share_nothing_run_together() {
    let book = Book::default().deploy("a").deploy("b").deploy("c").deploy("d").undo("undo_a", "a");
    let book = book.undo("undo_b", "b").independent().undo("undo_c", "c").independent().undo("undo_d", "d");
    let mut plan = book.plan();
    let happened = |step| [start(step, 1), intend(step, 1, 1), settle(step, 1, 1, EffectResult::Done)];
    let mut told = vec![begin(), enter(Deploy)];
    for step in ["a", "b", "c", "d"] {
        told.extend(happened(step));
        told.push(finish(step, Outcome::Passed));
    }
    told.extend([roll_back(&["undo_d", "undo_c", "undo_b", "undo_a"]), enter(Rollback)]);
    assert_eq!(next(&plan, &after(told.clone())), starts(&["undo_d"]));
    told.extend(ran("undo_d"));
    assert_eq!(next(&plan, &after(told.clone())), starts(&["undo_c", "undo_b"]));
    assert_eq!(Schedule::new(1).next(&plan, &after(told.clone())), starts(&["undo_c"]), "within the limit");
    told.extend([start("undo_c", 1), start("undo_b", 1)]);
    assert_eq!(next(&plan, &after(told.clone())), Decision::Wait);
    let one = [told.clone(), vec![finish("undo_b", Outcome::Passed)]].concat();
    assert_eq!(next(&plan, &after(one.clone())), Decision::Wait, "what shares something waits for all of them");
    let both = [one, vec![finish("undo_c", Outcome::Passed)]].concat();
    assert_eq!(next(&plan, &after(both)), starts(&["undo_a"]));

    // One fails: the other ends, and then it is stuck; a second that failed beside it has its say, too.
    let failed = [told, vec![fail("undo_c", 1, false)]].concat();
    assert_eq!(next(&plan, &after(failed.clone())), Decision::Wait);
    let failed = [failed, vec![fail("undo_b", 1, false)]].concat();
    assert_eq!(next(&plan, &after(failed.clone())), Decision::AfterFailure(id("undo_b")));
    let failed = [failed, vec![finish_then("undo_b", Outcome::Failed, AfterStep::Stop)]].concat();
    assert_eq!(next(&plan, &after(failed.clone())), Decision::AfterFailure(id("undo_c")));
    let failed = [failed, vec![finish_then("undo_c", Outcome::Failed, AfterStep::Stop)]].concat();
    assert_eq!(next(&plan, &after(failed)), Decision::Finish);

    // A point of no return is asked for by itself, whatever it says.
    plan.steps.iter_mut().find(|step| step.id == id("undo_c")).unwrap().effect = Effect::Irreversible;
    let order = [id("undo_d"), id("undo_c"), id("undo_b"), id("undo_a")];
    assert_eq!(together(&plan, &order).len(), 4);
}

/// Before the first change is confirmed the probes look, and after a way back those look again that had.
#[test]
fn the_steady_state_is_looked_at_before_the_first_change_and_after_the_way_back() {
    let book = Book::default().deploy("a").deploy("b").verify("v").steady().verify("w").steady().left_out("--skip");
    let plan = book.verify("x").steady().undo("undo_a", "a").plan();
    let probes = |when, steps: &[&str]| Decision::LookSteady(when, steps.iter().map(|step| id(step)).collect());
    let mut told = vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy), rehearse("undo_a", "a")];
    assert_eq!(next(&plan, &after(told.clone())), probes(SteadyWhen::Before, &["v", "x"]));
    assert_eq!(Schedule::new(1).next(&plan, &after(told.clone())), probes(SteadyWhen::Before, &["v"]));
    told.push(look(SteadyWhen::Before, "v", Outcome::Failed));
    // A session that died between two probes goes on with the next one.
    told.extend([end(SessionEnd::Interrupted), begin(), rehearse("undo_a", "a")]);
    assert_eq!(next(&plan, &after(told.clone())), probes(SteadyWhen::Before, &["x"]));
    told.push(look(SteadyWhen::Before, "x", Outcome::Passed));
    assert_eq!(next(&plan, &after(told.clone())), Decision::ApprovePhase(Deploy), "what is ill stops nothing");
    told.extend(yes("p", Ask::ApprovePhase, Deploy));
    told.extend([start("a", 1), intend("a", 1, 1), settle("a", 1, 1, EffectResult::Done)]);
    told.push(finish_then("a", Outcome::Failed, AfterStep::RollBack));
    told.extend([roll_back(&["undo_a"]), enter(Rollback)]);
    told.extend(ran("undo_a"));
    assert_eq!(next(&plan, &after(told.clone())), Decision::LeavePhase(Rollback));
    told.push(leave(Rollback));
    assert_eq!(next(&plan, &after(told.clone())), probes(SteadyWhen::After, &["v", "x"]));
    told.extend([look(SteadyWhen::After, "v", Outcome::Failed), look(SteadyWhen::After, "x", Outcome::Failed)]);
    assert_eq!(next(&plan, &after(told)), Decision::Finish);
    // Where nothing is changed, nobody looks.
    let reads = Book::default().verify("v").steady().plan();
    let told = [begin(), enter(Checklist), leave(Checklist), enter(Deploy), leave(Deploy), enter(Verify)];
    assert_eq!(next(&reads, &after(told)), starts(&["v"]));
}
