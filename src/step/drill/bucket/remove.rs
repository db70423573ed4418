//! Removing buckets that a run has made, and what it has put into others.

use std::future::Future;

use crate::aws::objects::{MOST_REMOVED, Unremoved};
use crate::aws::{Aws, AwsError, AwsErrorKind, Reply};
use crate::event::{Failure, FailureKind};
use crate::id::RunId;
use crate::step::drill::bucket::home::home;
use crate::step::drill::bucket::marker::is_marker_of;
use crate::step::drill::made::{TAG, bucket_name};
use crate::step::drill::removal::{Gone, Removal, foreign};
use crate::step::drill::until::{repeated, until};
use crate::step::effect::{Halt, effect, planned};
use crate::step::pause::disturbed;

/// How often what S3 refuses for a moment is looked at again.
const TRIES: u32 = 20;
/// How often a call is made again whose answer is lost.
const LOST: u32 = 5;

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
        let (mut removed, mut failed) = (false, Vec::new());
        // The source first: what is gone there is replicated no more. One that keeps it does not keep the others.
        for bucket in std::iter::once(bucket_name(arn)).chain(replicas.iter().map(String::as_str)) {
            match self.object_in(arn, bucket, key).await {
                Ok(gone) => removed |= matches!(gone, Gone::Removed),
                Err(Halt::Failed(failure)) if is_an_end(&failure.kind) => return Err(failure.into()),
                Err(Halt::Failed(failure)) => failed.push((bucket, failure)),
                Err(halt) => return Err(halt),
            }
        }
        if !failed.is_empty() {
            return Err(stands_in(key, &failed).into());
        }
        Ok(if removed { Gone::Removed } else { Gone::Absent })
    }

    async fn object_in(&self, arn: &str, bucket: &str, key: &str) -> Result<Gone, Halt> {
        let Some(aws) = home(self.aws, bucket).await? else { return Ok(Gone::Absent) };
        let before = arn.rfind(':').map_or("", |end| &arn[..=end]);
        self.empty(&aws, &format!("{before}{bucket}"), key, &|found| found == key).await
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
            let page = self.heard(reads.versions(bucket, prefix, None)).await??.value.versions;
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
                    let call = async || objects.remove_versions(bucket, part).await;
                    refused = effect(cx, delete.clone(), async |_| self.patiently(aws, call).await).await?;
                    Ok(())
                })
                .await?;
                if let Some(first) = refused.iter().find(|it| !is_passing(it) || stuck >= TRIES) {
                    return Err(stays(bucket, prefix, refused.len(), first).into());
                }
                // What S3 had no time for is listed again.
                stuck = if refused.is_empty() { 0 } else { stuck + 1 };
                if stuck > 0 {
                    self.heard(tokio::time::sleep(aws.backoff(stuck))).await?;
                }
            }
            cx.read.say(format!("{} versions of s3://{bucket}/{prefix} are deleted", all.len()));
        }
        loop {
            let uploads = self.heard(reads.uploads(bucket, prefix)).await??.value;
            let uploads: Vec<_> = uploads.into_iter().filter(|upload| of(&upload.key)).collect();
            if uploads.is_empty() {
                break;
            }
            removed = true;
            for upload in &uploads {
                self.heard(std::future::ready(())).await?;
                let abort = planned(aws, "s3:AbortMultipartUpload", &format!("{arn}/{}", upload.key), false);
                let made = repeated(cx, aws, "uploads are given up", async || {
                    let call = async || objects.abort_upload(bucket, upload).await;
                    effect(cx, abort.clone(), async |_| self.patiently(aws, call).await).await
                });
                match made.await {
                    Err(Halt::Failed(failure)) if is_no_upload(&failure.kind) => {}
                    ended => ended?,
                }
            }
        }
        Ok(if removed { Gone::Removed } else { Gone::Absent })
    }

    /// Does some work, unless the operator or the clock ends it. Both are heard even where the work never waits.
    async fn heard<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let work = Box::pin(async {
            tokio::task::yield_now().await;
            work.await
        });
        self.cx.read.within(work).await.map_err(|end| disturbed(end, "versions are deleted"))
    }

    /// Makes a call again whose answer is lost, or for which S3 had no time: what goes by its id goes once. Where it is not
    /// waited for any longer, the last error is the answer.
    async fn patiently<T>(
        &self,
        aws: &Aws,
        mut call: impl AsyncFnMut() -> Result<Reply<T>, AwsError>,
    ) -> Result<Reply<T>, AwsError> {
        let mut lost = 0;
        loop {
            match call().await {
                // What is throttled is waited for longer, and each try is on record.
                Err(error) if error.is_transient() && !is_throttled(&error) && lost < LOST => {
                    lost += 1;
                    if self.heard(tokio::time::sleep(aws.backoff(lost))).await.is_err() {
                        return Err(error);
                    }
                }
                ended => return ended,
            }
        }
    }
}

fn is_throttled(error: &AwsError) -> bool {
    matches!(error.kind, AwsErrorKind::Throttled { .. })
}

/// Whether it was refused for a moment only.
fn is_passing(refused: &Unremoved) -> bool {
    matches!(refused.code.as_str(), "InternalError" | "SlowDown" | "ServiceUnavailable" | "OperationAborted")
}

/// Whether a failure is no bucket's own: the step is over, or nothing more can be asked.
fn is_an_end(kind: &FailureKind) -> bool {
    matches!(kind, FailureKind::Cancelled | FailureKind::Timeout | FailureKind::Expired)
}

/// The failure of a marker that some buckets still hold.
fn stands_in(key: &str, failed: &[(&str, Box<Failure>)]) -> Failure {
    let buckets: Vec<&str> = failed.iter().map(|(bucket, _)| *bucket).collect();
    let causes = failed.iter().map(|(bucket, failure)| format!("{bucket}: {}", failure.message)).collect::<Vec<_>>();
    let first = &failed[0].1;
    let message = format!("the marker {key} is not removed from {}: {}", buckets.join(" and "), first.message);
    let mut failure = Failure::new(first.kind.clone(), message).caused_by(causes);
    failure.remedy.clone_from(&first.remedy);
    failure.request_id.clone_from(&first.request_id);
    failure
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
