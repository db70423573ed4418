//! A server that fails in every way, under every protocol: a read ends as success, failure or unknown; a change is sent once,
//! and it is known whether it may have happened. Never a hang, a panic or a second write.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use checkride::aws::api::client::{ApiFailure, ApiReply, resolve};
use checkride::aws::{Aws, AwsError, AwsErrorKind, AwsSettings, Emulator};
use serde_json::{Value, json};

/// A protocol, by one operation that reads and one that changes something.
struct Protocol {
    name: &'static str,
    read: &'static str,
    write: &'static str,
    input: Value,
    /// An error of the service: status, code; gives headers and body.
    error: fn(&str) -> (String, String),
    /// A success.
    success: &'static str,
    media: &'static str,
}

fn json_error(code: &str) -> (String, String) {
    (String::new(), format!(r#"{{"__type":"com.amazonaws#{code}","message":"said so"}}"#))
}

fn rest_json_error(code: &str) -> (String, String) {
    (format!("x-amzn-errortype: {code}:http://internal.amazon.com/\r\n"), r#"{"message":"said so"}"#.to_owned())
}

fn query_error(code: &str) -> (String, String) {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>said so</Message></Error>");
    (String::new(), format!("<ErrorResponse>{error}<RequestId>r-1</RequestId></ErrorResponse>"))
}

fn ec2_error(code: &str) -> (String, String) {
    let error = format!("<Error><Code>{code}</Code><Message>said so</Message></Error>");
    (String::new(), format!("<Response><Errors>{error}</Errors><RequestID>r-1</RequestID></Response>"))
}

fn s3_error(code: &str) -> (String, String) {
    (String::new(), format!("<Error><Code>{code}</Code><Message>said so</Message><RequestId>r-1</RequestId></Error>"))
}

fn protocols() -> Vec<Protocol> {
    let protocol =
        |name, read, write, input, error, success, media| Protocol { name, read, write, input, error, success, media };
    vec![
        protocol(
            "json 1.0",
            "dynamodb:DescribeTable",
            "dynamodb:DeleteTable",
            json!({ "TableName": "t" }),
            json_error,
            "{}",
            "application/x-amz-json-1.0",
        ),
        protocol(
            "json 1.1",
            "kms:DescribeKey",
            "kms:EnableKeyRotation",
            json!({ "KeyId": "k" }),
            json_error,
            "{}",
            "application/x-amz-json-1.1",
        ),
        protocol(
            "rest-json",
            "lambda:GetFunctionConfiguration",
            "lambda:DeleteFunction",
            json!({ "FunctionName": "f" }),
            rest_json_error,
            "{}",
            "application/json",
        ),
        protocol(
            "query",
            "sns:GetTopicAttributes",
            "sns:DeleteTopic",
            json!({ "TopicArn": "arn:aws:sns:us-east-1:111122223333:t" }),
            query_error,
            "<R><GetTopicAttributesResult/><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></R>",
            "text/xml",
        ),
        protocol(
            "ec2",
            "ec2:GetLaunchTemplateData",
            "ec2:TerminateInstances",
            json!({}),
            ec2_error,
            "<TheResponse><requestId>r</requestId></TheResponse>",
            "text/xml;charset=UTF-8",
        ),
        protocol(
            "rest-xml",
            "s3:GetBucketVersioning",
            "s3:DeleteBucket",
            json!({ "Bucket": "b" }),
            s3_error,
            "<VersioningConfiguration/>",
            "application/xml",
        ),
    ]
}

impl Protocol {
    fn input_of(&self, call: &str) -> Value {
        match call {
            "ec2:GetLaunchTemplateData" => json!({ "InstanceId": "i-1" }),
            "ec2:TerminateInstances" => json!({ "InstanceIds": ["i-1"] }),
            _ => self.input.clone(),
        }
    }
}

/// What the server does with a request that it has read whole.
type Fault = Arc<dyn Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync>;

/// A server with one fault, which counts what it is asked.
struct Server {
    endpoint: String,
    heard: Arc<AtomicUsize>,
}

impl Server {
    fn with(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let heard: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&heard);
        // It ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (fault, count) = (Arc::clone(&fault), Arc::clone(&count));
                thread::spawn(move || serve(stream, &fault, &count));
            }
        });
        Self { endpoint, heard }
    }

    fn aws(&self) -> Aws {
        let settings = AwsSettings {
            account: "111122223333".into(),
            region: "us-east-1".into(),
            app_name: "checkride-test".into(),
            emulator: Some(Emulator { default: self.endpoint.clone(), ..Emulator::default() }),
            ..AwsSettings::default()
        };
        // Retries do not wait.
        Aws::with_http(&settings, aws_smithy_http_client::Builder::new().build_http()).unwrap()
    }

    fn heard(&self) -> usize {
        self.heard.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, fault: &Fault, count: &AtomicUsize) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            if !matches!(reader.read_line(&mut line), Ok(1..)) {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        if std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).is_err() {
            return;
        }
        count.fetch_add(1, Ordering::SeqCst);
        if fault(&mut stream).is_err() {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

/// An answer, whole.
fn answer(status: u16, media: &str, headers: &str, body: &[u8]) -> Fault {
    let head = format!(
        "HTTP/1.1 {status} Word\r\ncontent-type: {media}\r\ncontent-length: {}\r\nx-amzn-requestid: r-1\r\n{headers}\r\n",
        body.len()
    );
    let whole = [head.as_bytes(), body].concat();
    Arc::new(move |stream| stream.write_all(&whole))
}

/// The connection is gone once something was sent.
fn gone_after(bytes: &'static [u8]) -> Fault {
    Arc::new(move |stream| {
        stream.write_all(bytes)?;
        stream.flush()?;
        Err(std::io::ErrorKind::ConnectionReset.into())
    })
}

async fn read(protocol: &Protocol, server: &Server) -> Result<ApiReply, ApiFailure> {
    let operation = resolve(protocol.read).unwrap().read().unwrap_or_else(|| panic!("{} reads", protocol.read));
    server.aws().reads().api().call(operation, &protocol.input_of(protocol.read)).await
}

async fn write(protocol: &Protocol, server: &Server) -> Result<ApiReply, ApiFailure> {
    let operation = resolve(protocol.write).unwrap();
    assert!(operation.read().is_none(), "{} writes", protocol.write);
    server.aws().api().call(operation, &protocol.input_of(protocol.write), Some("token")).await
}

#[track_caller]
fn failed(result: Result<ApiReply, ApiFailure>, what: &str) -> AwsError {
    match result {
        Err(ApiFailure::Aws(error)) => error,
        other => panic!("{what}: {other:?}"),
    }
}

/// Under each protocol: what becomes of a read, and of a change, of which the server hears once.
async fn under_each(
    name: &str,
    fault: impl Fn(&Protocol) -> Fault,
    kind: impl Fn(&AwsErrorKind) -> bool,
    read_again: bool,
    may_have_happened: bool,
) {
    for protocol in protocols() {
        let what = format!("{name} under {}", protocol.name);
        let server = Server::with(fault(&protocol));
        let error = failed(read(&protocol, &server).await, &what);
        assert!(kind(&error.kind), "{what}: {error:?}");
        assert_eq!(server.heard() > 1, read_again, "{what}: {} requests of a read", server.heard());
        let server = Server::with(fault(&protocol));
        let error = failed(write(&protocol, &server).await, &what);
        assert!(kind(&error.kind), "{what}: {error:?}");
        assert_eq!(server.heard(), 1, "{what}: a change is sent once");
        assert_eq!(error.could_have_happened(), may_have_happened, "{what}: {error:?}");
    }
}

#[tokio::test]
async fn throttling_is_no_answer_and_nothing_happened() {
    let fault = |protocol: &Protocol| {
        let code = if protocol.name == "rest-xml" { "SlowDown" } else { "ThrottlingException" };
        let (headers, body) = (protocol.error)(code);
        answer(400, protocol.media, &headers, body.as_bytes())
    };
    under_each("throttling", fault, |kind| matches!(kind, AwsErrorKind::Throttled { .. }), true, false).await;
}

#[tokio::test]
async fn a_refusal_is_an_answer() {
    let fault = |protocol: &Protocol| {
        let (headers, body) = (protocol.error)("NoSuchThing");
        answer(404, protocol.media, &headers, body.as_bytes())
    };
    let is_it = |kind: &AwsErrorKind| matches!(kind, AwsErrorKind::Service { code, message, status: 404 } if code == "NoSuchThing" && message == "said so");
    under_each("a refusal", fault, is_it, false, false).await;
}

#[tokio::test]
async fn denied_access_is_no_answer() {
    let fault = |protocol: &Protocol| {
        let (headers, body) = (protocol.error)("AccessDenied");
        answer(403, protocol.media, &headers, body.as_bytes())
    };
    under_each("denied", fault, |kind| matches!(kind, AwsErrorKind::AccessDenied { .. }), false, false).await;
}

#[tokio::test]
async fn an_inner_error_may_come_after_the_effect() {
    let fault = |protocol: &Protocol| {
        let (headers, body) = (protocol.error)("InternalFailure");
        answer(500, protocol.media, &headers, body.as_bytes())
    };
    let is_it = |kind: &AwsErrorKind| matches!(kind, AwsErrorKind::Service { status: 500, .. });
    under_each("an inner error", fault, is_it, true, true).await;
}

#[tokio::test]
async fn a_page_of_html_says_that_the_endpoint_cannot() {
    let fault = |_: &Protocol| answer(502, "text/html", "", b"<html><body>Bad Gateway<br></body></html>");
    under_each("html", fault, |kind| matches!(kind, AwsErrorKind::Unsupported { status: 502 }), true, true).await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_lost() {
    let fault = |_: &Protocol| gone_after(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"Ta");
    let is_it = |kind: &AwsErrorKind| matches!(kind, AwsErrorKind::LostReply);
    under_each("a cut", fault, is_it, true, true).await;
}

#[tokio::test]
async fn a_reply_that_never_comes_back_leaves_the_effect_open() {
    under_each("a lost reply", |_| gone_after(b""), |kind| matches!(kind, AwsErrorKind::LostReply), true, true).await;
}

/// What the answer to a read, and to a change, may be when its body is not what the model says: never a panic, and a change
/// is never taken for done where its answer could not be read.
#[tokio::test]
async fn bodies_of_another_kind_are_no_answers() {
    let junk = vec![b'x'; 10 * 1024 * 1024];
    let deep = "[".repeat(100_000);
    let bodies: [(&str, &[u8]); 5] = [
        ("half a document", b"{\"Table\": {\"TableName\": \"t"),
        ("half an element", b"<GetTopicAttributesResponse><GetTopicAttributesRes"),
        ("no text", b"\xff\xfe\x00\x01"),
        ("10 MB of junk", &junk),
        ("a deep tree", deep.as_bytes()),
    ];
    for protocol in protocols() {
        for (name, body) in bodies {
            let what = format!("{name} under {}", protocol.name);
            let server = Server::with(answer(200, protocol.media, "", body));
            let error = failed(read(&protocol, &server).await, &what);
            assert!(matches!(error.kind, AwsErrorKind::LostReply), "{what}: {error:?}");
            let server = Server::with(answer(200, protocol.media, "", body));
            match write(&protocol, &server).await {
                // An operation without an output does not look at its body: it was done.
                Ok(reply) => assert!(reply.value.is_object(), "{what}"),
                Err(failure) => assert!(failed(Err(failure), &what).could_have_happened(), "{what}"),
            }
            assert_eq!(server.heard(), 1, "{what}");
        }
    }
}

/// Memory is bounded, whatever a server sends.
#[tokio::test]
async fn a_body_without_end_is_left() {
    let endless: Fault = Arc::new(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")?;
        let piece = vec![b' '; 64 * 1024];
        loop {
            stream.write_all(&piece)?;
        }
    });
    let protocol = &protocols()[0];
    let server = Server::with(endless);
    let error = failed(write(protocol, &server).await, protocol.name);
    assert!(matches!(error.kind, AwsErrorKind::LostReply) && error.could_have_happened(), "{error:?}");
}

#[tokio::test]
async fn a_wrong_content_type_is_read_as_what_it_is() {
    for protocol in protocols() {
        let server = Server::with(answer(200, "text/plain", "", protocol.success.as_bytes()));
        read(&protocol, &server).await.unwrap_or_else(|error| panic!("{}: {error}", protocol.name));
    }
}

/// A change is waited for as long as one attempt may take (20 s): all of them at the same time.
#[tokio::test]
async fn a_server_that_never_answers_is_left() {
    let mut changes = tokio::task::JoinSet::new();
    for protocol in protocols() {
        changes.spawn(async move {
            let server = Server::with(Arc::new(|_| {
                loop {
                    thread::park();
                }
            }));
            let error = failed(write(&protocol, &server).await, protocol.name);
            assert!(matches!(error.kind, AwsErrorKind::Timeout), "{}: {error:?}", protocol.name);
            assert!(error.could_have_happened() && server.heard() == 1, "{}", protocol.name);
        });
    }
    while let Some(change) = changes.join_next().await {
        change.unwrap();
    }
}

#[tokio::test]
async fn nobody_there_is_no_effect() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = Server { endpoint, heard: Arc::default() };
    for protocol in protocols() {
        let error = failed(write(&protocol, &server).await, protocol.name);
        assert!(matches!(error.kind, AwsErrorKind::Connect) && error.is_definite(), "{}: {error:?}", protocol.name);
    }
}

/// A connection that the server closes while it is idle, or with the request in it, is no reason to send a change twice.
#[tokio::test]
async fn a_connection_that_was_kept_sends_nothing_twice() {
    for protocol in protocols() {
        let number = Arc::new(AtomicUsize::new(0));
        let (count, success, media) = (Arc::clone(&number), protocol.success, protocol.media);
        let server = Server::with(Arc::new(move |stream| {
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                return answer(200, media, "", success.as_bytes())(stream);
            }
            Err(std::io::ErrorKind::ConnectionReset.into())
        }));
        let aws = server.aws();
        let operation = resolve(protocol.read).unwrap().read().unwrap();
        aws.reads().api().call(operation, &protocol.input_of(protocol.read)).await.unwrap();
        let change = resolve(protocol.write).unwrap();
        let sent = aws.api().call(change, &protocol.input_of(protocol.write), None).await;
        let error = failed(sent, protocol.name);
        assert!(error.could_have_happened(), "{}: {error:?}", protocol.name);
        assert_eq!(server.heard(), 2, "{}", protocol.name);
    }
}
