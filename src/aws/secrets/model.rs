//! What Secrets Manager says of a secret, but for its value.

use std::collections::BTreeMap;

use serde_json::Value;

/// A secret at one moment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SecretDescription {
    /// The name.
    pub name: String,
    /// The ARN, with the six characters of the service's own at its end.
    pub arn: String,
    /// The key that it is encrypted with; none: the account's own for secrets.
    pub kms_key: Option<String>,
    /// Whether it is scheduled for deletion: its value is not given away any more.
    pub is_deleted: bool,
    /// Whether it is rotated.
    pub rotates: bool,
    /// The regions that it is copied to.
    pub replicas: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its versions, each with the words for it (`AWSCURRENT`, `AWSPREVIOUS`).
    pub versions: BTreeMap<String, Vec<String>>,
}

impl SecretDescription {
    pub(super) fn of(answer: &Value) -> Self {
        let text = |member: &str| answer[member].as_str().map(str::to_owned).filter(|text| !text.is_empty());
        let list = |member: &str| answer[member].as_array().into_iter().flatten();
        let words = |value: &Value| {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let versions = answer["VersionIdsToStages"].as_object().into_iter().flatten();
        Self {
            name: text("Name").unwrap_or_default(),
            arn: text("ARN").unwrap_or_default(),
            kms_key: text("KmsKeyId"),
            is_deleted: !answer["DeletedDate"].is_null(),
            rotates: answer["RotationEnabled"] == true,
            replicas: list("ReplicationStatus").filter_map(|one| one["Region"].as_str()).map(str::to_owned).collect(),
            tags: list("Tags")
                .filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned())))
                .collect(),
            versions: versions.map(|(version, stages)| (version.clone(), words(stages))).collect(),
        }
    }

    /// The version that a word stands for.
    pub fn version_at(&self, stage: &str) -> Option<&str> {
        let carries = |(_, stages): &(&String, &Vec<String>)| stages.iter().any(|one| one == stage);
        self.versions.iter().find(carries).map(|(version, _)| version.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::SecretDescription;

    #[test]
    fn a_description_says_what_a_copy_does_not_have() {
        let found = SecretDescription::of(&json!({
            "ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf", "Name": "db",
            "KmsKeyId": "alias/db", "RotationEnabled": true, "DeletedDate": 1_790_000_000,
            "Tags": [{ "Key": "team", "Value": "shop" }],
            "ReplicationStatus": [{ "Region": "us-east-1", "Status": "InSync" }],
            "VersionIdsToStages": { "v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT", "checked"], "v0": [] },
        }));
        assert!(found.is_deleted && found.rotates);
        assert_eq!(
            (found.kms_key.as_deref(), found.replicas.as_slice()),
            (Some("alias/db"), &["us-east-1".to_owned()][..])
        );
        assert_eq!((found.version_at("AWSPREVIOUS"), found.version_at("AWSPENDING")), (Some("v1"), None));
        assert!(!SecretDescription::of(&json!({})).is_deleted);
    }
}
