//! The settings of a restored database: put back as they are at its source, or reported.

use serde_json::{Value, json};

use crate::aws::Aws;
use crate::aws::databases::{
    DatabaseDifference, DatabaseRemedy, DatabaseSetting, EventSource, Instance, cluster_differences,
    instance_differences,
};
use crate::event::{EffectResult, FailureKind};
use crate::step::WriteContext;
use crate::step::drill::database::found::{Found, find};
use crate::step::drill::database::up::{Awaited, until_up};
use crate::step::drill::made::TAG;
use crate::step::drill::until::repeated;
use crate::step::effect::{Halt, effect, planned};
use crate::step::kind::DatabaseShape;
use crate::world::clock::Clock;

/// What of the instances of a cluster is held against the one that writes at the source.
const OF_INSTANCES: [DatabaseSetting; 5] = [
    DatabaseSetting::Class,
    DatabaseSetting::Parameters,
    DatabaseSetting::Public,
    DatabaseSetting::Insights,
    DatabaseSetting::Monitoring,
];

/// What became of the settings.
#[derive(Debug)]
pub(super) struct Carried {
    /// For the step's outputs: `same`, `put_back`, `reported`.
    pub(super) out: Value,
    /// What is not as at the source, if anything is.
    pub(super) warning: Option<String>,
}

/// Brings the settings of a restored database to those of its source; without `put_back` it only looks. A setting that RDS
/// refuses to put back is reported. `instances`: of clusters, the one that writes at the source, and one of the copy.
pub(super) async fn carry(
    cx: &WriteContext,
    aws: &Aws,
    (source, copy): (&Found, &Found),
    instances: (Option<&Instance>, Option<&Instance>),
    put_back: bool,
) -> Result<Carried, Halt> {
    let (same, found) = match (source, copy) {
        (Found::Cluster(source), Found::Cluster(copy)) => cluster_differences(source, copy, TAG),
        (Found::Instance(source), Found::Instance(copy)) => instance_differences(source, copy, TAG),
        (Found::Cluster(_), Found::Instance(_)) | (Found::Instance(_), Found::Cluster(_)) => (Vec::new(), Vec::new()),
    };
    // What an earlier attempt has put back is the same by now.
    let earlier = |setting: &DatabaseSetting| {
        let target = target(copy, *setting);
        cx.earlier.iter().any(|effect| effect.target == target && effect.result != Some(EffectResult::Refused))
    };
    let (mut done, same): (Vec<_>, Vec<_>) = same.into_iter().partition(earlier);
    let mut reported: Vec<(String, DatabaseDifference, String)> = Vec::new();
    for difference in found {
        let why = match &difference.remedy {
            DatabaseRemedy::Reported(why) => Some((*why).to_owned()),
            DatabaseRemedy::PutBack(_) if !put_back => {
                Some("the step puts nothing back: `settings = \"report\"`".to_owned())
            }
            DatabaseRemedy::PutBack(_) => Box::pin(apply(cx, aws, copy, &difference)).await?,
        };
        match why {
            Some(why) => reported.push((difference.setting.name().to_owned(), difference, why)),
            None => done.push(difference.setting),
        }
    }
    let mut alike: Vec<String> = same.iter().map(|setting| setting.name().to_owned()).collect();
    if let (Found::Cluster(_), (Some(model), Some(first))) = (copy, instances) {
        let (same, found) = instance_differences(model, first, TAG);
        let name = |setting: DatabaseSetting| format!("{} of instances", setting.name());
        alike.extend(same.into_iter().filter(|it| OF_INSTANCES.contains(it)).map(name));
        for difference in found.into_iter().filter(|it| OF_INSTANCES.contains(&it.setting)) {
            let why = match &difference.remedy {
                DatabaseRemedy::Reported(why) => (*why).to_owned(),
                DatabaseRemedy::PutBack(_) => "it is put back on the cluster alone".to_owned(),
            };
            reported.push((name(difference.setting), difference, why));
        }
    }
    done.sort();
    Ok(told(&alike, &done, &reported))
}

/// Puts one setting back. Gives why it was refused, if it was.
async fn apply(
    cx: &WriteContext,
    aws: &Aws,
    copy: &Found,
    difference: &DatabaseDifference,
) -> Result<Option<String>, Halt> {
    let DatabaseRemedy::PutBack(change) = &difference.remedy else { return Ok(None) };
    let (writes, reads) = (aws.databases(), aws.reads().databases());
    let (shape, name) = match copy {
        Found::Cluster(cluster) => (DatabaseShape::Cluster, &cluster.name),
        Found::Instance(instance) => (DatabaseShape::Instance, &instance.name),
    };
    let doing = format!("the {} of {name} is put back", difference.setting.name());
    let call = change.call(shape == DatabaseShape::Cluster);
    let making = planned(aws, call, &target(copy, difference.setting), false);
    let begun = Clock::System.now();
    let made = repeated(cx, aws, &doing, async || {
        effect(cx, making.clone(), async |_| match shape {
            DatabaseShape::Cluster => writes.change_cluster(name, copy.arn(), change).await,
            DatabaseShape::Instance => writes.change_instance(name, copy.arn(), change).await,
        })
        .await
    });
    match made.await {
        Ok(()) => {}
        Err(Halt::Failed(failure)) if refuses(&failure.kind) => {
            return Ok(Some(format!("it could not be put back: {}", failure.message)));
        }
        Err(halt) => return Err(halt),
    }
    let source = match shape {
        DatabaseShape::Cluster => EventSource::Cluster,
        DatabaseShape::Instance => EventSource::Instance,
    };
    let awaited = Awaited { word: shape.word(), name, story: Some((source, begun)) };
    let look = async || find(&reads, shape, name).await;
    until_up(&cx.read, aws, awaited, look, Found::status).await?;
    Ok(None)
}

/// Whether a failure is a refusal of this one call, which says nothing of the next.
fn refuses(kind: &FailureKind) -> bool {
    kind.is_answer() || matches!(kind, FailureKind::Access | FailureKind::Unsupported)
}

/// What the effect that puts a setting back works on, for the record.
fn target(copy: &Found, setting: DatabaseSetting) -> String {
    format!("{} {}", copy.arn(), setting.name())
}

fn told(same: &[String], put_back: &[DatabaseSetting], reported: &[(String, DatabaseDifference, String)]) -> Carried {
    let rest: Vec<Value> = reported
        .iter()
        .map(|(what, difference, why)| {
            json!({ "what": what, "source": difference.source, "copy": difference.copy, "why": why })
        })
        .collect();
    let left = reported.iter().map(|(what, ..)| what.as_str()).collect::<Vec<_>>().join(", ");
    let put_back: Vec<&str> = put_back.iter().map(|setting| setting.name()).collect();
    Carried {
        out: json!({ "same": same, "put_back": put_back, "reported": rest }),
        warning: (!left.is_empty()).then(|| format!("not as at the source: {left}")),
    }
}
