//! The template that a deployment brings.

use crate::aws::AwsReads;
use crate::aws::stacks::{NoEcho, TemplateText};
use crate::step::ReadContext;
use crate::step::rehearse::{Untold, told};
use crate::step::stack::prepare::template;
use crate::step::stack::task::{StackSource, StackTask};

/// Reads the new template: a file of the project, or that of a change set.
pub(super) async fn new_template(change: &StackTask, aws: &AwsReads, cx: &ReadContext) -> Result<TemplateText, Untold> {
    match &change.source {
        StackSource::Template { path, planned } => template(&cx.deciding, path, planned.as_deref())
            .map_err(|failure| Untold::because(failure.message, failure.remedy)),
        StackSource::ChangeSet(given) => {
            let reads = aws.stacks();
            let arn = if given.starts_with("arn:") {
                given.clone()
            } else {
                told(cx, reads.change_set_named(&change.stack, given, &NoEcho::default())).await?.arn
            };
            told(cx, reads.change_set_template(&arn)).await.map(TemplateText::new)
        }
        StackSource::Clean(clean) => Ok(TemplateText::new(clean.template.as_str())),
    }
}
