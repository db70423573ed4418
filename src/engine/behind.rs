//! Steps that go on behind those that follow them: a `marker` with `through`.
//!
//! Such a step begins as any other, and is waited for until it says that what others need of it is known. That goes on record
//! ([`EventKind::RunsOn`]), and the next step begins. Its effects are intended and settled as ever. It is called back when the
//! step that it accompanies has ended, when nothing more begins, and when the operator leaves; its end is a record like that
//! of any step. One that a session's death cut off is taken up on resume, and goes on if there still is something to
//! accompany.

use std::convert::Infallible;
use std::rc::Rc;

use tokio::sync::oneshot;

use crate::engine::performer::Performer;
use crate::engine::recorder::RecordError;
use crate::engine::run::Engine;
use crate::engine::schedule::may_run_on;
use crate::event::EventKind;
use crate::id::StepId;
use crate::step::Ran;

impl<P: Performer + 'static> Engine<P> {
    /// A step has given what others need of it. It may go on if there is something to accompany; otherwise it is told so by
    /// the silence, and ends.
    pub(super) async fn run_on(
        &mut self,
        step: StepId,
        ran: Ran,
        reply: oneshot::Sender<oneshot::Receiver<Infallible>>,
    ) -> Result<(), RecordError> {
        let plan = Rc::clone(&self.plan);
        let state = self.recorder.state();
        let through = plan.step(&step).and_then(|step| step.through.as_ref());
        let through = through.filter(|through| self.ending.is_none() && may_run_on(state, through));
        let Some(through) = through.cloned() else { return Ok(()) };
        let attempt = state.step(&step).attempt;
        let judged = self.performer.judge_probe(&step, attempt, ran, &self.ended.borrow());
        if !judged.outcome.satisfies() {
            // It ends so, too.
            return Ok(());
        }
        let outputs = judged.outputs;
        self.ended.borrow_mut().insert(step.clone(), (judged.outcome, outputs.clone()));
        let event = EventKind::RunsOn { step: step.clone(), attempt, through, outputs };
        self.recorder.record(event).await?;
        let (keep, told) = oneshot::channel();
        self.behind.insert(step, keep);
        // An attempt that is gone ends by itself.
        drop(reply.send(told));
        Ok(())
    }

    /// Calls steps back, and waits for one thing to happen.
    pub(super) async fn call_back(&mut self, steps: &[StepId]) -> Result<(), RecordError> {
        for step in steps {
            self.behind.remove(step);
        }
        self.happen().await
    }
}
