//! The client against the emulator: each protocol, pages, streams, errors, and that a read is a read.

use checkride::aws::AwsErrorKind;
use checkride::aws::api::client::{ApiFailure, NotSent, ReadOperation, ResolveFault, resolve};
use serde_json::{Value, json};

use crate::support::replay::{Replay, Turn};
use crate::support::sandbox::aws;

fn read(call: &str) -> ReadOperation {
    resolve(call).unwrap().read().unwrap_or_else(|| panic!("{call} is a read"))
}

#[tokio::test]
async fn every_protocol_is_spoken() {
    let aws = aws();
    let (api, write) = (aws.reads().api(), aws.api());
    // json 1.0
    let table = json!({
        "TableName": "things", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    });
    write.call(resolve("dynamodb:CreateTable").unwrap(), &table, None).await.unwrap();
    let found = api.call(read("dynamodb:DescribeTable"), &json!({ "TableName": "things" })).await.unwrap();
    assert_eq!(found.value["Table"]["TableName"], "things");
    assert!(found.value["Table"]["CreationDateTime"].as_str().unwrap().ends_with("+00:00"));
    // query
    let caller = api.call(read("sts:GetCallerIdentity"), &json!({})).await.unwrap();
    assert_eq!(caller.value["Account"], aws.settings().account.as_str());
    assert_eq!(caller.request_ids.len(), 1);
    // ec2
    let vpcs = api.call(read("ec2:DescribeVpcs"), &json!({})).await.unwrap();
    assert!(vpcs.value["Vpcs"].is_array());
    // rest-xml, with a body of its own
    // The names of buckets are those of all accounts.
    let bucket = format!("a-bucket-{}", aws.settings().account);
    write.call(resolve("s3:CreateBucket").unwrap(), &json!({ "Bucket": bucket }), None).await.unwrap();
    let object = json!({ "Bucket": bucket, "Key": "a key/with ümlaut+", "Body": "aGVsbG8=" });
    write.call(resolve("s3:PutObject").unwrap(), &object, None).await.unwrap();
    let wanted = json!({ "Bucket": bucket, "Key": "a key/with ümlaut+" });
    let got = api.call(read("s3:GetObject"), &wanted).await.unwrap();
    assert_eq!(got.stream.unwrap().bytes, b"hello");
    // rest-json
    let functions = api.call(read("lambda:ListFunctions"), &json!({})).await.unwrap();
    assert_eq!(functions.value["Functions"], json!([]));
    // a service that lists CBOR first, and JSON as an alternative
    let alarms = api.call(read("cloudwatch:DescribeAlarms"), &json!({})).await.unwrap();
    assert_eq!(alarms.value["MetricAlarms"], json!([]));
}

