//! From a runbook, a profile and inputs to a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::id::{Phase, Places, StepId};
use crate::plan::graph::groups;
use crate::plan::planned::{Actor, Measure, Objectives, Plan, PlannedStep};
use crate::plan::record::{DrillRecord, PinnedFile, PlanRecord, StepRecord};
use crate::profile::{ConfirmPolicy, Profile, Tier};
use crate::runbook::{PhaseStyle, Runbook, StepSpec};
use crate::source::suggest;
use crate::step::kind::{MarkerDoes, StepKind};
use crate::step::{Confirmation, Effect};

/// What is left of a runbook: `--phase`, `--only`, `--from`, `--skip`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selection {
    /// `--phase`; none: checklist, deploy, verify.
    pub phases: Vec<Phase>,
    /// `--only`.
    pub only: Vec<StepId>,
    /// `--from`.
    pub from: Option<StepId>,
    /// `--skip`, each with its reason.
    pub skip: Vec<(StepId, String)>,
    /// The target of the profile that the plan is for; the profile is as it is for that one.
    pub target: Option<String>,
    /// `--tabletop`: a drill that is only talked through.
    pub tabletop: bool,
}

/// All that a plan is made of.
#[derive(Clone, Debug)]
pub struct Material<'a> {
    /// The runbook.
    pub runbook: &'a Runbook,
    /// The profile.
    pub profile: Option<&'a Profile>,
    /// What is left of it.
    pub selection: Selection,
    /// The typed inputs.
    pub inputs: &'a Map<String, Value>,
    /// Secrets: name and source.
    pub secrets: &'a BTreeMap<String, String>,
    /// The files that are pinned.
    pub files: Vec<PinnedFile>,
    /// What each step does, as far as it is known, by id.
    pub actions: BTreeMap<StepId, String>,
}

/// Why there is no plan.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A step was named that the runbook does not have.
    #[error("{flag}: the runbook has no step `{step}`{}", .near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    NoSuchStep {
        /// Which flag.
        flag: &'static str,
        /// The step.
        step: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// Nothing is left.
    #[error("nothing is left to do: no step of the runbook is selected")]
    NothingSelected,
    /// A step refers to what a step that does not run would give.
    #[error("step `{step}` refers to step.{of}.{name}, but `{of}` does not run and cannot be observed")]
    MissingOutput {
        /// The step.
        step: StepId,
        /// The step it refers to.
        of: StepId,
        /// The output.
        name: String,
    },
}

/// The phases that run when nobody says.
const USUAL: [Phase; 3] = [Phase::Checklist, Phase::Deploy, Phase::Verify];

