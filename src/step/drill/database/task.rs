//! A `restore` step of a cluster or an instance with all its values known.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::event::EffectState;
use crate::step::drill::Made;
use crate::step::drill::database::cost::prices;
use crate::step::drill::database::made::{Database, What};
use crate::step::drill::database::names::{name, named_after};
use crate::step::drill::until::looked_for;
use crate::step::effect::Halt;
use crate::step::kind::{DatabaseFrom, DatabaseRestore, DatabaseShape};
use crate::step::{Probed, Ran, ReadContext, StepStop, TaskFault, WriteAction, WriteContext};
use crate::value::{Scope, Template};
use crate::world::clock::rfc3339;

/// What a database is restored from, with its values known.
#[derive(Clone, Debug, PartialEq)]
pub enum DatabasePlan {
    /// Its automated backups, to this time; none: the latest.
    PointInTime(Option<DateTime<Utc>>),
    /// A snapshot, by name or ARN; none: one that is made first.
    Snapshot(Option<String>),
}

/// What a `restore` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseRestoreTask {
    /// What it is.
    pub shape: DatabaseShape,
    /// The cluster or the instance.
    pub source: String,
    /// The name of the new one.
    pub target: String,
    /// What it is restored from.
    pub from: DatabasePlan,
    /// The largest one that is restored, in GiB.
    pub max_gib: u32,
    /// The class of its instances; none: the source's.
    pub class: Option<String>,
    /// How many instances a cluster gets.
    pub instances: u32,
    /// Whether the settings that are not as at the source are put back.
    pub put_back: bool,
    /// The run's id: the tag of all that it makes.
    pub run: String,
}

impl WriteAction for DatabaseRestoreTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        let from = match &self.from {
            DatabasePlan::PointInTime(None) => "its latest restorable time".to_owned(),
            DatabasePlan::PointInTime(Some(time)) => rfc3339(*time),
            DatabasePlan::Snapshot(None) => "a snapshot that is made now".to_owned(),
            DatabasePlan::Snapshot(Some(snapshot)) => format!("snapshot {snapshot}"),
        };
        let class = self.class.as_deref();
        lines(self.shape, &self.source, &self.target, &from, class, (self.instances, self.max_gib, self.put_back))
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match Box::pin(self.restore(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    /// Whatever the call was: what it makes is there, or it is not; and what it changes is of something that was made.
    async fn probe(&self, cx: &mut ReadContext, known: &EffectState) -> Probed {
        let Some(aws) = &cx.aws else {
            return Probed::CannotTell { why: "the run has no account to ask".to_owned() };
        };
        let named = if let Some(Made::Database(database)) = Made::of(&known.call, &known.target) {
            Some(database)
        } else {
            Database::at(known.target.split(' ').next().unwrap_or_default())
        };
        let Some(named) = named else {
            return Probed::CannotTell { why: format!("`{}` names nothing of RDS", known.target) };
        };
        let reads = aws.databases();
        looked_for(cx, aws, async || {
            let there = match named.what() {
                What::Cluster => reads.cluster(named.name()).await?.value.is_some(),
                What::Instance => reads.instance(named.name()).await?.value.is_some(),
                What::ClusterSnapshot => reads.cluster_snapshot(named.name()).await?.value.is_some(),
                What::Snapshot => reads.snapshot(named.name()).await?.value.is_some(),
            };
            Ok(if there { Probed::UnderWay } else { Probed::NotDone })
        })
        .await
    }
}

impl DatabaseRestoreTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, a time that is none, a name that nothing in RDS can have.
    pub fn of(restore: &DatabaseRestore, scope: &Scope) -> Result<Self, TaskFault> {
        let text = |template: &Template| template.eval_text(scope).map_err(|error| fault(template, &error.to_string()));
        let named = |template: &Template| name(&text(template)?).map_err(|why| fault(template, &why));
        let run = scope.get(&["run", "id"]).and_then(Value::as_str).unwrap_or_default().to_owned();
        let source = named(&restore.source)?;
        let target = match &restore.name {
            Some(template) => named(template)?,
            None => named_after(&source, &run),
        };
        let from = match &restore.from {
            DatabaseFrom::Snapshot(snapshot) => DatabasePlan::Snapshot(snapshot.as_ref().map(text).transpose()?),
            DatabaseFrom::PointInTime(None) => DatabasePlan::PointInTime(None),
            DatabaseFrom::PointInTime(Some(at)) => {
                let time = text(at)?;
                let time = DateTime::parse_from_rfc3339(&time)
                    .map_err(|error| fault(at, &format!("`at` is `{time}`, which is no time (RFC 3339): {error}")))?;
                DatabasePlan::PointInTime(Some(whole_second(time.to_utc())))
            }
        };
        let class = restore.class.as_ref().map(text).transpose()?.filter(|class| !class.is_empty());
        let DatabaseRestore { shape, max_gib, instances, put_back, .. } = *restore;
        Ok(Self { shape, source, target, from, max_gib, class, instances, put_back, run })
    }

    /// The calls of a step of a plan, as far as its values are known.
    pub fn preview(restore: &DatabaseRestore, scope: &Scope) -> Vec<String> {
        let text = |template: &Template| template.preview(scope);
        let source = text(&restore.source);
        let target = restore.name.as_ref().map_or_else(|| format!("{source}-checkride-(run)"), text);
        let from = match &restore.from {
            DatabaseFrom::PointInTime(None) => "its latest restorable time".to_owned(),
            DatabaseFrom::PointInTime(Some(at)) => text(at),
            DatabaseFrom::Snapshot(None) => "a snapshot that is made now".to_owned(),
            DatabaseFrom::Snapshot(Some(snapshot)) => format!("snapshot {}", text(snapshot)),
        };
        let class = restore.class.as_ref().map(text);
        let numbers = (restore.instances, restore.max_gib, restore.put_back);
        lines(restore.shape, &source, &target, &from, class.as_deref(), numbers)
    }
}

fn lines(
    shape: DatabaseShape,
    source: &str,
    target: &str,
    from: &str,
    class: Option<&str>,
    (instances, max_gib, put_back): (u32, u32, bool),
) -> Vec<String> {
    let settings = if put_back { "put back, or reported" } else { "reported" };
    let class = class.filter(|class| !class.is_empty()).unwrap_or("the source's class");
    let (what, made) = match shape {
        DatabaseShape::Cluster => ("Aurora cluster", format!("with {instances} x {class}")),
        DatabaseShape::Instance => ("RDS instance", format!("of {class}")),
    };
    vec![
        format!("restores {what} {source} into the new {} {target}, {made}, from {from}", shape.word()),
        format!("  {source} is only read; refused when it is larger than {max_gib} GiB"),
        "  in the same subnets and security groups; public only where the source is; not protected against deletion"
            .to_owned(),
        format!("  settings that are not as at the source are {settings}"),
        format!("  billed by AWS: {}", prices(shape == DatabaseShape::Cluster)),
    ]
}

/// RDS restores to the second: the one in which all that was there at the time is.
fn whole_second(time: DateTime<Utc>) -> DateTime<Utc> {
    match time.timestamp_subsec_nanos() {
        0 => time,
        _ => DateTime::from_timestamp(time.timestamp() + 1, 0).unwrap_or(time),
    }
}

pub(super) fn fault(template: &Template, why: &str) -> TaskFault {
    TaskFault { span: Some(template.span()), why: format!("`{}`: {why}", template.text()) }
}
