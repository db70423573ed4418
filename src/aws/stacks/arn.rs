//! The ARN of a resource of a stack, where its physical id says it.

/// The ARN of a resource by the ARN of its stack, its type and its physical id; none where these do not tell (an IAM role
/// may have a path). The forms are those of the service authorization reference.
pub fn arn_of(stack: &str, resource_type: &str, physical_id: &str) -> Option<String> {
    if physical_id.starts_with("arn:") {
        return Some(physical_id.to_owned());
    }
    let mut parts = stack.splitn(6, ':');
    let (Some("arn"), Some(partition)) = (parts.next(), parts.next()) else { return None };
    let (_, region, account) = (parts.next()?, parts.next()?, parts.next()?);
    let here = |service: &str, rest: &str| Some(format!("arn:{partition}:{service}:{region}:{account}:{rest}"));
    match resource_type {
        "AWS::S3::Bucket" => Some(format!("arn:{partition}:s3:::{physical_id}")),
        "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" => here("dynamodb", &format!("table/{physical_id}")),
        "AWS::Lambda::Function" => here("lambda", &format!("function:{physical_id}")),
        // Its physical id is its URL.
        "AWS::SQS::Queue" => here("sqs", physical_id.rsplit('/').next()?),
        "AWS::Logs::LogGroup" => here("logs", &format!("log-group:{physical_id}")),
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" => here("kms", &format!("key/{physical_id}")),
        "AWS::RDS::DBCluster" => here("rds", &format!("cluster:{physical_id}")),
        "AWS::RDS::DBInstance" => here("rds", &format!("db:{physical_id}")),
        "AWS::ECR::Repository" => here("ecr", &format!("repository/{physical_id}")),
        "AWS::Kinesis::Stream" => here("kinesis", &format!("stream/{physical_id}")),
        "AWS::EFS::FileSystem" => here("elasticfilesystem", &format!("file-system/{physical_id}")),
        "AWS::Cognito::UserPool" => here("cognito-idp", &format!("userpool/{physical_id}")),
        "AWS::EC2::Volume" => here("ec2", &format!("volume/{physical_id}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::arn_of;

    #[test]
    fn an_arn_is_made_of_what_is_known() {
        let stack = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/mte/1f";
        let arn = |kind, id| arn_of(stack, kind, id);
        assert_eq!(arn("AWS::S3::Bucket", "data").as_deref(), Some("arn:aws-cn:s3:::data"));
        let queue = arn("AWS::SQS::Queue", "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/inbox");
        assert_eq!(queue.as_deref(), Some("arn:aws-cn:sqs:cn-north-1:123456789012:inbox"));
        let table = arn("AWS::DynamoDB::Table", "sessions");
        assert_eq!(table.as_deref(), Some("arn:aws-cn:dynamodb:cn-north-1:123456789012:table/sessions"));
        assert_eq!(arn("AWS::SNS::Topic", "arn:aws-cn:sns:x:y:z").as_deref(), Some("arn:aws-cn:sns:x:y:z"));
        assert_eq!((arn("AWS::IAM::Role", "r"), arn_of("mte", "AWS::S3::Bucket", "data")), (None, None));
    }
}
