//! One object: one try.

use crate::aws::objects::CopyEnd;
use crate::aws::{Aws, AwsError, AwsErrorKind, Reply};
use crate::step::s3::batch::{Act, Job, Made};

/// How a try ended.
#[derive(Debug)]
pub(in crate::step) enum Try {
    /// It is done.
    Made(Made),
    /// It may well go next time.
    Again(AwsError),
    /// It does not go.
    Not(WhyNot),
}

/// Why an object is not put back.
#[derive(Clone, Debug)]
pub(in crate::step) enum WhyNot {
    /// S3 refused, or gave no answer however often it was asked.
    Refused(AwsError),
    /// Its version lies in an archive.
    Archived,
    /// Its version is encrypted with a key of the customer's own.
    CustomerKey,
    /// What it was cannot be told.
    NotKnown,
}

impl WhyNot {
    /// In a few words.
    pub(in crate::step) fn words(&self) -> String {
        match self {
            Self::Refused(error) => error.to_string(),
            Self::Archived => "its version of then lies in an archive".to_owned(),
            Self::CustomerKey => "it is encrypted with a key of the customer's own (SSE-C)".to_owned(),
            Self::NotKnown => "it was written while versioning was not on: what it replaced is gone".to_owned(),
        }
    }

    /// Whether it may be done all the same: no answer says.
    pub(in crate::step) fn may_be_done(&self) -> bool {
        matches!(self, Self::Refused(error) if error.could_have_happened())
    }

    /// Whether no other object would fare better: nobody is let in any more.
    pub(in crate::step) fn is_for_all(&self) -> bool {
        match self {
            Self::Refused(error) => matches!(
                error.kind,
                AwsErrorKind::Expired { .. }
                    | AwsErrorKind::Credentials { .. }
                    | AwsErrorKind::Connect
                    | AwsErrorKind::Unsupported { .. }
            ),
            Self::Archived | Self::CustomerKey | Self::NotKnown => false,
        }
    }
}

/// Tries once. Where the answer is lost it looks whether it was done.
pub(super) async fn attempt(aws: &Aws, bucket: &str, job: &Job) -> Try {
    let tried = match job.act {
        Act::Copy | Act::CopyInParts => copy(aws, bucket, job).await,
        Act::Hide => hide(aws, bucket, job).await,
    };
    match tried {
        Ok(done) => done,
        Err(error) => {
            if error.could_have_happened()
                && let Ok(Some(made)) = found(aws, bucket, job).await
            {
                return Try::Made(made);
            }
            if error.is_transient() { Try::Again(error) } else { Try::Not(WhyNot::Refused(error)) }
        }
    }
}

async fn copy(aws: &Aws, bucket: &str, job: &Job) -> Result<Try, AwsError> {
    let Reply { value, request_ids } = Box::pin(aws.objects().copy(bucket, &job.of)).await?;
    let request = request_ids.into_iter().next_back();
    Ok(match value {
        CopyEnd::Copied { version, etag: _ } => Try::Made(Made { key: job.of.key.clone(), version, request }),
        CopyEnd::Archived => Try::Not(WhyNot::Archived),
        CopyEnd::CustomerKey => Try::Not(WhyNot::CustomerKey),
    })
}

async fn hide(aws: &Aws, bucket: &str, job: &Job) -> Result<Try, AwsError> {
    let Reply { value, request_ids } = aws.objects().hide(bucket, &job.of.key).await?;
    let (version, request) = (value.unwrap_or_default(), request_ids.into_iter().next_back());
    Ok(Try::Made(Made { key: job.of.key.clone(), version, request }))
}

/// Whether it is done, by what is on top now: another version than when the batch was made, of the same tag and size;
/// or none, where a delete marker was to be put.
pub(super) async fn found(aws: &Aws, bucket: &str, job: &Job) -> Result<Option<Made>, AwsError> {
    let now = aws.reads().objects().current(bucket, &job.of.key).await?.value;
    let made = |version: String| Made { key: job.of.key.clone(), version, request: None };
    Ok(match (job.act, now) {
        (Act::Hide, None) => Some(made(String::new())),
        (Act::Hide, Some(_)) | (Act::Copy | Act::CopyInParts, None) => None,
        (Act::Copy | Act::CopyInParts, Some(now)) => {
            let version = now.version.filter(|version| *version != job.newest);
            version.filter(|_| now.etag == job.of.etag && now.size == job.of.size).map(made)
        }
    })
}
