//! The events of a stack and of the stacks nested in it, oldest first.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types;
use aws_types::request_id::RequestId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::model::{NESTED, filled};
use super::reads::{StackReads, is_missing};
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, Call};
use crate::aws::time::utc;

/// One event.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StackEvent {
    /// The event's id.
    pub id: String,
    /// The ARN of the stack that it belongs to.
    pub stack_id: String,
    /// The name of that stack.
    pub stack: String,
    /// The id in the template; the stack's name for an event of the stack itself.
    pub logical_id: String,
    /// The name or ARN of the thing itself.
    pub physical_id: Option<String>,
    /// The type, for example `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// The status, for example `CREATE_FAILED`.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub time: Option<DateTime<Utc>>,
    /// The token of the request that led to it, when the service gives it.
    pub token: Option<String>,
}

impl StackEvent {
    /// Whether it is about the stack itself and not about one of its resources.
    pub fn is_of_stack(&self) -> bool {
        self.resource_type == NESTED && self.physical_id.as_deref() == Some(self.stack_id.as_str())
    }

    /// The ARN of the nested stack that the resource is.
    pub fn nested_stack(&self) -> Option<&str> {
        if self.resource_type != NESTED || self.is_of_stack() {
            return None;
        }
        self.physical_id.as_deref()
    }
}

/// How far the events of a stack, and of each stack nested in it, have been read.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct EventCursor {
    root: String,
    /// Nothing before this is wanted, of any stack.
    since: Option<DateTime<Utc>>,
    /// The newest event seen, by stack.
    last: BTreeMap<String, String>,
    nested: BTreeSet<String>,
}

impl EventCursor {
    /// From the first event of the stack.
    pub fn from_the_beginning(stack: &str) -> Self {
        EventCursor { root: stack.to_owned(), since: None, last: BTreeMap::new(), nested: BTreeSet::new() }
    }

    /// From the event after the given one; for stacks nested in it, from its time on. Both times are the service's, so
    /// a wrong local clock does no harm.
    pub fn after(stack: &str, event: &StackEvent) -> Self {
        let mut cursor = Self::from_the_beginning(stack);
        cursor.since = event.time;
        cursor.last.insert(stack.to_owned(), event.id.clone());
        cursor
    }

    /// From a time on, by the service's clock.
    pub fn since(stack: &str, time: DateTime<Utc>) -> Self {
        let mut cursor = Self::from_the_beginning(stack);
        cursor.since = Some(time);
        cursor
    }
}

impl StackReads {
    /// The newest event of a stack, before something is done to it; `None` when there is no such stack.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn last_event(&self, stack: &str) -> Result<Reply<Option<StackEvent>>, AwsError> {
        let call = Call("cloudformation", "DescribeStackEvents");
        let clients = self.door.clients().await?;
        match clients.stack_reads.describe_stack_events().stack_name(stack).send().await {
            Ok(page) => Ok(Reply::new(page.stack_events().first().map(StackEvent::from), page.request_id())),
            Err(error) => {
                let error = AwsError::from_sdk(call, &error);
                if is_missing(&error) { Ok(Reply::new(None, error.request_id.as_deref())) } else { Err(error) }
            }
        }
    }

    /// The events that are new since the cursor, oldest first, those of nested stacks among them. The cursor moves only
    /// when all were read: after an error the next call gives the same events again, none is lost.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn events(&self, cursor: &mut EventCursor) -> Result<Reply<Vec<StackEvent>>, AwsError> {
        let mut ahead = cursor.clone();
        let mut reply = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut waiting: Vec<String> = ahead.nested.iter().cloned().collect();
        waiting.push(ahead.root.clone());
        let mut read = BTreeSet::new();
        while let Some(stack) = waiting.pop() {
            if !read.insert(stack.clone()) {
                continue;
            }
            let page = self.events_of(&stack, &ahead).await?;
            reply.request_ids.extend(page.request_ids);
            if let Some(newest) = page.value.last() {
                ahead.last.insert(stack, newest.id.clone());
            }
            for event in &page.value {
                if let Some(nested) = event.nested_stack() {
                    ahead.nested.insert(nested.to_owned());
                    waiting.push(nested.to_owned());
                }
            }
            reply.value.extend(page.value);
        }
        // Stable: events of one stack stay in the service's order, also within one tick of its clock.
        reply.value.sort_by_key(|event| event.time);
        *cursor = ahead;
        Ok(reply)
    }

    /// The new events of one stack, oldest first. The service gives them newest first: read until one is known.
    async fn events_of(&self, stack: &str, cursor: &EventCursor) -> Result<Reply<Vec<StackEvent>>, AwsError> {
        let call = Call("cloudformation", "DescribeStackEvents");
        let clients = self.door.clients().await?;
        let known = cursor.last.get(stack);
        let mut reply = Reply { value: Vec::new(), request_ids: Vec::new() };
        let mut next = None;
        'pages: loop {
            let page =
                match clients.stack_reads.describe_stack_events().stack_name(stack).set_next_token(next).send().await {
                    Ok(page) => page,
                    Err(error) => {
                        let error = AwsError::from_sdk(call, &error);
                        // A nested stack's id may stand in an event before the stack does.
                        if is_missing(&error) && stack != cursor.root {
                            break;
                        }
                        return Err(error);
                    }
                };
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            for event in page.stack_events() {
                let event = StackEvent::from(event);
                let too_old = cursor.since.zip(event.time).is_some_and(|(since, time)| time < since);
                if known == Some(&event.id) || too_old {
                    break 'pages;
                }
                reply.value.push(event);
            }
            next = filled(page.next_token());
            if next.is_none() {
                break;
            }
        }
        reply.value.reverse();
        Ok(reply)
    }
}

impl From<&types::StackEvent> for StackEvent {
    fn from(event: &types::StackEvent) -> Self {
        StackEvent {
            id: event.event_id().unwrap_or_default().to_owned(),
            stack_id: event.stack_id().unwrap_or_default().to_owned(),
            stack: event.stack_name().unwrap_or_default().to_owned(),
            logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
            physical_id: filled(event.physical_resource_id()),
            resource_type: event.resource_type().unwrap_or_default().to_owned(),
            status: event.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: filled(event.resource_status_reason()),
            time: event.timestamp().and_then(utc),
            token: filled(event.client_request_token()),
        }
    }
}
