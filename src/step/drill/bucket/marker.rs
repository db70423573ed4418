//! Markers in a bucket: objects of their own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::aws::objects::{Carriers, ObjectReads, PutEnd, Replica};
use crate::aws::{Aws, AwsReads};
use crate::event::{EffectResult, Failure, FailureKind};
use crate::step::WriteContext;
use crate::step::drill::bucket::home::home;
use crate::step::drill::bucket::place::arn_of;
use crate::step::drill::made::Made;
use crate::step::effect::{Halt, effect_that, planned};
use crate::world::clock::{Clock, rfc3339};

/// What the keys of markers have in them. Objects that have it are none of the bucket's own.
const MARKER: &str = "checkride-marker";

/// A bucket that markers are written into, looked at once.
#[derive(Clone, Debug)]
pub(in crate::step::drill) struct BucketMarkers {
    /// The door to its region.
    aws: Aws,
    bucket: String,
    prefix: String,
    run: String,
    carriers: Carriers,
}

impl BucketMarkers {
    /// Looks at the bucket.
    pub(in crate::step::drill) async fn open(aws: &Aws, bucket: &str, prefix: &str, run: &str) -> Result<Self, Halt> {
        let Some(aws) = home(aws, bucket).await? else {
            let message = format!("there is no bucket {bucket}");
            return Err(Failure::new(FailureKind::Guard, message).with_remedy("correct `bucket`").into());
        };
        let carriers = aws.reads().objects().carriers(bucket, &format!("{prefix}{MARKER}/")).await?.value;
        let (bucket, prefix, run) = (bucket.to_owned(), prefix.to_owned(), run.to_owned());
        let markers = Self { aws, bucket, prefix, run, carriers };
        markers.can_be_removed().await?;
        Ok(markers)
    }

    /// A marker goes where the bucket is replicated to, and stays there unless it is removed: where it cannot be, none is
    /// written.
    async fn can_be_removed(&self) -> Result<(), Halt> {
        let Self { aws, bucket, prefix, run, carriers } = self;
        let refused = |replica: &str, why: &str, remedy: String| {
            let message = format!(
                "bucket {bucket} is replicated to {replica}, {why}: the markers could not be removed from there"
            );
            Halt::from(Failure::new(FailureKind::Guard, message).with_remedy(remedy))
        };
        for Replica { bucket: replica, account } in &carriers.replicas {
            let elsewhere =
                || "give `prefix` one that the rules of its replication leave out, or another bucket".to_owned();
            if let Some(account) = account.as_ref().filter(|account| **account != aws.settings().account) {
                return Err(refused(replica, &format!("which is of account {account}"), elsewhere()));
            }
            match home(aws, replica).await {
                Ok(_) => {}
                Err(Halt::Failed(failure)) if matches!(failure.kind, FailureKind::Access | FailureKind::Aws { .. }) => {
                    let why = format!("which cannot be looked at ({})", failure.message);
                    let remedy = format!("use a role that may look there, and delete versions; or {}", elsewhere());
                    return Err(refused(replica, &why, remedy));
                }
                Err(halt) => return Err(halt),
            }
            let own = format!("{}/{prefix}{MARKER}/", arn_of(aws, replica));
            if !aws.lets(&format!("{own}{run}/")) {
                let remedy = format!("let the drill change \"{own}*\" by `touches` of `[phase.drill]`");
                return Err(refused(replica, "which this drill may not change", remedy));
            }
        }
        Ok(())
    }

    /// Who else sees the markers, if anybody does.
    pub(in crate::step::drill) fn warning(&self) -> Option<String> {
        let mut who = Vec::new();
        if !self.carriers.notified.is_empty() {
            who.push(format!("tells {} of what is written into it", self.carriers.notified.join(", ")));
        }
        if !self.carriers.replicas.is_empty() {
            who.push(format!("is replicated to {}", self.replicas().join(", ")));
        }
        let how = format!("who looks there sees the markers, by `{MARKER}/` in their keys");
        (!who.is_empty()).then(|| format!("bucket {} {}: {how}", self.bucket, who.join(", and ")))
    }

