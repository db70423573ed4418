//! What the runbooks need: programs, calls, time.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::aws::AwsSettings;
use crate::cli::command::doctor::finding::Finding;
use crate::cli::command::doctor::target::Target;
use crate::cli::error::{CommandError, ErrorSource};
use crate::cli::load::{Loaded, is_meant, load_checked};
use crate::cli::prepare::{plan_scope, scope};
use crate::cli::project::Project;
use crate::cli::settings::Settings;
use crate::plan::{Need, Place, needed_inputs, needs, resolve};
use crate::report::count;
use crate::runbook::StepSpec;
use crate::source::Severity;
use crate::step::kind::{Command, StepKind};
use crate::value::{InputType, Scope};
use crate::world::secret::Redactor;

/// The most steps of a runbook: what `check` takes unless it is told otherwise.
const MAX_STEPS: usize = 1000;

/// A program that steps run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Tool {
    /// What is run; none: it is not known before the run.
    pub(super) program: Option<String>,
    /// Where it runs.
    pub(super) cwd: PathBuf,
    /// Its own `PATH`, if its step sets one.
    pub(super) path: Option<String>,
    /// Which steps run it.
    pub(super) steps: Vec<String>,
}

/// A call, and which step makes it.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) step: String,
    pub(super) need: Need,
}

/// What runbooks need.
#[derive(Clone, Debug)]
pub(super) struct Needs {
    /// Their names.
    pub(super) runbooks: Vec<String>,
    /// Whether they can be read.
    pub(super) finding: Finding,
    pub(super) tools: Vec<Tool>,
    pub(super) calls: Vec<Planned>,
    /// What the calls do not say.
    pub(super) notes: Vec<String>,
    /// The longest budget, and whose it is.
    pub(super) budget: Option<(Duration, String)>,
}

/// Reads a runbook, or all that are meant for the profile. What has faults is counted, and needs nothing.
pub(super) fn read(
    project: &Project,
    settings: &Settings,
    named: Option<&str>,
    target: &Target,
    partition: &str,
    redactor: &Redactor,
) -> Result<Needs, CommandError> {
    let names = match named {
        Some(name) => {
            project.runbook(settings, name)?;
            vec![name.to_owned()]
        }
        None => project.runbooks(),
    };
    let mut needs = Needs {
        runbooks: Vec::new(),
        finding: Finding::ok("runbooks", ""),
        tools: Vec::new(),
        calls: Vec::new(),
        notes: Vec::new(),
        budget: None,
    };
    let (mut broken, mut other) = (Vec::new(), 0);
    for name in &names {
        let load = |profile: Option<&str>| load_checked(settings, project, name, profile, MAX_STEPS);
        let loaded = load(None).and_then(|loaded| match (&target.profile, &target.name) {
            (Some(profile), Some(name)) if named.is_some() || is_meant(&loaded.runbook, profile) => {
                load(Some(name)).map(Some)
            }
            (Some(_), _) => Ok(None),
            (None, _) => Ok(Some(loaded)),
        });
        match loaded {
            Ok(Some(loaded)) => needs.add(&loaded, project, settings, target.aws.as_ref(), partition, redactor),
            Ok(None) => other += 1,
            Err(error) => broken.push(format!("{name}: {}", faults(&error))),
        }
    }
    needs.finding = finding(&names, &broken, other, named);
    needs.calls.sort_by(|a, b| (&a.step, &a.need.actions).cmp(&(&b.step, &b.need.actions)));
    Ok(needs)
}

fn finding(names: &[String], broken: &[String], other: usize, named: Option<&str>) -> Finding {
    if names.is_empty() {
        return Finding::warn("runbooks", "there is none in runbooks/", "write one, and see `checkride check`");
    }
    let all = count(names.len(), "runbook");
    if !broken.is_empty() {
        let check = named.map_or_else(String::new, |name| format!(" {name}"));
        let found = format!("{} of {all} cannot be used", broken.len());
        return Finding::failed("runbooks", found, format!("`checkride check{check}` shows every fault with its line"))
            .details(broken.to_vec());
    }
    let other = if other > 0 { format!(", {other} for other profiles") } else { String::new() };
    Finding::ok("runbooks", format!("{all}, no faults{other}"))
}

/// How many faults, or why there is nothing to count.
fn faults(error: &CommandError) -> String {
    match &error.source {
        ErrorSource::Faults(faults) => {
            count(faults.0.iter().filter(|fault| fault.severity == Severity::Error).count(), "error")
        }
        ErrorSource::Words { message, .. } => message.clone(),
    }
}