/// Makes a plan, and the record of it.
pub fn build(material: &Material<'_>) -> Result<(Plan, PlanRecord), Vec<PlanError>> {
    let Material { runbook, selection, .. } = material;
    let mut errors = unknown_steps(runbook, selection);
    let phases: Vec<Phase> = if selection.phases.is_empty() {
        USUAL.into_iter().filter(|phase| runbook.steps.iter().any(|step| step.phase == *phase)).collect()
    } else {
        Phase::ALL.into_iter().filter(|phase| selection.phases.contains(phase)).collect()
    };
    let left_out = left_out(runbook, selection);
    let runs = |step: &StepSpec| phases.contains(&step.phase) && !left_out.contains_key(&step.id.value);
    if errors.is_empty() && !runbook.steps.iter().any(runs) {
        errors.push(PlanError::NothingSelected);
    }
    for step in runbook.steps.iter().filter(|step| runs(step)) {
        errors.extend(missing_outputs(runbook, step, &runs));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let steps = planned_steps(material, &left_out);
    let mut record = PlanRecord {
        format: PlanRecord::FORMAT,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        digest: String::new(),
        runbook: runbook.path.clone(),
        title: runbook.title.clone(),
        profile: material.profile.map(|profile| profile.name.clone()),
        target: selection.target.clone(),
        phases: phases.clone(),
        only: selection.only.clone(),
        from: selection.from.clone(),
        skip: selection.skip.clone(),
        inputs: material.inputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        secrets: material.secrets.clone(),
        files: material.files.clone(),
        steps: runbook.steps.iter().map(|step| step_record(step, material, &left_out)).collect(),
        budget_ms: runbook.budget.and_then(milliseconds),
        drill: phases.contains(&Phase::Drill).then(|| drill_record(runbook, material.profile)),
        tabletop: selection.tabletop,
    };
    record.digest = record.compute_digest();
    let do_confirm = Phase::ALL.into_iter().filter(|phase| runbook.style(*phase) == PhaseStyle::DoConfirm).collect();
    let plan = Plan {
        digest: record.digest.clone(),
        phases,
        steps,
        do_confirm,
        phase_confirmation: phase_confirmation(material.profile),
        drill: Objectives {
            rto_ms: record.drill.as_ref().and_then(|drill| drill.rto_ms),
            rpo_ms: record.drill.as_ref().and_then(|drill| drill.rpo_ms),
            abort_ms: record.drill.as_ref().and_then(|drill| drill.abort_ms),
        },
        places: Places::default(),
    };
    Ok((plan, record))
}

fn milliseconds(span: Duration) -> Option<u64> {
    u64::try_from(span.as_millis()).ok()
}

fn drill_record(runbook: &Runbook, profile: Option<&Profile>) -> DrillRecord {
    let spec = &runbook.drill;
    let covers = if spec.covers.is_empty() {
        profile.map(|profile| profile.name.clone()).into_iter().collect()
    } else {
        spec.covers.clone()
    };
    DrillRecord {
        rto_ms: spec.rto.and_then(milliseconds),
        rpo_ms: spec.rpo.and_then(milliseconds),
        abort_ms: spec.abort.as_ref().and_then(|abort| abort.budget).and_then(milliseconds),
        kept_until: None,
        covers,
        scenario: spec.scenario.clone(),
        objectives: spec.objectives.clone(),
        roles: spec.roles.clone(),
        budget_ms: runbook.phases.get(&Phase::Drill).and_then(|phase| phase.budget).and_then(milliseconds),
    }
}

fn unknown_steps(runbook: &Runbook, selection: &Selection) -> Vec<PlanError> {
    let only = selection.only.iter().map(|step| ("--only", step));
    let from = selection.from.iter().map(|step| ("--from", step));
    let skip = selection.skip.iter().map(|(step, _)| ("--skip", step));
    only.chain(from)
        .chain(skip)
        .filter(|(_, step)| runbook.step(step.as_str()).is_none())
        .map(|(flag, step)| {
            let ids = runbook.steps.iter().map(|step| step.id.value.as_str());
            let near = suggest::closest(step.as_str(), ids).map(str::to_owned);
            PlanError::NoSuchStep { flag, step: step.to_string(), near }
        })
        .collect()
}

/// Why each step is left out that is.
fn left_out(runbook: &Runbook, selection: &Selection) -> BTreeMap<StepId, String> {
    let mut out = BTreeMap::new();
    let from = selection.from.as_ref().and_then(|from| runbook.steps.iter().position(|step| step.id.value == *from));
    let is_undo = |step: &StepSpec| step.phase == Phase::Rollback && selection.only.contains(&step.id.value);
    let only_undo = runbook.steps.iter().any(is_undo);
    for (at, step) in runbook.steps.iter().enumerate() {
        let id = &step.id.value;
        // What goes back is not narrowed by what goes forward: a selected step that fails must still be undone.
        let narrowed = step.phase != Phase::Rollback || only_undo;
        if narrowed && !selection.only.is_empty() && !selection.only.contains(id) {
            out.insert(id.clone(), "not among --only".to_owned());
        }
        if let (Some(from), Some(first)) = (from, &selection.from) {
            let earlier =
                step.phase < runbook.steps[from].phase || (step.phase == runbook.steps[from].phase && at < from);
            if earlier {
                out.insert(id.clone(), format!("before --from {first}"));
            }
        }
        if let Some((_, reason)) = selection.skip.iter().find(|(skip, _)| skip == id) {
            out.insert(id.clone(), format!("--skip: {reason}"));
        }
    }
    out
}

/// References to outputs that nothing will give.
fn missing_outputs(runbook: &Runbook, step: &StepSpec, runs: &impl Fn(&StepSpec) -> bool) -> Vec<PlanError> {
    let mut missing = Vec::new();
    for at in step.refs() {
        if at.reference.root != "step" || at.reference.tested {
            continue;
        }
        let mut path = at.reference.path.iter();
        let (Some(of), Some(name)) = (path.next(), path.next()) else { continue };
        let Some(target) = runbook.step(of) else { continue };
        let given = runs(target) || name == "outcome" || target.kind.observes();
        let error =
            PlanError::MissingOutput { step: step.id.value.clone(), of: target.id.value.clone(), name: name.clone() };
        if !given && !missing.contains(&error) {
            missing.push(error);
        }
    }
    missing
}

fn planned_steps(material: &Material<'_>, left_out: &BTreeMap<StepId, String>) -> Vec<PlannedStep> {
    let mut steps = Vec::new();
    for phase in Phase::ALL {
        let mut of_phase: Vec<PlannedStep> = material
            .runbook
            .steps
            .iter()
            .filter(|step| step.phase == phase)
            .map(|step| planned(step, material, left_out.get(&step.id.value).cloned()))
            .collect();
        let waits = |id: &StepId| {
            let step = material.runbook.step(id.as_str());
            step.is_some_and(|step| matches!(step.kind, StepKind::Wait(_) | StepKind::Bake(_)))
        };
        // How a step ended is known when it has ended: who looks at that comes after it, whether or not it went well.
        let names = |id: &StepId| material.runbook.step(id.as_str()).map(StepSpec::steps_named).unwrap_or_default();
        groups(&mut of_phase, waits, names);
        steps.extend(of_phase);
    }
    steps
}

/// The step with whose end one ends that goes on behind those that follow it.
fn through(kind: &StepKind) -> Option<StepId> {
    if let StepKind::Marker(marker) = kind {
        marker.through.as_ref().map(|through| through.value.clone())
    } else {
        None
    }
}

/// What a drill measures by a step.
fn measures(kind: &StepKind) -> Option<Measure> {
    match kind {
        StepKind::Restore(_) => Some(Measure::Restore),
        StepKind::Marker(marker) => match marker.does {
            MarkerDoes::Read { .. } => Some(Measure::Markers),
            MarkerDoes::Write { .. } => None,
        },
        StepKind::Confirm(_)
        | StepKind::Input(_)
        | StepKind::Command(_)
        | StepKind::File(_)
        | StepKind::Http(_)
        | StepKind::Stack(_)
        | StepKind::StackRestore(_)
        | StepKind::Aws(_)
        | StepKind::AwsRestore(_)
        | StepKind::S3Restore(_)
        | StepKind::Compare(_)
        | StepKind::Cleanup(_)
        | StepKind::Failover(_)
        | StepKind::Wait(_)
        | StepKind::Check(_)
        | StepKind::Bake(_) => None,
    }
}

fn planned(step: &StepSpec, material: &Material<'_>, left_out: Option<String>) -> PlannedStep {
    let actor = match (&step.kind, step.effect) {
        (StepKind::Confirm(_) | StepKind::Input(_), _) => Actor::Person,
        (
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
            | StepKind::Bake(_),
            Effect::Read | Effect::None,
        ) => Actor::Read,
        (
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
            | StepKind::Bake(_),
            Effect::Local | Effect::Write | Effect::Irreversible,
        ) => Actor::Write,
    };
    let mut needs: BTreeSet<StepId> = step.needs.iter().map(|need| need.value.clone()).collect();
    for at in step.refs() {
        // Only what ran before can be meant; an undo step may look at any step.
        if at.reference.root == "step"
            && let Some(Ok(id)) = at.reference.path.first().map(|id| StepId::new(id))
            && at.reference.path.get(1).is_none_or(|name| name != "outcome")
            && step.phase != Phase::Rollback
        {
            needs.insert(id);
        }
    }
    needs.remove(&step.id.value);
    PlannedStep {
        id: step.id.value.clone(),
        phase: step.phase,
        actor,
        effect: step.effect,
        needs: needs.into_iter().collect(),
        group: 0,
        after: Vec::new(),
        confirmation: confirmation(step, material.profile),
        confirms_itself: step.kind.confirms_itself(),
        on_failure: step.on_failure,
        on_unknown: step.on_unknown,
        retry: step.retry,
        way_forward: step.way_forward.clone(),
        undoes: step.undoes.iter().map(|undone| undone.value.clone()).collect(),
        independent: step.independent,
        steady: step.steady,
        through: through(&step.kind),
        measures: measures(&step.kind),
        left_out,
        excuse: None,
    }
}

/// How the writes of a phase are approved at its beginning.
fn phase_confirmation(profile: Option<&Profile>) -> Confirmation {
    match profile {
        None => Confirmation::Ask,
        Some(profile) if profile.tier == Tier::Production => Confirmation::Type,
        Some(profile) => match profile.policy.confirm {
            ConfirmPolicy::Never => Confirmation::Never,
            ConfirmPolicy::Write | ConfirmPolicy::Phase => Confirmation::Ask,
        },
    }
}

/// How a write itself is confirmed: the strictest of policy, tier and step.
fn confirmation(step: &StepSpec, profile: Option<&Profile>) -> Confirmation {
    if !step.effect.changes_target() {
        return Confirmation::Never;
    }
    let by_profile = match profile {
        Some(profile) if profile.tier == Tier::Production || profile.policy.confirm == ConfirmPolicy::Write => {
            Confirmation::Ask
        }
        Some(_) | None => Confirmation::Never,
    };
    let by_step = step.confirm.unwrap_or(Confirmation::Never);
    by_profile.max(by_step)
}

fn step_record(step: &StepSpec, material: &Material<'_>, left_out: &BTreeMap<StepId, String>) -> StepRecord {
    StepRecord {
        id: step.id.value.clone(),
        phase: step.phase,
        title: step.title.clone(),
        kind: step.kind.name().to_owned(),
        action: material.actions.get(&step.id.value).cloned(),
        guide: step.guide.clone(),
        owner: step.owner.clone().or_else(|| material.runbook.owner.clone()),
        due: step.due.clone(),
        controls: step.controls.clone(),
        effect: step.effect.as_str().to_owned(),
        left_out: left_out.get(&step.id.value).cloned(),
    }
}
