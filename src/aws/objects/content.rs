//! What an object holds: its stored checksums, and, where those do not tell, its bytes read once.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{ChecksumMode, ChecksumType, ServerSideEncryption};
use aws_types::request_id::RequestId;
use sha2::{Digest, Sha256};

use super::data::ObjectContent;
use super::reads::{ObjectReads, bare, without_body};
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, AwsErrorKind, Call};

impl ObjectReads {
    /// What S3 says that a version holds, with the checksums that it keeps; none when it is not there.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn content(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<Reply<Option<ObjectContent>>, AwsError> {
        let call = Call("s3", "HeadObject");
        let clients = self.door.clients().await?;
        let request = clients.bucket_reads.head_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled);
        let request = request.set_version_id(version.map(str::to_owned));
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let status = error.raw_response().map(|answer| answer.status().as_u16());
                let error = without_body(call, AwsError::from_sdk(call, &error), status);
                return match &error.kind {
                    AwsErrorKind::Service { status: 404, .. } => Ok(Reply::new(None, error.request_id.as_deref())),
                    _ => Err(self.told(bucket, error).await),
                };
            }
        };
        let stored = [
            ("SHA256", answer.checksum_sha256()),
            ("SHA1", answer.checksum_sha1()),
            ("CRC64NVME", answer.checksum_crc64_nvme()),
            ("CRC32C", answer.checksum_crc32_c()),
            ("CRC32", answer.checksum_crc32()),
        ];
        let stored = stored.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned())));
        let kms =
            |by: &ServerSideEncryption| matches!(by, ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse);
        let content = ObjectContent {
            size: answer.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            etag: bare(answer.e_tag()),
            hides_etag: answer.server_side_encryption().is_some_and(kms) || answer.sse_customer_algorithm().is_some(),
            checksums: stored.collect::<BTreeMap<_, _>>(),
            // One that was written in one piece has no type: there is but one.
            of_parts: answer.checksum_type() == Some(&ChecksumType::Composite),
        };
        Ok(Reply::new(Some(content), answer.request_id()))
    }

    /// The SHA-256 of what a version holds: it is read once, and no more of it is kept than arrives at once.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn digest(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<Reply<[u8; 32]>, AwsError> {
        let call = Call("s3", "GetObject");
        let clients = self.door.clients().await?;
        let request = clients.bucket_reads.get_object().bucket(bucket).key(key);
        let request = request.set_version_id(version.map(str::to_owned));
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let mut answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        let mut hash = Sha256::new();
        loop {
            match answer.body.try_next().await {
                Ok(Some(bytes)) => hash.update(&bytes),
                Ok(None) => break,
                Err(error) => {
                    let cause = vec![error.to_string()];
                    return Err(AwsError::of(call, AwsErrorKind::LostReply, request_id.as_deref(), cause, false));
                }
            }
        }
        Ok(Reply::new(hash.finalize().into(), request_id.as_deref()))
    }
}
