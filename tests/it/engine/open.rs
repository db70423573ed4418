//! What is open is kept up with what ends. One schedule that has seen a whole verification decides, at each of its events, as
//! one that sees the run for the first time; and both as somebody would who looks at every step anew.

use checkride::engine::schedule::{Decision, Schedule};
use checkride::event::{EventKind, Outcome, RunState, StepStatus};
use checkride::id::Phase::{Checklist, Deploy, Verify};
use checkride::plan::Plan;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, proptest};
use proptest::sample::Index;

use super::moves::{after, begin, enter, fail, finish, id, leave, start};
use super::script::Book;

/// A read: which of the steps before it it comes after, whether it is left out, whether its first attempt fails.
type Read = (Vec<Index>, bool, bool);

fn reads() -> impl Strategy<Value = Vec<Read>> {
    prop::collection::vec(
        (prop::collection::vec(any::<Index>(), 0..3), prop::bool::weighted(0.1), any::<bool>()),
        1..12,
    )
}

fn plan_of(reads: &[Read]) -> Plan {
    let name = |at: usize| format!("s{at:02}");
    let book = (0..reads.len()).fold(Book::default(), |book, at| book.verify(&name(at)));
    let mut plan = book.plan();
    for (at, (earlier, left_out, _)) in reads.iter().enumerate().skip(1) {
        plan.steps[at].after = earlier.iter().map(|earlier| id(&name(earlier.index(at)))).collect();
        plan.steps[at].left_out = left_out.then(|| "--skip: by chance".to_owned());
    }
    plan
}

/// What is to be done, by a look at every step.
fn looked_at_anew(plan: &Plan, state: &RunState, jobs: usize) -> Decision {
    let of = |wanted: StepStatus| plan.steps.iter().filter(move |step| state.status(&step.id) == wanted);
    if let Some(failed) = of(StepStatus::AttemptFailed).next() {
        return Decision::AfterFailure(failed.id.clone());
    }
    let ended = |step| state.step(step).outcome().is_some();
    if plan.steps.iter().all(|step| ended(&step.id)) {
        return Decision::LeavePhase(Verify);
    }
    let places = jobs - of(StepStatus::Running).count();
    let mut starts = Vec::new();
    for step in of(StepStatus::Pending) {
        match &step.left_out {
            _ if starts.len() == places => break,
            Some(reason) => return Decision::LeaveOut(step.id.clone(), reason.clone()),
            None if step.after.iter().all(ended) => starts.push(step.id.clone()),
            None => {}
        }
    }
    if starts.is_empty() { Decision::Wait } else { Decision::Start(starts) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_schedule_that_has_seen_all_of_it_decides_like_a_new_one(
        reads in reads(),
        jobs in 1_usize..4,
        order in prop::collection::vec(any::<Index>(), 12),
    ) {
        let plan = plan_of(&reads);
        let mut order = order.into_iter();
        let mut told = vec![begin(), enter(Checklist), leave(Checklist), enter(Deploy), leave(Deploy), enter(Verify)];
        let mut seen = Schedule::new(jobs);
        loop {
            let state = after(told.clone());
            let decision = looked_at_anew(&plan, &state, jobs);
            assert_eq!(seen.next(&plan, &state), decision, "one that has seen all of it, after {:?}", told.last());
            assert_eq!(Schedule::new(jobs).next(&plan, &state), decision, "a new one, after {:?}", told.last());
            let running: Vec<_> = plan.steps.iter().filter(|it| state.status(&it.id) == StepStatus::Running).collect();
            assert_eq!(state.running(), running.len(), "they are counted as they begin and end");
            let next: Vec<EventKind> = match decision {
                Decision::Start(steps) => steps.iter().map(|step| start(step.as_str(), 1)).collect(),
                Decision::LeaveOut(step, _) => vec![finish(step.as_str(), Outcome::Skipped)],
                Decision::AfterFailure(step) => vec![finish(step.as_str(), Outcome::Failed)],
                Decision::Wait => {
                    let step = running[order.next().unwrap().index(running.len())];
                    let at = plan.steps.iter().position(|it| it.id == step.id).unwrap();
                    let fails = reads[at].2;
                    let name = step.id.as_str();
                    vec![if fails { fail(name, 1, false) } else { finish(name, Outcome::Passed) }]
                }
                Decision::LeavePhase(_) => break,
                other => panic!("{other:?} has no place in a verification"),
            };
            told.extend(next);
        }
    }
}
