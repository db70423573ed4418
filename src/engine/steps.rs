//! The steps of a runbook, done: values, conditions, attempts, judgement.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::engine::attempt::Judged;
use crate::engine::bake::LONGEST_LOOK;
use crate::engine::judge::names_the_error;
use crate::engine::looks::SLOWEST;
use crate::engine::observe::stands;
use crate::engine::performer::{Ended, Performer, Task};
use crate::engine::reach::takes_time;
use crate::event::{
    Answer, Ask, Attachment, Choice, EffectState, Failure, FailureKind, IdentityReason, Need, Outcome, Question,
};
use crate::id::{Phase, StepId};
use crate::plan::{Actor, Plan, Touched, touched};
use crate::runbook::{PhaseStyle, Runbook, StepSpec};
use crate::source::{Located, Sources, Span};
use crate::step::aws::Answers;
use crate::step::command::Host;
use crate::step::kind::StepKind;
use crate::step::{
    Accepted, ArtifactStore, Befores, Confirmation, Doors, Effect, Given, Probed, Ran, ReadAction, Refused,
    StackRecords, StepStop, Task as Work, TaskFault, WriteAction, WriteContext, command_task, error_map, outline,
};
use crate::value::{EvalError, Expr, InputType, Scope};
use crate::world::clock::Clock;
use crate::world::process::Environment;
use crate::world::secret::Redactor;

/// All that the steps of one run share.
pub struct Steps {
    /// The runbook.
    pub runbook: Rc<Runbook>,
    /// Its texts: a failure points at the line that asked.
    pub sources: Rc<Sources>,
    /// The plan.
    pub plan: Rc<Plan>,
    /// `input`, `aws`, `env`, `run`.
    pub base: Scope,
    /// The doors to AWS.
    pub doors: Doors,
    /// The account and region that the guard wants.
    pub target: Option<(String, String)>,
    /// The profile's name, which is typed to confirm.
    pub profile: Option<String>,
    /// The project's folder.
    pub project: std::path::PathBuf,
    /// Where the files lie that decide what a step does: the project, or what the run has kept of it.
    pub deciding: std::path::PathBuf,
    /// What children see.
    pub environment: Arc<Environment>,
    /// Where files go.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// Where commands run that may change something.
    pub host: Option<Arc<Host>>,
    /// What is cut.
    pub redactor: Redactor,
    /// What the author has written in the open: the pinned files, and the inputs that are no secrets.
    pub open: Vec<String>,
    /// The wall clock, for `age()`.
    pub clock: Clock,
    /// Digests of planned files, by path, in hex.
    pub planned: BTreeMap<String, String>,
    /// What the steps of the runbook use of each other's outputs: [`Runbook::outputs_used`].
    pub used: BTreeMap<String, BTreeSet<String>>,
    /// Outputs that were had by reading, of steps that do not run.
    pub observed: RefCell<BTreeMap<StepId, Map<String, Value>>>,
    /// What was there before the steps changed it.
    pub befores: Arc<Befores>,
    /// What earlier runs have on record of stacks.
    pub records: Arc<dyn StackRecords>,
    /// What reads were told, where nothing is written between them; none: each read is a call.
    pub answers: Option<Arc<Answers>>,
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Steps").field("runbook", &self.runbook.name).finish_non_exhaustive()
    }
}

impl Steps {
    pub(super) fn spec(&self, id: &StepId) -> &StepSpec {
        self.runbook.step(id.as_str()).expect("the plan was made of this runbook")
    }

