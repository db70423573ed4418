//! What a stack that a run made leaves behind, because its template keeps it (`DeletionPolicy`), and what keeps it from being
//! deleted: buckets that are not empty. Only for stacks of a drill.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::aws::asked::{ask, change};
use crate::aws::clients::{Aws, Reply};
use crate::aws::error::{AwsError, AwsErrorKind, Call};

/// A resource that outlives its stack, and can be removed by one call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Leftover {
    /// A bucket, by its name. It must be empty.
    Bucket(String),
    /// A table, by its name.
    Table(String),
    /// A queue, by its URL.
    Queue(String),
    /// A log group, by its name.
    LogGroup(String),
    /// A secret, by its name.
    Secret(String),
    /// A key, by its id. It goes after seven days, and can be used by nobody until then.
    Key(String),
}

/// The fewest days after which a key is deleted. Source: `ScheduleKeyDeletion` of the KMS API reference.
const KEY_DAYS: u32 = 7;

impl Leftover {
    /// A resource of a stack, by its type and physical id; none for a type that is removed by hand.
    pub fn of(resource_type: &str, physical_id: &str) -> Option<Self> {
        let id = physical_id.to_owned();
        match resource_type {
            "AWS::S3::Bucket" => Some(Self::Bucket(id)),
            "AWS::DynamoDB::Table" => Some(Self::Table(id)),
            "AWS::SQS::Queue" => Some(Self::Queue(id)),
            "AWS::Logs::LogGroup" => Some(Self::LogGroup(id)),
            // Its physical id is its ARN, which ends with six characters that are not of its name.
            "AWS::SecretsManager::Secret" => {
                let name = physical_id.split_once(":secret:").map_or(physical_id, |(_, name)| name);
                let (name, own) = if physical_id.starts_with("arn:") { name.rsplit_once('-')? } else { (name, "") };
                (own.is_empty() || own.len() == 6).then(|| Self::Secret(name.to_owned()))
            }
            "AWS::KMS::Key" => Some(Self::Key(id)),
            _ => None,
        }
    }

    /// The call that removes it.
    pub fn call(&self) -> &'static str {
        match self {
            Self::Bucket(_) => "s3:DeleteBucket",
            Self::Table(_) => "dynamodb:DeleteTable",
            Self::Queue(_) => "sqs:DeleteQueue",
            Self::LogGroup(_) => "logs:DeleteLogGroup",
            Self::Secret(_) => "secretsmanager:DeleteSecret",
            Self::Key(_) => "kms:ScheduleKeyDeletion",
        }
    }

    /// What the drill's fence has to let in for it, by the ARN of its stack.
    pub fn lets_in(&self, stack: &str) -> String {
        let mut parts = stack.split(':').skip(1);
        let (partition, region, account) = (parts.next(), parts.nth(1), parts.next());
        let (partition, region) = (partition.unwrap_or_default(), region.unwrap_or_default());
        let here = |service: &str, rest: &str| {
            format!("arn:{partition}:{service}:{region}:{}:{rest}", account.unwrap_or_default())
        };
        match self {
            Self::Bucket(name) => format!("arn:{partition}:s3:::{name}"),
            Self::Table(name) => here("dynamodb", &format!("table/{name}")),
            Self::Queue(url) => here("sqs", url.rsplit('/').next().unwrap_or(url)),
            Self::LogGroup(name) => here("logs", &format!("log-group:{name}")),
            Self::Secret(name) => here("secretsmanager", &format!("secret:{name}")),
            Self::Key(id) => here("kms", &format!("key/{id}")),
        }
    }

    fn looks_by(&self) -> (Call, Value) {
        match self {
            Self::Bucket(name) => (Call("s3", "HeadBucket"), json!({ "Bucket": name })),
            Self::Table(name) => (Call("dynamodb", "DescribeTable"), json!({ "TableName": name })),
            Self::Queue(url) => {
                (Call("sqs", "GetQueueAttributes"), json!({ "QueueUrl": url, "AttributeNames": ["QueueArn"] }))
            }
            Self::LogGroup(name) => (Call("logs", "DescribeLogGroups"), json!({ "logGroupNamePrefix": name })),
            Self::Secret(name) => (Call("secretsmanager", "DescribeSecret"), json!({ "SecretId": name })),
            Self::Key(id) => (Call("kms", "DescribeKey"), json!({ "KeyId": id })),
        }
    }

    fn goes_by(&self) -> (Call, Value) {
        match self {
            Self::Bucket(name) => (Call("s3", "DeleteBucket"), json!({ "Bucket": name })),
            Self::Table(name) => (Call("dynamodb", "DeleteTable"), json!({ "TableName": name })),
            Self::Queue(url) => (Call("sqs", "DeleteQueue"), json!({ "QueueUrl": url })),
            Self::LogGroup(name) => (Call("logs", "DeleteLogGroup"), json!({ "logGroupName": name })),
            Self::Secret(name) => {
                let input = json!({ "SecretId": name, "ForceDeleteWithoutRecovery": true });
                (Call("secretsmanager", "DeleteSecret"), input)
            }
            Self::Key(id) => {
                (Call("kms", "ScheduleKeyDeletion"), json!({ "KeyId": id, "PendingWindowInDays": KEY_DAYS }))
            }
        }
    }

    /// Whether an answer to the look tells of it: a list by prefix may be of others, and a key that goes is gone.
    fn is_in(&self, answer: &Value) -> bool {
        match self {
            Self::LogGroup(name) => {
                answer["logGroups"].as_array().into_iter().flatten().any(|group| group["logGroupName"] == name.as_str())
            }
            Self::Key(_) => answer["KeyMetadata"]["KeyState"] != "PendingDeletion",
            Self::Bucket(_) | Self::Table(_) | Self::Queue(_) | Self::Secret(_) => true,
        }
    }
}

