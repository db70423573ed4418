//! What a runbook says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::NaiveDate;
use serde_json::Value;

use crate::catalog::Severity;
use crate::id::{Phase, Places, StepId};
use crate::source::{Located, SourceId, Span};
use crate::step::kind::{Command, StepKind};
use crate::step::{Confirmation, Effect, OnFailure, OnUnknown, Retry};
use crate::value::{Expr, InputType, RefAt, Template};

/// A runbook: one file with its includes.
#[derive(Clone, Debug)]
pub struct Runbook {
    /// Its name: the file's, without `.toml`.
    pub name: String,
    /// The file as it is shown: relative to the project.
    pub path: String,
    /// Its title.
    pub title: String,
    /// What it does, in a sentence or two.
    pub summary: Option<String>,
    /// Who keeps it.
    pub owner: Option<String>,
    /// When it was last gone through.
    pub reviewed: Option<NaiveDate>,
    /// How long a run may take: shown against the clock.
    pub budget: Option<Duration>,
    /// The controls that a run is evidence for.
    pub controls: Vec<String>,
    /// The profile it runs with when none is named.
    pub profile: Option<String>,
    /// The environment variables that expressions may see as `env.NAME`.
    pub env: Vec<String>,
    /// Files of the project whose bytes count in the plan digest.
    pub files: Vec<String>,
    /// What it asks for.
    pub inputs: Vec<InputSpec>,
    /// The phases that say something about themselves.
    pub phases: BTreeMap<Phase, PhaseSpec>,
    /// What a drill is held to.
    pub drill: DrillSpec,
    /// The steps in the order of the file; those of includes come first, in the order in which the files are named.
    pub steps: Vec<StepSpec>,
    /// The included files.
    pub included: Vec<SourceId>,
    /// The file.
    pub source: SourceId,
    /// What has faults of its own already: a name that leads there is no fault more.
    pub(crate) broken: Broken,
    /// Where `[runbook]` stands.
    pub(crate) header: Span,
    /// Where `reviewed` stands.
    pub(crate) reviewed_at: Option<Span>,
    /// Where each of `files` stands.
    pub(crate) files_at: Vec<Span>,
    /// Where each of `steps` stands.
    pub(crate) places: Places,
}

/// Names whose definitions have faults.
#[derive(Clone, Debug, Default)]
pub(crate) struct Broken {
    pub(crate) steps: BTreeSet<String>,
    pub(crate) inputs: BTreeSet<String>,
}

impl Runbook {
    /// A step by its id.
    pub fn step(&self, id: &str) -> Option<&StepSpec> {
        self.places.find(&self.steps, id, |step| &step.id.value)
    }

    /// The outputs of each step that any step refers to, by name.
    pub fn outputs_used(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for at in self.steps.iter().flat_map(StepSpec::refs).filter(|at| at.reference.root == "step") {
            if let [step, output, ..] = at.reference.path.as_slice() {
                used.entry(step.clone()).or_default().insert(output.clone());
            }
        }
        used
    }

    /// An input by its name.
    pub fn input(&self, name: &str) -> Option<&InputSpec> {
        self.inputs.iter().find(|input| input.name.value == name)
    }

    /// How a phase is worked through.
    pub fn style(&self, phase: Phase) -> PhaseStyle {
        self.phases.get(&phase).map(|spec| spec.style).unwrap_or_default()
    }
}

/// An input.
#[derive(Clone, Debug)]
pub struct InputSpec {
    /// Its name in expressions, `input.NAME`.
    pub name: Located<String>,
    /// What it may be.
    pub ty: InputType,
    /// What it is when nobody says.
    pub default: Option<Value>,
    /// What it is for.
    pub help: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

/// How the steps of a phase are worked through.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PhaseStyle {
    /// Read a step, do it, go on to the next.
    #[default]
    ReadDo,
    /// Do what you know, then confirm each item.
    DoConfirm,
}

/// `[phase.NAME]`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PhaseSpec {
    /// How its steps are worked through.
    pub style: PhaseStyle,
    /// How long it may take.
    pub budget: Option<Duration>,
}

/// What ends a drill before its time: `abort` of `[phase.drill]`.
#[derive(Clone, Debug, PartialEq)]
pub struct AbortSpec {
    /// The alarms, by name or ARN.
    pub alarms: Vec<Template>,
    /// How long the drill may take.
    pub budget: Option<Duration>,
    /// Where the alarms are that are given by name; none: the profile's region.
    pub region: Option<Template>,
    /// How often they are looked at.
    pub every: Option<Duration>,
}

/// What a drill is held to: `[phase.drill]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrillSpec {
    /// The recovery time objective.
    pub rto: Option<Duration>,
    /// The recovery point objective.
    pub rpo: Option<Duration>,
    /// The profiles for which it proves something; empty: the one that it runs with.
    pub covers: Vec<String>,
    /// What it may change although it did not make it, by ARN.
    pub touches: Vec<Template>,
    /// What ends it before its time.
    pub abort: Option<AbortSpec>,
    /// What is supposed to have happened.
    pub scenario: Option<String>,
    /// What it is to show.
    pub objectives: Vec<String>,
    /// The roles that people have in it.
    pub roles: Vec<String>,
}

