//! Where objects are restored to: a bucket that is made for it, or a prefix of the run's own in one that is there.

use crate::aws::Aws;
use crate::aws::api::client::partition_of;
use crate::aws::objects::{Encryption, Versioning};
use crate::event::{Failure, FailureKind};
use crate::step::WriteContext;
use crate::step::drill::made::{Made, tags};
use crate::step::drill::until::until;
use crate::step::effect::{Halt, effect, planned};

/// Where objects go.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A new bucket.
    New {
        /// Its name.
        bucket: String,
    },
    /// A bucket that is there.
    Existing {
        /// Its name.
        bucket: String,
        /// The run's own prefix in it.
        own: String,
    },
}

/// How the source keeps its objects: the new bucket does the same.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) encryption: Option<Encryption>,
    pub(super) versioning: Versioning,
    /// Whether the source's key of KMS is of another region.
    pub(super) is_elsewhere: bool,
}

impl Target {
    /// The bucket.
    pub(super) fn bucket(&self) -> &str {
        match self {
            Self::New { bucket } | Self::Existing { bucket, .. } => bucket,
        }
    }

    /// What stands before the source's keys.
    pub(super) fn own(&self) -> &str {
        match self {
            Self::New { .. } => "",
            Self::Existing { own, .. } => own,
        }
    }

    /// What the run makes there.
    pub(super) fn made(&self, arn: &str) -> Made {
        match self {
            Self::New { .. } => Made::Bucket { arn: arn.to_owned() },
            Self::Existing { own, .. } => Made::Objects { bucket: arn.to_owned(), prefix: own.clone() },
        }
    }

    /// Readies the place. `is_begun`: an earlier attempt has; `of`: the time that is restored, for the record.
    pub(super) async fn ready(
        &self,
        cx: &WriteContext,
        aws: &Aws,
        settings: &Settings,
        is_begun: bool,
        of: &str,
        run: &str,
    ) -> Result<(), Halt> {
        match self {
            Self::New { bucket } => make(cx, aws, bucket, settings, is_begun, of, run).await,
            Self::Existing { bucket, own } => look_at(aws, bucket, own, is_begun).await,
        }
    }
}

/// Makes a bucket: private, and the run's by its tag, before anything is in it.
async fn make(
    cx: &WriteContext,
    aws: &Aws,
    bucket: &str,
    settings: &Settings,
    is_begun: bool,
    of: &str,
    run: &str,
) -> Result<(), Halt> {
    let (buckets, arn) = (aws.objects(), arn_of(aws, bucket));
    let is_there = aws.reads().objects().region(bucket).await?.value.is_some();
    if is_there && !is_begun {
        let message = format!("there is a bucket {bucket} already");
        let remedy = "give the new bucket another name, by `as`";
        return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
    }
    if !is_there {
        let making = planned(aws, "s3:CreateBucket", &format!("{arn} of {of}"), false);
        effect(cx, making, async |_| buckets.create_bucket(bucket).await).await?;
        until(&cx.read, aws, "the bucket is made", async || {
            Ok(aws.reads().objects().region(bucket).await?.value.map(drop))
        })
        .await?;
    }
    let call = |name: &str| planned(aws, name, &arn, false);
    let tags = tags(run, &cx.read.scope);
    effect(cx, call("s3:PutBucketTagging"), async |_| buckets.tag_bucket(bucket, &tags).await).await?;
    effect(cx, call("s3:PutPublicAccessBlock"), async |_| buckets.keep_private(bucket).await).await?;
    if let Some(encryption) = settings.encryption.as_ref().filter(|it| !settings.is_elsewhere || it.key.is_none()) {
        let encrypt = call("s3:PutBucketEncryption");
        effect(cx, encrypt, async |_| buckets.encrypt_bucket(bucket, encryption).await).await?;
    }
    if settings.versioning == Versioning::Enabled {
        effect(cx, call("s3:PutBucketVersioning"), async |_| buckets.keep_versions(bucket).await).await?;
    }
    Ok(())
}

/// Nothing is put over anything: the run's own prefix is empty before the first attempt.
async fn look_at(aws: &Aws, bucket: &str, own: &str, is_begun: bool) -> Result<(), Halt> {
    let guard = |message: String, remedy: &str| Failure::new(FailureKind::Guard, message).with_remedy(remedy);
    let objects = aws.reads().objects();
    match objects.region(bucket).await?.value {
        None => return Err(guard(format!("there is no bucket {bucket}"), "correct `into`").into()),
        Some(region) if region != aws.settings().region => {
            let message = format!("bucket {bucket} lies in {region}, and the step works in {}", aws.settings().region);
            return Err(guard(message, "give the step the bucket's `region`").into());
        }
        Some(_) => {}
    }
    let found = objects.versions(bucket, own, None).await?.value.versions;
    if let Some(first) = found.first().filter(|_| !is_begun) {
        let message = format!("there is something under s3://{bucket}/{own} already: {}", first.key);
        return Err(guard(message, "find out whose it is; checkride puts nothing over it").into());
    }
    Ok(())
}

/// The ARN of a bucket.
pub(in crate::step::drill) fn arn_of(aws: &Aws, bucket: &str) -> String {
    format!("arn:{}:s3:::{bucket}", partition_of(&aws.settings().region))
}