    /// What a step's expressions see: of other steps those that it names.
    pub(super) fn scope(&self, spec: &StepSpec, ended: &Ended) -> Scope {
        let mut scope = self.base.clone();
        scope.set_now(self.clock.now());
        let observed = self.observed.borrow();
        let mut add = |id: &str| {
            let Ok(id) = StepId::new(id) else { return };
            let before = self.befores.get(&id).map(|captured| captured.before);
            // Of a step that was cut off nothing is known but what was there before it.
            let stands = stands(&id, ended, &observed).or_else(|| before.as_ref().map(|_| Map::new()));
            if let Some(mut stands) = stands {
                stands.extend(before.map(|before| ("before".to_owned(), before)));
                scope.set(&["step", id.as_str()], Value::Object(stands));
            }
        };
        for at in spec.refs().into_iter().filter(|at| at.reference.root == "step") {
            match at.reference.path.first() {
                Some(id) => add(id),
                None => ended.keys().chain(observed.keys()).for_each(|id| add(id.as_str())),
            }
        }
        scope
    }

    /// What is known before the first step.
    fn nothing_given(&self) -> Scope {
        let mut scope = self.base.clone();
        for step in &self.runbook.steps {
            let id = step.id.value.as_str();
            scope.mark_unknown(&["step", id], id);
        }
        scope
    }

    pub(super) fn locate(&self, mut failure: Failure, span: Span) -> Failure {
        failure.at = Some(self.sources.locate(span));
        failure.line = Some(self.sources.line_text(span));
        failure
    }

    pub(super) fn expression(&self, error: &EvalError, located: &Located<Expr>) -> Failure {
        let failure = Failure::new(FailureKind::Expression, format!("`{}`: {error}", located.value.text()));
        self.locate(failure, located.span)
    }

    pub(super) fn task_failure(&self, fault: TaskFault) -> Failure {
        let failure = Failure::new(FailureKind::Expression, fault.why);
        match fault.span {
            Some(span) => self.locate(failure, span),
            None => failure,
        }
    }

    /// One attempt at a step, or at one item of its list, judged.
    pub(super) async fn once(
        &self,
        spec: &StepSpec,
        task: &Task,
        scope: &Scope,
        item: Option<u32>,
    ) -> Result<Judged, StepStop> {
        if let StepKind::Wait(wait) = &spec.kind {
            return Box::pin(self.wait(spec, wait, task, scope, item)).await;
        }
        if let StepKind::Bake(bake) = &spec.kind {
            return Box::pin(self.bake(spec, bake, task, scope, item)).await;
        }
        let ran = self.make(spec, task, scope).await?;
        Ok(self.judge(spec, scope, task.attempt, ran))
    }

    /// One read or write, once.
    async fn make(&self, spec: &StepSpec, task: &Task, scope: &Scope) -> Result<Ran, StepStop> {
        let (read, doors) = match self.read_context(spec, task, scope) {
            Ok(both) => both,
            Err(failure) => return Ok(Ran::failed(failure)),
        };
        let work = match self.work(spec, scope, &task.earlier, &task.undone) {
            Ok(Some(work)) => work,
            Ok(None) => return Ok(Ran::failed(Failure::new(FailureKind::Guard, "a person does this step"))),
            Err(failure) => return Ok(Ran::failed(failure)),
        };
        self.hide_input(&work);
        let planned = self.plan.step(&task.step);
        if planned.is_some_and(|step| step.actor == Actor::Read) {
            let mut read = read;
            return self.read(&work, &mut read).await;
        }
        let confirmation = planned.map_or(Confirmation::Ask, |step| step.confirmation);
        // A rollback was confirmed as a whole, once; only a point of no return is asked for again.
        let back = planned.is_some_and(|step| step.phase == Phase::Rollback && step.effect != Effect::Irreversible);
        let never = self.plan.phase_confirmation == Confirmation::Never && confirmation == Confirmation::Never;
        let unasked = back || never;
        let typed = if confirmation == Confirmation::Type { self.profile.clone() } else { None };
        let (host, earlier) = (self.host.clone(), task.earlier.clone());
        let (befores, records) = (Arc::clone(&self.befores), Arc::clone(&self.records));
        let forward_until = task.forward_until;
        let aws = doors.all();
        let mut cx = WriteContext { read, aws, typed, unasked, host, earlier, befores, records, forward_until };
        self.write(work, &mut cx).await
    }
}