    fn replicas(&self) -> Vec<String> {
        self.carriers.replicas.iter().map(|replica| replica.bucket.clone()).collect()
    }

    /// Writes one. Gives its key, behind the prefix, and its time by the clock of S3, by which versions are restored.
    pub(in crate::step::drill) async fn put(&self, cx: &WriteContext, number: u32) -> Result<Value, Halt> {
        let (aws, bucket) = (&self.aws, &self.bucket);
        let own = format!("{MARKER}/{}/{}/{number:05}", self.run, cx.read.step);
        let key = format!("{}{own}", self.prefix);
        let told = [("run", &self.run), ("number", &number.to_string()), ("at", &rfc3339(Clock::System.now()))]
            .map(|(name, value)| (format!("checkride-{name}"), value.clone()));
        let text = json!({ "run": self.run, "step": cx.read.step.to_string(), "number": number, "at": told[2].1 });
        let metadata = BTreeMap::from(told);
        let made = Made::Object { bucket: arn_of(aws, bucket), key: key.clone(), replicas: self.replicas() };
        let putting = planned(aws, "s3:PutObject", &made.target(), false);
        let put = async |_| aws.objects().put_new(bucket, &key, text.to_string(), &metadata).await;
        let became = |end: &PutEnd| match end {
            PutEnd::Written => EffectResult::Done,
            PutEnd::Taken => EffectResult::Refused,
        };
        if effect_that(cx, putting, put, became).await? == PutEnd::Taken {
            let message = format!("there is an object s3://{bucket}/{key} already");
            return Err(Failure::new(FailureKind::Guard, message).into());
        }
        let Some(at) = written(&aws.reads().objects(), bucket, &key).await? else {
            let message = format!("s3://{bucket}/{key} was written, and is not there");
            return Err(Failure::new(FailureKind::Lost, message).into());
        };
        Ok(json!({ "key": own, "at": at }))
    }

    /// One that an earlier attempt has written, as it is in the bucket.
    pub(in crate::step::drill) async fn found(&self, key: &str) -> Result<Option<Value>, Halt> {
        let Some(own) = key.strip_prefix(&self.prefix) else { return Ok(None) };
        let at = written(&self.aws.reads().objects(), &self.bucket, key).await?;
        Ok(at.map(|at| json!({ "key": own, "at": at })))
    }
}

/// When an object that is there was written, as its listing says it.
async fn written(objects: &ObjectReads, bucket: &str, key: &str) -> Result<Option<String>, Halt> {
    let versions = objects.versions(bucket, key, None).await?.value.versions;
    let top = versions.into_iter().find(|version| version.key == key).filter(|version| !version.marker);
    Ok(top.map(|version| rfc3339(version.modified)))
}

/// Whether a marker is there.
pub(in crate::step::drill) async fn holds(aws: &AwsReads, bucket: &str, key: &str) -> Result<bool, Halt> {
    Ok(aws.objects().current(bucket, key).await?.value.is_some())
}

/// Whether a key is that of a marker, of whatever run.
pub(super) fn is_marker(key: &str) -> bool {
    key.split('/').any(|part| part == MARKER)
}

/// Whether a key is that of a marker of this run.
pub(super) fn is_marker_of(key: &str, run: &str) -> bool {
    key.contains(&format!("{MARKER}/{run}/"))
}

#[cfg(test)]
mod tests {
    use super::{is_marker, is_marker_of};

    #[test]
    fn a_marker_is_known_by_its_key() {
        assert!(is_marker("checkride-marker/run/mark/00001") && is_marker("uploads/checkride-marker/run/mark/00001"));
        assert!(!is_marker("uploads/checkride-markers/a") && !is_marker("uploads/my-checkride-marker"));
        assert!(is_marker_of("uploads/checkride-marker/run/mark/00001", "run"));
        assert!(!is_marker_of("uploads/checkride-marker/run-2/mark/00001", "run"));
    }
}
