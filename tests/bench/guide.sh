#!/usr/bin/env bash
# "Post-deployment Verification" of the security deployment guide, as it stands there. Only the stage is another, so that
# the bench has resources of its own. It shows the answers and judges none.

# Verify VPC configuration
aws ec2 describe-vpcs --filters "Name=tag:Name,Values=mte-vpc-*" --profile default

# Check Lambda function VPC configuration
aws lambda list-functions --profile default | jq '.Functions[] | select(.VpcConfig != null) | {FunctionName, VpcConfig}'

# Verify KMS keys
aws kms describe-key --key-id alias/mte-lambda-bench --profile default
aws kms describe-key --key-id alias/mte-dynamodb-bench --profile default

# Check Dead Letter Queue
aws sqs get-queue-attributes --queue-url $(aws sqs get-queue-url --queue-name mte-lambda-dlq-bench --profile default --output text) --attribute-names All --profile default

# Verify DynamoDB encryption and PITR
aws dynamodb describe-table --table-name mte-sessions --profile default | jq '.Table | {TableName, SSEDescription, PointInTimeRecoveryDescription}'
aws dynamodb describe-table --table-name mte-messages --profile default | jq '.Table | {TableName, SSEDescription, PointInTimeRecoveryDescription}'

# Check S3 bucket security
aws s3api get-bucket-encryption --bucket mte-prechat-website-bench-$(aws sts get-caller-identity --query Account --output text) --profile default
aws s3api get-bucket-versioning --bucket mte-prechat-website-bench-$(aws sts get-caller-identity --query Account --output text) --profile default
aws s3api get-bucket-replication --bucket mte-prechat-website-bench-$(aws sts get-caller-identity --query Account --output text) --profile default
aws s3api get-bucket-logging --bucket mte-prechat-website-bench-$(aws sts get-caller-identity --query Account --output text) --profile default
