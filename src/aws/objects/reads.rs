//! Looking: whether a bucket keeps versions, which there are, and what an object is now.

use std::sync::Arc;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{BucketVersioningStatus, DeleteMarkerEntry, EncodingType, ObjectVersion as Listed};
use aws_types::request_id::RequestId;

use super::data::{Marker, ObjectHead, ObjectVersion, Versioning, VersionsPage};
use super::encode::decoded;
use crate::aws::clients::{AwsReads, Door, Reply, incomplete};
use crate::aws::error::{AwsError, AwsErrorKind, Call};
use crate::aws::time::utc;

const LIST: Call = Call("s3", "ListObjectVersions");
const HEAD: Call = Call("s3", "HeadObject");

/// Objects and their versions, as far as they are only looked at.
#[derive(Clone, Debug)]
pub struct ObjectReads {
    pub(super) door: Arc<Door>,
}

impl AwsReads {
    /// Objects and their versions, as far as they are only looked at.
    pub fn objects(&self) -> ObjectReads {
        ObjectReads { door: Arc::clone(&self.door) }
    }
}

impl ObjectReads {
    /// Whether the bucket keeps versions.
    ///
    /// # Errors
    /// Any [`AwsError`]; a bucket that there is not is `NoSuchBucket`, one of another account is refused.
    pub async fn versioning(&self, bucket: &str) -> Result<Reply<Versioning>, AwsError> {
        let call = Call("s3", "GetBucketVersioning");
        let clients = self.door.clients().await?;
        let request = clients.bucket_reads.get_bucket_versioning().bucket(bucket);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        let status = match answer.status() {
            None => Versioning::Never,
            Some(BucketVersioningStatus::Enabled) => Versioning::Enabled,
            // A status that is new to us is none that is known to keep what is replaced.
            Some(_) => Versioning::Suspended,
        };
        Ok(Reply::new(status, answer.request_id()))
    }

