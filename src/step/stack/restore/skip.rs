//! The rollback of an update goes on without the resources that it fails at, by a person's word.

use crate::aws::stacks::{StackDescription, StackResource};
use crate::step::effect::Halt;
use crate::step::stack::failure::stack_failure;
use crate::step::stack::restore::effect::Call;
use crate::step::stack::restore::stays::named;
use crate::step::stack::restore::task::{Story, Way};

impl Way<'_> {
    /// Continues a failed rollback without what it fails at, if a person says so.
    pub(super) async fn continue_skipping(
        &self,
        story: &mut Story,
        stack: &StackDescription,
    ) -> Result<Option<StackDescription>, Halt> {
        let failed = self.failed_resources(&stack.id).await?;
        // The service takes only what failed; what is in a nested stack is named `NESTED.ID`.
        let may = &self.task.skip_resources;
        let skip: Vec<String> = may.iter().filter(|id| id.contains('.') || failed.contains(id)).cloned().collect();
        let others: Vec<&String> = failed.iter().filter(|id| !may.contains(id)).collect();
        if skip.is_empty() {
            let message = format!("the rollback fails at {}, which `skip_resources` does not name", failed.join(", "));
            let remedy = "repair it, then retry";
            return Err(stack_failure(&stack.status, message).with_remedy(remedy).into());
        }
        let mut body =
            vec!["The rollback goes on without these. They stay as they are, unlike the template:".to_owned()];
        body.extend(skip.iter().map(|id| format!("-   skip    {id}")));
        body.extend(others.iter().map(|id| format!("      {id} failed, too, and is not skipped")));
        let calls = vec![format!(
            "aws cloudformation continue-update-rollback --stack-name {} --resources-to-skip {}",
            stack.id,
            skip.join(" ")
        )];
        let title = format!("Leave {} out of the rollback of stack {}?", skip.join(", "), stack.name);
        self.confirm("skip", title, body, calls).await?;
        story.warnings.push(format!("left as they are, and unlike the template: {}", skip.join(", ")));
        let resources = self.aws.reads().stacks().resources(&stack.id).await?.value;
        story.stays.skipped = skip.iter().map(|id| line_of(stack, &resources, id)).collect();
        self.remember(story).await?;
        story.skipped.clone_from(&skip);
        self.call(story, stack, &Call::Continue { skip }).await
    }
}

/// A resource by its logical id; of one in a nested stack no more is known.
fn line_of(stack: &StackDescription, resources: &[StackResource], id: &str) -> String {
    resources.iter().find(|resource| resource.logical_id == id).map_or_else(
        || format!("{id} of stack {}", stack.name),
        |it| named(&stack.id, &it.logical_id, &it.resource_type, it.physical_id.as_deref()),
    )
}
