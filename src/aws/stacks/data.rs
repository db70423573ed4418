//! Which resources hold data: what is in them is lost with them, whatever a template says afterwards.

use super::model::NESTED;

/// Types whose content no template brings back, sorted.
const TYPES: &[&str] = &[
    "AWS::Backup::BackupVault",
    "AWS::Cognito::IdentityPool",
    "AWS::Cognito::UserPool",
    "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::Elasticsearch::Domain",
    "AWS::FSx::FileSystem",
    "AWS::KMS::Key",
    "AWS::KMS::ReplicaKey",
    "AWS::Kinesis::Stream",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::GlobalCluster",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::Serverless::SimpleTable",
    "AWS::Timestream::Table",
];

/// Whether a resource of the type holds data, or may: of a nested stack it is not known.
pub fn holds_data(resource_type: &str) -> bool {
    resource_type == NESTED || TYPES.binary_search(&resource_type).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{TYPES, holds_data};

    #[test]
    fn the_types_are_sorted_and_found() {
        assert!(TYPES.is_sorted_by(|a, b| a < b));
        assert!(TYPES.iter().all(|name| holds_data(name)) && holds_data("AWS::CloudFormation::Stack"));
        assert!(!holds_data("AWS::SQS::Queue") && !holds_data("AWS::Lambda::Function"));
    }
}
