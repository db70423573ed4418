//! Which calls of AWS a step makes, and on what: for the policy that a runbook needs.

use crate::aws::api::client::{Operation, resolve};
use crate::step::drill::{of_cleanup, of_compared, of_failover, of_marker, of_restored};
use crate::step::inverse::Way;
use crate::step::kind::{AwsCall, Bake, CheckStep, CreatedSince, S3Restore, Stack, StackRestore, StepKind};
use crate::value::{Scope, Template};

/// A call, and the one thing that it is about, where that is known.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct CallOn {
    /// The service, by botocore's name.
    pub service: &'static str,
    /// The operation; or an action that IAM asks for beside it (`PassRole`).
    pub operation: &'static str,
    /// What it is about.
    pub target: Target,
}

/// What a call is about.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Target {
    /// Anything: not known, or the service knows no narrower.
    Any,
    /// A stack by its name.
    Stack(String),
    /// A bucket.
    Bucket(String),
    /// The objects of a bucket.
    Objects(String),
    /// What an ARN names.
    Arn(String),
}

impl Target {
    /// What a policy says for it: an ARN, or `*`.
    pub fn arn(&self, partition: &str, region: &str, account: &str) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::Stack(name) => format!("arn:{partition}:cloudformation:{region}:{account}:stack/{name}/*"),
            Self::Bucket(bucket) => format!("arn:{partition}:s3:::{bucket}"),
            Self::Objects(bucket) => format!("arn:{partition}:s3:::{bucket}/*"),
            Self::Arn(arn) => arn.clone(),
        }
    }
}

/// What a step on a stack reads of that stack, and how it changes it.
const OF_STACK: [&str; 8] = [
    "CreateChangeSet",
    "DeleteChangeSet",
    "DescribeChangeSet",
    "DescribeStackEvents",
    "DescribeStacks",
    "ExecuteChangeSet",
    "GetTemplate",
    "ListStackResources",
];

/// What a step that watches alarms reads of them.
const OF_ALARMS: [&str; 2] = ["DescribeAlarmHistory", "DescribeAlarms"];

/// What a step that puts a stack back reads of it and changes in it, beside [`OF_STACK`]. The search for drift reads each
/// resource with the caller's own permission.
const OF_RESTORE: [&str; 9] = [
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "DeleteStack",
    "DescribeStackDriftDetectionStatus",
    "DescribeStackResourceDrifts",
    "DetectStackDrift",
    "DetectStackResourceDrift",
    "RollbackStack",
    "UpdateTerminationProtection",
];

/// What a step that puts objects back reads of their bucket.
const OF_BUCKET: [&str; 2] = ["GetBucketVersioning", "ListObjectVersions"];

/// What it calls for an object, and what IAM asks for beside: the version of then is read with its tags, and written anew.
const OF_OBJECTS: [&str; 8] = [
    "AbortMultipartUpload",
    "CopyObject",
    "GetObjectTagging",
    "GetObjectVersion",
    "GetObjectVersionTagging",
    "HeadObject",
    "PutObject",
    "PutObjectTagging",
];

const CLOUDFORMATION: &str = "cloudformation";

/// The calls that checkride itself makes for a step, and what else its account has to allow, in words.
pub fn calls(kind: &StepKind, scope: &Scope) -> (Vec<CallOn>, Vec<&'static str>) {
    match kind {
        StepKind::Confirm(_) | StepKind::Input(_) | StepKind::File(_) | StepKind::Http(_) => (Vec::new(), Vec::new()),
        StepKind::Command(_) => (Vec::new(), vec!["runs a program: what that calls is not known to checkride"]),
        StepKind::Stack(stack) => of_stack(stack, scope),
        StepKind::StackRestore(restore) => of_restore(restore, scope),
        StepKind::Aws(call) => {
            let read = call.way().map(|way| of_operation(way.reads()));
            (std::iter::once(of_call(call)).chain(read).collect(), Vec::new())
        }
        StepKind::AwsRestore(restore) => {
            (restore.of.iter().flat_map(|undone| of_way(undone.way)).collect(), Vec::new())
        }
        StepKind::Wait(wait) => calls(&wait.on, scope),
        StepKind::S3Restore(restore) => of_s3_restore(restore, scope),
        StepKind::Restore(restore) => (of_restored(restore), Vec::new()),
        StepKind::Compare(compare) => (of_compared(compare), Vec::new()),
        StepKind::Marker(marker) => (of_marker(marker), Vec::new()),
        StepKind::Cleanup(_) => (of_cleanup(), Vec::new()),
        StepKind::Failover(_) => (of_failover(), Vec::new()),
        StepKind::Check(check) => (of_check(check), Vec::new()),
        StepKind::Bake(bake) => (of_bake(bake), Vec::new()),
    }
}

