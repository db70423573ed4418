//! Making a bucket that only its account sees, and an object where there is none.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, PublicAccessBlockConfiguration, Tag,
    Tagging, VersioningConfiguration,
};
use aws_types::request_id::RequestId;

use super::bucket::Encryption;
use super::data::PutEnd;
use super::writes::ObjectWrites;
use crate::aws::clients::Reply;
use crate::aws::error::{AwsError, AwsErrorKind, Call};

/// The region whose buckets are made without saying where.
const FIRST: &str = "us-east-1";

impl ObjectWrites {
    /// Makes a bucket in the region of this door. Whoever calls this has looked that there is none: in the first region
    /// of AWS making one's own bucket again is no error.
    ///
    /// # Errors
    /// Any [`AwsError`]; `BucketAlreadyExists` when somebody, of any account, has one of that name.
    pub async fn create_bucket(&self, bucket: &str) -> Result<Reply<()>, AwsError> {
        let region = self.door.settings.region.as_str();
        let clients = self.door.clients().await?;
        let elsewhere = (region != FIRST).then(|| {
            CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region)).build()
        });
        let request = clients.bucket_writes.create_bucket().bucket(bucket);
        let answer = request.set_create_bucket_configuration(elsewhere).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(Call("s3", "CreateBucket"), &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Keeps the public out of a bucket, whatever a policy or an ACL will say.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn keep_private(&self, bucket: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("s3", "PutPublicAccessBlock");
        let clients = self.door.clients().await?;
        let all = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let request = clients.bucket_writes.put_public_access_block().bucket(bucket);
        let request = request.public_access_block_configuration(all);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Gives a bucket these tags, and no others.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn tag_bucket(&self, bucket: &str, tags: &BTreeMap<String, String>) -> Result<Reply<()>, AwsError> {
        let call = Call("s3", "PutBucketTagging");
        let clients = self.door.clients().await?;
        let one = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
        let all = tags.iter().map(one).collect::<Result<Vec<_>, _>>().expect("each has a key and a value");
        let tagging = Tagging::builder().set_tag_set(Some(all)).build().expect("it has a set of tags");
        let request = clients.bucket_writes.put_bucket_tagging().bucket(bucket).tagging(tagging);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Has a bucket encrypt as another one does.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn encrypt_bucket(&self, bucket: &str, as_is: &Encryption) -> Result<Reply<()>, AwsError> {
        let call = Call("s3", "PutBucketEncryption");
        let clients = self.door.clients().await?;
        let request = clients.bucket_writes.put_bucket_encryption().bucket(bucket);
        let request = request.server_side_encryption_configuration(as_is.rules.clone());
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Has a bucket keep versions.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn keep_versions(&self, bucket: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("s3", "PutBucketVersioning");
        let clients = self.door.clients().await?;
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let request = clients.bucket_writes.put_bucket_versioning().bucket(bucket).versioning_configuration(on);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        Ok(Reply::new((), answer.request_id()))
    }

    /// Writes an object where there is none. It is sent once.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn put_new(
        &self,
        bucket: &str,
        key: &str,
        text: String,
        metadata: &BTreeMap<String, String>,
    ) -> Result<Reply<PutEnd>, AwsError> {
        let clients = self.door.clients().await?;
        let request = clients
            .bucket_writes
            .put_object()
            .bucket(bucket)
            .key(key)
            .if_none_match("*")
            .content_type("application/json")
            .set_metadata(Some(metadata.clone().into_iter().collect()))
            .body(ByteStream::from(text.into_bytes()));
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        match answer.map_err(|error| AwsError::from_sdk(Call("s3", "PutObject"), &error)) {
            Ok(answer) => Ok(Reply::new(PutEnd::Written, answer.request_id())),
            Err(error) => match &error.kind {
                AwsErrorKind::Service { status: 412, .. } => Ok(Reply::new(PutEnd::Taken, error.request_id.as_deref())),
                _ => Err(error),
            },
        }
    }
}
