//! The stack that a run made is deleted; what failed is left out of it only by a person's word.

use std::collections::BTreeMap;

use crate::aws::stacks::{StackDescription, StackResource, TemplateText, holds_data};
use crate::event::EffectResult;
use crate::step::effect::Halt;
use crate::step::stack::restore::effect::{Call, DELETE};
use crate::step::stack::restore::stays::named;
use crate::step::stack::restore::task::{Story, Way};
use crate::step::stack::restore::whose::made_by_run;

impl Way<'_> {
    /// Deletes the stack, unless it is not the run's, or is guarded.
    pub(super) async fn remove(
        &self,
        story: &mut Story,
        stack: &StackDescription,
    ) -> Result<Option<StackDescription>, Halt> {
        let name = &stack.name;
        if stack.termination_protection {
            self.ask_unguard(stack).await?;
        }
        let calls = vec![format!("aws cloudformation delete-stack --stack-name {}", stack.id)];
        if !made_by_run(self, stack).await {
            let body = vec![
                format!("Nothing says that this stack {name} is the one that the run made:"),
                format!("      {}", stack.id),
                "It is deleted with all that is in it.".to_owned(),
            ];
            self.confirm("delete_unknown", format!("Delete stack {name}?"), body, calls.clone()).await?;
        }
        let kept = self.kept(stack).await?;
        let lost: Vec<String> = kept.lost.iter().map(line).collect();
        // A deletion that failed was confirmed when it was begun.
        let begun = self
            .task
            .earlier
            .iter()
            .any(|effect| effect.call == DELETE && effect.result != Some(EffectResult::Refused));
        if !lost.is_empty() && !begun {
            let mut body = vec![format!("Stack {name} did not exist before the run. Deleting it loses the data in:")];
            body.extend(lost.iter().map(|line| format!("-   remove  {line}")));
            body.extend(kept.stays.iter().map(|line| format!("    keep    {line}")));
            self.confirm("delete", format!("Delete stack {name}, and the data in it?"), body, calls).await?;
        }
        for line in &kept.stays {
            self.cx.read.say(format!("stays when the stack is deleted: {line}"));
        }
        story.stays.retained = kept.stays;
        self.remember(story).await?;
        if stack.termination_protection {
            self.unguard(story, stack).await?;
        }
        let now = self.call(story, stack, &Call::Delete { retain: Vec::new() }).await?;
        deleted(story, stack, now.as_ref());
        Ok(now)
    }

    /// Deletes a stack whose deletion has failed twice, and leaves behind what cannot be deleted, if a person says so.
    pub(super) async fn remove_retaining(
        &self,
        story: &mut Story,
        stack: &StackDescription,
    ) -> Result<Option<StackDescription>, Halt> {
        let name = &stack.name;
        let resources = self.aws.reads().stacks().resources(&stack.id).await?.value;
        let failed: Vec<&StackResource> =
            resources.iter().filter(|resource| resource.status == "DELETE_FAILED").collect();
        let retain: Vec<String> = failed.iter().map(|resource| resource.logical_id.clone()).collect();
        let mut body = vec![format!("Deleting stack {name} failed again. Left behind, and of no stack any more:")];
        body.extend(failed.iter().map(|resource| {
            let reason = resource.status_reason.as_deref().unwrap_or("no reason given");
            format!("      {}: {reason}", line(resource))
        }));
        let calls = vec![format!(
            "aws cloudformation delete-stack --stack-name {} --retain-resources {}",
            stack.id,
            retain.join(" ")
        )];
        self.confirm("retain", format!("Delete stack {name} without them?"), body, calls).await?;
        let mut stays = self.kept(stack).await?.stays;
        stays.extend(failed.iter().map(|resource| stays_line(stack, resource)));
        story.stays.retained = stays;
        self.remember(story).await?;
        let now = self.call(story, stack, &Call::Delete { retain }).await?;
        deleted(story, stack, now.as_ref());
        Ok(now)
    }

    /// What of a stack stays when it is deleted, and what is lost with data in it.
    async fn kept(&self, stack: &StackDescription) -> Result<Kept, Halt> {
        let reads = self.aws.reads().stacks();
        if stack.status == "REVIEW_IN_PROGRESS" {
            return Ok(Kept::default());
        }
        let template = TemplateText::new(reads.template(&stack.id).await?.value);
        let policies: BTreeMap<String, String> =
            template.kept_on_delete().into_iter().map(|(id, _, policy)| (id, policy)).collect();
        let resources = reads.resources(&stack.id).await?.value;
        let there = |resource: &&StackResource| {
            resource.physical_id.is_some() && !matches!(resource.status.as_str(), "DELETE_COMPLETE" | "CREATE_FAILED")
        };
        let mut kept = Kept::default();
        for resource in resources.iter().filter(there) {
            match policies.get(&resource.logical_id).map(String::as_str) {
                Some("Snapshot") => kept.stays.push(format!("{}: a snapshot of it", stays_line(stack, resource))),
                Some(_) => kept.stays.push(stays_line(stack, resource)),
                None if holds_data(&resource.resource_type) => kept.lost.push(resource.clone()),
                None => {}
            }
        }
        Ok(kept)
    }
}

#[derive(Default)]
struct Kept {
    stays: Vec<String>,
    lost: Vec<StackResource>,
}

/// What goes, as a person knows it.
fn line(resource: &StackResource) -> String {
    let physical = resource.physical_id.as_deref().unwrap_or("(no id)");
    format!("{} ({}) {physical}", resource.logical_id, resource.resource_type)
}

/// What stays, as it is found without its stack.
fn stays_line(stack: &StackDescription, resource: &StackResource) -> String {
    named(&stack.id, &resource.logical_id, &resource.resource_type, resource.physical_id.as_deref())
}

/// Notes what stays of a stack that is gone: what its template keeps, and what the events name as skipped.
fn deleted(story: &mut Story, stack: &StackDescription, now: Option<&StackDescription>) {
    if now.is_some_and(|now| now.status != "DELETE_COMPLETE") {
        return;
    }
    let stays = &mut story.stays.retained;
    for event in story.events.iter().filter(|event| event.status == "DELETE_SKIPPED") {
        let line = named(&stack.id, &event.logical_id, &event.resource_type, event.physical_id.as_deref());
        if !stays.iter().any(|stays| stays.starts_with(&line)) {
            stays.push(line);
        }
    }
    story.notes.push(format!("stack {}, which the run made, is deleted", stack.name));
    if !stays.is_empty() {
        story.warnings.push(format!("these stay, of no stack any more: {}", stays.join(", ")));
    }
}