#[tokio::test]
async fn all_pages_of_an_answer_are_put_together() {
    let aws = aws();
    let write = aws.api();
    let bucket = format!("many-{}", aws.settings().account);
    write.call(resolve("s3:CreateBucket").unwrap(), &json!({ "Bucket": bucket }), None).await.unwrap();
    for number in 0..7 {
        let object = json!({ "Bucket": bucket, "Key": format!("{number}"), "Body": "" });
        write.call(resolve("s3:PutObject").unwrap(), &object, None).await.unwrap();
    }
    let api = aws.reads().api();
    let list = read("s3:ListObjectsV2");
    let keys = |value: &Value| -> Vec<String> {
        let found = value["Contents"].as_array().unwrap();
        found.iter().map(|object| object["Key"].as_str().unwrap().to_owned()).collect()
    };
    let some = api.call(list, &json!({ "Bucket": bucket, "MaxKeys": 3 })).await.unwrap();
    assert_eq!((keys(&some.value).len(), &some.value["IsTruncated"]), (3, &json!(true)));
    let all = api.all_pages(list, &json!({ "Bucket": bucket }), 100).await.unwrap();
    assert_eq!(keys(&all.value), ["0", "1", "2", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn an_error_has_code_message_status_and_request() {
    let aws = aws();
    let api = aws.reads().api();
    let missing = api.call(read("dynamodb:DescribeTable"), &json!({ "TableName": "no-such-table" })).await;
    let Err(ApiFailure::Aws(error)) = missing else { panic!("it is missing: {missing:?}") };
    assert_eq!((error.service, error.operation), ("dynamodb", "DescribeTable"));
    assert!(error.is_definite() && error.request_id.is_some());
    let AwsErrorKind::Service { code, status, .. } = &error.kind else { panic!("{error}") };
    assert_eq!((code.as_str(), *status), ("ResourceNotFoundException", 400));
    // HEAD has no body: the status is the code.
    let Err(ApiFailure::Aws(error)) = api.call(read("s3:HeadBucket"), &json!({ "Bucket": "no-such" })).await else {
        panic!("it is missing")
    };
    assert_eq!((error.code(), error.could_have_happened()), ("404", false));
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_sent() {
    let aws = aws();
    let api = aws.reads().api();
    let wrong = api.call(read("dynamodb:DescribeTable"), &json!({ "TableNam": "x" })).await.unwrap_err();
    assert_eq!(wrong.to_string(), "`TableNam`: no such parameter");
    // AWS's rules lead past the emulator: the call would leave this machine.
    let past = json!({ "Bucket": "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap", "Key": "k" });
    let past = api.call(read("s3:GetObject"), &past).await.unwrap_err();
    assert!(matches!(past, ApiFailure::NotSent(NotSent::PastEmulator { .. } | NotSent::Endpoint(_))), "{past}");
}

#[test]
fn names_are_found_as_people_write_them() {
    for (name, call) in [
        ("dynamodb:DescribeTable", "dynamodb:DescribeTable"),
        ("DynamoDB:describe-table", "dynamodb:DescribeTable"),
        ("states:list-state-machines", "stepfunctions:ListStateMachines"),
        ("logs:DescribeLogGroups", "logs:DescribeLogGroups"),
    ] {
        assert_eq!(resolve(name).unwrap().call(), call);
    }
    assert!(matches!(resolve("dynamodb"), Err(ResolveFault::Form(_))));
    assert!(matches!(resolve("dynamo:X"), Err(ResolveFault::Service { .. })));
    assert!(matches!(resolve("elasticloadbalancing:X"), Err(ResolveFault::Ambiguous { .. })));
    let Err(ResolveFault::Operation { known, .. }) = resolve("dynamodb:DescribeTables") else { panic!() };
    assert!(known.contains(&"DescribeTable"));
    for (name, reads) in [("s3:PutObject", false), ("s3:GetObject", true), ("sqs:ReceiveMessage", false)] {
        assert_eq!(resolve(name).unwrap().read().is_some(), reads, "{name}");
    }
    assert_eq!(resolve("lambda:PublishVersion").unwrap().token_member(), None);
    assert_eq!(resolve("cloudformation:CreateStack").unwrap().token_member(), None, "no token by the model");
    assert_eq!(resolve("rds:CreateDBCluster").unwrap().token_member(), None);
    assert_eq!(resolve("ec2:RunInstances").unwrap().token_member(), Some("ClientToken"));
}

/// No emulator loses a reply: answers are played back. The service knows the repetition by its token.
#[tokio::test]
async fn a_change_with_a_token_is_sent_again_with_the_same_one() {
    let run = resolve("ec2:RunInstances").unwrap();
    let input = json!({ "ImageId": "ami-1", "MinCount": 1, "MaxCount": 1 });
    let done =
        Turn::Answer(200, "<RunInstancesResponse><reservationId>r-1</reservationId></RunInstancesResponse>".into());
    let replay = Replay::of(vec![Turn::Lost, Turn::Closed, done]);
    let reply = replay.aws().api().call(run, &input, Some("cr-token-1")).await.unwrap();
    assert_eq!(reply.value["ReservationId"], "r-1");
    let sent = replay.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|it| it.body.contains("ClientToken=cr-token-1")), "{sent:?}");
    // Without a token it is sent once.
    let replay = Replay::of(vec![Turn::Lost]);
    let Err(ApiFailure::Aws(error)) = replay.aws().api().call(run, &input, None).await else { panic!("it is lost") };
    assert!(error.could_have_happened() && replay.sent().len() == 1);
    assert!(replay.sent()[0].body.contains("ClientToken=cr-"), "the service wants one: {:?}", replay.sent());
    // Tried until nobody answers: whether the first one had its effect stays open.
    let replay = Replay::of(vec![Turn::Lost, Turn::Closed, Turn::Closed, Turn::Closed, Turn::Closed]);
    let Err(ApiFailure::Aws(error)) = replay.aws().api().call(run, &input, Some("t")).await else {
        panic!("it is lost")
    };
    assert!(error.could_have_happened(), "{error:?}");
}

#[tokio::test]
async fn what_is_sensitive_is_known_by_its_place_in_the_whole_answer() {
    let page = |name: &str, next: &str| {
        let function =
            json!({ "FunctionName": name, "Environment": { "Variables": { "KEY": format!("key of {name}") } } });
        let mut page = json!({ "Functions": [function] });
        if !next.is_empty() {
            page["NextMarker"] = json!(next);
        }
        Turn::Answer(200, page.to_string())
    };
    let replay = Replay::of(vec![page("one", "more"), page("two", "")]);
    let reply = replay.aws().reads().api().all_pages(read("lambda:ListFunctions"), &json!({}), 10).await.unwrap();
    assert_eq!(reply.pages, 2);
    let places: Vec<(String, &str)> =
        reply.sensitive.iter().map(|it| (it.path.to_string(), it.text.expose())).collect();
    assert_eq!(
        places,
        [
            ("Functions[0].Environment.Variables.KEY".to_owned(), "key of one"),
            ("Functions[1].Environment.Variables.KEY".to_owned(), "key of two"),
        ]
    );
}

/// The rules of S3 Control put the account in front of the host. In front of an address it is no name of anything.
#[tokio::test]
async fn an_emulator_is_asked_at_its_address() {
    let answer =
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    let replay = Replay::of(vec![Turn::Answer(200, answer.to_owned())]);
    let input = json!({ "AccountId": "111122223333" });
    let reply = replay.aws().reads().api().call(read("s3control:GetPublicAccessBlock"), &input).await.unwrap();
    assert_eq!(reply.value["PublicAccessBlockConfiguration"]["BlockPublicAcls"], true);
    assert_eq!(replay.actions(), ["GET http://127.0.0.1:9/v20180820/configuration/publicAccessBlock"]);
}

/// That an endpoint has no such operation says nothing about what was asked.
#[tokio::test]
async fn an_operation_that_the_endpoint_does_not_know_is_no_answer() {
    let aws = aws();
    let unknown = aws.reads().api().call(read("rds:DescribeDBShardGroups"), &json!({})).await;
    let Err(ApiFailure::Aws(error)) = unknown else { panic!("the emulator has learnt it: take another: {unknown:?}") };
    assert!(matches!(error.kind, AwsErrorKind::Unsupported { status: 400 }), "{error}");
    assert!(error.to_string().contains("the endpoint does not know the call") && !error.could_have_happened());
}
