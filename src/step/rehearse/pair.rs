//! Which undo needs what: a table of pairs.

use crate::event::Need;
use crate::step::aws;
use crate::step::command;
use crate::step::rehearse::snapshots::needs as snapshots;
use crate::step::s3;
use crate::step::stack;
use crate::step::{ReadContext, Task};

/// Looks for all that the undo will need once the change was made. It only reads; nothing that it finds is an error of
/// its own: what cannot be told is a need of that state. `change` is the step that is undone, with all its values
/// known, and `undo` its undo step.
pub async fn rehearse(change: &Task, undo: &Task, cx: &ReadContext) -> Vec<Need> {
    match undo {
        Task::StackRestore(undo) => match change {
            Task::Stack(change) => Box::pin(stack::rehearse(change, undo, cx)).await,
            // A rule refuses such a runbook: there is nothing captured that it could put back.
            Task::Aws(_)
            | Task::Command(_)
            | Task::File(_)
            | Task::Http(_)
            | Task::StackRestore(_)
            | Task::AwsRestore(_)
            | Task::S3Restore(_)
            | Task::Drill(_)
            | Task::Check(_)
            | Task::Bake(_) => Vec::new(),
        },
        Task::AwsRestore(undo) => match change {
            Task::Aws(change) => Box::pin(aws::rehearse(change, undo, cx)).await,
            Task::Stack(_)
            | Task::Command(_)
            | Task::File(_)
            | Task::Http(_)
            | Task::StackRestore(_)
            | Task::AwsRestore(_)
            | Task::S3Restore(_)
            | Task::Drill(_)
            | Task::Check(_)
            | Task::Bake(_) => Vec::new(),
        },
        // Whatever it undoes: what it needs of its own.
        Task::Command(undo) => command::rehearse(undo, cx),
        Task::S3Restore(undo) => Box::pin(s3::rehearse(undo, cx)).await,
        Task::Aws(undo) => Box::pin(snapshots(undo, cx)).await,
        // A request needs a server that answers when it is sent; a look changes nothing, and undoes nothing; what removes what was
        // made needs what was made, and that is not there yet.
        Task::Http(_) | Task::File(_) | Task::Check(_) | Task::Bake(_) | Task::Stack(_) | Task::Drill(_) => Vec::new(),
    }
}
