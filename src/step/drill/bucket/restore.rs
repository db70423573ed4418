//! A `restore` step of objects with all its values known.

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};

use crate::aws::objects::{ObjectReads, Versioning};
use crate::aws::{Aws, AwsReads};
use crate::event::{EffectResult, EffectState, Failure, FailureKind};
use crate::id::RunId;
use crate::step::drill::bucket::copies::Copies;
use crate::step::drill::bucket::found::{Counted, count, newest};
use crate::step::drill::bucket::home::home_of_reads;
use crate::step::drill::bucket::place::{Settings, Target, arn_of};
use crate::step::drill::bucket::tally::Tally;
use crate::step::drill::made::Made;
use crate::step::effect::{Halt, door};
use crate::step::kind::{BucketRestore, ObjectsFrom, ObjectsInto, is_bucket};
use crate::step::s3::{Pace, objects};
use crate::step::{Probed, Ran, ReadContext, StepStop, TaskFault, WriteAction, WriteContext};
use crate::value::{Scope, Template};
use crate::world::clock::{Clock, rfc3339};

/// What objects are restored from, with its values known.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectsPlan {
    /// The versions that their own bucket keeps.
    Versions,
    /// This bucket, which they are replicated to.
    Replica(String),
}

/// What a `restore` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketRestoreTask {
    /// The bucket.
    pub bucket: String,
    /// The beginning of the keys.
    pub prefix: String,
    /// What they are restored from.
    pub from: ObjectsPlan,
    /// The time; none: when the step begins.
    pub at: Option<DateTime<Utc>>,
    /// Where they go.
    pub target: Target,
    /// The most that is restored, in GiB.
    pub max_gib: u32,
    /// The run's id: the new bucket's tag.
    pub run: String,
}

/// What was there when the step began, for its outputs.
struct Start {
    began: DateTime<Utc>,
    /// The time that is restored.
    at: DateTime<Utc>,
    /// Looks at the source, in its region.
    source: ObjectReads,
    counted: Counted,
    settings: Settings,
    lag: Option<i64>,
}

impl WriteAction for BucketRestoreTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        let at = self.at.map_or_else(|| "now".to_owned(), rfc3339);
        let place = match &self.target {
            Target::New { bucket } => format!("the new bucket {bucket}"),
            Target::Existing { bucket, own } => format!("s3://{bucket}/{own}"),
        };
        Self::lines(&self.bucket, &self.prefix, &self.from, &at, &place, self.max_gib)
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

    /// Whatever the call was: the next attempt looks what is there. Only a bucket may not have been made.
    async fn probe(&self, cx: &mut ReadContext, known: &EffectState) -> Probed {
        let Some(aws) = &cx.aws else {
            return Probed::CannotTell { why: "the run has no account to ask".to_owned() };
        };
        match (Made::of(&known.call, &known.target), aws.objects().region(self.target.bucket()).await) {
            (_, Err(error)) => Probed::CannotTell { why: error.to_string() },
            (Some(Made::Bucket { .. }), Ok(found)) if found.value.is_none() => Probed::NotDone,
            (_, Ok(_)) => Probed::UnderWay,
        }
    }
}

