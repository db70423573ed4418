//! The way back: what of a run will be undone, in which order, and what will not be, and why.

use std::cmp::Reverse;

use crate::event::{Direction, Outcome, RunState, StepStatus};
use crate::id::{Phase, StepId};
use crate::plan::{Plan, PlannedStep};
use crate::step::Effect;

/// One step of the way back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Undo {
    /// The undo step.
    pub step: StepId,
    /// What it undoes of what ran, or may have run, last first. Empty: it belongs to every rollback.
    pub undoes: Vec<StepId>,
    /// There is no way back from it: it is asked for once more.
    pub irreversible: bool,
    /// It shares nothing with its neighbours that say so, too: they are done together.
    pub independent: bool,
}

/// What stays as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stays {
    /// The step that changed it.
    pub step: StepId,
    /// Why it stays.
    pub why: WhyItStays,
}

/// Why something that a run changed is not undone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WhyItStays {
    /// The step says of itself that there is no way back; with the way forward, if it names one.
    Irreversible(Option<String>),
    /// No step of the rollback undoes it.
    NoUndo,
    /// It came before the step that the operator wants to keep.
    Kept,
    /// Its undo step is left out.
    LeftOut(StepId, String),
    /// It was undone by an earlier rollback of this run.
    Undone(StepId),
}

/// The way back of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WayBackPlan {
    /// The steps that changed something for certain, in file order.
    pub ran: Vec<StepId>,
    /// The steps that may have changed something. They are looked at before anything is undone.
    pub may_have_run: Vec<StepId>,
    /// What will be done, in this order.
    pub undo: Vec<Undo>,
    /// What will not be undone.
    pub stays: Vec<Stays>,
}

/// The undo steps that a rollback runs, in their order: those whose targets ran or may have run, the last target first, then
/// those with no target, in file order.
pub fn undo_order(plan: &Plan, state: &RunState) -> Vec<StepId> {
    way_back(plan, state, None).undo.into_iter().map(|undo| undo.step).collect()
}

/// The way back of a run, down to the step that stays, if one does. An undo that did well in an earlier rollback of the run
/// is not done again.
pub fn way_back(plan: &Plan, state: &RunState, to: Option<&StepId>) -> WayBackPlan {
    let place = |id: &StepId| plan.steps.iter().position(|step| step.id == *id);
    let floor = to.and_then(place);
    let kept = |id: &StepId| floor.is_some_and(|floor| place(id).is_some_and(|at| at <= floor));
    let touched = |id: &StepId| state.step(id).may_have_run();
    let mut undo: Vec<(&PlannedStep, Vec<StepId>)> = Vec::new();
    let to_do = |step: &&PlannedStep| step.left_out.is_none() && !went_well(state, &step.id);
    for step in plan.of_phase(Phase::Rollback).filter(to_do) {
        let mut undoes: Vec<StepId> = step.undoes.iter().filter(|id| touched(id) && !kept(id)).cloned().collect();
        undoes.sort_by_key(|id| Reverse(place(id)));
        if step.undoes.is_empty() || !undoes.is_empty() {
            undo.push((step, undoes));
        }
    }
    undo.sort_by_key(|(_, undoes)| Reverse(undoes.first().and_then(place).map_or(-1, as_number)));
    let forward = || plan.steps.iter().filter(|step| step.phase != Phase::Rollback);
    let changed = |step: &&PlannedStep| step.effect.changes_target() && touched(&step.id);
    let certain = |step: &PlannedStep| {
        let stands = state.step(&step.id);
        let open = matches!(stands.status, StepStatus::Interrupted | StepStatus::Running | StepStatus::Behind);
        !open && stands.unsettled().next().is_none() && stands.outcome() != Some(Outcome::Unknown)
    };
    let stays = forward().filter(changed).filter_map(|step| {
        let id = &step.id;
        let undoers: Vec<_> = plan.of_phase(Phase::Rollback).filter(|undo| undo.undoes.contains(id)).collect();
        let why = match undoers.iter().find(|undo| went_well(state, &undo.id)) {
            Some(done) => WhyItStays::Undone(done.id.clone()),
            None if kept(id) => WhyItStays::Kept,
            None => match undoers.iter().find_map(|undo| Some((undo.id.clone(), undo.left_out.clone()?))) {
                Some((undo, reason)) => WhyItStays::LeftOut(undo, reason),
                None if !undoers.is_empty() => return None,
                None if step.effect == Effect::Irreversible => WhyItStays::Irreversible(step.way_forward.clone()),
                None => WhyItStays::NoUndo,
            },
        };
        Some(Stays { step: id.clone(), why })
    });
    let stays = stays.collect();
    let (ran, may_have_run): (Vec<_>, Vec<_>) = forward().filter(changed).partition(|step| certain(step));
    let ids = |steps: Vec<&PlannedStep>| steps.into_iter().map(|step| step.id.clone()).collect();
    let undo = undo.into_iter().map(|(step, undoes)| Undo {
        step: step.id.clone(),
        undoes,
        irreversible: step.effect == Effect::Irreversible,
        independent: is_independent(step),
    });
    WayBackPlan { ran: ids(ran), may_have_run: ids(may_have_run), undo: undo.collect(), stays }
}

