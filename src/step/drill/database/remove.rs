//! Removing what a run has made in RDS: instances first, then their cluster, then the snapshot that it came from.

use std::collections::BTreeMap;

use crate::aws::AwsError;
use crate::aws::databases::{Cluster, Instance, Snapshot, is_dead_end, is_up};
use crate::event::{Failure, FailureKind};
use crate::step::drill::database::made::{Database, What};
use crate::step::drill::database::names::of_run;
use crate::step::drill::made::TAG;
use crate::step::drill::removal::{Gone, Removal, foreign};
use crate::step::drill::until::{repeated, until};
use crate::step::effect::{Halt, effect, planned};

/// Whether something stands still: what is on its way to another state cannot be deleted yet.
fn settled(status: &str) -> bool {
    is_up(status) || is_dead_end(status) || status == "deleting"
}

impl Removal<'_> {
    /// Removes something of RDS, and looks until it is gone.
    pub(in crate::step::drill) async fn database(&self, database: &Database) -> Result<Gone, Halt> {
        match database.what() {
            What::Cluster => Box::pin(self.cluster(database)).await,
            What::Instance => Box::pin(self.instance(database)).await,
            What::ClusterSnapshot | What::Snapshot => Box::pin(self.snapshot(database)).await,
        }
    }

    async fn cluster(&self, database: &Database) -> Result<Gone, Halt> {
        let Self { cx, aws, .. } = *self;
        let (writes, name) = (aws.databases(), database.name());
        let look = async || Ok(aws.reads().databases().cluster(name).await?.value);
        let Some(found) = look().await? else { return Ok(Gone::Absent) };
        if found.status != "deleting" {
            self.is_of_run(database, &found.tags)?;
            self.members(&found).await?;
        }
        let found = self.at_rest(database, look, |found: &Cluster| found.status.as_str()).await?;
        let Some(found) = found else { return Ok(Gone::Removed) };
        if found.deletion_protection {
            let off = planned(aws, "rds:ModifyDBCluster", &database.target(), false);
            self.change(&format!("cluster {name} is no longer protected"), async || {
                effect(cx, off.clone(), async |_| writes.set_cluster_protection(name, false).await).await
            })
            .await?;
        }
        if found.status != "deleting" {
            let delete = planned(aws, "rds:DeleteDBCluster", &database.target(), false);
            self.change(&format!("cluster {name} can be deleted"), async || {
                let found = self.at_rest(database, look, |found: &Cluster| found.status.as_str()).await?;
                if found.is_none() {
                    return Ok(());
                }
                effect(cx, delete.clone(), async |_| writes.delete_cluster(name).await).await
            })
            .await?;
        }
        self.until_gone(database, look).await
    }

    /// A cluster is deleted when it has no instances. Those that the run did not make are somebody's, and keep it.
    async fn members(&self, cluster: &Cluster) -> Result<(), Halt> {
        let all = self.aws.reads().databases().instances(&cluster.name).await?.value;
        let leaves = |it: &Instance| it.status == "deleting" || self.tagged(&it.tags);
        let (ours, others): (Vec<Instance>, Vec<Instance>) = all.into_iter().partition(leaves);
        if !others.is_empty() {
            let names = others.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!("cluster {} has instances that this run did not make: {names}", cluster.name);
            let remedy =
                "find out whose they are and remove them; then `checkride drill --cleanup RUN` removes the cluster";
            return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
        }
        for instance in ours {
            self.cx.may_change(&instance.arn);
            Box::pin(self.instance(&Database::beside(&instance.arn, What::Instance, &instance.name))).await?;
        }
        Ok(())
    }

    async fn instance(&self, database: &Database) -> Result<Gone, Halt> {
        let Self { cx, aws, .. } = *self;
        let (writes, name) = (aws.databases(), database.name());
        let look = async || Ok(aws.reads().databases().instance(name).await?.value);
        let Some(found) = look().await? else { return Ok(Gone::Absent) };
        if found.status != "deleting" {
            self.is_of_run(database, &found.tags)?;
        }
        let found = self.at_rest(database, look, |found: &Instance| found.status.as_str()).await?;
        let Some(found) = found else { return Ok(Gone::Removed) };
        if found.deletion_protection && found.cluster.is_none() {
            let off = planned(aws, "rds:ModifyDBInstance", &database.target(), false);
            self.change(&format!("instance {name} is no longer protected"), async || {
                effect(cx, off.clone(), async |_| writes.set_instance_protection(name, false).await).await
            })
            .await?;
        }
        if found.status != "deleting" {
            let delete = planned(aws, "rds:DeleteDBInstance", &database.target(), false);
            self.change(&format!("instance {name} can be deleted"), async || {
                let found = self.at_rest(database, look, |found: &Instance| found.status.as_str()).await?;
                if found.is_none() {
                    return Ok(());
                }
                effect(cx, delete.clone(), async |_| writes.delete_instance(name).await).await
            })
            .await?;
        }
        self.until_gone(database, look).await
    }

    async fn snapshot(&self, database: &Database) -> Result<Gone, Halt> {
        let Self { cx, aws, .. } = *self;
        let (writes, reads, name) = (aws.databases(), aws.reads().databases(), database.name());
        let of_cluster = database.what() == What::ClusterSnapshot;
        let look = async || {
            let found = if of_cluster { reads.cluster_snapshot(name).await } else { reads.snapshot(name).await };
            Ok(found?.value)
        };
        let Some(found) = look().await? else { return Ok(Gone::Absent) };
        if found.status != "deleting" {
            self.is_of_run(database, &found.tags)?;
        }
        let found = self.at_rest(database, look, |found: &Snapshot| found.status.as_str()).await?;
        if found.is_some_and(|found| found.status != "deleting") {
            let call = if of_cluster { "rds:DeleteDBClusterSnapshot" } else { "rds:DeleteDBSnapshot" };
            let delete = planned(aws, call, &database.target(), false);
            self.change(&format!("snapshot {name} can be deleted"), async || {
                effect(cx, delete.clone(), async |_| {
                    if of_cluster {
                        writes.delete_cluster_snapshot(name).await
                    } else {
                        writes.delete_snapshot(name).await
                    }
                })
                .await
            })
            .await?;
        }
        self.until_gone(database, look).await
    }

    /// It is the run's when it carries its tag; or when it has none of any run and its name is the one that the run gave
    /// it, where an endpoint takes no tags with a restore. Anything else has taken the name since, and stays.
    fn is_of_run(&self, database: &Database, tags: &BTreeMap<String, String>) -> Result<(), Halt> {
        let named = database.name().contains(&of_run(self.run));
        match tags.get(TAG) {
            _ if self.tagged(tags) => Ok(()),
            None if named => Ok(()),
            other => Err(foreign(&format!("{} {}", database.what().word(), database.name()), other)),
        }
    }

    fn tagged(&self, tags: &BTreeMap<String, String>) -> bool {
        tags.get(TAG).is_some_and(|run| run == self.run)
    }

    /// What is being made or changed is waited for: nothing is deleted that is on its way. None: it is gone.
    async fn at_rest<T>(
        &self,
        database: &Database,
        mut look: impl AsyncFnMut() -> Result<Option<T>, AwsError>,
        status: impl Fn(&T) -> &str,
    ) -> Result<Option<T>, Halt> {
        let doing = format!("{} {} can be deleted", database.what().word(), database.name());
        let mut told = String::new();
        until(&self.cx.read, self.aws, &doing, async || {
            let found = look().await?;
            if let Some(now) = found.as_ref().map(&status).filter(|now| told != *now) {
                self.cx.read.say(format!("{} {} is {now}", database.what().word(), database.name()));
                now.clone_into(&mut told);
            }
            Ok(Some(found).filter(|it| it.as_ref().is_none_or(|it| settled(status(it)))))
        })
        .await
    }

    async fn change<T>(&self, doing: &str, change: impl AsyncFnMut() -> Result<T, Halt>) -> Result<(), Halt> {
        repeated(self.cx, self.aws, doing, change).await
    }

    async fn until_gone<T>(
        &self,
        database: &Database,
        mut look: impl AsyncFnMut() -> Result<Option<T>, AwsError>,
    ) -> Result<Gone, Halt> {
        let doing = format!("{} {} is deleted", database.what().word(), database.name());
        until(&self.cx.read, self.aws, &doing, async || Ok(look().await?.is_none().then_some(()))).await?;
        Ok(Gone::Removed)
    }
}
