//! From what the file says to what is to be done: the step's templates, evaluated.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::aws::stacks;
use crate::event::EffectState;
use crate::step::kind::{OnStackFailure, Stack};
use crate::step::stack::task::{StackSource, StackTask};
use crate::value::{EvalError, Scope, Template, ValueTemplate};

impl StackTask {
    /// The task of a step.
    ///
    /// # Errors
    /// What an expression in it could not give, or a parameter that is no text, number, boolean or list of those.
    pub fn of(spec: &Stack, scope: &Scope) -> Result<Self, EvalError> {
        let optional = |template: &Option<Template>| template.as_ref().map(|one| one.eval_text(scope)).transpose();
        let source = match (optional(&spec.template)?, optional(&spec.change_set)?) {
            (Some(path), _) => StackSource::Template { path: PathBuf::from(path), planned: None },
            (None, Some(change_set)) => StackSource::ChangeSet(change_set),
            (None, None) => {
                return Err(EvalError::Other { message: "a stack step needs a template or a change set".to_owned() });
            }
        };
        let mut parameters = BTreeMap::new();
        for (name, value) in &spec.parameters {
            parameters.insert(name.clone(), parameter(name, &value.eval(scope)?)?);
        }
        let mut tags = BTreeMap::new();
        for (key, value) in &spec.tags {
            tags.insert(key.clone(), value.eval_text(scope)?);
        }
        let topics =
            spec.notification_arns.iter().map(|topic| topic.eval_text(scope)).collect::<Result<Vec<_>, _>>()?;
        Ok(StackTask {
            stack: spec.stack.eval_text(scope)?,
            source,
            parameters,
            capabilities: spec.capabilities.clone(),
            tags: (!tags.is_empty()).then_some(tags),
            role_arn: optional(&spec.role_arn)?,
            notification_arns: (!topics.is_empty()).then_some(topics),
            upload_bucket: optional(&spec.upload_bucket)?,
            on_failure: on_failure(spec),
            earlier: Vec::new(),
        })
    }

    /// The same, with the effects of the step's earlier attempts.
    #[must_use]
    pub fn after(mut self, earlier: Vec<EffectState>) -> Self {
        self.earlier = earlier;
        self
    }

    /// The same, bound to the bytes that the template had in the plan: their SHA-256 in hex.
    #[must_use]
    pub fn pinned(mut self, digest: impl Into<String>) -> Self {
        if let StackSource::Template { planned, .. } = &mut self.source {
            *planned = Some(digest.into());
        }
        self
    }

    /// The calls of a step whose values are not all known: as the file says them, with no value that may be secret.
    pub fn outline(spec: &Stack, scope: &Scope) -> Vec<String> {
        let stack = spec.stack.preview(scope);
        let mut lines = Vec::new();
        if let Some(change_set) = &spec.change_set {
            lines.push(format!("adopts change set {} of stack {stack}", change_set.preview(scope)));
        } else {
            lines.push(format!("cloudformation:CreateChangeSet on stack {stack}"));
        }
        if let Some(template) = &spec.template {
            lines.push(format!("  template {}", template.preview(scope)));
        }
        for (name, value) in &spec.parameters {
            lines.push(format!("  parameter {name} = {}", as_written(value)));
        }
        if !spec.capabilities.is_empty() {
            lines.push(format!("  capabilities {}", spec.capabilities.join(", ")));
        }
        for (key, value) in &spec.tags {
            lines.push(format!("  tag {key} = {}", value.text()));
        }
        lines.push("cloudformation:ExecuteChangeSet, once the change set was shown and confirmed".to_owned());
        lines
    }
}

fn on_failure(spec: &Stack) -> Option<stacks::OnStackFailure> {
    match (spec.disable_rollback, spec.on_stack_failure) {
        (true, _) | (false, OnStackFailure::DoNothing) => Some(stacks::OnStackFailure::DoNothing),
        (false, OnStackFailure::Delete) => Some(stacks::OnStackFailure::Delete),
        // The service's default.
        (false, OnStackFailure::Rollback) => None,
    }
}