/// The undo steps of a rollback, in their order, with those in one that are done together.
pub fn together(plan: &Plan, order: &[StepId]) -> Vec<Vec<StepId>> {
    let independent = |id: &StepId| plan.step(id).is_some_and(is_independent);
    order.chunk_by(|one, next| independent(one) && independent(next)).map(<[StepId]>::to_vec).collect()
}

/// A point of no return is asked for by itself, whatever it says.
fn is_independent(step: &PlannedStep) -> bool {
    step.independent && step.effect != Effect::Irreversible
}

/// Whether an undo step did its work in an earlier rollback, or in this one.
fn went_well(state: &RunState, undo: &StepId) -> bool {
    let back = matches!(state.direction, Direction::Unwinding | Direction::Stuck) || state.back.is_some();
    back && matches!(state.step(undo).outcome(), Some(Outcome::Passed | Outcome::Warned))
}

fn as_number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

impl WayBackPlan {
    /// Whether there is nothing that a rollback would do for what ran.
    pub fn is_empty(&self) -> bool {
        self.undo.iter().all(|undo| undo.undoes.is_empty())
    }

    /// The way back on one screen, most important first: what will be undone, then what stays, then what is uncertain. `title`
    /// gives a step's title.
    pub fn lines(&self, title: impl Fn(&StepId) -> String) -> Vec<String> {
        let mut lines = vec![match self.ran.len() + self.may_have_run.len() {
            0 => "Nothing that changes the target ran.".to_owned(),
            1 => "1 step changed the target, or may have:".to_owned(),
            many => format!("{many} steps changed the target, or may have:"),
        }];
        if !self.ran.is_empty() {
            lines.push(format!("  ran       {}", list(&self.ran)));
        }
        if !self.may_have_run.is_empty() {
            lines.push(format!("  unknown   {}: looked at first", list(&self.may_have_run)));
        }
        lines.push(
            if self.undo.is_empty() { "Nothing will be undone." } else { "Will be done, in this order:" }.to_owned(),
        );
        let abreast = self.undo.chunk_by(|one, next| one.independent && next.independent);
        for (at, undos) in abreast.enumerate() {
            let line = |undo: &Undo| {
                let of =
                    if undo.undoes.is_empty() { String::new() } else { format!("  (undoes {})", list(&undo.undoes)) };
                let warning = if undo.irreversible { "  ! no way back: asked for again" } else { "" };
                format!("{}{of}{warning}", title(&undo.step))
            };
            if let [alone] = undos {
                lines.push(format!("  {}. {}", at + 1, line(alone)));
            } else {
                lines.push(format!("  {}. together:", at + 1));
                lines.extend(undos.iter().map(|undo| format!("     - {}", line(undo))));
            }
        }
        if !self.stays.is_empty() {
            lines.push("Will stay as it is:".to_owned());
            lines.extend(self.stays.iter().map(|stays| format!("  {}: {}", stays.step, stays.why)));
        }
        lines
    }
}

impl std::fmt::Display for WhyItStays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Irreversible(None) => f.write_str("there is no way back from it, says the runbook"),
            Self::Irreversible(Some(forward)) => {
                write!(f, "there is no way back from it, says the runbook; the way forward: {forward}")
            }
            Self::NoUndo => f.write_str("the runbook has no undo step for it"),
            Self::Kept => f.write_str("kept by --to"),
            Self::LeftOut(undo, reason) => write!(f, "its undo `{undo}` is left out: {reason}"),
            Self::Undone(undo) => write!(f, "undone already, by `{undo}`"),
        }
    }
}

fn list(ids: &[StepId]) -> String {
    ids.iter().map(StepId::as_str).collect::<Vec<_>>().join(", ")
}
