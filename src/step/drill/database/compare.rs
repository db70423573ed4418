//! A `compare` step of two clusters with all its values known.

use serde_json::{Value, json};

use crate::aws::AwsReads;
use crate::aws::databases::{Cluster, DatabaseSetting, cluster_settings};
use crate::event::{Failure, FailureKind};
use crate::step::drill::database::names::name;
use crate::step::drill::database::task::fault;
use crate::step::drill::made::TAG;
use crate::step::effect::Halt;
use crate::step::kind::ClusterCompare;
use crate::step::{Ran, ReadAction, ReadContext, StepStop, TaskFault};
use crate::value::{Scope, Template};

/// What makes a cluster the same to those who use it. How it is run (backups, windows, tags) is not.
const COMPARED: [DatabaseSetting; 8] = [
    DatabaseSetting::Version,
    DatabaseSetting::Parameters,
    DatabaseSetting::Subnets,
    DatabaseSetting::SecurityGroups,
    DatabaseSetting::Port,
    DatabaseSetting::Key,
    DatabaseSetting::Serverless,
    DatabaseSetting::Storage,
];

/// What a `compare` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterCompareTask {
    /// The cluster that is right.
    pub cluster: String,
    /// The one that is held against it.
    pub with: String,
}

/// A cluster, and what of it is compared.
struct Seen {
    members: Vec<String>,
    settings: Vec<(&'static str, Value)>,
}

impl ReadAction for ClusterCompareTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        let Some(aws) = cx.aws.clone() else {
            let failure = Failure::new(FailureKind::Guard, "a compare step needs an account");
            return Ok(Ran::failed(failure.with_remedy("give the profile an `[aws]` section")));
        };
        match Box::pin(self.compare(&aws)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }
}

impl ClusterCompareTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, a name that no cluster can have.
    pub fn of(compare: &ClusterCompare, scope: &Scope) -> Result<Self, TaskFault> {
        let named = |template: &Template| {
            let text = template.eval_text(scope).map_err(|error| fault(template, &error.to_string()))?;
            name(&text).map_err(|why| fault(template, &why))
        };
        Ok(Self { cluster: named(&compare.cluster)?, with: named(&compare.with)? })
    }

    /// What it will do, as far as its values are known.
    pub fn preview(compare: &ClusterCompare, scope: &Scope) -> Vec<String> {
        lines(&compare.cluster.preview(scope), &compare.with.preview(scope))
    }

    /// What it will do.
    pub fn describe(&self) -> Vec<String> {
        lines(&self.cluster, &self.with)
    }

    async fn compare(&self, aws: &AwsReads) -> Result<Ran, Halt> {
        let (one, other) = (seen(aws, &self.cluster).await?, seen(aws, &self.with).await?);
        let pairs = one.settings.iter().zip(&other.settings);
        let different: Vec<Value> = pairs
            .filter(|((_, one), (_, other))| one != other)
            .map(|((what, one), (_, other))| json!({ "what": what, "cluster": one, "with": other }))
            .collect();
        let compared = one.settings.len();
        let out = json!({
            "items": { "cluster": one.members, "with": other.members },
            "compared": compared,
            "same": compared - different.len(),
            "missing": 0,
            "different": different.len(),
            "extra": 0,
            "examples": different,
        });
        if different.is_empty() {
            return Ok(Ran::well(out));
        }
        let names = different.iter().filter_map(|it| it["what"].as_str()).collect::<Vec<_>>().join(", ");
        let message = format!("{} is not set up as {}: {names}", self.with, self.cluster);
        let causes = different.iter().map(Value::to_string).collect();
        Ok(Ran { out, ..Ran::failed(Failure::new(FailureKind::Expectation, message).caused_by(causes)) })
    }
}

fn lines(one: &str, other: &str) -> Vec<String> {
    vec![
        format!("compares Aurora clusters {one} and {other} by what the API says of them"),
        "  engine, parameters, subnets, security groups, port, key, capacity, storage and class; not their data, which \
         need SQL"
            .to_owned(),
    ]
}

async fn seen(aws: &AwsReads, name: &str) -> Result<Seen, Halt> {
    let databases = aws.databases();
    let Some(cluster) = databases.cluster(name).await?.value else {
        let message = format!("there is no cluster {name} in {}", aws.settings().region);
        return Err(Failure::new(FailureKind::Expectation, message).into());
    };
    let all = cluster_settings(&cluster, TAG);
    let value = |setting: DatabaseSetting| all.get(&setting).cloned().unwrap_or_default();
    let mut settings: Vec<(&str, Value)> =
        COMPARED.into_iter().map(|setting| (setting.name(), value(setting))).collect();
    settings.push(("class of the writer", json!(writers_class(aws, &cluster).await?)));
    Ok(Seen { members: cluster.members.into_iter().map(|member| member.instance).collect(), settings })
}

async fn writers_class(aws: &AwsReads, cluster: &Cluster) -> Result<Option<String>, Halt> {
    let Some(writer) = cluster.writer() else { return Ok(None) };
    Ok(aws.databases().instance(writer).await?.value.map(|instance| instance.class))
}
