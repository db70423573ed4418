//! A stack that is there: what it is now is what it has to become again.

use std::collections::BTreeSet;

use crate::aws::AwsReads;
use crate::aws::stacks::{NoEcho, Readiness, StackDescription, TemplateText, readiness};
use crate::event::Need;
use crate::step::ReadContext;
use crate::step::rehearse::told;
use crate::step::stack::rehearse::beside::beside;
use crate::step::stack::rehearse::bucket::bucket;
use crate::step::stack::rehearse::drift::drift;
use crate::step::stack::rehearse::hidden::hidden;
use crate::step::stack::rehearse::new::new_template;
use crate::step::stack::rehearse::record;
use crate::step::stack::rehearse::removed::removed;
use crate::step::stack::rehearse::stored::{Places, stored};
use crate::step::stack::restore::StackRestoreTask;
use crate::step::stack::task::StackTask;

/// What putting it back needs.
pub(super) async fn needs(
    change: &StackTask,
    undo: &StackRestoreTask,
    stack: &StackDescription,
    aws: &AwsReads,
    cx: &ReadContext,
) -> Vec<Need> {
    let name = &stack.name;
    let reads = aws.stacks();
    let (template, resources, new) = tokio::join!(
        told(cx, reads.template(&stack.id)),
        told(cx, reads.resources(&stack.id)),
        new_template(change, aws, cx),
    );
    let mut needs = vec![status(stack)];
    let new = match new {
        Ok(new) => Some(new),
        Err(untold) if untold.gone => {
            needs.push(Need::later(format!("the new template of stack {name}"), untold.why));
            None
        }
        Err(untold) => {
            needs.push(untold.need(format!("the new template of stack {name}")));
            None
        }
    };
    let resources = match resources {
        Ok(resources) => resources,
        Err(untold) => {
            needs.push(untold.need(format!("the resources of stack {name}")));
            Vec::new()
        }
    };
    let what = format!("the previous template of stack {name}");
    let previous = match template {
        Ok(body) => {
            let (bytes, text) = (body.len() as u64, TemplateText::new(body));
            let unread = if text.is_read() { "" } else { ": what it says is not understood" };
            needs.push(Need::there(what, format!("{bytes} bytes, readable{unread}")));
            needs.extend(record::template(name, text.body(), cx));
            needs.extend(bucket(name, bytes, undo, cx, aws).await);
            Some(text)
        }
        Err(untold) => {
            needs.push(untold.need(what));
            None
        }
    };
    if let Some(previous) = &previous {
        let cut = match record::cut_parameters(stack, cx) {
            Ok(cut) => cut,
            Err(untold) => {
                needs.push(untold.need(format!("the record of the parameters of stack {name}")));
                BTreeSet::new()
            }
        };
        needs.extend(hidden(change, undo, stack, (previous, new.as_ref()), &cut));
        let places = Places { change, stack, resources: &resources, previous, new: new.as_ref() };
        needs.extend(stored(&places, aws, cx).await);
        needs.extend(removed(&resources, previous, new.as_ref()));
    }
    let no_echo = previous.iter().fold(NoEcho::default(), NoEcho::with_template);
    needs.push(drift(stack, &no_echo, aws, cx).await);
    needs.extend(beside(&resources, aws, cx).await);
    needs
}

/// Whether it can be updated at all, there and back.
fn status(stack: &StackDescription) -> Need {
    let what = format!("the status of stack {}", stack.name);
    match readiness(Some(stack), None) {
        Readiness::Update | Readiness::Create { .. } => Need::there(what, stack.status.clone()),
        Readiness::Refused(refusal) => Need::missing(what, refusal.to_string(), refusal.remedy()),
    }
}
