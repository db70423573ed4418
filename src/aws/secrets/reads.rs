//! Looking at secrets.

use serde_json::json;

use super::model::SecretDescription;
use super::value::SecretValue;
use crate::aws::api::client::ApiReads;
use crate::aws::asked::ask;
use crate::aws::clients::{AwsReads, Reply, incomplete};
use crate::aws::error::{AwsError, Call};

/// Secrets, as far as they are only looked at.
#[derive(Clone, Debug)]
pub struct SecretReads {
    api: ApiReads,
}

impl AwsReads {
    /// Secrets, as far as they are only looked at.
    pub fn secrets(&self) -> SecretReads {
        SecretReads { api: self.api() }
    }
}

impl SecretReads {
    /// A secret by name or ARN; none when there is none.
    ///
    /// # Errors
    /// Any [`AwsError`] but that there is none.
    pub async fn describe(&self, secret: &str) -> Result<Reply<Option<SecretDescription>>, AwsError> {
        match ask(&self.api, Call("secretsmanager", "DescribeSecret"), &json!({ "SecretId": secret })).await {
            Ok(reply) => Ok(reply.map(|answer| Some(SecretDescription::of(&answer)))),
            Err(error) if error.code() == "ResourceNotFoundException" => {
                Ok(Reply::new(None, error.request_id.as_deref()))
            }
            Err(error) => Err(error),
        }
    }

    /// The value that a word (`AWSCURRENT`) stands for.
    ///
    /// # Errors
    /// Any [`AwsError`]; a secret that is scheduled for deletion is `InvalidRequestException`.
    pub async fn value(&self, secret: &str, stage: &str) -> Result<Reply<SecretValue>, AwsError> {
        let call = Call("secretsmanager", "GetSecretValue");
        let mut reply = ask(&self.api, call, &json!({ "SecretId": secret, "VersionStage": stage })).await?;
        let request_id = reply.request_ids.last().cloned();
        let value = SecretValue::take(&mut reply.value);
        let value = value.ok_or_else(|| incomplete(call, "SecretString", request_id.as_deref()))?;
        Ok(Reply { value, request_ids: reply.request_ids })
    }
}
