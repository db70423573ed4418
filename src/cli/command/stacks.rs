//! What the runs of a project have on record of a stack: for a step that redeploys it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::aws::stacks::{ChangeSetDescription, StackCapture, StackParameter, TemplateText};
use crate::event::{ArtifactRef, Captured, EffectResult, Event, EventKind, Outcome};
use crate::evidence::verify;
use crate::id::{RunId, StepId};
use crate::journal::{RunFolder, RunsFolder, read};
use crate::step::{NoRecord, StackOnRecord, StackRecords, StackWanted};
use crate::world::clock::rfc3339;

const EXECUTE: &str = "cloudformation:ExecuteChangeSet";
const DELETE: &str = "cloudformation:DeleteStack";

/// The runs of a project, but for one: the one that asks.
#[derive(Debug)]
pub(super) struct RunsOnRecord {
    runs: RunsFolder,
    own: RunId,
}

impl RunsOnRecord {
    pub(super) fn of(project: &Path, own: &RunId) -> Self {
        Self { runs: RunsFolder::of(project), own: own.clone() }
    }
}

impl StackRecords for RunsOnRecord {
    fn find(&self, wanted: StackWanted<'_>) -> Result<StackOnRecord, NoRecord> {
        let none = |why: String, remedy: &str| NoRecord { why, remedy: remedy.to_owned() };
        if let Some(name) = wanted.run {
            let folder =
                self.runs.find(name).map_err(|error| none(error.to_string(), "`checkride status` lists runs"))?;
            let found = on_record(&folder, wanted)?;
            return found.ok_or_else(|| {
                let StackWanted { stack, account, region, .. } = wanted;
                let why = format!("run {} has no stack {stack} of {account}, {region} on record", folder.id);
                none(why, "name the run that deployed it, or leave `run` out")
            });
        }
        let runs = self.runs.list().map_err(|error| none(error.to_string(), "look at `.checkride/runs`"))?;
        for folder in runs.iter().rev().filter(|folder| folder.id != self.own && folder.began()) {
            if let Some(found) = on_record(folder, wanted)? {
                return Ok(found);
            }
        }
        let StackWanted { stack, account, region, .. } = wanted;
        let why = format!("no run of this project has stack {stack} of {account}, {region} on record");
        let remedy = "deploy it by a run first; bring the run's folder to `.checkride/runs`; or redeploy the stack as it \
                      stands: `from = \"live\"`";
        Err(none(why, remedy))
    }
}

/// The last state of a stack that a run has on record, if it has any. A run whose evidence is not whole says nothing.
fn on_record(folder: &RunFolder, wanted: StackWanted<'_>) -> Result<Option<StackOnRecord>, NoRecord> {
    let broken = |why: String| NoRecord {
        why: format!("the evidence of run {} is not whole: {why}", folder.id),
        remedy: format!(
            "`checkride evidence verify {}` names all of it; bring back what was changed, or name another run by `run`",
            folder.id
        ),
    };
    let text = fs::read(folder.journal()).map_err(|error| broken(error.to_string()))?;
    let text = String::from_utf8_lossy(&text);
    let named = [format!("\"{}\"", wanted.stack), format!(":stack/{}/", wanted.stack)];
    if !named.iter().any(|name| text.contains(name.as_str())) {
        return Ok(None);
    }
    if let Some(flaw) = verify(&folder.path).flaws.first() {
        return Err(broken(flaw.to_string()));
    }
    let journal = read(&folder.journal()).map_err(|error| broken(error.to_string()))?;
    let mut told =
        Told { folder: folder.artifacts(), wanted, state: None, about: BTreeSet::new(), executed: BTreeSet::new() };
    for event in journal.records.into_iter().filter_map(|record| record.event.ok()) {
        told.hear(&event).map_err(broken)?;
    }
    Ok(told.state.map(|(step, deployed, at, artifact, stack)| StackOnRecord {
        run: folder.id.to_string(),
        step: step.to_string(),
        deployed,
        at,
        artifact,
        stack,
    }))
}

/// What the events of a run tell of a stack, so far.
struct Told<'a> {
    folder: PathBuf,
    wanted: StackWanted<'a>,
    /// The step, whether it deployed it so, when, the template's file, and the stack.
    state: Option<(StepId, bool, String, String, StackCapture)>,
    /// The steps that are about it.
    about: BTreeSet<StepId>,
    /// Those that have executed a change set, or may have.
    executed: BTreeSet<(StepId, u32, u32)>,
}

