"""The calls of guide.sh by boto3, in one process, with what guide.toml expects of each: a peer of scripts/bench."""

import boto3

account = boto3.client("sts").get_caller_identity()["Account"]

vpcs = boto3.client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["mte-vpc-*"]}])["Vpcs"]
assert len(vpcs) == 1

functions = boto3.client("lambda").list_functions()["Functions"]
assert len(functions) == 2
assert all(len(function["VpcConfig"]["SubnetIds"]) == 2 for function in functions)

kms = boto3.client("kms")
for alias in ("alias/mte-lambda-bench", "alias/mte-dynamodb-bench"):
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyState"] == "Enabled"

sqs = boto3.client("sqs")
url = sqs.get_queue_url(QueueName="mte-lambda-dlq-bench")["QueueUrl"]
attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
assert attributes["MessageRetentionPeriod"] == "1209600"

dynamodb = boto3.client("dynamodb")
for table in ("mte-sessions", "mte-messages"):
    assert dynamodb.describe_table(TableName=table)["Table"]["SSEDescription"]["Status"] == "ENABLED"

s3 = boto3.client("s3")
bucket = f"mte-prechat-website-bench-{account}"
rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
assert s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"][0]["Status"] == "Enabled"
assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"] == f"mte-prechat-access-logs-bench-{account}"