impl BucketRestoreTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, a time that is none, a name that no bucket can have.
    pub fn of(restore: &BucketRestore, scope: &Scope) -> Result<Self, TaskFault> {
        let text = |template: &Template| template.eval_text(scope).map_err(|error| fault(template, &error.to_string()));
        let name = |template: &Template| {
            let name = text(template)?;
            let why = || format!("`{name}` is no name of a bucket: the name alone, neither `s3://…` nor an ARN");
            if is_bucket(&name) { Ok(name) } else { Err(fault(template, &why())) }
        };
        let run = scope.get(&["run", "id"]).and_then(Value::as_str).unwrap_or_default().to_owned();
        let bucket = name(&restore.bucket)?;
        let from = match &restore.from {
            ObjectsFrom::Versions => ObjectsPlan::Versions,
            ObjectsFrom::Replica(replica) => ObjectsPlan::Replica(name(replica)?),
        };
        let at = restore.at.as_ref().map(|at| {
            let time = text(at)?;
            DateTime::parse_from_rfc3339(&time)
                .map(|time| time.to_utc())
                .map_err(|error| fault(at, &format!("`at` is `{time}`, which is no time (RFC 3339): {error}")))
        });
        let target = match &restore.into {
            ObjectsInto::New(Some(given)) => Target::New { bucket: name(given)? },
            ObjectsInto::New(None) => Target::New { bucket: named_after(&bucket, &run) },
            ObjectsInto::Existing(into) => {
                let into_bucket = name(into)?;
                let is_source = match &from {
                    ObjectsPlan::Versions => into_bucket == bucket,
                    ObjectsPlan::Replica(replica) => into_bucket == bucket || into_bucket == *replica,
                };
                if is_source {
                    let why = "what is restored would stand in the bucket that it is restored from, or for";
                    return Err(fault(into, why));
                }
                Target::Existing { bucket: into_bucket, own: format!("checkride/{run}/") }
            }
        };
        let prefix = restore.prefix.as_ref().map(text).transpose()?.unwrap_or_default();
        Ok(Self { bucket, prefix, from, at: at.transpose()?, target, max_gib: restore.max_gib, run })
    }

    /// The calls of a step of a plan, as far as its values are known.
    pub fn preview(restore: &BucketRestore, scope: &Scope) -> Vec<String> {
        let text = |template: &Template| template.preview(scope);
        let bucket = text(&restore.bucket);
        let from = match &restore.from {
            ObjectsFrom::Versions => ObjectsPlan::Versions,
            ObjectsFrom::Replica(replica) => ObjectsPlan::Replica(text(replica)),
        };
        let place = match &restore.into {
            ObjectsInto::New(Some(name)) => format!("the new bucket {}", text(name)),
            ObjectsInto::New(None) => format!("the new bucket {bucket}-checkride-(run)"),
            ObjectsInto::Existing(into) => format!("s3://{}/checkride/(run)/", text(into)),
        };
        let prefix = restore.prefix.as_ref().map(text).unwrap_or_default();
        let at = restore.at.as_ref().map_or_else(|| "now".to_owned(), text);
        Self::lines(&bucket, &prefix, &from, &at, &place, restore.max_gib)
    }

    fn lines(bucket: &str, prefix: &str, from: &ObjectsPlan, at: &str, place: &str, max_gib: u32) -> Vec<String> {
        let from = match from {
            ObjectsPlan::Versions => "its versions".to_owned(),
            ObjectsPlan::Replica(replica) => format!("its replica {replica}"),
        };
        vec![
            format!("restores the objects of s3://{bucket}/{prefix} into {place}, from {from}, as of {at}"),
            format!("  the source is only read; refused when there are more than {max_gib} GiB"),
            "  s3:CopyObject of each, by its version; what lies in an archive is named".to_owned(),
            "  billed by AWS: each copy, and what stands for as long as it does".to_owned(),
        ]
    }

    /// The bucket that is copied from.
    fn source(&self) -> &str {
        match &self.from {
            ObjectsPlan::Versions => &self.bucket,
            ObjectsPlan::Replica(replica) => replica,
        }
    }

    async fn restore(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "restore")?;
        let start = self.look(cx, &aws).await?;
        let arn = arn_of(&aws, self.target.bucket());
        let is_begun = Made::all(&cx.earlier).contains(&self.target.made(&arn));
        let of = rfc3339(start.at);
        self.target.ready(cx, &aws, &start.settings, is_begun, &of, &self.run).await?;
        let mut copies = Copies {
            cx,
            aws: &aws,
            source: start.source.clone(),
            from: self.source(),
            prefix: &self.prefix,
            at: start.at,
            target: &self.target,
            total: start.counted.objects,
            pace: Pace::default(),
            tally: Tally::default(),
        };
        copies.copy().await?;
        let ended = Clock::System.now();
        let wrong = copies.proof().await?;
        let tally = copies.tally;
        Ok(self.ran(&aws, &start, ended, tally, wrong))
    }

    /// Looks at the source, and refuses what cannot be restored, before anything is made.
    async fn look(&self, cx: &WriteContext, aws: &Aws) -> Result<Start, Halt> {
        let guard = |message: String, remedy: &str| Failure::new(FailureKind::Guard, message).with_remedy(remedy);
        let began = Clock::System.now();
        let at = self.at.or_else(|| begun_at(&cx.earlier)).unwrap_or_else(|| began.trunc_subsecs(3));
        if at > began {
            return Err(guard(format!("{} has not come yet", rfc3339(at)), "give `at` a time in the past").into());
        }
        let bucket = self.source();
        let Some(home) = home_of_reads(&aws.reads(), bucket).await? else {
            return Err(guard(format!("there is no bucket {bucket}"), "correct its name").into());
        };
        let source = home.objects();
        let versioning = source.versioning(bucket).await?.value;
        if versioning == Versioning::Never && self.at.is_some() {
            let message = format!("bucket {bucket} keeps no versions: what was there at {} is not known", rfc3339(at));
            let remedy = format!(
                "`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled`: what is \
                 written from then on can be restored"
            );
            return Err(guard(message, &remedy).into());
        }
        let encryption = source.encryption(bucket).await?.value;
        let is_elsewhere = home.settings().region != aws.settings().region;
        cx.read.say(format!("counting what there is of s3://{bucket}/{}", self.prefix));
        let counted = count(&cx.read, &source, bucket, &self.prefix, at).await?;
        if counted.objects == 0 {
            let message = format!("s3://{bucket}/{} held no object at {}", self.prefix, rfc3339(at));
            return Err(guard(message, "correct `prefix`, or `at`").into());
        }
        if counted.gib() > f64::from(self.max_gib) {
            let message = format!(
                "there are {:.1} GiB to restore, and the step restores {} at most",
                counted.gib(),
                self.max_gib
            );
            let remedy = format!("raise `max_gib` when {} are well spent", counted.price(is_elsewhere));
            return Err(guard(message, &remedy).into());
        }
        cx.read.say(format!("{}: {}", counted.words(), counted.price(is_elsewhere)));
        let lag = match &self.from {
            ObjectsPlan::Versions => None,
            ObjectsPlan::Replica(_) => self.lag(cx, &aws.reads(), at, &counted).await?,
        };
        let settings = Settings { encryption, versioning, is_elsewhere };
        Ok(Start { began, at, source, counted, settings, lag })
    }

    /// How much later the newest object of the bucket was written than that of its replica, in milliseconds; none when the
    /// bucket cannot be looked at: it may be what was lost.
    async fn lag(
        &self,
        cx: &WriteContext,
        aws: &AwsReads,
        at: DateTime<Utc>,
        replica: &Counted,
    ) -> Result<Option<i64>, Halt> {
        let newest = async {
            let Some(home) = home_of_reads(aws, &self.bucket).await? else { return Ok(None) };
            newest(&cx.read, &home.objects(), &self.bucket, &self.prefix, at).await
        };
        match newest.await {
            Ok(newest) => Ok(newest.zip(replica.newest).map(|(newest, of)| (newest - of).num_milliseconds().max(0))),
            // That the step is to end says nothing of the bucket.
            Err(Halt::Failed(failure)) if !matches!(failure.kind, FailureKind::Cancelled | FailureKind::Timeout) => {
                Ok(None)
            }
            Err(halt) => Err(halt),
        }
    }

    fn ran(&self, aws: &Aws, start: &Start, ended: DateTime<Utc>, mut tally: Tally, wrong: u64) -> Ran {
        let (bucket, own) = (self.target.bucket(), self.target.own());
        let from = match &self.from {
            ObjectsPlan::Versions => "versions",
            ObjectsPlan::Replica(_) => "replica",
        };
        let out = json!({
            "bucket": bucket,
            "prefix": format!("{own}{}", self.prefix),
            "arn": arn_of(aws, bucket),
            "source": arn_of(aws, self.source()),
            "from": from,
            "at": rfc3339(start.at),
            "lag_ms": start.lag,
            "started": rfc3339(start.began),
            "restored": rfc3339(ended),
            "took_ms": (ended - start.began).num_milliseconds().max(0),
            "objects": tally.restored,
            "bytes": tally.bytes,
            "deleted": start.counted.deleted,
            "failed": tally.failed,
        });
        let mut warnings = Vec::new();
        let artifacts = tally.end_list().unwrap_or_else(|error| {
            warnings.push(format!("the list of what is not restored cannot be put on record: {error}"));
            Vec::new()
        });
        if tally.doubtful.count > 0 {
            let at = rfc3339(start.at);
            let (count, list) = (objects(tally.doubtful.count), tally.doubtful.list());
            warnings.push(format!("written in the very second of {at}, perhaps only after it: {count} ({list})"));
        }
        if let Some(key) = start.settings.encryption.as_ref().and_then(|it| it.key.as_deref())
            && start.settings.is_elsewhere
        {
            warnings.push(format!("{bucket} is not encrypted by {key}: a key is of one region"));
        }
        let failure = tally.failure(self.source()).or_else(|| {
            let message = format!("not there, although all was restored: {}", objects(wrong));
            let failure = Failure::new(FailureKind::Lost, message)
                .with_remedy("somebody writes into the place, or a lifecycle rule removes: stop that, then retry");
            (wrong > 0).then_some(failure)
        });
        let warning = (!warnings.is_empty()).then(|| warnings.join("; "));
        Ran { out, failure, artifacts, warning, ..Ran::default() }
    }
}

