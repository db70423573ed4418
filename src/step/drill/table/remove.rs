//! Removing tables, and what hangs on them.

use crate::aws::tables::{Attribute, Condition, Item, ScalingTarget, Table};
use crate::aws::{AwsError, AwsErrorKind};
use crate::event::{Failure, FailureKind};
use crate::id::RunId;
use crate::step::drill::made::{Made, TAG, table_name};
use crate::step::drill::removal::{Gone, Removal, foreign};
use crate::step::drill::table::marker::{RUN, became};
use crate::step::drill::until::{repeated, until};
use crate::step::effect::{Halt, effect, effect_that, planned};
use crate::step::pause::{disturbed, pause};

/// How often tags are looked at that the run has put on and that are not there: they come a moment after they were put on
/// (`TagResource` of the API reference).
const LOOKS: u32 = 4;

/// A replica stays where its table is deleted, with all that was restored in it: nobody would look for it there.
fn has_no_replica(found: &Table) -> Result<(), Halt> {
    let regions: Vec<&str> = found.replicas.iter().map(|replica| replica.region.as_str()).collect();
    let Some(first) = regions.first() else { return Ok(()) };
    let message = format!(
        "table {} has come to have a replica in {}, which the run has not made",
        found.name,
        regions.join(" and ")
    );
    let remedy = format!(
        "aws dynamodb update-table --table-name {} --replica-updates '[{{\"Delete\":{{\"RegionName\":\"{first}\"}}}}]', \
         then once more",
        found.name
    );
    Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into())
}

