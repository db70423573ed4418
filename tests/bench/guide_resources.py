"""Makes in the sandbox what guide.sh looks at: the guide's network, functions, keys, queue, tables and buckets, by API.

`--distinct N` makes so many tables more, from distinct-0 on, for checks that have no call in common.
"""

import io
import json
import sys
import zipfile

import boto3

account = boto3.client("sts").get_caller_identity()["Account"]

ec2 = boto3.client("ec2")
vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "mte-vpc-bench"}])
subnets = [
    ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
    for number, zone in ((3, "a"), (4, "b"))
]
group = ec2.create_security_group(GroupName="mte-lambda-bench", Description="functions", VpcId=vpc)["GroupId"]

kms = boto3.client("kms")
keys = {}
for name in ("lambda", "dynamodb"):
    keys[name] = kms.create_key(Description=name)["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=f"alias/mte-{name}-bench", TargetKeyId=keys[name])

boto3.client("sqs").create_queue(QueueName="mte-lambda-dlq-bench", Attributes={"MessageRetentionPeriod": "1209600"})

trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "s3.amazonaws.com"]}, "Action": "sts:AssumeRole"},
]}
role = boto3.client("iam").create_role(RoleName="mte-bench", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("index.py", "def handler(event, context):\n    return event\n")
functions = boto3.client("lambda")
for name in ("mte-prechat-bench", "mte-messages-bench"):
    functions.create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler="index.handler", Code={"ZipFile": code.getvalue()},
        VpcConfig={"SubnetIds": subnets, "SecurityGroupIds": [group]},
    )


def table(name, **settings):
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **settings,
    )


dynamodb = boto3.client("dynamodb")
for name in ("mte-sessions", "mte-messages"):
    table(name, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": keys["dynamodb"]})
    dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})

s3 = boto3.client("s3")
website, copy, logs = (f"mte-prechat-{name}-bench-{account}" for name in ("website", "failover", "access-logs"))
for bucket in (website, copy, logs):
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
s3.put_bucket_encryption(Bucket=website, ServerSideEncryptionConfiguration={
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}],
})
s3.put_bucket_replication(Bucket=website, ReplicationConfiguration={"Role": role, "Rules": [{
    "ID": "all", "Priority": 1, "Filter": {}, "Status": "Enabled", "DeleteMarkerReplication": {"Status": "Disabled"},
    "Destination": {"Bucket": f"arn:aws:s3:::{copy}"},
}]})
s3.put_bucket_logging(Bucket=website, BucketLoggingStatus={
    "LoggingEnabled": {"TargetBucket": logs, "TargetPrefix": "website-access-logs/"},
})

if "--distinct" in sys.argv:
    for number in range(int(sys.argv[sys.argv.index("--distinct") + 1])):
        table(f"distinct-{number}")