/// A command that finds out whether an effect happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The command; it reads.
    pub command: Command,
    /// Whether it shows that the effect happened; `out` and `error` are the command's.
    pub done: Located<Expr>,
}

/// A step as the file has it.
#[derive(Clone, Debug)]
pub struct StepSpec {
    /// Its id.
    pub id: Located<StepId>,
    /// Its phase.
    pub phase: Phase,
    /// Its title.
    pub title: String,
    /// What it does.
    pub kind: StepKind,
    /// Markdown for the operator.
    pub guide: Option<String>,
    /// Steps that must have ended well before it.
    pub needs: Vec<Located<StepId>>,
    /// Whether it runs at all.
    pub when: Option<Located<Expr>>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How often it is tried.
    pub retry: Retry,
    /// What must hold of its result.
    pub expect: Vec<Located<Expr>>,
    /// The outputs that it declares, in the order of the file.
    pub outputs: Vec<(Located<String>, Located<Expr>)>,
    /// What follows a failure; none: the phase's default.
    pub on_failure: Option<OnFailure>,
    /// How it is confirmed; none: as policy and tier say.
    pub confirm: Option<Confirmation>,
    /// What it may change: as declared, else the kind's default.
    pub effect: Effect,
    /// What resume does with an effect that may have happened.
    pub on_unknown: Option<OnUnknown>,
    /// How that is found out.
    pub probe: Option<Probe>,
    /// How bad a failure is.
    pub severity: Option<Severity>,
    /// What to do after a failure.
    pub remedy: Option<String>,
    /// The controls that it is evidence for.
    pub controls: Vec<String>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// Who keeps it.
    pub owner: Option<String>,
    /// By when a finding is to be settled, in the author's words.
    pub due: Option<String>,
    /// Outputs that are secret.
    pub sensitive: Vec<String>,
    /// The region it works in, when not the profile's.
    pub region: Option<Template>,
    /// The role it works as, when not the profile's.
    pub role: Option<Template>,
    /// The list that it is repeated for, with `item` in scope.
    pub for_each: Option<Located<Expr>>,
    /// Whether an empty list passes.
    pub allow_empty: bool,
    /// What a person does when what comes after it fails: there is no way back from it.
    pub way_forward: Option<String>,
    /// The steps that it undoes.
    pub undoes: Vec<Located<StepId>>,
    /// Rollback: whether it shares nothing with its neighbours.
    pub independent: bool,
    /// Verify: whether it is a probe of the steady state.
    pub steady: bool,
    /// Where it stands: its `[[phase]]` header.
    pub span: Span,
    /// Where `sensitive`, `effect`, … stand, for rules.
    pub(crate) keys: BTreeMap<&'static str, Span>,
}

impl StepSpec {
    /// Every name that may follow `step.ID.`: the declared outputs, the fields of the kind's `out`, `outcome`, and `before`
    /// where what was there is put on record.
    pub fn output_names(&self) -> Vec<&str> {
        let declared = self.outputs.iter().map(|(name, _)| name.value.as_str());
        let before = self.kind.before().map(|_| "before");
        declared.chain(self.kind.fields()).chain(["outcome"]).chain(before).collect()
    }

    /// Every name that the step uses anywhere, with the literal that it stands in.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        self.uses().into_iter().map(|(at, _)| at).collect()
    }

    /// The steps that its expressions look at.
    pub fn steps_named(&self) -> BTreeSet<StepId> {
        let refs = self.refs().into_iter().filter(|at| at.reference.root == "step");
        refs.filter_map(|at| StepId::new(at.reference.path.first()?).ok()).collect()
    }

    /// Every name that the step uses, and in which part of it.
    pub(crate) fn uses(&self) -> Vec<(RefAt<'_>, Part)> {
        let mut list: Vec<(RefAt<'_>, Part)> = Vec::new();
        list.extend(self.kind.refs().into_iter().map(|at| (at, Part::Before)));
        list.extend(self.region.iter().chain(&self.role).flat_map(Template::refs).map(|at| (at, Part::Before)));
        for (expr, part) in self
            .when
            .iter()
            .map(|expr| (expr, Part::Condition))
            .chain(self.for_each.iter().map(|expr| (expr, Part::Condition)))
            .chain(self.kind.conditions().into_iter().map(|expr| (expr, Part::After)))
            .chain(self.expect.iter().map(|expr| (expr, Part::After)))
            .chain(self.outputs.iter().map(|(_, expr)| (expr, Part::After)))
            .chain(self.probe.iter().map(|probe| (&probe.done, Part::After)))
        {
            let literal = expr.span;
            list.extend(expr.value.references().iter().map(|reference| (RefAt { reference, literal }, part)));
        }
        if let Some(probe) = &self.probe {
            list.extend(probe.command.refs().into_iter().map(|at| (at, Part::Before)));
        }
        list.sort_by_key(|(at, _)| (at.literal, at.reference.start));
        list
    }
}

/// Where in a step a name is used: it decides what is in scope.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// `when`, `for_each`: before there is an item.
    Condition,
    /// What is done: there may be an `item`.
    Before,
    /// `expect`, `outputs`, `probe.done`, `until`, `fail`: the result is there.
    After,
}
