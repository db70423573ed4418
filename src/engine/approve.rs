//! Approvals: of a phase's writes, of one write, of a rollback. They hold for one session.

use std::rc::Rc;

use crate::engine::performer::Performer;
use crate::engine::recorder::RecordError;
use crate::engine::run::Engine;
use crate::engine::{questions, schedule};
use crate::event::{Choice, EventKind, SessionEnd, WayBack};
use crate::id::{Phase, StepId};
use crate::plan::{Actor, PlannedStep, way_back};
use crate::step::{CancelHandle, Confirmation, Operator};

impl<P: Performer + 'static> Engine<P> {
    pub(super) fn person_items(&self, phase: Phase) -> Vec<String> {
        self.plan
            .of_phase(phase)
            .filter(|step| step.actor == Actor::Person && step.left_out.is_none())
            .map(|step| self.performer.title(&step.id))
            .collect()
    }

    pub(super) async fn approve_phase(
        &mut self,
        phase: Phase,
        operator: &mut impl Operator,
    ) -> Result<(), RecordError> {
        let mut writes: Vec<String> = self
            .plan
            .of_phase(phase)
            .filter(|step| step.effect.changes_target() && step.left_out.is_none())
            .filter(|step| self.recorder.state().step(&step.id).outcome().is_none())
            .flat_map(|step| {
                let last = self.plan.point_of_no_return().is_some_and(|last| last.id == step.id);
                let mark = last.then(|| "-- point of no return --".to_owned());
                let forward = step.way_forward.as_ref().map(|forward| format!(" (the way forward: {forward})"));
                let title = format!("{}{}", self.performer.title(&step.id), forward.unwrap_or_default());
                // Who lets a drill begin sees what it makes, and about what it costs.
                let outline = if phase == Phase::Drill { self.performer.outline(&step.id) } else { Vec::new() };
                mark.into_iter().chain([title]).chain(outline.into_iter().map(|line| format!("  {line}")))
            })
            .collect();
        writes.extend(self.without_way_back());
        if phase == Phase::Drill {
            writes.extend(self.performer.touches());
            let removes = self.plan.of_phase(Phase::Rollback).filter(|step| step.left_out.is_none());
            writes
                .extend(removes.map(|step| format!("at its end, however it ends: {}", self.performer.title(&step.id))));
        }
        let typed = if self.plan.phase_confirmation == Confirmation::Type { self.performer.typed() } else { None };
        self.decide(questions::approve_phase(phase, writes, typed), operator).await?;
        Ok(())
    }

    pub(super) async fn approve_step(&mut self, id: &StepId, operator: &mut impl Operator) -> Result<(), RecordError> {
        let plan = Rc::clone(&self.plan);
        let Some(step) = plan.step(id) else { return Ok(()) };
        if self.skip_by_condition(id).await? {
            return Ok(());
        }
        let typed = if step.confirmation == Confirmation::Type { self.performer.typed() } else { None };
        let detail = self.performer.describe(id, &self.ended.borrow(), &[]);
        let question = questions::approve_step(step, &self.performer.title(id), detail, typed);
        if let Some(answer) = self.decide(question, operator).await?
            && answer.choice == Choice::Skip
        {
            self.skip(id.clone(), answer.reason.unwrap_or_default()).await?;
        }
        Ok(())
    }

    /// Has a write approved that was not approved in this session: a resumed run asks again.
    pub(super) async fn approved(
        &mut self,
        step: &PlannedStep,
        operator: &mut impl Operator,
    ) -> Result<bool, RecordError> {
        if !step.effect.changes_target() || step.phase == Phase::Rollback {
            return Ok(true);
        }
        // What a session's death cut off goes on before anything new: without a way back it does not.
        if schedule::is_to_be_rehearsed(&self.plan, self.recorder.state(), step.phase) {
            self.rehearse().await?;
            if self.ending.is_some() || self.recorder.state().interrupted {
                return Ok(false);
            }
        }
        let session = Some(self.recorder.state().session);
        let by_phase = self.plan.phase_confirmation != Confirmation::Never;
        if by_phase && self.recorder.state().phase(step.phase).approved_in != session {
            self.approve_phase(step.phase, operator).await?;
            if self.recorder.state().phase(step.phase).approved_in != session {
                return Ok(false);
            }
        }
        if schedule::needs_approval(step) && self.recorder.state().step(&step.id).approved_in != session {
            self.approve_step(&step.id, operator).await?;
            return Ok(self.recorder.state().step(&step.id).approved_in == session);
        }
        Ok(true)
    }

    /// Begins the rollback, once it is confirmed: by the operator who chose it after a failure, by this question, or by the
    /// runbook when nobody is there.
    pub(super) async fn begin_rollback(
        &mut self,
        cause: Option<&StepId>,
        operator: &mut impl Operator,
    ) -> Result<(), RecordError> {
        let asked = self.recorder.state().back.as_ref().filter(|back| !back.begun).map(|back| back.way.clone());
        let plan = way_back(&self.plan, self.recorder.state(), asked.as_ref().and_then(|way| way.to.as_ref()));
        let steps: Vec<StepId> = plan.undo.iter().map(|undo| undo.step.clone()).collect();
        let drill = self.plan.is_drill() && asked.is_none();
        let stopped = self.recorder.state().is_stopped() || self.recorder.state().interrupted;
        let cause_text = match (cause, &asked) {
            (Some(step), _) => format!("`{step}` did not end well"),
            (None, Some(WayBack { incident: Some(incident), .. })) => format!("incident {incident}"),
            (None, None) if drill && stopped => match &self.recorder.state().drill.stopped {
                Some(stop) => format!("the drill was stopped: {}", stop.what),
                None => "the drill was stopped by the operator".to_owned(),
            },
            (None, None) if drill => "the drill is at its end".to_owned(),
            (None, _) => "asked for by the operator".to_owned(),
        };
        // The operator who chose to roll back has confirmed it.
        let chosen = cause.is_some_and(|step| self.recorder.state().step(step).roll_back || steps.is_empty());
        // That a drill removes what it made was approved with it.
        let chosen = chosen || drill;
        if !chosen {
            let typed = if self.plan.phase_confirmation == Confirmation::Type { self.performer.typed() } else { None };
            let lines = plan.lines(|step| self.performer.title(step));
            let question = questions::begin_rollback(&cause_text, lines, typed);
            if asked.is_some() || operator.can_answer(&question) {
                let answer = self.decide(question, operator).await?;
                if answer.as_ref().is_none_or(|answer| answer.choice != Choice::Yes) {
                    if asked.is_some() && answer.is_some() {
                        self.ending = Some((SessionEnd::Declined, None, None));
                    }
                    return Ok(());
                }
            } else {
                self.answer_by_policy(question, Choice::Yes, "the runbook says on_failure = \"rollback\"").await?;
            }
        }
        if drill {
            // The steps that were stopped have ended; those that remove what they made are not stopped with them.
            (self.cancel, self.cancelled) = CancelHandle::new();
        }
        self.recorder.record(EventKind::RollbackStarted { cause: cause_text, steps }).await
    }
}
