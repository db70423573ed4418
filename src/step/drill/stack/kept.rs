//! What of a clean stack outlives it, and what is in the way of its deletion.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::Aws;
use crate::aws::stacks::{EventCursor, Leftover, StackResource, TemplateText};
use crate::step::WriteContext;
use crate::step::effect::Halt;

/// The type of a nested stack.
const NESTED: &str = "AWS::CloudFormation::Stack";
/// No nesting of `CloudFormation` is deeper.
const DEEPEST: usize = 8;

/// A resource that its template keeps.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub(super) struct KeptResource {
    /// The id in the template.
    pub(super) logical_id: String,
    /// The type.
    pub(super) resource_type: String,
    /// The name or ARN of the thing itself.
    pub(super) physical_id: String,
    /// The policy that keeps it: `Retain`, `RetainExceptOnCreate`, `Snapshot`.
    pub(super) policy: String,
    /// Whether the stack has made it: what it failed to make may be somebody else's.
    pub(super) made: bool,
}

/// What is known of a stack before it is deleted.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Kept {
    /// What its template keeps.
    pub(super) resources: Vec<KeptResource>,
    /// The buckets that go with it, and must be empty for that.
    pub(super) buckets: Vec<String>,
}

impl KeptResource {
    /// For people.
    pub(super) fn line(&self) -> String {
        format!("{} ({}) {}", self.logical_id, self.resource_type, self.physical_id)
    }

    /// How it is removed, when the run knows how, and may.
    pub(super) fn leftover(&self) -> Option<Leftover> {
        let whole = self.policy != "Snapshot" && self.made;
        Leftover::of(&self.resource_type, &self.physical_id).filter(|_| whole)
    }
}

impl Kept {
    /// Looks at a stack and those nested in it.
    pub(super) async fn of(aws: &Aws, stack: &str) -> Result<Self, Halt> {
        let reads = aws.reads().stacks();
        // Of what failed to come to be, the status at the end tells nothing: its events do.
        let mut cursor = EventCursor::from_the_beginning(stack);
        let events = reads.events(&mut cursor).await?.value;
        let made = events.iter().filter(|event| event.status == "CREATE_COMPLETE");
        let made: BTreeSet<(String, String)> =
            made.map(|event| (event.stack_id.clone(), event.logical_id.clone())).collect();
        let mut kept = Self::default();
        // The rollback of a creation has passed these by, and may list them no more.
        for event in events.iter().filter(|event| event.status == "DELETE_SKIPPED") {
            let Some(physical_id) = event.physical_id.clone() else { continue };
            kept.add(KeptResource {
                logical_id: event.logical_id.clone(),
                resource_type: event.resource_type.clone(),
                physical_id,
                policy: "Retain".to_owned(),
                made: made.contains(&(event.stack_id.clone(), event.logical_id.clone())),
            });
        }
        let mut open = vec![(stack.to_owned(), 0)];
        while let Some((stack, depth)) = open.pop() {
            let template = TemplateText::new(reads.template(&stack).await?.value);
            let policies = template.kept_on_delete().into_iter();
            let policies: BTreeMap<String, String> = policies.map(|(id, _, policy)| (id, policy)).collect();
            for resource in reads.resources(&stack).await?.value {
                let StackResource { logical_id, physical_id, resource_type, status, .. } = resource;
                let Some(physical_id) = physical_id.filter(|_| status != "DELETE_COMPLETE") else { continue };
                let made = made.contains(&(stack.clone(), logical_id.clone()));
                if resource_type == NESTED && depth < DEEPEST {
                    open.push((physical_id, depth + 1));
                } else if let Some(policy) = policies.get(&logical_id) {
                    let policy = policy.clone();
                    kept.add(KeptResource { logical_id, resource_type, physical_id, policy, made });
                } else if resource_type == "AWS::S3::Bucket" && made {
                    kept.buckets.push(physical_id);
                }
            }
        }
        Ok(kept)
    }

    /// Adds a resource; what is known later counts.
    pub(super) fn add(&mut self, resource: KeptResource) {
        self.resources.retain(|known| known.physical_id != resource.physical_id);
        self.resources.push(resource);
    }

    /// Takes a resource off that is gone.
    pub(super) fn forget(&mut self, resource: &KeptResource) {
        self.resources.retain(|known| known != resource);
    }

    /// What this step has put on record of a stack, by its ARN.
    pub(super) fn remembered(cx: &WriteContext, stack: &str) -> Option<Self> {
        let captured = cx.befores.get(&cx.read.step)?;
        serde_json::from_value(captured.before.get("stacks")?.get(stack)?.clone()).ok()
    }

    /// Puts it on record before the stack goes: afterwards nothing tells what it has left.
    pub(super) async fn remember(&self, cx: &WriteContext, stack: &str) -> Result<(), Halt> {
        if Self::remembered(cx, stack).as_ref() == Some(self) {
            return Ok(());
        }
        let mut captured = cx.befores.get(&cx.read.step).unwrap_or_default();
        if !captured.before.is_object() {
            captured.before = json!({ "stacks": {} });
        }
        captured.before["stacks"][stack] = serde_json::to_value(self).expect("it is plain data");
        Ok(cx.capture(captured).await?)
    }
}
