//! A version copied on top of its own key, or to another place.
//!
//! S3 carries over what the object is and what its owner wrote on it (metadata, tags); it does not carry over the
//! storage class, the encryption and the redirection of a website, which are therefore read of the version and asked
//! for. An ACL, a retention and a legal hold of a version are not carried over: the new version has the bucket's own.

use std::collections::BTreeMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTimeFormat;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, MetadataDirective, StorageClass, TaggingDirective};
use aws_smithy_types::DateTime;
use aws_types::request_id::RequestId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::data::{CopyEnd, ObjectVersion};
use super::encode::copy_source;
use super::parts::{LARGEST_COPY, parts};
use super::reads::{ObjectReads, bare};
use super::writes::ObjectWrites;
use crate::aws::clients::{Reply, incomplete};
use crate::aws::error::{AwsError, Call};

const COPY: Call = Call("s3", "CopyObject");
const BEGIN: Call = Call("s3", "CreateMultipartUpload");
const PART: Call = Call("s3", "UploadPartCopy");
const COMPLETE: Call = Call("s3", "CompleteMultipartUpload");

/// Where a copy goes.
#[derive(Clone, Copy)]
struct To<'a> {
    bucket: &'a str,
    key: &'a str,
    tags: &'a BTreeMap<String, String>,
    is_elsewhere: bool,
    /// Whether it keeps the storage class of its source.
    keeps_class: bool,
    /// Whether it is encrypted as its source is; if not, as the bucket says.
    keeps_key: bool,
}