/// The calls by which a step's outputs are had from outside of its own phase.
pub fn calls_to_observe(kind: &StepKind, scope: &Scope) -> Vec<CallOn> {
    match kind {
        StepKind::Confirm(_) | StepKind::Input(_) | StepKind::File(_) | StepKind::Http(_) | StepKind::Command(_) => {
            Vec::new()
        }
        StepKind::Stack(stack) => {
            vec![CallOn { service: CLOUDFORMATION, operation: "DescribeStacks", target: target_of(stack, scope) }]
        }
        // Only reads are observed, by the same call.
        StepKind::Aws(call) => vec![of_call(call)],
        StepKind::Wait(wait) => calls_to_observe(&wait.on, scope),
        StepKind::StackRestore(_)
        | StepKind::Check(_)
        | StepKind::Bake(_)
        | StepKind::AwsRestore(_)
        | StepKind::S3Restore(_)
        | StepKind::Restore(_)
        | StepKind::Compare(_)
        | StepKind::Marker(_)
        | StepKind::Cleanup(_)
        | StepKind::Failover(_) => Vec::new(),
    }
}

/// What a call is about, no model says: each service writes the ARNs of its policies in its own way.
fn of_call(call: &AwsCall) -> CallOn {
    of_operation(call.operation)
}

pub(in crate::step) fn of_operation(operation: Operation) -> CallOn {
    CallOn { service: operation.service_name(), operation: operation.name(), target: Target::Any }
}

/// A setting is looked at, and put back by any of its calls.
pub(in crate::step) fn of_way(way: &Way) -> Vec<CallOn> {
    way.writes().into_iter().chain([way.reads()]).map(of_operation).collect()
}

fn of_check(step: &CheckStep) -> Vec<CallOn> {
    let calls = step.check.iter().flat_map(|check| &check.calls);
    let operations = calls.filter_map(|call| resolve(&call.call.value).ok());
    operations.map(|it| CallOn { service: it.service_name(), operation: it.name(), target: Target::Any }).collect()
}

fn of_bake(bake: &Bake) -> Vec<CallOn> {
    let watches = !bake.alarms.is_empty() || !bake.prefixes.is_empty();
    let own = OF_ALARMS.into_iter().filter(|_| watches);
    let own = own.map(|operation| CallOn { service: "cloudwatch", operation, target: Target::Any });
    own.chain(bake.checks.iter().flat_map(of_check)).collect()
}

fn of_stack(stack: &Stack, scope: &Scope) -> (Vec<CallOn>, Vec<&'static str>) {
    let target = target_of(stack, scope);
    let on_stack = |operation| CallOn { service: CLOUDFORMATION, operation, target: target.clone() };
    let mut calls: Vec<CallOn> = OF_STACK.into_iter().map(on_stack).collect();
    // It is asked of a template, before there is a stack.
    calls.push(CallOn { service: CLOUDFORMATION, operation: "GetTemplateSummary", target: Target::Any });
    calls.extend(by_bucket(stack.upload_bucket.as_ref(), scope));
    let said = match &stack.role_arn {
        Some(role) => {
            let target = role.eval_text(scope).map_or(Target::Any, Target::Arn);
            calls.push(CallOn { service: "iam", operation: "PassRole", target });
            Vec::new()
        }
        None => vec![
            "has no `role_arn`: CloudFormation makes the resources of the template with the caller's own permissions, \
             which are not listed here",
        ],
    };
    (calls, said)
}

