//! Removing buckets that a run has made, and what it has put into others.

use crate::aws::Aws;
use crate::aws::objects::{MOST_REMOVED, Unremoved};
use crate::event::{Failure, FailureKind};
use crate::id::RunId;
use crate::step::drill::bucket::home::home;
use crate::step::drill::bucket::marker::is_marker_of;
use crate::step::drill::made::{TAG, bucket_name};
use crate::step::drill::removal::{Gone, Removal, foreign};
use crate::step::drill::until::{repeated, until};
use crate::step::effect::{Halt, effect, planned};

/// How often what S3 refuses for a moment is looked at again.
const TRIES: u32 = 20;

impl Removal<'_> {
    /// Empties a bucket, deletes it, and looks until it is gone.
    pub(in crate::step::drill) async fn bucket(&self, arn: &str) -> Result<Gone, Halt> {
        let bucket = bucket_name(arn);
        let Some(aws) = home(self.aws, bucket).await? else { return Ok(Gone::Absent) };
        self.is_our_bucket(&aws, bucket).await?;
        self.empty(&aws, arn, "", &|_| true).await?;
        let (buckets, cx) = (aws.objects(), self.cx);
        let delete = planned(&aws, "s3:DeleteBucket", arn, false);
        repeated(cx, &aws, &format!("{bucket} is deleted"), async || {
            effect(cx, delete.clone(), async |_| buckets.delete_bucket(bucket).await).await
        })
        .await?;
        until(&cx.read, &aws, &format!("{bucket} is gone"), async || {
            Ok(aws.reads().objects().region(bucket).await?.value.is_none().then_some(()))
        })
        .await?;
        Ok(Gone::Removed)
    }

    /// A bucket is the run's when it carries its tag; or when it has none, and nothing in it: the run died before it could
    /// put the tag on. Anything else stays.
    async fn is_our_bucket(&self, aws: &Aws, bucket: &str) -> Result<(), Halt> {
        let objects = aws.reads().objects();
        let tags = objects.bucket_tags(bucket).await?.value;
        let tag = tags.get(TAG);
        if tag.is_some_and(|run| run == self.run) {
            return Ok(());
        }
        let named = RunId::new(self.run).is_ok_and(|run| bucket.ends_with(&run.short().to_ascii_lowercase()));
        if tag.is_none() && named && objects.versions(bucket, "", None).await?.value.versions.is_empty() {
            return Ok(());
        }
        Err(foreign(&format!("bucket {bucket}"), tag))
    }

    /// Removes what the run has put under its own prefix of a bucket that stays.
    pub(in crate::step::drill) async fn objects(&self, arn: &str, prefix: &str) -> Result<Gone, Halt> {
        let bucket = bucket_name(arn);
        if *prefix != *format!("checkride/{}/", self.run) {
            let message = format!("s3://{bucket}/{prefix} is no prefix of this run");
            return Err(Failure::new(FailureKind::Guard, message).into());
        }
        let Some(aws) = home(self.aws, bucket).await? else { return Ok(Gone::Absent) };
        self.empty(&aws, arn, prefix, &|_| true).await
    }

    /// Removes a marker: every version and delete marker of its key, here and in the buckets that it was replicated to.
    pub(in crate::step::drill) async fn object(&self, arn: &str, key: &str, replicas: &[String]) -> Result<Gone, Halt> {
        if !is_marker_of(key, self.run) {
            let message = format!("{key} of {} is no marker of this run", bucket_name(arn));
            return Err(Failure::new(FailureKind::Guard, message).into());
        }
        let mut removed = false;
        let before = arn.rfind(':').map_or("", |end| &arn[..=end]);
        // The source first: what is gone there is replicated no more.
        for bucket in std::iter::once(bucket_name(arn)).chain(replicas.iter().map(String::as_str)) {
            let Some(aws) = home(self.aws, bucket).await? else { continue };
            let of_bucket = format!("{before}{bucket}");
            removed |= matches!(self.empty(&aws, &of_bucket, key, &|found| found == key).await?, Gone::Removed);
        }
        Ok(if removed { Gone::Removed } else { Gone::Absent })
    }

    /// Takes every version, delete marker and unfinished upload under a prefix away, and looks until there is none.
    /// `of`: which keys.
    pub(in crate::step::drill) async fn empty(
        &self,
        aws: &Aws,
        arn: &str,
        prefix: &str,
        of: &dyn Fn(&str) -> bool,
    ) -> Result<Gone, Halt> {
        let (cx, bucket) = (self.cx, bucket_name(arn));
        let (objects, reads) = (aws.objects(), aws.reads().objects());
        let (mut removed, mut stuck) = (false, 0);
        loop {
            let page = reads.versions(bucket, prefix, None).await?.value.versions;
            let all: Vec<_> = page.into_iter().filter(|version| of(&version.key)).collect();
            if all.is_empty() {
                break;
            }
            removed = true;
            let all: Vec<(String, String)> = all.into_iter().map(|version| (version.key, version.version)).collect();
            for part in all.chunks(MOST_REMOVED) {
                let target = format!("{arn}/{prefix} versions {}", part.len());
                let delete = planned(aws, "s3:DeleteObjects", &target, false);
                let mut refused = Vec::new();
                repeated(cx, aws, "versions are deleted", async || {
                    let gone = effect(cx, delete.clone(), async |_| objects.remove_versions(bucket, part).await);
                    refused = gone.await?;
                    Ok(())
                })
                .await?;
                if let Some(first) = refused.iter().find(|it| !is_passing(it) || stuck >= TRIES) {
                    return Err(stays(bucket, prefix, refused.len(), first).into());
                }
                // What S3 had no time for is listed again.
                stuck = if refused.is_empty() { 0 } else { stuck + 1 };
                if stuck > 0 {
                    let wait = tokio::time::sleep(aws.backoff(stuck));
                    cx.read.within(wait).await.map_err(|end| end.failure("stopped", "the step's time was over"))?;
                }
            }
            cx.read.say(format!("{} versions of s3://{bucket}/{prefix} are deleted", all.len()));
        }
        loop {
            let uploads = reads.uploads(bucket, prefix).await?.value;
            let uploads: Vec<_> = uploads.into_iter().filter(|upload| of(&upload.key)).collect();
            if uploads.is_empty() {
                break;
            }
            removed = true;
            for upload in &uploads {
                let abort = planned(aws, "s3:AbortMultipartUpload", &format!("{arn}/{}", upload.key), false);
                let made = repeated(cx, aws, "uploads are given up", async || {
                    effect(cx, abort.clone(), async |_| objects.abort_upload(bucket, upload).await).await
                });
                match made.await {
                    Err(Halt::Failed(failure)) if is_no_upload(&failure.kind) => {}
                    ended => ended?,
                }
            }
        }
        Ok(if removed { Gone::Removed } else { Gone::Absent })
    }
}

/// Whether it was refused for a moment only.
fn is_passing(refused: &Unremoved) -> bool {
    matches!(refused.code.as_str(), "InternalError" | "SlowDown" | "ServiceUnavailable" | "OperationAborted")
}

fn is_no_upload(kind: &FailureKind) -> bool {
    matches!(kind, FailureKind::Aws { code, .. } if code == "NoSuchUpload")
}

/// What is not let go: a lock, or a policy.
fn stays(bucket: &str, prefix: &str, count: usize, first: &Unremoved) -> Failure {
    let message =
        format!("S3 refuses to delete {count} versions of s3://{bucket}/{prefix}: {}: {}", first.key, first.why);
    let remedy = format!(
        "look for a lock or a policy: `aws s3api get-object-lock-configuration --bucket {bucket}`, `aws s3api \
         get-bucket-policy --bucket {bucket}`; then `aws s3api delete-object --bucket {bucket} --key '{}' --version-id \
         VERSION` of each, by `aws s3api list-object-versions`",
        first.key
    );
    let (service, operation) = ("s3".to_owned(), "DeleteObjects".to_owned());
    Failure::new(FailureKind::Aws { service, operation, code: first.code.clone(), status: 200 }, message)
        .with_remedy(remedy)
}
