//! The captured template, parameters and tags go back through a change set that is shown.

use std::collections::BTreeMap;

use crate::aws::stacks::{
    ChangeSetKind, ChangeSetSpec, DriftedResource, MASKED, NoEcho, ParameterChoice, ParameterSource, StackDescription,
    StackParameter, StackTag, StackWrites, TemplateParameter, TemplateText, holds_data,
};
use crate::event::{EffectResult, Failure, FailureKind};
use crate::step::effect::{Halt, effect, planned};
use crate::step::stack::approve::{approve, ask};
use crate::step::stack::before::{Before, StackBefore};
use crate::step::stack::execute::execute;
use crate::step::stack::failure::stack_failure;
use crate::step::stack::outcome::file;
use crate::step::stack::prepare::{CREATE, Prepared, Ready, ready, sent, whole};
use crate::step::stack::restore::task::{Story, Way};

const DELETE_CHANGE_SET: &str = "cloudformation:DeleteChangeSet";

impl Way<'_> {
    /// Puts the stack back as it was captured, unless it is so already. Gives the stack as it is then.
    pub(super) async fn put_back(&self, story: &mut Story, stack: StackDescription) -> Result<StackDescription, Halt> {
        let Before::There(before) = self.before else { return Ok(stack) };
        let name = &stack.name;
        let template = TemplateText::new(self.aws.reads().stacks().template(&stack.id).await?.value);
        let differs = differences(before, &stack, &template);
        let untouched = before.stack.updated == stack.updated && before.stack.change_set == stack.change_set;
        if differs.is_empty() && (untouched || stack.status == "UPDATE_ROLLBACK_COMPLETE") {
            self.drop_waiting(story, &stack).await?;
            story.notes.push(format!("stack {name} is as it was ({}): nothing had to be put back", stack.status));
            return Ok(stack);
        }
        let mut no_echo = NoEcho::default().with_template(&before.template).with_template(&template);
        for (name, value) in &self.task.parameters {
            no_echo = no_echo.with_value(name, value);
        }
        let parameters = parameters(before, &stack, &self.task.parameters)?;
        story.warnings.extend(unused(before, &self.task.parameters));
        let lines = parameters.iter().map(ParameterChoice::line).collect();
        let Some(prepared) = self.change_set(&stack, before, parameters, lines, &no_echo).await? else {
            self.unchanged(story, &stack, before, &no_echo).await?;
            return Ok(stack);
        };
        for line in
            prepared.diff.lines().into_iter().chain(prepared.parameters.iter().map(|line| format!("      {line}")))
        {
            self.cx.read.say(line);
        }
        let lost = prepared.diff.lost().any(|change| holds_data(&change.resource_type));
        if lost {
            ask(self.cx, self.aws, &prepared, Some(name.clone())).await?;
        } else {
            approve(self.cx, self.aws, &prepared).await?;
        }
        story.artifacts.extend(prepared.artifacts.iter().cloned());
        story.changed = true;
        let ran = execute(self.cx, self.aws, &prepared).await?;
        story.artifacts.extend(ran.artifacts);
        if let Some(failure) = ran.failure {
            return Err(failure.into());
        }
        self.is_back(story, before, &prepared.diff.summary()).await
    }

    /// Looks whether the stack is as it was, once it was updated to that.
    pub(super) async fn is_back(
        &self,
        story: &mut Story,
        before: &StackBefore,
        how: &str,
    ) -> Result<StackDescription, Halt> {
        let name = self.name();
        let gone = || stack_failure("NotFound", format!("stack {name} is gone"));
        let now = self.look().await?.ok_or_else(gone)?;
        self.drop_waiting(story, &now).await?;
        name_hidden(story, before, &self.task.parameters);
        let template = TemplateText::new(self.aws.reads().stacks().template(&now.id).await?.value);
        let differs = differences(before, &now, &template);
        if !differs.is_empty() {
            let message = format!("stack {name} was updated, and is still not as it was: {}", differs.join("; "));
            return Err(stack_failure(&now.status, message).into());
        }
        if before.stack.role_arn != now.role_arn {
            story.warnings.push(role_stays(&now));
        }
        story.notes.push(format!("stack {name} is as it was: {how}"));
        Ok(now)
    }

    /// Makes the change set; none when there is nothing that one could change.
    async fn change_set(
        &self,
        stack: &StackDescription,
        before: &StackBefore,
        parameters: Vec<ParameterChoice>,
        lines: Vec<String>,
        no_echo: &NoEcho,
    ) -> Result<Option<Prepared>, Halt> {
        let (cx, aws) = (self.cx, self.aws);
        let text = &before.template;
        let template = sent(cx, aws, text, self.task.upload_bucket.as_deref()).await?;
        let kept = file(cx, "template", "text/plain", text.body().as_bytes())?;
        let mut capabilities = before.stack.capabilities.clone();
        // Not every endpoint tells what was acknowledged; that the template ran before says it.
        let needed = text.iam_capability().map(str::to_owned);
        capabilities.extend(needed.filter(|needed| !before.stack.capabilities.contains(needed)));
        let spec = ChangeSetSpec {
            stack: stack.id.clone(),
            kind: ChangeSetKind::Update,
            template,
            parameters,
            capabilities,
            tags: Some(own_tags(&before.stack.tags)),
            role_arn: before.stack.role_arn.clone(),
            notification_arns: Some(before.stack.notification_arns.clone()),
            nested: text.nests(),
            description: Some(format!("as it was before {}", self.task.undone.step)),
            on_failure: None,
        };
        cx.read.say(format!("making a change set that puts stack {} back", stack.name));
        let writes = aws.stacks();
        let created = effect(cx, planned(aws, CREATE, &stack.id, true), |token| async move {
            writes.create_change_set(&token, &spec).await
        })
        .await?;
        // It was let through because its stack may be changed: from here on it goes by its own ARN.
        cx.may_change(&created.arn);
        let change_set = whole(cx, aws, &created.arn, no_echo).await?;
        if change_set.has_no_changes() {
            self.delete_change_set(&change_set.arn).await?;
            return Ok(None);
        }
        match ready(cx, change_set, Some(stack.clone()), lines, true, vec![kept])? {
            Ready::Change(prepared) => Ok(Some(*prepared)),
            Ready::NothingToDo(_) => Ok(None),
        }
    }

    /// A change set sees only what the template says: what was changed beside it is looked for.
    async fn unchanged(
        &self,
        story: &mut Story,
        stack: &StackDescription,
        before: &StackBefore,
        no_echo: &NoEcho,
    ) -> Result<(), Halt> {
        let name = &stack.name;
        self.drop_waiting(story, stack).await?;
        name_hidden(story, before, &self.task.parameters);
        let template = TemplateText::new(self.aws.reads().stacks().template(&stack.id).await?.value);
        let differs = differences(before, stack, &template);
        if !differs.is_empty() {
            // The service counts them as no change: they make none in a resource.
            story.warnings.push(format!("a change set does not put back: {}", differs.join("; ")));
            story.differs = differs.into_iter().map(|what| format!("{what} of stack {name}")).collect();
        }
        story.notes.push(format!("stack {name} needs no change to be as it was"));
        match self.drift(&stack.id, no_echo).await? {
            Ok(drifted) => {
                if !drifted.is_empty() {
                    let lines: Vec<String> = drifted.iter().map(DriftedResource::line).collect();
                    story.warnings.push(format!(
                        "what was changed beside CloudFormation stays, and is to be put back by hand: {}",
                        lines.join("; ")
                    ));
                }
                story.drift = Some(drifted);
            }
            Err(why) => {
                story.warnings.push(format!("whether anything was changed beside CloudFormation is not known: {why}"));
            }
        }
        Ok(())
    }

    /// Removes the change sets that the undone step made and that still wait: nobody is to execute them by mistake.
    async fn drop_waiting(&self, story: &mut Story, stack: &StackDescription) -> Result<(), Halt> {
        let reads = self.aws.reads().stacks();
        for effect in &self.task.undone.effects {
            let (Some(token), CREATE) = (&effect.token, effect.call.as_str()) else { continue };
            if effect.result == Some(EffectResult::Refused) {
                continue;
            }
            let change_set = StackWrites::change_set_name(token);
            let found = reads.change_set_named(&stack.name, &change_set, &NoEcho::default()).await;
            if let Ok(waiting) = found.map(|found| found.value)
                && !waiting.was_executed()
            {
                // Its name holds the token of the run's own call.
                self.cx.may_change(&waiting.arn);
                self.delete_change_set(&waiting.arn).await?;
                story.changed = true;
                story.notes.push(format!("change set {change_set}, which was never executed, is removed"));
            }
        }
        Ok(())
    }

    async fn delete_change_set(&self, arn: &str) -> Result<(), Halt> {
        let (writes, arn) = (self.aws.stacks(), arn.to_owned());
        effect(self.cx, planned(self.aws, DELETE_CHANGE_SET, &arn.clone(), false), |_| async move {
            writes.delete_change_set(&arn).await
        })
        .await
    }
}