impl Told<'_> {
    fn hear(&mut self, event: &Event) -> Result<(), String> {
        if let EventKind::Captured { step, captured, .. } = &event.kind {
            return self.captured(event, step, captured);
        }
        if let EventKind::EffectIntended { step, attempt, n, call, target, .. } = &event.kind {
            if call == EXECUTE {
                self.executed.insert((step.clone(), *attempt, *n));
            } else if call == DELETE && self.is_it(target) {
                self.state = None;
            }
        }
        if let EventKind::EffectSettled { step, attempt, n, result: EffectResult::Refused, .. } = &event.kind {
            self.executed.remove(&(step.clone(), *attempt, *n));
        }
        if let EventKind::StepFinished { step, outcome: Outcome::Passed | Outcome::Warned, artifacts, .. } = &event.kind
            && self.executed.iter().any(|(executed, ..)| executed == step)
        {
            return self.deployed(event, step, artifacts);
        }
        Ok(())
    }

    /// Whether an ARN is that of the stack that is looked for.
    fn is_it(&self, arn: &str) -> bool {
        let StackWanted { stack, account, region, .. } = self.wanted;
        let rest = arn.strip_prefix("arn:").and_then(|rest| rest.split_once(':')).map_or("", |(_, rest)| rest);
        rest.starts_with(&format!("cloudformation:{region}:{account}:stack/{stack}/"))
    }

    fn captured(&mut self, event: &Event, step: &StepId, captured: &Captured) -> Result<(), String> {
        let before = &captured.before;
        if before["name"] == self.wanted.stack {
            self.about.insert(step.clone());
        }
        let Some(file) = captured.artifacts.iter().find(|file| file.name == "previous-template") else { return Ok(()) };
        if !self.is_it(before["id"].as_str().unwrap_or_default()) {
            return Ok(());
        }
        let mut members = before.as_object().cloned().unwrap_or_default();
        members.insert("template".to_owned(), Value::from(self.text(file)?));
        let stack = serde_json::from_value(Value::Object(members))
            .map_err(|error| format!("what step `{step}` found cannot be read: {error}"))?;
        self.state = Some((step.clone(), false, rfc3339(event.at), file.digest.clone(), stack));
        Ok(())
    }

    fn deployed(&mut self, event: &Event, step: &StepId, artifacts: &[ArtifactRef]) -> Result<(), String> {
        let file = |name: &str| artifacts.iter().find(|file| file.name == name);
        let (Some(template), Some(change_set)) = (file("template"), file("change-set")) else {
            if self.about.contains(step) {
                return Err(format!(
                    "step `{step}` has changed the stack, and what it deployed is not among its files"
                ));
            }
            return Ok(());
        };
        let change_set: ChangeSetDescription = serde_json::from_str(&self.text(change_set)?)
            .map_err(|error| format!("the change set of step `{step}` cannot be read: {error}"))?;
        if !self.is_it(&change_set.stack_id) {
            return Ok(());
        }
        let text = self.text(template)?;
        let before = self.state.take().map(|(.., stack)| stack);
        let parameters = parameters(&change_set, before.as_ref(), &text);
        let stack = StackCapture {
            name: change_set.stack_name,
            id: change_set.stack_id,
            status: String::new(),
            template: text,
            parameters,
            tags: change_set.tags,
            outputs: Vec::new(),
            capabilities: change_set.capabilities,
            role_arn: before.and_then(|before| before.role_arn),
            notification_arns: Vec::new(),
            termination_protection: false,
            change_set: Some(change_set.arn),
            updated: change_set.created,
        };
        self.state = Some((step.clone(), true, rfc3339(event.at), template.digest.clone(), stack));
        Ok(())
    }

    fn text(&self, file: &ArtifactRef) -> Result<String, String> {
        fs::read_to_string(self.folder.join(&file.digest))
            .map_err(|error| format!("artifacts/{}: {error}", file.digest))
    }
}

/// The parameters that a change set gave the stack: its own, and what it left as it was, as far as the template knows them.
fn parameters(change_set: &ChangeSetDescription, before: Option<&StackCapture>, text: &str) -> Vec<StackParameter> {
    let declared = TemplateText::new(text).parameters();
    let is_declared = |name: &str| declared.as_ref().is_none_or(|all| all.iter().any(|one| one.name == name));
    let mut all = change_set.parameters.clone();
    let kept = before.into_iter().flat_map(|before| &before.parameters);
    for one in kept.filter(|one| is_declared(&one.name)) {
        if !all.iter().any(|known| known.name == one.name) {
            all.push(one.clone());
        }
    }
    all
}