impl ObjectWrites {
    /// Copies a version on top of its key. Nothing that changes anything is repeated.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn copy(&self, bucket: &str, version: &ObjectVersion) -> Result<Reply<CopyEnd>, AwsError> {
        let tags = &BTreeMap::new();
        let to = To { bucket, key: &version.key, tags, is_elsewhere: false, keeps_class: true, keeps_key: true };
        Box::pin(self.copy_onto(&self.reads(), bucket, version, to)).await
    }

    /// Copies a version to another key, of this bucket or of another of the account in the region, on top of what is
    /// there. `tags` are put on the copy beside those of the version, in the place of those of their names. In a bucket
    /// that keeps no versions, the copy's is `null`. Nothing that changes anything is repeated.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn copy_to(
        &self,
        bucket: &str,
        version: &ObjectVersion,
        to_bucket: &str,
        to_key: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<Reply<CopyEnd>, AwsError> {
        let to = To { bucket: to_bucket, key: to_key, tags, is_elsewhere: true, keeps_class: true, keeps_key: true };
        Box::pin(self.copy_onto(&self.reads(), bucket, version, to)).await
    }

    /// Copies a version to a place where it stands for a short time: in the usual storage class, for others are billed
    /// for months. `source` looks at it in its own region; where that is another one, the copy is encrypted as its bucket
    /// says, for a key of KMS is of one region. Nothing that changes anything is repeated.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn copy_from(
        &self,
        source: &ObjectReads,
        bucket: &str,
        version: &ObjectVersion,
        to_bucket: &str,
        to_key: &str,
    ) -> Result<Reply<CopyEnd>, AwsError> {
        let keeps_key = source.door.settings.region == self.door.settings.region;
        let tags = &BTreeMap::new();
        let to = To { bucket: to_bucket, key: to_key, tags, is_elsewhere: true, keeps_class: false, keeps_key };
        Box::pin(self.copy_onto(source, bucket, version, to)).await
    }

    async fn copy_onto(
        &self,
        source: &ObjectReads,
        bucket: &str,
        version: &ObjectVersion,
        to: To<'_>,
    ) -> Result<Reply<CopyEnd>, AwsError> {
        let mut head = source.head(bucket, &version.key, Some(&version.version)).await?;
        if is_archived(&head) {
            return Ok(Reply::new(CopyEnd::Archived, head.request_id()));
        }
        if head.sse_customer_algorithm.is_some() {
            return Ok(Reply::new(CopyEnd::CustomerKey, head.request_id()));
        }
        if !to.keeps_key {
            head.server_side_encryption = None;
            head.ssekms_key_id = None;
            head.bucket_key_enabled = None;
        }
        if version.size > LARGEST_COPY {
            return Box::pin(self.copy_in_parts(source, bucket, version, head, to)).await;
        }
        let account = &self.door.settings.account;
        let clients = self.door.clients().await?;
        let request = clients
            .bucket_copies
            .copy_object()
            .bucket(to.bucket)
            .key(to.key)
            .copy_source(source_of(bucket, version, to))
            .metadata_directive(MetadataDirective::Copy);
        let request = if to.tags.is_empty() {
            request.tagging_directive(TaggingDirective::Copy)
        } else {
            let tags = tagging(source, bucket, version, to.tags).await?;
            request.tagging_directive(TaggingDirective::Replace).set_tagging(tags)
        };
        let request = request
            .set_storage_class(storage_class(version, to))
            .set_website_redirect_location(head.website_redirect_location)
            .set_server_side_encryption(head.server_side_encryption)
            .set_ssekms_key_id(head.ssekms_key_id)
            .set_bucket_key_enabled(head.bucket_key_enabled)
            .expected_bucket_owner(account)
            .expected_source_bucket_owner(account);
        let answer = request.send().await.map_err(|error| AwsError::from_sdk(COPY, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        let etag = bare(answer.copy_object_result.as_ref().and_then(|result| result.e_tag.as_deref()));
        copied(COPY, to, answer.version_id, etag, request_id.as_deref())
    }

    /// The same for an object that is too large for one call. An upload that fails is taken away again; one that is cut
    /// off stays, is no version, and is seen by nobody.
    async fn copy_in_parts(
        &self,
        source: &ObjectReads,
        bucket: &str,
        version: &ObjectVersion,
        head: HeadObjectOutput,
        to: To<'_>,
    ) -> Result<Reply<CopyEnd>, AwsError> {
        let upload = self.begin(source, bucket, version, head, to).await?;
        match self.fill(bucket, version, &upload, to).await {
            Ok(done) => Ok(done),
            Err(error) => {
                // Whether this goes well or not: the error that counts is the one that is known already.
                drop(self.abort(to, &upload).await);
                Err(error)
            }
        }
    }

    async fn begin(
        &self,
        source: &ObjectReads,
        bucket: &str,
        version: &ObjectVersion,
        head: HeadObjectOutput,
        to: To<'_>,
    ) -> Result<String, AwsError> {
        let account = &self.door.settings.account;
        let clients = self.door.clients().await?;
        let tags = tagging(source, bucket, version, to.tags).await?;
        let expires = head.expires_string.as_deref();
        let expires = expires.and_then(|text| DateTime::from_str(text, DateTimeFormat::HttpDate).ok());
        let request = clients
            .bucket_writes
            .create_multipart_upload()
            .bucket(to.bucket)
            .key(to.key)
            .set_metadata(head.metadata)
            .set_content_type(head.content_type)
            .set_content_encoding(head.content_encoding)
            .set_content_disposition(head.content_disposition)
            .set_content_language(head.content_language)
            .set_cache_control(head.cache_control)
            .set_expires(expires)
            .set_website_redirect_location(head.website_redirect_location)
            .set_storage_class(storage_class(version, to))
            .set_server_side_encryption(head.server_side_encryption)
            .set_ssekms_key_id(head.ssekms_key_id)
            .set_bucket_key_enabled(head.bucket_key_enabled)
            .set_tagging(tags)
            .expected_bucket_owner(account);
        let answer = request.send().await.map_err(|error| AwsError::from_sdk(BEGIN, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        answer.upload_id.ok_or_else(|| incomplete(BEGIN, "UploadId", request_id.as_deref()))
    }

    async fn fill(
        &self,
        bucket: &str,
        version: &ObjectVersion,
        upload: &str,
        to: To<'_>,
    ) -> Result<Reply<CopyEnd>, AwsError> {
        let account = &self.door.settings.account;
        let clients = self.door.clients().await?;
        let mut done = Vec::new();
        for (at, (first, last)) in parts(version.size).into_iter().enumerate() {
            let number = i32::try_from(at + 1).expect("an upload has at most 10,000 parts");
            // A part that is copied twice is there once: it goes by its number.
            let answer = self
                .door
                .with_token(PART, || {
                    clients
                        .bucket_copies
                        .upload_part_copy()
                        .bucket(to.bucket)
                        .key(to.key)
                        .upload_id(upload)
                        .part_number(number)
                        .copy_source(source_of(bucket, version, to))
                        .copy_source_range(format!("bytes={first}-{last}"))
                        .expected_bucket_owner(account)
                        .expected_source_bucket_owner(account)
                        .send()
                })
                .await?;
            let request_id = answer.request_id().map(str::to_owned);
            let etag = answer.copy_part_result.and_then(|result| result.e_tag);
            let etag = etag.ok_or_else(|| incomplete(PART, "ETag", request_id.as_deref()))?;
            done.push(CompletedPart::builder().part_number(number).e_tag(etag).build());
        }
        let request = clients
            .bucket_copies
            .complete_multipart_upload()
            .bucket(to.bucket)
            .key(to.key)
            .upload_id(upload)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(done)).build())
            .expected_bucket_owner(account);
        let answer = request.send().await.map_err(|error| AwsError::from_sdk(COMPLETE, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        copied(COMPLETE, to, answer.version_id, bare(answer.e_tag.as_deref()), request_id.as_deref())
    }

    async fn abort(&self, to: To<'_>, upload: &str) -> Result<(), AwsError> {
        let clients = self.door.clients().await?;
        let request = clients.bucket_writes.abort_multipart_upload().bucket(to.bucket).key(to.key).upload_id(upload);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        answer.map(drop).map_err(|error| AwsError::from_sdk(Call("s3", "AbortMultipartUpload"), &error))
    }
}

/// The tags of a version and more of them, as a header takes them; none where there are none.
async fn tagging(
    source: &ObjectReads,
    bucket: &str,
    version: &ObjectVersion,
    more: &BTreeMap<String, String>,
) -> Result<Option<String>, AwsError> {
    let clients = source.door.clients().await?;
    let request = clients.bucket_reads.get_object_tagging().bucket(bucket).key(&version.key);
    let request = request.version_id(&version.version).expected_bucket_owner(&source.door.settings.account);
    let call = Call("s3", "GetObjectTagging");
    let answer = request.send().await.map_err(|error| AwsError::from_sdk(call, &error))?;
    let coded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut all: BTreeMap<String, String> = answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect();
    all.extend(more.clone());
    let tags: Vec<String> = all.iter().map(|(key, value)| format!("{}={}", coded(key), coded(value))).collect();
    Ok((!tags.is_empty()).then(|| tags.join("&")))
}

/// What a copy gave. An answer without a version says that the bucket kept none: where the old object was to stay, that
/// is a loss.
fn copied(
    call: Call,
    to: To<'_>,
    version: Option<String>,
    etag: String,
    request_id: Option<&str>,
) -> Result<Reply<CopyEnd>, AwsError> {
    let version = version.or_else(|| to.is_elsewhere.then(|| "null".to_owned()));
    let version = version.ok_or_else(|| incomplete(call, "VersionId", request_id))?;
    Ok(Reply::new(CopyEnd::Copied { version, etag }, request_id))
}

/// What is copied. A bucket that keeps no versions is asked for what is there: not all that speak S3 know its version `null`.
fn source_of(bucket: &str, version: &ObjectVersion, to: To<'_>) -> String {
    let top = !to.keeps_class && version.latest && version.version == "null";
    copy_source(bucket, &version.key, (!top).then_some(version.version.as_str()))
}

/// The storage class to ask for: the usual one goes without saying.
fn storage_class(version: &ObjectVersion, to: To<'_>) -> Option<StorageClass> {
    let class = version.storage_class.as_str();
    (to.keeps_class && !class.is_empty() && class != "STANDARD").then(|| StorageClass::from(class))
}

/// Whether nothing can be read of it now: it lies in an archive, and no copy of it was brought back.
fn is_archived(head: &HeadObjectOutput) -> bool {
    let deep = matches!(head.storage_class, Some(StorageClass::Glacier | StorageClass::DeepArchive));
    let back = head.restore.as_deref().is_some_and(|text| text.contains("ongoing-request=\"false\""));
    (deep || head.archive_status.is_some()) && !back
}
