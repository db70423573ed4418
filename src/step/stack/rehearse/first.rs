//! A stack that is not there yet: its undo is its deletion.

use crate::aws::stacks::{StackDescription, TemplateText};
use crate::event::Need;
use crate::step::rehearse::Untold;

/// What deleting the stack would take with it, leave, and fail at. `shell`: what an earlier change set has left over.
pub(super) fn needs(name: &str, new: Result<TemplateText, Untold>, shell: Option<&StackDescription>) -> Vec<Need> {
    let what = format!("the way back of stack {name}");
    let first = format!("there is no stack {name} yet: its undo deletes it");
    let mut needs = Vec::new();
    match new {
        Ok(template) if template.is_read() => {
            needs.push(Need::there(what, format!("{first}; {}", becomes(&template))));
            needs.extend(template.guarded().into_iter().map(|(id, kind)| {
                Need::missing(
                    format!("the deletion of {id} ({kind})"),
                    format!("the template guards it against deletion: deleting stack {name} fails at it"),
                    "give it `DeletionPolicy: Retain`, so that it stays; or be ready to lift the guard by hand",
                )
            }));
            let buckets = template.lost_on_delete().into_iter().filter(|(_, kind)| kind == "AWS::S3::Bucket");
            needs.extend(buckets.map(|(id, kind)| {
                let why = "only an empty bucket can be deleted: what comes into it until then must be removed first \
                           (`aws s3 rm s3://NAME --recursive`; its versions, too)";
                Need::later(format!("the deletion of {id} ({kind})"), why)
            }));
        }
        Ok(_) => needs.push(Need::later(what, format!("{first}; what stays and what is lost its text does not tell"))),
        // Made by an earlier step of the run.
        Err(untold) if untold.gone => {
            needs.push(Need::later(what, format!("{first}; its change set is not there yet: {}", untold.why)));
        }
        Err(untold) => needs.push(untold.need(what)),
    }
    if shell.is_some_and(|shell| shell.termination_protection) {
        let remedy = format!(
            "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {name}`"
        );
        needs.push(Need::missing(
            format!("the deletion of stack {name}"),
            "the empty stack of an earlier change set is guarded against deletion",
            remedy,
        ));
    }
    needs
}

/// What becomes of the things in the stack.
fn becomes(template: &TemplateText) -> String {
    let kept = template.kept_on_delete().into_iter().map(|(id, kind, policy)| match policy.as_str() {
        "Snapshot" => format!("{id} ({kind}): a snapshot"),
        _ => format!("{id} ({kind})"),
    });
    let lost = template.lost_on_delete().into_iter().map(|(id, kind)| format!("{id} ({kind})"));
    let (kept, lost): (Vec<String>, Vec<String>) = (kept.collect(), lost.collect());
    let mut parts = Vec::new();
    if !lost.is_empty() {
        parts.push(format!("deleted with the data in it: {}", lost.join(", ")));
    }
    if !kept.is_empty() {
        parts.push(format!("kept, of no stack any more: {}", kept.join(", ")));
    }
    if parts.is_empty() {
        parts.push("nothing in it holds data, and nothing of it stays".to_owned());
    }
    parts.join("; ")
}
