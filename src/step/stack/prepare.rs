//! From a step to a change set that can be shown: made here, or adopted.

use std::fs;
use std::path::Path;

use crate::aws::Aws;
use crate::aws::stacks::{
    ChangeSetDescription, ChangeSetKind, ChangeSetSpec, NoEcho, OnStackFailure, ParameterChoice, Readiness,
    StackDescription, StackDiff, StackRefusal, TemplateRoute, TemplateSource, TemplateText, choose_parameters,
    missing_capabilities, readiness,
};
use crate::event::{ArtifactRef, Failure, FailureKind};
use crate::step::effect::{Halt, effect, planned};
use crate::step::pause::{disturbed, pause};
use crate::step::stack::before::record;
use crate::step::stack::failure::{refusal_failure, stack_failure};
use crate::step::stack::outcome::{file, outputs_of};
use crate::step::stack::task::{StackSource, StackTask};
use crate::step::{Ran, WriteContext};

/// The call that makes a change set.
pub(super) const CREATE: &str = "cloudformation:CreateChangeSet";

/// What the preparation came to.
pub(super) enum Ready {
    /// The stack is as it should be.
    NothingToDo(Box<Ran>),
    /// A change set waits.
    Change(Box<Prepared>),
}

/// A change set that can be shown and executed.
pub(super) struct Prepared {
    pub(super) change_set: ChangeSetDescription,
    /// The stack as it is now; none when the change set makes it.
    pub(super) before: Option<StackDescription>,
    /// The parameters, for people.
    pub(super) parameters: Vec<String>,
    pub(super) diff: StackDiff,
    /// Whether this step made the change set: then it also cleans it up.
    pub(super) ours: bool,
    /// The template and the change set as they are.
    pub(super) artifacts: Vec<ArtifactRef>,
}

/// Makes or adopts the change set, and waits until its content is known.
pub(super) async fn prepare(cx: &WriteContext, aws: &Aws, task: &StackTask) -> Result<Ready, Halt> {
    let reads = aws.reads().stacks();
    let found = reads.describe(&task.stack).await?.value;
    let last = match &found {
        Some(stack) => reads.last_event(&stack.id).await?.value,
        None => None,
    };
    let kind = match readiness(found.as_ref(), last.as_ref()) {
        Readiness::Create { left_over } => {
            if left_over {
                cx.read.say(format!(
                    "stack {} is an empty shell of an earlier change set; another can be made for it",
                    task.stack
                ));
            }
            ChangeSetKind::Create
        }
        Readiness::Update => ChangeSetKind::Update,
        Readiness::Refused(refusal) => return Err(refusal_failure(&refusal).into()),
    };
    let before = found.filter(|_| kind == ChangeSetKind::Update);
    // A change set is an effect as well: what the stack is goes on record before there is one.
    record(cx, aws, &task.stack, before.as_ref(), &task.earlier).await?;
    match &task.source {
        StackSource::Template { path, planned } => {
            let text = template(&cx.read.deciding, path, planned.as_deref())?;
            Box::pin(made(cx, aws, task, kind, before, text)).await
        }
        StackSource::ChangeSet(arn) => adopted(cx, aws, task, arn, before).await,
        StackSource::Clean(clean) => {
            let text = TemplateText::new(clean.template.as_str());
            Box::pin(made(cx, aws, task, kind, before, text)).await
        }
    }
}

/// Reads a template of the project.
pub(super) fn template(project: &Path, path: &Path, planned: Option<&str>) -> Result<TemplateText, Box<Failure>> {
    let fault = |kind, message: String| Box::new(Failure::new(kind, message));
    let io =
        |error: std::io::Error| fault(FailureKind::Io, format!("template {} cannot be read: {error}", path.display()));
    let root = project.canonicalize().map_err(io)?;
    let whole = root.join(path).canonicalize().map_err(io)?;
    if !whole.starts_with(&root) {
        return Err(fault(FailureKind::Io, format!("template {} is outside of the project", path.display())));
    }
    let template = TemplateText::new(fs::read_to_string(&whole).map_err(io)?);
    match planned {
        Some(planned) if planned != template.digest() => {
            let message = format!("template {} is not the one that was planned", path.display());
            let remedy = "resume the run: the change is shown, and can be accepted";
            Err(Box::new(Failure::new(FailureKind::Guard, message).with_remedy(remedy)))
        }
        Some(_) | None => Ok(template),
    }
}

