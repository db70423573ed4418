//! A bucket itself: whether it is there, where, how it is encrypted and tagged, and who hears of what is written into it.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    EncodingType, MultipartUpload, ReplicationRule, ReplicationRuleStatus, ServerSideEncryptionConfiguration,
};
use aws_types::request_id::RequestId;

use super::data::{Carriers, Replica, Upload};
use super::encode::decoded;
use super::reads::{ObjectReads, without_body};
use crate::aws::clients::{Reply, incomplete};
use crate::aws::error::{AwsError, AwsErrorKind, Call};

/// How a bucket encrypts what is written into it, as AWS has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Encryption {
    pub(super) rules: ServerSideEncryptionConfiguration,
    /// The key of KMS, if it is one of the customer's.
    pub key: Option<String>,
}

impl ObjectReads {
    /// The region of a bucket; none when there is no such bucket.
    ///
    /// # Errors
    /// Any [`AwsError`]; a bucket of another account is refused.
    pub async fn region(&self, bucket: &str) -> Result<Reply<Option<String>>, AwsError> {
        let call = Call("s3", "HeadBucket");
        let clients = self.door.clients().await?;
        let request = clients.bucket_reads.head_bucket().bucket(bucket);
        match request.expected_bucket_owner(&self.door.settings.account).send().await {
            Ok(answer) => {
                let region = answer.bucket_region().unwrap_or(&self.door.settings.region).to_owned();
                Ok(Reply::new(Some(region), answer.request_id()))
            }
            Err(error) => {
                let answer = error.raw_response();
                let status = answer.map(|answer| answer.status().as_u16());
                let region = answer.and_then(|answer| answer.headers().get("x-amz-bucket-region").map(str::to_owned));
                let error = without_body(call, AwsError::from_sdk(call, &error), status);
                match (status, region) {
                    (Some(404), _) => Ok(Reply::new(None, error.request_id.as_deref())),
                    // It lives elsewhere, and the answer says where.
                    (Some(301 | 400), Some(region)) if region != self.door.settings.region => {
                        Ok(Reply::new(Some(region), error.request_id.as_deref()))
                    }
                    _ => Err(self.told(bucket, error).await),
                }
            }
        }
    }

    /// The tags of a bucket.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn bucket_tags(&self, bucket: &str) -> Result<Reply<BTreeMap<String, String>>, AwsError> {
        let clients = self.door.clients().await?;
        let request = clients.bucket_reads.get_bucket_tagging().bucket(bucket);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        match answer.map_err(|error| AwsError::from_sdk(Call("s3", "GetBucketTagging"), &error)) {
            Ok(answer) => {
                let request_id = answer.request_id().map(str::to_owned);
                let tags = answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect();
                Ok(Reply::new(tags, request_id.as_deref()))
            }
            Err(error) => none_if(error, "NoSuchTagSet").map(|reply| reply.map(|()| BTreeMap::new())),
        }
    }

    /// How a bucket encrypts; none when it does not say.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn encryption(&self, bucket: &str) -> Result<Reply<Option<Encryption>>, AwsError> {
        let clients = self.door.clients().await?;
        let request = clients.bucket_reads.get_bucket_encryption().bucket(bucket);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        match answer.map_err(|error| AwsError::from_sdk(Call("s3", "GetBucketEncryption"), &error)) {
            Ok(answer) => {
                let request_id = answer.request_id().map(str::to_owned);
                let found = answer.server_side_encryption_configuration.map(|rules| {
                    let mut defaults = rules.rules.iter().filter_map(|rule| {
                        rule.apply_server_side_encryption_by_default.as_ref()?.kms_master_key_id.clone()
                    });
                    let key = defaults.next_back();
                    Encryption { rules, key }
                });
                Ok(Reply::new(found, request_id.as_deref()))
            }
            Err(error) => {
                none_if(error, "ServerSideEncryptionConfigurationNotFoundError").map(|reply| reply.map(|()| None))
            }
        }
    }

    /// Who hears of an object that is written under a key: notifications, and the buckets that it is replicated to.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn carriers(&self, bucket: &str, key: &str) -> Result<Reply<Carriers>, AwsError> {
        let account = &self.door.settings.account;
        let clients = self.door.clients().await?;
        let request = clients.bucket_reads.get_bucket_notification_configuration().bucket(bucket);
        let told = request.expected_bucket_owner(account).send().await;
        let told =
            told.map_err(|error| AwsError::from_sdk(Call("s3", "GetBucketNotificationConfiguration"), &error))?;
        let mut carriers = Carriers::default();
        for (name, is_there) in [
            ("topics", !told.topic_configurations().is_empty()),
            ("queues", !told.queue_configurations().is_empty()),
            ("functions", !told.lambda_function_configurations().is_empty()),
            ("EventBridge", told.event_bridge_configuration().is_some()),
        ] {
            if is_there {
                carriers.notified.push(name);
            }
        }
        let request = clients.bucket_reads.get_bucket_replication().bucket(bucket);
        let answer = request.expected_bucket_owner(account).send().await;
        match answer.map_err(|error| AwsError::from_sdk(Call("s3", "GetBucketReplication"), &error)) {
            Ok(answer) => {
                let request_id = answer.request_id().map(str::to_owned);
                let rules = answer.replication_configuration.map(|it| it.rules).unwrap_or_default();
                for replica in rules.iter().filter_map(|rule| replica(rule, key)) {
                    if !carriers.replicas.contains(&replica) {
                        carriers.replicas.push(replica);
                    }
                }
                Ok(Reply::new(carriers, request_id.as_deref()))
            }
            Err(error) => none_if(error, "ReplicationConfigurationNotFoundError").map(|reply| reply.map(|()| carriers)),
        }
    }

    /// The uploads in parts under a prefix that were begun and never ended: a page of them.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn uploads(&self, bucket: &str, prefix: &str) -> Result<Reply<Vec<Upload>>, AwsError> {
        let call = Call("s3", "ListMultipartUploads");
        let clients = self.door.clients().await?;
        let request = clients
            .bucket_reads
            .list_multipart_uploads()
            .bucket(bucket)
            .prefix(prefix)
            .encoding_type(EncodingType::Url);
        let answer = request.expected_bucket_owner(&self.door.settings.account).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(call, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        let coded = answer.encoding_type == Some(EncodingType::Url);
        let one = |upload: MultipartUpload| {
            let key = upload.key?;
            let key = if coded { decoded(&key)? } else { key };
            Some(Upload { key, id: upload.upload_id? })
        };
        let found = answer.uploads.unwrap_or_default().into_iter().map(one).collect::<Option<Vec<_>>>();
        let found = found.ok_or_else(|| incomplete(call, "UploadId", request_id.as_deref()))?;
        Ok(Reply::new(found, request_id.as_deref()))
    }
}