/// The captured parameters. A `NoEcho` value is on no record: the step gives it, or the stack's own is used again.
fn parameters(
    before: &StackBefore,
    now: &StackDescription,
    given: &BTreeMap<String, String>,
) -> Result<Vec<ParameterChoice>, Box<Failure>> {
    let declared = before.template.parameters().unwrap_or_default();
    let mut choices = Vec::new();
    let mut lost = Vec::new();
    for parameter in &before.stack.parameters {
        let StackParameter { name, value, .. } = parameter;
        let no_echo = is_no_echo(&declared, parameter);
        let own = given.get(name);
        let source = if !no_echo {
            ParameterSource::Given(value.clone())
        } else if let Some(own) = own {
            ParameterSource::Given(own.clone())
        } else if now.parameters.iter().any(|one| one.name == *name) {
            ParameterSource::Previous(MASKED.to_owned())
        } else {
            lost.push(name.clone());
            continue;
        };
        // What the step gives is secret, also where the template does not say so.
        choices.push(ParameterChoice { name: name.clone(), source, no_echo: no_echo || own.is_some() });
    }
    if lost.is_empty() {
        return Ok(choices);
    }
    let message = format!(
        "the value of {} is on no record (NoEcho), and stack {} does not have it any more",
        lost.join(", "),
        now.name
    );
    let remedy = "update the stack by hand with the previous template (the run keeps it) and the value; the next run has \
                  it from `parameters` of this step";
    Err(Box::new(Failure::new(FailureKind::Guard, message).with_remedy(remedy)))
}

