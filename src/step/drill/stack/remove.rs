//! Removing a clean stack: its buckets are emptied, it is deleted, and what its template keeps goes after it.

use crate::aws::Aws;
use crate::aws::stacks::{EventCursor, Leftover, StackDescription, StackEvent};
use crate::event::{EffectResult, Failure, FailureKind};
use crate::id::RunId;
use crate::step::drill::made::TAG;
use crate::step::drill::removal::{Gone, Removal, foreign};
use crate::step::drill::stack::kept::{Kept, KeptResource};
use crate::step::drill::until::{repeated, until};
use crate::step::effect::{Halt, effect, planned};
use crate::step::stack::{ended, follow};

/// The call that deletes a stack.
const DELETE: &str = "cloudformation:DeleteStack";
/// The tag by which `CloudFormation` says whose a resource is.
const STACK_ID: &str = "aws:cloudformation:stack-id";
/// How often a deletion is tried: what a first one fails at (a bucket that was written to meanwhile, a network interface that a
/// function still holds) may be gone at the next.
const TRIES: u32 = 3;

/// When a stack has come to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// This step has seen it: what it has left is what there was.
    Now,
    /// Before: what it has left may be gone since, and another may bear its name.
    Before,
}

impl Removal<'_> {
    pub(in crate::step::drill) async fn stack(&self, arn: &str) -> Result<Gone, Halt> {
        let aws = self.aws;
        let reads = aws.reads().stacks();
        // Once it is deleted, a stack answers by its whole ARN only: that of an earlier attempt.
        let earlier = self.cx.earlier.iter().rev().find(|effect| {
            let happened = effect.result != Some(EffectResult::Refused);
            effect.call == DELETE && happened && effect.target.starts_with(&format!("{arn}/"))
        });
        let earlier = earlier.map(|effect| effect.target.clone());
        let name = arn.rsplit('/').next().unwrap_or_default();
        let found = reads.describe(name).await?.value;
        let (id, kept, end) = match (found, earlier) {
            (None, None) => return Ok(Gone::Absent),
            (None, Some(id)) => {
                let kept = Kept::remembered(self.cx, &id).unwrap_or_default();
                (id, kept, End::Before)
            }
            (Some(found), earlier) => {
                if earlier.as_ref() != Some(&found.id) {
                    self.is_ours_stack(&found)?;
                }
                let found = self.settled(aws, found).await?;
                let id = found.id.clone();
                let end = if found.status == "DELETE_COMPLETE" { End::Before } else { End::Now };
                let kept = Box::pin(self.delete(aws, found)).await?;
                (id, kept, end)
            }
        };
        until(&self.cx.read, aws, &format!("stack {name} is deleted"), async || {
            Ok(reads.describe(name).await?.value.is_none_or(|found| found.id != id).then_some(()))
        })
        .await?;
        Box::pin(self.remove_kept(aws, &id, kept, end)).await?;
        Ok(Gone::Removed)
    }

    /// A stack is the run's when it carries its tag; an empty shell has no tags yet, and nothing in it.
    fn is_ours_stack(&self, found: &StackDescription) -> Result<(), Halt> {
        let tag = found.tags.iter().find(|tag| tag.key == TAG);
        let named = RunId::new(self.run).is_ok_and(|run| found.name.ends_with(&run.short()));
        let shell = found.status == "REVIEW_IN_PROGRESS";
        match tag {
            Some(tag) if tag.value == self.run => Ok(()),
            None if named || shell => Ok(()),
            other => Err(foreign(&format!("stack {}", found.name), other.map(|tag| &tag.value))),
        }
    }

    /// Waits for what cannot be interrupted. A creation can: it is deleted as it stands.
    async fn settled(&self, aws: &Aws, found: StackDescription) -> Result<StackDescription, Halt> {
        let busy = |status: &str| {
            status.ends_with("_IN_PROGRESS") && !matches!(status, "CREATE_IN_PROGRESS" | "REVIEW_IN_PROGRESS")
        };
        if !busy(&found.status) {
            return Ok(found);
        }
        let mut cursor = EventCursor::from_the_beginning(&found.id);
        let mut events = Vec::new();
        let over = |status: Option<&str>| status.is_none_or(|status| !busy(status));
        let now = follow(self.cx, aws, &found.id, &mut cursor, &mut events, over).await.map_err(|lost| lost.halt)?;
        let gone = || StackDescription { status: "DELETE_COMPLETE".to_owned(), ..found.clone() };
        Ok(now.unwrap_or_else(gone))
    }

    /// Deletes it, and looks until it is gone. Gives what its template has kept.
    async fn delete(&self, aws: &Aws, mut found: StackDescription) -> Result<Kept, Halt> {
        let (cx, id) = (self.cx, found.id.clone());
        if found.status == "DELETE_COMPLETE" {
            return Ok(Kept::remembered(cx, &id).unwrap_or_default());
        }
        if found.termination_protection {
            let off = planned(aws, "cloudformation:UpdateTerminationProtection", &id, false);
            let writes = aws.stacks();
            effect(cx, off, async |_| writes.protect_stack(&id, false).await).await?;
        }
        let mut kept = Kept::default();
        for attempt in 1..=TRIES {
            // A creation that goes on makes more meanwhile: it is looked at again each time.
            let now = if found.status == "REVIEW_IN_PROGRESS" { Kept::default() } else { Kept::of(aws, &id).await? };
            merge(&mut kept, now);
            kept.remember(cx, &id).await?;
            for bucket in &kept.buckets {
                self.empty_of_stack(aws, &id, bucket).await?;
            }
            let mut cursor = match aws.reads().stacks().last_event(&id).await?.value {
                Some(event) => EventCursor::after(&id, &event),
                None => EventCursor::from_the_beginning(&id),
            };
            let doing = format!("stack {} is deleted", found.name);
            let (delete, writes) = (planned(aws, DELETE, &id, true), aws.stacks());
            repeated(cx, aws, &doing, async || {
                effect(cx, delete.clone(), async |token| writes.remove_stack(&token, &id, &[]).await).await
            })
            .await?;
            let mut events = Vec::new();
            let over = |status: Option<&str>| {
                status.is_none_or(|status| matches!(status, "DELETE_COMPLETE" | "DELETE_FAILED"))
            };
            match follow(cx, aws, &id, &mut cursor, &mut events, over).await.map_err(|lost| lost.halt)? {
                Some(now) if now.status == "DELETE_FAILED" => {
                    if attempt == TRIES {
                        return Err(undeletable(&now, &events).into());
                    }
                    cx.read.say(format!("the deletion of stack {} failed, trying again", now.name));
                    found = now;
                }
                Some(_) | None => break,
            }
        }
        Ok(kept)
    }

    /// Empties a bucket that the stack has made.
    async fn empty_of_stack(&self, aws: &Aws, stack: &str, bucket: &str) -> Result<(), Halt> {
        let left = Leftover::Bucket(bucket.to_owned());
        if !aws.has_left(&left).await? {
            return Ok(());
        }
        let arn = left.lets_in(stack);
        self.cx.may_change(&arn);
        self.empty(aws, &arn, "", &|_| true).await.map(drop)
    }

    /// Removes what the template has kept; one that cannot be removed does not keep the others, and is told. What is gone is
    /// taken off the record: a name may be given again.
    async fn remove_kept(&self, aws: &Aws, id: &str, mut kept: Kept, end: End) -> Result<(), Halt> {
        let mut all = kept.resources.clone();
        // A key goes last: what it has encrypted can be deleted only while it is there.
        all.sort_by_key(|resource| matches!(resource.leftover(), Some(Leftover::Key(_))));
        let (mut loud, mut guarded) = (Vec::new(), None);
        for resource in all {
            match self.remove_one(aws, id, &resource, end).await {
                Ok(None) => {
                    kept.forget(&resource);
                    kept.remember(self.cx, id).await?;
                }
                Ok(Some(stays)) => loud.push(stays),
                Err(Halt::Stop(stop)) => return Err(Halt::Stop(stop)),
                Err(Halt::Failed(failure)) => {
                    loud.push(format!("{}: {}", resource.line(), failure.message));
                    guarded = guarded.or((failure.kind == FailureKind::Guard).then_some(failure));
                }
            }
        }
        if loud.is_empty() {
            return Ok(());
        }
        let message = format!("the stack is gone, and its template has kept: {}", loud.join(", "));
        let by_hand = "remove it by hand (`aws cloudcontrol delete-resource --type-name TYPE --identifier ID`), or keep it \
                       and say why: `--keep`";
        let failure = match guarded {
            Some(first) => Failure { message, ..*first },
            None => Failure::new(FailureKind::Expectation, message).with_remedy(by_hand),
        };
        Err(failure.caused_by(loud).into())
    }

    /// Removes one thing. Gives what stays, in words, where it is not for the run to remove.
    async fn remove_one(&self, aws: &Aws, id: &str, resource: &KeptResource, end: End) -> Result<Option<String>, Halt> {
        let KeptResource { resource_type, physical_id, policy, made, .. } = resource;
        match resource.leftover() {
            Some(left) => self.remove_leftover(aws, id, &left, end).await.map(|()| None),
            // What the stack never made is none of its own, and what it was to replace is not known here.
            None if !made => Ok(None),
            None if policy == "Snapshot" => Ok(Some(format!("{}: a snapshot of it", resource.line()))),
            // A person may have removed it since.
            None if end == End::Before && aws.is_known_gone(resource_type, physical_id).await => Ok(None),
            None => Ok(Some(resource.line())),
        }
    }

    async fn remove_leftover(&self, aws: &Aws, id: &str, left: &Leftover, end: End) -> Result<(), Halt> {
        if !aws.has_left(left).await? {
            return Ok(());
        }
        let arn = left.lets_in(id);
        if end == End::Before {
            self.is_of_stack(aws, id, left, &arn).await?;
        }
        self.cx.may_change(&arn);
        match left {
            Leftover::Bucket(bucket) => self.empty_of_stack(aws, id, bucket).await?,
            Leftover::Table(name) => {
                let protected =
                    aws.reads().tables().describe(name).await?.value.is_some_and(|it| it.deletion_protection);
                if protected {
                    let (off, tables) = (planned(aws, "dynamodb:UpdateTable", &arn, false), aws.tables());
                    effect(self.cx, off, async |_| tables.set_deletion_protection(name, false).await).await?;
                }
            }
            Leftover::Queue(_) | Leftover::LogGroup(_) | Leftover::Secret(_) | Leftover::Key(_) => {}
        }
        let doing = format!("{arn} is removed");
        let remove = planned(aws, left.call(), &arn, false);
        repeated(self.cx, aws, &doing, async || {
            effect(self.cx, remove.clone(), async |_| aws.remove_left(left).await).await
        })
        .await?;
        until(&self.cx.read, aws, &doing, async || Ok((!aws.has_left(left).await?).then_some(()))).await
    }

    /// What bears the name of something that a stack has left is that only if its own tags say so.
    async fn is_of_stack(&self, aws: &Aws, id: &str, left: &Leftover, arn: &str) -> Result<(), Halt> {
        // A key's id is never given again.
        if matches!(left, Leftover::Key(_)) {
            return Ok(());
        }
        let tags = aws.tags_left(left, arn).await?;
        let tag = tags.get(TAG);
        let ours = tag.is_some_and(|run| run == self.run) || tags.get(STACK_ID).is_some_and(|stack| stack == id);
        if ours { Ok(()) } else { Err(foreign(arn, tag)) }
    }
}

/// Adds what a later look has found.
fn merge(kept: &mut Kept, now: Kept) {
    for resource in now.resources {
        kept.add(resource);
    }
    for bucket in now.buckets {
        if !kept.buckets.contains(&bucket) {
            kept.buckets.push(bucket);
        }
    }
}

/// The cause on top: what the deletion fails at.
fn undeletable(stack: &StackDescription, events: &[StackEvent]) -> Failure {
    let why = ended(stack, "", events).failure;
    let remedy = format!(
        "remove what blocks the deletion, then `checkride drill --cleanup RUN`; the console has more on stack {}",
        stack.name
    );
    let message = format!("stack {} cannot be deleted", stack.name);
    match why {
        Some(why) => {
            let message = format!("{message}: {}", why.message);
            Failure { message, remedy: Some(remedy), ..why }
        }
        None => Failure::new(FailureKind::Expectation, message).with_remedy(remedy),
    }
}
