//! Buckets in another region than the profile's: reads find them, once and signed for there; nothing else goes anywhere.
//!
//! No emulator has two regions of S3. Here AWS's own hosts are asked, at the HTTP client: nothing leaves this machine.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use checkride::aws::api::client::{ApiFailure, ReadOperation, resolve};
use checkride::aws::{Aws, AwsErrorKind, AwsSettings};
use serde_json::json;

use crate::aws::environment::child;
use crate::support::sandbox::settings;

/// An answer: its status, the bucket's region in its header, and its body.
type Answer = (u16, Option<&'static str>, &'static str);

/// S3 in all its regions: answers by the region that a request was signed for.
#[derive(Clone)]
struct Regions {
    answer: fn(&str) -> Answer,
    /// Method, host, and the region in the signature's scope.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Regions {
    fn answering(answer: fn(&str) -> Answer) -> Self {
        Self { answer, asked: Arc::default() }
    }

    fn aws(&self) -> Aws {
        Aws::with_http(&AwsSettings { emulator: None, ..settings() }, self.clone()).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl std::fmt::Debug for Regions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Regions")
    }
}

impl HttpClient for Regions {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Regions {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let scope = request.headers().get("authorization").unwrap().split('/').nth(2).unwrap().to_owned();
        let url = url::Url::parse(request.uri()).unwrap();
        let asked = format!("{} {} {scope}", request.method(), url.host_str().unwrap());
        self.asked.lock().unwrap().push(asked);
        let (status, region, body) = (self.answer)(&scope);
        let body = if request.method() == "HEAD" { "" } else { body };
        let mut answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        if let Some(region) = region {
            answer.headers_mut().insert("x-amz-bucket-region", region);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}

const ELSEWHERE: &str = "<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be \
                         addressed using the specified endpoint.</Message></Error>";
const MALFORMED: &str = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; \
                         the region 'us-east-1' is wrong; expecting 'eu-central-1'</Message></Error>";
const FOUND: Answer =
    (200, Some("eu-central-1"), "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");

const HERE: &str = "GET box.s3.us-east-1.amazonaws.com us-east-1";
const THERE: &str = "GET box.s3.eu-central-1.amazonaws.com eu-central-1";

/// The credentials of these tests are in the environment, as on AWS.
fn as_child(test: &str) {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "no-secret")];
    child(&format!("api::regions::{test}"), &keys);
}

fn read(call: &str) -> ReadOperation {
    resolve(call).unwrap().read().unwrap()
}

async fn versioning(regions: &Regions) -> Result<serde_json::Value, ApiFailure> {
    let api = regions.aws().reads().api();
    api.call(read("s3:GetBucketVersioning"), &json!({ "Bucket": "box" })).await.map(|reply| reply.value)
}

#[test]
fn a_read_finds_a_bucket_in_its_own_region() {
    as_child("child_reads_there");
}

#[tokio::test]
#[ignore = "run by its parent, with an environment of its own"]
async fn child_reads_there() {
    let answers: [fn(&str) -> Answer; 3] = [
        |scope| if scope == "eu-central-1" { FOUND } else { (301, Some("eu-central-1"), ELSEWHERE) },
        |scope| if scope == "eu-central-1" { FOUND } else { (307, Some("eu-central-1"), ELSEWHERE) },
        |scope| if scope == "eu-central-1" { FOUND } else { (400, Some("eu-central-1"), MALFORMED) },
    ];
    for answer in answers {
        let regions = Regions::answering(answer);
        assert_eq!(versioning(&regions).await.unwrap(), json!({ "Status": "Enabled" }));
        assert_eq!(regions.asked(), [HERE, THERE]);
        // Without a body, as the answer to HEAD is.
        let head = regions.aws().reads().api().call(read("s3:HeadBucket"), &json!({ "Bucket": "box" })).await.unwrap();
        assert_eq!(head.value["BucketRegion"], "eu-central-1");
        assert_eq!(regions.asked()[2..], [HERE.replace("GET", "HEAD"), THERE.replace("GET", "HEAD")]);
    }
}

#[test]
fn an_answer_leads_once_and_never_in_a_circle() {
    as_child("child_is_sent_in_circles");
}