/// The time that an earlier attempt restores: "now" is when the first one began.
fn begun_at(earlier: &[EffectState]) -> Option<DateTime<Utc>> {
    let made = earlier.iter().filter(|effect| effect.result != Some(EffectResult::Refused));
    let mut times = made.filter_map(|effect| {
        let (_, time) = effect.target.rsplit_once(" of ")?;
        Some(DateTime::parse_from_rfc3339(time).ok()?.to_utc())
    });
    times.next()
}

/// The name of the bucket that a run makes: it says of which run it is. 63 characters at most, all of them plain.
fn named_after(bucket: &str, run: &str) -> String {
    let of_run = RunId::new(run).map_or_else(|_| "checkride".to_owned(), |run| run.short()).to_ascii_lowercase();
    let room = 62 - of_run.len();
    let first = bucket.get(..room).unwrap_or(bucket).trim_end_matches(['-', '.']);
    format!("{first}-{of_run}")
}

fn fault(template: &Template, why: &str) -> TaskFault {
    TaskFault { span: Some(template.span()), why: format!("`{}`: {why}", template.text()) }
}

#[cfg(test)]
mod tests {
    use super::{is_bucket, named_after};

    #[test]
    fn a_new_bucket_has_a_name_of_the_runs() {
        let run = "20261122T081500Z-drill-s3-versions-7f3a";
        assert_eq!(named_after("orders", run), "orders-checkride-20261122t081500z-7f3a");
        let long = named_after(&"a-".repeat(31), run);
        assert!(is_bucket(&long) && long.ends_with("a-checkride-20261122t081500z-7f3a"), "{long}");
    }
}
