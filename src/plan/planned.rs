//! The plan and its steps, as the scheduler sees them.

use std::collections::BTreeMap;

use crate::event::DeviationKind;
use crate::id::{Phase, Places, StepId};
use crate::step::{Confirmation, Effect, OnFailure, OnUnknown, Retry};

/// Who does a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actor {
    /// A person answers a question.
    Person,
    /// checkride reads. Its context holds no write.
    Read,
    /// checkride changes something, on record.
    Write,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStep {
    /// Its id.
    pub id: StepId,
    /// Its phase.
    pub phase: Phase,
    /// Who does it.
    pub actor: Actor,
    /// What it may change.
    pub effect: Effect,
    /// The steps that must have ended well before it, declared or referred to.
    pub needs: Vec<StepId>,
    /// Its place: all steps of a lower group of its phase end before it starts.
    pub group: u32,
    /// The steps of its own group that end before it starts, however they end.
    pub after: Vec<StepId>,
    /// How it is confirmed, by the strictest of policy, tier and step.
    pub confirmation: Confirmation,
    /// Whether the kind asks for its own confirmation, bound to what it shows.
    pub confirms_itself: bool,
    /// What follows a failure; none: the phase's default.
    pub on_failure: Option<OnFailure>,
    /// What resume does with an effect that may have happened; none: the kind's own probe, then a person.
    pub on_unknown: Option<OnUnknown>,
    /// How it is repeated.
    pub retry: Retry,
    /// What a person does when what comes after it fails, when there is no way back from it.
    pub way_forward: Option<String>,
    /// Rollback: the steps that it undoes.
    pub undoes: Vec<StepId>,
    /// Rollback: it shares nothing with its neighbours, and may run beside those that say so, too.
    pub independent: bool,
    /// A probe of the steady state: it looks before the first change, too, and again after a way back.
    pub steady: bool,
    /// A step that goes on behind those that follow it: the one with whose end it ends.
    pub through: Option<StepId>,
    /// What a drill measures by it.
    pub measures: Option<Measure>,
    /// Why it is left out, if it is: `--only`, `--skip`, …
    pub left_out: Option<String>,
    /// Why its failure does not count, if it fails.
    pub excuse: Option<Excuse>,
}

/// What a drill measures by a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Measure {
    /// It restores: when it has ended well, what was lost is there again; and it is told how far the service is behind.
    Restore,
    /// It reads markers back: how much was lost.
    Markers,
}

/// What a drill is held to; empty when the run is none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Objectives {
    /// The recovery time objective, in milliseconds.
    pub rto_ms: Option<u64>,
    /// The recovery point objective, in milliseconds.
    pub rpo_ms: Option<u64>,
    /// After how long it is ended, in milliseconds.
    pub abort_ms: Option<u64>,
}

/// Why a failed verification does not make the run fail. It is shown and on record all the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Excuse {
    /// What kind of departure it is.
    pub what: DeviationKind,
    /// Who says so, why, and for how long.
    pub reason: String,
}

/// What a run will do.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The digest of everything that decides what happens.
    pub digest: String,
    /// The phases that run, in order. Rollback is here only when it was asked for by itself.
    pub phases: Vec<Phase>,
    /// Every step of the runbook, in file order; those of phases that do not run, too (a rollback needs its undo steps).
    pub steps: Vec<PlannedStep>,
    /// The phases in which a person reads a list, does it, and confirms.
    pub do_confirm: Vec<Phase>,
    /// Whether writes of a phase are approved once at its beginning, and how.
    pub phase_confirmation: Confirmation,
    /// What a drill is held to.
    pub drill: Objectives,
    /// Where each of `steps` stands.
    pub places: Places,
}

impl Plan {
    /// The steps of a phase, in order.
    pub fn of_phase(&self, phase: Phase) -> impl Iterator<Item = &PlannedStep> {
        self.steps.iter().filter(move |step| step.phase == phase)
    }

    /// The first step that will run and from which there is no way back.
    pub fn point_of_no_return(&self) -> Option<&PlannedStep> {
        let runs = |step: &&PlannedStep| self.phases.contains(&step.phase) && step.left_out.is_none();
        self.steps.iter().filter(runs).find(|step| step.effect == Effect::Irreversible)
    }

    /// The rollback steps that undo a step; those that are left out, too.
    pub fn undone_by<'a>(&'a self, id: &'a StepId) -> impl Iterator<Item = &'a PlannedStep> {
        self.of_phase(Phase::Rollback).filter(|undo| undo.undoes.contains(id))
    }

    /// A step.
    pub fn step(&self, id: &StepId) -> Option<&PlannedStep> {
        self.places.find(&self.steps, id.as_str(), |step| &step.id)
    }

    /// Whether it is a rehearsal of a disaster: whatever becomes of it, what it made is removed at its end.
    pub fn is_drill(&self) -> bool {
        self.phases.contains(&Phase::Drill)
    }

    /// A step's place among the steps.
    pub fn position(&self, id: &StepId) -> Option<usize> {
        self.places.position(&self.steps, id.as_str(), |step| &step.id)
    }

    /// Each step's place in the file.
    pub fn positions(&self) -> BTreeMap<&StepId, usize> {
        self.steps.iter().enumerate().map(|(at, step)| (&step.id, at)).collect()
    }
}
