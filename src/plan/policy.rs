//! What IAM has to allow for a runbook: the actions of the calls that checkride itself makes, phase by phase.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::aws::api::access::iam_actions;
use crate::id::{Phase, StepId};
use crate::plan::Plan;
use crate::runbook::{Runbook, StepSpec};
use crate::step::kind::StepKind;
use crate::step::{CallOn, Effect, Target, calls, calls_to_observe};
use crate::value::Scope;

/// Where the calls go: what stands in every ARN.
#[derive(Clone, Debug)]
pub struct Place {
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// The region.
    pub region: String,
    /// The account.
    pub account: String,
    /// The role of those who only look, where the profile names one.
    pub read_role: Option<String>,
}

/// Actions that are allowed on the same things.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement {
    /// The actions, sorted: `cloudformation:DescribeStacks`.
    pub actions: BTreeSet<String>,
    /// An ARN, or `*`.
    pub resource: String,
}

/// The least that a runbook's own calls need.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    /// For each phase that calls anything, in the order of phases.
    pub phases: Vec<(Phase, Vec<Statement>)>,
    /// What the policy does not say.
    pub notes: Vec<String>,
}

/// Who makes a call.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Principal {
    /// The caller of the run.
    Caller,
    /// A role of the step's own, by its ARN.
    Role(String),
    /// A role that is not known before the run.
    RoleNotKnown,
}

/// One call that a step makes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Need {
    /// The step.
    pub step: StepId,
    /// The service that is called, by botocore's name.
    pub service: &'static str,
    /// The operation; or an action that IAM asks for beside it (`PassRole`).
    pub operation: &'static str,
    /// The region that it is called in.
    pub region: String,
    /// What IAM has to allow: none where it is not asked.
    pub actions: Vec<String>,
    /// On what: an ARN, or `*`.
    pub resource: String,
    /// For whom.
    pub by: Principal,
}

/// What a step calls, and what that does not say, in words.
pub fn needs(runbook: &Runbook, step: &StepSpec, scope: &Scope, place: &Place) -> (Vec<Need>, Vec<String>) {
    let region = step.region.as_ref().and_then(|region| region.eval_text(scope).ok());
    let place = &Place { region: region.unwrap_or_else(|| place.region.clone()), ..place.clone() };
    let need = |call: &CallOn, by: &Principal| Need {
        step: step.id.value.clone(),
        service: call.service,
        operation: call.operation,
        region: place.region.clone(),
        actions: iam_actions(call.service, call.operation),
        resource: call.target.arn(&place.partition, &place.region, &place.account),
        by: by.clone(),
    };
    let (own, said) = calls(&step.kind, scope);
    let mut notes: Vec<String> = said.into_iter().map(|text| format!("{} {text}", step.id.value)).collect();
    let mut needs = Vec::new();
    let mut by = Principal::Caller;
    if let Some(role) = &step.role {
        let target = role.eval_text(scope).map_or(Target::Any, Target::Arn);
        by = match &target {
            Target::Arn(arn) => Principal::Role(arn.clone()),
            Target::Any | Target::Stack(_) | Target::Bucket(_) | Target::Objects(_) => Principal::RoleNotKnown,
        };
        needs.push(need(&CallOn { service: "sts", operation: "AssumeRole", target }, &Principal::Caller));
        notes.push(format!("{} runs as a role of its own: its actions are for that role", step.id.value));
    } else if let Some(role) = place.read_role.as_ref().filter(|_| only_looks(step)) {
        by = Principal::Role(role.clone());
        let assume = CallOn { service: "sts", operation: "AssumeRole", target: Target::Arn(role.clone()) };
        needs.push(need(&assume, &Principal::Caller));
    }
    needs.extend(own.iter().map(|call| need(call, &by)));
    for other in observed(runbook, step) {
        needs.extend(calls_to_observe(&other.kind, scope).iter().map(|call| need(call, &Principal::Caller)));
    }
    (needs, notes)
}

/// The policy of a plan. Steps that are left out need nothing. (The guard's `GetCallerIdentity` needs no permission.)
pub fn policy(runbook: &Runbook, plan: &Plan, scope: &Scope, place: &Place) -> Policy {
    let mut whole = Policy::default();
    for phase in Phase::ALL {
        let mut statements: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let steps = plan.of_phase(phase).filter(|step| step.left_out.is_none());
        for step in steps.filter_map(|step| runbook.step(step.id.as_str())) {
            let (needs, notes) = needs(runbook, step, scope, place);
            whole.notes.extend(notes);
            for need in needs.into_iter().filter(|need| !need.actions.is_empty()) {
                statements.entry(need.resource).or_default().extend(need.actions);
            }
        }
        // What would end a drill is watched while its steps run.
        let watched = runbook.drill.abort.as_ref().is_some_and(|abort| !abort.alarms.is_empty());
        if phase == Phase::Drill && watched && !statements.is_empty() {
            statements.entry("*".to_owned()).or_default().extend(iam_actions("cloudwatch", "DescribeAlarms"));
        }
        if !statements.is_empty() {
            let statements = statements.into_iter().map(|(resource, actions)| Statement { actions, resource });
            whole.phases.push((phase, statements.collect()));
        }
    }
    if let Some(role) = &place.read_role {
        whole.notes.push(format!("checklists and verifications look as {role}: their actions are for that role"));
    }
    let is_wide = |statement: &Statement| statement.resource == "*";
    if whole.phases.iter().flat_map(|(_, statements)| statements).any(is_wide) {
        whole.notes.push("`*`: to which resources an action can be narrowed is not known to checkride".to_owned());
    }
    whole
}

/// Whether a step looks with the role of those who only look: a program that only reads, and what reads in a phase that does.
fn only_looks(step: &StepSpec) -> bool {
    let program = matches!(step.kind.read_by(), StepKind::Command(_));
    let calls = program || matches!(step.kind.read_by(), StepKind::Aws(_) | StepKind::Check(_) | StepKind::Bake(_));
    step.effect == Effect::Read && calls && (program || matches!(step.phase, Phase::Checklist | Phase::Verify))
}

/// The steps of other phases whose outputs a step uses: they are observed when its phase runs alone.
fn observed<'a>(runbook: &'a Runbook, step: &StepSpec) -> Vec<&'a StepSpec> {
    let refs = step.refs();
    let names = refs.iter().filter(|at| at.reference.root == "step").filter_map(|at| at.reference.path.first());
    let others = names.filter_map(|name| runbook.step(name));
    others.filter(|other| other.phase != step.phase && other.kind.observes()).collect()
}

impl Policy {
    /// A policy document for each phase, as IAM takes it.
    pub fn documents(&self) -> Value {
        let documents = self.phases.iter().map(|(phase, statements)| {
            let statements = statements
                .iter()
                .map(|it| json!({ "Effect": "Allow", "Action": it.actions, "Resource": it.resource }))
                .collect::<Vec<_>>();
            (phase.as_str().to_owned(), json!({ "Version": "2012-10-17", "Statement": statements }))
        });
        Value::Object(documents.collect())
    }
}