/// Names what the step gives and nothing needs: the value is on record, or there is no such parameter.
fn unused(before: &StackBefore, given: &BTreeMap<String, String>) -> Option<String> {
    let declared = before.template.parameters().unwrap_or_default();
    // A value that was cut is what the step gives.
    let is_used = |name: &str, value: &str| {
        before.stack.parameters.iter().any(|one| one.name == name && (is_no_echo(&declared, one) || one.value == value))
    };
    let unused: Vec<&str> =
        given.iter().filter(|(name, value)| !is_used(name, value)).map(|(name, _)| name.as_str()).collect();
    (!unused.is_empty()).then(|| format!("`parameters` is not used for {}: it is on record", unused.join(", ")))
}

/// Names the parameters whose values are on no record, and are not given.
fn name_hidden(story: &mut Story, before: &StackBefore, given: &BTreeMap<String, String>) {
    let declared = before.template.parameters().unwrap_or_default();
    let is_hidden = |one: &&StackParameter| is_no_echo(&declared, one) && !given.contains_key(&one.name);
    let hidden: Vec<&str> = before.stack.parameters.iter().filter(is_hidden).map(|one| one.name.as_str()).collect();
    if !hidden.is_empty() {
        let hidden = hidden.join(", ");
        story.warnings.push(format!("the value of {hidden} cannot be read back: it stays as the stack has it now"));
    }
}

pub(in crate::step::stack) fn is_no_echo(declared: &[TemplateParameter], parameter: &StackParameter) -> bool {
    declared.iter().any(|one| one.name == parameter.name && one.no_echo) || parameter.value == MASKED
}

/// Tags that people set; the service sets its own, and refuses them from others.
fn own_tags(tags: &[StackTag]) -> Vec<StackTag> {
    let mut own: Vec<StackTag> = tags.iter().filter(|tag| !tag.key.starts_with("aws:")).cloned().collect();
    own.sort_by(|a, b| a.key.cmp(&b.key));
    own
}

fn role_stays(now: &StackDescription) -> String {
    let role = now.role_arn.as_deref().unwrap_or("none");
    format!("the role that CloudFormation uses for stack {} is still {role}: none can be taken off a stack", now.name)
}

/// In what a stack is not as it was, in words with no value in them.
fn differences(before: &StackBefore, now: &StackDescription, template: &TemplateText) -> Vec<String> {
    let was = &before.stack;
    let mut differs = Vec::new();
    if !before.template.says_the_same(template) {
        differs.push("the template".to_owned());
    }
    let value = |parameters: &[StackParameter], name: &str| {
        parameters.iter().find(|one| one.name == name).map(|one| one.value.clone())
    };
    let mut names: Vec<&String> = was.parameters.iter().chain(&now.parameters).map(|one| &one.name).collect();
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter(|name| value(&was.parameters, name) != value(&now.parameters, name));
    differs.extend(changed.map(|name| format!("parameter {name}")));
    if own_tags(&was.tags) != own_tags(&now.tags) {
        differs.push("the tags".to_owned());
    }
    let sorted = |topics: &[String]| {
        let mut topics = topics.to_vec();
        topics.sort();
        topics
    };
    if sorted(&was.notification_arns) != sorted(&now.notification_arns) {
        differs.push("the notification topics".to_owned());
    }
    differs
}