impl Needs {
    fn add(
        &mut self,
        loaded: &Loaded,
        project: &Project,
        settings: &Settings,
        aws: Option<&AwsSettings>,
        partition: &str,
        redactor: &Redactor,
    ) {
        let runbook = &loaded.runbook;
        hide(loaded, project, settings, redactor);
        let scope = known(loaded, settings, aws);
        self.runbooks.push(runbook.name.clone());
        if let Some(budget) = runbook.budget
            && self.budget.as_ref().is_none_or(|(longest, _)| *longest < budget)
        {
            self.budget = Some((budget, runbook.name.clone()));
        }
        let left_out = |step: &StepSpec| {
            step.when.as_ref().is_some_and(|when| when.value.eval_bool(&scope).is_ok_and(|holds| !holds))
        };
        for step in runbook.steps.iter().filter(|step| !left_out(step)) {
            let label = format!("step `{}` of {}", step.id.value, runbook.name);
            let own = match step.kind.read_by() {
                StepKind::Command(command) => Some(command),
                _ => None,
            };
            for command in own.into_iter().chain(step.probe.as_ref().map(|probe| &probe.command)) {
                self.add_tool(tool(command, &scope, project), &label);
            }
            if let Some(aws) = aws {
                let place = Place {
                    partition: partition.to_owned(),
                    region: aws.region.clone(),
                    account: aws.account.clone(),
                    read_role: aws.for_reads().and_then(|aws| aws.role_arn),
                };
                let (calls, notes) = needs(runbook, step, &scope, &place);
                self.calls.extend(calls.into_iter().map(|need| Planned { step: label.clone(), need }));
                self.notes.extend(notes.into_iter().map(|note| format!("{}: {note}", runbook.name)));
            }
        }
    }

    fn add_tool(&mut self, tool: Tool, step: &str) {
        let is_same = |it: &&mut Tool| (&it.program, &it.cwd, &it.path) == (&tool.program, &tool.cwd, &tool.path);
        match self.tools.iter_mut().find(is_same) {
            Some(known) => known.steps.push(step.to_owned()),
            None => self.tools.push(Tool { steps: vec![step.to_owned()], ..tool }),
        }
    }
}

/// What is known before a run: the profile's inputs and the defaults. Nobody is asked, and no secret is used.
fn known(loaded: &Loaded, settings: &Settings, aws: Option<&AwsSettings>) -> Scope {
    let needed = needed_inputs(&loaded.runbook.steps);
    let resolved = resolve(&loaded.runbook, loaded.profile.as_ref(), &[], &needed).unwrap_or_default();
    let mut scope = plan_scope(&scope(settings, loaded, &resolved.values, &BTreeMap::new(), aws), &loaded.runbook);
    for input in loaded.runbook.inputs.iter().filter(|input| !resolved.values.contains_key(&input.name.value)) {
        scope.mark_unknown(&["input", &input.name.value], "it is given");
    }
    scope
}

/// Declared secrets are cut from all that is shown, wherever they turn up.
fn hide(loaded: &Loaded, project: &Project, settings: &Settings, redactor: &Redactor) {
    for input in &loaded.runbook.inputs {
        let InputType::Secret { env, file } = &input.ty else { continue };
        let in_env = env.as_ref().and_then(|name| settings.variable(name));
        let in_file = || fs::read_to_string(project.root.join(file.as_ref()?)).ok();
        if let Some(text) = in_env.or_else(in_file) {
            // One that cannot be cut is refused by the run; here it is not used.
            drop(redactor.add(&input.name.value, &SecretString::from(text.trim_end_matches('\n').to_owned())));
        }
    }
}

fn tool(command: &Command, scope: &Scope, project: &Project) -> Tool {
    let program = match &command.run {
        Some(run) => run.first().and_then(|program| program.eval_text(scope).ok()),
        None => Some("sh".to_owned()),
    };
    let cwd = command.cwd.as_ref().and_then(|cwd| cwd.eval_text(scope).ok());
    Tool {
        // Only a path begins at its folder.
        cwd: match cwd.filter(|_| program.as_ref().is_some_and(|program| program.contains('/'))) {
            Some(cwd) => project.root.join(cwd),
            None => project.root.clone(),
        },
        path: command.env.get("PATH").and_then(|path| path.eval_text(scope).ok()),
        program,
        steps: Vec::new(),
    }
}
