//! An undo that is a call of its own, and restores from something: is that there?

use serde_json::{Value, json};

use crate::event::Need;
use crate::step::ReadContext;
use crate::step::aws::AwsTask;
use crate::step::calls::{CallOn, of_operation};
use crate::step::rehearse::ask::{Asked, asked};
use crate::step::rehearse::permissions::permissions;

/// Calls that restore, each with the parameter that names what from, the read that looks for it, and the name that the
/// parameter has there.
const SOURCES: &[(&str, &str, &str, &str)] = &[
    ("dynamodb:RestoreTableFromBackup", "BackupArn", "dynamodb:DescribeBackup", "BackupArn"),
    (
        "rds:RestoreDBClusterFromSnapshot",
        "SnapshotIdentifier",
        "rds:DescribeDBClusterSnapshots",
        "DBClusterSnapshotIdentifier",
    ),
    ("rds:RestoreDBInstanceFromDBSnapshot", "DBSnapshotIdentifier", "rds:DescribeDBSnapshots", "DBSnapshotIdentifier"),
];

/// What an undo that is a call of the AWS API needs.
pub(super) async fn needs(undo: &AwsTask, cx: &ReadContext) -> Vec<Need> {
    let Some(aws) = &cx.aws else { return Vec::new() };
    let call = undo.operation.call();
    let mut needs = Vec::new();
    let source = SOURCES.iter().find(|(name, ..)| *name == call);
    if let Some((_, parameter, read, known_as)) = source
        && let Some(name) = undo.input.get(*parameter).and_then(Value::as_str)
    {
        let what = format!("{name}, which {call} restores from");
        needs.push(match asked(cx, aws, read, json!({ *known_as: name })).await {
            Asked::There(answer) => match state(&answer) {
                Some(state) if !is_ready(&state) => {
                    Need::missing(what, format!("its status is {state}"), "wait until it is whole, or name another")
                }
                state => Need::there(what, state.unwrap_or_else(|| "it is there".to_owned())),
            },
            Asked::Gone(why) => Need::missing(what, why, "make it before the deployment, or name one that is there"),
            Asked::Untold(untold) => untold.need(what),
        });
    }
    let calls: Vec<CallOn> = vec![of_operation(undo.operation)];
    needs.push(permissions(cx, aws, &calls, &format!("by {call}")).await);
    needs
}

/// The status of what was found, in the answer of any of the reads.
fn state(answer: &Value) -> Option<String> {
    let places =
        ["/BackupDescription/BackupDetails/BackupStatus", "/DBClusterSnapshots/0/Status", "/DBSnapshots/0/Status"];
    places.into_iter().find_map(|place| Some(answer.pointer(place)?.as_str()?.to_owned()))
}

fn is_ready(state: &str) -> bool {
    state.eq_ignore_ascii_case("available")
}
