//! Order: file order; neighbouring reads with no `needs` and no reference between them together; a write, and a question, alone. What comes
//! after a `wait` begins when it has ended: that is what one waits for. Waits themselves go on together.

use std::collections::BTreeSet;

use crate::id::StepId;
use crate::plan::{Actor, PlannedStep};

/// Gives each step of one phase, in file order, its group. Steps of a group may run together. `waits` tells whether a step
/// is a `wait`, `names` which steps its expressions look at.
pub fn groups(steps: &mut [PlannedStep], waits: impl Fn(&StepId) -> bool, names: impl Fn(&StepId) -> BTreeSet<StepId>) {
    let mut group = 0;
    let mut open: BTreeSet<StepId> = BTreeSet::new();
    let mut last_waits = false;
    for step in steps {
        let is_wait = waits(&step.id);
        let waited_for = last_waits && !is_wait;
        let joins = step.actor == Actor::Read
            && !waited_for
            && !open.is_empty()
            && !step.needs.iter().any(|need| open.contains(need))
            && names(&step.id).is_disjoint(&open);
        if !joins {
            group += 1;
            open.clear();
            last_waits = false;
        }
        if step.actor == Actor::Read {
            open.insert(step.id.clone());
            last_waits = is_wait;
        }
        step.group = group;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::groups;
    use crate::id::{Phase, StepId};
    use crate::plan::{Actor, PlannedStep};
    use crate::step::{Confirmation, Effect, Retry};

    fn step(id: &str, actor: Actor, needs: &[&str]) -> PlannedStep {
        PlannedStep {
            id: StepId::new(id).unwrap(),
            phase: Phase::Verify,
            actor,
            effect: Effect::Read,
            needs: needs.iter().map(|need| StepId::new(need).unwrap()).collect(),
            group: 0,
            after: Vec::new(),
            confirmation: Confirmation::Never,
            confirms_itself: false,
            on_failure: None,
            on_unknown: None,
            retry: Retry::default(),
            way_forward: None,
            undoes: Vec::new(),
            independent: false,
            steady: false,
            through: None,
            left_out: None,
            measures: None,
            excuse: None,
        }
    }

    fn names(id: &StepId, looks: &str, at: &str) -> BTreeSet<StepId> {
        (id.as_str() == looks).then(|| StepId::new(at).unwrap()).into_iter().collect()
    }

    #[test]
    fn reads_share_a_group_until_one_needs_another() {
        let mut steps = [
            step("a", Actor::Read, &[]),
            step("b", Actor::Read, &[]),
            step("c", Actor::Read, &["a"]),
            step("w", Actor::Write, &[]),
            step("p", Actor::Person, &[]),
            step("q", Actor::Person, &[]),
            step("d", Actor::Read, &["w"]),
            step("e", Actor::Read, &[]),
        ];
        groups(&mut steps, |_| false, |id| names(id, "e", "d"));
        let found: Vec<u32> = steps.iter().map(|step| step.group).collect();
        assert_eq!(found, [1, 1, 2, 3, 4, 5, 6, 7], "`e` looks at how `d` ended");
    }

    #[test]
    fn what_follows_a_wait_begins_after_it() {
        let mut steps = ["a", "w1", "w2", "b", "c", "w3"].map(|id| step(id, Actor::Read, &[]));
        groups(&mut steps, |id| id.as_str().starts_with('w'), |_| BTreeSet::new());
        let found: Vec<u32> = steps.iter().map(|step| step.group).collect();
        assert_eq!(found, [1, 1, 1, 2, 2, 2]);
    }
}