impl Aws {
    /// Whether what a stack has left is there.
    pub async fn has_left(&self, left: &Leftover) -> Result<bool, AwsError> {
        let (call, input) = left.looks_by();
        match ask(&self.reads().api(), call, &input).await {
            Ok(answer) => Ok(left.is_in(&answer.value)),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The tags of what a stack has left, by its ARN.
    pub async fn tags_left(&self, left: &Leftover, arn: &str) -> Result<BTreeMap<String, String>, AwsError> {
        let (call, input, member) = match left {
            Leftover::Bucket(name) => return Ok(self.reads().objects().bucket_tags(name).await?.value),
            Leftover::Table(_) => return Ok(self.reads().tables().tags(arn).await?.value),
            Leftover::Secret(name) => {
                return Ok(self.reads().secrets().describe(name).await?.value.unwrap_or_default().tags);
            }
            Leftover::Queue(url) => (Call("sqs", "ListQueueTags"), json!({ "QueueUrl": url }), "Tags"),
            Leftover::LogGroup(_) => (Call("logs", "ListTagsForResource"), json!({ "resourceArn": arn }), "tags"),
            Leftover::Key(id) => (Call("kms", "ListResourceTags"), json!({ "KeyId": id }), "Tags"),
        };
        let answer = ask(&self.reads().api(), call, &input).await?.value;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(match &answer[member] {
            Value::Object(tags) => tags.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
            Value::Array(tags) => tags.iter().map(|tag| (text(&tag["TagKey"]), text(&tag["TagValue"]))).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => BTreeMap::new(),
        })
    }

    /// Whether a resource of any type is gone, as far as Cloud Control knows. What it cannot look at is not known to be.
    pub async fn is_known_gone(&self, resource_type: &str, physical_id: &str) -> bool {
        let input = json!({ "TypeName": resource_type, "Identifier": physical_id });
        let answer = ask(&self.reads().api(), Call("cloudcontrol", "GetResource"), &input).await;
        answer.is_err_and(|error| error.code() == "ResourceNotFoundException")
    }

    /// Removes what a stack has left.
    pub async fn remove_left(&self, left: &Leftover) -> Result<Reply<()>, AwsError> {
        let (call, input) = left.goes_by();
        change(&self.api(), call, &input, None).await.map(|reply| reply.map(drop))
    }
}

/// Whether a refusal says that there is no such thing; each service has its own word for it.
fn is_gone(error: &AwsError) -> bool {
    let code = error.code();
    let word = ["NotFound", "NonExistent", "DoesNotExist", "NoSuchBucket"].iter().any(|word| code.contains(word));
    word || matches!(error.kind, AwsErrorKind::Service { status: 404, .. })
}

#[cfg(test)]
mod tests {
    use super::Leftover;

    #[test]
    fn what_is_left_is_known_by_type_and_physical_id() {
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mte/dev/api-token-AbCdEf";
        let found = Leftover::of("AWS::SecretsManager::Secret", secret);
        assert_eq!(found, Some(Leftover::Secret("mte/dev/api-token".to_owned())));
        assert_eq!(Leftover::of("AWS::Cognito::UserPool", "eu-west-1_x"), None);
        let stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/clean/0123";
        let lets = |kind, id| Leftover::of(kind, id).unwrap().lets_in(stack);
        assert_eq!(lets("AWS::DynamoDB::Table", "t"), "arn:aws:dynamodb:eu-west-1:111122223333:table/t");
        assert_eq!(
            lets("AWS::SQS::Queue", "https://sqs.eu-west-1.amazonaws.com/111122223333/q"),
            "arn:aws:sqs:eu-west-1:111122223333:q"
        );
        assert_eq!(lets("AWS::S3::Bucket", "b"), "arn:aws:s3:::b");
    }
}
