//! The operations that only read.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

/// `SERVICE: OPERATION..`, a line a service; operations are sorted.
static TABLE: LazyLock<BTreeMap<&'static str, Line>> = LazyLock::new(|| {
    include_str!("reads.txt")
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(service, _)| !service.starts_with('#'))
        .map(|(service, operations)| (service, Line { operations, names: OnceLock::new() }))
        .collect()
});

/// The reads of one service, taken apart when somebody asks for them.
struct Line {
    operations: &'static str,
    names: OnceLock<Vec<&'static str>>,
}

impl Line {
    fn names(&self) -> &[&'static str] {
        self.names.get_or_init(|| self.operations.split(' ').collect())
    }
}

/// Whether this operation changes nothing, starts nothing and hands out no key to anything. `service` is botocore's name
/// ([`ServiceEntry::name`](crate::aws::api::bundle::ServiceEntry::name)), no alias; both names in their own case.
pub fn is_read(service: &str, operation: &str) -> bool {
    reads(service).binary_search(&operation).is_ok()
}

/// The operations of a service that only read, sorted; empty where there is none.
pub fn reads(service: &str) -> &'static [&'static str] {
    TABLE.get(service).map_or(&[], Line::names)
}

#[cfg(test)]
mod tests {
    use super::{TABLE, is_read, reads};
    use crate::aws::api::bundle::find;

    #[test]
    fn every_read_is_an_operation_of_the_models() {
        assert!(TABLE.len() > 400);
        for (service, line) in TABLE.iter() {
            let names = line.names();
            assert!(names.is_sorted() && !names.is_empty(), "{service}");
            let entry = find(service).unwrap();
            assert_eq!(entry.name(), *service);
            let operations = entry.operations().unwrap();
            for name in names {
                assert!(operations.binary_search_by(|it| it.as_str().cmp(name)).is_ok(), "{service}:{name}");
            }
        }
    }

    #[test]
    fn no_read_is_named_like_a_change() {
        const CHANGES: &[&str] = &[
            "Add",
            "Associate",
            "Assume",
            "Attach",
            "Cancel",
            "Copy",
            "Create",
            "Delete",
            "Detach",
            "Disable",
            "Enable",
            "Execute",
            "Import",
            "Invoke",
            "Modify",
            "Post",
            "Publish",
            "Put",
            "Reboot",
            "Receive",
            "Register",
            "Remove",
            "Reset",
            "Restore",
            "Run",
            "Send",
            "Set",
            "Start",
            "Stop",
            "Tag",
            "Terminate",
            "Untag",
            "Update",
            "Upload",
            "Write",
        ];
        for (service, line) in TABLE.iter() {
            let names = line.names();
            for name in names {
                assert!(!CHANGES.iter().any(|verb| name.starts_with(verb)), "{service}:{name}");
            }
        }
    }

    /// Also those that IAM calls reads, or that are named like one.
    #[test]
    fn what_changes_starts_or_hands_out_something_is_no_read() {
        for (service, operation) in [
            ("athena", "StartQueryExecution"),
            ("cloudformation", "CreateChangeSet"),
            ("cloudformation", "DetectStackDrift"),
            ("cloudformation", "ExecuteChangeSet"),
            ("cloudwatch", "PutMetricAlarm"),
            ("codeartifact", "GetAuthorizationToken"),
            ("cognito-identity", "GetCredentialsForIdentity"),
            ("cognito-idp", "GetUserAttributeVerificationCode"),
            ("dynamodb", "ExecuteStatement"),
            ("dynamodb", "PutItem"),
            ("ec2", "GetFlowLogsIntegrationTemplate"),
            ("ec2", "TerminateInstances"),
            ("ecr", "GetAuthorizationToken"),
            ("iam", "GenerateCredentialReport"),
            ("kms", "Decrypt"),
            ("kms", "GenerateDataKey"),
            ("kms", "GetParametersForImport"),
            ("lambda", "Invoke"),
            ("lambda", "InvokeAsync"),
            ("logs", "StartQuery"),
            ("neptunedata", "ExecuteGremlinQuery"),
            ("rds", "RestoreDBClusterToPointInTime"),
            ("rds-data", "ExecuteStatement"),
            ("redshift", "GetClusterCredentials"),
            ("s3", "CopyObject"),
            ("s3", "PutObject"),
            ("s3control", "GetDataAccess"),
            ("sqs", "ReceiveMessage"),
            ("stepfunctions", "GetActivityTask"),
            ("sts", "AssumeRole"),
            ("sts", "GetFederationToken"),
            ("sts", "GetSessionToken"),
            ("timestream-query", "Query"),
        ] {
            assert!(
                find(service).unwrap().operations().unwrap().iter().any(|it| it == operation),
                "{operation} is none"
            );
            assert!(!is_read(service, operation), "{service}:{operation}");
        }
    }