#[tokio::test]
#[ignore = "run by its parent, with an environment of its own"]
async fn child_is_sent_in_circles() {
    let circle = Regions::answering(|scope| match scope {
        "us-east-1" => (301, Some("eu-central-1"), ELSEWHERE),
        "eu-central-1" => (301, Some("us-west-2"), ELSEWHERE),
        _ => (301, Some("us-east-1"), ELSEWHERE),
    });
    let failure = versioning(&circle).await.unwrap_err();
    assert!(failure.to_string().contains("PermanentRedirect"), "{failure}");
    assert_eq!(circle.asked(), [HERE, THERE]);
}

#[test]
fn an_answer_that_leads_nowhere_is_taken_as_it_is() {
    as_child("child_stays");
}

#[tokio::test]
#[ignore = "run by its parent, with an environment of its own"]
async fn child_stays() {
    let answers: [fn(&str) -> Answer; 10] = [
        // Where it was asked; nowhere; what is no region; what is a part of another host's name; another partition.
        |_| (301, Some("us-east-1"), ELSEWHERE),
        |_| (301, None, ELSEWHERE),
        |_| (301, Some(""), ELSEWHERE),
        |_| (301, Some("evil.example/"), ELSEWHERE),
        |_| (301, Some("eu-central-1.evil.example"), ELSEWHERE),
        |_| (301, Some("cn-north-1"), ELSEWHERE),
        // A fault that says where the bucket is, and is no redirection.
        |_| (404, Some("eu-central-1"), "<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>"),
        |_| (403, Some("eu-central-1"), "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"),
        |_| (400, Some("us-east-1"), "<Error><Code>InvalidRequest</Code><Message>no</Message></Error>"),
        |_| (412, Some("eu-central-1"), "<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>"),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let regions = Regions::answering(answer);
        versioning(&regions).await.unwrap_err();
        assert_eq!(regions.asked(), [HERE], "answer {number}");
    }
    // A server that is down is asked again, at the same place.
    let down = Regions::answering(|_| (503, Some("eu-central-1"), "<Error><Code>SlowDown</Code></Error>"));
    versioning(&down).await.unwrap_err();
    assert!(down.asked().len() > 1 && down.asked().iter().all(|asked| asked == HERE), "{:?}", down.asked());
}

#[test]
fn a_change_keeps_to_the_region_of_its_profile() {
    as_child("child_changes_nothing_there");
}

#[tokio::test]
#[ignore = "run by its parent, with an environment of its own"]
async fn child_changes_nothing_there() {
    let answers: [fn(&str) -> Answer; 4] = [
        |_| (301, Some("eu-central-1"), ELSEWHERE),
        |_| (307, Some("eu-central-1"), ELSEWHERE),
        |_| (400, Some("eu-central-1"), MALFORMED),
        |_| (500, Some("eu-central-1"), "<Error><Code>InternalError</Code></Error>"),
    ];
    let input = json!({ "Bucket": "box", "VersioningConfiguration": { "Status": "Enabled" } });
    for answer in answers {
        let regions = Regions::answering(answer);
        let put = regions.aws().api().call(resolve("s3:PutBucketVersioning").unwrap(), &input, Some("t")).await;
        let Err(ApiFailure::Aws(error)) = put else { panic!("{put:?}") };
        let AwsErrorKind::Service { status, .. } = error.kind else { panic!("{error:?}") };
        assert_eq!(error.could_have_happened(), status == 500, "{error}");
        assert_eq!(regions.asked(), [HERE.replace("GET", "PUT")], "{error}");
    }
}

#[test]
fn only_buckets_are_looked_for_elsewhere() {
    as_child("child_asks_another_service");
}

#[tokio::test]
#[ignore = "run by its parent, with an environment of its own"]
async fn child_asks_another_service() {
    let regions = Regions::answering(|_| (400, Some("eu-central-1"), "{\"__type\":\"ValidationException\"}"));
    regions.aws().reads().api().call(read("dynamodb:ListTables"), &json!({})).await.unwrap_err();
    assert_eq!(regions.asked(), ["POST dynamodb.us-east-1.amazonaws.com us-east-1"]);
}

#[tokio::test]
async fn an_emulator_has_one_region() {
    let regions = Regions::answering(|_| (301, Some("eu-central-1"), ELSEWHERE));
    let api = Aws::with_http(&settings(), regions.clone()).unwrap().reads().api();
    api.call(read("s3:GetBucketVersioning"), &json!({ "Bucket": "box" })).await.unwrap_err();
    assert_eq!(regions.asked(), ["GET 127.0.0.1 us-east-1"]);
}