/// An answer that says that there is nothing is no error.
fn none_if(error: AwsError, code: &str) -> Result<Reply<()>, AwsError> {
    match &error.kind {
        AwsErrorKind::Service { code: said, .. } if said == code => Ok(Reply::new((), error.request_id.as_deref())),
        _ => Err(error),
    }
}

/// Where a rule copies an object to that has this key and no tags, if it does.
fn replica(rule: &ReplicationRule, key: &str) -> Option<Replica> {
    let filter = rule.filter.as_ref();
    let and = filter.and_then(|filter| filter.and.as_ref());
    let tagged = filter.is_some_and(|filter| filter.tag.is_some())
        || and.is_some_and(|and| and.tags.as_ref().is_some_and(|tags| !tags.is_empty()));
    #[expect(deprecated, reason = "rules of the first version have their prefix there")]
    let first = rule.prefix.as_deref();
    let prefix = filter.and_then(|filter| filter.prefix.as_deref()).or(and.and_then(|and| and.prefix.as_deref()));
    let covers = key.starts_with(prefix.or(first).unwrap_or_default());
    if rule.status != ReplicationRuleStatus::Enabled || tagged || !covers {
        return None;
    }
    let destination = rule.destination.as_ref()?;
    let bucket = destination.bucket.rsplit(':').next().unwrap_or_default().to_owned();
    Some(Replica { bucket, account: destination.account.clone() })
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{
        Destination, ReplicationRule, ReplicationRuleAndOperator, ReplicationRuleFilter, ReplicationRuleStatus, Tag,
    };

    use super::replica;

    fn rule(status: ReplicationRuleStatus, filter: ReplicationRuleFilter) -> ReplicationRule {
        let to = Destination::builder().bucket("arn:aws:s3:::copy").build().unwrap();
        ReplicationRule::builder().status(status).filter(filter).destination(to).build().unwrap()
    }

    #[test]
    fn a_rule_carries_what_it_covers() {
        let prefix = || ReplicationRuleFilter::builder().prefix("uploads/").build();
        let covered = rule(ReplicationRuleStatus::Enabled, prefix());
        assert_eq!(replica(&covered, "uploads/a").unwrap().bucket, "copy");
        assert_eq!(replica(&covered, "web/a"), None);
        assert_eq!(replica(&rule(ReplicationRuleStatus::Disabled, prefix()), "uploads/a"), None);
        let tag = Tag::builder().key("k").value("v").build().unwrap();
        let tagged = ReplicationRuleAndOperator::builder().prefix("uploads/").tags(tag).build();
        let tagged = rule(ReplicationRuleStatus::Enabled, ReplicationRuleFilter::builder().and(tagged).build());
        assert_eq!(replica(&tagged, "uploads/a"), None, "a marker has no tags");
        let both = ReplicationRuleAndOperator::builder().prefix("uploads/").build();
        let both = rule(ReplicationRuleStatus::Enabled, ReplicationRuleFilter::builder().and(both).build());
        assert!(replica(&both, "uploads/a").is_some());
    }
}