impl Performer for Steps {
    fn title(&self, step: &StepId) -> String {
        self.spec(step).title.clone()
    }

    fn guide(&self, step: &StepId) -> Option<String> {
        self.spec(step).guide.clone()
    }

    fn silence(&self, step: &StepId) -> Option<Duration> {
        match &self.spec(step).kind {
            StepKind::Command(command) => command.silence,
            // It is heard of with each look.
            StepKind::Wait(wait) => Some(wait.look + wait.every.max(SLOWEST)),
            StepKind::Bake(bake) => Some(LONGEST_LOOK + bake.every.max(SLOWEST)),
            StepKind::Confirm(_)
            | StepKind::Input(_)
            | StepKind::File(_)
            | StepKind::Http(_)
            | StepKind::Stack(_)
            | StepKind::StackRestore(_)
            | StepKind::Aws(_)
            | StepKind::AwsRestore(_)
            | StepKind::S3Restore(_)
            | StepKind::Restore(_)
            | StepKind::Compare(_)
            | StepKind::Marker(_)
            | StepKind::Cleanup(_)
            | StepKind::Failover(_)
            | StepKind::Check(_) => None,
        }
    }

    fn condition(&self, step: &StepId, ended: &Ended) -> Result<Option<String>, Failure> {
        let Some(when) = &self.spec(step).when else { return Ok(None) };
        match when.value.eval_bool(&self.scope(self.spec(step), ended)) {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some(format!("`when` is false: {}", when.value.text()))),
            Err(error) => Err(self.expression(&error, when)),
        }
    }

    fn question(&self, step: &StepId, _: &Ended) -> Result<Question, Failure> {
        let spec = self.spec(step);
        let mut question = match &spec.kind {
            StepKind::Input(input) => {
                let choices = vec![Choice::Value, Choice::Note, Choice::Abort];
                let mut question = Question::new(step.as_str(), Ask::Value, &spec.title, choices);
                question.expects = Some(input.value.describe());
                if let InputType::Choice(options) = &input.value {
                    question.options.clone_from(options);
                }
                question
            }
            StepKind::Confirm(confirm) => {
                let choices = vec![Choice::Done, Choice::NotApplicable, Choice::No, Choice::Note, Choice::Abort];
                let mut question = Question::new(step.as_str(), Ask::Confirm, &spec.title, choices);
                question.evidence = confirm.evidence;
                question
            }
            StepKind::Command(_)
            | StepKind::File(_)
            | StepKind::Http(_)
            | StepKind::Stack(_)
            | StepKind::StackRestore(_)
            | StepKind::Aws(_)
            | StepKind::AwsRestore(_)
            | StepKind::S3Restore(_)
            | StepKind::Restore(_)
            | StepKind::Compare(_)
            | StepKind::Marker(_)
            | StepKind::Cleanup(_)
            | StepKind::Failover(_)
            | StepKind::Wait(_)
            | StepKind::Check(_)
            | StepKind::Bake(_) => {
                return Err(Failure::new(FailureKind::Guard, "nobody is asked for this step"));
            }
        };
        question.step = Some(step.clone());
        question.phase = Some(spec.phase);
        // In a do-confirm phase the operator has read the list and done it: the item's name is enough.
        if self.runbook.style(spec.phase) == PhaseStyle::ReadDo {
            question.guide.clone_from(&spec.guide);
        } else {
            question.detail = spec.guide.iter().flat_map(|guide| guide.lines()).map(str::to_owned).collect();
        }
        Ok(question)
    }

    fn judge_answer(&self, step: &StepId, answer: &Answer) -> Result<Judged, String> {
        self.forget_answers();
        let spec = self.spec(step);
        if answer.choice == Choice::Abort {
            let failure = Failure::new(FailureKind::Declined, "aborted by the operator");
            return Ok(self.failed(spec, failure));
        }
        if let StepKind::Input(input) = &spec.kind {
            let value = match &answer.value {
                Some(Value::String(text)) => input.value.accept_text(text)?,
                Some(value) => input.value.accept(value)?,
                None => return Err("a value is needed".to_owned()),
            };
            let mut judged = Judged::of(Outcome::Passed);
            judged.outputs.insert("value".to_owned(), value);
            return Ok(judged);
        }
        let mut judged = Judged::of(Outcome::Passed);
        judged.reason.clone_from(&answer.reason);
        if answer.choice == Choice::NotApplicable {
            judged.outcome = Outcome::Skipped;
            judged.reason = Some(format!("not applicable: {}", answer.reason.clone().unwrap_or_default()));
        } else if answer.choice == Choice::No {
            let why = answer.reason.clone().map(|reason| format!(": {reason}")).unwrap_or_default();
            return Ok(self.failed(spec, Failure::new(FailureKind::Declined, format!("{} said no{why}", answer.by))));
        }
        judged.outputs.insert("answer".to_owned(), Value::from(answer.choice.as_str()));
        judged.outputs.insert("note".to_owned(), Value::from(answer.reason.clone().unwrap_or_default()));
        Ok(judged)
    }

    fn describe(&self, step: &StepId, ended: &Ended, undone: &[EffectState]) -> Vec<String> {
        let scope = self.scope(self.spec(step), ended);
        match self.work(self.spec(step), &scope, &[], undone) {
            Ok(Some(work)) => work.describe(&scope),
            Ok(None) => Vec::new(),
            Err(failure) => vec![failure.message],
        }
    }

    fn outline(&self, step: &StepId) -> Vec<String> {
        outline(&self.spec(step).kind, &self.nothing_given())
    }

    fn touches(&self) -> Vec<String> {
        // What cannot be evaluated has kept the drill from beginning.
        let touched = touched(&self.runbook, &self.plan, &self.nothing_given()).unwrap_or_default();
        touched.iter().map(Touched::words).collect()
    }

    fn look_anew(&self) {
        self.observed.borrow_mut().clear();
    }

    fn takes_over(&self, undo: &StepId) -> bool {
        matches!(self.spec(undo).kind, StepKind::StackRestore(_))
    }

    fn removes(&self, undo: &StepId, step: &StepId) -> bool {
        let made = matches!(self.spec(step).kind, StepKind::Restore(_));
        made && matches!(self.spec(undo).kind, StepKind::Cleanup(_))
    }

    fn typed(&self) -> Option<String> {
        self.profile.clone()
    }

    fn login(&self) -> Option<String> {
        Some(self.doors.reads()?.settings().login_command())
    }

    fn attach(&self, attachment: Attachment) -> Result<Attachment, String> {
        self.put_aside(attachment)
    }

    fn lookout(&self) -> Option<Duration> {
        self.alarms_every()
    }

    async fn look_out(&self) -> Result<Vec<String>, Failure> {
        self.alarms_found().await
    }

    async fn attempt(&self, task: Task) -> Result<Judged, StepStop> {
        let spec = self.spec(&task.step);
        if let Err(failure) = self.observe(spec, &task).await {
            return Ok(self.failed(spec, failure));
        }
        // Whoever looks again wants to see something new, and so do those who come after.
        if task.attempt > 1 {
            self.forget_answers();
        }
        let scope = self.scope(spec, &task.ended.borrow());
        let judged = match &spec.for_each {
            Some(list) => self.each(spec, &task, list, &scope).await?,
            None => self.once(spec, &task, &scope, None).await?,
        };
        if takes_time(&spec.kind) {
            self.forget_answers();
        }
        Ok(judged.telling_of_shared())
    }

    async fn rehearse(&self, task: Task, undo: &StepId) -> Vec<Need> {
        self.look_ahead(task, undo).await
    }

    async fn probe(&self, task: Task, effect: &EffectState) -> Probed {
        let spec = self.spec(&task.step);
        let scope = self.scope(spec, &task.ended.borrow());
        let cannot = |failure: Failure| Probed::CannotTell { why: failure.message };
        let (mut context, _) = match self.read_context(spec, &task, &scope) {
            Ok(both) => both,
            Err(failure) => return cannot(failure),
        };
        if let Some(probe) = &spec.probe {
            let command = match command_task(&probe.command, &scope, &Given::default()) {
                Ok(command) => command,
                Err(fault) => return cannot(self.task_failure(fault)),
            };
            let Ok(ran) = ReadAction::run(&command, &mut context).await else {
                return Probed::CannotTell { why: "the probe was stopped".to_owned() };
            };
            let error = error_map(ran.failure.as_ref());
            // As with `expect`: a look that failed says nothing, unless the author says what the failure means.
            let answered =
                ran.failure.as_ref().is_none_or(|failure| failure.kind.is_answer() && names_the_error([&probe.done]));
            let scope = scope.with("out", ran.out.clone()).with("error", error);
            return match probe.done.value.eval_bool(&scope) {
                Ok(true) if answered => Probed::Happened(Box::new(Ran { failure: None, ..ran })),
                Ok(false) if answered => Probed::NotDone,
                Ok(_) => Probed::CannotTell { why: ran.failure.map(|failure| failure.message).unwrap_or_default() },
                Err(error) => Probed::CannotTell { why: format!("the probe gives no answer: {error}") },
            };
        }
        match self.work(spec, &scope, &task.earlier, &task.undone) {
            Ok(Some(Work::Stack(stack))) => stack.probe(&mut context, effect).await,
            Ok(Some(Work::StackRestore(restore))) => restore.probe(&mut context, effect).await,
            Ok(Some(Work::Command(command))) => command.probe(&mut context, effect).await,
            Ok(Some(Work::Http(http))) => http.probe(&mut context, effect).await,
            Ok(Some(Work::Aws(call))) => call.probe(&mut context, effect).await,
            Ok(Some(Work::AwsRestore(restore))) => restore.probe(&mut context, effect).await,
            Ok(Some(Work::S3Restore(restore))) => restore.probe(&mut context, effect).await,
            Ok(Some(Work::Drill(drill))) => drill.probe(&mut context, effect).await,
            Ok(Some(Work::File(_) | Work::Check(_) | Work::Bake(_)) | None) => Probed::NotDone,
            Err(failure) => cannot(failure),
        }
    }

    fn judge_probe(&self, step: &StepId, attempt: u32, ran: Ran, ended: &Ended) -> Judged {
        self.judge(self.spec(step), &self.scope(self.spec(step), ended), attempt, ran)
    }

    fn recall(&self, task: Task, effect: &EffectState) -> Probed {
        let spec = self.spec(&task.step);
        let scope = self.scope(spec, &task.ended.borrow());
        let cannot = |failure: Failure| Probed::CannotTell { why: failure.message };
        let Some(host) = &self.host else { return Probed::CannotTell { why: "there are no files of it".to_owned() } };
        let (context, work) =
            match (self.read_context(spec, &task, &scope), self.work(spec, &scope, &task.earlier, &task.undone)) {
                (Ok((context, _)), Ok(work)) => (context, work),
                (Err(failure), _) | (_, Err(failure)) => return cannot(failure),
            };
        // Of the other kinds the run's files say nothing.
        let Some(Work::Command(command)) = work else {
            return Probed::CannotTell { why: "the run's files do not say".to_owned() };
        };
        command.recall(host, &context, effect)
    }

    async fn identify(&self, _: IdentityReason) -> Result<Option<Accepted>, Refused> {
        let Some((account, region)) = &self.target else { return Ok(None) };
        self.doors.refresh().await;
        self.doors.identify(account, region).await
    }
}
