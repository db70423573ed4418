//! Protection against deletion: taken off by a person's word where the stack must go, and put back where it stays.

use crate::aws::stacks::StackDescription;
use crate::step::effect::{Halt, effect, planned};
use crate::step::stack::restore::task::{Story, Way};

const PROTECT: &str = "cloudformation:UpdateTerminationProtection";

impl Way<'_> {
    /// Has it confirmed that a stack is deleted although somebody has guarded it.
    pub(super) async fn ask_unguard(&self, stack: &StackDescription) -> Result<(), Halt> {
        let name = &stack.name;
        let body = vec![
            format!("Stack {name} was made by the run, and is guarded against deletion since."),
            "The guard is taken off before it is deleted, and put back if it cannot be.".to_owned(),
        ];
        let calls = vec![format!(
            "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {}",
            stack.id
        )];
        self.confirm("unguard", format!("Delete stack {name}, which is guarded?"), body, calls).await
    }

    /// Takes the guard off.
    pub(super) async fn unguard(&self, story: &mut Story, stack: &StackDescription) -> Result<(), Halt> {
        story.stays.unguarded = true;
        self.remember(story).await?;
        self.guard(stack, false).await?;
        story.changed = true;
        Ok(())
    }

    /// Puts the guard back on a stack that is still there. What came of the deletion is the step's result, so a failure
    /// here is a warning.
    pub(super) async fn guard_again(&self, story: &mut Story) {
        if !story.stays.unguarded {
            return;
        }
        let there = match self.look().await {
            Ok(found) => found.filter(|stack| !stack.status.starts_with("DELETE_") || stack.status == "DELETE_FAILED"),
            Err(_) => None,
        };
        let Some(stack) = there else {
            let name = self.name();
            story.notes.push(format!("its protection against deletion was taken off stack {name} before"));
            return;
        };
        if stack.termination_protection {
            return;
        }
        let name = &stack.name;
        match self.guard(&stack, true).await {
            Ok(()) => story.notes.push(format!("stack {name} is guarded against deletion again")),
            Err(_) => story.warnings.push(format!(
                "stack {name} is not guarded against deletion any more: \
                 `aws cloudformation update-termination-protection --enable-termination-protection --stack-name {name}`"
            )),
        }
    }

    async fn guard(&self, stack: &StackDescription, on: bool) -> Result<(), Halt> {
        let (writes, id) = (self.aws.stacks(), stack.id.clone());
        effect(self.cx, planned(self.aws, PROTECT, &id.clone(), false), |_| async move {
            writes.protect_stack(&id, on).await
        })
        .await
    }
}
