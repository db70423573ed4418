//! Why a stack failed: the first failure, not the thirty cancellations after it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::events::StackEvent;

/// The resource that made a stack fail.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct RootCause {
    /// The id in the template.
    pub logical_id: String,
    /// The name or ARN of the thing itself.
    pub physical_id: Option<String>,
    /// The type, for example `AWS::Lambda::Function`.
    pub resource_type: String,
    /// The status that it failed with, for example `CREATE_FAILED`.
    pub status: String,
    /// The service's words.
    pub reason: String,
    /// When.
    pub time: Option<DateTime<Utc>>,
    /// The stack that it belongs to: a nested one, perhaps.
    pub stack: String,
}

/// The root cause among the events of one operation (oldest first, those of nested stacks among them): the first failure
/// of a resource that is not a mere cancellation, followed into the nested stack when the resource is one.
pub fn root_cause(events: &[StackEvent]) -> Option<RootCause> {
    let root = events.first().map(|event| outermost(events, &event.stack_id))?;
    let mut found = first_failure(events, root)?;
    while let Some(inner) = found.nested_stack().and_then(|stack| first_failure(events, stack)) {
        found = inner;
    }
    Some(RootCause {
        logical_id: found.logical_id.clone(),
        physical_id: found.physical_id.clone(),
        resource_type: found.resource_type.clone(),
        status: found.status.clone(),
        reason: found.reason.clone().unwrap_or_default(),
        time: found.time,
        stack: found.stack.clone(),
    })
}

/// The stack that no other contains.
fn outermost<'a>(events: &'a [StackEvent], stack: &'a str) -> &'a str {
    let mut stack = stack;
    // Each step goes to a parent; there are no more stacks than events.
    for _ in events {
        match events.iter().find(|event| event.nested_stack() == Some(stack)) {
            Some(parent) => stack = &parent.stack_id,
            None => break,
        }
    }
    stack
}

/// Resources before the stack's own event: that one only repeats their names. It stands when it stands alone (a
/// transform or a hook failed before any resource).
fn first_failure<'a>(events: &'a [StackEvent], stack: &str) -> Option<&'a StackEvent> {
    let failures = || {
        events.iter().filter(move |event| {
            event.stack_id == stack && event.status.ends_with("_FAILED") && !is_cancellation(event)
        })
    };
    failures().find(|event| !event.is_of_stack()).or_else(|| failures().next()).or_else(|| {
        // The stack itself rolls back with a reason of its own.
        events.iter().find(|event| {
            event.stack_id == stack
                && event.is_of_stack()
                && event.status.contains("ROLLBACK_IN_PROGRESS")
                && event.reason.is_some()
        })
    })
}

fn is_cancellation(event: &StackEvent) -> bool {
    event.reason.as_deref().is_some_and(|reason| {
        let reason = reason.to_ascii_lowercase();
        reason.contains("resource creation cancelled")
            || reason.contains("resource update cancelled")
            || reason.contains("resource deletion cancelled")
    })
}