async fn made(
    cx: &WriteContext,
    aws: &Aws,
    task: &StackTask,
    kind: ChangeSetKind,
    before: Option<StackDescription>,
    text: TemplateText,
) -> Result<Ready, Halt> {
    let reads = aws.reads().stacks();
    let source = sent(cx, aws, &text, task.upload_bucket.as_deref()).await?;
    let summary = reads.template_summary(&source, &task.stack).await?.value.read_with(&text);
    let mut needed = summary.capabilities.clone();
    needed.extend(text.iam_capability().map(str::to_owned));
    let missing = missing_capabilities(&needed, &task.capabilities);
    if !missing.is_empty() {
        return Err(refusal_failure(&StackRefusal::MissingCapabilities { missing }).into());
    }
    let previous = before.as_ref().map(|stack| stack.parameters.as_slice()).unwrap_or_default();
    let parameters = choose_parameters(&summary.parameters, &task.parameters, previous)
        .map_err(|refusal| refusal_failure(&refusal))?;
    let mut no_echo = NoEcho::of(&summary).with_template(&text);
    for (name, value) in &task.parameters {
        no_echo = no_echo.with_value(name, value);
    }
    if let Some(stack) = &before {
        no_echo = no_echo.with_template(&TemplateText::new(reads.template(&stack.id).await?.value));
    }
    let template = file(cx, "template", "text/plain", text.body().as_bytes())?;
    let lines = parameters.iter().map(ParameterChoice::line).collect();
    let spec = ChangeSetSpec {
        stack: task.stack.clone(),
        kind,
        template: source,
        parameters,
        capabilities: task.capabilities.clone(),
        tags: task.tag_list(),
        role_arn: task.role_arn.clone(),
        notification_arns: task.notification_arns.clone(),
        nested: text.nests(),
        description: None,
        // A stack that exists is never deleted because an update failed; the service refuses to be asked for it.
        on_failure: task.on_failure.filter(|choice| kind == ChangeSetKind::Create || *choice != OnStackFailure::Delete),
    };
    cx.read.say(format!("making a change set for stack {}", task.stack));
    let writes = aws.stacks();
    let target = match &task.source {
        StackSource::Clean(clean) => clean.made.as_str(),
        StackSource::Template { .. } | StackSource::ChangeSet(_) => task.stack.as_str(),
    };
    let created =
        effect(
            cx,
            planned(aws, CREATE, target, true),
            |token| async move { writes.create_change_set(&token, &spec).await },
        )
        .await?;
    // It was let through because its stack may be changed: from here on it goes by its own ARN, which does not say whose it is.
    cx.may_change(&created.arn);
    let change_set = whole(cx, aws, &created.arn, &no_echo).await?;
    if change_set.has_no_changes() {
        let (writes, arn) = (aws.stacks(), change_set.arn.clone());
        effect(cx, planned(aws, "cloudformation:DeleteChangeSet", &arn, false), |_| async move {
            writes.delete_change_set(&arn).await
        })
        .await?;
        return Ok(nothing_to_do(task, before));
    }
    ready(cx, change_set, before, lines, true, vec![template])
}

/// How a template goes to the service: in the call, or by the bucket.
pub(super) async fn sent(
    cx: &WriteContext,
    aws: &Aws,
    text: &TemplateText,
    bucket: Option<&str>,
) -> Result<TemplateSource, Halt> {
    let bytes = text.body().len();
    match (text.route(bucket.is_some()), bucket) {
        (TemplateRoute::Inline, _) => Ok(TemplateSource::Body(text.body().to_owned())),
        (TemplateRoute::Upload, Some(bucket)) => {
            let target = format!("s3://{bucket}/{}", Aws::template_key(text));
            let put = effect(cx, planned(aws, "s3:PutObject", &target, false), |_| aws.put_template(bucket, text));
            Ok(TemplateSource::Url(put.await?.url))
        }
        (TemplateRoute::NeedsBucket | TemplateRoute::Upload, _) => {
            Err(refusal_failure(&StackRefusal::NeedsBucket { bytes }).into())
        }
        (TemplateRoute::TooLarge, _) => Err(refusal_failure(&StackRefusal::TooLarge { bytes }).into()),
    }
}

