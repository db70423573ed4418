//! The watch fails what it is there to fail: it names every operation of the models, and stops what is no read.

use std::io::{Read, Write};
use std::net::TcpStream;

use checkride::aws::api::bundle;

use super::operations::Service;
use super::recognise::recognise;
use super::table::is_read;
use super::wire::Request;
use super::{Proxy, Watch};
use crate::support::binary::patiently;
use crate::support::fake::Fake;
use crate::support::project::Project;
use crate::support::sandbox;

/// A request for a service, signed by nobody.
fn request(line: &str, service: &str, headers: &str, body: &str) -> String {
    format!(
        "{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=123456789012/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
         {headers}\r\n{body}",
        body.len()
    )
}

fn form(service: &str, body: &str) -> String {
    request("POST /", service, "Content-Type: application/x-www-form-urlencoded\r\n", body)
}

fn target(service: &str, target: &str) -> String {
    request("POST /", service, &format!("X-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.0\r\n"), "{}")
}

fn rpc(service: &str, path: &str) -> String {
    request(&format!("POST {path}"), service, "Smithy-Protocol: rpc-v2-cbor\r\n", "")
}

fn send(endpoint: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(endpoint.trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A fake of AWS, and a watch before it.
fn watched(watch: &std::sync::Arc<Watch>) -> (Fake, Proxy) {
    let fake = Fake::answering("200 OK", "<ok/>".to_owned());
    let proxy = Proxy::before(&fake.endpoint, watch);
    (fake, proxy)
}

#[test]
fn reads_pass() {
    let reads = [
        (target("dynamodb", "DynamoDB_20120810.DescribeTable"), "dynamodb:DescribeTable"),
        (form("cloudformation", "Action=DescribeStacks&Version=2010-05-15"), "cloudformation:DescribeStacks"),
        (request("GET /?Action=DescribeVpcs&Version=2016-11-15", "ec2", "", ""), "ec2:DescribeVpcs"),
        (request("GET /box?versioning", "s3", "", ""), "s3:GetBucketVersioning"),
        (request("GET /box?list-type=2&prefix=a", "s3", "", ""), "s3:ListObjectsV2"),
        (request("GET /box/a/b?x-id=GetObject", "s3", "", ""), "s3:GetObject"),
        (request("HEAD /box", "s3", "", ""), "s3:HeadBucket"),
        (request("GET /2015-03-31/functions/f", "lambda", "", ""), "lambda:GetFunction"),
        (request("GET /v20180820/configuration/publicAccessBlock", "s3", "", ""), "s3control:GetPublicAccessBlock"),
        (rpc("monitoring", "/service/GraniteServiceVersion20100801/operation/ListMetrics"), "cloudwatch:ListMetrics"),
    ];
    let watch = Watch::reads();
    let (fake, proxy) = watched(&watch);
    for (request, _) in &reads {
        let answer = send(&proxy.endpoint, request);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("<ok/>"), "{request}\n{answer}");
    }
    watch.holds();
    assert_eq!(watch.passed(), reads.map(|(_, call)| call));
    assert_eq!(fake.calls().len(), watch.passed().len());
}

#[test]
fn what_is_no_read_is_stopped_and_named() {
    let stopped = [
        (target("dynamodb", "DynamoDB_20120810.PutItem"), "no read: dynamodb:PutItem"),
        (request("DELETE /box", "s3", "", ""), "no read: s3:DeleteBucket"),
        (request("PUT /box?versioning", "s3", "", ""), "no read: s3:PutBucketVersioning"),
        (form("cloudformation", "Action=CreateStack&Version=2010-05-15"), "no read: cloudformation:CreateStack"),
        (request("GET /?Action=RunInstances&Version=2016-11-15", "ec2", "", ""), "no read: ec2:RunInstances"),
        (request("POST /2015-03-31/functions/f/invocations", "lambda", "", "{}"), "no read: lambda:Invoke"),
        (
            rpc("monitoring", "/service/GraniteServiceVersion20100801/operation/PutMetricData"),
            "no read: cloudwatch:PutMetricData",
        ),
        // A read in one place and a write in another: a server may look at either.
        (
            request(
                "POST /?Action=DeleteQueue&Version=2012-11-05",
                "sqs",
                "X-Amz-Target: AmazonSQS.ListQueues\r\n",
                "{}",
            ),
            "no read: sqs:ListQueues or sqs:DeleteQueue",
        ),
    ];
    let nobody = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        request("GET /", "nosuchservice", "", ""),
        target("dynamodb", "DynamoDB_20120810.ReadTable"),
        target("dynamodb", "Another.DescribeTable"),
        form("cloudformation", "Action=DescribeStacks&Version=1999-01-01"),
        form("cloudformation", "Action=DescribeStacks&Action=DeleteStack&Version=2010-05-15"),
        form("cloudformation", ""),
        request("PATCH /box", "s3", "", ""),
        request("GET /2015-03-31/nothing", "lambda", "", ""),
        rpc("monitoring", "/service/GraniteServiceVersion20100801/operation/Nothing"),
    ];
    let watch = Watch::reads();
    let (fake, proxy) = watched(&watch);
    for (request, violation) in &stopped {
        assert!(send(&proxy.endpoint, request).starts_with("HTTP/1.1 403 "), "{request}");
        assert_eq!(watch.violations(), [*violation], "{request}");
    }
    for request in &nobody {
        assert!(send(&proxy.endpoint, request).starts_with("HTTP/1.1 403 "), "{request}");
        let violations = watch.violations();
        assert!(violations.len() == 1 && violations[0].starts_with("no operation that is known"), "{violations:?}");
    }
    assert_eq!(fake.calls(), Vec::<String>::new(), "none of them went on");
    assert_eq!(watch.passed(), Vec::<String>::new());
}

