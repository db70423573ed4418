//! Whose a stack, or what it is busy with, is: what is not the run's is not undone.

use crate::aws::stacks::{EventCursor, NoEcho, StackDescription, StackWrites};
use crate::event::{EffectResult, EffectState};
use crate::step::stack::execute::EXECUTE;
use crate::step::stack::prepare::CREATE;
use crate::step::stack::restore::decide::Whose;
use crate::step::stack::restore::task::Way;

/// Whose update a stack is busy with: by the token of its newest events, else by the change set that is being executed.
/// Where the service tells neither, it is the run's: that is what the run has begun last.
pub(super) async fn whose(way: &Way<'_>, stack: &StackDescription) -> Whose {
    let (undo, run) = (&way.task.earlier, &way.task.undone.effects);
    if let Some(token) = busy_with(way, stack).await {
        return match () {
            () if has_token(undo, &token) => Whose::Undo,
            () if has_token(run, &token) => Whose::Run,
            () => Whose::Stranger,
        };
    }
    let executed = undo.iter().rev().map(|effect| (effect, Whose::Undo));
    let executed = executed.chain(run.iter().rev().map(|effect| (effect, Whose::Run)));
    for (effect, whose) in executed.filter(|(effect, _)| may_have(effect, EXECUTE)) {
        let found = way.aws.reads().stacks().change_set(&effect.target, &NoEcho::default()).await;
        let busy = found.is_ok_and(|found| found.value.execution_status == "EXECUTE_IN_PROGRESS");
        if busy || stack.change_set.as_ref() == Some(&effect.target) {
            return whose;
        }
    }
    Whose::Run
}

/// The token of the request that the stack is busy with: of the newest event in which it began an update.
async fn busy_with(way: &Way<'_>, stack: &StackDescription) -> Option<String> {
    let mut cursor = EventCursor::from_the_beginning(&stack.id);
    let events = way.aws.reads().stacks().events(&mut cursor).await.ok()?.value;
    let begun = events.iter().rfind(|event| event.is_of_stack() && event.status == "UPDATE_IN_PROGRESS")?;
    begun.token.clone()
}

/// Whether a stack is one that the undone step has made: by its change set, or by the token of the first request to it.
pub(super) async fn made_by_run(way: &Way<'_>, stack: &StackDescription) -> bool {
    let reads = way.aws.reads().stacks();
    for effect in &way.task.undone.effects {
        if may_have(effect, EXECUTE) {
            if stack.change_set.as_ref() == Some(&effect.target) {
                return true;
            }
            if let Ok(found) = reads.change_set(&effect.target, &NoEcho::default()).await
                && found.value.stack_id == stack.id
            {
                return true;
            }
        }
        if let (true, Some(token)) = (may_have(effect, CREATE), &effect.token) {
            let name = StackWrites::change_set_name(token);
            if reads.change_set_named(&stack.name, &name, &NoEcho::default()).await.is_ok() {
                return true;
            }
        }
    }
    let mut cursor = EventCursor::from_the_beginning(&stack.id);
    match reads.events(&mut cursor).await {
        Ok(events) => events
            .value
            .iter()
            .filter_map(|event| event.token.as_ref())
            .any(|token| has_token(&way.task.undone.effects, token)),
        Err(_) => false,
    }
}

fn may_have(effect: &EffectState, call: &str) -> bool {
    effect.call == call && effect.result != Some(EffectResult::Refused)
}

fn has_token(effects: &[EffectState], token: &str) -> bool {
    effects.iter().any(|effect| effect.token.as_deref() == Some(token))
}