async fn adopted(
    cx: &WriteContext,
    aws: &Aws,
    task: &StackTask,
    given: &str,
    before: Option<StackDescription>,
) -> Result<Ready, Halt> {
    let reads = aws.reads().stacks();
    // A name is one of the stack's; an ARN says its stack itself.
    let found = if given.starts_with("arn:") {
        reads.change_set(given, &NoEcho::default()).await?
    } else {
        reads.change_set_named(&task.stack, given, &NoEcho::default()).await?
    };
    let arn = found.value.arn.as_str();
    let body = reads.change_set_template(arn).await?.value;
    let mut no_echo = NoEcho::default().with_template(&TemplateText::new(body.as_str()));
    if let Some(stack) = &before {
        no_echo = no_echo.with_template(&TemplateText::new(reads.template(&stack.id).await?.value));
    }
    let change_set = whole(cx, aws, arn, &no_echo).await?;
    if change_set.stack_name != task.stack && change_set.stack_id != task.stack {
        let message = format!("change set {arn} is for stack {}, not {}", change_set.stack_name, task.stack);
        return Err(stack_failure("WrongStack", message).into());
    }
    if change_set.has_no_changes() {
        return Ok(nothing_to_do(task, before));
    }
    let template = file(cx, "template", "text/plain", body.as_bytes())?;
    let lines = change_set.parameters.iter().map(|one| format!("{} = {}", one.name, one.value)).collect();
    ready(cx, change_set, before, lines, false, vec![template])
}

/// Waits until a change set's content is known. A look that fails is not a change set that failed.
pub(super) async fn whole(
    cx: &WriteContext,
    aws: &Aws,
    arn: &str,
    no_echo: &NoEcho,
) -> Result<ChangeSetDescription, Halt> {
    let reads = aws.reads().stacks();
    let mut failed = 0;
    loop {
        match reads.change_set(arn, no_echo).await {
            Ok(found) if !found.value.is_pending() => return Ok(found.value),
            Ok(_) => failed = 0,
            Err(error) if error.is_transient() => failed += 1,
            Err(error) => return Err(error.into()),
        }
        pause(&cx.read, aws, failed).await.map_err(|end| disturbed(end, "the change set was being made"))?;
    }
}

pub(super) fn ready(
    cx: &WriteContext,
    change_set: ChangeSetDescription,
    before: Option<StackDescription>,
    parameters: Vec<String>,
    ours: bool,
    mut artifacts: Vec<ArtifactRef>,
) -> Result<Ready, Halt> {
    if !change_set.is_available() {
        let reason = change_set.status_reason.clone().unwrap_or_else(|| change_set.execution_status.clone());
        let message = format!("the change set cannot be executed: {} ({reason})", change_set.status);
        return Err(stack_failure(&change_set.status, message).into());
    }
    let json = serde_json::to_vec_pretty(&change_set).expect("a change set is plain data");
    artifacts.push(file(cx, "change-set", "application/json", &json)?);
    let diff = StackDiff::of(&change_set, before.as_ref());
    Ok(Ready::Change(Box::new(Prepared { change_set, before, parameters, diff, ours, artifacts })))
}

fn nothing_to_do(task: &StackTask, before: Option<StackDescription>) -> Ready {
    let mut ran = Ran::well(before.map(|stack| outputs_of(&stack, None, false)).unwrap_or_default());
    ran.note = Some(format!("stack {} is already as the template says: no change was needed", task.stack));
    Ready::NothingToDo(Box::new(ran))
}
