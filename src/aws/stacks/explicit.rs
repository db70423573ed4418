//! Names that a template gives its resources itself: two stacks cannot both have them.

use serde_json::{Value, json};

use super::names::Names;
use super::reads::StackReads;
use super::template::TemplateText;
use crate::aws::api::client::{ApiFailure, ApiReads, resolve};
use crate::aws::error::AwsErrorKind;

/// A resource that is named by its template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExplicitName {
    /// The id in the template.
    pub logical_id: String,
    /// The type, for example `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// The name; else why it cannot be told.
    pub name: Result<String, String>,
}

/// A type whose name is unique in its account and region (a bucket's: in the world): the property that gives it, the read
/// that says whether it is taken, and the member of that read which takes it.
struct Named(&'static str, &'static str, &'static str, &'static str);

/// Source: the resource reference of `CloudFormation` (each type's page says which name has to be unique), and the API
/// reference of each service.
static TYPES: &[Named] = &[
    Named("AWS::CloudWatch::Alarm", "AlarmName", "", ""),
    Named("AWS::DynamoDB::GlobalTable", "TableName", "dynamodb:DescribeTable", "TableName"),
    Named("AWS::DynamoDB::Table", "TableName", "dynamodb:DescribeTable", "TableName"),
    Named("AWS::ECR::Repository", "RepositoryName", "", ""),
    Named("AWS::Events::Rule", "Name", "", ""),
    Named("AWS::IAM::ManagedPolicy", "ManagedPolicyName", "", ""),
    Named("AWS::IAM::Role", "RoleName", "iam:GetRole", "RoleName"),
    Named("AWS::IAM::User", "UserName", "iam:GetUser", "UserName"),
    Named("AWS::KMS::Alias", "AliasName", "kms:DescribeKey", "KeyId"),
    Named("AWS::Kinesis::Stream", "Name", "kinesis:DescribeStreamSummary", "StreamName"),
    Named("AWS::Lambda::Function", "FunctionName", "lambda:GetFunctionConfiguration", "FunctionName"),
    Named("AWS::Logs::LogGroup", "LogGroupName", "", ""),
    Named("AWS::RDS::DBCluster", "DBClusterIdentifier", "rds:DescribeDBClusters", "DBClusterIdentifier"),
    Named("AWS::RDS::DBInstance", "DBInstanceIdentifier", "rds:DescribeDBInstances", "DBInstanceIdentifier"),
    Named("AWS::S3::Bucket", "BucketName", "s3:HeadBucket", "Bucket"),
    Named("AWS::SNS::Topic", "TopicName", "", ""),
    Named("AWS::SQS::Queue", "QueueName", "sqs:GetQueueUrl", "QueueName"),
    Named("AWS::SecretsManager::Secret", "Name", "secretsmanager:DescribeSecret", "SecretId"),
    Named("AWS::StepFunctions::StateMachine", "StateMachineName", "", ""),
];

/// What the codes of refusals hold where there is no such thing.
const GONE: [&str; 3] = ["NotFound", "NonExistent", "DoesNotExist"];

impl TemplateText {
    /// The names that it gives resources itself. One that hangs on a condition may not come to be, and is left out.
    pub fn explicit_names(&self, names: &Names) -> Vec<ExplicitName> {
        let named = |(id, resource): (&String, &Value)| {
            let kind = resource.get("Type")?.as_str()?;
            let Named(_, property, ..) = TYPES.iter().find(|named| named.0 == kind)?;
            let value = resource.get("Properties")?.get(property)?;
            if resource.get("Condition").is_some() {
                return None;
            }
            let name = names.text(value, self);
            Some(ExplicitName { logical_id: id.clone(), resource_type: kind.to_owned(), name })
        };
        self.resources().filter_map(named).collect()
    }
}

impl TemplateText {
    /// The names under which the outputs of its stack can be imported, as far as they can be told.
    pub fn exports(&self, names: &Names) -> Vec<String> {
        let outputs = self.tree.as_ref().and_then(|tree| tree.get("Outputs")).and_then(Value::as_object);
        let exported = outputs.into_iter().flatten().filter_map(|(_, output)| output.pointer("/Export/Name"));
        exported.filter_map(|name| names.text(name, self).ok()).collect()
    }
}

impl StackReads {
    /// Whether there is something of a type under a name. None: no read tells, or it was refused.
    pub async fn is_taken(&self, resource_type: &str, name: &str) -> Option<bool> {
        let Named(_, _, read, member) = TYPES.iter().find(|named| named.0 == resource_type)?;
        let operation = resolve(read).ok()?.read()?;
        let told = ApiReads::new(self.door.clone()).one_page(operation, &json!({ *member: name })).await;
        match told {
            Ok(_) => Some(true),
            Err(ApiFailure::Aws(error)) => match &error.kind {
                AwsErrorKind::Service { status: 404, .. } => Some(false),
                // Whose bucket it is, and where it lies, makes no difference: the name is taken.
                AwsErrorKind::Service { .. } | AwsErrorKind::AccessDenied { .. } if *read == "s3:HeadBucket" => {
                    Some(true)
                }
                AwsErrorKind::Service { code, .. } if GONE.iter().any(|word| code.contains(word)) => Some(false),
                AwsErrorKind::Service { .. }
                | AwsErrorKind::Throttled { .. }
                | AwsErrorKind::Expired { .. }
                | AwsErrorKind::AccessDenied { .. }
                | AwsErrorKind::Credentials { .. }
                | AwsErrorKind::Connect
                | AwsErrorKind::Timeout
                | AwsErrorKind::LostReply
                | AwsErrorKind::Unsupported { .. }
                | AwsErrorKind::Request
                | AwsErrorKind::EndpointNotLoopback { .. }
                | AwsErrorKind::EndpointOverridden { .. }
                | AwsErrorKind::RegionInvalid { .. }
                | AwsErrorKind::Fenced { .. }
                | AwsErrorKind::Settings { .. } => None,
            },
            Err(ApiFailure::NotSent(_) | ApiFailure::Pages(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Names, TemplateText};

    const ARN: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/clean";

    #[test]
    fn the_names_of_a_template_are_told_before_there_is_a_stack() {
        let template = TemplateText::new(
            r#"{
                "Resources": {
                    "Bucket": { "Type": "AWS::S3::Bucket", "Properties": {
                        "BucketName": { "Fn::Sub": "b-${Stage}-${AWS::AccountId}-${AWS::Region}-${AWS::StackName}" } } },
                    "Table": { "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": { "Fn::GetAtt": ["X", "Y"] } } },
                    "Role": { "Type": "AWS::IAM::Role", "Condition": "Some", "Properties": { "RoleName": "r" } },
                    "Queue": { "Type": "AWS::SQS::Queue" },
                    "Instance": { "Type": "AWS::EC2::Instance", "Properties": { "Name": "n" } }
                },
                "Outputs": {
                    "A": { "Value": "1", "Export": { "Name": { "Fn::Sub": "${Stage}-a" } } }, "B": { "Value": "2" }
                }
            }"#,
        );
        let names = Names::to_be("clean", ARN, &BTreeMap::from([("Stage".to_owned(), "drill".to_owned())]));
        let found: Vec<(String, bool)> = template
            .explicit_names(&names)
            .into_iter()
            .map(|one| (one.name.unwrap_or_default(), one.logical_id == "Bucket"))
            .collect();
        assert_eq!(found, [("b-drill-111122223333-eu-west-1-clean".to_owned(), true), (String::new(), false)]);
        assert_eq!(template.exports(&names), ["drill-a"]);
    }
}
