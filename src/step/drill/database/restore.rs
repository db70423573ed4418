//! Restoring a database, from the first look to the last setting.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::aws::databases::{
    ClusterCopy, ClusterPlace, EventSource, Instance, InstanceCopy, InstancePlace, NewInstance, RestoreSource, Snapshot,
};
use crate::aws::{Aws, AwsError, RestorePoint};
use crate::event::{Failure, FailureKind};
use crate::step::drill::Made;
use crate::step::drill::database::cost::{estimate, on_record, size};
use crate::step::drill::database::found::{Found, find, what};
use crate::step::drill::database::made::{Database, What};
use crate::step::drill::database::names::{instance_of, snapshot_for};
use crate::step::drill::database::settings::{Carried, carry};
use crate::step::drill::database::task::{DatabasePlan, DatabaseRestoreTask};
use crate::step::drill::database::up::{Awaited, until_up};
use crate::step::drill::made::{TAG, tags};
use crate::step::drill::until::{repeated, until};
use crate::step::effect::{Halt, door, effect, planned};
use crate::step::kind::DatabaseShape;
use crate::step::{Ran, WriteContext};
use crate::world::clock::{Clock, rfc3339};

/// What was there when the step began.
pub(super) struct Start {
    /// When it began.
    at: DateTime<Utc>,
    /// The source.
    source: Found,
    /// The instance that it is measured by: the one that writes, or itself.
    model: Option<Instance>,
    /// The class of what is made.
    class: String,
    /// Its size, if it is known.
    gib: Option<f64>,
    /// How far the latest time that could be restored was behind, in milliseconds.
    lag: Option<i64>,
    /// What is worth a warning.
    warning: Option<String>,
}

/// What is on its way, and what hangs on it.
struct Way<'a> {
    cx: &'a WriteContext,
    aws: &'a Aws,
    start: &'a Start,
    /// What earlier attempts have begun.
    begun: Vec<Made>,
}

