//! The rollback rehearsal: what an undo will need, looked for before anything is changed.

use crate::event::Need;
use crate::step::{ReadContext, Task};

/// Looks for all that the undo will need once the change was made. It only reads; nothing that it finds is an error of its
/// own: what cannot be told is a need of that state. `change` is the step that is undone, with all its values known, and
/// `undo` its undo step.
pub async fn rehearse(change: &Task, undo: &Task, _: &ReadContext) -> Vec<Need> {
    match (change, undo) {
        (
            Task::Stack(_)
            | Task::Aws(_)
            | Task::Command(_)
            | Task::File(_)
            | Task::Http(_)
            | Task::StackRestore(_)
            | Task::AwsRestore(_)
            | Task::Check(_)
            | Task::Bake(_),
            _,
        ) => Vec::new(),
    }
}
