//! What a command that undoes something needs: its program, and the folder that it runs in.

use crate::event::Need;
use crate::step::ReadContext;
use crate::step::command::task::CommandTask;
use crate::world::process::{Looked, look_up};

/// Looks for the program and the folder of an undo, so that a way back does not end at `sam: not found`.
pub(in crate::step) fn rehearse(undo: &CommandTask, cx: &ReadContext) -> Vec<Need> {
    let folder = undo.folder(cx);
    let mut needs = Vec::new();
    if let Some(cwd) = &undo.cwd {
        let what = format!("the folder {}", cwd.display());
        let is_there = folder.is_dir();
        needs.push(if is_there {
            Need::there(what, "it is there")
        } else {
            let remedy = "make it before the deployment, or have the command run elsewhere (`cwd`)";
            Need::missing(what, "there is no such folder", remedy)
        });
        if !is_there {
            return needs;
        }
    }
    let program = &undo.program;
    let what = format!("the program `{program}`");
    needs.push(match look_up(program, &folder, &undo.environment(cx)) {
        Looked::Found(path) => Need::there(what, path.display().to_string()),
        Looked::NotExecutable(path) => {
            let remedy = format!("`chmod +x {}`", path.display());
            Need::missing(what, format!("{} may not be run by this user", path.display()), remedy)
        }
        Looked::Missing => {
            Need::missing(what, "it is not in the PATH of the command", "install it, or correct its name or its PATH")
        }
    });
    needs
}