impl DatabaseRestoreTask {
    pub(super) async fn restore(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "restore")?;
        let start = self.look(cx, &aws).await?;
        let way = Way { cx, aws: &aws, start: &start, begun: Made::all(&cx.earlier) };
        let database = Database::beside(start.source.arn(), what(self.shape), &self.target);
        let made_before = way.begun.contains(&Made::Database(database.clone()));
        if !made_before {
            self.names_are_free(&aws).await?;
        }
        let snapshot = Box::pin(self.snapshot(&way, made_before)).await?;
        if !made_before {
            Box::pin(self.begin(&way, &database, snapshot.as_ref())).await?;
        }
        let mut restored = self.until_restored(&way).await?;
        let mut instances = Vec::new();
        if self.shape == DatabaseShape::Cluster {
            instances = Box::pin(self.add_instances(&way, &restored)).await?;
            // With its instances it has its members.
            restored = self.until_restored(&way).await?;
        }
        let ended = Clock::System.now();
        self.tag(&way, &restored).await?;
        let pair = (start.model.as_ref(), instances.first());
        let carried = Box::pin(carry(cx, &aws, (&start.source, &restored), pair, self.put_back)).await?;
        Ok(self.ran(&start, &restored, &instances, ended, snapshot.as_ref(), carried))
    }

    /// Refuses names that are taken, those of the instances too: what bears them is somebody's.
    async fn names_are_free(&self, aws: &Aws) -> Result<(), Halt> {
        let reads = aws.reads().databases();
        let taken = |word: &str, name: &str, status: &str| -> Halt {
            let message = format!("there is {word} {name} already, {status}");
            let remedy = "give the new one another name, by `as`";
            Failure::new(FailureKind::Guard, message).with_remedy(remedy).into()
        };
        if let Some(found) = find(&reads, self.shape, &self.target).await? {
            return Err(taken(self.shape.word(), &self.target, found.status()));
        }
        let instances = if self.shape == DatabaseShape::Cluster { self.instances } else { 0 };
        for name in (1..=instances).map(|number| instance_of(&self.target, number)) {
            if let Some(found) = reads.instance(&name).await?.value {
                return Err(taken("instance", &name, &found.status));
            }
        }
        Ok(())
    }

    /// Looks at the source, and refuses what cannot be restored, before anything is made.
    async fn look(&self, cx: &WriteContext, aws: &Aws) -> Result<Start, Halt> {
        let (reads, at, word) = (aws.reads(), Clock::System.now(), self.shape.word());
        let refused = |message: String, remedy: &str| -> Halt {
            Failure::new(FailureKind::Guard, message).with_remedy(remedy.to_owned()).into()
        };
        let Some(source) = find(&reads.databases(), self.shape, &self.source).await? else {
            let message = format!("there is no {word} {} in {}", self.source, aws.settings().region);
            return Err(refused(message, &format!("correct `{word}`, or its `region`")));
        };
        let told = Clock::System.now();
        let model = match &source {
            Found::Cluster(cluster) => {
                if !cluster.engine.starts_with("aurora") || cluster.mode == "serverless" {
                    let message = format!(
                        "{} is {} {}, and no Aurora cluster of instances",
                        self.source, cluster.engine, cluster.mode
                    );
                    return Err(refused(message, "only those are restored by this step"));
                }
                match cluster.writer() {
                    Some(writer) => reads.databases().instance(writer).await?.value,
                    None => None,
                }
            }
            Found::Instance(instance) => {
                if let Some(cluster) = &instance.cluster {
                    let message = format!("instance {} is one of cluster {cluster}", self.source);
                    return Err(refused(message, &format!("say `cluster = \"{cluster}\"`")));
                }
                Some((**instance).clone())
            }
        };
        let class = self.class.clone().or_else(|| model.as_ref().map(|it| it.class.clone())).unwrap_or_default();
        if class.is_empty() {
            let message = format!("{word} {} has no instance to take the class from", self.source);
            return Err(refused(message, "give `class`"));
        }
        let (gib, warning) = match size(&reads, &source).await {
            Ok(gib) => (Some(gib), None),
            Err(why) => (None, Some(format!("`max_gib` was not held against {}: {why}", self.source))),
        };
        let from_own = self.from == DatabasePlan::Snapshot(None);
        match gib {
            Some(gib) if gib > f64::from(self.max_gib) => {
                let message =
                    format!("{word} {} has {gib:.1} GiB, and the step restores {} at most", self.source, self.max_gib);
                let cost = estimate(&source, gib, from_own, self.instances, &class);
                return Err(refused(message, &format!("raise `max_gib` when this is well spent: {cost}")));
            }
            Some(gib) => cx.read.say(format!(
                "{} has {gib:.1} GiB; its copy costs {}",
                self.source,
                estimate(&source, gib, from_own, self.instances, &class)
            )),
            None => cx.read.say(format!("the size of {} is not known, and so is not what its copy costs", self.source)),
        }
        let mut start = Start { at, source, model, class, gib, lag: None, warning };
        let DatabasePlan::PointInTime(wanted) = &self.from else { return Ok(start) };
        if !start.source.is_backed_up() {
            let message = format!("automated backups of {word} {} are off: there is nothing to restore", self.source);
            return Err(refused(message, "keep them for a day at least: `--backup-retention-period`"));
        }
        let message = match (start.source.earliest(), wanted) {
            (Some(earliest), Some(wanted)) if *wanted < earliest => Some(format!(
                "{} is before the earliest time that can be restored, {}",
                rfc3339(*wanted),
                rfc3339(earliest)
            )),
            // To the whole second: it may not be over yet.
            (_, Some(wanted)) if *wanted > at + TimeDelta::seconds(1) => {
                Some(format!("{} has not come yet", rfc3339(*wanted)))
            }
            (_, _) => None,
        };
        if let Some(message) = message {
            return Err(refused(message, "give `at` another time"));
        }
        start.lag = start.source.latest().map(|latest| (told - latest).num_milliseconds().max(0));
        Ok(start)
    }

    /// The snapshot that is restored, if one is: the one that is given, or one that is made now, or was by an earlier
    /// attempt.
    async fn snapshot(&self, way: &Way<'_>, restored: bool) -> Result<Option<Snapshot>, Halt> {
        let DatabasePlan::Snapshot(given) = &self.from else { return Ok(None) };
        let Way { cx, aws, start, begun } = way;
        let (reads, writes) = (aws.reads().databases(), aws.databases());
        let name = given.clone().unwrap_or_else(|| snapshot_for(&self.target, &self.run));
        let look = async || -> Result<Option<Snapshot>, AwsError> {
            Ok(match self.shape {
                DatabaseShape::Cluster => reads.cluster_snapshot(&name).await?.value,
                DatabaseShape::Instance => reads.snapshot(&name).await?.value,
            })
        };
        if restored {
            return Ok(look().await?);
        }
        let source = match self.shape {
            DatabaseShape::Cluster => EventSource::ClusterSnapshot,
            DatabaseShape::Instance => EventSource::Snapshot,
        };
        if given.is_some() {
            if look().await?.is_none() {
                let message = format!("there is no snapshot {name} of a {}", self.shape.word());
                return Err(Failure::new(FailureKind::Guard, message).with_remedy("correct `snapshot`").into());
            }
        } else {
            let (what, call) = match self.shape {
                DatabaseShape::Cluster => (What::ClusterSnapshot, "rds:CreateDBClusterSnapshot"),
                DatabaseShape::Instance => (What::Snapshot, "rds:CreateDBSnapshot"),
            };
            let made = Database::beside(start.source.arn(), what, &name);
            if !begun.contains(&Made::Database(made.clone())) {
                let making = planned(aws, call, &made.target(), false);
                let run_tags = tags(&self.run, &cx.read.scope);
                repeated(cx, aws, "the snapshot is begun", async || {
                    effect(cx, making.clone(), async |_| match self.shape {
                        DatabaseShape::Cluster => writes.create_cluster_snapshot(&self.source, &name, &run_tags).await,
                        DatabaseShape::Instance => writes.create_snapshot(&self.source, &name, &run_tags).await,
                    })
                    .await
                })
                .await?;
            }
        }
        let awaited = Awaited { word: "snapshot", name: &name, story: Some((source, start.at)) };
        let found = until_up(&cx.read, aws, awaited, look, |found| found.status.as_str()).await?;
        Ok(Some(found))
    }

    /// Begins to restore.
    async fn begin(&self, way: &Way<'_>, database: &Database, snapshot: Option<&Snapshot>) -> Result<(), Halt> {
        let Way { cx, aws, start, .. } = way;
        let (engine, version) = start.source.engine();
        let from = match (&self.from, snapshot) {
            (DatabasePlan::PointInTime(wanted), _) => {
                if let Some(wanted) = wanted {
                    self.until_restorable(way, *wanted).await?;
                }
                let at = wanted.map_or(RestorePoint::Latest, RestorePoint::At);
                RestoreSource::PointInTime { of: self.source.clone(), at, copy_on_write: false }
            }
            (DatabasePlan::Snapshot(_), Some(snapshot)) => {
                // A snapshot of an older version stays of it.
                let version = Some(&snapshot.version).filter(|it| !it.is_empty()).map_or(version, String::as_str);
                let (engine, version) = (engine.to_owned(), Some(version.to_owned()));
                RestoreSource::Snapshot { snapshot: snapshot.name.clone(), engine, version }
            }
            (DatabasePlan::Snapshot(_), None) => {
                return Err(Failure::new(FailureKind::Lost, "the snapshot is not there any more").into());
            }
        };
        let by_time = matches!(from, RestoreSource::PointInTime { .. });
        let (writes, target) = (aws.databases(), self.target.clone());
        let doing = format!("{} {target} is begun", self.shape.word());
        match &start.source {
            Found::Cluster(cluster) => {
                let place = ClusterPlace { tags: tags(&self.run, &cx.read.scope), ..ClusterPlace::like(cluster) };
                let copy = ClusterCopy { target, from, place };
                let call =
                    if by_time { "rds:RestoreDBClusterToPointInTime" } else { "rds:RestoreDBClusterFromSnapshot" };
                let making = planned(aws, call, &database.target(), false);
                repeated(cx, aws, &doing, async || {
                    effect(cx, making.clone(), async |_| writes.restore_cluster(&copy).await).await
                })
                .await
            }
            Found::Instance(instance) => {
                let class = Some(start.class.clone());
                let place =
                    InstancePlace { tags: tags(&self.run, &cx.read.scope), class, ..InstancePlace::like(instance) };
                let copy = InstanceCopy { target, from, place };
                let call =
                    if by_time { "rds:RestoreDBInstanceToPointInTime" } else { "rds:RestoreDBInstanceFromDBSnapshot" };
                let making = planned(aws, call, &database.target(), false);
                repeated(cx, aws, &doing, async || {
                    effect(cx, making.clone(), async |_| writes.restore_instance(&copy).await).await
                })
                .await
            }
        }
    }

    /// Waits until a time can be restored: RDS is some minutes behind.
    async fn until_restorable(&self, way: &Way<'_>, wanted: DateTime<Utc>) -> Result<(), Halt> {
        let Way { cx, aws, .. } = way;
        let doing = format!("{} can be restored", rfc3339(wanted));
        let reads = aws.reads().databases();
        until(&cx.read, aws, &doing, async || {
            let latest = find(&reads, self.shape, &self.source).await?.and_then(|found| found.latest());
            if let Some(latest) = latest.filter(|latest| *latest < wanted) {
                cx.read.say(format!("can be restored up to {}, wanted is {}", rfc3339(latest), rfc3339(wanted)));
            }
            Ok(latest.filter(|latest| *latest >= wanted))
        })
        .await
        .map(drop)
    }

    async fn until_restored(&self, way: &Way<'_>) -> Result<Found, Halt> {
        let Way { cx, aws, start, .. } = way;
        let reads = aws.reads().databases();
        let source = match self.shape {
            DatabaseShape::Cluster => EventSource::Cluster,
            DatabaseShape::Instance => EventSource::Instance,
        };
        let awaited = Awaited { word: self.shape.word(), name: &self.target, story: Some((source, start.at)) };
        let look = async || find(&reads, self.shape, &self.target).await;
        until_up(&cx.read, aws, awaited, look, Found::status).await
    }

    /// A restored cluster has its data and nobody who reads them: its instances are made, all at once, and waited for.
    async fn add_instances(&self, way: &Way<'_>, restored: &Found) -> Result<Vec<Instance>, Halt> {
        let Way { cx, aws, start, begun } = way;
        let (reads, writes) = (aws.reads().databases(), aws.databases());
        let names: Vec<String> = (1..=self.instances).map(|number| instance_of(&self.target, number)).collect();
        for name in &names {
            let made = Database::beside(restored.arn(), What::Instance, name);
            if begun.contains(&Made::Database(made.clone())) {
                continue;
            }
            let parameters = start.model.as_ref().and_then(|it| it.parameter_groups.first().cloned());
            let new = NewInstance {
                name: name.clone(),
                cluster: self.target.clone(),
                class: start.class.clone(),
                engine: start.source.engine().0.to_owned(),
                parameter_group: parameters,
                tier: None,
                public: start.model.as_ref().is_some_and(|it| it.public),
                tags: tags(&self.run, &cx.read.scope),
            };
            let making = planned(aws, "rds:CreateDBInstance", &made.target(), false);
            repeated(cx, aws, &format!("instance {name} is begun"), async || {
                effect(cx, making.clone(), async |_| writes.create_instance(&new).await).await
            })
            .await?;
        }
        let mut instances = Vec::new();
        for name in &names {
            let awaited = Awaited { word: "instance", name, story: Some((EventSource::Instance, start.at)) };
            let look = async || Ok(reads.instance(name).await?.value);
            instances.push(until_up(&cx.read, aws, awaited, look, |it: &Instance| it.status.as_str()).await?);
        }
        Ok(instances)
    }

    /// The run's tag is asked for with the restore. An endpoint that does not take it there is told again.
    async fn tag(&self, way: &Way<'_>, restored: &Found) -> Result<(), Halt> {
        if restored.has_tag(TAG, &self.run) {
            return Ok(());
        }
        let Way { cx, aws, .. } = way;
        let (writes, own) = (aws.databases(), tags(&self.run, &cx.read.scope));
        let tagging = planned(aws, "rds:AddTagsToResource", restored.arn(), false);
        effect(cx, tagging, async |_| writes.tag(restored.arn(), &own).await).await
    }

    fn ran(
        &self,
        start: &Start,
        restored: &Found,
        instances: &[Instance],
        ended: DateTime<Utc>,
        snapshot: Option<&Snapshot>,
        carried: Carried,
    ) -> Ran {
        let (from, at) = match &self.from {
            // The latest time is the one that was told when it began.
            DatabasePlan::PointInTime(wanted) => ("point-in-time", wanted.or(start.source.latest())),
            DatabasePlan::Snapshot(_) => ("snapshot", snapshot.and_then(|snapshot| snapshot.created)),
        };
        let (endpoint, reader) = match restored {
            Found::Cluster(cluster) => (cluster.endpoint.clone(), cluster.reader_endpoint.clone()),
            Found::Instance(instance) => (instance.endpoint.clone(), None),
        };
        let made: Vec<_> = instances
            .iter()
            .map(|it| json!({ "name": it.name, "arn": it.arn, "class": it.class, "endpoint": it.endpoint }))
            .collect();
        let mut out = json!({
            "arn": restored.arn(),
            "source": start.source.arn(),
            "endpoint": endpoint,
            "reader_endpoint": reader,
            "from": from,
            "at": at.map(rfc3339),
            "lag_ms": start.lag,
            "started": rfc3339(start.at),
            "restored": rfc3339(ended),
            "took_ms": (ended - start.at).num_milliseconds().max(0),
            "instances": made,
            "snapshot": snapshot.map(|snapshot| snapshot.arn.clone()),
            "bytes": on_record(start.gib),
            "settings": carried.out,
        });
        out[self.shape.word()] = json!(self.target);
        let other = snapshot.filter(|snapshot| snapshot.of != self.source);
        let other = other.map(|it| {
            format!("snapshot {} is of {}, not of {}: its backup is what was tried", it.name, it.of, self.source)
        });
        let warnings: Vec<String> = start.warning.clone().into_iter().chain(other).chain(carried.warning).collect();
        Ran { warning: (!warnings.is_empty()).then(|| warnings.join("; ")), ..Ran::well(out) }
    }
}
