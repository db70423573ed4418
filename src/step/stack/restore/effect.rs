//! Calls that move a stack, each followed to its end.

use crate::aws::stacks::StackDescription;
use crate::event::EffectResult;
use crate::step::effect::{Halt, planned};
use crate::step::stack::follow::follow;
use crate::step::stack::restore::task::{Story, Way};

/// How often a stack may still show the status that it had before a call.
const LOOKS: u32 = 5;

/// The call that deletes a stack.
pub(super) const DELETE: &str = "cloudformation:DeleteStack";

/// A call that moves a stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Call {
    /// Cancels its update.
    Cancel,
    /// Continues its failed rollback, with these resources left out.
    Continue {
        /// By logical id.
        skip: Vec<String>,
    },
    /// Rolls it back.
    RollBack,
    /// Deletes it, with these resources left behind.
    Delete {
        /// By logical id.
        retain: Vec<String>,
    },
}

impl Call {
    fn name(&self) -> &'static str {
        match self {
            Self::Cancel => "cloudformation:CancelUpdateStack",
            Self::Continue { .. } => "cloudformation:ContinueUpdateRollback",
            Self::RollBack => "cloudformation:RollbackStack",
            Self::Delete { .. } => DELETE,
        }
    }
}

/// Whether a stack has come to rest; one that is gone has.
pub(super) fn settled(status: Option<&str>) -> bool {
    status.is_none_or(|status| status == "REVIEW_IN_PROGRESS" || !status.ends_with("_IN_PROGRESS"))
}

impl Way<'_> {
    /// Makes the call and follows the stack until it rests. The effect is settled only then: whoever dies before leaves it
    /// open, and the next attempt begins with a look.
    pub(super) async fn call(
        &self,
        story: &mut Story,
        stack: &StackDescription,
        call: &Call,
    ) -> Result<Option<StackDescription>, Halt> {
        let (cx, aws) = (self.cx, self.aws);
        let mut cursor = self.cursor(&stack.id).await?;
        let intent = cx.intend(planned(aws, call.name(), &stack.id, true)).await?;
        let token = intent.token.clone().unwrap_or_default();
        let writes = aws.stacks();
        let answer = match call {
            Call::Cancel => writes.cancel_update(&token, &stack.id).await,
            Call::Continue { skip } => writes.continue_update_rollback(&token, &stack.id, skip).await,
            Call::RollBack => writes.roll_back(&token, &stack.id).await,
            Call::Delete { retain } => writes.remove_stack(&token, &stack.id, retain).await,
        };
        let request_id = match answer {
            Ok(reply) => reply.request_ids.last().cloned(),
            Err(error) => {
                let result = if error.is_definite() { EffectResult::Refused } else { EffectResult::Unknown };
                cx.settle(intent, result, error.request_id.clone(), Some(error.to_string())).await?;
                // It may have come to its end just before the call, or cannot do this: then it is looked at again.
                let now = if error.is_definite() { self.look().await? } else { None };
                let moved = now.as_ref().is_some_and(|now| now.status != stack.status);
                if moved || (*call == Call::RollBack && now.as_ref().is_some_and(|now| now.status == "CREATE_FAILED")) {
                    return Ok(now);
                }
                return Err(error.into());
            }
        };
        story.changed = true;
        let mut looks = 0;
        let over = |status: Option<&str>| {
            looks += u32::from(status == Some(stack.status.as_str()));
            settled(status) && (status != Some(stack.status.as_str()) || looks > LOOKS)
        };
        match follow(cx, aws, &stack.id, &mut cursor, &mut story.events, over).await {
            Ok(now) => {
                let status = now.as_ref().map_or("the stack is gone", |now| now.status.as_str());
                cx.settle(intent, EffectResult::Done, request_id, Some(status.to_owned())).await?;
                Ok(now)
            }
            Err(lost) => {
                cx.settle(intent, EffectResult::Unknown, request_id, Some(lost.detail)).await?;
                Err(lost.halt)
            }
        }
    }
}
