//! The values of parameters: the service gives those that are `NoEcho` away to nobody.

use std::collections::BTreeSet;

use crate::aws::stacks::{StackDescription, StackParameter, TemplateText};
use crate::event::Need;
use crate::step::stack::restore::{StackRestoreTask, is_no_echo};
use crate::step::stack::task::{StackSource, StackTask};

/// What is known of the values that the parameters have now, and from where those come that are on no record.
/// `templates`: the previous one and the new one; `cut`: parameters from whose record a secret is cut.
pub(super) fn hidden(
    change: &StackTask,
    undo: &StackRestoreTask,
    stack: &StackDescription,
    templates: (&TemplateText, Option<&TemplateText>),
    cut: &BTreeSet<String>,
) -> Vec<Need> {
    let (previous, new) = templates;
    let declared = previous.parameters().unwrap_or_default();
    let (hidden, shown): (Vec<_>, Vec<_>) = stack.parameters.iter().partition(|one| is_no_echo(&declared, one));
    let names = |set: &[&StackParameter]| -> BTreeSet<String> { set.iter().map(|one| one.name.clone()).collect() };
    let (hidden, shown) = (names(&hidden), names(&shown));
    let mut needs = Vec::new();
    if !shown.is_empty() {
        let names: Vec<&str> = shown.iter().map(String::as_str).collect();
        needs.push(Need::there(format!("the parameters of stack {}", stack.name), names.join(", ")));
    }
    needs.extend(hidden.iter().map(|name| one(name, change, undo, stack, new)));
    let cut = || shown.intersection(cut);
    needs.extend(cut().map(|name| {
        let what = format!("the value that parameter {name} of stack {} has now", stack.name);
        if undo.parameters.contains_key(name) {
            return Need::there(
                what,
                "a secret of the run, cut from the record; `parameters` of the way back gives it",
            );
        }
        let why = "a secret of the run, and not declared NoEcho: it is cut from the record";
        Need::missing(what, why, give(name))
    }));
    let is_used = |name: &String| hidden.contains(name) || cut().any(|own| own == name);
    let unused = undo.parameters.keys().filter(|name| !is_used(name));
    needs.extend(unused.map(|name| {
        let why = if shown.contains(name) {
            "`parameters` of the way back names it, and does not need to: it can be read back"
        } else {
            "`parameters` of the way back names it, and the stack has no such parameter"
        };
        Need::there(format!("parameter {name} of stack {}", stack.name), why)
    }));
    needs
}

fn one(
    name: &str,
    change: &StackTask,
    undo: &StackRestoreTask,
    stack: &StackDescription,
    new: Option<&TemplateText>,
) -> Need {
    let what = format!("the value that parameter {name} of stack {} has now", stack.name);
    if undo.parameters.contains_key(name) {
        return Need::there(what, "NoEcho; `parameters` of the way back gives it");
    }
    let declared = new.and_then(TemplateText::parameters).map(|all| all.iter().any(|one| one.name == name));
    let why = match (&change.source, declared) {
        (_, Some(false)) => "NoEcho, so nobody can read it back, and the deployment takes the parameter away",
        (_, _) if change.parameters.contains_key(name) => {
            "NoEcho, so nobody can read it back, and the deployment gives the parameter a value"
        }
        (StackSource::ChangeSet(_), _) => {
            return Need::later(what, "NoEcho; whether the change set gives it another value nobody tells");
        }
        (StackSource::Template { .. } | StackSource::Clean(_), _) => {
            return Need::there(what, "NoEcho; the deployment leaves it, and the way back uses it again");
        }
    };
    Need::missing(what, why, give(name))
}

/// Where a value that no record holds can come from.
fn give(name: &str) -> String {
    format!(
        "say in the stack-restore step where it will come from: `parameters = {{ {name} = \"${{input.…}}\" }}`, by a secret \
         input (`env`, a file, or asked for)"
    )
}
