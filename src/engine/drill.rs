//! The clock of a drill: its moments on record, and its objectives measured once its steps are over.

use std::rc::Rc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::engine::performer::Performer;
use crate::engine::recorder::RecordError;
use crate::engine::run::Engine;
use crate::event::{DrillMoment, DrillState, EventKind, Measured, Objective, Outcome, RunState};
use crate::id::{Phase, StepId};
use crate::plan::{Measure, Plan, PlannedStep};

impl<P: Performer + 'static> Engine<P> {
    /// The steps of a drill begin, unless what would end it is there already.
    pub(super) async fn enter_drill(&mut self) -> Result<(), RecordError> {
        if !self.look_out_first().await? {
            return Ok(());
        }
        self.recorder.record(EventKind::PhaseStarted { phase: Phase::Drill }).await?;
        self.moment(DrillMoment::Started, None, None).await?;
        self.begin_lookout(false);
        Ok(())
    }

    /// Puts a moment on record. `at`: when it was, if that is not now.
    pub(super) async fn moment(
        &mut self,
        moment: DrillMoment,
        at: Option<DateTime<Utc>>,
        step: Option<StepId>,
    ) -> Result<(), RecordError> {
        self.recorder.record(EventKind::DrillMoment { moment, at, step }).await
    }

    /// The steps of a drill are over: what of its objectives was met.
    pub(super) async fn measure(&mut self) -> Result<(), RecordError> {
        self.end_lookout();
        let plan = Rc::clone(&self.plan);
        if verified(&plan, self.recorder.state()) {
            self.moment(DrillMoment::Verified, None, None).await?;
        }
        let state = self.recorder.state();
        let measured = if let Some(stop) = &state.drill.stopped {
            let by = format!("the drill was stopped: {}", stop.what);
            vec![Measured { objective: Objective::Rto, target_ms: None, measured_ms: None, by }]
        } else if state.aborted || state.interrupted {
            // Who stops a drill has missed nothing.
            let by = "the drill was stopped by the operator".to_owned();
            vec![Measured { objective: Objective::Rto, target_ms: None, measured_ms: None, by }]
        } else {
            vec![rto(&plan, &state.drill), rpo(&plan, state)]
        };
        for measured in measured {
            self.recorder.record(EventKind::ObjectiveMeasured { measured }).await?;
        }
        Ok(())
    }
}

/// Whether every step of the drill has ended well, and at least one did something. One that failed and was then skipped has not,
/// whatever the reason.
fn verified(plan: &Plan, state: &RunState) -> bool {
    let steps: Vec<_> = plan.of_phase(Phase::Drill).filter(|step| step.left_out.is_none()).collect();
    let outcome = |id: &StepId| state.step(id).outcome();
    let given_up = |id: &StepId| outcome(id) == Some(Outcome::Skipped) && state.step(id).attempt > 0;
    !state.is_stopped()
        && !state.interrupted
        && steps.iter().any(|step| matches!(outcome(&step.id), Some(Outcome::Passed | Outcome::Warned)))
        && steps.iter().all(|step| outcome(&step.id).is_some_and(Outcome::satisfies) && !given_up(&step.id))
}

/// The recovery time: from the first that was known of it to the verified service.
fn rto(plan: &Plan, drill: &DrillState) -> Measured {
    let target_ms = plan.drill.rto_ms;
    let (measured_ms, by) = match (drill.began(), drill.moments.get(&DrillMoment::Verified)) {
        (Some((moment, from)), Some(to)) => {
            let took = u64::try_from((*to - from).num_milliseconds()).unwrap_or(0);
            (Some(took), format!("from {} to verified", moment.as_str()))
        }
        _ => (None, "the recovery was not verified".to_owned()),
    };
    Measured { objective: Objective::Rto, target_ms, measured_ms, by }
}

/// The recovery point: by markers that were read back, else by how far the service says that it is behind.
fn rpo(plan: &Plan, state: &RunState) -> Measured {
    let worst = |measure: Measure, name: &str| {
        let steps = plan.of_phase(Phase::Drill).filter(|step| step.measures == Some(measure));
        let values = steps.filter_map(|step| {
            let value = state.step(&step.id).outputs.get(name).and_then(Value::as_u64)?;
            Some((value, step.id.clone()))
        });
        values.max_by_key(|(value, _)| *value)
    };
    let reads_back = |step: &PlannedStep| step.measures == Some(Measure::Markers) && step.left_out.is_none();
    let (measured_ms, by) = if let Some((value, step)) = worst(Measure::Markers, "rpo_ms") {
        (Some(value), format!("by the markers that `{step}` read back"))
    } else if let Some(step) = plan.of_phase(Phase::Drill).find(|step| reads_back(step)) {
        (None, format!("`{}` did not read its markers back", step.id))
    } else if let Some((value, step)) = worst(Measure::Restore, "lag_ms") {
        (Some(value), format!("by the latest restorable time that `{step}` was told"))
    } else {
        (None, "no marker is read back, and no latest restorable time is known".to_owned())
    };
    Measured { objective: Objective::Rpo, target_ms: plan.drill.rpo_ms, measured_ms, by }
}
