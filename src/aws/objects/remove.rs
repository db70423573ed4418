//! Taking versions away for ever, and buckets: for what a run has made itself, and nothing else.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_types::request_id::RequestId;

use super::data::{Unremoved, Upload};
use super::writes::ObjectWrites;
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, Call};

/// The most versions that one call takes away.
pub const MOST_REMOVED: usize = 1000;

impl ObjectWrites {
    /// Takes one version, or one delete marker, away for ever. It is sent once; doing it again changes nothing more.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn remove_version(&self, bucket: &str, key: &str, version: &str) -> Result<Reply<()>, AwsError> {
        let clients = self.door.clients().await?;
        let request = clients.bucket_writes.delete_object().bucket(bucket).key(key).version_id(version);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(Call("s3", "DeleteObject"), &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Takes versions and delete markers away for ever, at most [`MOST_REMOVED`]. Gives those that S3 refused.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn remove_versions(
        &self,
        bucket: &str,
        versions: &[(String, String)],
    ) -> Result<Reply<Vec<Unremoved>>, AwsError> {
        let clients = self.door.clients().await?;
        let (plain, odd): (Vec<_>, Vec<_>) = versions.iter().partition(|(key, _)| fits_xml(key));
        for (key, version) in odd {
            self.remove_version(bucket, key, version).await?;
        }
        if plain.is_empty() {
            return Ok(Reply::new(Vec::new(), None));
        }
        let one = |(key, version): &(String, String)| {
            ObjectIdentifier::builder().key(key).version_id(version).build().expect("it has a key")
        };
        let delete = Delete::builder().set_objects(Some(plain.into_iter().map(one).collect())).quiet(true).build();
        let request = clients.bucket_writes.delete_objects().bucket(bucket).delete(delete.expect("it has objects"));
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(Call("s3", "DeleteObjects"), &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        let refused = answer.errors.unwrap_or_default().into_iter();
        let refused = refused.map(|error| Unremoved {
            key: error.key.unwrap_or_default(),
            code: error.code.unwrap_or_default(),
            why: error.message.unwrap_or_default(),
        });
        Ok(Reply::new(refused.collect(), request_id.as_deref()))
    }

    /// Gives an upload in parts up: what of it was there is gone.
    ///
    /// # Errors
    /// Any [`AwsError`]; `NoSuchUpload` when it has ended meanwhile.
    pub async fn abort_upload(&self, bucket: &str, upload: &Upload) -> Result<Reply<()>, AwsError> {
        let clients = self.door.clients().await?;
        let request = clients.bucket_writes.abort_multipart_upload().bucket(bucket).key(&upload.key);
        let request = request.upload_id(&upload.id);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(Call("s3", "AbortMultipartUpload"), &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Deletes a bucket, which must be empty.
    ///
    /// # Errors
    /// Any [`AwsError`]; `BucketNotEmpty`.
    pub async fn delete_bucket(&self, bucket: &str) -> Result<Reply<()>, AwsError> {
        let clients = self.door.clients().await?;
        let request = clients.bucket_writes.delete_bucket().bucket(bucket);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(Call("s3", "DeleteBucket"), &error))?;
        Ok(Reply::new((), answer.request_id()))
    }
}

/// Whether a key can stand in XML: a key may have characters that XML has no place for.
fn fits_xml(key: &str) -> bool {
    key.chars().all(|c| c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}')
}