fn of_restore(restore: &StackRestore, scope: &Scope) -> (Vec<CallOn>, Vec<&'static str>) {
    let stack = restore.undone.as_ref().map(|(_, stack)| &**stack);
    let target = stack.map_or(Target::Any, |stack| target_of(stack, scope));
    let all = OF_STACK.into_iter().chain(OF_RESTORE);
    let mut calls: Vec<CallOn> =
        all.map(|operation| CallOn { service: CLOUDFORMATION, operation, target: target.clone() }).collect();
    calls.extend(by_bucket(restore.bucket(), scope));
    if let Some(role) = stack.and_then(|stack| stack.role_arn.as_ref()) {
        let target = role.eval_text(scope).map_or(Target::Any, Target::Arn);
        calls.push(CallOn { service: "iam", operation: "PassRole", target });
    }
    let said = "puts resources of a template back, deletes them, and looks for drift in them: what CloudFormation calls for \
                that with the caller's own permissions is not listed here";
    (calls, vec![said])
}

/// What the deletion of a stack, which undoes its creation, calls.
pub(in crate::step) fn calls_of_deletion(target: &Target) -> Vec<CallOn> {
    let reads = OF_STACK.into_iter().filter(|name| name.starts_with("Describe") || name.starts_with("Get"));
    let all = reads.chain(["DeleteStack", "ListStackResources"]);
    all.map(|operation| CallOn { service: CLOUDFORMATION, operation, target: target.clone() }).collect()
}

/// What putting a stack back calls, without the search for drift, whose failure changes nothing, and without what only a
/// stack needs that somebody guards later.
pub(in crate::step) fn calls_of_restore(target: &Target, bucket: Option<&str>, role: Option<&str>) -> Vec<CallOn> {
    let moves = OF_RESTORE
        .into_iter()
        .filter(|name| !name.contains("Drift") && !["DeleteStack", "UpdateTerminationProtection"].contains(name));
    let all = OF_STACK.into_iter().chain(moves);
    let mut calls: Vec<CallOn> =
        all.map(|operation| CallOn { service: CLOUDFORMATION, operation, target: target.clone() }).collect();
    if let Some(bucket) = bucket {
        let target = Target::Objects(bucket.to_owned());
        calls.extend(["GetObject", "PutObject"].map(|name| CallOn {
            service: "s3",
            operation: name,
            target: target.clone(),
        }));
    }
    if let Some(role) = role {
        calls.push(CallOn { service: "iam", operation: "PassRole", target: Target::Arn(role.to_owned()) });
    }
    calls
}

/// Of a bucket its versions are listed; of its objects each that is not as it was is looked at and copied. The actions on
/// versions have names of their own.
fn of_s3_restore(restore: &S3Restore, scope: &Scope) -> (Vec<CallOn>, Vec<&'static str>) {
    let bucket = restore.bucket.eval_text(scope).ok();
    let whole = bucket.clone().map_or(Target::Any, Target::Bucket);
    let objects = bucket.map_or(Target::Any, Target::Objects);
    let on = |operation, target: &Target| CallOn { service: "s3", operation, target: target.clone() };
    let mut calls: Vec<CallOn> = OF_BUCKET.into_iter().map(|operation| on(operation, &whole)).collect();
    calls.extend(OF_OBJECTS.into_iter().map(|operation| on(operation, &objects)));
    if restore.created_since == CreatedSince::Hide {
        calls.push(on("DeleteObject", &objects));
    }
    (
        calls,
        vec!["copies objects: those that KMS encrypts need kms:Decrypt and kms:GenerateDataKey with their key, too"],
    )
}

/// A large template goes by a bucket; `CloudFormation` fetches it with the caller's permission.
fn by_bucket(bucket: Option<&Template>, scope: &Scope) -> Vec<CallOn> {
    let Some(bucket) = bucket else { return Vec::new() };
    let target = bucket.eval_text(scope).map_or(Target::Any, Target::Objects);
    ["GetObject", "PutObject"].map(|operation| CallOn { service: "s3", operation, target: target.clone() }).to_vec()
}

fn target_of(stack: &Stack, scope: &Scope) -> Target {
    match stack.stack.eval_text(scope) {
        Ok(arn) if arn.starts_with("arn:") => Target::Arn(arn),
        Ok(name) => Target::Stack(name),
        Err(_) => Target::Any,
    }
}
