//! The calls of the way back of a stack, as a person would make them.

use serde_json::Value;

use crate::aws::stacks::MASKED;
use crate::step::stack::restore::task::StackRestoreTask;
use crate::world::secret::CUT;

/// The calls, as far as they are known: what is captured is known from the record of the step that is undone.
pub(super) fn describe(task: &StackRestoreTask) -> Vec<String> {
    let step = &task.undone.step;
    let Some(captured) = &task.undone.captured else {
        return outline(&step.to_string(), task.upload_bucket.as_deref());
    };
    let before = &captured.before;
    let text = |key: &str| before.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = text("name");
    if before.get("exists") == Some(&Value::from(false)) {
        return vec![
            format!("aws cloudformation delete-stack --stack-name {name}"),
            format!("  stack {name} did not exist before `{step}`"),
        ];
    }
    let template = captured.artifacts.first().map_or("TEMPLATE", |file| file.digest.as_str());
    let bytes = captured.artifacts.first().map_or(0, |file| file.bytes);
    let mut lines = vec![format!(
        "aws cloudformation create-change-set --stack-name {} --change-set-name back --change-set-type UPDATE",
        text("id")
    )];
    lines.push(match (&task.upload_bucket, bytes > 51_200) {
        (Some(bucket), true) => {
            format!("  --template-url of artifacts/{template} of the run, by s3://{bucket}")
        }
        _ => format!("  --template-body file://artifacts/{template} (in the run's folder)"),
    });
    let items = |key: &str| before.get(key).and_then(Value::as_array).into_iter().flatten();
    let word = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    for parameter in items("parameters") {
        let (name, value) = (word(parameter, "name"), word(parameter, "value"));
        lines.push(if task.parameters.contains_key(&name) && (value == MASKED || value.contains(CUT)) {
            format!("  --parameters ParameterKey={name},ParameterValue={MASKED} (`parameters` of the step gives it)")
        } else if value == MASKED {
            format!("  --parameters ParameterKey={name},UsePreviousValue=true (NoEcho: it cannot be read back)")
        } else {
            format!("  --parameters ParameterKey={name},ParameterValue={value}")
        });
    }
    for tag in items("tags") {
        lines.push(format!("  --tags Key={},Value={}", word(tag, "key"), word(tag, "value")));
    }
    let capabilities: Vec<&str> = items("capabilities").filter_map(Value::as_str).collect();
    if !capabilities.is_empty() {
        lines.push(format!("  --capabilities {}", capabilities.join(" ")));
    }
    if let Some(role) = before.get("role_arn").and_then(Value::as_str) {
        lines.push(format!("  --role-arn {role}"));
    }
    lines.push(format!("aws cloudformation execute-change-set --stack-name {} --change-set-name back", text("id")));
    lines
}

/// The calls of a plan: what is captured is known once the step that is undone has run.
pub(super) fn outline(step: &str, bucket: Option<&str>) -> Vec<String> {
    let mut lines = vec![
        format!("puts back what was captured before `{step}` (known after {step})"),
        "  cloudformation:CreateChangeSet with the captured template, parameters and tags".to_owned(),
    ];
    lines.extend(bucket.map(|bucket| format!("  a template of more than 51,200 bytes goes to s3://{bucket}")));
    lines.push("  cloudformation:ExecuteChangeSet, once the change set is shown".to_owned());
    lines.push("  or cloudformation:DeleteStack, if there was no stack".to_owned());
    lines
}

impl StackRestoreTask {
    /// The calls of a step of a plan.
    pub fn outline(step: &str, bucket: Option<&str>) -> Vec<String> {
        outline(step, bucket)
    }
}
