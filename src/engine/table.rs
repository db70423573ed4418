//! A drill at a table: the steps are talked through, and nothing is done. From here there is no way to a step: there is no
//! performer, no door and no host, only a plan, words, people and a journal.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Map;
use tokio::sync::mpsc;

use crate::engine::desk::Desk;
use crate::engine::questions;
use crate::engine::recorder::{RecordError, Recorder};
use crate::engine::remarks::{Asks, follow_ups, remarks};
use crate::engine::run::{EngineError, Request, RunEnd, Sitting};
use crate::event::{AfterStep, Choice, EventKind, Outcome, RunState, SessionEnd, Verdict, Walked, Works};
use crate::id::{Phase, StepId};
use crate::plan::{Plan, PlannedStep};
use crate::step::Operator;

/// What is said of a step before people are asked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StepText {
    /// Its title.
    pub title: String,
    /// The author's guide.
    pub guide: Option<String>,
    /// What would be done, line by line.
    pub does: Vec<String>,
    /// Why it would not run, if it is known that it would not.
    pub left_out: Option<String>,
}

/// One session of a drill at a table.
pub struct Table {
    plan: Rc<Plan>,
    texts: BTreeMap<StepId, StepText>,
    desk: Desk,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

impl Table {
    /// A table for the next session of the run that the recorder keeps.
    pub fn new(
        plan: Rc<Plan>,
        texts: BTreeMap<StepId, StepText>,
        recorder: Recorder,
        requests: mpsc::UnboundedReceiver<Request>,
    ) -> Self {
        Self { plan, texts, desk: Desk { recorder, requests, ending: None } }
    }

    /// Talks the drill through, from where it stands to its end, or until nobody answers.
    pub async fn run(mut self, sitting: Sitting, operator: &mut impl Operator) -> Result<RunEnd, EngineError> {
        self.desk.recorder.record(sitting.started(&self.plan.digest, false)).await?;
        for (what, step, reason) in sitting.deviations {
            self.desk.recorder.record(EventKind::Deviation { what, step, reason }).await?;
        }
        for participant in sitting.opening.people {
            self.desk.recorder.record(EventKind::Participant { participant }).await?;
        }
        let to_the_end = self.walk(operator).await?;
        if to_the_end {
            remarks(&mut self.desk, operator).await?;
        }
        if let Some(end) = self.desk.end_early().await? {
            return Ok(end);
        }
        let verdict = if to_the_end { verdict(self.desk.recorder.state()) } else { Verdict::Declined };
        self.desk.recorder.record(EventKind::RunFinished { verdict, code: verdict.exit_code() }).await?;
        Ok(RunEnd { verdict, waits_for: None, why: None })
    }

    /// The steps, then those that would remove what they made. False: not all of them were talked through.
    async fn walk(&mut self, operator: &mut impl Operator) -> Result<bool, RecordError> {
        let plan = Rc::clone(&self.plan);
        for phase in [Phase::Drill, Phase::Rollback] {
            let stands = self.desk.recorder.state().phase(phase);
            if stands.finished || plan.of_phase(phase).next().is_none() {
                continue;
            }
            if !stands.started {
                self.desk.recorder.record(EventKind::PhaseStarted { phase }).await?;
            }
            for step in plan.of_phase(phase) {
                if !self.walk_step(step, operator).await? {
                    return Ok(false);
                }
            }
            self.desk.recorder.record(EventKind::PhaseFinished { phase }).await?;
        }
        Ok(true)
    }

    async fn walk_step(&mut self, step: &PlannedStep, operator: &mut impl Operator) -> Result<bool, RecordError> {
        let state = self.desk.recorder.state();
        if state.step(&step.id).outcome().is_some() || state.drill.walked.contains_key(&step.id) {
            return Ok(true);
        }
        let text = self.texts.get(&step.id).cloned().unwrap_or_default();
        if let Some(reason) = step.left_out.clone().or(text.left_out) {
            self.desk.recorder.record(skipped(step, reason)).await?;
            return Ok(true);
        }
        let question = questions::walk(step, &text.title, text.guide, text.does);
        let Some(answer) = self.desk.put(question, operator).await? else { return Ok(false) };
        if answer.choice == Choice::Abort {
            return Ok(false);
        }
        // That it says something of the step was seen before it was put on record.
        if let Ok(Some(walked)) = Walked::of(&answer) {
            self.desk.recorder.record(EventKind::StepWalked { step: step.id.clone(), walked }).await?;
        }
        Ok(true)
    }
}

/// A session after the end of a drill, which adds what people have to say of it. Nothing else can be done in it.
pub async fn afterwards(
    recorder: Recorder,
    requests: mpsc::UnboundedReceiver<Request>,
    plan: &str,
    sitting: Sitting,
    operator: &mut impl Operator,
) -> Result<RunEnd, EngineError> {
    let mut desk = Desk { recorder, requests, ending: None };
    desk.recorder.record(sitting.started(plan, true)).await?;
    let mut said = !sitting.opening.people.is_empty();
    for participant in sitting.opening.people {
        desk.recorder.record(EventKind::Participant { participant }).await?;
    }
    let before = desk.recorder.state().drill.remarks.all.len();
    if follow_ups(&mut desk, operator).await? {
        remarks(&mut desk, operator).await?;
    }
    if let Some(end) = desk.end_early().await? {
        return Ok(end);
    }
    said |= desk.recorder.state().drill.remarks.all.len() > before;
    desk.recorder.record(EventKind::SessionEnded { end: SessionEnd::Finished, waits_for: None }).await?;
    let verdict = if said { Verdict::Passed } else { Verdict::NothingDone };
    Ok(RunEnd { verdict, waits_for: None, why: (!said).then(|| "nothing was added".to_owned()) })
}

fn skipped(step: &PlannedStep, reason: String) -> EventKind {
    EventKind::StepFinished {
        step: step.id.clone(),
        outcome: Outcome::Skipped,
        failure: None,
        reason: Some(reason),
        outputs: Map::new(),
        artifacts: Vec::new(),
        requests: Vec::new(),
        stays: Vec::new(),
        then: AfterStep::Continue,
    }
}

/// A gap is what is looked for, and to find one is no failure; a step that would not work is one.
fn verdict(state: &RunState) -> Verdict {
    let said: Vec<Works> = state.drill.walked.values().map(|walked| walked.works).collect();
    if said.contains(&Works::No) {
        Verdict::WouldNotWork
    } else if said.is_empty() {
        Verdict::NothingDone
    } else {
        Verdict::Walked
    }
}