impl Removal<'_> {
    pub(in crate::step::drill) async fn table(&self, arn: &str) -> Result<Gone, Halt> {
        let Self { cx, aws, .. } = *self;
        let (tables, name) = (aws.tables(), table_name(arn));
        let look = async || aws.reads().tables().describe(name).await;
        let Some(found) = look().await?.value else { return Ok(Gone::Absent) };
        self.is_ours(&found).await?;
        // One that is being made, or changed, cannot be deleted yet; one that goes is waited for.
        let settled = |found: &Table| !matches!(found.status.as_str(), "CREATING" | "UPDATING");
        let doing = format!("{name} can be deleted");
        let found = until(&cx.read, aws, &doing, async || {
            Ok(Some(look().await?.value).filter(|it| it.as_ref().is_none_or(settled)))
        })
        .await?;
        let Some(found) = found else { return Ok(Gone::Removed) };
        has_no_replica(&found)?;
        self.dependents(&found).await?;
        if found.deletion_protection {
            let off = planned(aws, "dynamodb:UpdateTable", arn, false);
            effect(cx, off, async |_| tables.set_deletion_protection(name, false).await).await?;
        }
        if found.status != "DELETING" {
            until(&cx.read, aws, &doing, async || match look().await?.value {
                Some(found) if !settled(&found) => Ok(None),
                _ => Ok(Some(())),
            })
            .await?;
            let delete = planned(aws, "dynamodb:DeleteTable", arn, false);
            repeated(cx, aws, &doing, async || {
                effect(cx, delete.clone(), async |_| tables.delete_table(name).await).await
            })
            .await?;
        }
        until(&cx.read, aws, &format!("{name} is deleted"), async || Ok(look().await?.value.is_none().then_some(())))
            .await?;
        Ok(Gone::Removed)
    }

    /// What has come to scale the table since it was made would outlive it, and hold for the next one of its name.
    async fn dependents(&self, found: &Table) -> Result<(), Halt> {
        let doing = format!("what scales {} is looked for", found.name);
        let scaling = until(&self.cx.read, self.aws, &doing, async || {
            match self.aws.reads().tables().scaling(&found.name).await {
                Ok(reply) => Ok(Some(reply.value.targets)),
                // An emulator without the service: what the run itself has registered is known by its effects.
                Err(error) if self.is_without(&error) => Ok(Some(Vec::new())),
                Err(error) => Err(error),
            }
        });
        for target in scaling.await? {
            self.scaling(&found.arn, &target.dimension, &target.resource).await?;
        }
        Ok(())
    }

    /// Whether an endpoint has no such service. Emulators say so in words of their own.
    fn is_without(&self, error: &AwsError) -> bool {
        let is_emulated = self.aws.settings().emulator.is_some();
        matches!(error.kind, AwsErrorKind::Unsupported { .. })
            || matches!(error.kind, AwsErrorKind::Service { status: ..500, .. } if is_emulated)
    }

    /// A table is the run's when it carries its tag; or when it has none because the run died before it could put the tag on,
    /// and it is being restored, or was, or its name is the one that the run gave it. Anything else has taken the name since,
    /// and stays.
    async fn is_ours(&self, found: &Table) -> Result<(), Halt> {
        if found.status == "DELETING" {
            return Ok(());
        }
        let what = format!("table {}", found.name);
        let mut looks = 1;
        loop {
            let tags = self.aws.reads().tables().tags(&found.arn).await?.value;
            match tags.get(TAG) {
                Some(run) if run == self.run => return Ok(()),
                Some(other) => return Err(foreign(&what, Some(other))),
                // What was put on a moment ago may not be seen yet.
                None if self.tagged.contains(&found.arn) && looks < LOOKS => {
                    looks += 1;
                    let doing = format!("the tags of {} are looked at", found.name);
                    pause(&self.cx.read, self.aws, 0).await.map_err(|end| disturbed(end, &doing))?;
                }
                None if self.tagged.contains(&found.arn) => return Err(foreign(&what, None)),
                None if found.restored.is_some() || found.status == "CREATING" || self.named_by_run(&found.name) => {
                    return Ok(());
                }
                None => return Err(foreign(&what, None)),
            }
        }
    }

    fn named_by_run(&self, name: &str) -> bool {
        RunId::new(self.run).is_ok_and(|run| name.ends_with(&run.short()))
    }

    /// A target outlives its table, and would hold for the next one of its name.
    pub(in crate::step::drill) async fn scaling(
        &self,
        arn: &str,
        dimension: &str,
        resource: &str,
    ) -> Result<Gone, Halt> {
        let Self { cx, aws, .. } = *self;
        let (tables, name) = (aws.tables(), table_name(arn));
        let find = async || -> Result<Option<ScalingTarget>, AwsError> {
            let targets = aws.reads().tables().scaling(name).await?.value.targets;
            Ok(targets.into_iter().find(|it| it.resource == resource && it.dimension == dimension))
        };
        let Some(target) = find().await? else { return Ok(Gone::Absent) };
        if let Some(found) = aws.reads().tables().describe(name).await?.value {
            self.is_ours(&found).await?;
        }
        let made =
            Made::Scaling { table: arn.to_owned(), dimension: dimension.to_owned(), resource: resource.to_owned() };
        let call = "application-autoscaling:DeregisterScalableTarget";
        let remove = planned(aws, call, &made.target(), false);
        let doing = format!("the scaling of {resource} is removed");
        repeated(cx, aws, &doing, async || {
            effect(cx, remove.clone(), async |_| tables.remove_scaling(&target).await).await
        })
        .await?;
        until(&cx.read, aws, &doing, async || Ok(find().await?.is_none().then_some(()))).await?;
        Ok(Gone::Removed)
    }

    pub(in crate::step::drill) async fn marker(&self, table: &str, key: &Item) -> Result<Gone, Halt> {
        let Self { cx, aws, .. } = *self;
        let tables = aws.tables();
        let there = match aws.reads().tables().item(table, key).await {
            Ok(reply) => reply.value.is_some(),
            // Its table is gone, and it with it.
            Err(error) if error.code() == "ResourceNotFoundException" => false,
            Err(error) => return Err(error.into()),
        };
        if !there {
            return Ok(Gone::Absent);
        }
        let ours = Condition::Equals(RUN.to_owned(), Attribute::Text(self.run.to_owned()));
        let target = Made::Marker { table: table.to_owned(), key: key.clone() }.target();
        let delete = planned(aws, "dynamodb:DeleteItem", &target, false);
        let doing = "a marker is deleted";
        repeated(cx, aws, doing, async || {
            let call = async |_| tables.delete_item(table, key, Some(&ours)).await;
            effect_that(cx, delete.clone(), call, |written| became(*written)).await
        })
        .await?;
        if aws.reads().tables().item(table, key).await?.value.is_some() {
            let message = format!("the item {} of {} is no marker of this run", key.to_json(), table_name(table));
            return Err(Failure::new(FailureKind::Guard, message).into());
        }
        Ok(Gone::Removed)
    }

    pub(in crate::step::drill) async fn backup(&self, table: &str, name: &str) -> Result<Gone, Halt> {
        let Self { cx, aws, .. } = *self;
        let tables = aws.tables();
        let find = async || -> Result<_, AwsError> {
            let backups = aws.reads().tables().backups(table_name(table)).await?.value;
            Ok(backups.into_iter().find(|backup| backup.name == name && backup.status != "DELETED"))
        };
        let Some(_) = find().await? else { return Ok(Gone::Absent) };
        let doing = format!("backup {name} can be deleted");
        let found = until(&cx.read, aws, &doing, async || {
            Ok(Some(find().await?).filter(|found| found.as_ref().is_none_or(|backup| backup.status != "CREATING")))
        })
        .await?;
        if let Some(backup) = found {
            cx.may_change(&backup.arn);
            let delete = planned(aws, "dynamodb:DeleteBackup", &backup.arn, false);
            repeated(cx, aws, &doing, async || {
                effect(cx, delete.clone(), async |_| tables.delete_backup(&backup.arn).await).await
            })
            .await?;
        }
        until(&cx.read, aws, &format!("backup {name} is deleted"), async || Ok(find().await?.is_none().then_some(())))
            .await?;
        Ok(Gone::Removed)
    }
}