/// What comes second on a connection is looked at as the first was.
#[test]
fn a_write_behind_a_read_is_stopped() {
    let watch = Watch::reads();
    let web = crate::support::web::Web::serving(|_, to| {
        // It keeps the connection open, as servers do.
        to.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        to.flush()?;
        std::thread::park();
        Ok(())
    });
    let proxy = Proxy::before(&web.url(""), &watch);
    let read = request("GET /box", "s3", "", "").replace("Connection: close\r\n", "");
    let answer = send(&proxy.endpoint, &format!("{read}{}", request("DELETE /box", "s3", "", "")));
    assert!(answer.contains("403 Stopped"), "{answer}");
    assert_eq!(watch.violations(), ["no read: s3:DeleteBucket"]);
    patiently("the read arrives", || !web.heard().is_empty());
    assert_eq!(web.count("/box"), 1);
}

#[test]
fn a_write_passes_while_its_intent_is_on_record() {
    let project = tempfile::tempdir().unwrap();
    let run = project.path().join(".checkride/runs/one");
    std::fs::create_dir_all(&run).unwrap();
    let record = |kind: &str, call: &str| {
        format!("{{\"event\":{{\"kind\":\"{kind}\",\"step\":\"s\",\"attempt\":1,\"n\":1,\"call\":\"{call}\"}}}}\n")
    };
    let watch = Watch::over(project.path());
    let (fake, proxy) = watched(&watch);
    let put = target("dynamodb", "DynamoDB_20120810.PutItem");
    let passes = |journal: &str| {
        std::fs::write(run.join("journal.jsonl"), journal).unwrap();
        send(&proxy.endpoint, &put).starts_with("HTTP/1.1 200 ")
    };
    let intent = record("effect_intended", "dynamodb:PutItem");
    assert!(!passes(&intent), "no command that may write is under way");
    let writing = watch.writing();
    assert!(passes(&intent));
    for no_intent in [
        String::new(),
        record("effect_intended", "dynamodb:DeleteItem"),
        format!("{intent}{}", record("effect_settled", "")),
        record("step_started", "dynamodb:PutItem"),
    ] {
        assert!(!passes(&no_intent), "{no_intent}");
    }
    drop(writing);
    assert!(!passes(&intent));
    assert_eq!(watch.violations().len(), 6);
    assert_eq!((watch.writes(), fake.calls().len()), (vec!["dynamodb:PutItem".to_owned()], 1));
}

/// Each operation as its model writes it, of every service that the guides meet. A read is never taken for a write, a write
/// never for a read.
#[test]
fn every_operation_is_known_by_its_wire_form() {
    let services = "acm apigateway apigatewayv2 application-autoscaling athena autoscaling backup cloudformation \
                    cloudfront cloudtrail cloudwatch cognito-idp config dynamodb ecr ecs elasticache elb elbv2 events \
                    guardduty iam kms lambda logs opensearch rds route53 s3 s3control secretsmanager securityhub ses \
                    sesv2 sns sqs ssm stepfunctions sts synthetics wafv2 xray";
    let mut seen = 0;
    for name in services.split_whitespace() {
        let entry = bundle::find(name).unwrap();
        let service = Service::of(&entry);
        for (operation, it) in &service.operations {
            let wire = wire(entry.signing_name(), &service, operation, &it.http.method, &it.http.request_uri);
            let request = Request::read(&mut wire.as_bytes(), &mut Vec::new()).unwrap().unwrap();
            let found = recognise(&request);
            let call = format!("{name}:{operation}");
            assert!(found.contains(&call), "{call} is taken for {found:?}:\n{wire}");
            assert_eq!(found.iter().all(|call| is_read(call)), is_read(&call), "{call} is one of {found:?}");
            seen += 1;
        }
    }
    assert!(seen > 3_000, "{seen}");
}

/// An operation's least request, in the protocol that its model names first.
fn wire(scope: &str, service: &Service, operation: &str, method: &str, uri: &str) -> String {
    let metadata = &service.metadata;
    match metadata.protocol.as_str() {
        "json" => target(scope, &format!("{}.{operation}", metadata.target_prefix.as_ref().unwrap())),
        "query" | "ec2" => form(scope, &format!("Action={operation}&Version={}", metadata.api_version)),
        "smithy-rpc-v2-cbor" => rpc(scope, &format!("/service/It/operation/{operation}")),
        _ => {
            let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
            let label = regex::Regex::new(r"\{[^}]*\}").unwrap();
            let mut keys = service.required_in_query(&service.operations[operation]);
            keys.extend(query.split('&').filter(|key| !key.is_empty()));
            let target = format!("{}?{}", label.replace_all(path, "a%2Fb"), keys.join("&"));
            request(&format!("{method} {target}"), scope, "", "")
        }
    }
}

#[test]
#[should_panic(expected = "no read: s3:DeleteBucket")]
fn a_command_that_wrote_fails_its_test() {
    let mut project = Project::new();
    let fake = Fake::answering("200 OK", String::new());
    let endpoint = project.watched(&fake.endpoint);
    send(&endpoint, &request("DELETE /box", "s3", "", ""));
    project.checkride(&["list"]);
}

#[test]
#[should_panic(expected = "no read: s3:DeleteBucket")]
fn a_door_that_wrote_fails_its_test() {
    let aws = sandbox::aws();
    let endpoint = &aws.reads().settings().emulator.as_ref().unwrap().default.clone();
    send(endpoint, &request("DELETE /box", "s3", "", ""));
    drop(aws);
}