    #[test]
    fn what_deployments_are_verified_by_is_a_read() {
        for (service, operations) in [
            ("acm", "DescribeCertificate ListCertificates"),
            ("apigateway", "GetRestApis GetStage GetStages GetUsagePlans"),
            ("apigatewayv2", "GetApis GetStages"),
            ("application-autoscaling", "DescribeScalableTargets"),
            ("backup", "DescribeBackupVault ListBackupPlans ListRecoveryPointsByBackupVault"),
            ("budgets", "DescribeBudgets"),
            ("ce", "GetCostAndUsage"),
            (
                "cloudformation",
                "DescribeStacks DescribeStackEvents GetTemplate GetTemplateSummary ListStacks ValidateTemplate",
            ),
            ("cloudfront", "GetDistribution GetDistributionConfig ListDistributions"),
            ("cloudtrail", "DescribeTrails GetTrailStatus LookupEvents"),
            ("cloudwatch", "DescribeAlarms GetMetricData GetMetricStatistics ListMetrics"),
            ("cognito-idp", "AdminGetUser DescribeUserPool ListUserPools"),
            ("config", "DescribeConfigurationRecorders SelectResourceConfig"),
            (
                "dynamodb",
                "BatchGetItem DescribeContinuousBackups DescribeTable GetItem ListTables Query Scan TransactGetItems",
            ),
            (
                "ec2",
                "DescribeFlowLogs DescribeInstances DescribeSecurityGroups DescribeSubnets DescribeVpcEndpoints DescribeVpcs",
            ),
            ("ecs", "DescribeServices DescribeTasks ListTasks"),
            ("elbv2", "DescribeLoadBalancers DescribeTargetHealth"),
            ("events", "DescribeRule ListRules ListTargetsByRule"),
            ("guardduty", "GetDetector ListDetectors"),
            ("iam", "GetAccountSummary GetRole GetRolePolicy ListAttachedRolePolicies SimulatePrincipalPolicy"),
            ("kinesis", "DescribeStream GetRecords GetShardIterator"),
            ("kms", "DescribeKey GetKeyPolicy GetKeyRotationStatus ListAliases ListKeys"),
            (
                "lambda",
                "GetFunction GetFunctionConcurrency GetFunctionConfiguration GetPolicy ListEventSourceMappings ListFunctions",
            ),
            ("logs", "DescribeLogGroups DescribeLogStreams FilterLogEvents GetLogEvents GetQueryResults"),
            ("rds", "DescribeDBClusters DescribeDBClusterSnapshots DescribeDBInstances DescribeDBSnapshots"),
            ("route53", "GetHealthCheckStatus ListHostedZones ListResourceRecordSets TestDNSAnswer"),
            (
                "s3",
                "GetBucketEncryption GetBucketLifecycleConfiguration GetBucketLocation GetBucketLogging GetBucketPolicy \
                 GetBucketReplication GetBucketTagging GetBucketVersioning GetObject GetPublicAccessBlock HeadBucket \
                 HeadObject ListBuckets ListObjectVersions ListObjects ListObjectsV2",
            ),
            ("s3control", "GetPublicAccessBlock"),
            ("secretsmanager", "DescribeSecret GetSecretValue ListSecrets"),
            ("securityhub", "DescribeHub GetFindings"),
            ("ses", "GetSendQuota"),
            ("sns", "GetTopicAttributes ListSubscriptionsByTopic ListTopics"),
            ("sqs", "GetQueueAttributes GetQueueUrl ListQueues"),
            ("ssm", "GetParameter GetParameters GetParametersByPath"),
            ("stepfunctions", "DescribeExecution DescribeStateMachine ListExecutions ListStateMachines"),
            ("sts", "GetCallerIdentity"),
            ("synthetics", "DescribeCanaries GetCanaryRuns"),
            ("wafv2", "GetWebACL ListWebACLs"),
            ("xray", "GetTraceSummaries"),
        ] {
            for operation in operations.split(' ').filter(|it| !it.is_empty()) {
                assert!(is_read(service, operation), "{service}:{operation}");
            }
        }
    }

    #[test]
    fn what_nobody_knows_is_no_read() {
        for (service, operation) in
            [("S3", "GetObject"), ("s3", "getObject"), ("s4", "GetObject"), ("s3", ""), ("", ""), ("#", "The")]
        {
            assert!(!is_read(service, operation), "{service}:{operation}");
        }
        assert!(reads("nothing").is_empty());
    }
}
