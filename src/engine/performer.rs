//! What the engine needs of whoever knows the steps: the runbook's, or a test's script.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::engine::attempt::Judged;
use crate::event::{Answer, Attachment, EffectState, Failure, IdentityReason, Need, Outcome, Question};
use crate::id::StepId;
use crate::step::{Accepted, AttemptMessage, Cancel, Probed, Ran, Refused, StepStop};

/// How steps ended so far, with their outputs as they are (nothing is cut: a later step may need them).
pub type Ended = BTreeMap<StepId, (Outcome, Map<String, Value>)>;

/// One attempt to be made.
#[derive(Debug)]
pub struct Task {
    /// The step.
    pub step: StepId,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// How other steps ended, up to now.
    pub ended: Rc<RefCell<Ended>>,
    /// The step's effects in earlier attempts, oldest first.
    pub earlier: Vec<EffectState>,
    /// The effects of the steps that it undoes, oldest first.
    pub undone: Vec<EffectState>,
    /// When the run's last step before its rollback ended; none while it goes forward.
    pub forward_until: Option<DateTime<Utc>>,
    /// The line to the engine.
    pub line: mpsc::UnboundedSender<(StepId, AttemptMessage)>,
    /// Whether the operator wants it stopped.
    pub cancel: Cancel,
}

/// Knows the steps of a plan and how to do them.
pub trait Performer {
    /// The step's title.
    fn title(&self, step: &StepId) -> String;

    /// What the author says of the step, in Markdown.
    fn guide(&self, step: &StepId) -> Option<String>;

    /// How long the step may be silent before somebody is told; none: the usual minute.
    fn silence(&self, step: &StepId) -> Option<Duration>;

    /// Why the step does not run, when its `when` is false.
    fn condition(&self, step: &StepId, ended: &Ended) -> Result<Option<String>, Failure>;

    /// The question of a step that a person does.
    fn question(&self, step: &StepId, ended: &Ended) -> Result<Question, Failure>;

    /// Judges the answer to it; an error says what is wrong with the answer, which is then asked for again.
    fn judge_answer(&self, step: &StepId, answer: &Answer) -> Result<Judged, String>;

    /// The exact call of a write, line by line. `undone`: the effects of the steps that it undoes.
    fn describe(&self, step: &StepId, ended: &Ended, undone: &[EffectState]) -> Vec<String>;

    /// What a step of a drill will do, as far as it is known before the first one, line by line.
    fn outline(&self, _: &StepId) -> Vec<String> {
        Vec::new()
    }

    /// What a drill changes although it did not make it, a line each.
    fn touches(&self) -> Vec<String> {
        Vec::new()
    }

    /// Forgets what was had by reading of steps that did not run: whoever needs it next reads it again.
    fn look_anew(&self);

    /// Whether an undo step also undoes what is still under way: then nobody waits for its end first.
    fn takes_over(&self, undo: &StepId) -> bool;

    /// Whether an undo step removes what this step has made so far, as it stands: then nobody waits for the rest of it.
    fn removes(&self, _undo: &StepId, _step: &StepId) -> bool {
        false
    }

    /// What must be typed to confirm a write, when something must.
    fn typed(&self) -> Option<String>;

    /// What a person runs elsewhere when the credentials have expired; none: how they are had is not known.
    fn login(&self) -> Option<String>;

    /// Copies an attached file into the run. An error says what is wrong with it.
    fn attach(&self, attachment: Attachment) -> Result<Attachment, String>;

    /// How often it is looked whether something stands that ends a drill; none: nothing is watched.
    fn lookout(&self) -> Option<Duration> {
        None
    }

    /// Looks once: what stands that ends a drill, in words.
    fn look_out(&self) -> impl Future<Output = Result<Vec<String>, Failure>> {
        async { Ok(Vec::new()) }
    }

    /// Makes one attempt.
    fn attempt(&self, task: Task) -> impl Future<Output = Result<Judged, StepStop>>;

    /// Looks, by reads alone, for what an undo step will need once the task's step was made. Nothing that it finds is an
    /// error of its own.
    fn rehearse(&self, task: Task, undo: &StepId) -> impl Future<Output = Vec<Need>>;

    /// What the run's own files say of an effect whose end is not on record. Nothing is asked, nothing is called.
    fn recall(&self, task: Task, effect: &EffectState) -> Probed;

    /// Looks whether an effect has happened.
    fn probe(&self, task: Task, effect: &EffectState) -> impl Future<Output = Probed>;

    /// Judges what a probe found.
    fn judge_probe(&self, step: &StepId, attempt: u32, ran: Ran, ended: &Ended) -> Judged;

    /// Reads the credentials anew and names the caller; a caller of another account is a refusal.
    fn identify(&self, why: IdentityReason) -> impl Future<Output = Result<Option<Accepted>, Refused>>;
}
