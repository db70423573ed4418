//! Buckets, as far as a large template needs one.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use aws_types::request_id::RequestId;

use super::clients::{Aws, Reply};
use super::error::{AwsError, Call};
use super::settings::AwsSettings;
use super::stacks::TemplateText;

/// A template in a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TemplateObject {
    /// The URL for `CloudFormation`.
    pub url: String,
    /// The key: it holds the SHA-256 of the content, so that putting it again changes nothing.
    pub key: String,
    /// The version, in a bucket that keeps them.
    pub version: Option<String>,
}

impl Aws {
    /// The key under which a template is put.
    pub fn template_key(template: &TemplateText) -> String {
        format!("checkride/templates/{}.template", template.digest())
    }

    /// Puts a template into a bucket of the account. The bucket's owner is checked by S3: a bucket of that name in
    /// another account is refused.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn put_template(&self, bucket: &str, template: &TemplateText) -> Result<Reply<TemplateObject>, AwsError> {
        let call = Call("s3", "PutObject");
        let clients = self.door().clients().await?;
        let key = Self::template_key(template);
        let answer = self
            .door()
            .with_token(call, || {
                clients
                    .bucket_writes
                    .put_object()
                    .bucket(bucket)
                    .key(&key)
                    .expected_bucket_owner(&self.settings().account)
                    .server_side_encryption(ServerSideEncryption::Aes256)
                    .body(ByteStream::from(template.body().as_bytes().to_vec()))
                    .send()
            })
            .await?;
        let object = TemplateObject {
            url: url(self.settings(), bucket, &key),
            version: answer.version_id().map(str::to_owned),
            key,
        };
        Ok(Reply::new(object, answer.request_id()))
    }
}

/// The https URL of an object; for an emulator, its own address in path style.
fn url(settings: &AwsSettings, bucket: &str, key: &str) -> String {
    if let Some(emulator) = &settings.emulator {
        return format!("{}/{bucket}/{key}", emulator.endpoint("s3").trim_end_matches('/'));
    }
    let suffix = if settings.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    // A dot in a bucket's name breaks the certificate of the virtual-host style.
    if bucket.contains('.') {
        format!("https://s3.{}.{suffix}/{bucket}/{key}", settings.region)
    } else {
        format!("https://{bucket}.s3.{}.{suffix}/{key}", settings.region)
    }
}
