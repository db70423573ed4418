//! A request as it leaves: which operation of which service it asks for, and with what.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

/// What a request asks for, as far as it can be read off it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sent {
    /// The service, by the name that it is signed for.
    pub(super) service: String,
    /// The region that it is signed for.
    pub(super) region: String,
    /// What is asked for.
    pub(super) asks: Asks,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asks {
    /// An operation by its name, with its members at the top (of protocol `query` flattened: `Tags.member.1.Key`).
    Named {
        /// The operation.
        operation: String,
        /// Its input.
        input: Map<String, Value>,
    },
    /// A method on a path.
    Rest {
        /// The method.
        method: String,
        /// The host.
        host: String,
        /// The path, as it is sent.
        path: String,
    },
}

impl Sent {
    /// Reads a request. None: it is not signed, and speaks for nobody (a login, the address of an instance's metadata).
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let (service, region) = scope(request.headers().get("authorization")?)?;
        let asks = by_target(request).or_else(|| by_form(request)).unwrap_or_else(|| by_path(request));
        Some(Self { service, region, asks })
    }
}

/// Service and region of a signature: `AWS4-HMAC-SHA256 Credential=KEY/20261122/REGION/SERVICE/aws4_request, …`.
fn scope(authorization: &str) -> Option<(String, String)> {
    let credential = authorization.split_once("Credential=")?.1.split([',', ' ']).next()?;
    let mut parts = credential.rsplit('/').skip(1);
    let (service, region) = (parts.next()?, parts.next()?);
    Some((service.to_owned(), region.to_owned()))
}

/// Protocol `json`: the operation stands in a header, the input is the body.
fn by_target(request: &HttpRequest) -> Option<Asks> {
    let (_, operation) = request.headers().get("x-amz-target")?.rsplit_once('.')?;
    // What cannot be read names nothing: a change is then not let through.
    let input = request.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    Some(Asks::Named { operation: operation.to_owned(), input })
}

/// Protocols `query` and `ec2`: operation and input are a form.
fn by_form(request: &HttpRequest) -> Option<Asks> {
    let form = request.headers().get("content-type")?.starts_with("application/x-www-form-urlencoded");
    let body = request.body().bytes().filter(|_| form)?;
    let mut input: Map<String, Value> =
        form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::from(value.as_ref()))).collect();
    match input.remove("Action")? {
        Value::String(operation) => Some(Asks::Named { operation, input }),
        _ => None,
    }
}

fn by_path(request: &HttpRequest) -> Asks {
    let url = Url::parse(request.uri()).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
    let path = url.as_ref().map(|url| url.path().to_owned()).unwrap_or_default();
    Asks::Rest { method: request.method().to_owned(), host, path }
}

/// Bucket and key of a request to S3, by its path, or by its host where that begins with the bucket's name.
pub(super) fn object(host: &str, path: &str) -> (String, String) {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let path = path.trim_start_matches('/');
    // A bucket's name may hold dots, and `.s3.` too: the service's own stands last.
    let of_host = host.rfind(".s3.").max(host.rfind(".s3-")).map(|end| &host[..end]);
    if let Some(bucket) = of_host {
        return (bucket.to_owned(), decoded(path));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (decoded(bucket), decoded(key))
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_types::body::SdkBody;
    use serde_json::json;

    use super::{Asks, Sent, object};

    fn request(service: &str, headers: &[(&str, &str)], body: &str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri("https://dynamodb.eu-west-1.amazonaws.com/").unwrap();
        request.set_method("POST").unwrap();
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        request.headers_mut().insert("authorization", signed);
        for (name, value) in headers {
            request.headers_mut().insert((*name).to_owned(), (*value).to_owned());
        }
        request
    }

    #[test]
    fn a_request_is_read_by_its_protocol() {
        let target = [("x-amz-target", "DynamoDB_20120810.DeleteTable")];
        let sent = Sent::of(&request("dynamodb", &target, r#"{"TableName": "orders"}"#)).unwrap();
        assert_eq!((sent.service.as_str(), sent.region.as_str()), ("dynamodb", "eu-west-1"));
        let input = json!({ "TableName": "orders" }).as_object().unwrap().clone();
        assert_eq!(sent.asks, Asks::Named { operation: "DeleteTable".to_owned(), input });

        let form = [("content-type", "application/x-www-form-urlencoded")];
        let body = "Action=DeleteDBCluster&DBClusterIdentifier=a%2Fb&SkipFinalSnapshot=true";
        let sent = Sent::of(&request("rds", &form, body)).unwrap();
        let Asks::Named { operation, input } = sent.asks else { panic!("{sent:?}") };
        assert_eq!((operation.as_str(), &input["DBClusterIdentifier"]), ("DeleteDBCluster", &json!("a/b")));

        let sent = Sent::of(&request("lambda", &[], "")).unwrap();
        assert!(matches!(sent.asks, Asks::Rest { .. }), "{sent:?}");
        assert_eq!(Sent::of(&HttpRequest::empty()), None, "what is not signed changes nothing of an account");
    }

    #[test]
    fn a_bucket_is_found_in_the_host_and_in_the_path() {
        let found = |host, path| object(host, path);
        let pair = |bucket: &str, key: &str| (bucket.to_owned(), key.to_owned());
        assert_eq!(found("logs.s3.eu-west-1.amazonaws.com", "/a%20b/c"), pair("logs", "a b/c"));
        assert_eq!(found("my.dotted.s3.eu-west-1.amazonaws.com", "/k"), pair("my.dotted", "k"));
        assert_eq!(found("a.s3.b.s3.eu-west-1.amazonaws.com", "/k"), pair("a.s3.b", "k"));
        assert_eq!(found("a.s3-b.s3-us-west-2.amazonaws.com", "/k"), pair("a.s3-b", "k"));
        assert_eq!(found("127.0.0.1", "/logs/a/b"), pair("logs", "a/b"));
        assert_eq!(found("127.0.0.1", "/logs"), pair("logs", ""));
    }
}
