//! What IAM has to allow for a runbook: the actions of the calls that checkride itself makes, phase by phase.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::aws::api::access::iam_actions;
use crate::id::Phase;
use crate::plan::Plan;
use crate::runbook::{Runbook, StepSpec};
use crate::step::{CallOn, Target, calls, calls_to_observe};
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

/// The policy of a plan. Steps that are left out need nothing. (The guard's `GetCallerIdentity` needs no permission.)
pub fn policy(runbook: &Runbook, plan: &Plan, scope: &Scope, place: &Place) -> Policy {
    let mut whole = Policy::default();
    for phase in Phase::ALL {
        let mut statements: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut allow = |call: &CallOn| {
            for action in iam_actions(call.service, call.operation) {
                statements.entry(arn(&call.target, place)).or_default().insert(action);
            }
        };
        let steps = plan.of_phase(phase).filter(|step| step.left_out.is_none());
        for step in steps.filter_map(|step| runbook.step(step.id.as_str())) {
            let (own, said) = calls(&step.kind, scope);
            own.iter().for_each(&mut allow);
            whole.notes.extend(said.into_iter().map(|text| format!("{} {text}", step.id.value)));
            if let Some(role) = &step.role {
                let target = role.eval_text(scope).map_or(Target::Any, Target::Arn);
                allow(&CallOn { service: "sts", operation: "AssumeRole", target });
                whole.notes.push(format!("{} runs as a role of its own: its actions are for that role", step.id.value));
            }
            for other in observed(runbook, step) {
                calls_to_observe(&other.kind, scope).iter().for_each(&mut allow);
            }
        }
        if !statements.is_empty() {
            let statements = statements.into_iter().map(|(resource, actions)| Statement { actions, resource });
            whole.phases.push((phase, statements.collect()));
        }
    }
    let is_wide = |statement: &Statement| statement.resource == "*";
    if whole.phases.iter().flat_map(|(_, statements)| statements).any(is_wide) {
        whole.notes.push("`*`: to which resources an action can be narrowed is not known to checkride".to_owned());
    }
    whole
}

/// The steps of other phases whose outputs a step uses: they are observed when its phase runs alone.
fn observed<'a>(runbook: &'a Runbook, step: &StepSpec) -> Vec<&'a StepSpec> {
    let refs = step.refs();
    let names = refs.iter().filter(|at| at.reference.root == "step").filter_map(|at| at.reference.path.first());
    let others = names.filter_map(|name| runbook.step(name));
    others.filter(|other| other.phase != step.phase && other.kind.observes()).collect()
}

fn arn(target: &Target, place: &Place) -> String {
    let Place { partition, region, account } = place;
    match target {
        Target::Any => "*".to_owned(),
        Target::Stack(name) => format!("arn:{partition}:cloudformation:{region}:{account}:stack/{name}/*"),
        Target::Objects(bucket) => format!("arn:{partition}:s3:::{bucket}/*"),
        Target::Arn(arn) => arn.clone(),
    }
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
