//! A plan that holds no write: what `verify` does.

use std::collections::BTreeSet;

use crate::id::{Phase, Places, StepId};
use crate::plan::graph::groups;
use crate::plan::{Actor, Excuse, Plan, PlannedStep};
use crate::runbook::{Runbook, StepSpec};
use crate::step::OnFailure;
use crate::step::kind::StepKind;

/// A plan of reads, and of questions to people. Nothing in it can change anything: there is no other way to make one than
/// [`ReadPlan::of`], which takes no step that could.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPlan(Plan);

/// What is not a read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("step `{0}` may change something: a verification holds no write")]
pub struct HoldsWrite(pub StepId);

impl ReadPlan {
    /// The verifications of a plan, made to run by themselves. All that looks by itself begins as soon as what it looks at has
    /// ended, whatever else goes on; a failure stops nothing, unless `fail_fast`. What a person does comes last, with all that
    /// needs it: nothing automatic waits for somebody who is not there. Undo steps, and every other phase, are not in it.
    /// `excuse` tells of a step why its failure would not count.
    ///
    /// # Errors
    /// The first step that may change something.
    pub fn of(
        plan: Plan,
        runbook: &Runbook,
        fail_fast: bool,
        excuse: impl Fn(&StepSpec) -> Option<Excuse>,
    ) -> Result<Self, HoldsWrite> {
        let Plan { digest, phases, steps, do_confirm: _, phase_confirmation, drill, places: _ } = plan;
        let mut automatic: Vec<PlannedStep> = Vec::new();
        let mut by_people: Vec<PlannedStep> = Vec::new();
        let mut of_people: BTreeSet<StepId> = BTreeSet::new();
        let mut here: BTreeSet<StepId> = BTreeSet::new();
        // What comes after a `wait` begins when it has ended; neighbouring waits go on together.
        let (mut gate, mut waits): (Vec<StepId>, Vec<StepId>) = (Vec::new(), Vec::new());
        for mut step in steps.into_iter().filter(|step| step.phase == Phase::Verify) {
            if step.actor == Actor::Write {
                return Err(HoldsWrite(step.id));
            }
            step.excuse = spec(runbook, &step.id).and_then(&excuse);
            let stops = fail_fast && step.excuse.is_none();
            step.on_failure = Some(if stops { OnFailure::Stop } else { OnFailure::Continue });
            let looks_at = looks_at(runbook, &step);
            if step.actor == Actor::Person || looks_at.iter().any(|id| of_people.contains(id)) {
                of_people.insert(step.id.clone());
                by_people.push(step);
                continue;
            }
            let is_wait = is_wait(runbook, &step.id);
            if !is_wait && !waits.is_empty() {
                gate = std::mem::take(&mut waits);
            }
            step.after = looks_at.into_iter().filter(|id| here.contains(id)).chain(gate.iter().cloned()).collect();
            step.group = 1;
            if is_wait {
                waits.push(step.id.clone());
            }
            here.insert(step.id.clone());
            automatic.push(step);
        }
        groups(
            &mut by_people,
            |id| is_wait(runbook, id),
            |id| spec(runbook, id).map(StepSpec::steps_named).unwrap_or_default(),
        );
        for step in &mut by_people {
            step.group += 1;
        }
        automatic.append(&mut by_people);
        Ok(Self(Plan {
            digest,
            phases: phases.into_iter().filter(|phase| *phase == Phase::Verify).collect(),
            steps: automatic,
            // Nobody reads a list before the looks begin.
            do_confirm: Vec::new(),
            phase_confirmation,
            drill,
            places: Places::default(),
        }))
    }

    /// The plan, as the engine takes it.
    pub fn into_plan(self) -> Plan {
        self.0
    }
}

fn spec<'a>(runbook: &'a Runbook, id: &StepId) -> Option<&'a StepSpec> {
    runbook.step(id.as_str())
}

fn is_wait(runbook: &Runbook, id: &StepId) -> bool {
    spec(runbook, id).is_some_and(|step| matches!(step.kind, StepKind::Wait(_) | StepKind::Bake(_)))
}

/// The steps that a step needs, or whose end its expressions look at.
fn looks_at(runbook: &Runbook, step: &PlannedStep) -> BTreeSet<StepId> {
    let named = spec(runbook, &step.id).map(StepSpec::steps_named).unwrap_or_default();
    step.needs.iter().cloned().chain(named).filter(|id| *id != step.id).collect()
}
