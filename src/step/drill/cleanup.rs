//! A `cleanup` step: what other steps of the run have made is removed, and proved to be gone.

use serde_json::{Value, json};

use crate::aws::tables::{Attribute, Condition, Item, ScalingTarget, Table};
use crate::aws::{Aws, AwsError};
use crate::event::{EffectState, Failure, FailureKind};
use crate::id::RunId;
use crate::step::drill::made::{Made, TAG, table_name};
use crate::step::drill::marker::RUN;
use crate::step::drill::until::{repeated, until};
use crate::step::effect::{Halt, door, effect, planned};
use crate::step::{Probed, Ran, ReadContext, StepStop, WriteAction, WriteContext};
use crate::value::Scope;

/// What a `cleanup` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanupTask {
    /// What the steps that it undoes have made, oldest first.
    pub made: Vec<Made>,
    /// The run's id.
    pub run: String,
}

impl WriteAction for CleanupTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        if self.made.is_empty() {
            return Self::outline();
        }
        self.made.iter().rev().flat_map(by_hand).collect()
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match Box::pin(self.clean(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    /// Whatever became of a call: the next attempt looks what is still there.
    async fn probe(&self, cx: &mut ReadContext, _: &EffectState) -> Probed {
        match &cx.aws {
            Some(_) => Probed::UnderWay,
            None => Probed::CannotTell { why: "the run has no account to ask".to_owned() },
        }
    }
}

/// What became of something.
enum Gone {
    /// It was removed, and is gone.
    Removed,
    /// It was not there.
    Absent,
}

impl CleanupTask {
    /// What the effects of the steps that it undoes have made.
    pub fn of(undone: &[EffectState], scope: &Scope) -> Self {
        let run = scope.get(&["run", "id"]).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { made: Made::all(undone), run }
    }

    /// What it will do, before anything was made.
    pub(super) fn outline() -> Vec<String> {
        vec!["removes what the steps that it undoes have made in this run, and proves that it is gone".to_owned()]
    }

    /// What was made last is removed first. One that cannot be removed does not keep the others.
    async fn clean(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "cleanup")?;
        let (mut removed, mut absent, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let mut first = None;
        for made in self.made.iter().rev() {
            let gone = match made {
                Made::Table { arn } => self.table(cx, &aws, arn).await,
                Made::Backup { table, name } => backup(cx, &aws, table, name).await,
                Made::Marker { table, key } => self.marker(cx, &aws, table, key).await,
                Made::Scaling { table, dimension, resource } => {
                    self.scaling(cx, &aws, table, dimension, resource).await
                }
            };
            match gone {
                Ok(Gone::Removed) => removed.push(made.target()),
                Ok(Gone::Absent) => absent.push(made.target()),
                Err(Halt::Stop(stop)) => return Err(Halt::Stop(stop)),
                Err(Halt::Failed(failure)) => {
                    failed.push(format!("{}: {}", made.target(), failure.message));
                    first.get_or_insert(failure);
                }
            }
        }
        let out = json!({ "removed": removed, "absent": absent });
        let Some(first) = first else { return Ok(Ran::well(out)) };
        let count = failed.len();
        let still = if count == 1 { "thing still stands" } else { "things still stand" };
        let mut failure = Failure::new(first.kind, format!("{count} {still} that the run has made: {}", failed[0]));
        failure.remedy = first.remedy;
        failure.request_id = first.request_id;
        Ok(Ran { out, ..Ran::failed(failure.caused_by(failed)) })
    }

    async fn table(&self, cx: &WriteContext, aws: &Aws, arn: &str) -> Result<Gone, Halt> {
        let (tables, name) = (aws.tables(), table_name(arn));
        let look = async || aws.reads().tables().describe(name).await;
        let Some(found) = look().await?.value else { return Ok(Gone::Absent) };
        self.is_ours(aws, &found).await?;
        // One that is being made, or changed, cannot be deleted yet; one that goes is waited for.
        let settled = |found: &Table| !matches!(found.status.as_str(), "CREATING" | "UPDATING");
        let doing = format!("{name} can be deleted");
        let found = until(&cx.read, aws, &doing, async || {
            Ok(Some(look().await?.value).filter(|it| it.as_ref().is_none_or(settled)))
        })
        .await?;
        let Some(found) = found else { return Ok(Gone::Removed) };
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

    /// A table is the run's when it carries its tag; or when it has none yet and its name is the one that the run gave it: the
    /// run died before it could put the tag on. Anything else has taken the name since, and stays.
    async fn is_ours(&self, aws: &Aws, found: &Table) -> Result<(), Halt> {
        if found.status == "DELETING" {
            return Ok(());
        }
        let tags = aws.reads().tables().tags(&found.arn).await?.value;
        match tags.get(TAG) {
            Some(run) if *run == self.run => Ok(()),
            None if found.restored.is_some() || found.status == "CREATING" || self.named_by_run(&found.name) => Ok(()),
            other => {
                let whose =
                    other.map_or_else(|| "has no tag of it".to_owned(), |run| format!("carries the tag of {run}"));
                let message = format!("table {} is not of this run: it {whose}", found.name);
                Err(Failure::new(FailureKind::Guard, message)
                    .with_remedy("find out whose it is; checkride does not delete it")
                    .into())
            }
        }
    }

    fn named_by_run(&self, name: &str) -> bool {
        RunId::new(&self.run).is_ok_and(|run| name.ends_with(&run.short()))
    }

    /// A target outlives its table, and would hold for the next one of its name.
    async fn scaling(
        &self,
        cx: &WriteContext,
        aws: &Aws,
        arn: &str,
        dimension: &str,
        resource: &str,
    ) -> Result<Gone, Halt> {
        let (tables, name) = (aws.tables(), table_name(arn));
        let find = async || -> Result<Option<ScalingTarget>, AwsError> {
            let targets = aws.reads().tables().scaling(name).await?.value.targets;
            Ok(targets.into_iter().find(|it| it.resource == resource && it.dimension == dimension))
        };
        let Some(target) = find().await? else { return Ok(Gone::Absent) };
        if let Some(found) = aws.reads().tables().describe(name).await?.value {
            self.is_ours(aws, &found).await?;
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

    async fn marker(&self, cx: &WriteContext, aws: &Aws, table: &str, key: &Item) -> Result<Gone, Halt> {
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
        let ours = Condition::Equals(RUN.to_owned(), Attribute::Text(self.run.clone()));
        let target = Made::Marker { table: table.to_owned(), key: key.clone() }.target();
        let delete = planned(aws, "dynamodb:DeleteItem", &target, false);
        let doing = "a marker is deleted";
        repeated(cx, aws, doing, async || {
            effect(cx, delete.clone(), async |_| tables.delete_item(table, key, Some(&ours)).await).await
        })
        .await?;
        if aws.reads().tables().item(table, key).await?.value.is_some() {
            let message = format!("the item {} of {} is no marker of this run", key.to_json(), table_name(table));
            return Err(Failure::new(FailureKind::Guard, message).into());
        }
        Ok(Gone::Removed)
    }
}

async fn backup(cx: &WriteContext, aws: &Aws, table: &str, name: &str) -> Result<Gone, Halt> {
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

/// What a person would call to remove it.
fn by_hand(made: &Made) -> Vec<String> {
    match made {
        Made::Table { arn } => vec![format!("aws dynamodb delete-table --table-name {}", table_name(arn))],
        Made::Backup { table, name } => vec![format!(
            "aws dynamodb delete-backup --backup-arn ARN   # of {name}: aws dynamodb list-backups --table-name {}",
            table_name(table)
        )],
        Made::Marker { table, key } => {
            vec![format!("aws dynamodb delete-item --table-name {} --key '{}'", table_name(table), key.to_json())]
        }
        Made::Scaling { dimension, resource, .. } => vec![format!(
            "aws application-autoscaling deregister-scalable-target --service-namespace dynamodb \
             --resource-id {resource} --scalable-dimension {dimension}"
        )],
    }
}