    /// A page of the versions under a prefix.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        from: Option<&Marker>,
    ) -> Result<Reply<VersionsPage>, AwsError> {
        let clients = self.door.clients().await?;
        let answer = clients
            .bucket_reads
            .list_object_versions()
            .bucket(bucket)
            .prefix(prefix)
            .encoding_type(EncodingType::Url)
            .set_key_marker(from.map(|from| from.key.clone()))
            .set_version_id_marker(from.and_then(|from| from.version.clone()))
            .expected_bucket_owner(&self.door.settings.account)
            .send()
            .await
            .map_err(|error| AwsError::from_sdk(LIST, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        let page = page(answer).map_err(|member| incomplete(LIST, member, request_id.as_deref()))?;
        Ok(Reply::new(page, request_id.as_deref()))
    }

    /// What an object is now; none when there is none, or a delete marker is on top.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn current(&self, bucket: &str, key: &str) -> Result<Reply<Option<ObjectHead>>, AwsError> {
        match self.head(bucket, key, None).await {
            Ok(head) => {
                let request_id = head.request_id().map(str::to_owned);
                let found = ObjectHead {
                    size: head.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                    etag: bare(head.e_tag.as_deref()),
                    version: head.version_id,
                };
                Ok(Reply::new(Some(found), request_id.as_deref()))
            }
            Err(error) if matches!(&error.kind, AwsErrorKind::Service { status: 404, .. }) => {
                Ok(Reply::new(None, error.request_id.as_deref()))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn head(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<HeadObjectOutput, AwsError> {
        let clients = self.door.clients().await?;
        let request = clients.bucket_reads.head_object().bucket(bucket).key(key);
        let request = request.set_version_id(version.map(str::to_owned));
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        match answer {
            Ok(head) => Ok(head),
            Err(error) => {
                let status = error.raw_response().map(|answer| answer.status().as_u16());
                Err(self.told(bucket, without_body(HEAD, AwsError::from_sdk(HEAD, &error), status)).await)
            }
        }
    }

    /// A 400 to HEAD says nothing, and is what S3 answers to credentials that have expired: another question about the bucket
    /// is answered with words. Gives those if they are about the credentials, else the error as it was.
    pub(super) async fn told(&self, bucket: &str, error: AwsError) -> AwsError {
        match &error.kind {
            AwsErrorKind::Service { code, status: 400, .. } if code.is_empty() => {}
            _ => return error,
        }
        match Box::pin(self.versioning(bucket)).await {
            Err(why) if matches!(why.kind, AwsErrorKind::Expired { .. } | AwsErrorKind::Credentials { .. }) => why,
            Err(_) | Ok(_) => error,
        }
    }
}

/// An answer to HEAD has no body, and so no code: its status says what is wrong.
pub(super) fn without_body(call: Call, error: AwsError, status: Option<u16>) -> AwsError {
    let code = |code: &str| code.to_owned();
    let kind = match status {
        Some(403) => AwsErrorKind::AccessDenied { code: code("403"), message: "the answer says no more".to_owned() },
        Some(429 | 503) => AwsErrorKind::Throttled { code: code("503"), message: "slow down".to_owned() },
        Some(status @ 500..) => {
            AwsErrorKind::Service { code: code("InternalError"), message: "the answer says no more".to_owned(), status }
        }
        Some(_) | None => return error,
    };
    AwsError::of(call, kind, error.request_id.as_deref(), Vec::new(), false)
}

/// The versions of a page in their order. S3 lists versions and delete markers of a page together; the SDK's types part
/// them.
fn page(answer: ListObjectVersionsOutput) -> Result<VersionsPage, &'static str> {
    let coded = answer.encoding_type == Some(EncodingType::Url);
    let key = |key: Option<String>| {
        let key = key.ok_or("Key")?;
        if coded { decoded(&key).ok_or("Key") } else { Ok(key) }
    };
    let next = match (answer.is_truncated.unwrap_or_default(), answer.next_key_marker) {
        (false, _) => None,
        (true, None) => return Err("NextKeyMarker"),
        (true, marker) => {
            let version = answer.next_version_id_marker.filter(|version| !version.is_empty());
            Some(Marker { key: key(marker)?, version })
        }
    };
    let versions = answer.versions.unwrap_or_default().into_iter().map(|listed| object(listed, key));
    let markers = answer.delete_markers.unwrap_or_default().into_iter().map(|listed| marker(listed, key));
    let (versions, markers) = (versions.collect::<Result<Vec<_>, _>>()?, markers.collect::<Result<Vec<_>, _>>()?);
    Ok(VersionsPage { versions: merged(versions, markers), next })
}

fn object(
    listed: Listed,
    key: impl Fn(Option<String>) -> Result<String, &'static str>,
) -> Result<ObjectVersion, &'static str> {
    Ok(ObjectVersion {
        key: key(listed.key)?,
        version: listed.version_id.ok_or("VersionId")?,
        modified: listed.last_modified.as_ref().and_then(utc).ok_or("LastModified")?,
        latest: listed.is_latest.unwrap_or_default(),
        marker: false,
        size: listed.size.and_then(|size| u64::try_from(size).ok()).ok_or("Size")?,
        etag: bare(listed.e_tag.as_deref()),
        storage_class: listed.storage_class.map(|class| class.as_str().to_owned()).unwrap_or_default(),
    })
}

fn marker(
    listed: DeleteMarkerEntry,
    key: impl Fn(Option<String>) -> Result<String, &'static str>,
) -> Result<ObjectVersion, &'static str> {
    Ok(ObjectVersion {
        key: key(listed.key)?,
        version: listed.version_id.ok_or("VersionId")?,
        modified: listed.last_modified.as_ref().and_then(utc).ok_or("LastModified")?,
        latest: listed.is_latest.unwrap_or_default(),
        marker: true,
        size: 0,
        etag: String::new(),
        storage_class: String::new(),
    })
}

/// Two lists in S3's order as one: by key (its bytes), the current version first, then by time. Each list keeps its own
/// order.
fn merged(versions: Vec<ObjectVersion>, markers: Vec<ObjectVersion>) -> Vec<ObjectVersion> {
    let mut all = Vec::with_capacity(versions.len() + markers.len());
    let mut markers = markers.into_iter().peekable();
    for version in versions {
        let before = |marker: &ObjectVersion| {
            marker.key < version.key
                || (marker.key == version.key
                    && !version.latest
                    && (marker.latest || marker.modified > version.modified))
        };
        while let Some(marker) = markers.next_if(before) {
            all.push(marker);
        }
        all.push(version);
    }
    all.extend(markers);
    all
}

/// An entity tag without its quotes.
pub(super) fn bare(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{ObjectVersion, merged};

    fn one(key: &str, at: i64, marker: bool, latest: bool) -> ObjectVersion {
        ObjectVersion {
            key: key.to_owned(),
            version: format!("{key}{at}"),
            modified: DateTime::from_timestamp(at, 0).unwrap(),
            latest,
            marker,
            size: 1,
            etag: String::new(),
            storage_class: String::new(),
        }
    }

    #[test]
    fn versions_and_markers_are_in_one_order() {
        let versions = vec![one("a", 9, false, true), one("a", 5, false, false), one("c", 3, false, false)];
        let markers =
            vec![one("a", 7, true, false), one("b", 4, true, true), one("c", 3, true, true), one("d", 1, true, true)];
        let order: Vec<String> = merged(versions, markers).into_iter().map(|it| it.version).collect();
        assert_eq!(order, ["a9", "a7", "a5", "b4", "c3", "c3", "d1"]);
    }
}
