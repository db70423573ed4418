//! Removing a secret that the run has made.

use crate::aws::secrets::SecretEnd;
use crate::step::drill::made::{Made, TAG, secret_name};
use crate::step::drill::removal::{Gone, Removal, foreign};
use crate::step::drill::until::{repeated, until};
use crate::step::effect::{Halt, effect, planned};

impl Removal<'_> {
    pub(in crate::step::drill) async fn secret(&self, arn: &str) -> Result<Gone, Halt> {
        let Self { cx, aws, .. } = *self;
        let name = secret_name(arn);
        let reads = aws.reads().secrets();
        let Some(found) = reads.describe(name).await?.value else { return Ok(Gone::Absent) };
        // It is made with its tags in one call.
        let tag = found.tags.get(TAG);
        if tag.map(String::as_str) != Some(self.run) {
            return Err(foreign(&format!("secret {name}"), tag));
        }
        let target = Made::Secret { arn: arn.to_owned() }.target();
        let delete = planned(aws, "secretsmanager:DeleteSecret", &target, false);
        let (doing, writes) = (format!("secret {name} is deleted"), aws.secrets());
        repeated(cx, aws, &doing, async || {
            effect(cx, delete.clone(), async |_| writes.delete(name, SecretEnd::AtOnce).await).await
        })
        .await?;
        // It goes in the background, and is described until it is gone.
        until(&cx.read, aws, &doing, async || Ok(reads.describe(name).await?.value.is_none().then_some(()))).await?;
        Ok(Gone::Removed)
    }
}
