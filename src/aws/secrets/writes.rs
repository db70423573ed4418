//! Making and removing secrets. Each verb is sent once; one with a token may be repeated.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::value::{Form, SecretValue};
use crate::aws::api::client::ApiWrites;
use crate::aws::asked::change;
use crate::aws::clients::{Aws, Reply};
use crate::aws::error::{AwsError, Call};

/// Secrets, with the verbs that change things.
#[derive(Clone, Debug)]
pub struct SecretWrites {
    api: ApiWrites,
}

/// A secret to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewSecret {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The key that it is encrypted with; none: the account's own for secrets.
    pub kms_key: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// How a secret goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretEnd {
    /// After so many days, 7 to 30. Until then it can be restored.
    After(u32),
    /// At once, and for ever.
    AtOnce,
}

impl Aws {
    /// Secrets, with the verbs that change things.
    pub fn secrets(&self) -> SecretWrites {
        SecretWrites { api: self.api() }
    }
}

impl SecretWrites {
    /// `CreateSecret`: a new one with a value. The token becomes the id of its first version. Gives its ARN.
    ///
    /// # Errors
    /// Any [`AwsError`]; one of the name that is there, also when it is about to go, is refused.
    pub async fn create(&self, token: &str, new: &NewSecret, value: &SecretValue) -> Result<Reply<String>, AwsError> {
        let tags: Vec<Value> = new.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        let mut input = json!({ "Name": new.name, "Description": new.description, "Tags": tags });
        if let Some(key) = &new.kms_key {
            input["KmsKeyId"] = Value::from(key.as_str());
        }
        let (member, text) = match &value.form {
            Form::Text(text) => ("SecretString", text),
            Form::Binary(text) => ("SecretBinary", text),
        };
        input[member] = Value::from(text.expose_secret());
        let made = change(&self.api, Call("secretsmanager", "CreateSecret"), &input, Some(token)).await?;
        Ok(made.map(|answer| answer["ARN"].as_str().unwrap_or_default().to_owned()))
    }

    /// `DeleteSecret`.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn delete(&self, secret: &str, end: SecretEnd) -> Result<Reply<()>, AwsError> {
        let input = match end {
            SecretEnd::After(days) => json!({ "SecretId": secret, "RecoveryWindowInDays": days }),
            SecretEnd::AtOnce => json!({ "SecretId": secret, "ForceDeleteWithoutRecovery": true }),
        };
        let deleted = change(&self.api, Call("secretsmanager", "DeleteSecret"), &input, None).await?;
        Ok(deleted.map(drop))
    }

    /// `RestoreSecret`: takes back a deletion that has not come to its end.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn restore(&self, secret: &str) -> Result<Reply<()>, AwsError> {
        let call = Call("secretsmanager", "RestoreSecret");
        let restored = change(&self.api, call, &json!({ "SecretId": secret }), None).await?;
        Ok(restored.map(drop))
    }
}
