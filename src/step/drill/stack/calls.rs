//! Which calls of AWS the steps of a drill make on stacks.

use crate::step::calls::{CallOn, Target};
use crate::step::kind::StackRedeploy;

fn of(service: &'static str, operations: &[&'static str]) -> Vec<CallOn> {
    operations.iter().map(|operation| CallOn { service, operation, target: Target::Any }).collect()
}

/// Beside these, whatever the template's resources need.
pub(in crate::step::drill) fn of_stack_redeploy(restore: &StackRedeploy) -> Vec<CallOn> {
    let mut all = of(
        "cloudformation",
        &[
            "CreateChangeSet",
            "DeleteChangeSet",
            "DescribeChangeSet",
            "DescribeStackEvents",
            "DescribeStacks",
            "ExecuteChangeSet",
            "GetTemplate",
            "GetTemplateSummary",
            "ListStackResources",
        ],
    );
    if restore.upload_bucket.is_some() {
        all.extend(of("s3", &["GetObject", "PutObject"]));
    }
    all
}

/// Beside these, whatever it takes to delete the resources of a stack.
pub(in crate::step::drill) fn of_stack_cleanup() -> Vec<CallOn> {
    let mut all = of(
        "cloudformation",
        &[
            "DeleteStack",
            "DescribeStackEvents",
            "DescribeStacks",
            "GetTemplate",
            "ListStackResources",
            "UpdateTerminationProtection",
        ],
    );
    all.extend(of("cloudcontrol", &["GetResource"]));
    all.extend(of("s3", &["DeleteBucket", "DeleteObject", "ListObjectVersions"]));
    all
}
