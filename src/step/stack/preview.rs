//! What a stack step would do, as far as reading tells: for `plan`. A change set is itself a write, so its diff is not here.

use std::path::Path;

use crate::aws::stacks::{
    ParameterChoice, Readiness, StackDescription, TemplateRoute, TemplateSource, TemplateText, choose_parameters,
    missing_capabilities, readiness,
};
use crate::aws::{AwsError, AwsReads};
use crate::step::stack::failure::refusal_failure;
use crate::step::stack::prepare::template;
use crate::step::stack::task::{StackSource, StackTask};

impl StackTask {
    /// Looks at the stack and the template: whether the stack can be changed, which value each parameter would get and
    /// from where, and what would be refused. Nothing is written.
    pub async fn preview(&self, aws: &AwsReads, project: &Path) -> Vec<String> {
        match self.look(aws, project).await {
            Ok(lines) => lines,
            Err(error) => vec![format!("  not known: {error}")],
        }
    }

    async fn look(&self, aws: &AwsReads, project: &Path) -> Result<Vec<String>, AwsError> {
        let reads = aws.stacks();
        let found = reads.describe(&self.stack).await?.value;
        let last = match &found {
            Some(stack) => reads.last_event(&stack.id).await?.value,
            None => None,
        };
        let mut lines = Vec::new();
        let before = match readiness(found.as_ref(), last.as_ref()) {
            Readiness::Create { .. } => {
                lines.push(format!("  stack {} would be created", self.stack));
                None
            }
            Readiness::Update => {
                lines.push(format!("  stack {} would be updated", self.stack));
                found
            }
            Readiness::Refused(refusal) => {
                lines.push(format!("  would be refused now: {refusal}; {}", refusal.remedy()));
                found
            }
        };
        if let StackSource::Template { path, planned } = &self.source {
            match template(project, path, planned.as_deref()) {
                Ok(text) => lines.extend(self.would_send(aws, &text, before.as_ref()).await?),
                Err(failure) => lines.push(format!("  would be refused: {}", failure.message)),
            }
        }
        lines.push(
            "  the diff is known once the change set is made; it is shown and confirmed before it runs".to_owned(),
        );
        Ok(lines)
    }

    async fn would_send(
        &self,
        aws: &AwsReads,
        text: &TemplateText,
        before: Option<&StackDescription>,
    ) -> Result<Vec<String>, AwsError> {
        let mut lines = Vec::new();
        let bytes = text.body().len();
        let route = text.route(self.upload_bucket.is_some());
        let mut needed: Vec<String> = text.iam_capability().map(str::to_owned).into_iter().collect();
        let declared = match route {
            TemplateRoute::Inline => {
                let source = TemplateSource::Body(text.body().to_owned());
                let summary = aws.stacks().template_summary(&source, &self.stack).await?.value.read_with(text);
                needed.extend(summary.capabilities);
                Some(summary.parameters)
            }
            TemplateRoute::Upload => {
                lines.push(format!("  the template has {bytes} bytes: it would go by the upload bucket"));
                text.parameters()
            }
            TemplateRoute::NeedsBucket | TemplateRoute::TooLarge => {
                lines.push(format!("  would be refused: the template has {bytes} bytes"));
                text.parameters()
            }
        };
        let missing = missing_capabilities(&needed, &self.capabilities);
        if !missing.is_empty() {
            lines.push(format!("  would be refused: the template needs {}", missing.join(", ")));
        }
        let previous = before.map(|stack| stack.parameters.as_slice()).unwrap_or_default();
        match declared.map(|declared| choose_parameters(&declared, &self.parameters, previous)) {
            Some(Ok(choices)) => {
                lines.extend(choices.iter().map(ParameterChoice::line).map(|line| format!("    {line}")));
            }
            Some(Err(refusal)) => lines.push(format!("  would be refused: {}", refusal_failure(&refusal).message)),
            None => lines.push("  the template's parameters are not known before it is sent".to_owned()),
        }
        Ok(lines)
    }
}