/// A parameter's value as `CloudFormation` takes it: text; the items of a list with commas between them.
pub(in crate::step) fn parameter(name: &str, value: &Value) -> Result<String, EvalError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Array(items) => {
            let items = items.iter().map(|item| parameter(name, item)).collect::<Result<Vec<_>, _>>()?;
            Ok(items.join(","))
        }
        Value::Null | Value::Object(_) => Err(EvalError::Type {
            message: format!("parameter `{name}` is text, a number, a boolean or a list of those, not {value}"),
        }),
    }
}

fn as_written(value: &ValueTemplate) -> String {
    match value {
        ValueTemplate::Fixed(value) => value.to_string(),
        ValueTemplate::Text(template) => template.text().to_owned(),
        ValueTemplate::List(items) => items.iter().map(as_written).collect::<Vec<_>>().join(","),
        ValueTemplate::Map(_) => "(a table)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use std::collections::BTreeMap;

    use super::on_failure;
    use crate::aws::stacks;
    use crate::step::kind::{OnStackFailure, Stack};
    use crate::step::stack::task::{StackSource, StackTask};
    use crate::value::{EvalError, Scope, Template, ValueTemplate};

    fn spec() -> Stack {
        let text = |text: &str| Template::parse(text).unwrap();
        Stack {
            stack: text("mte-${input.stage}"),
            template: Some(text("templates/mte.yaml")),
            change_set: None,
            parameters: BTreeMap::from([
                ("Limit".to_owned(), ValueTemplate::Text(text("${input.limit}"))),
                (
                    "Zones".to_owned(),
                    ValueTemplate::List(vec![ValueTemplate::Fixed(json!("a")), ValueTemplate::Fixed(json!(2))]),
                ),
                ("Password".to_owned(), ValueTemplate::Text(text("${input.password}"))),
            ]),
            capabilities: vec!["CAPABILITY_IAM".to_owned()],
            tags: BTreeMap::from([("stage".to_owned(), text("${input.stage}"))]),
            role_arn: None,
            notification_arns: Vec::new(),
            upload_bucket: None,
            on_stack_failure: OnStackFailure::Rollback,
            disable_rollback: false,
        }
    }

    fn scope() -> Scope {
        let mut scope = Scope::new();
        scope.set(&["input"], json!({ "stage": "prod", "limit": 10, "password": "hunter2" }));
        scope
    }

    #[test]
    fn values_become_what_the_service_takes() {
        let task = StackTask::of(&spec(), &scope()).unwrap().pinned("abc");
        assert_eq!(task.stack, "mte-prod");
        assert_eq!(task.parameters["Limit"], "10");
        assert_eq!(task.parameters["Zones"], "a,2");
        assert_eq!(task.tags.as_ref().unwrap()["stage"], "prod");
        assert_eq!((task.on_failure, task.notification_arns.as_ref()), (None, None));
        let StackSource::Template { planned, .. } = &task.source else { panic!("{:?}", task.source) };
        assert_eq!(planned.as_deref(), Some("abc"));
        assert!(!format!("{task:?}").contains("hunter2"));
    }

    #[test]
    fn a_table_is_no_parameter() {
        let mut spec = spec();
        spec.parameters.insert("Bad".to_owned(), ValueTemplate::Text(Template::parse("${input}").unwrap()));
        assert!(matches!(StackTask::of(&spec, &scope()), Err(EvalError::Type { .. })));
    }

    #[test]
    fn an_outline_shows_no_value() {
        let lines = StackTask::outline(&spec(), &scope());
        assert_eq!(lines[0], "cloudformation:CreateChangeSet on stack mte-prod");
        assert!(lines.contains(&"  parameter Password = ${input.password}".to_owned()), "{lines:#?}");
        assert!(!lines.concat().contains("hunter2"));
    }

    #[test]
    fn a_failed_stack_is_left_alone_only_on_demand() {
        let keep = Stack { disable_rollback: true, ..spec() };
        assert_eq!(on_failure(&keep), Some(stacks::OnStackFailure::DoNothing));
        let gone = Stack { on_stack_failure: OnStackFailure::Delete, ..spec() };
        assert_eq!(on_failure(&gone), Some(stacks::OnStackFailure::Delete));
    }
}
