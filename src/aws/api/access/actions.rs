//! The IAM actions of the operations: what a policy has to allow.

use std::collections::HashMap;
use std::sync::LazyLock;

/// `SERVICE PREFIX OPERATION=ACTION,ACTION..`, a line a service; only operations that are not called like their action.
static TABLE: LazyLock<HashMap<&'static str, Line>> = LazyLock::new(|| {
    include_str!("actions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut words = line.split(' ');
            let (service, prefix) = (words.next()?, words.next()?);
            Some((service, Line { prefix, operations: words.filter_map(|word| word.split_once('=')).collect() }))
        })
        .collect()
});

struct Line {
    prefix: &'static str,
    operations: HashMap<&'static str, &'static str>,
}

/// The IAM actions that a caller needs for this operation, each with its prefix: `s3:ListBucket` for `ListObjectsV2` of
/// `s3`. Empty where IAM is not asked (`GetCallerIdentity` of `sts`, sign-in), and for a service that is not in the models.
///
/// `service` is botocore's name, no alias. Of what an action depends on, `iam:PassRole` alone is named: the call passes a
/// role on. An operation that the data about IAM does not know is taken to be called like its action.
pub fn iam_actions(service: &str, operation: &str) -> Vec<String> {
    let Some(line) = TABLE.get(service) else { return Vec::new() };
    let whole = |action: &str| match action.split_once(':') {
        Some(_) => action.to_owned(),
        None => format!("{}:{action}", line.prefix),
    };
    match line.operations.get(operation) {
        None => vec![whole(operation)],
        Some(&"-") => Vec::new(),
        Some(actions) => actions.split(',').map(whole).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{TABLE, iam_actions};
    use crate::aws::api::bundle::{find, services};

    #[test]
    fn an_operation_has_the_actions_that_iam_asks_for() {
        for (service, operation, wanted) in [
            ("dynamodb", "DescribeTable", "dynamodb:DescribeTable"),
            ("dynamodb", "TransactGetItems", "dynamodb:GetItem"),
            ("s3", "ListObjectsV2", "s3:ListBucket"),
            ("s3", "HeadBucket", "s3:ListBucket"),
            ("s3", "HeadObject", "s3:GetObject"),
            ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
            ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
            ("s3", "GetBucketCors", "s3:GetBucketCORS"),
            ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
            ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
            ("s3", "CopyObject", "s3:GetObject s3:PutObject"),
            ("lambda", "Invoke", "lambda:InvokeFunction"),
            ("lambda", "CreateFunction", "lambda:CreateFunction iam:PassRole"),
            ("stepfunctions", "DescribeExecution", "states:DescribeExecution"),
            ("elbv2", "DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
            ("efs", "DescribeFileSystems", "elasticfilesystem:DescribeFileSystems"),
            ("apigateway", "GetRestApis", "apigateway:GET"),
            ("apigatewayv2", "CreateApi", "apigateway:POST"),
            ("budgets", "DescribeBudgets", "budgets:ViewBudget"),
            ("keyspaces", "GetTable", "cassandra:Select"),
            ("sts", "GetCallerIdentity", ""),
            ("sts", "AssumeRole", "sts:AssumeRole"),
            ("nothing", "GetCallerIdentity", ""),
        ] {
            assert_eq!(iam_actions(service, operation).join(" "), wanted, "{service}:{operation}");
        }
    }

    #[test]
    fn every_service_has_a_prefix_and_names_only_its_own_operations() {
        assert_eq!(TABLE.len(), services().count());
        for (service, line) in TABLE.iter() {
            let operations = find(service).unwrap().operations().unwrap();
            for name in line.operations.keys() {
                assert!(operations.binary_search_by(|it| it.as_str().cmp(name)).is_ok(), "{service}:{name}");
            }
            for action in operations.iter().flat_map(|name| iam_actions(service, name)) {
                let (prefix, name) = action.split_once(':').unwrap();
                assert!(prefix.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'), "{action}");
                assert!(!name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric()), "{action}");
            }
        }
    }
}
